//! The front as strangers meet it: the program itself, started as the root part starts it, with a stand-in for that behind
//! it and real clients before it, over TLS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attacks;
mod http;
mod life;
mod root;
#[path = "../shows.rs"]
mod shows;
#[path = "../../../../tests/it/support/skipped.rs"]
mod skipped;
mod stand;
mod websocket;
