//! Which programs may be run by whom: as root only those that root alone can replace, for
//! who can replace one would be root by the next request.

use std::path::Path;

use sysadm_class::trust::{self, Distrust};

use crate::error::{Code, Error};
use crate::iocage::ran::start_error;
use crate::process::{StartError, effective_user};

/// The error for a program that, run as root, would make others root, unless that is
/// allowed. One that is missing is not started either: whoever can make it missing can
/// make it appear.
pub(super) fn refuse_unsafe(program: &Path, is_allowed: bool) -> Result<(), Error> {
    let user = effective_user();
    if user != 0 || is_allowed {
        return Ok(());
    }
    trust::program(program, user).map_err(|distrust| {
        let path = program.to_path_buf();
        match distrust {
            Distrust::Missing(_) => start_error(&StartError::Missing { path }),
            Distrust::NoInterpreter(interpreter) => {
                let interpreter = Some(interpreter.display().to_string());
                start_error(&StartError::NoInterpreter { path, interpreter })
            }
            why => Error::new(
                Code::UnsafeProgram,
                format!("{} is not run as root: {why}; see `allow_unsafe_program`", path.display()),
            ),
        }
    })
}
