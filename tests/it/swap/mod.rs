//! Classes that are replaced while requests run.

mod broken;
mod command;
mod life;
mod load;
mod stand;
mod state;
mod watch;
