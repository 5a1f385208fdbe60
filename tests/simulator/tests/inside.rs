//! What runs inside a simulated jail, and how jexec fails.

use serde_json::{Value, json};

use crate::machine::Machine;

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

fn machine(more: Value) -> Machine {
    let mut up =
        json!({"uuid": UUID, "tag": "test", "jid": 1, "properties": {"host_hostname": "web.example.org"}});
    up.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Machine::with_jails(json!([up, {"uuid": "1bf985de-ca0f-11e5-8d45-d05099728dbf", "tag": "down"}]))
}

#[track_caller]
fn expect(machine: &Machine, words: &[&str], exit: i32, stdout: &str, stderr: &str) {
    machine.expect(&[&["exec", "-U", "root", "test"], words].concat(), exit, stdout, stderr);
}

#[test]
fn programs_answer() {
    let machine = machine(json!({}));
    for (words, stdout) in [
        (&["echo", "hi"][..], "hi\n"),
        (&["echo", "-n", "a  b"], "a  b"),
        (&["/bin/echo", "x"], "x\n"),
        (&["printf", "%s:%d\\n", "a", "1"], "a:1\n"),
        (&["printf", "caf\\351 \\377\\n"], "caf\\xe9 \\xff\n"),
        (&["printf", "%s|", "a b", "c"], "a b|c|"),
        (&["id"], "uid=0(root) gid=0(wheel) groups=0(wheel)\n"),
        (&["hostname"], "web.example.org\n"),
        (&["uname"], "FreeBSD\n"),
        (&["uname", "-r"], "10.2-RELEASE\n"),
        (&["pwd"], "/\n"),
        (&["seq", "3"], "1\n2\n3\n"),
        (&["sh", "-c", "echo 'a b' && echo \"c\"; true"], "a b\nc\n"),
        (&["sh", "-c", "echo gone >/dev/null; false || echo kept"], "kept\n"),
    ] {
        expect(&machine, words, 0, stdout, "");
    }
}

#[test]
fn exit_statuses_and_streams_are_kept() {
    let machine = machine(json!({}));
    expect(&machine, &["true"], 0, "", "");
    expect(&machine, &["false"], 1, "", "");
    expect(&machine, &["sh", "-c", "exit 42"], 42, "", "");
    expect(&machine, &["sh", "-c", "echo out; echo err >&2; exit 3"], 3, "out\n", "err\n");
    expect(&machine, &["sh", "-c", "kill -9 $$"], 137, "", "Killed\n");
    expect(&machine, &["sh", "-c", "nosuch"], 127, "", "sh: nosuch: not found\n");
    expect(&machine, &["cat", "/nosuch"], 1, "", "cat: /nosuch: No such file or directory\n");
}

#[test]
fn no_program_of_the_host_is_run() {
    let machine = machine(json!({}));
    for name in ["touch", "/usr/bin/env", "../bin/sh", "exit", "echo hi"] {
        let missing = format!("jexec: execvp: {name}: No such file or directory\n");
        expect(&machine, &[name, "x"], 1, "", &missing);
    }
}

#[test]
fn jexec_fails_as_it_does() {
    let machine = machine(json!({}));
    machine.expect(&["exec", "-U", "mallory", "test", "id"], 1, "", "jexec: mallory: no such user\n");
    let down = "jexec: jail \"ioc-1bf985de-ca0f-11e5-8d45-d05099728dbf\" not found\n";
    machine.expect(&["exec", "-U", "root", "down", "id"], 1, "", down);
    machine.expect(&["exec", "-U", "root", "nosuch", "id"], 1, "", "  ERROR: nosuch not found!\n");
    machine.expect(&["exec"], 1, "", "  ERROR: missing UUID!\n");
    machine.expect(
        &["exec", "-x", "test", "id"],
        1,
        "",
        "Illegal option -x\n  ERROR: invalid exec option: ?\n",
    );
    machine.expect(&["exec", "test", "id", "-u"], 0, "0\n", "");
    machine.expect(&["exec", "-u", "www", "test", "id"], 0, "uid=80(www) gid=80(www) groups=80(www)\n", "");
}

#[test]
fn stdin_is_handed_on() {
    let machine = machine(json!({}));
    let ran = machine.run_with(&["exec", "-U", "root", "test", "cat"], "from stdin\n");
    assert_eq!(ran.stdout, "from stdin\n");
    // Without a command it is a shell that reads it.
    let ran = machine.run_with(&["exec", "-U", "root", "test"], "echo typed; exit 5\n");
    assert_eq!((ran.stdout.as_str(), ran.exit), ("typed\n", 5));
}

#[test]
fn a_state_can_lay_files_over_the_jails_own() {
    let passwd = "root:*:0:0::/root:/bin/sh\nbob:*:1001:1001::/home/bob:/bin/sh\n";
    let machine =
        machine(json!({"files": {"/etc/passwd": passwd, "/tmp/readme": "about execvp: see man\n"}}));
    expect(&machine, &["cat", "/tmp/readme"], 0, "about execvp: see man\n", "");
    machine.expect(&["exec", "-U", "bob", "test", "id", "-un"], 0, "bob\n", "");
    machine.expect(&["exec", "-U", "www", "test", "id"], 1, "", "jexec: www: no such user\n");
}
