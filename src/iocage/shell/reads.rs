//! What can be looked up with the shell iocage.

use std::collections::BTreeSet;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::direct::{Table, find as find_out, pools as all_pools};
use crate::iocage::machine::datasets::Datasets;
use crate::iocage::machine::if_told;
use crate::iocage::machine::running::find;
use crate::iocage::names::{JailId, NO_TAG, Name, Names, is_uuid};
use crate::iocage::session::Session;
use crate::iocage::sets::{order_of, set_of};
use crate::iocage::text::{OneValue, Properties, without_notices};
use crate::iocage::{Jails, Reads, State, Usage, ValueOfEach};
use crate::policy::{JailName, PropertyName};

use super::direct;
use super::program::{Shell, ask, known_as, own, own_table, whole};
use super::{more, pools, remains, tables};

impl Reads for Shell {
    /// From `df`, which starts a tenth of the programs that `list` starts, and
    /// `list -t`: `df` leaves templates out. A jail without a tag has no row that
    /// can be read, but begins one.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error> {
        let by_uuid = |mut names: Vec<Name>| {
            if names.is_sorted_by(|a, b| a.uuid <= b.uuid) {
                return Names(names);
            }
            let order = order_of(names.len(), &|a, b| names[a].uuid.cmp(&names[b].uuid));
            Names(order.into_iter().map(|at| std::mem::take(&mut names[at])).collect())
        };
        if let Some(names) = find_out(session, &|| "for the names of the jails".to_owned(), direct::names)? {
            return Ok(by_uuid(names));
        }
        let usage = tables::usage(ask(session, &["df"])?)?.all()?;
        let templates = tables::list(ask(session, &["list", "-t"])?)?.all()?;
        let name = |uuid: &str, tag: &str| Name { uuid: uuid.to_owned(), tag: tag.to_owned() };
        let mut names: Vec<_> = usage.iter().map(|[uuid, .., tag]| name(uuid, tag)).collect();
        let begun = usage.problems.iter().filter_map(|line| line.split(' ').next());
        names.extend(begun.filter(|word| is_uuid(word)).map(|uuid| name(uuid, NO_TAG)));
        // All versions but one, which has this header, list templates in both.
        let are_new = templates.header.iter().any(|word| word == "TYPE")
            && !templates.header.iter().any(|word| word == "RELEASE");
        let known = if are_new { BTreeSet::new() } else { set_of(names.iter().cloned()) };
        let templates = templates.iter().map(|[_, uuid, _, _, tag, ..]| name(uuid, tag));
        names.extend(templates.filter(|template| !known.contains(template)));
        Ok(by_uuid(names))
    }

    /// From the kernel; where that cannot be asked, from `list`.
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        match if_told(find(session, &known_as(jail.uuid())))? {
            Some(Some(_)) => Ok(State::Up),
            Some(None) if self.names(session)?.holds(jail.uuid()) => Ok(State::Down),
            Some(None) => Ok(State::Gone),
            None => listed_state(session, jail),
        }
    }

    fn remains(&self, session: &Session<'_>, name: &JailName) -> Result<Option<JailId>, Error> {
        remains::find(session, name.as_str())
    }

    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error> {
        tables::list(own_table(session, &["list"], direct::list)?)
    }

    fn jails_and_more(&self, session: &Session<'_>) -> Result<Jails, Error> {
        more::all(session, self.jails(session)?)
    }

    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error> {
        tables::usage(own_table(session, &["df"], direct::usage)?)
    }

    /// `iocage defaults`: `name=value` lines.
    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["defaults"])?)?;
        Properties::parse(&output, '=')
    }

    /// `iocage get PROP UUID`: the value alone.
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<OneValue, Error> {
        let output = own(session, Kind::Read, &["get", name.as_str(), jail.uuid()])?;
        let output = whole(output).map_err(unknown_property)?;
        match without_notices(&output.stdout).strip_suffix('\n') {
            Some(value) => Ok(value.strip_suffix('\r').unwrap_or(value).to_owned().into()),
            None => Err(output.error(Code::UnexpectedOutput, "iocage get printed no value")),
        }
    }

    /// `iocage get all UUID`: `name:value` lines.
    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", jail.uuid()])?)?;
        Properties::parse(&output, ':')
    }

    /// `iocage get -r PROP`: columns over all jails and the defaults dataset.
    /// 1.7.x has no `-r` and looks for a jail of the property's name.
    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        let table = own_table(session, &["get", "-r", name.as_str()], direct::each)?;
        if let Table::Printed(output) = &table
            && !output.succeeded()
            && output.stdout.contains(&format!("jail {} not found", name.as_str()))
        {
            return Err(output.error(Code::Unsupported, "this version of iocage has no `get -r`"));
        }
        tables::each(table, name).map_err(unknown_property)
    }

    /// `iocage activate`: `pool: tank`.
    /// Which pool is active stands in its comment, which zfs does not tell. But where no
    /// pool has iocage's datasets, none is, and iocage would take one and make them.
    fn would_change(&self, session: &Session<'_>) -> Option<String> {
        if let Ok(pools) = all_pools(session) {
            let is_active = pools.iter().any(direct::is_marked);
            return (!is_active)
                .then(|| "no pool is active, and iocage would make one so by itself".to_owned());
        }
        let datasets = Datasets::ask(session).ok()?;
        let is_iocage = |name: &str| name.split_once('/').is_some_and(|(_, below)| below == "iocage");
        let is_there = datasets.0.iter().any(|dataset| is_iocage(&dataset.name));
        (!is_there).then(|| "no pool is iocage's, and iocage would make one so by itself".to_owned())
    }

    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pools::pool(own(session, Kind::Read, &["activate"])?)
    }
}

/// Is the jail a template? They are listed apart.
pub(super) fn is_template(session: &Session<'_>, jail: &JailId) -> Result<bool, Error> {
    let templates = tables::list(ask(session, &["list", "-t"])?)?.all()?;
    Ok(templates.iter().any(|[_, uuid, ..]| uuid.eq_ignore_ascii_case(jail.uuid())))
}

/// In a lookup the property at fault is the argument `prop`.
fn unknown_property(error: Error) -> Error {
    match error.code {
        Code::UnknownProperty => Error { key: Some("prop"), ..error },
        _ => error,
    }
}

/// Where a jail is as `list` tells, which leaves templates out; those do not run. A jail
/// that has no row there which can be read, may run.
pub(super) fn listed_state(session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
    let is_meant = |uuid: &str| uuid.eq_ignore_ascii_case(jail.uuid());
    let jails = tables::list(ask(session, &["list"])?)?.all()?;
    match jails.iter().find(|[_, uuid, ..]| is_meant(uuid)) {
        Some([_, _, _, "up", ..]) => return Ok(State::Up),
        Some(_) => return Ok(State::Down),
        None => {}
    }
    if jails.problems.iter().any(|line| line.split_whitespace().any(is_meant)) {
        let message = format!("iocage list has no row for the jail {} that can be read", jail.uuid());
        return Err(Error::new(Code::UnexpectedOutput, message));
    }
    Ok(if Shell.names(session)?.holds(jail.uuid()) { State::Down } else { State::Gone })
}
