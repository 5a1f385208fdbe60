//! What the shell iocage tells, told from ZFS and `jls`.

mod told;

pub(super) use told::told;
