//! What the Python iocage tells, told from ZFS, `jls` and its files.

mod told;

pub(in crate::iocage) use told::told;
