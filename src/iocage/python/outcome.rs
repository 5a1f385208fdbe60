//! What came of running the Python iocage, and what is refused before as nothing good would.

use super::complaints::failure_of;
use super::notices::is_notice;
use super::output::table;
use super::program::{ask, run};
use super::said::Said;
use super::tables::{LIST, RELEASES, is_jail};
use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Jails;
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::some_of;
use crate::process::Stdin;

/// The error of a destroy: of one that is refused for the sake of others, those are
/// the indented lines under the one that says so.
pub(super) fn refused(jail: &JailId, output: &Output) -> Error {
    let error = failure_of(output, jail.uuid());
    if error.code != Code::HasDependents {
        return error;
    }
    let said = Said::of(&output.stderr);
    let lines = said.own.iter().skip_while(|line| !line.contains(" has dependent jails ")).skip(1);
    let others: Vec<_> = lines.map_while(|line| line.strip_prefix("  ")).collect();
    let message = format!("jail {} has dependents: {}", jail.uuid(), others.join(", "));
    Error { message, ..error }
}

/// In a lookup the property at fault is the argument `prop`.
pub(super) fn unknown_property(error: Error) -> Error {
    match error.code {
        Code::UnknownProperty => Error { key: Some("prop"), ..error },
        _ => error,
    }
}

/// A failure that iocage itself tells of, not one to run it.
pub(super) fn is_own_failure(code: Code) -> bool {
    !matches!(code, Code::CannotStart | Code::TimedOut | Code::Cancelled | Code::Killed | Code::IocageChanged)
}

/// `list`, in the first of these forms that works: some versions fail at `-h` as
/// soon as there is a jail.
pub(super) fn listed(session: &Session<'_>, forms: &[&str], is_own: bool) -> Result<Jails, Error> {
    let mut first: Option<Error> = None;
    for form in forms {
        let output = run(session, Program::Iocage, Kind::Read, Stdin::Null, is_own, &["list", form])?;
        let is_bug = !output.succeeded()
            && Said::of(&output.stderr).message().iter().any(|line| line.starts_with("TypeError"));
        match table(output, &LIST, is_jail) {
            Ok(jails) if is_own => return Ok(jails),
            Ok(jails) => return jails.all(),
            Err(error) if is_bug => {
                first.get_or_insert(error);
            }
            Err(error) => return Err(first.unwrap_or(error)),
        }
    }
    Err(first.unwrap_or_else(|| Error::new(Code::UnexpectedOutput, "iocage list has no form that works")))
}

/// Refuse a release that is not there: iocage would download it, for half an
/// hour.
pub(super) fn refuse_unfetched(session: &Session<'_>, release: &str) -> Result<(), Error> {
    let fetched = table(ask(session, &["list", "-rh"])?, &RELEASES, |[name]| !is_notice(name))?.all()?;
    let fetched: Vec<_> = fetched.iter().map(|[name]| name).collect();
    if fetched.contains(&release) {
        return Ok(());
    }
    let there = if fetched.is_empty() { "none".to_owned() } else { some_of(fetched.iter().copied()) };
    // A jail has a patch level, and is made of a release, which has none.
    let unpatched = release.rsplit_once("-p").filter(|(_, level)| level.parse::<u32>().is_ok());
    let meant = fetched.iter().find(|known| {
        known.eq_ignore_ascii_case(release) || unpatched.is_some_and(|(plain, _)| plain == **known)
    });
    let advice = match meant {
        Some(meant) => format!("did you mean {}?", Quoted(meant)),
        None if unpatched.is_some() => format!("fetched are: {there}; a release has no patch level"),
        None => format!("fetched are: {there}; `\"fetch\": true` downloads it first"),
    };
    let message = format!("the release {} is not fetched; {advice}", Quoted(release));
    Err(Error::about("props", Code::UnknownRelease, message))
}

/// Refuse a jail whose name holds `ALL`: start, stop and exec take that for all.
pub(super) fn refuse_all(jail: &JailId) -> Result<(), Error> {
    if !jail.uuid().contains("ALL") {
        return Ok(());
    }
    let message = format!(
        "this iocage takes the name {} for every jail, as it holds ALL; rename the jail first",
        Quoted(jail.uuid())
    );
    Err(Error::about("jail", Code::IllegalName, message))
}

/// Refuse a jail that has a twin: iocage takes one for the other while they run.
pub(super) fn refuse_twin(jail: &JailId) -> Result<(), Error> {
    let Some(twin) = jail.twin() else { return Ok(()) };
    let message = format!(
        "this iocage takes the jails {} and {twin} for one while they run, as it reads `.` as `_`; \
         rename one of them first",
        jail.uuid()
    );
    Err(Error::about("jail", Code::AmbiguousJail, message))
}

/// Refuse a limit in the form of the shell generation, `8G:log`, and one that goes
/// on in another line: it is handed to iocage again.
pub(super) fn refuse_odd_limit(name: &str, value: &str) -> Result<(), Error> {
    if value.contains(char::is_control) {
        let message = format!("the limit `{name}` is {}, which is more than one line", Quoted(value));
        return Err(Error::new(Code::IllegalValue, message));
    }
    let Some((amount, action)) = value.split_once(':').filter(|_| !value.contains('=')) else {
        return Ok(());
    };
    let message = format!(
        "the limit `{name}` is {}, in the form of the older iocage; set it to `{action}={amount}`",
        Quoted(value)
    );
    Err(Error::new(Code::IllegalValue, message))
}
