//! Which question is which.

use super::line::Line;
use super::running::running;
use super::started::{self, Started};
use super::walk::{COLUMNS, DEPTH, Walk, root_of};
use super::{defaults, get, list, usage};
use crate::iocage::direct::{Machine, Printed, Untold};
use crate::iocage::names::{Name, is_uuid};

/// What the shell iocage would print for these words.
pub(in crate::iocage) fn told(machine: &Machine<'_>, words: &[&str]) -> Result<Printed, Untold> {
    let line = Line::of(machine.version)?;
    begin(machine, line, words);
    let pool = match started::pool(machine, line)? {
        Started::With(pool) => pool,
        Started::Ends(printed) => return Ok(printed),
    };
    if *words == ["activate"] {
        return Ok(Printed::out(format!("pool: {pool}\n")));
    }
    if let ["get", "-r", name] = words {
        return match line {
            // It cannot, looks for the jail of that name, and prints all in one.
            Line::Release => Untold::cause("this iocage has no `get -r`"),
            Line::Development if *name == "all" => {
                Untold::cause("all properties of all are not told in rows")
            }
            Line::Development => get::Each::of(machine, &pool, name)?.printed(),
        };
    }
    let listing = machine.datasets_of(&root_of(&pool), &COLUMNS, DEPTH)?;
    let walk = Walk::of(&listing, root_of(&pool), line);
    started::needed(&walk, line)?;
    match *words {
        ["df"] => usage::df(&walk, line).map(Printed::out),
        ["list"] | ["list", "-t"] if line == Line::Release => {
            // 1.7.4 has no column for addresses, and the two after it call themselves so.
            Untold::cause("releases 1.7.4 to 1.7.6 call themselves alike, and list differently")
        }
        ["list"] => listed(machine, &walk, false),
        ["list", "-t"] => listed(machine, &walk, true),
        ["list", "-r"] => Ok(Printed::out(list::releases(&walk, line))),
        ["defaults"] => defaults::print(machine, line, &walk),
        ["get", "all", jail] => get::all(machine, line, walk.find(jail)?),
        ["get", name, jail] => get::one(machine, line, walk.find(jail)?, name),
        _ => Untold::about("a question that is not known", words.join(" ")),
    }
}

fn listed(machine: &Machine<'_>, walk: &Walk<'_>, templates: bool) -> Result<Printed, Untold> {
    let text = list::development(walk, &running(machine)?, templates)?;
    Ok(Printed { stderr: walk.complaints(), ..Printed::out(text) })
}

/// Start what will be asked to answer these words, if the pool is the same as last time.
pub(super) fn begin(machine: &Machine<'_>, line: Line, words: &[&str]) {
    if !machine.begin_pools() {
        return;
    }
    let root = || machine.session.expected.pool().map(|pool| root_of(&pool));
    let datasets = |root: &str| machine.begin_datasets(Some(root), &COLUMNS, DEPTH);
    match (line, words) {
        (_, ["activate"]) | (Line::Release, ["get", "-r", _] | ["list"] | ["list", "-t"]) => {}
        (Line::Development, ["get", "-r", name]) => {
            if let Some(root) = root() {
                get::Each::begin(machine, &root, name);
            }
        }
        (_, ["list"] | ["list", "-t"]) | (Line::Development, ["get", "state", _]) => {
            root().iter().for_each(|root| datasets(root));
            machine.begin_running();
        }
        (_, ["defaults"]) => {
            if let Some(root) = root() {
                datasets(&root);
                defaults::begin(machine, line, &root);
            }
        }
        _ => root().iter().for_each(|root| datasets(root)),
    }
}

/// The names of all jails, templates included, in the order of their UUIDs.
pub(in crate::iocage::shell) fn names(machine: &Machine<'_>) -> Result<Vec<Name>, Untold> {
    let line = Line::of(machine.version)?;
    begin(machine, line, &["df"]);
    let pool = match started::pool(machine, line)? {
        Started::With(pool) => pool,
        Started::Ends(_) => return Untold::cause("iocage refuses to do anything, and says why itself"),
    };
    let listing = machine.datasets_of(&root_of(&pool), &COLUMNS, DEPTH)?;
    let walk = Walk::of(&listing, root_of(&pool), line);
    started::needed(&walk, line)?;
    let rows: Vec<_> = match line {
        Line::Development => {
            let templates = walk.all()?.iter().copied().filter(|row| walk.is_template(row));
            walk.all_below("jails").chain(templates).collect()
        }
        Line::Release => walk.all()?.to_vec(),
    };
    let own = rows.iter().map(|row| row.first()).filter(|[uuid, _]| is_uuid(uuid));
    // Whom iocage could take for one of them is there, too, so that none is meant by two.
    let named = own.chain(walk.liars().map(|row| row.first()));
    Ok(named.map(|[uuid, tag]| Name { uuid: uuid.to_owned(), tag: tag.to_owned() }).collect())
}
