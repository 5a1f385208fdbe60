//! Classes that are replaced while requests run.

mod broken;
mod codes;
mod command;
mod config;
mod life;
mod load;
mod probed;
mod stand;
mod state;
mod watch;
