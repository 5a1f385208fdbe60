//! Many processes at once: nothing is lost, nothing is torn, and no reader sees half of anything.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::machine::Machine;

const CROWD: usize = 24;

fn spawn(machine: &Machine, words: &[&str]) -> Child {
    machine
        .command()
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the simulator can be started")
}

#[test]
fn parallel_creates_and_lists_lose_and_tear_nothing() {
    let machine = Machine::with_jails(json!([]));
    let mut children = Vec::new();
    for number in 0..CROWD {
        children.push(spawn(&machine, &["create", "-e", &format!("tag=t{number}")]));
        children.push(spawn(&machine, &["list"]));
    }
    let mut uuids = BTreeSet::new();
    for (number, child) in children.into_iter().enumerate() {
        let output = child.wait_with_output().expect("it can be waited for");
        let stdout = String::from_utf8(output.stdout).expect("it writes UTF-8");
        assert!(output.status.success() && output.stderr.is_empty(), "{stdout}{:?}", output.stderr);
        if number % 2 == 0 {
            assert!(uuids.insert(stdout.trim_end().to_owned()), "{stdout} was given twice");
        } else {
            for row in stdout.lines().skip(1) {
                assert!(row.starts_with("-  ") && row.ends_with("emptyjail  -"), "a torn row: {row}");
            }
        }
    }
    assert_eq!(uuids.len(), CROWD);
    let jails: BTreeSet<String> =
        machine.jails().iter().map(|jail| jail["uuid"].as_str().expect("a UUID").to_owned()).collect();
    assert_eq!(jails, uuids);
}

#[test]
fn one_of_many_starts_wins() {
    let machine = Machine::with_jails(json!([{"tag": "test"}]));
    let children: Vec<Child> = (0..CROWD).map(|_| spawn(&machine, &["start", "test"])).collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().expect("it can be waited for"));
    let winners = outputs.filter(|output| output.status.success()).count();
    assert_eq!(winners, 1);
    assert_eq!(machine.jails()[0]["jid"], 1);
}

#[test]
fn one_of_many_creates_of_a_name_wins() {
    let machine = Machine::python(json!([{"name": "other"}]));
    let words = ["create", "-r", "14.3-RELEASE", "-n", "same"];
    let children: Vec<Child> = (0..CROWD).map(|_| spawn(&machine, &words)).collect();
    let mut winners = 0;
    for child in children {
        let output = child.wait_with_output().expect("it can be waited for");
        match output.status.code() {
            Some(0) => winners += 1,
            code => {
                assert_eq!(code, Some(1));
                assert_eq!(String::from_utf8_lossy(&output.stderr), "Jail: same already exists!\n");
            }
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(machine.jails().len(), 2);
}

#[test]
fn a_killed_writer_blocks_nobody_and_tears_nothing() {
    let machine = Machine::with_jails(json!([]));
    for number in 0..8 {
        let mut child = spawn(&machine, &["create", "-e", &format!("tag=k{number}"), "count=50"]);
        std::thread::sleep(Duration::from_millis(number));
        // It may have ended already; then there is nothing to kill.
        let _ = child.kill();
        child.wait().expect("it can be waited for");
        let listed = machine.run(&["list"]);
        assert_eq!((listed.exit, listed.stderr.as_str()), (0, ""));
        assert_eq!(machine.jails().len() % 50, 0, "a create is there whole or not at all");
    }
    // What one leaves that dies in the middle of writing.
    let before = machine.jails().len();
    std::fs::write(machine.folder().join("state.json.new"), "{\"pools\": [{\"na").expect("our own folder");
    assert_eq!(machine.run(&["list"]).exit, 0);
    assert_eq!(machine.run(&["create", "-e", "tag=after"]).exit, 0);
    assert_eq!(machine.jails().len(), before + 1);
    assert!(!machine.folder().join("state.json.new").exists());
}

#[test]
fn who_waits_for_an_answer_or_runs_in_a_jail_holds_no_lock() {
    let machine = Machine::with_jails(json!([{"tag": "up", "jid": 1}, {"tag": "down"}]));
    let mut asking = machine
        .command()
        .args(["destroy", "down"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the simulator can be started");
    let mut sleeping = spawn(&machine, &["exec", "-U", "root", "up", "sleep", "30"]);
    let begin = Instant::now();
    machine.expect(&["set", "notes=x", "down"], 0, "", "");
    assert_eq!(machine.run(&["get", "notes", "down"]).stdout, "x\n");
    assert!(begin.elapsed() < Duration::from_secs(20), "a change has waited for a question or a command");
    sleeping.kill().expect("it still sleeps");
    sleeping.wait().expect("it can be waited for");
    drop(asking.stdin.take());
    assert!(asking.wait().expect("it can be waited for").success());
    assert_eq!(machine.jails().len(), 2);
}

#[test]
fn ten_thousand_jails_are_listed_in_reasonable_time() {
    let jails: Vec<_> = (0..10_000)
        .map(|number| json!({"uuid": format!("{number:08x}-0000-1000-8000-02fc00000001"), "tag": format!("t{number}")}))
        .collect();
    let machine = Machine::with_jails(json!(jails));
    let begin = Instant::now();
    let listed = machine.run(&["list"]);
    assert_eq!(listed.stdout.lines().count(), 10_001);
    assert_eq!(machine.run(&["get", "-r", "vnet"]).stdout.lines().count(), 10_002);
    assert_eq!(machine.run(&["get", "tag", "t9999"]).stdout, "t9999\n");
    // A fraction of a second when the machine is idle; the bound only tells linear from quadratic.
    assert!(begin.elapsed() < Duration::from_secs(30), "took {:?}", begin.elapsed());
}
