//! What can be looked up with the shell iocage, and how its tables look.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::names::{JailId, Name, Names, is_uuid};
use crate::iocage::output::Output;
use crate::iocage::rows::{Layout, Rows};
use crate::iocage::session::Session;
use crate::iocage::text::{OneValue, Properties, count_lines, tell_lines, without_notices};
use crate::iocage::{Jails, Reads, State, Usage, ValueOfEach};
use crate::policy::{JailName, PropertyName};

use super::program::{Shell, ask, denies, failure, own};

/// `iocage list`. 1.7.x has no TYPE and calls the address IP; later lines add
/// RELEASE. Jails that are not iocage's follow under a line of dashes.
const LIST: Layout<'static, 7> = Layout {
    columns: ["JID", "UUID", "BOOT", "STATE", "TAG", "TYPE", "IP4"],
    marker: "UUID",
    free: &["TAG"],
    beside: &["IP", "RELEASE"],
    end: Some("--- non iocage jails"),
};

/// `iocage df`. Columns of fixed width: a single blank can separate AVA and TAG.
const DF: Layout<'static, 7> = Layout {
    columns: ["UUID", "CRT", "RES", "QTA", "USE", "AVA", "TAG"],
    marker: "UUID",
    free: &["TAG"],
    beside: &[],
    end: None,
};

impl Reads for Shell {
    /// From `df`, which starts a tenth of the programs that `list` starts, and
    /// `list -t`: `df` leaves templates out.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error> {
        let usage = jails(ask(session, &["df"])?, &DF, |row| is_uuid(row[0]))?;
        let templates = jails(ask(session, &["list", "-t"])?, &LIST, |row| is_uuid(row[1]))?;
        let name = |uuid: &str, tag: &str, handle: &str| {
            let [uuid, tag, handle] = [uuid, tag, handle].map(str::to_owned);
            Name { uuid, tag, handle }
        };
        let jails = usage.iter().map(|[uuid, .., tag]| name(uuid, tag, uuid));
        // A template's dataset is named by its tag, and a name is held against the
        // end of the dataset: it is not found by its UUID. By its tag it is always
        // among those that are found, and iocage refuses to choose among several.
        let templates = templates.iter().map(|[_, uuid, _, _, tag, ..]| {
            name(uuid, tag, if JailName::parse(tag).is_ok() { tag } else { uuid })
        });
        // Where a version lists templates in both, one jail is still one jail.
        let mut names: Vec<_> = templates.chain(jails).collect();
        names.sort_by(|a, b| a.uuid.cmp(&b.uuid));
        names.dedup_by(|a, b| a.uuid == b.uuid);
        Ok(Names(names))
    }

    /// From `list`, which leaves templates out; those do not run.
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        let jails = jails(ask(session, &["list"])?, &LIST, |row| is_uuid(row[1]))?;
        let found = jails.iter().find(|[_, uuid, ..]| uuid.eq_ignore_ascii_case(jail.uuid()));
        match found {
            Some([_, _, _, "up", ..]) => Ok(State::Up),
            Some(_) => Ok(State::Down),
            None if self.names(session)?.holds(jail.uuid()) => Ok(State::Down),
            None => Ok(State::Gone),
        }
    }

    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error> {
        jails(own(session, Kind::Read, &["list"])?, &LIST, |row| is_uuid(row[1]))
    }

    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error> {
        jails(own(session, Kind::Read, &["df"])?, &DF, |row| is_uuid(row[0]))
    }

    /// `iocage defaults`: `name=value` lines.
    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["defaults"])?)?;
        Properties::parse(&output, '=')
    }

    /// `iocage get PROP UUID`: the value alone.
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<OneValue, Error> {
        let output = own(session, Kind::Read, &["get", name.as_str(), jail.handle()])?;
        let output = whole(output).map_err(unknown_property)?;
        match without_notices(&output.stdout).strip_suffix('\n') {
            Some(value) => Ok(value.to_owned().into()),
            None => Err(output.error(Code::UnexpectedOutput, "iocage get printed no value")),
        }
    }

    /// `iocage get all UUID`: `name:value` lines.
    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", jail.handle()])?)?;
        Properties::parse(&output, ':')
    }

    /// `iocage get -r PROP`: columns over all jails and the defaults dataset.
    /// 1.7.x has no `-r` and looks for a jail of the property's name.
    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        let output = own(session, Kind::Read, &["get", "-r", name.as_str()])?;
        if !output.succeeded() && output.stdout.contains(&format!("jail {} not found", name.as_str())) {
            return Err(output.error(Code::Unsupported, "this version of iocage has no `get -r`"));
        }
        let layout = Layout {
            columns: ["UUID", "TAG", name.as_str()],
            marker: name.as_str(),
            free: &["TAG", name.as_str()],
            beside: &[],
            end: None,
        };
        let values = table(output, &layout, |row| is_uuid(row[0])).map_err(unknown_property)?;
        count_lines(NO_ROW, &values.problems);
        Ok(values)
    }

    /// `iocage activate`: `pool: tank`.
    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pool(own(session, Kind::Read, &["activate"])?)
    }
}

/// The pool that `iocage activate` names.
pub(super) fn pool(output: Output) -> Result<String, Error> {
    let output = whole(output)?;
    let name = output.stdout.lines().find_map(|line| line.trim().strip_prefix("pool:")).map(str::trim);
    match name {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(output.error(Code::UnexpectedOutput, "iocage activate named no pool")),
    }
}

/// The output of a read that worked and is all there.
fn whole(output: Output) -> Result<Output, Error> {
    if denies(&output) {
        return Err(failure(&output));
    }
    if output.truncated {
        return Err(output.error(Code::UnexpectedOutput, "iocage printed more than `max_output` allows"));
    }
    Ok(output)
}

/// In a lookup the property at fault is the argument `prop`.
fn unknown_property(error: Error) -> Error {
    match error.code {
        Code::UnknownProperty => Error { key: Some("prop"), ..error },
        _ => error,
    }
}

/// What the log is told of a line among rows.
const NO_ROW: &str = "iocage prints a row that is none";

/// The rows of a table of jails, with everything that is not told to the log.
fn jails<const N: usize>(
    output: Output,
    layout: &Layout<'_, N>,
    accept: impl Fn([&str; N]) -> bool,
) -> Result<Rows<N>, Error> {
    let rows = table(output, layout, accept)?;
    tell_lines(NO_ROW, &rows.problems);
    Ok(rows)
}

/// The rows of a table, with what precedes it told to the log.
fn table<const N: usize>(
    output: Output,
    layout: &Layout<'_, N>,
    accept: impl Fn([&str; N]) -> bool,
) -> Result<Rows<N>, Error> {
    let mut output = whole(output)?;
    let text = std::mem::take(&mut output.stdout);
    let Some(mut rows) = Rows::parse(text, layout, accept) else {
        return Err(output.error(Code::UnexpectedOutput, "iocage printed no table"));
    };
    tell_lines("iocage says before its table", &std::mem::take(&mut rows.notices));
    tell_lines("iocage prints a column that is not known", &rows.unknown);
    Ok(rows)
}
