//! What reaches the host's log: what the two levels let through, one line for
//! each change, and no secrets.
//!
//! Values of properties and the words of commands may be secrets. Lines of info
//! and above hold none of either. Debug tells each program's argv, values and
//! all: that is what it is for, and why it is not a level to leave on.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sysadm_class::host::{Door, Module, Request, Services};
use sysadm_class::{Access, Level, Status};
use sysadm_iocage::iocage::names::is_uuid;

use crate::support::{
    DOORS, Folder, Host, Machine, artifacts, run_host_with, spoiled_table, without_tools, write_program,
};

/// A running jail `test`, a stopped one `idle`, and a template's worth of pools.
fn machine() -> Machine {
    let jails = json!([{"tag": "test", "jid": 1}, {"tag": "idle"}]);
    Machine::new(&json!({"pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails},
        {"name": "spare"},
    ]}))
}

fn levels(log: &[String]) -> Vec<&str> {
    let mut levels: Vec<_> = log.iter().filter_map(|line| line.split(' ').next()).collect();
    levels.sort_unstable();
    levels.dedup();
    levels
}

#[test]
fn set_log_level_decides_what_an_instance_says() {
    let machine = machine();
    let change = json!({"action": "startjail", "jail": "idle"});
    let refused = r#"{"action":"cleanall"}"#;
    for door in DOORS {
        let host = Host::new(door, &machine.config());
        for (level, expected) in [
            (Some(Level::Info), &["info", "warn"][..]),
            (Some(Level::Debug), &["debug", "info", "warn"]),
            (Some(Level::Warn), &["warn"]),
            (Some(Level::Trace), &["debug", "info", "warn"]),
            (Some(Level::Error), &[]),
            (None, &[]),
        ] {
            host.instance().set_log_level(level).expect("the contract is kept");
            host.answer(&change);
            let (status, _) = host.send_as(Access::Limited, "sysadm", "iocage", refused);
            assert_eq!(status, Status::Forbidden);
            assert_eq!(levels(&host.log()), expected, "{level:?}");
        }
    }
}

#[test]
fn two_instances_of_one_module_have_their_own_levels_and_logs() {
    let machine = machine();
    for door in DOORS {
        let (quiet, chatty) = (Host::new(door, &machine.config()), Host::new(door, &machine.config()));
        quiet.instance().set_log_level(Some(Level::Info)).expect("the contract is kept");
        for host in [&quiet, &chatty] {
            host.answer(&json!({"action": "listjails"}));
        }
        assert_eq!(quiet.log(), [""; 0]);
        assert_eq!(levels(&chatty.log()), ["debug"]);
    }
}

/// A host that is interested in a level at most, and counts what it is asked.
struct Interested {
    level: Level,
    asked: Mutex<Vec<(Level, String)>>,
    told: Mutex<Vec<(Level, String)>>,
}

impl Services for Interested {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.asked.lock().expect("no panic in here").push((level, target.to_owned()));
        level <= self.level
    }

    fn log(&self, level: Level, target: &str, _: &str, _: u64) {
        self.told.lock().expect("no panic in here").push((level, target.to_owned()));
    }
}

#[test]
fn the_host_is_asked_before_a_line_is_made_up() {
    let machine = machine();
    for door in DOORS {
        let module = Module::load(&artifacts().module, door).expect("our module");
        for (level, told_debug) in [(Level::Info, false), (Level::Debug, true)] {
            let host = Arc::new(Interested { level, asked: Mutex::default(), told: Mutex::default() });
            let services = Arc::clone(&host) as Arc<dyn Services>;
            let instance = module.create(services, &machine.config()).expect("an instance");
            let args = r#"{"action":"startjail","jail":"idle"}"#;
            let request = Request::new("sysadm", "iocage", args, Access::Full).with_id(3);
            assert_eq!(instance.dispatch(&request).expect("the contract is kept").status(), Status::Ok);
            let (asked, told) = (host.asked.lock().expect("no panic"), host.told.lock().expect("no panic"));
            // It is asked about all, and told exactly what it wanted.
            assert!(asked.iter().any(|(level, _)| *level == Level::Debug));
            let wanted: Vec<_> = asked.iter().filter(|(asked, _)| *asked <= level).cloned().collect();
            assert_eq!(*told, wanted);
            assert_eq!(told.iter().any(|(level, _)| *level == Level::Debug), told_debug);
            assert!(told.iter().all(|(_, target)| target.starts_with("sysadm_iocage::")), "{told:?}");
        }
    }
}

/// Each action that changes something, with what its line says before the
/// access and the time (`*` is a UUID), in an order in which most of them succeed.
const CHANGES: [(&str, &str); 18] = [
    (r#"{"action":"activatepool","pool":"tank"}"#, r#"activatepool "tank" done, exit 0,"#),
    (
        r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#,
        r#"createjail "* (new)" done, exit 0,"#,
    ),
    (r#"{"action":"startjail","jail":"new"}"#, r#"startjail "new" done, exit 0,"#),
    (r#"{"action":"capjail","jail":"new"}"#, r#"capjail "new" done, exit 0,"#),
    (
        r#"{"action":"execjail","jail":"new","user":"root","command":"echo hi"}"#,
        r#"execjail "new" done, exit 0,"#,
    ),
    (
        r#"{"action":"execjail","jail":"new","user":"root","command":"false"}"#,
        r#"execjail "new" command-failed, exit 1,"#,
    ),
    (r#"{"action":"destroyjail","jail":"new"}"#, r#"destroyjail "new" jail-running, exit 1,"#),
    (r#"{"action":"stopjail","jail":"new"}"#, r#"stopjail "new" done, exit 0,"#),
    (
        r#"{"action":"clonejail","jail":"new","props":"tag=copy"}"#,
        r#"clonejail "new" as "* (copy)" done, exit 0,"#,
    ),
    (r#"{"action":"destroyjail","jail":"copy"}"#, r#"destroyjail "copy" done, exit 0,"#),
    (r#"{"action":"destroyjail","jail":"copy"}"#, r#"destroyjail "copy" unknown-jail, exit -,"#),
    (r#"{"action":"cleantemplates"}"#, r#"cleantemplates "-" jail-running, exit -,"#),
    (r#"{"action":"stopjail","jail":"test"}"#, r#"stopjail "test" done, exit 0,"#),
    (r#"{"action":"cleantemplates"}"#, r#"cleantemplates "-" done, exit 0,"#),
    (r#"{"action":"cleanjails","jail":"not meant"}"#, r#"cleanjails "-" "#),
    (r#"{"action":"cleanreleases"}"#, r#"cleanreleases "-" "#),
    (r#"{"action":"cleanall"}"#, r#"cleanall "-" "#),
    (r#"{"action":"deactivatepool","pool":"tank"}"#, r#"deactivatepool "tank" done, exit 0,"#),
];

#[test]
fn each_change_is_one_line_with_the_requests_id_and_a_read_is_none() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.config());
        let of_info = |host: &Host| -> Vec<String> {
            host.log().into_iter().filter(|line| line.starts_with("info")).collect()
        };
        for (args, line) in CHANGES {
            host.send(args);
            let log = of_info(&host);
            let said = log[0].strip_prefix("info [7] ").unwrap_or_default();
            let rest = line.split_once('*').map_or_else(
                || said.strip_prefix(line),
                |(before, after)| {
                    let rest = said.strip_prefix(before)?;
                    is_uuid(rest.get(..36)?).then_some(())?;
                    rest[36..].strip_prefix(after)
                },
            );
            assert!(log.len() == 1 && rest.is_some(), "{args}: {log:?}");
            let rest = log[0].rsplit_once(", full access, after ").expect("the access");
            assert!(rest.1.strip_suffix(" ms").is_some_and(|ms| ms.parse::<u32>().is_ok()), "{log:?}");
        }
        host.answer(&json!({"action": "activatepool", "pool": "tank"}));
        host.log();
        for args in [
            json!({"action": "df"}),
            json!({"action": "listjails"}),
            json!({"action": "getdefaultsettings"}),
            json!({"action": "getjailsettings", "jail": "idle"}),
        ] {
            host.answer(&args);
            assert_eq!(of_info(&host), [""; 0], "{args}");
        }
        // Args that are refused are a change that was asked for.
        host.send(r#"{"action":"startjail","jail":"ALL"}"#);
        let log = of_info(&host);
        assert!(log.len() == 1 && log[0].contains(r#"startjail "ALL" illegal-name, exit -, "#), "{log:?}");
        // Who may not is told by name, at another level.
        host.send_as(Access::Limited, "sysadm", "iocage", r#"{"action":"cleanall"}"#);
        assert_eq!(host.log(), ["warn [7] refused: cleanall needs full access"]);
        // Nothing was tried: the args name no action.
        host.send("[]");
        assert_eq!(of_info(&host), [""; 0]);
    }
}

const SECRET: &str = "hunter2-XyZ";

/// Requests that carry the secret in a value or a command, each of which fares
/// differently.
fn secrets() -> Vec<Value> {
    let exec = |command: &str| json!({"action": "execjail", "jail": "test", "user": "root", "command": command.replace('@', SECRET)});
    let create = |props: &str| json!({"action": "createjail", "props": props.replace('@', SECRET)});
    let clone =
        |props: &str| json!({"action": "clonejail", "jail": "idle", "props": props.replace('@', SECRET)});
    vec![
        create("tag=kept release=10.2-RELEASE notes=@"),
        create("tag=kept2 release=@"),
        create("tag=kept3 notes=$(@)"),
        create("tag=kept4 nosuch=@"),
        create("notes='@"),
        create("tag=kept notes=@"),
        create("@"),
        clone("tag=copy notes=@"),
        clone("tag=copy2 boot=@"),
        clone("tag=test notes=@"),
        exec("echo @"),
        exec("echo '@"),
        exec("@"),
        exec("/bin/@ now"),
        exec("sh -c 'echo @ >&2'"),
        exec("sh -c 'echo @ >&2; exit 3'"),
        exec("sh -c 'echo @; exit 3'"),
        json!({"action": "getjailsettings", "jail": "kept"}),
        json!({"action": "getjailsettings", "jail": "kept", "prop": "notes"}),
        json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"}),
    ]
}

#[test]
fn no_value_and_no_command_is_logged_but_at_debug() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.config());
        let (mut answered, mut ran) = (0, 0);
        for args in secrets() {
            let (_, text) = host.send(&args.to_string());
            answered += usize::from(text.contains(SECRET));
            for line in host.log() {
                if !line.contains(SECRET) {
                    continue;
                }
                assert!(line.starts_with("debug [7] run "), "{args}: {line}");
                ran += 1;
            }
        }
        // The secret was on its way in and out: what is not logged was there.
        assert!(answered >= 5 && ran >= 8, "{answered} answers and {ran} runs");
    }
}

/// An iocage of either generation whose table of values holds what is no row: a value
/// of two lines, and which prints columns and lines that nobody knows.
const ODD: &str = r#"#!/bin/sh
case "$*" in
--version) cat "${0%/*}/version" ;;
"get -r notes")
    echo 'UUID                                  TAG   notes'
    echo '0bf985de-ca0f-11e5-8d45-d05099728dbf  test  one'
    echo 'hunter2-XyZ' ;;
"get all 0bf985de-ca0f-11e5-8d45-d05099728dbf") printf 'Notes:hunter2-XyZ\nboot:off\n' ;;
"list") echo 'JID   UUID   BOOT  STATE  TAG   TYPE   COLOUR'; printf 'What is \033[2J this\n' ;;
"list -t") echo 'JID   UUID   BOOT  STATE  TAG   TYPE   IP4' ;;
"df") echo 'UUID                                  CRT    RES    QTA    USE    AVA    TAG'
    echo '0bf985de-ca0f-11e5-8d45-d05099728dbf  1.15x  none   none   88.1M  83.4G  test' ;;
"get -rh notes")
    printf '+------+-------+\n| NAME | PROP  |\n+======+=======+\n| test | one   |\n+------+-------+\nhunter2-XyZ\n' ;;
"df -lh") printf 'test\t1.15x\tnone\tnone\t88.1M\t83.4G\n' ;;
"list -lh") printf '1\ttest\toff\tup\tjail\t-\t-\t-\t-\tno\nWhat is \033[2J this\n' ;;
esac
"#;

/// What iocage prints and nobody expected is told at warn: as it is, cut and with
/// control characters made visible, but where it may be a value only that it was.
#[test]
fn a_surprise_is_a_warning_and_a_value_is_not_in_it() {
    for version in ["iocage DEVELOP (2016-02-10)", "Version\t1.13"] {
        let folder = Folder::new();
        std::fs::write(folder.0.join("version"), version).expect("written");
        write_program(&folder.0.join("iocage"), ODD);
        let config =
            json!({"direct": "off", "iocage": folder.0.join("iocage"), "lock_dir": folder.0.join("locks")});
        let config = without_tools(config);
        let host = Host::new(DOORS[0], &config.to_string());
        let is_shell = version.starts_with("iocage");
        let warned = |host: &Host| -> Vec<String> {
            host.log().into_iter().filter(|line| line.starts_with("warn")).collect()
        };
        let listed = host.ask(&json!({"action": "listjails"}));
        assert!(listed["problems"].to_string().contains("What is"), "{listed}");
        let log = warned(&host).join("\n");
        assert!(log.contains(r#""What is \u{1b}[2J this""#), "{version}: {log}");
        assert_eq!(log.contains(r#"a column that is not known: "COLOUR""#), is_shell, "{log}");
        let each = json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"});
        let mut requests = vec![each];
        if is_shell {
            requests.push(json!({"action": "getjailsettings", "jail": "test"}));
        }
        for request in requests {
            let answer = host.ask(&request);
            assert!(answer["problems"].to_string().contains(SECRET), "{version}: {answer}");
            let log = warned(&host).join("\n");
            assert!(log.contains("1 lines, which are in") && !log.contains(SECRET), "{version}: {log}");
        }
    }
}

/// A class in C writes what it likes, and no library stands between: the host over `sysadm-host` makes
/// one line of it, of the target, too, in which nothing moves a cursor.
#[test]
fn a_class_in_c_has_one_line_for_a_line() {
    let folder = Folder::new();
    let module = spoiled_table(&folder, "wordy", "fault = SAYS_MORE_THAN_A_LINE");
    let request = "{\"namespace\":\"test\",\"name\":\"broken\",\"id\":1,\"args\":{}}\n";
    let (out, log, code) = run_host_with(&module, Door::C, &["--prober", "none", "call"], request);
    assert!(out.contains("\"version\":\"0.0.1\"") && code == Some(0), "{out}{log}");
    let expected = "warn tar\\nget [1]: one\\r\\nerror modules [1]: two\\u{1b}[2J\\u{202e} \u{fffd} end";
    assert_eq!(log.lines().collect::<Vec<_>>(), [expected]);
}
