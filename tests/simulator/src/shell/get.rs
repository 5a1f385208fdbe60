//! `get`: one property of a jail, all of them, or one of all jails.
//!
//! A property that is not set is `none` when asked for alone and `-` among all. Beside the properties there is `state`.

use super::failure::{die, error};
use super::names::{self, Found};
use super::properties::{self, Dataset, Group};
use super::table::columns;
use super::{kernel, pool};
use crate::output::Output;
use crate::session::{Outcome, Session};
use crate::state::{Pool, State};

pub(super) fn get(session: &mut Session, words: &[String]) -> Outcome {
    let state = session.view()?;
    let output = &mut session.output;
    let pool = pool::active(&state);
    let missing = "missing UUID or property!";
    match words {
        [flag, name, ..] if flag == "-r" && !name.is_empty() => Ok(of_every_jail(&state, pool, name, output)),
        [flag, ..] if flag.starts_with('-') => Err(die(output, missing)),
        [property, jail, ..] if !property.is_empty() && !jail.is_empty() => {
            of_jails(&state, pool, property, jail, output)
        }
        _ => Err(die(output, missing)),
    }
}

fn of_jails(state: &State, pool: &Pool, name: &str, jail: &str, output: &mut Output) -> Outcome {
    let datasets = if jail == names::ALL {
        every_dataset(pool).collect()
    } else {
        match names::find(pool, jail) {
            Found::Defaults => vec![Dataset::Defaults(&pool.defaults)],
            Found::Jail(found) => vec![Dataset::Jail(&pool.jails[found])],
            Found::Nothing => return Err(die(output, &format!("jail {jail} not found!"))),
            Found::Refused(message) => return Err(die(output, &message)),
        }
    };
    for dataset in datasets {
        let Some(value) = value(state, pool, dataset, name) else {
            return Err(die(output, &unsupported(name)));
        };
        output.out(&format!("{value}\n"));
    }
    Ok(0)
}

/// The defaults are the first row; a property that does not exist costs a line on stderr for each row, and still exits
/// with 0.
fn of_every_jail(state: &State, pool: &Pool, name: &str, output: &mut Output) -> u8 {
    let tag = properties::named("tag").expect("the table has the tag");
    let mut lines = vec![format!("UUID\tTAG\t{name}")];
    for dataset in every_dataset(pool) {
        let value = value(state, pool, dataset, name).unwrap_or_else(|| {
            error(output, &unsupported(name));
            String::new()
        });
        let tag = or_none(properties::value(state, pool, dataset, tag));
        lines.push(format!("{}\t{tag}\t{value}", dataset.uuid()));
    }
    output.out(&columns(&lines, '\t'));
    0
}

fn every_dataset(pool: &Pool) -> impl Iterator<Item = Dataset<'_>> {
    std::iter::once(Dataset::Defaults(&pool.defaults))
        .chain(names::walked(pool).map(|(_, jail)| Dataset::Jail(jail)))
}

/// What `get` prints for one dataset, without the last newline; `None` where there is no such property.
fn value(state: &State, pool: &Pool, dataset: Dataset<'_>, name: &str) -> Option<String> {
    match name {
        "all" => {
            let lines: Vec<String> = properties::all()
                .map(|property| {
                    format!("{}:{}", property.name, properties::value(state, pool, dataset, property))
                })
                .collect();
            Some(lines.join("\n"))
        }
        "state" => {
            let running = kernel::running(state);
            let up = matches!(dataset, Dataset::Jail(jail) if kernel::of_jail(&running, jail).is_some());
            Some(if up { "up" } else { "down" }.to_owned())
        }
        _ => {
            let property = properties::named(name)?;
            let value = properties::value(state, pool, dataset, property);
            Some(if property.group == Group::Zfs { value } else { or_none(value) })
        }
    }
}

fn or_none(value: String) -> String {
    if value == "-" { "none".to_owned() } else { value }
}

fn unsupported(name: &str) -> String {
    format!("unsupported property: {name} !")
}
