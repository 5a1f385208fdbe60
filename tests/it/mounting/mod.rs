//! What is mounted for a jail is changed: by `addmount`, by `removemount`.

mod adding;
mod removing;
mod stand;
