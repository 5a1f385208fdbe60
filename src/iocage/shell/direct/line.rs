//! Which of its lines a shell iocage is.

use crate::iocage::direct::Untold;

/// A line whose scripts are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// The development line of 2016-02-10.
    Development,
    /// Release 1.7.4 to 1.7.6.
    Release,
}

impl Line {
    /// That of what it says of its version.
    pub(super) fn of(version: &str) -> Result<Line, Untold> {
        match version {
            "DEVELOP (2016-02-10)" => Ok(Line::Development),
            "1.7.4 (2016/02/17)" => Ok(Line::Release),
            _ => Untold::about("of this version of the shell iocage it is not known how it answers", version),
        }
    }
}
