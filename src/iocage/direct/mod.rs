//! iocage's answers without iocage: what it prints stands in ZFS, in the kernel and in
//! files of its own, and the system's tools tell that in milliseconds, where iocage
//! starts hundreds of programs.
//!
//! A generation says in `shell::direct` and `python::direct` what its iocage would print
//! for a question, to the byte, exit status and standard error included. So whoever reads
//! iocage reads this, and the two ways cannot disagree but where the text differs, which
//! is what recordings are held against. The alternative, to make the typed answer without
//! a text between, would need every oddity of the readers a second time; so of a table
//! alone, which may have ten thousand rows, they are told without it, where no row has
//! any: each cell is one word of ASCII in its own column. What is built for tests tells
//! both, and they are compared there.
//!
//! What is asked is started at once, as far as it is known before the first answer: a lookup
//! takes as long as the slowest tool. Which pool is the shell iocage's has to be asked, and is
//! expected to be the one that it was before.
//!
//! What is not known for certain is not answered: then iocage is asked, or with `only`
//! the request fails. A tool that fails or takes too long is no such doubt: iocage would
//! ask the same tool, and hang a second time.

mod answer;
mod causes;
mod expected;
mod files;
mod jails;
mod listing;
mod machine;
mod untold;

pub use answer::{answer, find, table};
pub use causes::Causes;
pub use expected::Expected;
pub use files::File;
pub use jails::{Holder, Prison, Running};
pub use listing::{Listing, Row};
pub use machine::{MISSING, Machine, Pool, file, pools};
pub use untold::{Printed, Table, Untold};
