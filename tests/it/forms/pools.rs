//! What is activated and deactivated, and what is cleaned, as either generation tells.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::asked::{error, python, sent, shell, with};
use crate::support::stand::{Said, ask, failed, said};

#[test]
fn of_the_shell_iocage() {
    let activate = json!({"action": "activatepool", "pool": "tank"});
    let commands = |output, before: &str, active: &str| {
        let pool = |active: &str| said(format!("pool: {active}\n"));
        vec![
            ("activate tank".to_owned(), vec![output]),
            ("deactivate other".to_owned(), vec![said("")]),
            ("activate".to_owned(), vec![said(before), pool(active)]),
        ]
    };
    let activated = |output, before: &str, active: &str| {
        let answered = ask(Generation::Shell, commands(output, before, active), &activate);
        (answered.args, answered.calls)
    };
    let (args, calls) = activated(said(""), "pool: tank\n", "tank");
    assert_eq!(args, json!({"activatepool": {"success": "pool tank activated."}}));
    assert_eq!(calls, ["activate", "activate tank", "activate"]);
    let (args, calls) = activated(said(""), "pool: other\n", "other");
    let (code, key, sentence) = error(&args, "activatepool");
    assert_eq!((code, key), ("pool-active", Some("pool")));
    assert!(sentence.contains("\"other\"") && calls == ["activate"], "{args} {calls:?}");
    // The question itself activates one, where none was.
    let asked = "Setting up zpool [other] for iocage usage...\nIf you wish to change zpool, use 'iocage activate'\npool: other\n";
    let (args, calls) = activated(said(""), asked, "tank");
    assert_eq!(args["activatepool"], json!({"success": "pool tank activated."}));
    assert_eq!(calls, ["activate", "deactivate other", "activate tank", "activate"]);
    assert_eq!(args["warnings"].as_array().map(Vec::len), Some(1), "{args}");
    let bad = with("", "cannot open 'tank': no such pool\n", 0);
    assert_eq!(error(&activated(bad, "pool: tank\n", "tank").0, "activatepool").0, "unknown-pool");
    assert_eq!(error(&activated(said(""), "pool: tank\n", "other").0, "activatepool").0, "not-done");
    let both = "\n  WARNING: You have more then one pool set for iocage use!\n\n**** POOLS ****\ntank\tiocage\nmy tank\tiocage\n***************\n\n  Please run 'iocage deactivate' on one of them\n\n";
    for output in [with("", both, 1), with(both, "", 1)] {
        let args = shell(json!({"action": "listjails"}), [("list", output)]);
        let (code, _, sentence) = error(&args, "listjails");
        assert!(code == "pool-active" && sentence.contains("\"tank\" and \"my tank\""), "{args}");
    }
}

#[test]
fn cleaning_with_the_shell_iocage() {
    let clean = json!({"action": "cleanjails"});
    let done = "  INFO: destroying tank/iocage/jails:  \u{8}/\u{8}-\u{8}done!\n";
    let before = "tank\t-\ntank/iocage/jails\t-\ntank/iocage/jails/x\t-\n";
    let cleaned = |request: &Value, datasets: [&str; 2], output: Said| {
        let answers = vec![
            ("activate".to_owned(), vec![said("pool: tank\n")]),
            ("jls -n jid name".to_owned(), vec![said("")]),
            ("zfs list*".to_owned(), datasets.map(said).to_vec()),
            ("clean -fj".to_owned(), vec![output]),
        ];
        sent(Generation::Shell, request, answers)
    };
    let args = cleaned(&clean, [before, "tank\t-\n"], said(done));
    assert_eq!(args, json!({"cleanjails": {"success": "All jails have been cleaned."}}));
    let args = cleaned(&clean, [before, "tank\t-\n"], with(done, "umount: /x: not a mount point\n", 0));
    assert_eq!(args["warnings"], json!(["umount: /x: not a mount point"]), "{args}");
    let forced = json!({"action": "cleanjails", "force": true});
    let args = cleaned(&forced, [before, "tank\t-\n"], said(done));
    assert_eq!(args["cleanjails"]["destroyed"], json!(["tank/iocage/jails", "tank/iocage/jails/x"]));
    for (after, output, code) in [
        ("tank\t-\n", with(done, "cannot destroy 'x': dataset is busy\n", 0), "iocage-failed"),
        (before, said(""), "not-done"),
        (before, said(done), "not-done"),
    ] {
        assert_eq!(error(&cleaned(&clean, [before, after], output), "cleanjails").0, code);
    }
}

#[test]
fn of_the_python_iocage() {
    let activate = json!({"action": "activatepool", "pool": "tank"});
    let args =
        python(activate.clone(), [("activate tank", said("ZFS pool 'tank' successfully activated.\n"))]);
    assert_eq!(args["activatepool"], json!({"success": "pool tank activated."}));
    let args = python(activate.clone(), [("activate tank", failed("ZFS pool 'tank' not found!\n"))]);
    assert_eq!(error(&args, "activatepool"), ("unknown-pool", Some("pool"), "ZFS pool 'tank' not found!"));
    let args = python(activate, [("activate tank", said(""))]);
    assert_eq!(error(&args, "activatepool").0, "not-done");

    let deactivate = json!({"action": "deactivatepool", "pool": "tank"});
    let set = "zfs set org.freebsd.ioc:active=no tank";
    let get = "zfs get -H -o value org.freebsd.ioc:active tank";
    let args = python(deactivate.clone(), [(set, said("")), (get, said("no\n"))]);
    assert_eq!(args["deactivatepool"], json!({"success": "pool tank deactivated."}));
    let args = python(deactivate.clone(), [(set, said("")), (get, said("yes\n"))]);
    assert_eq!(error(&args, "deactivatepool").0, "not-done");
    for (got, code, part) in [
        (with("no\n", "", 1), "iocage-failed", "does not tell what it is now"),
        (failed("cannot open 'tank': I/O error\n"), "iocage-failed", "I/O error"),
        (said("-\n"), "unexpected-output", "tells \"-\" of it now"),
        (said(""), "unexpected-output", "tells nothing of it now"),
    ] {
        let args = python(deactivate.clone(), [(set, said("")), (get, got)]);
        let (found, _, sentence) = error(&args, "deactivatepool");
        assert!(found == code && sentence.contains(part), "{args}");
    }
    let args = python(deactivate, [(set, failed("cannot open 'tank': dataset does not exist\n"))]);
    let (code, key, _) = error(&args, "deactivatepool");
    assert_eq!((code, key), ("unknown-pool", Some("pool")));
}

/// Before anybody waits for a lock, or iocage is asked which jails there are.
#[test]
fn properties_that_it_has_not_are_refused_before_anything_is_run() {
    for request in [
        json!({"action": "clonejail", "jail": "db", "props": "ftpdir=1"}),
        json!({"action": "createjail", "props": "tag=db release=14.3-RELEASE ftpdir=1"}),
    ] {
        let action = request["action"].as_str().expect("its own").to_owned();
        let (code, key) = ("illegal-value", Some("props"));
        let args = python(request, []);
        assert_eq!((error(&args, &action).0, error(&args, &action).1), (code, key), "{args}");
    }
}

#[test]
fn cleaning_with_the_python_iocage() {
    let clean = json!({"action": "cleanreleases"});
    let datasets =
        "tank/iocage/jails\ntank/iocage/jails/db\ntank/iocage/jails/a.b\ntank/iocage/jails/a.b/root\n";
    let cleaned = said("Cleaning iocage/releases\nAll iocage RELEASE datasets have been destroyed.\n");
    let all = "zfs list -H -t filesystem,volume*";
    let commands = |output| {
        [
            ("get -p", said("tank\n")),
            ("jls*", said("")),
            (all, said("tank/iocage/jails/db\t-\n")),
            ("clean -fr", output),
            ("zfs list*", said(datasets)),
        ]
    };
    let args = python(clean.clone(), commands(cleaned));
    assert!(args["cleanreleases"]["success"].is_string());
    assert_eq!(args["warnings"], json!(["the jail db is still listed, but what it was made of is gone"]));
    assert_eq!(error(&python(clean, commands(said(""))), "cleanreleases").0, "not-done");
}
