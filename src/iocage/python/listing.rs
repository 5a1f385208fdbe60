//! The list of all jails.
//!
//! `list -l` takes what a jail is called from its configuration, so that a clone of
//! which that was not yet written stands there under the name of its source, and one
//! configuration without a name makes it fail whole. What there is ZFS tells; then each
//! jail is asked alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::error::{Code, Error};
use crate::iocage::machine::homes::{self, Home, Homes};
use crate::iocage::machine::if_told;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::text::sentence_of;
use crate::iocage::told::Told;
use crate::iocage::{Jails, Reads};

use super::direct::ACTIVE;
use super::each::Budget;
use super::outcome::listed;
use super::output::{entries, whole_of};
use super::program::{Python, ask};
use super::running::started;
use super::said::Said;
use super::storage::Storage;
use super::tables::{MORE, is_jail_too};

impl Python {
    /// `list -lh`. Without `-l` it takes a running jail with a UUID for stopped.
    pub(super) fn all(self, session: &Session<'_>) -> Result<Jails, Error> {
        self.both(session).map(|(jails, _)| jails)
    }

    /// The same, with what stands beside in the same table, and where each jail lies.
    pub(super) fn all_and_more(self, session: &Session<'_>) -> Result<Jails, Error> {
        let (mut jails, more) = self.both(session)?;
        let homes = homes::told(session, &[ACTIVE], &mut jails.problems)?;
        let homes = homes.as_ref().map(|homes| Homes::of(homes, &|pool| pool.cell(2) == "yes"));
        let home = |name: &str| homes.as_ref().map_or_else(Home::default, |homes| homes.find(name));
        let homes: Vec<_> = jails.iter().map(|[_, name, ..]| home(name)).collect();
        let rows = jails.iter().zip(&homes).enumerate().map(|(at, ([_, name, _, state, ..], home))| {
            // What iocage tells of a configuration that it cannot read is `N/A`, and `no` for what is not set.
            let cell = |column| if state == "CORRUPT" { "-" } else { more.cell(at, column) };
            // Of half a clone the row may be that of its source.
            let template = if home.dataset.is_some() { home.template } else { cell(3) };
            [name, cell(1), cell(2), template, cell(4), &home.path, home.pool]
        });
        let beside = Rows::of_cells(rows);
        Ok(jails.with_beside(beside))
    }

    /// The jails, and row by row what [`MORE`] has of them.
    fn both(self, session: &Session<'_>) -> Result<(Jails, Rows<7>), Error> {
        let budget = Budget::of(session);
        let jails = match listed(session, self.forms(), true) {
            Ok(jails) => jails,
            // What else it may fail of would be the same with each.
            Err(error) if error.code == Code::CorruptJail || is_thrown(&error) => {
                return self.one_after_the_other(session, budget, error);
            }
            Err(error) => return Err(error),
        };
        let more = Rows::of_fields(jails.text(), &MORE, is_jail_too);
        Ok((with_corrupt_told(with_own_names(session, jails)), more))
    }

    /// The forms of `list` for jails, and for templates: a table without a header only
    /// where it is known.
    pub(super) fn forms(self) -> &'static [&'static str] {
        if self.version.has_known_tables() { &["-lh", "-l"] } else { &["-l"] }
    }

    pub(super) fn template_forms(self) -> &'static [&'static str] {
        if self.version.has_known_tables() { &["-tlh", "-tl"] } else { &["-tl"] }
    }

    /// Each jail for itself, from all of its properties.
    fn one_after_the_other(
        self,
        session: &Session<'_>,
        budget: Budget,
        error: Error,
    ) -> Result<(Jails, Rows<7>), Error> {
        let names = match Storage::ask(session) {
            Ok(storage) => storage.names(),
            // Where they are not told either, the first reason is the reason.
            Err(_) => self.names(session).map_err(|_| error.clone())?,
        };
        let (mut rows, mut more, mut problems) = (Vec::new(), Vec::new(), Told::default());
        for name in names.0 {
            let name = name.uuid;
            session.still_wanted()?;
            if let Some(why) = budget.over() {
                problems.push(format!("{name}: {why}"));
                continue;
            }
            match row(session, &name) {
                Ok(Some((row, beside))) => {
                    rows.push(row);
                    more.push(beside);
                }
                Ok(None) => {}
                Err(why) => problems.push(format!("{name}: {}", why.message)),
            }
        }
        let problems = problems.behind(vec![format!("iocage list fails: {}", error.message)].into());
        if rows.is_empty() {
            return Err(Error { message: sentence_of(&problems), ..error });
        }
        let mut jails: Jails = Rows::of_cells(rows.iter().map(|row| row.each_ref().map(String::as_str)));
        jails.problems = problems;
        Ok((jails, Rows::of_cells(more.iter().map(|row| row.each_ref().map(String::as_str)))))
    }
}

/// The same with what is said of each jail that cannot be read.
pub(super) fn with_corrupt_told(mut jails: Jails) -> Jails {
    let corrupt: Vec<_> = jails
        .iter()
        .filter(|[_, _, _, state, ..]| *state == "CORRUPT")
        .map(|[_, name, ..]| name.to_owned())
        .collect();
    let mut told = jails.problems.to_vec();
    told.sort_unstable();
    for name in corrupt {
        let start = format!("{name} ");
        // What begins so would stand here.
        let at = told.partition_point(|problem| *problem < start);
        if !told.get(at).is_some_and(|problem| problem.starts_with(&start)) {
            jails.problems.push(format!("{name} is CORRUPT"));
        }
    }
    jails
}

/// Was it an exception that nobody had thought of?
fn is_thrown(error: &Error) -> bool {
    let stderr = error.child.as_ref().map_or("", |child| &child.stderr);
    error.code == Code::IocageFailed && !Said::of(stderr).exception.is_empty()
}

/// The row of one jail; `None` for a template, which is not among them.
///
/// With what [`MORE`] has of it; what it was made of is not among its properties.
#[allow(clippy::type_complexity)]
fn row(session: &Session<'_>, name: &str) -> Result<Option<([String; 7], [String; 7])>, Error> {
    if name.starts_with('-') {
        let message = "no jail of this name can be asked about";
        return Err(Error::new(Code::IllegalName, message));
    }
    let output = whole_of(ask(session, &["get", "all", name])?, name)?;
    let found = entries(&output)?;
    if found.is_empty() {
        return Err(output.error(Code::UnexpectedOutput, "iocage listed no property"));
    }
    let get =
        |property: &str| found.iter().find(|(known, _)| known == property).map(|(_, value)| value.as_str());
    let own = |property: &'static str| {
        get(property)
            .ok_or_else(|| output.error(Code::CorruptJail, format!("its configuration has no `{property}`")))
    };
    let is_on = |value: &str| ["1", "on", "yes", "true"].contains(&value);
    let uuid = own("host_hostuuid")?;
    if uuid != name {
        let message = format!("its configuration is that of {uuid}: it is half a clone");
        return Err(output.error(Code::CorruptJail, message));
    }
    let kind = own("type")?;
    if kind == "template" {
        return Ok(None);
    }
    let running = if session.config.jls.exists() { if_told(started(session, name))? } else { None };
    let state = match &running {
        Some(Some(_)) => "up",
        Some(None) => "down",
        None => own("state")?,
    };
    let jid = running.flatten().map(|started| started.jid.to_string());
    let ip4 = match own("ip4_addr")? {
        "none" if get("dhcp").is_some_and(is_on) => "DHCP",
        "none" => "-",
        address => address,
    };
    let boot = if is_on(own("boot")?) { "on" } else { "off" };
    let jid = jid.unwrap_or_else(|| "-".to_owned());
    let ip6 = get("ip6_addr").filter(|address| *address != "none").unwrap_or("-");
    let base = match get("basejail") {
        Some(value) if is_on(value) => "yes",
        Some(_) => "no",
        None => "-",
    };
    let more = [name, get("release").unwrap_or("-"), ip6, "-", base, boot, state];
    Ok(Some(([&jid, name, boot, state, name, kind, ip4].map(str::to_owned), more.map(str::to_owned))))
}

/// The same with each jail under its own name. A name that is there twice is that of a
/// jail and of a clone of it that was not finished: whose own stands in no row.
fn with_own_names(session: &Session<'_>, jails: Jails) -> Jails {
    let mut names: Vec<_> = jails.iter().map(|[_, name, ..]| name).collect();
    names.sort_unstable();
    if names.windows(2).all(|pair| pair[0] != pair[1]) {
        return jails;
    }
    let Ok(storage) = Storage::ask(session) else { return jails };
    // Those that are in no row, by what they were made of.
    let mut untold: BTreeMap<String, VecDeque<&str>> = BTreeMap::new();
    for name in storage.jails().filter(|name| names.binary_search(name).is_err()) {
        for source in storage.made_of(name) {
            untold.entry(source).or_default().push_back(name);
        }
    }
    let (mut seen, mut told) = (BTreeSet::new(), BTreeSet::new());
    let (mut clones, mut problems) = (BTreeMap::new(), Told::default());
    for (at, [_, source, ..]) in jails.iter().enumerate() {
        // The first row under a name is its own.
        if seen.insert(source) {
            continue;
        }
        let Some(names) = untold.get_mut(source) else { continue };
        if let Some(name) = std::iter::from_fn(|| names.pop_front()).find(|name| told.insert(*name)) {
            problems.push(format!("{name}: its configuration is that of {source}: it is half a clone"));
            clones.insert(at, name);
        }
    }
    if clones.is_empty() {
        return jails;
    }
    let rows = jails.iter().enumerate().map(|(at, row)| match (clones.get(&at), row) {
        // What runs under that name is the source.
        (Some(name), [_, _, boot, _, _, kind, ip4]) => ["-", name, boot, "down", name, kind, ip4],
        (None, row) => row,
    });
    let mut own: Jails = Rows::of_cells(rows);
    own.problems = jails.problems;
    own.problems.append(problems);
    own.left_out = jails.left_out;
    own.notices = jails.notices;
    own
}
