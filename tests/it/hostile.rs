//! An iocage that is not itself: one that prints its own variables, as the real
//! `cap` does, and one that prints nothing, garbage or something else and exits
//! with 0. Nothing of the former may leave the class, and nothing of the latter
//! may become a success that nobody saw.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::Status;

use crate::support::{DOORS, Folder, Host, REQUESTS, action_of, without_tools, write_program};

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// What the lookups print: one jail, `test`, that runs.
const DF: &str = "\
UUID                                  CRT    RES    QTA    USE    AVA    TAG
0bf985de-ca0f-11e5-8d45-d05099728dbf  1.15x  none   none   88.1M  83.4G  test
";
const LIST: &str = "\
JID   UUID                                  BOOT  STATE  TAG   TYPE      IP4
1     0bf985de-ca0f-11e5-8d45-d05099728dbf  off   up     test  basejail  -
";
const TEMPLATES: &str = "JID   UUID   BOOT  STATE  TAG   TYPE   IP4\n";

/// Prints the files beside it. `END` is how it ends.
const SCRIPT: &str = r#"#!/bin/sh
here=${0%/*}
case "$*" in
df) [ ! -f "$here/df" ] || exec cat "$here/df" ;;
list) [ ! -f "$here/list" ] || exec cat "$here/list" ;;
"list -t") [ ! -f "$here/templates" ] || exec cat "$here/templates" ;;
activate) [ ! -f "$here/pool" ] || exec cat "$here/pool" ;;
esac
cat "$here/out"
cat "$here/err" >&2
END
"#;

/// A program in the place of iocage.
struct Fake(Folder);

impl Fake {
    /// One that prints this, whatever it is told to do.
    fn new(stdout: &[u8], stderr: &str, end: &str) -> Fake {
        let folder = Folder::new();
        fs::write(folder.0.join("out"), stdout).expect("written");
        fs::write(folder.0.join("err"), stderr).expect("written");
        write_program(&folder.0.join("iocage"), &SCRIPT.replace("END", end));
        Fake(folder)
    }

    /// The same, but it answers lookups well.
    fn with_lookups(self) -> Fake {
        for (name, text) in [("df", DF), ("list", LIST), ("templates", TEMPLATES)] {
            fs::write(self.0.0.join(name), text).expect("written");
        }
        self
    }

    /// The same, on a machine with a pool on which nothing runs and nothing hangs.
    fn with_machine(self) -> Fake {
        fs::write(self.0.0.join("pool"), "pool: tank\n").expect("written");
        for (name, script) in [("jls", "exit 0"), ("zfs", "printf 'tank\\t-\\n'")] {
            write_program(&self.0.0.join(name), &format!("#!/bin/sh\n{script}\n"));
        }
        self
    }

    fn config(&self) -> String {
        let mut config = json!({"dialect": "shell", "direct": "off", "timeouts_s": {"start": 1}});
        for (key, name) in
            [("iocage", "iocage"), ("jls", "jls"), ("lock_dir", "locks"), ("ps", "ps"), ("zfs", "zfs")]
        {
            config[key] = self.0.0.join(name).to_str().into();
        }
        without_tools(config).to_string()
    }
}

/// A dump as the real program's shell makes it for a jail that it does not find,
/// with a value that sounds like what `cap` says of limits.
const DUMP: &str = "\
BASH=/bin/sh
CONF_tag='tag
     template
     istemplate'
IFS=' \t
'
SECRET='hush-7f3a'
last='ERROR: hush-7f3a rctl: FAILED to apply Applying resource limits'
limits='+ Applying resource limits hush-7f3a'
notes='of two lines
  ERROR: hush-7f3a
'
uuid=hush-7f3a
";

const OF_THE_DUMP: [&str; 6] = ["BASH", "CONF_tag", "IFS", "SECRET", "hush-7f3a", "istemplate"];

#[test]
fn what_cap_dumps_never_leaves_the_class() {
    // The dump is on stdout; of stderr each line is judged for itself.
    let lines: Vec<_> = DUMP.lines().filter(|line| !line.starts_with("  ERROR:")).collect();
    let on_stderr = lines.join("\n");
    let not_found = "  ERROR: test not found!\n  ERROR: missing UUID or property!\n";
    for (stdout, stderr, end, code) in [
        (DUMP, "", "exit 0", "unexpected-output"),
        (DUMP, not_found, "exit 0", "iocage-failed"),
        (DUMP, "", "exit 1", "iocage-failed"),
        ("  + Applying resource limits OK\n", &on_stderr, "exit 0", ""),
        (DUMP, &on_stderr, "kill -9 $$", "killed"),
        (DUMP, &on_stderr, "exec sleep 60", "timed-out"),
    ] {
        let fake = Fake::new(stdout.as_bytes(), stderr, end).with_lookups();
        for door in DOORS {
            let host = Host::new(door, &fake.config());
            for detail in [false, true] {
                let request = json!({"action": "capjail", "jail": "test", "detail": detail});
                let answer = host.ask(&request);
                assert_eq!(answer["capjail"]["code"].as_str().unwrap_or_default(), code, "{end}: {answer}");
                assert_eq!(answer.get("detail").is_some(), detail, "{end}: {answer}");
                let log = host.log().join("\n");
                assert!(log.contains("capjail"), "there is a log to look at: {log}");
                for part in OF_THE_DUMP {
                    assert!(!answer.to_string().contains(part), "{end}: {part} is in {answer}");
                    assert!(!log.contains(part), "{end}: {part} is in the log: {log}");
                }
            }
        }
    }
}

/// That the dump would be seen if it were passed on: another command's is.
#[test]
fn the_output_of_exec_is_passed_on() {
    let fake = Fake::new(DUMP.as_bytes(), "", "exit 0").with_lookups();
    let host = Host::new(DOORS[0], &fake.config());
    let request =
        json!({"action": "execjail", "jail": "test", "user": "root", "command": "set", "detail": true});
    let text = host.ask(&request).to_string();
    assert!(OF_THE_DUMP.iter().all(|part| text.contains(part)), "{text}");
}

const NOTICES: &str = "\
Setting up zpool [tank] for iocage usage...
If you wish to change zpool, use 'iocage activate'
";

/// What is printed on standard output in place of an answer.
fn kinds() -> [(&'static str, Vec<u8>); 5] {
    let bytes: Vec<u8> = (0..=255).rev().cycle().take(4096).collect();
    [
        ("nothing", Vec::new()),
        ("notices", NOTICES.as_bytes().to_vec()),
        ("prose", b"Lorem ipsum: dolor\n  sit amet\n".to_vec()),
        ("bytes", bytes),
        ("a line", vec![b'x'; 1 << 20]),
    ]
}

/// What becomes of each kind, in that order: a code, or `+` for a success.
type Outcomes = [&'static str; 5];

const STRANGE: Outcomes = ["unexpected-output"; 5];
const NOT_DONE: Outcomes = ["not-done"; 5];
/// iocage says nothing when it did this, so there is nothing else to see.
const SILENT: Outcomes = ["+", "+", "unexpected-output", "unexpected-output", "unexpected-output"];

/// By action, where lookups are answered well; the order is that of `REQUESTS`.
const OUTCOMES: [(&str, Outcomes); 35] = [
    ("activatepool", STRANGE),
    // That it does not work is the answer.
    ("activatestatus", ["+"; 5]),
    // The shell iocage has no command for it.
    ("addmount", ["unsupported"; 5]),
    ("capjail", SILENT),
    ("cleanall", NOT_DONE),
    ("cleanjails", NOT_DONE),
    ("cleanreleases", NOT_DONE),
    ("cleantemplates", NOT_DONE),
    ("clonejail", NOT_DONE),
    ("createjail", NOT_DONE),
    ("deactivatepool", SILENT),
    ("destroyjail", NOT_DONE),
    ("df", STRANGE),
    // Whatever it prints is what the command in the jail printed.
    ("execjail", ["+"; 5]),
    ("fetchreleases", STRANGE),
    ("getdefaultsettings", STRANGE),
    ("getjailsettings", STRANGE),
    ("jaillog", STRANGE),
    ("jailstats", STRANGE),
    ("listjails", STRANGE),
    ("listmounts", STRANGE),
    ("listreleases", STRANGE),
    ("listsnapshots", STRANGE),
    ("listtemplates", STRANGE),
    ("removemount", ["unsupported"; 5]),
    ("removesnapshot", STRANGE),
    ("renamejail", NOT_DONE),
    ("restartjail", NOT_DONE),
    // `list` says that the jail runs.
    ("rollbackjail", ["jail-running"; 5]),
    ("setproperty", STRANGE),
    ("settemplate", ["jail-running"; 5]),
    ("snapshotjail", STRANGE),
    ("startjail", NOT_DONE),
    ("stopjail", NOT_DONE),
    ("updatejail", STRANGE),
];

/// The answer under the action's name, and the code in it or `+`.
fn outcome(host: &Host, args: &str) -> (Value, String) {
    let (status, text) = host.send(args);
    assert_eq!(status, Status::Ok, "{args}: {text}");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let body = answer[action_of(args)].clone();
    let code = body["code"].as_str().unwrap_or("+").to_owned();
    assert_eq!(body.get("error").is_some(), code != "+", "{text}");
    assert!(code == "+" || body.get("success").is_none(), "never both: {text}");
    (body, code)
}

#[test]
fn garbage_is_no_success() {
    let mut asked = 0;
    for (at, (kind, stdout)) in kinds().into_iter().enumerate() {
        for ((args, _), (action, outcomes)) in REQUESTS.into_iter().zip(OUTCOMES) {
            assert_eq!(action_of(args), action);
            let fake = Fake::new(&stdout, "", "exit 0");
            let is_lookup = ["df", "jailstats", "listjails", "listtemplates"].contains(&action);
            let fake = if is_lookup { fake } else { fake.with_lookups() };
            let fake = if action.starts_with("clean") { fake.with_machine() } else { fake };
            for door in DOORS {
                let (body, code) = outcome(&Host::new(door, &fake.config()), args);
                assert_eq!(code, outcomes[at], "{action}, {kind}: {:.300}", body.to_string());
                asked += 1;
            }
        }
    }
    println!("{asked} requests to an iocage that prints garbage");
}

/// What the successes among them say: that it was done, or what was printed.
#[test]
fn a_success_after_silence_or_by_a_command_holds_nothing_more() {
    let exec = r#"{"action":"execjail","jail":"test","user":"root","command":"id"}"#;
    for (at, expected) in [
        (0, json!({})),
        (
            1,
            json!({"Setting up zpool [tank] for iocage usage...": "", "If you wish to change zpool, use 'iocage activate'": ""}),
        ),
        (2, json!({"Lorem ipsum": " dolor", "  sit amet": ""})),
    ] {
        let fake = Fake::new(&kinds()[at].1, "", "exit 0").with_lookups();
        for door in DOORS {
            let host = Host::new(door, &fake.config());
            assert_eq!(outcome(&host, exec).0, json!({ "success": expected }));
            if at < 2 {
                let capped = outcome(&host, r#"{"action":"capjail","jail":"test"}"#).0;
                assert_eq!(capped, json!({"success": "jail test capped."}));
                let pool = outcome(&host, r#"{"action":"deactivatepool","pool":"tank"}"#).0;
                assert_eq!(pool, json!({"success": "pool tank deactivated."}));
            }
        }
    }
}

/// Where the lookups are garbage too, no action on a jail gets any further.
#[test]
fn garbage_names_no_jail() {
    for (kind, stdout) in kinds() {
        let fake = Fake::new(&stdout, "", "exit 0");
        for door in DOORS {
            let host = Host::new(door, &fake.config());
            for (args, _) in
                REQUESTS.iter().filter(|(args, _)| args.contains("jail\":") || args.contains("create"))
            {
                let (body, code) = outcome(&host, args);
                assert_eq!(code, "unexpected-output", "{args}, {kind}: {:.300}", body.to_string());
            }
        }
    }
}

/// One property: iocage prints the value alone, so that what ends in a newline
/// is one; without that, there is none.
#[test]
fn one_value_is_what_was_printed_or_none() {
    let request = json!({"action": "getjailsettings", "jail": "test", "prop": "notes"}).to_string();
    let current = r#"{"action":"activatepool"}"#;
    let every = r#"{"action":"getjailsettings","prop":"notes","switches":"-r"}"#;
    for (kind, stdout) in kinds() {
        let fake = Fake::new(&stdout, "", "exit 0").with_lookups();
        for door in DOORS {
            let host = Host::new(door, &fake.config());
            let (body, code) = outcome(&host, &request);
            if kind == "prose" {
                assert_eq!(body, json!({"test": {"notes": "Lorem ipsum: dolor\n  sit amet"}}));
            } else {
                assert_eq!(code, "unexpected-output", "{kind}");
            }
            assert_eq!(outcome(&host, current).1, "unexpected-output", "{kind}");
            assert_eq!(outcome(&host, every).1, "unexpected-output", "{kind}");
        }
    }
}

/// iocage tells of something, but not of what was asked for.
#[test]
fn the_success_of_another_is_none() {
    let other = "5e1fe97e-cfba-11e5-8209-d05099728dbf";
    let failed = format!("* Starting {UUID} (test)\n  ! Start                FAILED\n");
    for (action, stdout, stderr, code) in [
        ("startjail", format!("* Starting {other} (b)\n  + Started OK\n"), "", "not-done"),
        ("stopjail", format!("* Stopping {other} (b)\n"), "", "not-done"),
        ("stopjail", format!("* Starting {UUID} (test)\n"), "", "not-done"),
        ("startjail", format!("* {other}: is already up\n"), "", "not-done"),
        ("startjail", failed.clone(), "", "iocage-failed"),
        ("startjail", failed, "jail: ioc-1: /bin/false: failed\n", "iocage-failed"),
        ("startjail", format!("* Starting {UUID} (test)\n  + Starting services   FAILED\n"), "", "+"),
        ("destroyjail", format!("  Destroying: {other}\n"), "", "not-done"),
        // It says so, and the jail is still there.
        ("destroyjail", format!("  Destroying: {UUID}\n"), "", "not-done"),
    ] {
        let fake = Fake::new(stdout.as_bytes(), stderr, "exit 0").with_lookups();
        // Where it says that it failed, the jail is down.
        let fake = if stdout.contains("! Start") { fake.with_machine() } else { fake };
        for door in DOORS {
            let args = json!({"action": action, "jail": "test"}).to_string();
            let (body, told) = outcome(&Host::new(door, &fake.config()), &args);
            assert_eq!(told, code, "{action} {stdout}: {body}");
        }
    }
}

/// A time limit is kept also with an iocage that floods or hangs.
#[test]
fn an_iocage_without_end_is_ended() {
    for end in ["exec sleep 60", "exec yes"] {
        let fake = Fake::new(b"", "", end).with_lookups();
        for door in DOORS {
            let started = std::time::Instant::now();
            let (_, code) =
                outcome(&Host::new(door, &fake.config()), r#"{"action":"startjail","jail":"test"}"#);
            assert_eq!(code, "timed-out", "{end}");
            // Beside others it has the processor for a part of the time.
            assert!(started.elapsed() < Duration::from_secs(20), "{end}: {:?}", started.elapsed());
        }
    }
}
