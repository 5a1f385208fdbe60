//! The tables that iocage prints, as rows of cells.
//!
//! `cells` is what is found: rows, over the text that they stand in. `layout` finds
//! them under a header, which `cutter` cuts its lines by; `fields` where there is
//! none and their number tells a row; `plain` says what needs no second look.

mod cells;
mod cutter;
mod fields;
mod layout;
mod plain;

pub use cells::Rows;
pub use fields::Fields;
pub use layout::Layout;
pub use plain::is_plain;
