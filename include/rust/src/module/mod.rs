//! A class as the contract has it: one safe trait, exported through both doors.
//!
//! A class is a [`RawClass`], as each [`Class`](crate::kit::Class) is; [`export_class!`](crate::export_class)
//! makes the table, the C symbol and the `abi_stable` root module out of it. All that touches raw
//! pointers stands here, once for every class to come: checking what the host
//! passes, keeping panics in, the log bridge, cancellation, draining.

mod answer;
mod call;
mod class;
mod doors;
mod export;
mod hostref;
mod logging;
mod panic;
mod reply;
mod trial;

pub use call::Call;
pub use class::RawClass;
pub use export::{describe_table, table};
pub use reply::Reply;
pub use trial::Trial;

/// The classes here are of this program, and not of a library.
#[cfg(feature = "host")]
pub(crate) fn in_process() {
    panic::keep();
}
