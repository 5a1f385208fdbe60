//! `clean`: all datasets of a kind, and what ZFS cannot keep without them. Running jails go without a word.

use super::call::Call;
use super::destroy;
use super::pool::active_mut;
use crate::output::Output;
use crate::session::Outcome;
use crate::state::{Defaults, Pool};

/// A kind: its option, the warning that precedes the question, and what it does.
type Kind = (&'static str, &'static str, fn(&mut Pool, &mut Output));

const KINDS: [Kind; 6] = [
    ("all", "\nThis will destroy ALL iocage data!", all),
    ("jails", "\nThis will destroy ALL jails and any snapshots on a RELEASE, including templates!", jails),
    ("release", "\nThis will destroy ALL fetched RELEASES and jails/templates created from them!", releases),
    ("template", "This will destroy ALL templates and jails created from them!", templates),
    ("images", "\nThis will destroy ALL images!", images),
    ("debug", "\nThis will destroy ALL debugs!", debug),
];

pub(super) fn clean(call: &mut Call<'_>) -> Outcome {
    // Of several kinds the last one counts.
    let wanted = call.words.last_of(&KINDS.map(|(option, ..)| option));
    let Some((_, warning, run)) = KINDS.iter().find(|(option, ..)| Some(*option) == wanted) else {
        return Err(call.fail("Please specify a dataset type to clean!"));
    };
    if !call.words.has("force") {
        call.err(&format!("{warning}\n"));
        if !call.confirm("Are you sure?")? {
            return Ok(0);
        }
    }
    call.change(|state, output| {
        run(active_mut(state), output);
        Ok(0)
    })
}

fn say(output: &mut Output, datasets: &[&str], done: &str) {
    for dataset in datasets {
        output.out(&format!("Cleaning {dataset}\n"));
    }
    output.out(&format!("{done}\n"));
}

fn all(pool: &mut Pool, output: &mut Output) {
    let datasets = [
        "iocage/templates",
        "iocage/jails",
        "iocage/releases",
        "iocage/log",
        "iocage/images",
        "iocage/download",
        "iocage",
    ];
    say(output, &datasets, "All iocage datasets have been destroyed.");
    pool.jails.clear();
    pool.releases.clear();
    pool.datasets.clear();
    pool.snapshots.clear();
    pool.rc_conf = false;
    pool.defaults = Defaults::default();
}

/// The snapshots of the releases go, too, and with them the roots of templates.
fn jails(pool: &mut Pool, output: &mut Output) {
    say(output, &["iocage/jails"], "All iocage jail datasets have been destroyed.");
    pool.jails.retain(|jail| jail.is_template());
    pool.snapshots.retain(|snapshot| !snapshot.starts_with(&format!("{}/iocage/jails/", pool.name)));
    hollow_clones(pool, "releases");
    pool.datasets.remove("jails");
}

fn releases(pool: &mut Pool, output: &mut Output) {
    say(
        output,
        &["iocage/download", "iocage/releases"],
        "All iocage RELEASE and jail datasets have been destroyed.",
    );
    hollow_clones(pool, "releases");
    pool.releases.clear();
    pool.datasets.remove("download");
    pool.datasets.remove("releases");
}

/// Jails that were made from a template go as a whole.
fn templates(pool: &mut Pool, output: &mut Output) {
    say(output, &["iocage/templates"], "All iocage template datasets have been destroyed.");
    let names: Vec<String> = pool
        .jails
        .iter()
        .filter(|jail| jail.is_template() || !jail.template.is_empty())
        .map(|jail| jail.uuid.clone())
        .collect();
    for name in names {
        destroy::remove(pool, &name);
    }
    pool.datasets.remove("templates");
}

fn images(pool: &mut Pool, output: &mut Output) {
    say(output, &["iocage/images"], "The iocage images dataset has been destroyed.");
    pool.datasets.remove("images");
    pool.images.clear();
}

fn debug(_pool: &mut Pool, output: &mut Output) {
    say(output, &["iocage/debug"], "All iocage debugs have been destroyed.");
}

/// Takes the snapshots of one of iocage's datasets, and with them the roots that were cloned from them.
fn hollow_clones(pool: &mut Pool, dataset: &str) {
    let inside = format!("{}/iocage/{dataset}/", pool.name);
    let clones: Vec<String> = pool
        .jails
        .iter()
        .filter(|jail| jail.properties.get("origin").is_some_and(|origin| origin.starts_with(&inside)))
        .map(|jail| jail.uuid.clone())
        .collect();
    for clone in clones {
        destroy::hollow(pool, &clone);
    }
    pool.snapshots.retain(|snapshot| !snapshot.starts_with(&inside));
}
