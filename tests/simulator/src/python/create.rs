//! `create`: a jail of a release, of a template, or with nothing in it.
//!
//! A jail of a release is a clone of a snapshot of that release which bears the jail's name. Where the snapshot is
//! already there, left by a jail that was destroyed while its configuration could not be read, nothing is created.

use super::call::Call;
use super::failure::{fail, traceback};
use super::pool::{active, active_mut};
use super::{fetch, make, names, start};
use crate::output::Output;
use crate::session::{Outcome, Stop, not_simulated};
use crate::state::python::without_patch;
use crate::state::{Jail, State};

/// What was asked for.
struct Plan {
    release: Option<String>,
    template: Option<String>,
    is_empty: bool,
    is_basejail: bool,
    /// Copied, not cloned.
    is_thick: bool,
    has_thick_config: bool,
    assignments: Vec<String>,
}

pub(super) fn create(call: &mut Call<'_>) -> Outcome {
    let words = &call.words;
    if words.has("pkglist") {
        return Err(not_simulated("create --pkglist"));
    }
    let name = words.value("name").map(str::to_owned);
    let uuid = words.value("uuid").map(str::to_owned);
    let is_short = words.has("short");
    let count = words.value("count").map(str::to_owned);
    let plan = Plan {
        release: words.value("release").map(str::to_owned),
        template: words.value("template").map(str::to_owned),
        is_empty: words.has("empty"),
        is_basejail: words.has("basejail") || words.has("clone_basejail"),
        is_thick: words.has("thickjail") || words.has("basejail"),
        has_thick_config: words.has("thickconfig"),
        assignments: words.arguments.clone(),
    };
    let count = make::count(count.as_deref(), &mut call.session.output)?;
    if let Some(name) = &name {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_plain) {
            return Err(call.fail(&format!("Invalid character in {name}, please remove it.")));
        }
    } else if uuid.as_ref().is_some_and(|uuid| uuid.replace('-', "").len() != 32) {
        return Err(call.fail("Please provide a valid UUID"));
    }
    if plan.release.as_ref().is_some_and(|release| release.contains('=')) {
        return Err(call.fail("Please supply a valid RELEASE!"));
    }
    if plan.release.is_none() && plan.template.is_none() && !plan.is_empty {
        return Err(call.fail("Must supply either --template (-t) or --release (-r)!"));
    }
    if let Some(release) = plan.release.as_ref().filter(|_| plan.template.is_none() && !plan.is_empty) {
        fetch::if_missing(call, release)?;
    }
    let wanted = name.or(uuid);
    call.change(|state, output| {
        for name in make::names_of(state, wanted.as_deref(), count, is_short) {
            one(state, &name, &plan, output)?;
        }
        Ok(0)
    })
}

fn one(state: &mut State, name: &str, plan: &Plan, output: &mut Output) -> Result<(), Stop> {
    let mut jail =
        Jail { uuid: name.to_owned(), tag: name.to_owned(), kind: "jail".to_owned(), ..Jail::default() };
    let pool = &active(state).name;
    let (source, snapshots) = if plan.is_empty {
        "EMPTY".clone_into(&mut jail.release);
        ("EMPTY".to_owned(), Vec::new())
    } else if let Some(template) = &plan.template {
        let dataset = format!("{pool}/iocage/templates/{template}");
        let source = of_template(state, template, &mut jail, output)?;
        (source, vec![format!("{dataset}/root@{name}"), format!("{dataset}@{name}")])
    } else {
        let wanted = plan.release.as_deref().unwrap_or_default();
        let source = of_release(state, wanted, &mut jail, output)?;
        let snapshot = format!("{pool}/iocage/releases/{source}/root@{name}");
        (source, vec![snapshot])
    };
    make::check_new(state, name, output)?;
    let left = snapshots.first().filter(|snapshot| active(state).snapshots.contains(*snapshot));
    if let Some(left) = left {
        return Err(match &plan.template {
            Some(_) => traceback(output, &format!("RuntimeError: Template: {name} not found!")),
            None => fail(
                output,
                &format!(
                    "Snapshot: {left} exists!\n\
                     Please manually run zfs destroy {left} if you wish to destroy it."
                ),
            ),
        });
    }
    if let Err(refusal) = make::is_reserved(name, output) {
        active_mut(state).snapshots.extend(snapshots);
        return Err(refusal);
    }
    let origin = if plan.is_empty || plan.is_thick { "-" } else { &snapshots[0] };
    jail.properties.insert("origin".to_owned(), origin.to_owned());
    if !plan.is_thick {
        jail.properties.insert("cloned_release".to_owned(), source);
    }
    if plan.has_thick_config {
        jail.properties.insert("CONFIG_TYPE".to_owned(), "THICK".to_owned());
    }
    if plan.is_basejail {
        jail.properties.insert("basejail".to_owned(), "1".to_owned());
    }
    let is_started = make::set_properties(&mut jail, &plan.assignments, state.host.racct, output)?;
    if !plan.is_empty && !active(state).rc_conf {
        output.out("Missing default rc.conf, creating it\n");
        active_mut(state).rc_conf = true;
    }
    make::add(state, jail, snapshots);
    output.out(&format!("{name} successfully created!\n"));
    if is_started && !plan.is_empty {
        start::start_one(state, name, output)?;
    }
    Ok(())
}

/// The release that the jail says it was cloned from.
fn of_template(state: &State, template: &str, jail: &mut Jail, output: &mut Output) -> Result<String, Stop> {
    let pool = active(state);
    let found = names::exact(pool, template).map(|at| &pool.jails[at]).filter(|found| found.is_template());
    let Some(source) = found else {
        output.err(&format!("Template: {template} not found!\n"));
        let templates = pool.jails.iter().filter(|jail| jail.is_template());
        let lines: String = templates.map(|jail| format!("\n  {}", jail.uuid)).collect();
        return Err(fail(output, &format!("Created Templates:{lines}")));
    };
    jail.release.clone_from(&source.release);
    template.clone_into(&mut jail.template);
    Ok(without_patch(&source.release).to_owned())
}

/// The same for a release, which is looked for in capitals, too.
fn of_release(state: &State, wanted: &str, jail: &mut Jail, output: &mut Output) -> Result<String, Stop> {
    let wanted = wanted.to_uppercase();
    let Some(release) = active(state).releases.iter().find(|release| without_patch(release) == wanted) else {
        // It would have been fetched, had there been a way out.
        return Err(fetch::unreachable(output, fetch::OLD));
    };
    jail.release.clone_from(release);
    Ok(wanted)
}
