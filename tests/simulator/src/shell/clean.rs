//! `clean`: datasets by kind. It destroys running jails without a word, and exits with 0 even where ZFS refused.
//!
//! The spinner turns once each tenth of a second in the real program; here it always turns the same.

use super::failure::die;
use super::pool;
use crate::dataset::is_inside;
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Defaults, Pool};

pub(super) fn clean(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let mut is_forced = false;
    let mut kinds = Vec::new();
    for letter in words.iter().filter_map(|word| word.strip_prefix('-')).flat_map(str::chars) {
        match letter {
            'f' => is_forced = true,
            'a' | 'j' | 'r' | 't' => kinds.push(letter),
            other => return Err(die(&mut session.output, &format!("-{other} is not a valid switch!"))),
        }
    }
    if !is_forced {
        for kind in &kinds {
            confirm(session, *kind)?;
        }
    }
    session.change(|state, output| {
        let pool = pool::active_mut(state);
        for kind in kinds {
            match kind {
                'a' => all(pool, output),
                'j' => jails(pool, output),
                'r' => releases(pool, output),
                _ => templates(pool, output),
            }
        }
        Ok(0)
    })
}

fn confirm(session: &mut Session, kind: char) -> Result<(), Stop> {
    let what = match kind {
        'j' => "jails",
        't' => "templates",
        other => return Err(not_simulated(&format!("clean -{other} without -f"))),
    };
    let question = format!(" \n  WARNING: this will destroy all {what}\n \n  Are you sure ? y[N]: ");
    if session.ask(&question)?.unwrap_or_default().eq_ignore_ascii_case("y") {
        Ok(())
    } else {
        Err(die(&mut session.output, "command not confirmed.  no action taken."))
    }
}

fn all(pool: &mut Pool, output: &mut Output) {
    spin(output, &format!("destroying {}/iocage", pool.name));
    pool.jails.clear();
    pool.releases.clear();
    pool.datasets.clear();
    pool.snapshots.clear();
    pool.defaults = Defaults::default();
}

fn jails(pool: &mut Pool, output: &mut Output) {
    spin(output, &format!("destroying {}/iocage/jails", pool.name));
    spin(output, &format!("cleaning TAGs at {}/iocage/tags", pool.name));
    remove(pool, "jails");
}

fn templates(pool: &mut Pool, output: &mut Output) {
    spin(output, &format!("cleaning templatess at {}/iocage/templates", pool.name));
    remove(pool, "templates");
}

/// `zfs destroy -rRf`: all that is in the dataset, and what was cloned from it, wherever that is.
fn remove(pool: &mut Pool, place: &str) {
    let mut gone = vec![format!("{}/iocage/{place}", pool.name)];
    loop {
        let is_gone = |name: &str| gone.iter().any(|dataset| is_inside(name, dataset));
        let next = pool
            .jails
            .iter()
            .position(|jail| is_gone(&pool.dataset(jail)) || jail.origin_dataset().is_some_and(is_gone));
        let Some(at) = next else { break };
        let jail = pool.jails.remove(at);
        gone.push(pool.dataset(&jail));
    }
    pool.snapshots.retain(|name| !gone.iter().any(|dataset| is_inside(name, dataset)));
    pool.datasets.remove(place);
}

/// A release that a running jail has mounted stays, and its parent with it.
fn releases(pool: &mut Pool, output: &mut Output) {
    spin(output, &format!("destroying {}/iocage/download", pool.name));
    pool.datasets.remove("download");
    spin(output, &format!("destroying {}/iocage/releases", pool.name));
    let running: Vec<_> = pool.jails.iter().filter(|jail| jail.is_up() && jail.kind == "basejail").collect();
    let (busy, mut gone) = (pool.releases.clone(), Vec::new());
    for release in busy {
        // A jail that names no release is on the one that iocage takes by default, the first.
        let is_busy = running
            .iter()
            .any(|jail| jail.properties.get("release").unwrap_or(&pool.releases[0]) == &release);
        if is_busy {
            let dataset = format!("{}/iocage/releases/{release}/root", pool.name);
            output.err(&format!("cannot destroy '{dataset}': dataset is busy\n"));
        } else {
            gone.push(release);
        }
    }
    pool.releases.retain(|release| !gone.contains(release));
    if pool.releases.is_empty() {
        pool.datasets.remove("releases");
    }
}

fn spin(output: &mut Output, what: &str) {
    output.out(&format!("  INFO: {what}:  \u{8}/\u{8}-\u{8}done!\n"));
}
