//! The part of the example host that a real server can take over as it is:
//! [`swap`], classes that are replaced while requests run. Nothing in it knows
//! of any one class, of the command line, or of how requests arrive.

pub mod swap;
