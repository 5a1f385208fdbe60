//! That the two ways of a question agree: each read action on thousands of random machines,
//! once by iocage and once by what ZFS, the kernel and iocage's files tell, to the byte.
//!
//! Where the second way leaves a doubt it asks iocage itself, and is then right whatever it
//! thinks: so it is counted how often, and why; on machines that have nothing of what is
//! known to be in doubt it is hardly ever. The long form is 10,000 machines of each
//! generation.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sysadm_iocage::config::Direct;

use super::machines::{self, Random};
use super::simulated::Asked;
use crate::support::dice::Dice;
use crate::support::{Folder, is_long};

/// How many questions there were, and how many went to iocage after all, by cause.
#[derive(Debug, Default)]
struct Count {
    asked: usize,
    by_iocage: usize,
    causes: BTreeMap<String, usize>,
    /// Nothing was active, which iocage changes and we say.
    inactive: usize,
}

fn requests(dice: &mut Dice, machine: &Random) -> Vec<Value> {
    let mut requests: Vec<Value> = ["listjails", "df", "getdefaultsettings", "activatepool"]
        .map(|action| json!({"action": action}))
        .into();
    requests.push(json!({"action": "listjails", "more": true}));
    for name in &machine.names {
        let prop = dice.of(&machine.properties);
        let request = json!({"action": "getjailsettings", "jail": name});
        let mut with = |key: &str, value: &str| {
            let mut request = request.clone();
            request[key] = value.into();
            requests.push(request);
        };
        match dice.below(4) {
            0 => requests.push(request),
            1 => with("prop", "all"),
            _ => with("prop", prop),
        }
    }
    for _ in 0..2 {
        let prop = dice.of(&machine.properties);
        requests.push(json!({"action": "getjailsettings", "switches": "-r", "prop": prop}));
    }
    requests
}

/// Ask all of one machine both ways.
fn compare(
    seed: u64,
    (dice, machine, folder): (&mut Dice, &Random, &Folder),
    count: &mut Count,
    wrong: &mut Vec<String>,
) {
    let asked = |direct| Asked::new(&machine.state, direct, folder);
    let [mut off, mut auto] = [Direct::Off, Direct::Auto].map(asked);
    let is_inactive = |pool: &Value| pool["active"] != true && pool["comment"] != "iocage";
    let is_inactive = machine.state["pools"].as_array().is_some_and(|pools| pools.iter().all(is_inactive));
    for request in requests(dice, machine) {
        let (by_iocage, without) = (off.answer(&request), auto.ask(&request));
        count.asked += 1;
        if is_inactive && without.contains("\"no-pool\"") {
            assert!(!auto.has_changed(), "seed {seed}: {request} has changed {}", machine.state);
            count.inactive += 1;
            continue;
        }
        if by_iocage != without {
            wrong.push(format!(
                "seed {seed}: {request}\n  by iocage {by_iocage}\n  without   {without}\n  ran {:?}\n  on {}",
                auto.ran(),
                machine.state
            ));
        }
        let causes = auto.causes();
        count.by_iocage += usize::from(!causes.is_empty());
        for (cause, _) in &causes {
            *count.causes.entry(cause.clone()).or_default() += 1;
        }
        if !causes.is_empty() || auto.has_changed() {
            auto = asked(Direct::Auto);
        }
    }
}

fn agree(generation: &str, make: fn(&mut Dice, bool) -> Random) {
    let machines = if is_long() { 10_000 } else { 100 };
    let mut counts = [Count::default(), Count::default()];
    let (mut wrong, folder) = (Vec::new(), Folder::in_memory());
    for seed in 0..machines {
        let mut dice = Dice::new(seed);
        let is_plain = seed % 2 == 0;
        let machine = make(&mut dice, is_plain);
        compare(seed, (&mut dice, &machine, &folder), &mut counts[usize::from(is_plain)], &mut wrong);
    }
    for (sort, count) in ["odd", "plain"].iter().zip(&counts) {
        println!("{generation}, {sort} machines: {count:#?}");
    }
    assert!(
        wrong.is_empty(),
        "{} differ, of {counts:?}; the first:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(3)].join("\n")
    );
    let Count { asked, by_iocage, .. } = counts[1];
    assert!(
        by_iocage * 50 <= asked,
        "{generation}: {by_iocage} of {asked} were asked of iocage: {:?}",
        counts[1]
    );
}

#[test]
fn both_ways_agree_on_machines_of_the_shell_iocage() {
    agree("shell", machines::shell);
}

#[test]
fn both_ways_agree_on_machines_of_the_python_iocage() {
    agree("python", machines::python);
}
