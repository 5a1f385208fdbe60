//! What execjail takes and gives beside the document: words that nobody splits,
//! a time of the command's own, bytes that are no text, and its exit status in
//! the log, where the Python iocage keeps that to itself. `cases` has what commands do and
//! how they end, `direct` how one comes into a jail without iocage, `race` that it is
//! never another jail, `words` that it may say what it likes; `fake` is the machine of scripts that they share.

mod cases;
mod direct;
mod fake;
mod race;
mod words;

use std::time::Instant;

use serde_json::{Value, json};
use sysadm_class::host::Module;

use crate::support::{DOORS, Host, Machine, artifacts, fault};
use fake::{Fake, WAYS};

fn machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": [{"tag": "test", "jid": 1}]}]}))
}

/// Args for the jail, with more in them.
fn exec(more: Value) -> Value {
    let mut args = json!({"action": "execjail", "jail": "test", "user": "root"});
    args.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    args
}

#[test]
fn argv_is_handed_on_as_it_is() {
    let words = ["echo", "a  b", "", "'", "\"x\" \\", "$HOME `id`", "-U", "--", "ä\n"];
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.config());
        let answer = host.ask(&exec(json!({"argv": words, "detail": true})));
        assert_eq!(answer["detail"]["stdout"], words[1..].join(" ") + "\n", "{answer}");
        let call = machine.calls().join("\n");
        let expected: String = words.iter().map(|word| format!("[{word}]")).collect();
        assert!(call.ends_with(&expected), "{call}");
    }
}

#[test]
fn what_is_wrong_with_a_command_is_told_of_the_key_that_was_sent() {
    let machine = machine();
    let host = Host::new(DOORS[0], &machine.config());
    host.answer(&json!({"action": "listjails"}));
    machine.calls();
    let many: Vec<_> = vec!["x"; 1025];
    for (more, code, key) in [
        (json!({}), "missing-key", "command"),
        (json!({"command": "true", "argv": ["true"]}), "contradictory-keys", "argv"),
        (json!({"argv": "true"}), "wrong-type", "argv"),
        (json!({"argv": ["sleep", 1]}), "wrong-type", "argv"),
        (json!({"argv": [["true"]]}), "wrong-type", "argv"),
        (json!({"argv": []}), "illegal-value", "argv"),
        (json!({"argv": [""]}), "illegal-value", "argv"),
        (json!({"argv": ["a\0"]}), "illegal-value", "argv"),
        (json!({"argv": many}), "too-long", "argv"),
        (json!({"argv": null}), "wrong-type", "argv"),
        (json!({"command": "true", "timeout_s": "5"}), "wrong-type", "timeout_s"),
        (json!({"command": "true", "timeout_s": 0}), "illegal-value", "timeout_s"),
        (json!({"command": "true", "timeout_s": -1}), "illegal-value", "timeout_s"),
        (json!({"command": "true", "timeout_s": 1.5}), "illegal-value", "timeout_s"),
        (json!({"command": "true", "timeout_s": 601}), "illegal-value", "timeout_s"),
    ] {
        let answer = host.answer(&exec(more));
        assert_eq!(fault(&answer), (code, key), "{answer}");
    }
    assert_eq!(machine.calls(), [""; 0]);
    for (more, code, key) in [
        (json!({"argv": ["nosuch"]}), "command-not-found", "argv"),
        (json!({"argv": ["false"]}), "command-failed", "argv"),
        (json!({"command": "false"}), "command-failed", "command"),
        (json!({"argv": ["true"], "timeout_s": 600}), "", ""),
        // To JSON the same number.
        (json!({"argv": ["true"], "timeout_s": 600.0}), "", ""),
    ] {
        let answer = host.answer(&exec(more));
        let told = (answer["code"].as_str().unwrap_or(""), answer["key"].as_str().unwrap_or(""));
        assert_eq!(told, (code, key), "{answer}");
    }
}

#[test]
fn a_command_may_have_less_time_than_is_configured() {
    for way in WAYS {
        let fake = Fake::new(way);
        for door in DOORS {
            let host = fake.host(door);
            let before = Instant::now();
            let answer = host.answer(&exec(json!({"argv": ["sleep", "60"], "timeout_s": 1})));
            let took = before.elapsed();
            assert_eq!(answer["code"], "timed-out", "{answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains("within 1.0 s")), "{answer}");
            assert!((1..30).contains(&took.as_secs()), "{took:?}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_kept_in_base64() {
    for way in WAYS {
        let fake = Fake::new(way);
        for door in DOORS {
            let host = fake.host(door);
            for (command, stdout, stderr) in [
                (r"printf '\377a'; printf 'text' >&2", Some("/2E="), None),
                (r"printf 'ä'; printf '\200\n' >&2", None, Some("gAo=")),
                (r"printf '\377'; printf '\200' >&2; exit 3", Some("/w=="), Some("gA==")),
                ("echo text; echo text >&2", None, None),
            ] {
                let args = exec(json!({"argv": ["sh", "-c", command], "detail": true}));
                let detail = host.ask(&args)["detail"].take();
                assert_eq!(detail["stdout_base64"].as_str(), stdout, "{command}: {detail}");
                assert_eq!(detail["stderr_base64"].as_str(), stderr, "{command}: {detail}");
                let has = |key: &str| detail.get(key).is_some();
                assert_eq!(
                    (has("stdout_base64"), has("stderr_base64")),
                    (stdout.is_some(), stderr.is_some())
                );
                assert_eq!(detail["stdout"].as_str().map(|s| s.contains('\u{fffd}')), Some(stdout.is_some()));
            }
        }
    }
}

#[test]
fn the_log_tells_the_commands_own_exit_status() {
    for way in WAYS {
        let fake = Fake::new(way);
        let host = fake.host(DOORS[0]);
        for (command, line) in [
            ("exit 42", r#"info [7] execjail "test" command-failed, exit 42, full access, after "#),
            ("exit 0", r#"info [7] execjail "test" done, exit 0, full access, after "#),
        ] {
            host.answer(&exec(json!({"argv": ["sh", "-c", command]})));
            let log: Vec<_> = host.log().into_iter().filter(|line| line.starts_with("info")).collect();
            assert!(log.len() == 1 && log[0].starts_with(line), "{log:?}");
        }
    }
}

/// What it takes is where a host finds it.
#[test]
fn describe_tells_of_the_other_key() {
    let module = Module::load(&artifacts().module, DOORS[1]).expect("our module");
    let described = module.describe().expect("it describes itself");
    let described: Value = serde_json::from_slice(described.args()).expect("JSON");
    let actions = described["actions"].as_array().expect("actions");
    let exec = actions.iter().find(|action| action["action"] == "execjail").expect("it is there");
    let key =
        |name: &str| exec["keys"].as_array().expect("keys").iter().find(|key| key["key"] == name).cloned();
    let told = |name: &str| {
        let key = key(name).expect("it is there");
        (
            key["type"].as_str().map(str::to_owned),
            key["required"] == true,
            key["instead"].as_str().map(str::to_owned),
        )
    };
    let own = |text: &str| Some(text.to_owned());
    assert_eq!(told("command"), (own("string"), true, own("argv")));
    assert_eq!(told("argv"), (own("array of strings"), false, None));
    assert_eq!(told("timeout_s"), (own("number"), false, None));
    assert_eq!(exec["locks"], "none");
}
