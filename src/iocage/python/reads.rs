//! What can be looked up with the Python iocage.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::names::{JailId, Name, Names};
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::text::{Properties, count_lines};
use crate::iocage::{Jails, Reads, State, Usage, ValueOfEach, keyed};
use crate::policy::PropertyName;

use super::complaints::failure;
use super::outcome::{is_own_failure, listed, unknown_property};
use super::output::{body, is_property, joined, listing, noticed, pool, table, value, whole};
use super::program::{Python, ask, own, zfs};
use super::properties::{JAIL_ONLY, KNOWN};
use super::tables::{DF, EACH, is_usage};

impl Reads for Python {
    /// From `df -lh`, which has the templates, too. One broken jail makes it fail
    /// whole; then from `list -lh` and `list -tlh`, which cope.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error> {
        let usage = ask(session, &["df", "-lh"]).and_then(|output| table(output, &DF, is_usage));
        let mut names: Vec<String> = match usage {
            Ok(usage) => usage.iter().map(|[name, ..]| name.to_owned()).collect(),
            Err(error) if error.child.is_some() && is_own_failure(error.code) => {
                let jails = listed(session, &["-lh", "-l"], false)?;
                let templates = listed(session, &["-tlh", "-tl"], false)?;
                jails.iter().chain(templates.iter()).map(|[_, name, ..]| name.to_owned()).collect()
            }
            Err(error) => return Err(error),
        };
        names.sort_unstable();
        names.dedup();
        let name = |name: String| Name { uuid: name.clone(), tag: name };
        Ok(Names(names.into_iter().map(name).collect()))
    }

    /// From `list -lh`, and for templates, which do not run, from `list -tlh`. A
    /// jail that is in neither but in `df` has a row that was not understood:
    /// that it runs not, nobody has said.
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error> {
        let jails = listed(session, &["-lh", "-l"], false)?;
        match jails.iter().find(|[_, name, ..]| *name == jail.uuid()) {
            Some([_, _, _, "up", ..]) => Ok(State::Up),
            Some(_) => Ok(State::Down),
            None if listed(session, &["-tlh", "-tl"], false)?
                .iter()
                .any(|[_, name, ..]| name == jail.uuid()) =>
            {
                Ok(State::Down)
            }
            None if self.names(session)?.holds(jail.uuid()) => Err(Error::new(
                Code::UnexpectedOutput,
                format!("iocage list has no row for the jail {} that can be read", jail.uuid()),
            )),
            None => Ok(State::Gone),
        }
    }

    /// `list -lh`. Without `-l` it takes a running jail with a UUID for stopped.
    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error> {
        let mut jails = listed(session, &["-lh", "-l"], true)?;
        let corrupt: Vec<_> = jails
            .iter()
            .filter(|[_, _, _, state, ..]| *state == "CORRUPT")
            .map(|[_, name, ..]| name.to_owned())
            .collect();
        let mut told = jails.problems.clone();
        told.sort_unstable();
        for name in corrupt {
            let start = format!("{name} ");
            // What begins so would stand here.
            let at = told.partition_point(|problem| *problem < start);
            if !told.get(at).is_some_and(|problem| problem.starts_with(&start)) {
                jails.problems.push(format!("{name} is CORRUPT"));
            }
        }
        Ok(jails)
    }

    /// `df -lh`. One broken jail makes it fail whole; then zfs is asked, from which it
    /// has its figures.
    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error> {
        table(own(session, Kind::Read, &["df", "-lh"])?, &DF, is_usage).or_else(|error| {
            let is_of_a_jail = matches!(error.code, Code::CorruptJail | Code::IocageFailed);
            let mut usage =
                is_of_a_jail.then(|| usage_by_zfs(session)).flatten().ok_or_else(|| error.clone())?;
            usage.problems.push(error.message);
            Ok(usage)
        })
    }

    /// `get all default`: `name:value` lines, in no order.
    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", "default"])?)?;
        let values = body(&output.stdout).lines().filter_map(|line| line.split_once(':'));
        let values = values.filter(|(name, _)| is_property(name));
        listing(&output, values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// `get PROP JAIL`: the value, then a newline.
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<String, Error> {
        value(own(session, Kind::Read, &["get", name.as_str(), jail.uuid()])?).map_err(unknown_property)
    }

    /// `get all JAIL`: `name:value` lines in order. Where a value may have forged
    /// one, the names that there are tell.
    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error> {
        let output = whole(own(session, Kind::Read, &["get", "all", jail.uuid()])?)?;
        let text = body(&output.stdout);
        let (mut found, is_plain) = keyed::entries(text, ':', is_property);
        let defaults;
        if !is_plain || found.iter().any(|(name, _)| !KNOWN.contains(name)) {
            defaults = self.defaults(session)?;
            let is_known = |name: &str| JAIL_ONLY.contains(&name) || defaults.values.contains_key(name);
            found = keyed::entries(text, ':', is_known).0;
        }
        listing(&output, found.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The beginning of a name is enough for it, if it is one jail's alone.
    fn may_answer_of_another(&self) -> bool {
        true
    }

    /// `get -rh PROP`. One broken jail makes it fail whole; then jail by jail.
    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        let output = own(session, Kind::Read, &["get", "-rh", name.as_str()])?;
        if output.succeeded() {
            let output = whole(output)?;
            let rows = Rows::of_fields(output.stdout.clone(), &EACH, |_| true);
            if rows.is_box {
                count_lines("iocage prints a row that is none", &rows.problems);
                return Ok(noticed(joined(rows), &output));
            }
            let names = self.names(session)?;
            let rows_in = |text| keyed::entries_of_all(text, '\t', names.index());
            let found = rows_in(body(&output.stdout));
            let mut rows = Rows::of_cells(found.iter().map(|&(jail, value)| [jail, jail, value]));
            // The row of a jail that is gone since would be a line of the value before
            // it; but not if it is asked again.
            let doubtful = |value: &str| value.lines().skip(1).any(|line| line.contains('\t'));
            if found.iter().any(|(_, value)| doubtful(value)) {
                let again = whole(ask(session, &["get", "-rh", name.as_str()])?)?;
                let again = rows_in(body(&again.stdout));
                let is_other = |row: &&(&str, &str)| doubtful(row.1) && !again.contains(row);
                rows.problems.extend(found.iter().filter(is_other).map(|(jail, _)| {
                    format!("{jail}: a line of the value may be the row of a jail that is gone since")
                }));
            }
            return Ok(noticed(rows, &output));
        }
        let error = unknown_property(failure(&output));
        // A jail without any configuration is told so, too, but of one that there is.
        if error.code == Code::UnknownProperty && !KNOWN.contains(&name.as_str()) {
            return Err(error);
        }
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for Name { uuid: jail, .. } in self.names(session)?.0 {
            // iocage makes jails of such names, and would take this one for an option.
            if jail.starts_with('-') {
                problems.push(format!("{jail}: no jail of this name can be asked about"));
                continue;
            }
            match value(ask(session, &["get", name.as_str(), &jail])?) {
                Ok(value) => found.push((jail, value)),
                Err(error) => problems.push(format!("{jail}: {}", error.message)),
            }
        }
        // If no jail has it, it is not the jails that are broken.
        if found.is_empty() {
            return Err(error);
        }
        let mut rows = Rows::of_cells(found.iter().map(|(jail, value)| [&**jail, &**jail, &**value]));
        rows.problems = problems;
        Ok(rows)
    }

    /// `get -p`: the name alone.
    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error> {
        pool(own(session, Kind::Read, &["get", "-p"])?)
    }
}

/// What the datasets of the jails and templates use; `None` if that is not told.
fn usage_by_zfs(session: &Session<'_>) -> Option<Usage> {
    let pool = pool(ask(session, &["get", "-p"]).ok()?).ok()?;
    let root = format!("{pool}/iocage");
    let columns = "name,compressratio,reservation,quota,used,available";
    let args = ["list", "-H", "-t", "filesystem", "-o", columns, "-d", "2", &root];
    let output = whole(zfs(session, Kind::Read, false, &args).ok()?).ok()?;
    let row = |line: &str| {
        let dataset = line.strip_prefix(&root)?;
        ["/jails/", "/templates/"].iter().find_map(|sort| dataset.strip_prefix(sort)).map(str::to_owned)
    };
    let rows = output.stdout.lines().filter_map(row).map(|row| row + "\n").collect::<String>();
    let usage = Rows::of_fields(rows, &DF, is_usage);
    usage.notices.is_empty().then_some(usage)
}
