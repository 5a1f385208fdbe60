//! `set`: properties of one jail or of the defaults. The last word is the jail.

use super::failure::{die, error};
use super::names::{self, Found};
use super::{pool, properties, tags};
use crate::dataset::is_inside;
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Pool, State};

pub(super) fn set(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let Some((jail, assignments)) = words.split_last().filter(|(jail, _)| !jail.contains('=')) else {
        return Err(die(&mut session.output, "please specify a jail!"));
    };
    for word in assignments {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        if properties::named(name).is_none() {
            return Err(die(&mut session.output, &format!("unsupported property: {name}!")));
        }
        // Here root's shell reads the value between single quotes; one inside it ends them.
        if word.contains('\'') {
            session.store.note_evaluated(word).map_err(Stop::Broken)?;
        }
    }
    session.change(|state, output| {
        for word in assignments {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            set_one(state, jail, name, value.split('\'').next().unwrap_or(value), output)?;
        }
        Ok(0)
    })
}

fn set_one(state: &mut State, jail: &str, name: &str, value: &str, output: &mut Output) -> Result<(), Stop> {
    let pool = pool::active(state);
    let index = match names::find(pool, jail) {
        Found::Jail(index) => Some(index),
        Found::Defaults => None,
        Found::Refused(message) => return Err(die(output, &message)),
        Found::Nothing => {
            error(output, &format!("jail {jail} not found!"));
            return Err(die(output, "missing property or UUID!"));
        }
    };
    if value.is_empty() {
        return Err(die(output, "set failed, incorrect property syntax!"));
    }
    let property = properties::named(name).expect("`set` has refused unknown names");
    if property.builtin == properties::Builtin::ReadOnly {
        return Err(not_simulated(&format!("set {name}")));
    }
    let value = if name == "tag" { tags::admitted(state, value, output) } else { value.to_owned() };
    let Some(index) = index else {
        let defaults = &mut pool::active_mut(state).defaults;
        match name {
            "tag" => defaults.tag = value,
            _ => drop(defaults.properties.insert(name.to_owned(), value)),
        }
        return Ok(());
    };
    let before = pool.dataset(&pool.jails[index]);
    let mut is_moved = false;
    let root = format!("{before}/root");
    let clones: Vec<_> = pool
        .jails
        .iter()
        .filter(|other| other.origin_dataset() == Some(&root))
        .map(|other| (other.uuid.clone(), other.tag.clone()))
        .collect();
    let jail = &mut pool::active_mut(state).jails[index];
    match (name, value.as_str()) {
        ("template", answer) => return Err(die(output, &format!("please set istemplate={answer} instead."))),
        ("istemplate", _) if !matches!(jail.kind.as_str(), "basejail" | "template") => {
            let message = format!("templates aren't supported for this jail type ({})", jail.kind);
            return Err(die(output, &message));
        }
        ("istemplate", "yes") => {
            if jail.is_up() {
                return Err(die(output, &format!("cannot make {} a template - jail is running!", jail.tag)));
            }
            if !jail.is_template() {
                output.out(&format!("  INFO: converting {} to a template:  \u{8}/\u{8}done!\n", jail.tag));
                jail.kind = "template".to_owned();
                is_moved = true;
            }
        }
        ("istemplate", "no") => {
            if !jail.is_template() {
                return Err(die(output, &format!("{} is already a jail", jail.tag)));
            }
            let tag = jail.tag.clone();
            for (uuid, other) in &clones {
                output.out(&format!("  INFO: {tag} has dependent clone, uuid: {uuid} ({other})\n"));
            }
            if !clones.is_empty() {
                let message = format!("please destroy before converting {tag} back to a jail");
                return Err(die(output, &message));
            }
            output.out(&format!("  INFO: converting {tag} to a jail:  \u{8}/\u{8}done!\n"));
            jail.kind = "basejail".to_owned();
            is_moved = true;
        }
        // The links of tags are made anew before the tag is set, so a complaint is about the old one.
        ("tag", _) => {
            tags::complains(&jail.tag, output);
            jail.tag = value.clone();
        }
        ("type", _) => jail.kind = value.clone(),
        _ => {}
    }
    if !matches!(name, "tag" | "type") {
        jail.properties.insert(name.to_owned(), value);
    }
    let pool = pool::active_mut(state);
    if is_moved {
        let after = pool.dataset(&pool.jails[index]);
        rename(pool, &before, &after);
    }
    pool.sort();
    Ok(())
}

/// What a dataset takes with it when it is renamed: its snapshots, by which its clones know it.
fn rename(pool: &mut Pool, before: &str, after: &str) {
    let renamed = |name: &String| {
        if is_inside(name, before) { format!("{after}{}", &name[before.len()..]) } else { name.clone() }
    };
    pool.snapshots = pool.snapshots.iter().map(renamed).collect();
    pool.made = pool.made.iter().map(|(snapshot, made)| (renamed(snapshot), *made)).collect();
    for jail in &mut pool.jails {
        if let Some(origin) = jail.properties.get_mut("origin") {
            *origin = renamed(origin);
        }
    }
}
