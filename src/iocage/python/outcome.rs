//! What came of running the Python iocage, and what is refused before as nothing good would.

use super::complaints::failure;
use super::notices::is_notice;
use super::output::{body, pool, table, warnings, whole};
use super::program::{Python, ask, own, run, zfs};
use super::tables::{LIST, RELEASES, is_jail};
use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::made::Before;
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::{Program, Session};
use crate::iocage::text::{Lines, status_lines};
use crate::iocage::{Done, Jails, Reads, State};
use crate::process::Stdin;

/// The error of a destroy: of one that is refused for the sake of others, those
/// are its indented lines.
pub(super) fn with_dependents(error: Error, jail: &JailId, output: &Output) -> Error {
    if error.code != Code::HasDependents {
        return error;
    }
    let others: Vec<_> = output.stderr.lines().filter_map(|line| line.strip_prefix("  ")).collect();
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
        let is_bug = !output.succeeded() && output.stderr.contains("TypeError");
        match table(output, &LIST, is_jail) {
            Ok(jails) => return Ok(jails),
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
    let fetched = table(ask(session, &["list", "-rh"])?, &RELEASES, |[name]| !is_notice(name))?;
    let fetched: Vec<_> = fetched.iter().map(|[name]| name).collect();
    if fetched.contains(&release) {
        return Ok(());
    }
    let there = if fetched.is_empty() { "none".to_owned() } else { fetched.join(", ") };
    let message = format!(
        "the release {} is not fetched; fetched are: {there}; `\"fetch\": true` downloads it first",
        Quoted(release)
    );
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

/// Start or stop. What was to be done may be so already, which `idle` tells and
/// the document counts as an answer. A step that failed is a warning if the jail
/// is then where it was wanted, and otherwise the error.
pub(super) fn turn(
    session: &Session<'_>,
    jail: &JailId,
    verb: &str,
    idle: &str,
    wanted: State,
) -> Result<Done, Error> {
    refuse_all(jail)?;
    refuse_twin(jail)?;
    let output = own(session, Kind::Start, &[verb, jail.uuid()])?;
    let name = jail.uuid();
    // It tells the name under which the kernel knows the jail.
    let known_as = name.replace('.', "_");
    let is_idle = |line: &str| {
        line.strip_suffix(idle).map(str::trim_end).is_some_and(|it| it == name || it == known_as)
    };
    if status_lines(&output.stderr).any(|line| is_idle(&line)) {
        let line = format!("INFO: {name} ({name}) is already {}", wanted.word());
        return Ok(Done { lines: Lines::of_status(&line), ..Done::default() });
    }
    let is_bad = |line: &str| ["FAILED", "Failed", "failed"].iter().any(|word| line.contains(word));
    let bad: Vec<_> = status_lines(&output.stdout).filter(|line| is_bad(line)).collect();
    let is_told = output.stdout.contains(if wanted == State::Up { "* Starting " } else { "* Stopping " });
    let is_doubtful = output.exit != Some(0) || !is_told || !bad.is_empty() || is_bad(&output.stderr);
    if is_doubtful {
        let state = match Python.state(session, jail) {
            Ok(state) if state == wanted && is_told => None,
            // It was so before, or somebody else did it.
            Ok(state) if state == wanted => Some(format!("the jail is {}", wanted.word())),
            Ok(_) => Some(format!("the jail is not {}", wanted.word())),
            Err(error) => {
                Some(format!("whether the jail is {} is not known: {}", wanted.word(), error.message))
            }
        };
        if let Some(state) = state {
            let error = failure(&output);
            let message = format!("{}; {state}", error.message);
            return Err(Error { message, ..error });
        }
    }
    let mut warnings = warnings(&output, &[]);
    warnings.extend(bad);
    if let Some(exit) = output.exit.filter(|exit| *exit != 0 && warnings.is_empty()) {
        warnings.push(format!(
            "iocage exited with status {exit} and did not say why; the jail is {}",
            wanted.word()
        ));
    }
    Ok(Done { lines: Lines::of_status(body(&output.stdout)), warnings, ..Done::default() })
}

/// What a terminal shows of a line in the end: what was written since the last
/// return to its beginning, without the codes for colours and for clearing it.
fn shown(line: &str) -> String {
    let last = line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut parts = last.split('\u{1b}');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
        text.push_str(&part[code..]);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Python {
    /// Run a create or clone; the names of what it made, and what it said.
    pub(super) fn make(
        self,
        session: &Session<'_>,
        kind: Kind,
        tags: &[String],
        args: Vec<String>,
    ) -> Result<(Vec<String>, Done), Error> {
        let before = Before::look(&self, session, tags)?;
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let output = own(session, kind, &args).and_then(whole).map_err(|error| before.left_behind(error))?;
        let (mut made, mut lines) = (Vec::new(), Vec::new());
        for line in body(&output.stdout).lines() {
            let shown = shown(line);
            let name = shown
                .strip_suffix(" successfully created!")
                .or_else(|| shown.strip_suffix(" successfully cloned!"));
            match name {
                Some(name) => {
                    lines.push(format!("Successfully created: {name} ({name})"));
                    made.push(name.to_owned());
                }
                // A download draws its progress in a line, over and over.
                None if !line.contains(['\u{1b}', '\r']) && !is_notice(&shown) => lines.push(shown),
                None => {}
            }
        }
        if made.is_empty() {
            return Err(before.left_behind(failure(&output)));
        }
        let mut warnings = warnings(&output, &[]);
        if made.len() > 1 {
            // The document's form has one place for them all.
            warnings.extend(made.iter().map(|name| format!("Successfully created: {name} ({name})")));
        }
        Ok((made, Done { lines: Lines::of_status(&lines.join("\n")), warnings, ..Done::default() }))
    }
}

/// The datasets or snapshots below the pool's iocage. What cannot be found out
/// is told to the log: the change itself is done.
fn below(session: &Session<'_>, kind: &str, pool: &str) -> Vec<String> {
    let root = format!("{pool}/iocage");
    match zfs(session, Kind::Read, false, &["list", "-H", "-t", kind, "-o", "name", "-r", &root])
        .and_then(whole)
    {
        Ok(output) => output.stdout.lines().map(str::to_owned).collect(),
        Err(error) => {
            log::warn!("cannot look at the {kind}s of {root}: {}", error.message);
            Vec::new()
        }
    }
}

/// Jails and templates that are there but have nothing in them any more.
pub(super) fn hollow(session: &Session<'_>, pool: &str) -> Vec<String> {
    let datasets = below(session, "filesystem", pool);
    let known: std::collections::BTreeSet<_> = datasets.iter().map(String::as_str).collect();
    let has = |name: &str| known.contains(name);
    let hollow = ["jails", "templates"].into_iter().flat_map(|sort| {
        let folder = format!("{pool}/iocage/{sort}/");
        let of_sort = move |dataset: &String| {
            dataset.strip_prefix(&folder).filter(|name| !name.contains('/')).map(str::to_owned)
        };
        datasets
            .iter()
            .filter_map(of_sort)
            .filter_map(move |name| (!has(&format!("{pool}/iocage/{sort}/{name}/root"))).then_some(name))
    });
    hollow.map(|name| format!("the jail {name} is still listed, but what it was made of is gone")).collect()
}

/// Snapshots that bear the name of a destroyed jail: they block making one of
/// that name again. iocage leaves one behind when the jail's configuration was
/// broken.
pub(super) fn left_snapshots(session: &Session<'_>, jail: &JailId) -> Vec<String> {
    let pool = match ask(session, &["get", "-p"]).and_then(pool) {
        Ok(pool) => pool,
        Err(error) => {
            log::warn!("cannot look for snapshots that are left: {}", error.message);
            return Vec::new();
        }
    };
    let end = format!("@{}", jail.uuid());
    let left = below(session, "snapshot", &pool).into_iter().filter(|snapshot| snapshot.ends_with(&end));
    left.map(|snapshot| {
        format!(
            "the snapshot {snapshot} is left; it is in the way of another jail {} that is made of the same",
            jail.uuid()
        )
    })
    .collect()
}
