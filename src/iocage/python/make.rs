//! Creating and cloning: what was made, and what a failure has left.
//!
//! iocage makes a snapshot of what a jail is made of, by the new jail's name, then the
//! jail's datasets, then its configuration. Ended in between it leaves what it has; and
//! a snapshot that is left is in the way of the next jail of that name, which iocage
//! tells in words that mean something else: that there is no template of that name.
//! Whose snapshot that is, nothing tells: an administrator's can have the name as well.
//! So what is there is looked at before, and only what came since is removed.

use super::complaints::{failure, reason};
use super::leftovers::{is_in_its_way, remove, snapshots_of};
use super::notices::is_notice;
use super::output::{body, warnings, whole};
use super::program::{Python, own};
use super::said::Said;
use super::storage::Storage;
use super::turn::{START, is_bad};
use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::lines::Lines;
use crate::iocage::machine::if_told;
use crate::iocage::made::left_behind;
use crate::iocage::names::Names;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::squeezed;
use crate::iocage::told::Told;
use crate::iocage::{Done, Reads};

/// What is to be made.
pub(super) struct Making<'a> {
    /// The names that were asked for.
    pub(super) tags: &'a [String],
    /// What it is made of, below the pool's iocage: `templates/base`.
    pub(super) source: Option<String>,
    /// The words of the command.
    pub(super) args: Vec<String>,
}

/// How it was before.
struct Then {
    names: Names,
    /// Where all lies, if it could be found out.
    storage: Option<Storage>,
    /// The snapshots by the new names, likewise.
    snapshots: Option<Vec<String>>,
}

impl Making<'_> {
    /// The snapshots of what it is made of that have a new jail's name; nothing where
    /// that cannot be found out.
    fn snapshots(
        &self,
        session: &Session<'_>,
        storage: Option<&Storage>,
    ) -> Result<Option<Vec<String>>, Error> {
        let Some(source) = &self.source else { return Ok(Some(Vec::new())) };
        let Some(storage) = storage else { return Ok(None) };
        let source = format!("{}/{source}", storage.root);
        let of_each = self.tags.iter().map(|tag| snapshots_of(session, &source, tag));
        let of_each: Option<Vec<_>> = of_each.collect::<Result<_, _>>()?;
        Ok(of_each.map(|found| found.into_iter().flatten().collect()))
    }
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
    squeezed(&text).into_owned()
}

impl Python {
    /// Run a create or clone; the names of what it made, and what it said.
    pub(super) fn make(
        self,
        session: &Session<'_>,
        kind: Kind,
        making: &Making<'_>,
    ) -> Result<(Told, Done), Error> {
        let before = self.names(session)?;
        before.refuse_taken(making.tags)?;
        if self.version.destroys_longer_names() {
            refuse_longer_names(&before, making)?;
        }
        let storage = if making.source.is_some() { if_told(Storage::ask(session))? } else { None };
        let snapshots = making.snapshots(session, storage.as_ref())?;
        let then = Then { names: before, storage, snapshots };
        let args: Vec<_> = making.args.iter().map(String::as_str).collect();
        let output =
            own(session, kind, &args).map_err(|error| self.left(session, &then, making, error, true))?;
        let output = match whole(output.clone()) {
            Ok(output) => output,
            Err(error) => {
                return Err(match in_the_way(&then, making, &output) {
                    // What is there may be another request's, that makes a jail of this name.
                    Some(met) => self.left(session, &then, making, met, false),
                    None => self.left(session, &then, making, error, true),
                });
            }
        };
        let (mut made, mut lines, mut others) = (Told::default(), Told::default(), Told::default());
        let mut failed = Told::default();
        // From then on its scripts may speak, too; a jail that is told of is one that was asked for.
        let mut is_started = false;
        let may_be = |name: &str| match making.tags {
            [] => !then.names.holds(name),
            tags => tags.iter().any(|tag| tag == name),
        };
        for line in body(&output.stdout).lines() {
            let shown = shown(line);
            is_started |= shown.starts_with(START.begins);
            if is_started && is_bad(&shown) {
                failed.push(&shown);
            }
            let name = shown
                .strip_suffix(" successfully created!")
                .or_else(|| shown.strip_suffix(" successfully cloned!"))
                .filter(|name| !is_started && may_be(name));
            match name {
                Some(name) => {
                    lines.push(format!("Successfully created: {name} ({name})"));
                    made.push(name);
                }
                // A download draws its progress in a line, over and over.
                None if !line.contains(['\u{1b}', '\r']) && !is_notice(&shown) => others.push(shown),
                None => {}
            }
        }
        if made.is_empty() {
            return Err(self.left(session, &then, making, failure(&output), true));
        }
        if session.looks_again() {
            let there = self.names(session)?;
            if let Some(missing) = made.iter().find(|name| !there.holds(name)) {
                let message =
                    format!("iocage said that it made the jail {}, which is not there", Quoted(missing));
                let error = output.error(Code::NotDone, message);
                return Err(self.left(session, &then, making, error, true));
            }
        }
        let mut warnings = warnings(&output, &[]);
        warnings.append(failed);
        if made.len() > 1 {
            // The document's form has one place for them all.
            warnings.extend(made.iter().map(|name| format!("Successfully created: {name} ({name})")));
        }
        // The jails are told whatever else was printed.
        lines.append(others);
        let lines = Lines::of_told(&lines);
        Ok((made.clone(), Done { lines, warnings, made, ..Done::default() }))
    }

    /// Why it failed, and what that has left behind, if it was run at all: a jail, or a
    /// snapshot by the name of one that was not made, which is removed. One that was
    /// there before is in the way, and told; so is each, if that is what it failed of, or
    /// while somebody still works on it.
    fn left(
        &self,
        session: &Session<'_>,
        then: &Then,
        making: &Making<'_>,
        error: Error,
        is_ours: bool,
    ) -> Error {
        if !session.changed.get() {
            return error;
        }
        let storage = Storage::ask(session);
        let after = match &storage {
            Ok(storage) => Ok(storage.names()),
            Err(_) => self.names(session),
        };
        let mut message = error.message.clone();
        match &after {
            Ok(after) => {
                let jails = after.new_since(&then.names, making.tags);
                message += &left_behind(&jails, making.tags);
                session.left.replace(jails);
            }
            Err(why) => message += &format!("; whether it left a jail behind is not known: {}", why.message),
        }
        if let (Ok(storage), Ok(after), Some(source)) = (&storage, &after, &making.source) {
            let source = format!("{}/{source}", storage.root);
            for tag in making.tags.iter().filter(|tag| !after.holds(tag)) {
                for snapshot in snapshots_of(session, &source, tag).ok().flatten().unwrap_or_default() {
                    let is_new = then.snapshots.as_ref().is_some_and(|known| !known.contains(&snapshot))
                        && is_ours
                        && session.survivor.get().is_none();
                    let told = if is_new { remove(session, &snapshot) } else { is_in_its_way(&snapshot) };
                    message += &format!("; {told}");
                }
            }
        }
        Error { message, ..error }
    }
}

/// Refuse a new name with which others begin: where a property is not accepted, iocage
/// destroys what it had begun, and up to 1.10 those with it.
fn refuse_longer_names(before: &Names, making: &Making<'_>) -> Result<(), Error> {
    let has_properties = making.args.iter().any(|word| word.contains('='));
    for tag in making.tags.iter().filter(|_| has_properties) {
        let names = before.0.iter().map(|name| name.uuid.as_str());
        let longer: Vec<_> = names.filter(|name| name.starts_with(tag.as_str())).collect();
        if !longer.is_empty() {
            let message = format!(
                "an iocage before 1.11 that does not accept a property of a new jail {} destroys each one whose \
                 name begins so, {}; update it, or choose another name",
                Quoted(tag),
                longer.join(", ")
            );
            return Err(Error::about("props", Code::Unsupported, message));
        }
    }
    Ok(())
}

/// The error of a create that met a snapshot of the new jail's name, if that is what it
/// failed of: what iocage says then is not what is the matter.
fn in_the_way(then: &Then, making: &Making<'_>, output: &Output) -> Option<Error> {
    let said = Said::of(&output.stderr);
    let exception = said.message();
    let lines = said.lines();
    let mut lines = lines.iter().chain(&exception).map(|line| line.trim_start_matches("RuntimeError: "));
    let is_in_the_way = lines.any(|line| {
        let missing = |sort: &str| line.strip_prefix(sort)?.strip_prefix(": ")?.strip_suffix(" not found!");
        // What is there cannot be missing, nor can what was not asked for: the new jail's name is a source's alone where
        // the request has both alike.
        let is_new = |name: &str| making.tags.iter().any(|tag| tag == name);
        let is_template = |name: &str| then.storage.as_ref().is_none_or(|storage| storage.is_template(name));
        let is_source =
            |name: &str| making.source.as_ref().is_some_and(|of| *of == format!("templates/{name}"));
        let is_odd = |name: &str| is_new(name) || then.names.holds(name);
        (line.starts_with("Snapshot: ") && line.ends_with(" exists!"))
            || missing("Jail").is_some_and(is_odd)
            || missing("Template").is_some_and(|name| {
                (is_new(name) && !is_source(name)) || (then.names.holds(name) && is_template(name))
            })
    });
    if !is_in_the_way {
        return None;
    }
    let names: Vec<_> = making.tags.iter().map(|tag| Quoted(tag).to_string()).collect();
    let of = making.source.as_deref().map_or(String::new(), |source| format!(" of {source}"));
    let message = format!(
        "iocage met a snapshot{of} by the name of the new jail {}; it says: {}",
        names.join(", "),
        reason(output)
    );
    Some(output.error(Code::IocageFailed, message))
}
