//! How a question ends before its answer: iocage gives up, with one line for a reason and
//! status 1, or what it would do is not known.

use crate::error::Error;
use crate::iocage::direct::Untold;

/// That.
#[derive(Debug)]
pub(super) enum End {
    /// iocage says this on standard error, and fails.
    Dies(String),
    /// It is not told.
    Untold(Untold),
}

pub(super) type Found<T> = Result<T, End>;

/// Where iocage ends with a traceback.
const THROWN: &str = "iocage would end with an exception, whose text is not known";

impl End {
    /// iocage says this, and fails.
    pub(super) fn dies<T>(line: impl Into<String>) -> Found<T> {
        Err(End::Dies(line.into()))
    }

    /// It fails with an exception at this.
    pub(super) fn thrown<T>(about: &str) -> Found<T> {
        End::doubt(THROWN, about)
    }

    /// It is not known, for this cause, which is about that.
    pub(super) fn doubt<T>(cause: &'static str, about: &str) -> Found<T> {
        Untold::about(cause, about).map_err(End::Untold)
    }

    /// Likewise, and iocage would change something.
    pub(super) fn changes<T>(cause: &'static str, about: &str) -> Found<T> {
        Err(End::Untold(Untold::Changes(cause, about.to_owned())))
    }
}

impl From<Untold> for End {
    fn from(untold: Untold) -> End {
        End::Untold(untold)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> End {
        End::Untold(error.into())
    }
}
