//! `df`: what ZFS says of every jail and template. One configuration that cannot be read ends it.

use super::call::Call;
use super::failure::traceback;
use super::pool::active;
use super::{names, properties, table};
use crate::session::Outcome;
use crate::state::{Damage, Jail, Pool};

const HEADER: [&str; 6] = ["NAME", "CRT", "RES", "QTA", "USE", "AVA"];

pub(super) fn df(call: &mut Call<'_>) -> Outcome {
    let state = call.mounted(|_| true)?;
    let pool = active(&state);
    let column = match call.words.value("sort") {
        None => 0,
        Some(name) => match HEADER.iter().position(|column| column.to_lowercase() == name) {
            Some(column) => column,
            None => {
                let names = HEADER.map(|column| format!("  {}", column.to_lowercase())).join("\n");
                return Err(call.fail(&format!("Invalid sort type specified, use one of:\n{names}")));
            }
        },
    };
    let mut jails: Vec<&Jail> = names::all(pool).into_iter().map(|jail| &pool.jails[jail]).collect();
    for jail in &jails {
        properties::check(&state, jail, &mut call.session.output)?;
    }
    jails.sort_by_cached_key(|jail| properties::sort_key(&jail.uuid));
    properties::complain_of_defaults(&state, pool, jails.len() + 2, &mut call.session.output);
    let mut rows: Vec<_> = jails.iter().map(|jail| row(pool, jail)).collect();
    if column > 0 {
        rows.sort_by(|one, other| one[column].cmp(&other[column]));
    }
    // A configuration that does not say so is no template's, and is looked for among the jails.
    let is_misplaced = |jail: &&Jail| jail.is_template() && jail.damage == Damage::Empty;
    if jails.iter().any(is_misplaced) {
        // Of the text only the class is known.
        return Err(traceback(&mut call.session.output, "ZFSException"));
    }
    let has_box = !call.words.has("header");
    call.out(&table::draw(&HEADER, &rows, has_box));
    Ok(0)
}

pub(super) fn row(pool: &Pool, jail: &Jail) -> table::Row {
    let value =
        |name: &str, default: &str| jail.properties.get(name).map_or(default, String::as_str).to_owned();
    vec![
        jail.uuid.clone(),
        value("compressratio", "1.00x"),
        value("reservation", "none"),
        value("quota", "none"),
        value("used", "236K"),
        value("available", &pool.available),
    ]
}
