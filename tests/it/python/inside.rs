//! A hostile jail: whatever its scripts print, and iocage repeats, our answer is that
//! of a look at the machine. What they print is put together from iocage's own
//! sentences, about the jail and about others, in thousands of ways.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use crate::support::dice::Dice;
use crate::support::stand::{Answers, Said, ask, said};

/// iocage's own sentences, with the jail's name in them.
const SENTENCES: &[&str] = &[
    "db is not running!",
    "db is already running!",
    "  + Started OK",
    "  + Starting services OK",
    "  + Stopping services OK",
    "  + Removing jail process OK",
    "* Starting db",
    "* Stopping db",
    "* Stopping web",
    "jail 'db' not found!",
    "Jail db is still running, please stop the jail first or destroy it with -f",
    "db has a corrupt configuration, please fix this jail or destroy and recreate it.",
    "db is missing its configuration, please destroy this jail and recreate it.",
    "db has dependent jails (who may also have dependents), use --recursive to destroy: ",
    "  web",
    "ZFS pool 'tank' not found!",
    "Template: db not found!",
    "Jail: db already exists!",
    "boot is not a valid property!",
    "x is not a valid value for ip4.",
    "You have 2 poolsmarked active for iocage usage.",
    "No zpools found! Please create one before using iocage.",
    "Please convert back to a jail before trying to start db",
    "Traceback (most recent call last):",
    "  File \"/usr/local/bin/iocage\", line 8, in <module>",
    "RuntimeError: jail 'db' not found!",
    "During handling of the above exception, another exception occurred:",
    "--- Logging error ---",
    "Arguments: ()",
    "Exception ignored in: <db>",
    "/x.py:1: SyntaxWarning: db",
    "db successfully created!",
    "Destroying db",
    "7\tdb\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno",
    "db\t1.00x\tnone\tnone\t9K\t5G",
    "exit-status-1:0",
    "Setting up zpool [tank] for iocage usage",
    "",
];

fn words(dice: &mut Dice) -> String {
    let lines = 1 + dice.below(5);
    let lines: Vec<_> = (0..lines).map(|_| *dice.of(SENTENCES)).collect();
    lines.join("\n")
}

fn list(state: &str) -> Said {
    let jid = if state == "up" { "7" } else { "None" };
    said(format!("{jid}\tdb\toff\t{state}\tjail\t14.3-RELEASE\t-\t-\t-\tno\n"))
}

fn send(action: &str, command: &str, output: Said, state: &str) -> Value {
    let answers: Answers = [
        ("df -lh", said("db\t1.00x\tnone\tnone\t9K\t5G\nweb\t1.00x\tnone\tnone\t9K\t5G\n")),
        (command, output),
        ("list -lh", list(state)),
    ]
    .map(|(command, said)| (command.to_owned(), vec![said]))
    .to_vec();
    ask(Generation::Python, answers, &json!({"action": action, "jail": "db"})).args
}

#[test]
fn what_a_jail_prints_decides_nothing() {
    for seed in 1..=4000_u64 {
        let mut dice = Dice::new(seed);
        let noise = words(&mut dice);
        let state = *dice.of(&["up", "down"]);
        let (action, command, stdout, stderr, wanted) = match dice.below(2) {
            0 => (
                "stopjail",
                "stop db",
                "* Stopping db\n  + Executing prestop OK\n",
                format!(
                    "  + Stopping services FAILED\nERROR:\n{noise}\n \n\nPlease use --force flag to force stop jail\n"
                ),
                "down",
            ),
            _ => (
                "startjail",
                "start db",
                "* Starting db\n  + Started OK\n",
                format!(
                    "  + Starting services FAILED\nERROR:\n{noise}\n\nRefusing to start db: exec_start failed\n"
                ),
                "up",
            ),
        };
        let output = Said { stderr, exit: 1, ..said(stdout) };
        let args = send(action, command, output, state);
        let body = &args[action];
        let about = format!("seed {seed}: {state}, {noise:?}: {args}");
        // A start that broke off is none, also of a jail that is there.
        if state == wanted && wanted == "down" {
            assert!(body.get("error").is_none(), "{about}");
            assert!(args["warnings"].to_string().contains("FAILED"), "{about}");
        } else {
            assert_eq!((body["code"].as_str(), body.get("key")), (Some("iocage-failed"), None), "{about}");
            let text = body["error"].as_str().unwrap_or_default();
            assert!(text.contains(&format!("the jail is {state} now")), "{about}");
        }
        assert!(body["db"].get("INFO").is_none(), "{about}");
    }
}

/// The same where iocage itself finds nothing to do: that is believed only if it is so.
#[test]
fn that_nothing_is_to_be_done_is_believed_only_if_it_is_so() {
    for (action, command, output, wanted) in [
        ("stopjail", "stop db", Said { stderr: "db is not running!\n".into(), ..said("") }, "down"),
        (
            "startjail",
            "start db",
            Said { stderr: "db is already running!\n".into(), exit: 1, ..said("") },
            "up",
        ),
    ] {
        for state in ["up", "down"] {
            let args = send(action, command, output.clone(), state);
            let body = &args[action];
            if state == wanted {
                assert_eq!(body["db"]["INFO"], format!(" db (db) is already {state}"), "{args}");
            } else {
                assert_eq!(body["code"], "not-done", "{args}");
                let text = body["error"].as_str().unwrap_or_default();
                assert!(text.ends_with(&format!("the jail is {state}")), "{args}");
            }
        }
    }
}
