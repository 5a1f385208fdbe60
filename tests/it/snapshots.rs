//! Snapshots of jails: which there are, told apart by whether they are of all of a jail's datasets;
//! and that one is made where it is seen to be, whatever iocage says.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use crate::cases::tables::{A, B, df, templates};
use crate::support::stand::{Answers, Said, ask, failed, look, runs_not, said};
use crate::support::{DOORS, Host, Machine, fault};

/// What ZFS is asked for the jail's dataset.
const LISTED: &str =
    "zfs list -H -p -t filesystem,volume,snapshot -o name,creation,used,referenced,clones -r";

fn machines() -> [Machine; 2] {
    let shell = json!({"clock": "2016-02-10 12:00:00", "pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
         "snapshots": [format!("tank/iocage/jails/{A}/root@half one")],
         "jails": [{"uuid": A, "tag": "test", "jid": 1}, {"tag": "child", "type": "clonejail",
            "properties": {"origin": format!("tank/iocage/jails/{A}@child")}}]},
    ]});
    let python = json!({"version": "1.13", "clock": "2016-02-10 12:00:00", "pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
         "snapshots": ["tank/iocage/jails/test/root@half one"],
         "jails": [{"name": "test", "jid": 1}, {"name": "child", "origin": "tank/iocage/jails/test/root@child"}]},
    ]});
    [shell, python].map(|state| Machine::new(&state))
}

#[test]
fn whole_snapshots_are_told_from_others() {
    for (machine, dataset) in machines().iter().zip([A, "test"]) {
        for door in DOORS {
            let answer = Host::new(door, &machine.config())
                .answer(&json!({"action": "listsnapshots", "jail": "test"}));
            let root = format!("tank/iocage/jails/{dataset}/root");
            assert_eq!(answer["half one"]["datasets"], json!(root), "{answer}");
            let whole = &answer["child"];
            assert_eq!((&whole["datasets"], &whole["used"]), (&json!("all"), &json!("16384")), "{answer}");
            assert_eq!(whole["created"], "2016-02-09T00:00:00Z", "{answer}");
            assert!(whole["clones"].as_str().is_some_and(|clones| clones.ends_with("/root")), "{answer}");
            assert_eq!(answer.as_object().map(serde_json::Map::len), Some(2), "{answer}");
        }
    }
}

#[test]
fn a_snapshot_is_made_and_then_in_the_way() {
    for machine in machines() {
        for (door, name) in DOORS.into_iter().zip(["snap1", "a-b_c.d:e"]) {
            let host = Host::new(door, &machine.config());
            let take = json!({"action": "snapshotjail", "jail": "test", "snapshot": name});
            assert_eq!(host.answer(&take), json!({"jail": "test", "snapshot": name}));
            let answer = host.answer(&take);
            assert_eq!(fault(&answer), ("snapshot-exists", "snapshot"), "{answer}");
            let list = host.answer(&json!({"action": "listsnapshots", "jail": "test"}));
            assert_eq!(list[name]["datasets"], "all", "{list}");
        }
        machine.calls();
        // One of a part of the datasets is in the way as well.
        let host = Host::new(DOORS[0], &machine.config());
        let answer = host.answer(&json!({"action": "snapshotjail", "jail": "test", "snapshot": "half"}));
        assert!(answer.get("code").is_none(), "{answer}");
        let changes = machine.calls().into_iter().filter(|call| call.starts_with("[snapshot]")).count();
        assert_eq!(changes, 1);
    }
}

#[test]
fn one_without_a_name_is_called_by_the_time_and_told() {
    for (machine, name) in machines().iter().zip(["ioc-2016-02-10_12:00:00", "2016-02-10_12:00:00"]) {
        let host = Host::new(DOORS[1], &machine.config());
        let take = json!({"action": "snapshotjail", "jail": "test"});
        assert_eq!(host.answer(&take), json!({"jail": "test", "snapshot": name}));
        // In the same second iocage refuses it itself.
        let answer = host.answer(&take);
        assert_eq!(fault(&answer), ("snapshot-exists", "snapshot"), "{answer}");
    }
}

#[test]
fn names_that_are_none_are_refused_before_anything_is_run() {
    for machine in machines() {
        for (name, code) in [
            ("ALL", "illegal-name"),
            ("-r", "illegal-name"),
            ("", "illegal-name"),
            ("a b", "illegal-name"),
            ("a@b", "illegal-name"),
            ("a/b", "illegal-name"),
            ("a%b", "illegal-name"),
            ("$(reboot)", "illegal-name"),
            (&*"x".repeat(256), "too-long"),
        ] {
            let answer = Host::new(DOORS[0], &machine.config())
                .answer(&json!({"action": "snapshotjail", "jail": "test", "snapshot": name}));
            assert_eq!(fault(&answer), (code, "snapshot"), "{answer}");
            assert_eq!(machine.calls(), [""; 0], "{name}");
        }
        // By itself it is short enough, and with the dataset before it it is not.
        let long = "x".repeat(230);
        let answer = Host::new(DOORS[0], &machine.config())
            .answer(&json!({"action": "snapshotjail", "jail": "test", "snapshot": long}));
        assert_eq!(answer["code"], "too-long", "{answer}");
        assert!(machine.calls().iter().all(|call| !call.starts_with("[snapshot]")));
    }
}

/// Stopped, so that it can be taken back.
fn stopped() -> [(Machine, &'static str); 2] {
    let names = |jail: &str, names: &[&str]| -> Vec<String> {
        let of = |name: &&str| ["", "/root"].map(|below| format!("tank/iocage/jails/{jail}{below}@{name}"));
        names.iter().flat_map(of).collect()
    };
    let shell = json!({"pools": [{"name": "tank", "active": true, "snapshots": names(A, &["a", "b", "c"]),
        "jails": [{"uuid": A, "tag": "test"}, {"uuid": B, "tag": "up", "jid": 1}]}]});
    let python = json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
        "snapshots": names("test", &["a", "b", "c"]), "jails": [{"name": "test"}, {"name": "up", "jid": 1}]}]});
    [(Machine::new(&shell), A), (Machine::new(&python), "test")]
}

/// The words of zfs that change something.
fn changes(machine: &Machine) -> Vec<String> {
    let calls = machine.all_calls().into_iter();
    calls.filter(|call| call.starts_with("zfs[destroy]") || call.starts_with("zfs[rollback]")).collect()
}

#[test]
fn one_is_removed_and_no_other() {
    for (machine, _) in stopped() {
        let host = Host::new(DOORS[1], &machine.config());
        let remove = json!({"action": "removesnapshot", "jail": "test", "snapshot": "b"});
        assert_eq!(host.answer(&remove), json!({"jail": "test", "snapshot": "b"}));
        let list = host.answer(&json!({"action": "listsnapshots", "jail": "test"}));
        let names: Vec<_> = list.as_object().expect("rows").keys().cloned().collect();
        assert_eq!(names, ["a", "c"]);
        machine.all_calls();
        let answer = host.answer(&remove);
        assert_eq!(fault(&answer), ("unknown-snapshot", "snapshot"), "{answer}");
        for name in ["ALL", "-r", "a,c", "a%c", "a@b"] {
            let answer = host.answer(&json!({"action": "removesnapshot", "jail": "test", "snapshot": name}));
            assert_eq!(answer["code"], "illegal-name", "{answer}");
        }
        assert_eq!(changes(&machine), [""; 0]);
    }
    for machine in machines() {
        let host = Host::new(DOORS[0], &machine.config());
        let answer = host.answer(&json!({"action": "removesnapshot", "jail": "test", "snapshot": "child"}));
        assert_eq!(fault(&answer), ("has-dependents", "snapshot"), "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains("tank/iocage/jails/")), "{answer}");
        assert_eq!(changes(&machine), [""; 0]);
    }
}

#[test]
fn what_is_newer_is_named_or_stays() {
    for (machine, dataset) in stopped() {
        let host = Host::new(DOORS[0], &machine.config());
        let back = |jail: &str, snapshot: &str, destroys: Value| {
            host.answer(
                &json!({"action": "rollbackjail", "jail": jail, "snapshot": snapshot, "destroys": destroys}),
            )
        };
        for (jail, snapshot, destroys, code, key) in [
            ("test", "a", json!([]), "newer-snapshots", "destroys"),
            ("test", "a", json!(["b"]), "newer-snapshots", "destroys"),
            ("test", "a", json!(["b", "c", "d"]), "newer-snapshots", "destroys"),
            ("test", "c", json!(["b"]), "newer-snapshots", "destroys"),
            ("test", "a", json!("b"), "wrong-type", "destroys"),
            ("test", "d", json!([]), "unknown-snapshot", "snapshot"),
            ("up", "a", json!([]), "jail-running", "jail"),
        ] {
            let answer = back(jail, snapshot, destroys.clone());
            assert_eq!(fault(&answer), (code, key), "{destroys}: {answer}");
            let names_all = answer["error"].as_str().is_some_and(|text| text.ends_with("b, c"));
            assert!(snapshot != "a" || code != "newer-snapshots" || names_all, "{answer}");
        }
        assert_eq!(changes(&machine), [""; 0]);
        let own = format!("tank/iocage/jails/{dataset}");
        let gone = [format!("{own}@b"), format!("{own}@c"), format!("{own}/root@b"), format!("{own}/root@c")];
        let answer = back("test", "a", json!(["c", "b"]));
        assert_eq!(answer, json!({"destroyed": gone, "jail": "test", "snapshot": "a"}));
        let expected = [
            format!("zfs[destroy][{own}/root@b,c]"),
            format!("zfs[rollback][{own}/root@a]"),
            format!("zfs[destroy][{own}@b,c]"),
            format!("zfs[rollback][{own}@a]"),
        ];
        assert_eq!(changes(&machine), expected);
        // There is nothing newer any more.
        assert_eq!(back("test", "a", json!([])), json!({"destroyed": [], "jail": "test", "snapshot": "a"}));
    }
}

/// The answers of zfs, one for each time that it lists, to a jail that is taken back to `x`.
fn taken_back(listed: Vec<Said>, zfs: [(&str, Said); 2], destroys: Value) -> (Value, Vec<String>) {
    let mut answers: Answers = vec![
        ("df".to_owned(), vec![df(&[(A, "test")])]),
        ("list -t".to_owned(), vec![templates(&[])]),
        ("activate".to_owned(), vec![said("pool: tank\n")]),
        (look(&format!("ioc-{A}")), vec![runs_not(&format!("ioc-{A}"))]),
        (format!("{LISTED} tank/iocage/jails/{A}"), listed),
    ];
    answers.extend(zfs.map(|(words, said)| (words.to_owned(), vec![said])));
    let request = json!({"action": "rollbackjail", "jail": "test", "snapshot": "x", "destroys": destroys});
    let mut answered = ask(Generation::Shell, answers, &request);
    (answered.args["rollbackjail"].take(), answered.calls)
}

#[test]
fn what_came_since_the_look_and_what_has_clones_stays() {
    let ran = |calls: &[String]| calls.iter().filter(|call| call.starts_with("zfs rollback")).count();
    let both = || listed(&["x", "y"], &["x", "y"]);
    let (answer, calls) = taken_back(
        vec![listed(&["x"], &["y"])],
        [("zfs rollback*", said("")), ("zfs destroy*", said(""))],
        json!([]),
    );
    assert_eq!((&answer["code"], ran(&calls)), (&json!("unknown-snapshot"), 0), "{answer}");
    // zfs refuses what it is not told to destroy.
    let newer =
        failed("cannot rollback to 'x': more recent snapshots or bookmarks exist\nuse '-r' to force\n");
    let (answer, calls) = taken_back(
        vec![both(), both()],
        [("zfs rollback*", newer), ("zfs destroy*", said(""))],
        json!(["y"]),
    );
    assert_eq!((&answer["code"], ran(&calls)), (&json!("iocage-failed"), 1), "{answer}");
    let text = answer["error"].as_str().expect("a sentence");
    assert!(
        text.contains("more recent snapshots") && text.contains("done before it: destroy tank/"),
        "{text}"
    );
    // It says that it is done, and what was to go is there.
    let (answer, _) = taken_back(
        vec![both(), both()],
        [("zfs rollback*", said("")), ("zfs destroy*", said(""))],
        json!(["y"]),
    );
    assert_eq!(answer["code"], "not-done", "{answer}");
    let cloned = || said(both().stdout.replace("@y\t4\t5\t6\t", "@y\t4\t5\t6\ttank/other"));
    let (answer, calls) =
        taken_back(vec![cloned()], [("zfs rollback*", said("")), ("zfs destroy*", said(""))], json!(["y"]));
    assert_eq!((&answer["code"], ran(&calls)), (&json!("has-dependents"), 0), "{answer}");
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("tank/other")), "{answer}");
}

/// The datasets of the jail, each with these snapshots.
fn listed(of_own: &[&str], of_root: &[&str]) -> Said {
    let own = format!("tank/iocage/jails/{A}");
    let mut text = String::new();
    for (dataset, snapshots) in [(own.clone(), of_own), (format!("{own}/root"), of_root)] {
        text += &format!("{dataset}\t1\t2\t3\t-\n");
        text.extend(snapshots.iter().map(|name| format!("{dataset}@{name}\t4\t5\t6\t\n")));
    }
    said(text)
}

/// With what iocage says to `snapshot`, and how it is afterwards.
fn taken(version: &str, snapshot: Said, after: Said, name: Option<&str>) -> (Value, Vec<String>) {
    let answers: Answers = vec![
        ("df".to_owned(), vec![df(&[(A, "test")])]),
        ("list -t".to_owned(), vec![templates(&[])]),
        ("activate".to_owned(), vec![said("pool: tank\n")]),
        ("--version".to_owned(), vec![said(version)]),
        ("snapshot*".to_owned(), vec![snapshot]),
        (format!("{LISTED} tank/iocage/jails/{A}"), vec![listed(&["x"], &["x"]), after]),
        ("jls*".to_owned(), vec![said("")]),
    ];
    let mut request = json!({"action": "snapshotjail", "jail": "test"});
    if let Some(name) = name {
        request["snapshot"] = name.into();
    }
    let mut answered = ask(Generation::Shell, answers, &request);
    (answered.args["snapshotjail"].take(), answered.calls)
}

#[test]
fn what_is_there_afterwards_decides() {
    const DEVELOP: &str = "iocage DEVELOP (2016-02-10)\n";
    let both = || listed(&["x", "y"], &["x", "y"]);
    let run = |calls: &[String]| {
        calls.iter().find(|call| call.starts_with("snapshot")).cloned().unwrap_or_default()
    };
    let (answer, calls) = taken(DEVELOP, said(""), both(), Some("y"));
    assert_eq!(
        (answer, run(&calls)),
        (json!({"jail": "test", "snapshot": "y"}), format!("snapshot -r {A}@y"))
    );
    // 1.7.x takes `-r` for a jail.
    let (answer, calls) = taken("iocage 1.7.4 (2016/02/17)\n", said(""), both(), Some("y"));
    assert_eq!((answer, run(&calls)), (json!({"jail": "test", "snapshot": "y"}), format!("snapshot {A}@y")));
    let (answer, calls) = taken("no version\n", said(""), both(), Some("y"));
    assert_eq!((&answer["code"], run(&calls)), (&json!("unexpected-output"), String::new()));
    for (snapshot, after, code, part) in [
        (said(""), listed(&["x"], &["x"]), "not-done", ""),
        (said(""), listed(&["x"], &["x", "y"]), "not-done", "/root alone"),
        (
            failed("cannot create snapshots : out of space\n"),
            listed(&["x"], &["x"]),
            "iocage-failed",
            "out of space",
        ),
        (failed("odd\n"), both(), "iocage-failed", "there is a snapshot y"),
        (
            said(""),
            failed("cannot open 'x': out of order\n"),
            "iocage-failed",
            "what came of it is not known",
        ),
    ] {
        let (answer, _) = taken(DEVELOP, snapshot, after, Some("y"));
        assert_eq!(answer["code"], code, "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains(part)), "{answer}");
    }
    // Without a name: one that was not there, and begins as iocage's do.
    let (answer, _) = taken(DEVELOP, said(""), listed(&["x", "z", "ioc-2"], &["x", "ioc-2"]), None);
    assert_eq!(answer, json!({"jail": "test", "snapshot": "ioc-2"}));
    let (answer, _) = taken(DEVELOP, said(""), listed(&["ioc-1", "ioc-2"], &["ioc-1", "ioc-2"]), None);
    assert_eq!(answer["code"], "unexpected-output", "{answer}");
}
