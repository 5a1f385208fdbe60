//! Cleaning, which takes along what hangs on what is cleaned, wherever it lies.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::tables::{DATASETS, RUNNING, datasets};
use crate::support::stand::{Answered, Answers, Said, ask, failed, said};
use crate::support::{DOORS, Host, Machine, fault};

/// A machine of either generation, whose pool may have a blank in its name.
fn machine(pool: &str, before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<(Generation, Answers)> {
    let of = |all: &[(&str, &str)]| -> Said {
        let row = |(name, origin): &(&str, &str)| {
            let whole = |text: &str| if text == "-" { text.to_owned() } else { format!("{pool}/{text}") };
            (whole(name), whole(origin))
        };
        let rows: Vec<_> = all.iter().map(row).collect();
        datasets(&rows.iter().map(|(name, origin)| (&**name, &**origin)).collect::<Vec<_>>())
    };
    let shared = || {
        vec![
            (RUNNING.to_owned(), vec![said("jid=5 name=other\n")]),
            (DATASETS.to_owned(), vec![of(before), of(after)]),
            ("zfs list*".to_owned(), vec![said("")]),
        ]
    };
    let shell = [
        ("activate".to_owned(), vec![said(format!("pool: {pool}\n"))]),
        ("clean*".to_owned(), vec![said("  INFO: destroying x:  \u{8}/\u{8}done!\n")]),
    ];
    let python = [
        ("get -p".to_owned(), vec![said(format!("{pool}\n"))]),
        ("clean*".to_owned(), vec![said("Cleaning x\nAll iocage datasets have been destroyed.\n")]),
    ];
    vec![
        (Generation::Shell, shared().into_iter().chain(shell).collect()),
        (Generation::Python, shared().into_iter().chain(python).collect()),
    ]
}

fn clean(generation: Generation, answers: Answers, action: &str, force: bool) -> Answered {
    let mut request = json!({"action": action});
    if force {
        request["force"] = json!(true);
    }
    ask(generation, answers, &request)
}

fn has_cleaned(answered: &Answered) -> bool {
    answered.calls.iter().any(|call| call.starts_with("clean"))
}

#[test]
fn a_clone_elsewhere_is_asked_about_before() {
    // What each clean would take along, by the generations that do.
    const BOTH: &[Generation] = &Generation::ALL;
    const PYTHON: &[Generation] = &[Generation::Python];
    const SHELL: &[Generation] = &[Generation::Shell];
    for (action, name, origin, by) in [
        ("cleantemplates", "iocage/jails/a/root", "iocage/templates/t/root@a", BOTH),
        ("cleantemplates", "mine", "iocage/templates/t@mine", BOTH),
        ("cleanjails", "iocage/templates/t/root", "iocage/jails/a/root@t", BOTH),
        ("cleanjails", "backup/a", "iocage/jails/a/root@b", BOTH),
        ("cleanjails", "iocage/templates/t/root", "iocage/releases/r/root@t", PYTHON),
        ("cleanjails", "iocage/templates/t/root", "iocage/base@ioc-1", SHELL),
        ("cleanreleases", "iocage/jails/a/root", "iocage/releases/r/root@a", BOTH),
        ("cleanreleases", "iocage/templates/t/root", "iocage/releases/r/root@t", BOTH),
        ("cleanall", "mine", "iocage/jails/a@b", BOTH),
    ] {
        let before = [("iocage", "-"), ("iocage/jails", "-"), (name, origin)];
        for pool in ["tank", "my tank"] {
            for (generation, answers) in machine(pool, &before, &[]) {
                let answered = clean(generation, answers.clone(), action, false);
                let answer = &answered.args[action];
                if by.contains(&generation) {
                    assert_eq!(answer["code"], json!("has-dependents"), "{generation:?} {action} {name}");
                    let told = answer["error"].as_str().unwrap_or_default();
                    assert!(told.contains(&format!("\"{pool}/{name}\"")), "{answer}");
                    assert!(!has_cleaned(&answered), "{:?}", answered.calls);
                } else {
                    assert!(answer["success"].is_string(), "{generation:?} {action} {name}: {answer}");
                }
                // Who says so is told all that went.
                let answered = clean(generation, answers, action, true);
                let gone = answered.args[action]["destroyed"].as_array().expect("what went");
                assert_eq!((gone.len(), has_cleaned(&answered)), (3, true), "{}", answered.args);
                assert!(gone.contains(&json!(format!("{pool}/{name}"))), "{gone:?}");
            }
        }
    }
}

#[test]
fn what_hangs_on_nothing_is_cleaned_and_answered_as_documented() {
    let before = [("iocage/jails/a", "-"), ("iocage/jails/b", "iocage/jails/a@b"), ("own", "own2@x")];
    for (generation, answers) in machine("my tank", &before, &[("own", "own2@x")]) {
        let answered = clean(generation, answers, "cleanjails", false);
        assert_eq!(answered.args, json!({"cleanjails": {"success": "All jails have been cleaned."}}));
    }
}

#[test]
fn nothing_is_cleaned_while_jails_run_or_where_nobody_knows() {
    type Change = fn(&mut Said);
    let cases: [(&str, Change, &str, &[&str]); 5] = [
        (
            RUNNING,
            |said| said.stdout = "jid=1 name=ioc-web\njid=2 name=ioc-db\n".into(),
            "jail-running",
            &["web", "db"],
        ),
        (
            RUNNING,
            |said| *said = failed("jls: no such file\n"),
            "iocage-failed",
            &["my tank", "which jails run"],
        ),
        (RUNNING, |said| said.stdout = "odd\n".into(), "unexpected-output", &["my tank", "which jails run"]),
        (DATASETS, |said| *said = failed("no ZFS module\n"), "iocage-failed", &["my tank", "no ZFS module"]),
        (DATASETS, |said| said.stdout = "odd\n".into(), "unexpected-output", &["my tank", "odd"]),
    ];
    for (command, change, code, parts) in cases {
        for (generation, mut answers) in machine("my tank", &[("iocage", "-")], &[]) {
            for (_, said) in answers.iter_mut().filter(|(key, _)| key == command) {
                said.iter_mut().for_each(change);
            }
            for action in ["cleanall", "cleanjails", "cleanreleases", "cleantemplates"] {
                let answered = clean(generation, answers.clone(), action, false);
                let answer = &answered.args[action];
                assert_eq!(answer["code"], json!(code), "{generation:?} {action}: {answer}");
                let told = answer["error"].as_str().unwrap_or_default();
                assert!(parts.iter().all(|part| told.contains(part)), "{told}");
                assert!(!has_cleaned(&answered), "{:?}", answered.calls);
                // Who says so does without knowing what runs, but not without seeing what goes.
                let answered = clean(generation, answers.clone(), action, true);
                assert_eq!(has_cleaned(&answered), command == RUNNING, "{:?}", answered.calls);
            }
        }
    }
    // No tools at all.
    let answers = vec![("activate".to_owned(), vec![said("pool: tank\n")])];
    let answered = clean(Generation::Shell, answers, "cleanall", false);
    let answer = &answered.args["cleanall"];
    assert_eq!(answer["code"], json!("cannot-start"));
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("\"tank\"")), "{answer}");
}

/// A pool that only the question made active is nobody's to clean.
#[test]
fn a_pool_that_was_activated_by_asking_is_not_cleaned() {
    for (generation, command, end) in
        [(Generation::Shell, "activate", "pool: tank\n"), (Generation::Python, "get -p", "tank\n")]
    {
        let text =
            format!("Setting up zpool [tank] for iocage usage\nIf you wish to change zpool, use x\n{end}");
        let text = text.replace(
            "If you wish to change zpool, use x",
            match generation {
                Generation::Shell => "If you wish to change zpool, use 'iocage activate'",
                Generation::Python => "If you wish to change please use \"iocage activate\"",
            },
        );
        let answers = vec![(command.to_owned(), vec![said(text)])];
        let answered = clean(generation, answers, "cleanall", true);
        assert_eq!(answered.args["cleanall"]["code"], json!("no-pool"), "{}", answered.args);
        assert!(!has_cleaned(&answered));
    }
}

/// On the simulator, which has a template with a clone: as the real one does it.
#[test]
fn clones_of_templates_are_kept_or_named() {
    let (template, clone) = ("bf94fa98-e913-11f1-bc78-02fc00000001", "cd57e032-e913-11f1-bc78-02fc00000001");
    let origin = format!("tank/iocage/templates/tpl@{clone}");
    let state = json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [
        {"uuid": template, "tag": "tpl", "type": "template"},
        {"uuid": clone, "tag": "ft", "type": "clonejail", "properties": {"origin": origin}},
    ]}]});
    for door in DOORS {
        let machine = Machine::new(&state);
        let host = Host::new(door, &machine.config());
        let before = machine.shown();
        let answer = host.answer(&json!({"action": "cleantemplates"}));
        assert_eq!(answer["code"], json!("has-dependents"), "{answer}");
        assert_eq!(machine.shown(), before);
        let answer = host.answer(&json!({"action": "cleantemplates", "force": true}));
        let gone: Vec<&str> =
            answer["destroyed"].as_array().expect("what went").iter().filter_map(Value::as_str).collect();
        assert!(gone.iter().any(|name| name.ends_with(clone)), "{answer}");
        assert!(!machine.shown().contains(clone));
        let wrong = host.answer(&json!({"action": "cleantemplates", "force": "yes"}));
        assert_eq!(fault(&wrong), ("wrong-type", "force"));
    }
}
