//! Which generation of iocage the configured program is.
//!
//! It is asked once, `iocage --version`, and that holds until the program file
//! changes: an administrator may put the one in the other's place under a
//! running host. A request keeps to the file that its dialect was chosen for;
//! [`Session::run`] refuses another one, so that no request is answered half by
//! the rules of one generation and half by those of the other.

use std::sync::{Mutex, PoisonError};

use crate::config::{Generation, Kind};
use crate::error::{Code, Error, Quoted};
use crate::iocage::Dialect;
use crate::iocage::python::{self, Python};
use crate::iocage::session::{Program, Run, Session};
use crate::iocage::shell::Shell;
use crate::iocage::stamp::Stamp;
use crate::process::Stdin;

/// A program that was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// Its generation.
    pub generation: Generation,
    /// What it says of its version.
    pub version: String,
}

/// What one instance knows of its program.
#[derive(Debug, Default)]
pub struct Detector {
    known: Mutex<Option<(Stamp, Detected)>>,
}

/// The dialect of a generation.
#[must_use]
pub fn dialect(generation: Generation) -> &'static dyn Dialect {
    match generation {
        Generation::Shell => &Shell,
        Generation::Python => &Python,
    }
}

impl Detector {
    /// The dialect for a request, to whose session the program is pinned.
    ///
    /// # Errors
    /// If the program cannot be run or is none of the known ones.
    pub fn dialect(&self, session: &Session<'_>) -> Result<&'static dyn Dialect, Error> {
        match session.config.dialect {
            Some(generation) => Ok(dialect(generation)),
            None => self.detect(session).map(|detected| dialect(detected.generation)),
        }
    }

    /// The program's generation and version, asked if the file is a new one.
    ///
    /// # Errors
    /// As for [`Detector::dialect`].
    pub fn detect(&self, session: &Session<'_>) -> Result<Detected, Error> {
        let stamp = Stamp::of(&session.config.iocage);
        session.stamp.set(stamp);
        // Nobody panics while holding it. It is not held while the program runs:
        // that several ask at first does no harm, that all wait for one might.
        if let (Some(stamp), Some((of, detected))) = (stamp, self.known())
            && of == stamp
        {
            return Ok(detected);
        }
        let detected = ask(session)?;
        if let Some(stamp) = stamp {
            log::debug!(
                "{} is iocage {}, served by the {} dialect",
                session.config.iocage.display(),
                detected.version,
                detected.generation.word()
            );
            self.learn(stamp, detected.clone());
        }
        Ok(detected)
    }

    /// What was found, of which file.
    #[must_use]
    pub fn known(&self) -> Option<(Stamp, Detected)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Note what was found, here or by another instance. A stamp that is not
    /// the file's any more does no harm.
    pub fn learn(&self, stamp: Stamp, detected: Detected) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((stamp, detected));
    }
}

/// `iocage --version`. It touches no pool, and neither generation minds the
/// other's environment.
fn ask(session: &Session<'_>) -> Result<Detected, Error> {
    let run = Run {
        program: Program::Iocage,
        kind: Kind::Read,
        env: python::ENVIRONMENT,
        stdin: Stdin::Null,
        own: false,
    };
    let output = session.run(run, vec!["--version".to_owned()])?;
    let found = output.succeeded().then(|| output.stdout.lines().find_map(recognise)).flatten();
    found.ok_or_else(|| {
        let said = output.stdout.trim();
        let said = if said.is_empty() { output.stderr.trim() } else { said };
        let message = format!(
            "{} answers to --version with {}, as no iocage that this class knows; \
             it knows 1.7.x and the 2016 development line, and 0.9.8 to 1.13",
            session.config.iocage.display(),
            Quoted(said)
        );
        output.error(Code::UnknownIocage, message)
    })
}

/// The generation of a line that tells a version: `iocage DEVELOP (2016-02-10)`,
/// `iocage 1.7.4 (2016/02/17)`; `Version<TAB>1.13`.
fn recognise(line: &str) -> Option<Detected> {
    let line = line.trim();
    if let Some(version) = line.strip_prefix("iocage ").filter(|rest| is_shell(rest)) {
        return Some(Detected { generation: Generation::Shell, version: version.to_owned() });
    }
    let version = line.strip_prefix("Version")?.trim();
    is_python(version).then(|| Detected { generation: Generation::Python, version: version.to_owned() })
}

fn is_shell(version: &str) -> bool {
    ["DEVELOP", "1.6", "1.7"].iter().any(|start| version.starts_with(start)) && version.contains('(')
}

/// 0.9.8 to 1.13, and what comes after it under the same first number, which is
/// told to the log.
fn is_python(version: &str) -> bool {
    let mut numbers = version.split(['.', ' ', '-']).map_while(|part| part.parse::<u32>().ok());
    let version3 = [(); 3].map(|()| numbers.next().unwrap_or(0));
    if version3 > [1, 13, u32::MAX] && version3[0] == 1 {
        log::warn!("iocage {version} is newer than 1.13, the last that this class was held against");
    }
    version3 >= [0, 9, 8] && version3[0] <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation(line: &str) -> Option<(Generation, String)> {
        recognise(line).map(|detected| (detected.generation, detected.version))
    }

    #[test]
    fn versions_are_recognised() {
        for (line, found, version) in [
            ("iocage DEVELOP (2016-02-10)", Generation::Shell, "DEVELOP (2016-02-10)"),
            ("iocage 1.7.4 (2016/02/17)", Generation::Shell, "1.7.4 (2016/02/17)"),
            ("Version\t1.13", Generation::Python, "1.13"),
            ("Version\t0.9.8.1 2017/06/30", Generation::Python, "0.9.8.1 2017/06/30"),
            ("Version\t1.2", Generation::Python, "1.2"),
        ] {
            assert_eq!(generation(line), Some((found, version.to_owned())), "{line}");
        }
        for line in [
            "",
            "Version",
            "Version\t2.0",
            "Version\t0.9.7",
            "ezjail v3",
            "iocage 3 (x)",
            "iocage 1.7.4",
            "1.13",
        ] {
            assert_eq!(generation(line), None, "{line}");
        }
    }
}
