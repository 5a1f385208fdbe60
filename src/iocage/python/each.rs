//! One property of every jail.
//!
//! `get -r` prints a row for each, in which a value may hold a line's end and a tab:
//! such a line looks like a row. Which of two rows for one jail is the right one, and
//! whose value the other was cut from, nobody can tell; so of that jail none is told.
//! One broken jail makes it fail whole; then each is asked alone, for as long as the
//! action may take.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::names::Name;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::{count_lines, some_of};
use crate::iocage::told::Told;
use crate::iocage::{Reads, ValueOfEach, keyed};
use crate::policy::PropertyName;

use super::complaints::failure;
use super::outcome::unknown_property;
use super::output::{body, joined, noticed, too_many, value, whole};
use super::program::{Python, ask, own};
use super::properties::KNOWN;
use super::tables::EACH;

/// How many rows are looked at of however few jails.
const MANY: usize = 4096;

/// The time that jails may be asked in, one by one.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    until: Instant,
    seconds: u64,
}

impl Budget {
    /// That of a lookup, from now on.
    pub(super) fn of(session: &Session<'_>) -> Budget {
        let limit = session.config.timeouts.of(Kind::Read);
        Budget { until: Instant::now() + limit, seconds: limit.as_secs() }
    }

    /// Why no more may be asked, if that is so.
    pub(super) fn over(self) -> Option<String> {
        let over = Instant::now() >= self.until;
        over.then(|| format!("not asked, as the time limit of {} s was over", self.seconds))
    }
}

impl Python {
    /// `get -rh PROP`.
    pub(super) fn each(self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error> {
        let budget = Budget::of(session);
        let form = if self.version.has_known_tables() { "-rh" } else { "-r" };
        let args = ["get", form, name.as_str()];
        let output = own(session, Kind::Read, &args)?;
        if !output.succeeded() {
            let error = unknown_property(failure(&output));
            // A jail without any configuration is told so, too, but of one that there is.
            if error.code == Code::UnknownProperty && !KNOWN.contains(&name.as_str()) {
                return Err(error);
            }
            return self.one_by_one(session, name, budget, error);
        }
        let output = whole(output)?;
        let rows = Rows::of_fields(output.stdout.clone(), &EACH, |_| true);
        if rows.is_box {
            count_lines("iocage prints a row that is none", &rows.problems);
            return Ok(noticed(joined(rows), &output));
        }
        drop(rows);
        let names = self.names(session)?;
        let is_name = names.index();
        // One for each jail, and as many that values look like.
        let most = MANY + 2 * names.0.len();
        let text = body(&output.stdout);
        let found = keyed::candidate_entries(text, '\t', &is_name, most);
        let found = found.ok_or_else(|| too_many(&output))?;
        let (twice, before) = repeated(&found);
        // Where the rows of these begin; what is asked of one is looked for there alone.
        let mut rows_of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (jail, _) in found.iter().filter(|(jail, _)| twice.contains(jail) || before.contains(jail)) {
            let start = jail.as_ptr() as usize - text.as_ptr() as usize;
            rows_of.entry(jail).or_default().push(&text[start..]);
        }
        let mut problems = Told::default();
        let mut values: Vec<(&str, String)> = Vec::new();
        for &(jail, printed) in found.iter().filter(|(jail, _)| !twice.contains(jail)) {
            // Where the row behind it may be a line of its value, it is asked for alone.
            let asked = match rows_of.get(jail) {
                Some(rows) => alone(session, name, jail, budget, rows)?,
                None => None,
            };
            values.push((jail, asked.unwrap_or_else(|| printed.to_owned())));
        }
        let above = some_of(before.iter().copied());
        for (&jail, rows) in rows_of.iter().filter(|(jail, _)| twice.contains(*jail)) {
            match alone(session, name, jail, budget, rows)? {
                Some(value) => values.push((jail, value)),
                None => problems.push(format!(
                    "{jail}: iocage prints several rows for it; all but one are lines of a value of it, or of the \
                     jail above ({above}): ask for each alone"
                )),
            }
        }
        let mut rows = Rows::of_cells(values.iter().map(|(jail, value)| [*jail, *jail, &**value]));
        // The row of a jail that is gone since would be a line of the value before
        // it; but not if it is asked again.
        let doubtful = |value: &str| value.lines().skip(1).any(|line| line.contains('\t'));
        let is_asked = |jail: &str| before.contains(jail) || twice.contains(jail);
        let is_odd = |row: &&(&str, &str)| doubtful(row.1) && !is_asked(row.0);
        if found.iter().any(|row| is_odd(&row)) {
            let printed = whole(ask(session, &args)?)?;
            let again = keyed::candidate_entries(body(&printed.stdout), '\t', &is_name, most);
            let again = set_of(again.ok_or_else(|| too_many(&printed))?);
            let others = found.iter().filter(is_odd).filter(|row| !again.contains(row));
            rows.problems.extend(others.map(|(jail, _)| {
                format!("{jail}: a line of the value may be the row of a jail that is gone since")
            }));
        }
        rows.problems.append(problems);
        Ok(noticed(rows, &output))
    }

    /// Each jail for itself.
    fn one_by_one(
        self,
        session: &Session<'_>,
        name: &PropertyName,
        budget: Budget,
        error: Error,
    ) -> Result<ValueOfEach, Error> {
        let (mut found, mut problems) = (Vec::new(), Told::default());
        for Name { uuid: jail, .. } in self.names(session)?.0 {
            session.still_wanted()?;
            // iocage makes jails of such names, and would take this one for an option.
            if jail.starts_with('-') {
                problems.push(format!("{jail}: no jail of this name can be asked about"));
                continue;
            }
            if let Some(why) = budget.over() {
                problems.push(format!("{jail}: {why}"));
                continue;
            }
            match ask(session, &["get", name.as_str(), &jail]).and_then(|output| value(output, &jail, name)) {
                Ok(told) => {
                    problems.extend(told.problems.iter().map(|problem| format!("{jail}: {problem}")));
                    found.push((jail, told.value));
                }
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
}

/// The jails that have several rows, and those above them, whose values may hold one.
fn repeated<'t>(found: &[(&'t str, &'t str)]) -> (BTreeSet<&'t str>, BTreeSet<&'t str>) {
    let mut seen = BTreeSet::new();
    let twice = set_of(found.iter().map(|row| row.0).filter(|jail| !seen.insert(*jail)));
    let pairs = found.windows(2).filter(|pair| twice.contains(pair[1].0));
    let before = set_of(pairs.map(|pair| pair[0].0).filter(|jail| !twice.contains(jail)));
    (twice, before)
}

/// The value of one jail, if it is what stands in the table behind its name. `rows` is
/// the text from each of its rows on.
///
/// # Errors
/// If nobody waits any more.
fn alone(
    session: &Session<'_>,
    name: &PropertyName,
    jail: &str,
    budget: Budget,
    rows: &[&str],
) -> Result<Option<String>, Error> {
    session.still_wanted()?;
    if jail.starts_with('-') || budget.over().is_some() {
        return Ok(None);
    }
    let Ok(output) = ask(session, &["get", name.as_str(), jail]) else { return Ok(None) };
    let Some(told) = body(&output.stdout).strip_suffix('\n') else { return Ok(None) };
    let row = format!("{jail}\t{told}\n");
    let stands = rows.iter().any(|text| text.starts_with(&row));
    Ok((output.succeeded() && stands).then(|| told.to_owned()))
}
