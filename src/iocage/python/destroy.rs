//! Destroying a jail, and no other.
//!
//! iocage takes a name's beginning for the name, up to 1.10 takes along each jail whose
//! name begins with that of the jail, and up to 1.1 stopped a running one. It asks one
//! question, which is answered with `y`; a second one, which it asks where it is not sure
//! what it would destroy, is not: whatever is asked then, nobody has read it.

use super::leftovers::left_snapshots;
use super::outcome::refused;
use super::output::warnings;
use super::program::{Python, run};
use super::said::Said;
use super::storage::Storage;
use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::lines::Lines;
use crate::iocage::machine::datasets;
use crate::iocage::made::or_gone;
use crate::iocage::names::{JailId, Names};
use crate::iocage::output::Output;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::{one_line, status_lines};
use crate::iocage::{Done, Reads};
use crate::process::Stdin;

/// The second question, which is asked if there is nothing in the jail.
const UNSURE: &str = "Partial UUID/NAME supplied, cannot check for dependant jails.";

impl Python {
    /// `destroy JAIL` with its one question answered: never `-f`, which stops a running
    /// jail and takes its clones along. `Destroying NAME`.
    pub(super) fn destroy_jail(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
        let storage = Storage::ask(session).ok();
        let before = match &storage {
            Some(storage) if storage.names().holds(jail.uuid()) => storage.names(),
            _ => self.names(session)?,
        };
        if let Some(storage) = &storage {
            storage.refuse_both(jail.uuid())?;
        }
        if self.version.destroys_longer_names() {
            refuse_longer_names(&before, jail)?;
        }
        if self.is_up(session, jail)? {
            return Err(Error::running(jail.uuid(), ""));
        }
        let output = run(
            session,
            Program::Iocage,
            Kind::Create,
            Stdin::Bytes(b"y\n"),
            true,
            &["destroy", jail.uuid()],
        )?;
        let said = format!("Destroying {}", jail.uuid());
        let is_unsure = Said::of(&output.stderr).lines().iter().any(|line| line == UNSURE);
        let mut done =
            Done { lines: Lines::of_status(&format!("Destroying: {}", jail.uuid())), ..Done::default() };
        if is_unsure {
            let told = destroy_hollow(session, jail, &output).map_err(|error| half(session, jail, error))?;
            done.warnings.push(told);
        } else if !output.succeeded() || !status_lines(&output.stdout).any(|line| line.ends_with(&said)) {
            return Err(or_gone(self, session, jail, half(session, jail, refused(jail, &output))));
        } else {
            done.warnings = warnings(&output, &["This will destroy jail "]);
        }
        let after = match Storage::ask(session) {
            Ok(storage) => storage.names(),
            Err(_) => self.names(session)?,
        };
        if after.holds(jail.uuid()) {
            let error =
                output.error(Code::NotDone, "iocage said that it destroyed the jail, which is still there");
            return Err(half(session, jail, error));
        }
        let begins = self.version.destroys_longer_names();
        let gone = gone_too(storage.as_ref(), &before, &after, jail, begins);
        done.warnings.extend(gone.iter().map(|name| format!("the jail {name} is gone, too")));
        session.gone.replace(gone);
        let origins = storage.as_ref().map(|storage| storage.origins(jail.uuid())).unwrap_or_default();
        let pool = storage.as_ref().map(Storage::pool);
        done.warnings.extend(left_snapshots(session, jail, pool, &origins));
        Ok(done)
    }
}

/// Refuse a jail while another's name begins with its own.
fn refuse_longer_names(names: &Names, jail: &JailId) -> Result<(), Error> {
    let begins = |name: &&str| *name != jail.uuid() && name.starts_with(jail.uuid());
    let longer: Vec<_> = names.0.iter().map(|name| name.uuid.as_str()).filter(begins).collect();
    if longer.is_empty() {
        return Ok(());
    }
    let message = format!(
        "an iocage before 1.11 destroys with {} each jail whose name begins so, {}; update it, or rename that first",
        Quoted(jail.uuid()),
        longer.join(", ")
    );
    Err(Error::about("jail", Code::Unsupported, message))
}

/// Destroy what is left of a jail in which there is nothing: one dataset, which zfs
/// refuses if anything lies in it or hangs on it. What is to be told of it.
fn destroy_hollow(session: &Session<'_>, jail: &JailId, output: &Output) -> Result<String, Error> {
    let asked = format!(
        "iocage asks a second time, as it finds nothing in the jail {}, and that is not answered",
        Quoted(jail.uuid())
    );
    let unsure = |why: String| output.error(Code::NotDone, format!("{asked}; {why}"));
    let storage = Storage::ask(session).map_err(|error| unsure(error.message))?;
    let Some(dataset) = storage.of(jail.uuid()).filter(|_| storage.is_hollow(jail.uuid())) else {
        return Err(unsure("zfs does not tell of a dataset of it that is empty".to_owned()));
    };
    let destroyed = datasets::destroy(session, &dataset, false)?;
    if !destroyed.succeeded() {
        let why = one_line(&destroyed.stderr);
        return Err(unsure(format!("zfs does not destroy {dataset}: {why}")));
    }
    Ok(format!("there was nothing in the jail any more; its dataset {dataset} was destroyed by zfs"))
}

/// The error of a destroy that went half the way: there is a jail, but nothing in it.
fn half(session: &Session<'_>, jail: &JailId, error: Error) -> Error {
    if !matches!(Storage::ask(session), Ok(storage) if storage.is_hollow(jail.uuid())) {
        return error;
    }
    let message = format!("{}; the jail {} is half destroyed, destroy it again", error.message, jail.uuid());
    Error { message, ..error }
}

/// The jails that this destroy has taken along: of what another one destroys at the
/// same time this is not told. It can be clones, and up to 1.10 those whose names begin so.
fn gone_too(
    storage: Option<&Storage>,
    before: &Names,
    after: &Names,
    jail: &JailId,
    begins: bool,
) -> Vec<String> {
    let is_left = after.index();
    let is_related = |name: &str| {
        let is_clone = storage.is_some_and(|storage| storage.is_clone_of(name, jail.uuid()));
        is_clone || (begins && name.starts_with(jail.uuid()))
    };
    let names = before.0.iter().map(|name| name.uuid.as_str());
    let gone = names.filter(|name| *name != jail.uuid() && !is_left(name) && is_related(name));
    gone.map(str::to_owned).collect()
}
