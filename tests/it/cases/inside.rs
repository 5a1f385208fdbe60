//! A hostile jail of the shell iocage: whatever its rc and rc.shutdown print, on either
//! stream and between iocage's own lines, our answer is that of a look at the machine.
//! What they print is put together from iocage's own sentences, about the jail and about
//! others, in thousands of ways.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::tables::{A, B, df, templates};
use crate::support::dice::Dice;
use crate::support::stand::{Said, ask, look, runs, runs_not};

/// iocage's own sentences, with the jail's names in them and another's.
fn sentences() -> Vec<String> {
    let mut all = Vec::new();
    for (uuid, tag) in [(A, "web"), (B, "db")] {
        for line in [
            "* Starting UUID (TAG)",
            "* Stopping UUID (TAG)",
            "* UUID: is already up",
            "* UUID: is already down",
            "  INFO: UUID (TAG) is already up",
            "  INFO: UUID (TAG) is already down",
            "Destroying: UUID",
            "  ERROR: cannot destroy UUID - jail is running!",
            "  ERROR: jail has dependent clone, uuid: UUID",
            "cannot open 'tank/iocage/jails/UUID': dataset does not exist",
            "jexec: jail \"ioc-UUID\" not found",
            "Successfully created: UUID (TAG)",
            "UUID  1.00x  none  none  528K  2.93G TAG",
        ] {
            all.push(line.replace("UUID", uuid).replace("TAG", tag));
        }
    }
    let more = [
        "  + Started (shared IP mode) OK",
        "  + Starting services        OK",
        "  + Stopping services        OK",
        "  + Removing jail process    OK",
        "  + Applying resource limits OK",
        "  ERROR: No pool selected",
        "  ERROR: Jail is up and running.",
        "  WARNING: You have more then one pool set for iocage use!",
        "  ERROR: unsupported property: x",
        "cannot open 'tank': no such pool",
        "pool: other",
        "exit-status-1:0",
        "",
    ];
    all.extend(more.map(str::to_owned));
    all
}

fn send(action: &str, output: Said, is_up: bool) -> Value {
    let known_as = format!("ioc-{A}");
    let now = if is_up { runs(&known_as, 7) } else { runs_not(&known_as) };
    let verb = action.trim_end_matches("jail");
    let answers = [
        ("df".to_owned(), df(&[(A, "web"), (B, "db")])),
        ("list -t".to_owned(), templates(&[])),
        (format!("{verb} {A}"), output),
        (look(&known_as), now),
    ]
    .map(|(command, said)| (command, vec![said]))
    .to_vec();
    ask(Generation::Shell, answers, &json!({"action": action, "jail": "web"})).args
}

#[test]
fn what_a_jail_prints_decides_nothing() {
    let sentences = sentences();
    let mut seen = [0; 2];
    for seed in 1..=4000_u64 {
        let mut dice = Dice::new(seed);
        let mut noise = || {
            let lines = dice.below(5);
            (0..lines).map(|_| dice.of(&sentences).clone() + "\n").collect::<String>()
        };
        let (inside, outside) = (noise(), noise());
        let is_up = dice.below(2) == 1;
        let exit = i32::try_from(dice.below(2)).expect("0 or 1");
        let (action, begun, is_wanted) = match dice.below(2) {
            0 => ("stopjail", format!("* Stopping {A} (web)\n"), !is_up),
            _ => ("startjail", format!("* Starting {A} (web)\n"), is_up),
        };
        let said = Said { stdout: begun + &inside, stderr: outside.clone(), exit, ..Said::default() };
        let args = send(action, said, is_up);
        let body = &args[action];
        let about = format!("seed {seed}: exit {exit}, up {is_up}, {inside:?}, {outside:?}: {args}");
        assert!(body["web"].get("INFO").is_none(), "{about}");
        seen[usize::from(is_wanted && exit == 0)] += 1;
        if is_wanted && exit == 0 {
            assert!(body.get("error").is_none() && body["web"].is_object(), "{about}");
        } else {
            assert_eq!((body["code"].as_str(), body.get("key")), (Some("iocage-failed"), None), "{about}");
            let state = if is_up { "up" } else { "down" };
            let text = body["error"].as_str().unwrap_or_default();
            assert!(text.contains(&format!("the jail {A} is now {state}")), "{about}");
        }
    }
    assert!(seen.iter().all(|count| *count > 500), "{seen:?}");
}
