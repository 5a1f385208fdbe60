//! Who asks: a name for the log and for whose jobs are his, what he may do, and by what that is known.

use sysadm_host::Access;

use crate::accounts::{Grounds, Rights};

/// Somebody who is known.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// An account's name; of a user of this machine `NAME@local`, which no account can be called.
    pub(crate) name: String,
    pub(crate) rights: Rights,
    pub(crate) proof: Proof,
    /// Has he asked for no more than limited access, whatever he may?
    pub(crate) is_lowered: bool,
}

/// By what he is known.
#[derive(Clone, Debug)]
pub(crate) enum Proof {
    /// The kernel has named the user, for as long as the connection lasts.
    Kernel,
    /// A login that lasts while it is used: the digest of its token.
    Session([u8; 32]),
    /// What came with the request itself, and is good for that alone, and for what goes on of it.
    Request(Grounds),
}

impl Caller {
    pub(crate) fn access(&self) -> Access {
        if self.is_lowered { self.rights.access.min(Access::Limited) } else { self.rights.access }
    }
}
