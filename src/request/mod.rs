//! From the args of a request to typed arguments: the edge at which JSON ends.
//!
//! That is the kit's work, as the rows of the table of actions say; here is what is this class's:
//! `keys`, each with the type that it is made into, `query`,
//! those of a question to a list, and `words`, how a text of several words is split.

pub mod keys;
pub mod query;
mod words;

pub use words::{Unbalanced, split};
