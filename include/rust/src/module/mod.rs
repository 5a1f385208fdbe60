//! Writing a class: one safe trait, exported through both doors.
//!
//! A class implements [`Class`]; [`export_class!`](crate::export_class) makes the table, the C
//! symbol and the `abi_stable` root module out of it. All that touches raw
//! pointers stands here, once for every class to come: checking what the host
//! passes, keeping panics in, the log bridge, cancellation, draining.

mod answer;
mod call;
mod class;
mod doors;
mod export;
mod hostref;
mod line;
mod logging;
mod panic;

pub use call::Call;
pub use class::{Class, Reply};
pub use export::{describe_table, table};
