//! Running the shell iocage, and what its complaints mean: what every question
//! and every change begins with.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::direct::{self, Machine, Printed, Table, Untold};
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::session::Session;
use crate::iocage::text::{Ends, activated, complaint, is_notice, status_lines, tell_lines};
use crate::iocage::told::Told;
use crate::process::Stdin;

use super::direct::told;

/// The dialect. It keeps nothing; what is known, iocage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Shell;

/// It sources files from the current directory and trusts the caller's PATH,
/// prints the caller's variables in one failure, and reads its own output back,
/// which another locale would change.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("NO_COLOR", "1"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
    ("TERM", "dumb"),
];

/// What the kernel calls a jail that runs.
pub(super) fn known_as(uuid: &str) -> String {
    format!("ioc-{uuid}")
}

/// What a complaint of iocage, or of a program it calls, means: how its line begins
/// and ends, the code, and the argument at fault. Whole lines, as a name or a value in
/// some other one may hold any words.
const COMPLAINTS: &[(&str, &str, Code, Option<&str>)] = &[
    ("ERROR: cannot destroy ", " - jail is running!", Code::JailRunning, Some("jail")),
    ("ERROR: Jail is up and running.", "", Code::JailRunning, Some("jail")),
    ("ERROR: jail has dependent clone, uuid:", "", Code::HasDependents, Some("jail")),
    ("cannot destroy '", " has dependent clones", Code::HasDependents, Some("jail")),
    ("cannot create snapshot", ": dataset already exists", Code::SnapshotExists, Some("snapshot")),
    ("ERROR: unsupported property:", "", Code::UnknownProperty, None),
    ("RELEASE ", " not found locally.", Code::UnknownRelease, Some("props")),
    ("ERROR: no RELEASEs found locally", "", Code::UnknownRelease, Some("props")),
    ("ERROR: No RELEASEs found locally", "", Code::UnknownRelease, Some("props")),
    ("cannot open '", ": no such pool", Code::UnknownPool, Some("pool")),
    (TWO_POOLS, "", Code::PoolActive, None),
    ("ERROR: No pool selected", "", Code::NoPool, None),
    ("ERROR: ZFS is required for iocage to work", "", Code::NoPool, None),
];

/// What it says, and nothing else, when two pools bear its mark; their names follow
/// between two lines of stars.
const TWO_POOLS: &str = "WARNING: You have more then one pool set for iocage use!";

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Run a question on the way to something else.
pub(super) fn ask(session: &Session<'_>, args: &[&str]) -> Result<Output, Error> {
    run(session, Kind::Read, Stdin::Null, false, owned(args))
}

/// The same, where it is not to be remarked on what iocage does by itself.
pub(super) fn ask_quietly(session: &Session<'_>, args: &[&str]) -> Result<Output, Error> {
    if let Some(output) = direct::answer(session, told, args, false)? {
        return Ok(output);
    }
    let (program, kind) = (Program::Iocage, Kind::Read);
    session.run(Run { program, kind, env: ENVIRONMENT, stdin: Stdin::Null, own: false }, owned(args))
}

/// Run what the action itself is.
pub(super) fn own(session: &Session<'_>, kind: Kind, args: &[&str]) -> Result<Output, Error> {
    run(session, kind, Stdin::Null, true, owned(args))
}

pub(super) fn run(
    session: &Session<'_>,
    kind: Kind,
    stdin: Stdin<'_>,
    own: bool,
    args: Vec<String>,
) -> Result<Output, Error> {
    if kind == Kind::Read && matches!(stdin, Stdin::Null) {
        let words: Vec<_> = args.iter().map(String::as_str).collect();
        if let Some(output) = direct::answer(session, told, &words, own)? {
            return Ok(output);
        }
    }
    by_iocage(session, kind, stdin, own, args)
}

/// A table that is the action itself, told as `told` does or by iocage.
pub(super) fn own_table<const N: usize>(
    session: &Session<'_>,
    args: &[&str],
    told: fn(&Machine<'_>, &[&str]) -> Result<Table<Printed, N>, Untold>,
) -> Result<Table<Output, N>, Error> {
    if let Some(table) = direct::table(session, &|machine| told(machine, args), args)? {
        return Ok(table);
    }
    by_iocage(session, Kind::Read, Stdin::Null, true, owned(args)).map(Table::Printed)
}

fn by_iocage(
    session: &Session<'_>,
    kind: Kind,
    stdin: Stdin<'_>,
    own: bool,
    args: Vec<String>,
) -> Result<Output, Error> {
    let output = session.run(Run { program: Program::Iocage, kind, env: ENVIRONMENT, stdin, own }, args)?;
    if let Some(pool) = activated(&output) {
        session.remark(format!(
            "no pool was active; iocage made it {} by itself, and the datasets on it that it needs",
            Quoted(pool)
        ));
    }
    if kind == Kind::Read && output.stdout.contains(char::REPLACEMENT_CHARACTER) {
        session.remark("iocage printed bytes that are no UTF-8; U+FFFD stands in their place".to_owned());
    }
    Ok(output)
}

/// The error for a run that failed. What it complains of stands at either end of what
/// it says; what is between may be anything.
pub(super) fn failure(output: &Output) -> Error {
    let [mut lines, others] =
        [&output.stderr, &output.stdout].map(|text| status_lines(text).collect::<Ends>());
    lines.lines.extend(others.lines);
    let lines = lines.lines;
    let known = COMPLAINTS
        .iter()
        .find(|(start, end, ..)| lines.iter().any(|line| line.starts_with(start) && line.ends_with(end)));
    let (code, key) = known.map_or((Code::IocageFailed, None), |(.., code, key)| (*code, *key));
    let said = match code {
        Code::PoolActive => both_active(&lines),
        _ => complaint(output),
    };
    Error { key, ..output.error(code, said) }
}

/// What to do about two active pools.
fn both_active(lines: &[String]) -> String {
    let is_border = |line: &&String| line.starts_with("***");
    let names = lines.iter().skip_while(|line| !is_border(line)).skip(1).take_while(|line| !is_border(line));
    // What follows a name is the comment that marks it.
    let names: Vec<_> =
        names.map(|line| Quoted(line.trim_end_matches("iocage").trim_end()).to_string()).collect();
    format!(
        "the pools {} are all active for iocage, which does nothing until there is but one: \
         deactivate the others with deactivatepool",
        names.join(" and ")
    )
}

/// The output of a read that worked and is all there.
pub(super) fn whole(output: Output) -> Result<Output, Error> {
    if denies(&output) { Err(failure(&output)) } else { untruncated(output) }
}

pub(super) fn untruncated(output: Output) -> Result<Output, Error> {
    output.untruncated("iocage")
}

/// What a successful iocage says on standard error.
pub(super) fn warnings(output: &Output) -> Told {
    let said: Ends = status_lines(&output.stderr).filter(|line| !is_notice(line)).collect();
    let warnings = said.into_told();
    tell_lines("iocage has done it and says", &warnings);
    warnings
}

/// Errors in what exits with 0: several commands of this generation print
/// `ERROR` and go on as if nothing had happened.
pub(super) fn denies(output: &Output) -> bool {
    !output.succeeded() || output.stderr.lines().any(|line| line.trim_start().starts_with("ERROR"))
}
