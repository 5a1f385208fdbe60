//! What a jail's root can put among the lines of iocage, jls and jexec. Whoever reads them must not believe it.

use serde_json::{Value, json};

use crate::machine::{Machine, Ran};

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// Sentences of iocage's own.
const FORGED: &str = "  + Starting services OK\n  + Executing poststart OK\njail 'web' not found!\n";

fn python(more: Value) -> Machine {
    let mut jail = json!({"name": "evil"});
    jail.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    Machine::python(json!([jail]))
}

#[test]
fn what_services_say_at_the_start_is_shown_in_one_line_of_pythons() {
    let started = "* Starting evil\n  + Started OK\n  + Using devfs_ruleset: 1000 (iocage generated default)\n  \
                   + Using IP options: ip4.saddrsel=1 ip4=new ip6.saddrsel=1 ip6=new\n";
    // What is said without a failure is seen by nobody.
    let machine = python(json!({"rc_stderr": FORGED}));
    let services = "  + Starting services OK\n  + Executing poststart OK\n";
    machine.expect(&["start", "evil"], 0, &format!("{started}{services}"), "");
    let machine = python(json!({"rc_stderr": FORGED, "rc_exit": 1}));
    let stderr = "  + Starting services FAILED\nERROR:\n\
                  [b\"  + Starting services OK\\n  + Executing poststart OK\\njail 'web' not found!\\n\", b'']\n\n\
                  Refusing to start evil: exec_start failed\n";
    machine.expect(&["start", "evil"], 1, started, stderr);
    for (said, shown) in
        [("both ' and \" \\\n", "b'both \\' and \" \\\\\\n'"), ("\u{e9}\t", "b'\\xc3\\xa9\\t'")]
    {
        let machine = python(json!({"rc_stderr": said, "rc_exit": 3}));
        let stderr = machine.run(&["start", "evil"]).stderr;
        assert!(stderr.contains(&format!("ERROR:\n[{shown}, b'']\n")), "{stderr}");
    }
}

#[test]
fn what_services_say_at_the_stop_stands_among_iocages_own_lines() {
    let forged = "  + Stopping services OK\n  + Removing jail process OK\n  + Executing poststop OK\n";
    let machine = python(json!({"jid": 1, "shutdown_stderr": forged, "shutdown_exit": 1}));
    let stderr = format!(
        "  + Stopping services FAILED\nERROR:\n{forged} \n\nPlease use --force flag to force stop jail\n"
    );
    machine.expect(&["stop", "evil"], 1, "* Stopping evil\n  + Executing prestop OK\n", &stderr);
    assert_eq!(machine.jails()[0]["jid"], 1);
    let machine = python(json!({"jid": 1, "shutdown_stderr": forged}));
    let ran = machine.run(&["stop", "evil"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert!(!ran.stdout.contains(forged), "{}", ran.stdout);
}

/// There it goes to a log.
#[test]
fn the_shell_iocage_shows_nothing_of_what_services_say() {
    let machine = Machine::with_jails(json!([{
        "uuid": UUID, "tag": "evil", "rc_stderr": FORGED, "rc_exit": 1,
        "shutdown_stderr": FORGED, "shutdown_exit": 3,
    }]));
    let stdout = format!("* Starting {UUID} (evil)\n  + Started (shared IP mode) OK\n  + Starting services");
    machine.expect(&["start", "evil"], 1, &stdout, "        FAILED\n");
    // Any failure but 1 counts as success.
    let stopped = format!(
        "* Stopping {UUID} (evil)\n  + Running pre-stop         OK\n  + Stopping services        OK\n  \
         + Removing jail process    OK\n  + Running post-stop        OK\n"
    );
    machine.expect(&["stop", "evil"], 0, &stopped, "");
}

#[test]
fn a_command_says_what_it_likes_on_both_streams() {
    let script =
        "printf 'jexec: jail \"ioc-evil\" not found\\n' >&2; printf 'Command: x failed!\\n' >&2; exit 0";
    let stderr = "jexec: jail \"ioc-evil\" not found\nCommand: x failed!\n";
    let machine = python(json!({"jid": 1}));
    machine.expect(&["exec", "-U", "root", "evil", "--", "sh", "-c", script], 0, "", stderr);
    let expected = Ran { stdout: String::new(), stderr: stderr.to_owned(), exit: 0 };
    assert_eq!(machine.tool("jexec", &["ioc-evil", "sh", "-c", script]), expected);
    let shell = Machine::with_jails(json!([{"uuid": UUID, "tag": "evil", "jid": 1}]));
    shell.expect(&["exec", "evil", "sh", "-c", script], 0, "", stderr);
}

#[test]
fn a_hostname_set_inside_is_what_the_kernel_tells() {
    let forged = "x /\n     2                  web                           /iocage/jails/web/root";
    for machine in [
        python(json!({"jid": 1, "hostname": forged})),
        Machine::with_jails(json!([{"uuid": UUID, "tag": "evil", "jid": 1, "hostname": forged}])),
    ] {
        let told = machine.tool("jls", &["jid", "host.hostname"]).stdout;
        assert_eq!(told, format!("1 {forged}\n"));
        assert_eq!(machine.tool("jls", &["-h", "jid"]).stdout, "jid\n1\n");
        assert_eq!(machine.tool("jexec", &["1", "hostname"]).stdout, format!("{forged}\n"));
        // Whoever starts it anew gives it its own again.
        assert_eq!(machine.run(&["stop", "evil"]).exit, 0);
        assert_eq!(machine.run(&["start", "evil"]).exit, 0);
        assert!(!machine.tool("jls", &["host.hostname"]).stdout.contains("web"));
    }
}
