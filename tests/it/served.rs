//! The server, `sysadmd`, as its clients find it: over the socket of this machine, over that of its front, and over TLS, with
//! curl and Python's own clients. What is written here of the server's texts is what `host-example/server/src/wire.rs` says.

mod abuse;
mod badly;
mod clients;
mod documented;
mod exchanges;
mod former;
mod front;
mod hangs;
mod life;
mod logins;
mod rights;
mod stand;
