//! The part that is root: it has the modules, the accounts and the rights, and listens on Unix sockets alone.
//!
//! From the ground up: `log`, `counted` (places by whose they are), `purse` (bytes), `caller` (who asks), `peer` (whom the kernel names), `throttle` and `logins` (who has logged in),
//! `lanes` (threads for work), `outbox` and `hub` (what is written to clients, and events), `metrics`, `server` (what there is but
//! once), `figures` (what can be measured of it), `link` (one connection), `lines` (what comes by it), `request` (one on its way), `own`, `modules` and `classes`
//! (what requests are for), `ask` (what becomes of one),
//! `alive` (a lock beside a socket), `session`, `bind` and `listen` (reading and writing), `certificate` and `front` (the network's part), `signals`, `folder`, `groups`, `reload` (what may change meanwhile), `life` (from start to end).

mod alive;
mod ask;
mod bind;
mod caller;
mod certificate;
mod check;
mod classes;
mod counted;
mod figures;
mod folder;
mod front;
mod groups;
mod hub;
mod lanes;
mod life;
mod lines;
mod link;
mod listen;
mod log;
mod logins;
mod metrics;
mod modules;
mod outbox;
mod own;
mod peer;
mod places;
mod pulse;
mod purse;
mod reload;
mod request;
mod serve;
mod server;
mod session;
mod signals;
mod throttle;

pub use bind::is_free;
pub use check::{Finding, Scope, check};
pub use life::{Begun, Server, start};

pub use crate::process::{leave, say_last};
