//! The part that is root as the system and this machine's people meet it: the program itself, with signals, files that are there
//! already, and clients that do not what they should.

mod bounds;
mod check;
mod says;
#[path = "../shows.rs"]
mod shows;
mod signals;
#[path = "../../../../tests/it/support/skipped.rs"]
mod skipped;
mod stand;
