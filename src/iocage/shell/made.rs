//! Creating and cloning, and what came of it.
//!
//! 1.7.x says nothing of what it made, and every version goes on after a failure and
//! tells of a jail that is none. So the jails before and after are compared, and where
//! something went wrong the datasets as well: what is left behind is named, with the
//! way to be rid of it.

use std::time::Duration;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::lines::Lines;
use crate::iocage::made::Before;
use crate::iocage::names::{did_you_mean, is_uuid};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::{complaint, some_of, status_lines, without_notices};
use crate::iocage::told::Told;
use crate::iocage::{Created, Creation, Done, swept};
use crate::policy::Props;
use crate::process::Stdin;

use super::program::{Shell, ask, denies, failure, run, warnings};
use super::remains;
use super::tables::{self, says_more_than_notices};
use super::turned::has_failed;

/// Without a tag iocage gives the time, to the second, and takes it from the jail that
/// has it already. It asks for the time when it starts; two that start so far apart,
/// one after the other, get different ones.
const TICK: Duration = Duration::from_secs(2);

/// `iocage create [-e] prop=value ...`; with `-e` the UUID alone. It fetches nothing
/// by itself.
pub(super) fn create(session: &Session<'_>, creation: &Creation<'_>) -> Result<Created, Error> {
    let Creation { props, switches, fetch } = *creation;
    if fetch {
        let message = "this iocage creates jails from fetched releases only; fetch the release first";
        return Err(Error::about("fetch", Code::Unsupported, message));
    }
    let is_empty = switches.iter().any(|switch| switch == "-e");
    refuse_unknown_source(session, props, is_empty)?;
    let args =
        ["create".to_owned()].into_iter().chain(switches.iter().cloned()).chain(props.words()).collect();
    make(session, props, args, |output, done| {
        match output.stdout.lines().map(str::trim).find(|line| is_uuid(line)) {
            Some(uuid) if is_empty => Created::Empty { uuid: uuid.to_owned(), warnings: done.warnings },
            _ => Created::Jail(done),
        }
    })
}

/// iocage looks for a release by `grep` and goes on with what only begins the same,
/// which makes a jail without anything in it.
fn refuse_unknown_source(session: &Session<'_>, props: &Props, is_empty: bool) -> Result<(), Error> {
    if let Some(release) = props.get("release").filter(|_| !is_empty) {
        let fetched = tables::releases(ask(session, &["list", "-r"])?)?;
        if !fetched.iter().any(|known| known == release) {
            let message = format!(
                "the release {} has not been fetched{}",
                Quoted(release),
                did_you_mean(fetched.iter(), release)
            );
            return Err(Error::about("props", Code::UnknownRelease, message));
        }
    }
    if let Some(template) = props.get("template") {
        let templates = tables::list(ask(session, &["list", "-t"])?)?.all()?;
        let tags: Vec<_> = templates.iter().map(|[_, _, _, _, tag, ..]| tag.to_owned()).collect();
        let (code, message) = match tags.iter().filter(|tag| *tag == template).count() {
            1 => return Ok(()),
            0 => (
                Code::UnknownTemplate,
                format!("there is no template {}{}", Quoted(template), did_you_mean(tags.iter(), template)),
            ),
            _ => (Code::AmbiguousJail, format!("several templates are called {}", Quoted(template))),
        };
        return Err(Error::about("props", code, message));
    }
    Ok(())
}

/// Run a create or clone: refuse tags that are taken before, and tell what came of
/// it.
pub(super) fn make<R>(
    session: &Session<'_>,
    props: &Props,
    args: Vec<String>,
    tell: impl FnOnce(&Output, Done) -> R,
) -> Result<R, Error> {
    let before = Before::look(&Shell, session, &props.tags())?;
    let datasets = swept::Before::one(session)?;
    let outcome = run(session, Kind::Create, Stdin::Null, true, args);
    if props.get("tag").is_none() {
        let spent = outcome.as_ref().map_or(Duration::ZERO, |output| output.duration);
        std::thread::sleep(TICK.saturating_sub(spent));
    }
    let output = outcome
        .and_then(|output| if denies(&output) { Err(failure(&output)) } else { Ok(output) })
        .map_err(|error| half_made(session, &datasets, before.left_behind(error)))?;
    judge(session, &before, &output)
        .map(|done| tell(&output, done))
        .map_err(|error| half_made(session, &datasets, error))
}

/// What was made, from what was printed where that is known not to lie, and otherwise
/// from a second look.
fn judge(session: &Session<'_>, before: &Before<'_>, output: &Output) -> Result<Done, Error> {
    let is_made = |line: &str| line.starts_with("Successfully created:") || is_uuid(line);
    let said = || status_lines(without_notices(&output.stdout));
    // A jail that is started as it is made may say anything from then on, but not what was made.
    let begins = |line: &str| line.starts_with("* Starting ");
    let before_it = || said().take_while(|line| !begins(line));
    let started = || said().skip_while(|line| !begins(line)).filter(|line| !is_made(line));
    let mut made: Told = before_it().filter(|line| is_made(line)).collect();
    let new_jails = || before.new_jails().map_err(|error| before.left_behind(error));
    let mut told = made.clone();
    if made.is_empty() {
        made = new_jails()?.iter().map(|jail| format!("Successfully created: {jail}")).collect();
        told = made.clone();
    } else {
        if output.exit.is_none() || says_more_than_notices(&output.stderr) || session.looks_again() {
            // It can fail half-way, go on, and tell of a jail that is not there.
            let new = new_jails()?;
            let there = set_of(new.iter().map(|new| new.split(' ').next()));
            let is_there = |line: &String| there.contains(&jail_of(line).split(' ').next());
            if !made.iter().all(is_there) {
                let there =
                    if new.is_empty() { "none".to_owned() } else { some_of(new.iter().map(|new| &**new)) };
                let message =
                    format!("iocage told of more jails than there are, {there}: {}", complaint(output));
                return Err(output.error(Code::NotDone, message));
            }
        }
        told.extend(before_it().filter(|line| !is_made(line)));
    }
    if told.is_empty() {
        return Err(output.error(Code::NotDone, "iocage made no jail, and did not say why"));
    }
    let mut warnings = warnings(output);
    warnings.extend(started().filter(|line| has_failed(line)));
    if made.len() > 1 {
        // The document's form has one place for them all.
        warnings.extend(made.iter());
    }
    let made = made.iter().map(|line| jail_of(line)).collect();
    told.extend(started());
    Ok(Done { lines: Lines::of_told(&told), warnings, made, ..Done::default() })
}

fn jail_of(line: &str) -> &str {
    line.strip_prefix("Successfully created:").unwrap_or(line).trim()
}

/// How many new datasets are looked at.
const LOOKED_AT: usize = 64;

/// What a failure has left behind that iocage itself does not know for a jail, as it
/// does those that others make meanwhile.
fn half_made(session: &Session<'_>, datasets: &swept::Before, error: Error) -> Error {
    if !session.changed.get() {
        return error;
    }
    let new = datasets.new_since(session);
    let named = |uuid: &str| error.message.contains(&format!("the jail {uuid}"));
    // Each is looked at by a program of its own.
    let half = new
        .iter()
        .take(LOOKED_AT)
        .filter_map(|name| name.rsplit_once("/iocage/jails/").map(|(_, uuid)| (name, uuid)));
    let is_half = |uuid: &str| matches!(remains::find(session, uuid), Ok(Some(_)));
    let told = half.filter(|(_, uuid)| is_uuid(uuid) && !named(uuid) && is_half(uuid)).map(|(name, uuid)| {
        format!("; it left the dataset {} behind, which destroyjail of {uuid} removes", Quoted(name))
    });
    let message = std::iter::once(error.message.clone()).chain(told).collect();
    Error { message, ..error }
}
