//! What was met on real machines and in reports of others, each with a second one of
//! its kind: jails that are taken for one another, what goes along with what is
//! cleaned, what a failure leaves behind, and lists in which something is odd.

mod cleaning;
mod inside;
mod lists;
mod made;
mod names;
mod promised;
pub mod tables;
