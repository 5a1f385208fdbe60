//! A host with jobs, from outside: what a client is answered, and what everybody is told.

#![expect(clippy::disallowed_methods, reason = "a host's tests")]

mod asks;
mod ends;
mod load;
mod stand;
mod swap;
