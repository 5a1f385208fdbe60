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
use crate::iocage::direct;
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::python::{self, Python, Told, Version};
use crate::iocage::session::Session;
use crate::iocage::shell::{self, Shell};
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

impl Detected {
    /// What should be known of a version that is served all the same.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        (self.generation == Generation::Python).then(|| Version::too_new(&self.version)).flatten()
    }
}

/// What one instance knows of its program.
#[derive(Debug, Default)]
pub struct Detector {
    known: Mutex<Option<(Stamp, Detected)>>,
}

/// The dialect of a generation, in the version that was told, if one was.
#[must_use]
pub fn dialect(generation: Generation, version: Option<&str>) -> Box<dyn Dialect> {
    match generation {
        Generation::Shell => Box::new(Shell),
        Generation::Python => {
            let version = match version.and_then(Version::parse) {
                Some(Told::Served(version)) => version,
                _ => Version::OLDEST,
            };
            Box::new(Python { version })
        }
    }
}

/// What that generation would print for these words; `None` where it would have to be asked.
///
/// # Errors
/// If a tool of the system fails.
pub fn without_iocage(
    generation: Generation,
    session: &Session<'_>,
    words: &[&str],
) -> Result<Option<Output>, Error> {
    let told = match generation {
        Generation::Shell => shell::told,
        Generation::Python => python::told,
    };
    direct::answer(session, told, words, true)
}

impl Detector {
    /// The dialect for a request. It was told by a program, to which the session is pinned. Where it is
    /// configured as the Python iocage's, the version is asked all the same: one that
    /// is too old does harm however it came to be called so, and one that nobody knows
    /// counts as the oldest that is served.
    ///
    /// # Errors
    /// If the program cannot be run, is too old or none of the known ones.
    pub fn dialect(&self, session: &Session<'_>) -> Result<Box<dyn Dialect>, Error> {
        let configured = session.config.dialect;
        if configured == Some(Generation::Shell) {
            return Ok(dialect(Generation::Shell, None));
        }
        let found = self.detect(session);
        let is_told = |found: &&Detected| configured.is_none_or(|of| of == found.generation);
        session.version.replace(found.as_ref().ok().filter(is_told).map(|found| found.version.clone()));
        match (configured, found) {
            (Some(generation), Ok(found)) if generation != found.generation => Ok(dialect(generation, None)),
            (Some(generation), Err(error)) if error.code == Code::UnknownIocage => {
                Ok(dialect(generation, None))
            }
            (_, found) => found.map(|found| dialect(found.generation, Some(&found.version))),
        }
    }

    /// The program's generation and version, asked if the file is a new one.
    ///
    /// # Errors
    /// As for [`Detector::dialect`].
    pub fn detect(&self, session: &Session<'_>) -> Result<Detected, Error> {
        let stamp = Stamp::of(&session.config.iocage);
        if session.config.dialect.is_none() {
            // Otherwise, whatever is put in its place meanwhile, it is spoken to as is configured.
            session.stamp.set(stamp);
        }
        // Nobody panics while holding it. It is not held while the program runs:
        // that several ask at first does no harm, that all wait for one might.
        let known =
            || self.known().filter(|(of, _)| stamp.as_ref() == Some(of)).map(|(_, detected)| detected);
        if let Some(detected) = known() {
            return Ok(detected);
        }
        // Not more than may run programs at once. Where locks come before that, the turn is
        // another's until they are held.
        let had_place = session.place.borrow().is_some();
        session.enter()?;
        let detected = known().map_or_else(|| self.find_out(session, stamp), Ok);
        if !had_place {
            session.step_back();
        }
        detected
    }

    fn find_out(&self, session: &Session<'_>, stamp: Option<Stamp>) -> Result<Detected, Error> {
        let detected = ask(session)?;
        if let Some(remark) = detected.remark() {
            log::warn!("{remark}");
        }
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
    /// the file's any more does no harm, and one that is not served is asked for again.
    pub fn learn(&self, stamp: Stamp, detected: Detected) {
        if detected.generation == Generation::Python
            && !matches!(Version::parse(&detected.version), Some(Told::Served(_)))
        {
            return;
        }
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
    let program = session.config.iocage.display();
    if !output.succeeded() {
        // It is not another program because it could not do its work.
        let message = format!("{program} --version failed: {}", python::reason(&output));
        return Err(output.error(Code::IocageFailed, message));
    }
    match output.stdout.lines().find_map(recognise) {
        Some(Found::Served(detected)) => Ok(detected),
        Some(Found::TooOld(version, why)) => {
            let message = format!(
                "{program} is iocage {}, which is not served: {why}; served are 1.2 and later 1.x, \
                 and of the shell iocage 1.7.x and the development line of 2016",
                Quoted(&version)
            );
            Err(output.error(Code::Unsupported, message))
        }
        None => {
            let said = output.stdout.trim();
            let said = if said.is_empty() { output.stderr.trim() } else { said };
            let message = format!(
                "{program} answers to --version with {}, as no iocage that this class knows; \
                 it knows `Version 1.2` and later 1.x, `iocage 1.7.6 (DATE)` and `iocage DEVELOP (DATE)`",
                Quoted(said)
            );
            Err(output.error(Code::UnknownIocage, message))
        }
    }
}

/// What a line tells of a version.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Served(Detected),
    TooOld(String, &'static str),
}

/// The generation of a line that tells a version: `iocage DEVELOP (2016-02-10)`,
/// `iocage 1.7.4 (2016/02/17)`; `Version<TAB>1.13`; `0.9.9.1 08/01/2017`.
fn recognise(line: &str) -> Option<Found> {
    let line = line.trim();
    if let Some(version) = line.strip_prefix("iocage ").filter(|rest| is_shell(rest)) {
        let version = version.to_owned();
        return Some(Found::Served(Detected { generation: Generation::Shell, version }));
    }
    let (version, is_named) = match line.strip_prefix("Version") {
        Some(version) if version.starts_with(char::is_whitespace) => (version.trim(), true),
        _ => (line, false),
    };
    match Version::parse(version)? {
        Told::Served(_) => is_named
            .then(|| Found::Served(Detected { generation: Generation::Python, version: version.to_owned() })),
        Told::TooOld(why) if is_named || version.starts_with("0.9.") => {
            Some(Found::TooOld(version.to_owned(), why))
        }
        Told::TooOld(_) => None,
    }
}

fn is_shell(version: &str) -> bool {
    ["DEVELOP", "1.6", "1.7"].iter().any(|start| version.starts_with(start)) && version.contains('(')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_recognised() {
        for (line, generation, version) in [
            ("iocage DEVELOP (2016-02-10)", Generation::Shell, "DEVELOP (2016-02-10)"),
            ("iocage 1.7.4 (2016/02/17)", Generation::Shell, "1.7.4 (2016/02/17)"),
            ("Version\t1.13", Generation::Python, "1.13"),
            ("Version\t1.2", Generation::Python, "1.2"),
            ("Version\t1.14", Generation::Python, "1.14"),
        ] {
            let version = version.to_owned();
            assert_eq!(recognise(line), Some(Found::Served(Detected { generation, version })), "{line}");
        }
        for line in ["Version\t0.9.8.1 2017/06/30", "0.9.9.1 08/01/2017", "Version\t1.1 RELEASE 2019/01"] {
            assert!(matches!(recognise(line), Some(Found::TooOld(..))), "{line}");
        }
        for line in [
            "",
            "Version",
            "Version\t2.0",
            "Version\tbanana 99",
            "Version\tFreeNAS 11.2-U4",
            "ezjail v3",
            "iocage 3 (x)",
            "iocage 1.7.4",
            "1.13",
            "1.1",
        ] {
            assert_eq!(recognise(line), None, "{line}");
        }
    }

    /// What another instance has found may be what is not served any more.
    #[test]
    fn what_is_not_served_is_not_learned() {
        let detector = Detector::default();
        let of = |generation, version: &str| Detected { generation, version: version.to_owned() };
        assert!(
            of(Generation::Python, "1.14").remark().is_some_and(|remark| remark.contains("newer than 1.13"))
        );
        assert_eq!(of(Generation::Python, "1.13").remark(), None);
        assert_eq!(of(Generation::Shell, "1.14 (x)").remark(), None);
        let stamp = Stamp::of(std::path::Path::new("/")).expect("a root");
        for (version, is_known) in [("1.1 RELEASE 2019/01", false), ("1.13", true)] {
            detector.learn(stamp, Detected { generation: Generation::Python, version: version.to_owned() });
            assert_eq!(detector.known().is_some(), is_known, "{version}");
        }
    }
}
