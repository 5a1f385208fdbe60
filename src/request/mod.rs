//! From the args of a request to typed arguments: the edge at which JSON ends.
//!
//! `object` is what was sent, `value` what is kept of it, `key` what may be in it,
//! `arguments` what is made of both, and `words` how a text of several words is split.

mod arguments;
mod key;
mod object;
mod value;
mod words;

pub use arguments::Arguments;
pub use key::{Key, KeyType};
pub use object::{MAX_ARGS, Object, action};
pub use words::{Unbalanced, split};
