//! Commands in jails through jexec(8), with no iocage in between.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::machine::{Machine, Ran, run};

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const DOWN: &str = "1bf985de-ca0f-11e5-8d45-d05099728dbf";

fn shell(more: Value) -> Machine {
    let mut up =
        json!({"uuid": UUID, "tag": "test", "jid": 7, "properties": {"host_hostname": "web.example.org"}});
    up.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Machine::with_jails(json!([up, {"uuid": DOWN, "tag": "down"}]))
}

#[track_caller]
fn expect(machine: &Machine, words: &[&str], exit: i32, stdout: &str, stderr: &str) {
    let expected = Ran { stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit };
    assert_eq!(machine.tool("jexec", words), expected, "{words:?}");
}

#[test]
fn the_command_is_the_jails_and_so_is_its_status() {
    let machine = shell(json!({}));
    let name = format!("ioc-{UUID}");
    for jail in ["7", &name] {
        expect(&machine, &[jail, "hostname"], 0, "web.example.org\n", "");
        expect(&machine, &[jail, "sh", "-c", "echo out; echo err >&2; exit 42"], 42, "out\n", "err\n");
        // The words are as they are, options behind the jail's name among them.
        expect(&machine, &[jail, "echo", "-l", "a  b", "", "-U"], 0, "-l a  b  -U\n", "");
    }
    let machine = Machine::python(json!([{"name": "a.b", "jid": 3}]));
    expect(&machine, &["ioc-a_b", "false"], 1, "", "");
    expect(&machine, &["3", "sh", "-c", "exit 3"], 3, "", "");
}

#[test]
fn a_jail_that_is_down_or_gone_is_not_found() {
    let machine = shell(json!({}));
    for (jail, quoted) in
        [("99", "99".to_owned()), ("test", "\"test\"".to_owned()), (DOWN, format!("\"{DOWN}\""))]
    {
        expect(&machine, &[jail, "true"], 1, "", &format!("jexec: jail {quoted} not found\n"));
    }
    expect(&machine, &["0", "true"], 1, "", "jexec: jail_attach(0): Invalid argument\n");
    expect(&machine, &["7", "true"], 0, "", "");
    assert_eq!(machine.run(&["stop", "test"]).exit, 0);
    expect(&machine, &["7", "true"], 1, "", "jexec: jail 7 not found\n");
    // A jail that is started again has another jid.
    assert_eq!(machine.run(&["start", "test"]).exit, 0);
    expect(&machine, &["7", "true"], 1, "", "jexec: jail 7 not found\n");
    let removed = Machine::python(json!([{"name": "r", "jid": 3}]));
    assert_eq!(removed.run(&["destroy", "-f", "r"]).exit, 0);
    expect(&removed, &["ioc-r", "true"], 1, "", "jexec: jail \"ioc-r\" not found\n");
}

#[test]
fn users_are_looked_up_on_the_host_or_in_the_jail() {
    let passwd = "root:*:0:0::/root:/bin/sh\nbob:*:1001:1001::/home/bob:/bin/sh\n";
    let machine = shell(json!({"files": {"/etc/passwd": passwd}}));
    expect(&machine, &["-U", "bob", "7", "id", "-un"], 0, "bob\n", "");
    expect(&machine, &["-U", "www", "7", "true"], 1, "", "jexec: www: no such user\n");
    expect(&machine, &["-u", "bob", "7", "true"], 1, "", "jexec: bob: no such user\n");
    // The host is asked before the jail is looked for, the jail after it.
    expect(&machine, &["-u", "bob", "99", "true"], 1, "", "jexec: bob: no such user\n");
    expect(&machine, &["-U", "www", "99", "true"], 1, "", "jexec: jail 99 not found\n");
    expect(
        &machine,
        &["-Ubob", "7", "sh", "-c", "echo $USER $HOME $SHELL"],
        0,
        "bob /home/bob /bin/sh\n",
        "",
    );
}

#[test]
fn a_command_begins_where_it_is_told() {
    let machine = shell(
        json!({"files": {"/home/bob/x": "", "/etc/passwd": "root:*:0:0::/root:/bin/sh\nbob:*:9:9::/nohome:/bin/sh\n"}}),
    );
    expect(&machine, &["7", "pwd"], 0, "/\n", "");
    expect(&machine, &["-d", "/home/bob", "7", "pwd"], 0, "/home/bob\n", "");
    expect(&machine, &["-l", "7", "pwd"], 0, "/root\n", "");
    expect(
        &machine,
        &["-d", "/gone", "7", "pwd"],
        1,
        "",
        "jexec: chdir(): /gone: No such file or directory\n",
    );
    let gone = "jexec: chdir: /nohome: No such file or directory\n";
    expect(&machine, &["-l", "-U", "bob", "7", "pwd"], 1, "", gone);
}

#[test]
fn a_login_keeps_nothing_of_the_callers_environment() {
    let machine = shell(json!({}));
    for (flags, shown) in [(&[][..], "kept\n"), (&["-l"], "\n")] {
        let words = [flags, &["7", "sh", "-c", "echo $MINE"]].concat();
        let mut command = machine.tool_command("jexec", &words);
        command.env("MINE", "kept");
        assert_eq!(run(command, "").stdout, shown);
    }
}

#[test]
fn what_cannot_be_run_is_said_with_status_1() {
    let machine = shell(json!({}));
    for (name, reason) in [
        ("nosuch", "No such file or directory"),
        ("/usr/bin/env", "No such file or directory"),
        ("/etc/motd", "Permission denied"),
        ("/etc", "Permission denied"),
        ("etc", "No such file or directory"),
    ] {
        expect(&machine, &["7", name, "x"], 1, "", &format!("jexec: execvp: {name}: {reason}\n"));
    }
    let old = Machine::new(&json!({"host": {"old_jexec": true}, "foreign": [{"jid": 1}], "pools": []}));
    expect(&old, &["1", "nosuch"], 1, "", "jexec: execvp(): nosuch: No such file or directory\n");
}

#[test]
fn a_jail_need_not_have_a_shell() {
    let machine = shell(json!({"lacks": ["/bin/sh"]}));
    expect(&machine, &["7", "echo", "hi"], 0, "hi\n", "");
    expect(&machine, &["7", "sh", "-c", "true"], 1, "", "jexec: execvp: sh: No such file or directory\n");
    expect(&machine, &["7"], 1, "", "jexec: execlp: /bin/sh: No such file or directory\n");
    let python = Machine::python(json!([{"name": "bare", "jid": 1, "lacks": ["/bin/sh"]}]));
    python.expect(&["exec", "bare", "--", "echo", "hi"], 0, "hi\n", "");
    let lost = "jexec: execvp: /bin/sh: No such file or directory\nCommand: /bin/sh -c true failed!\n";
    python.expect(&["exec", "bare", "true"], 1, "", lost);
}

#[test]
fn a_signal_that_ends_the_command_ends_jexec() {
    let machine = shell(json!({}));
    let mut command = machine.tool_command("jexec", &["7", "sh", "-c", "echo before; kill -9 $$"]);
    let output = command.output().expect("jexec can be started");
    assert_eq!(output.status.signal(), Some(9));
    assert_eq!(output.stdout, b"before\n");
    assert_eq!(output.stderr, b"");
    // A shell that lives on tells of it.
    expect(&machine, &["7", "sh", "-c", "sh -c 'kill -9 $$'; exit $?"], 137, "", "Killed\n");
}

#[test]
fn stdin_is_the_commands() {
    let machine = shell(json!({}));
    let mut child = machine
        .tool_command("jexec", &["7", "cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("jexec can be started");
    child.stdin.take().expect("stdin was piped").write_all(b"from stdin\n").expect("cat reads it");
    assert_eq!(child.wait_with_output().expect("it ends").stdout, b"from stdin\n");
    assert_eq!(run(machine.tool_command("jexec", &["7"]), "echo typed; exit 5\n").exit, 5);
}

#[test]
fn a_wrong_command_line_is_answered_with_the_usage() {
    let machine = shell(json!({}));
    let usage = "usage: jexec [-l] [-d working-directory] [-u username | -U username] jail [command ...]\n";
    expect(&machine, &[], 1, "", usage);
    expect(&machine, &["-u", "root", "-U", "root", "7", "true"], 1, "", usage);
    expect(&machine, &["-x", "7"], 1, "", &format!("jexec: illegal option -- x\n{usage}"));
    expect(&machine, &["-U"], 1, "", &format!("jexec: option requires an argument -- U\n{usage}"));
}

/// There is one network in here, so the table only has to be one that there is.
#[test]
fn setfib_runs_jexec_in_another_routing_table() {
    let machine = shell(json!({}));
    let setfib = |fib, words: &[&str]| {
        machine.tool("setfib", &[&[fib, "/usr/sbin/jexec", "-U", "root", "7"], words].concat())
    };
    let ran =
        |exit, stdout: &str, stderr: &str| Ran { stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit };
    assert_eq!(setfib("1", &["echo", "hi"]), ran(0, "hi\n", ""));
    assert_eq!(setfib("3", &["sh", "-c", "exit 4"]), ran(4, "", ""));
    assert_eq!(setfib("9", &["echo", "hi"]), ran(1, "", "setfib: setfib: Invalid argument\n"));
}
