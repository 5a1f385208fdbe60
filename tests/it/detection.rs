//! Which iocage it is: asked once, noticed when it changes, refused when it is
//! none; and no request is answered half by the rules of one generation and half
//! by those of the other.

use std::fs;

use serde_json::{Value, json};
use sysadm_class::Status;

use crate::support::{DOORS, Folder, Host, Machine, without_tools, write_program};

fn shell() -> Value {
    let jails = json!([{"uuid": "0bf985de-ca0f-11e5-8d45-d05099728dbf", "tag": "test"}]);
    json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]})
}

fn python() -> Value {
    let jails = json!([{"name": "test"}]);
    json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "jails": jails}]})
}

fn versions_asked(machine: &Machine) -> usize {
    machine.all_calls().iter().filter(|call| *call == "[--version]").count()
}

#[test]
fn the_version_is_asked_once() {
    for state in [shell(), python()] {
        let machine = Machine::new(&state);
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            for _ in 0..5 {
                assert!(host.answer(&json!({"action": "listjails"})).get("error").is_none());
            }
            assert_eq!(versions_asked(&machine), 1);
        }
    }
}

#[test]
fn a_dialect_that_is_configured_is_not_asked_for_but_its_age_is() {
    for (dialect, state, asked) in [("shell", shell(), 0), ("python", python(), 1)] {
        let machine = Machine::new(&state);
        let mut config: Value = serde_json::from_str(&machine.config()).expect("JSON");
        config["dialect"] = json!(dialect);
        let host = Host::new(DOORS[0], &config.to_string());
        for _ in 0..3 {
            assert!(host.answer(&json!({"action": "listjails"})).get("error").is_none());
        }
        assert_eq!(versions_asked(&machine), asked);
    }
}

#[test]
fn health_tells_program_version_dialect_and_pool() {
    for (state, dialect, version) in
        [(shell(), "shell", "DEVELOP (2016-02-10)"), (python(), "python", "1.13")]
    {
        let machine = Machine::new(&state);
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            let response = host.instance().health(None).expect("the contract is kept");
            let report: Value = serde_json::from_str(&response.text()).expect("JSON");
            let expected = json!({
                "dialect": dialect, "iocage": machine.iocage(), "pool": "tank", "version": version,
                "direct": {"configured": "auto", "doubt": null},
            });
            assert_eq!((response.status(), report), (Status::Ok, expected));
        }
    }
    let machine = Machine::new(&json!({"pools": []}));
    let response = Host::new(DOORS[0], &machine.config()).instance().health(None).expect("kept");
    let report: Value = serde_json::from_str(&response.text()).expect("JSON");
    assert_eq!((response.status(), &report["pool"]), (Status::Ok, &Value::Null), "{report}");
    assert_eq!(report["problem"]["code"], "no-pool", "{report}");
}

/// What every lookup doubts is told by who is asked how the class is doing.
#[test]
fn health_tells_that_lookups_do_not_know_the_version_where_the_shell_dialect_is_configured() {
    let machine = Machine::new(&shell());
    let mut config: Value = serde_json::from_str(&machine.config()).expect("JSON");
    config["dialect"] = json!("shell");
    let response = Host::new(DOORS[0], &config.to_string()).instance().health(None).expect("kept");
    let report: Value = serde_json::from_str(&response.text()).expect("JSON");
    let why = "the version of iocage is not known (where `dialect` is `shell` it is not asked)";
    assert_eq!(report["direct"], json!({"configured": "auto", "doubt": why}), "{report}");
    assert_eq!((&report["pool"], &report["version"]), (&json!("tank"), &json!("DEVELOP (2016-02-10)")));
}

/// It is configured because nobody knows the version: no reason to be ill.
#[test]
fn a_version_that_nobody_knows_is_healthy_where_the_dialect_is_configured() {
    let folder = Folder::new();
    let path = folder.0.join("iocage");
    write_program(
        &path,
        "#!/bin/sh\ncase $1 in --version) printf 'Version\t2.0\n' ;; get) echo tank ;; esac\n",
    );
    for (dialect, expected) in [("python", Status::Ok), ("auto", Status::Unavailable)] {
        let config = without_tools(json!({"iocage": path, "dialect": dialect})).to_string();
        let response = Host::new(DOORS[0], &config).instance().health(None).expect("the contract is kept");
        let report: Value = serde_json::from_str(&response.text()).expect("JSON");
        assert_eq!(response.status(), expected, "{report}");
        if dialect == "python" {
            let why = "the version of iocage is not known (where `dialect` is `shell` it is not asked)";
            let direct = json!({"configured": "auto", "doubt": why});
            let healthy = json!({"dialect": "python", "direct": direct, "iocage": path, "pool": "tank", "version": null});
            assert_eq!(report, healthy);
        }
    }
}

/// What is configured says how to speak to it, not that it does no harm.
#[test]
fn one_that_is_too_old_is_refused_where_the_dialect_is_configured() {
    let folder = Folder::new();
    let path = folder.0.join("iocage");
    write_program(
        &path,
        &format!(
            "#!/bin/sh\ncase $1 in --version) printf 'Version\t1.0 RELEASE 2018/12\n' ;; *) : > {} ;; esac\n",
            folder.0.join("ran").display()
        ),
    );
    let config = json!({"iocage": path, "dialect": "python", "lock_dir": folder.0.join("locks")});
    let config = without_tools(config).to_string();
    for door in DOORS {
        let host = Host::new(door, &config);
        let answer = host.answer(&json!({"action": "destroyjail", "jail": "db"}));
        assert_eq!(answer["code"], "unsupported", "{answer}");
        let health = host.instance().health(None).expect("the contract is kept");
        assert_eq!(health.status(), Status::Unavailable, "{}", health.text());
    }
    assert!(!folder.0.join("ran").exists());
}

#[test]
fn an_upgrade_is_noticed_by_the_next_request() {
    let machine = Machine::new(&shell());
    for door in DOORS {
        machine.become_like(&shell());
        let host = Host::new(door, &machine.config());
        let list = || host.answer(&json!({"action": "listjails"}));
        assert!(list().get("0bf985de-ca0f-11e5-8d45-d05099728dbf").is_some());
        machine.become_like(&python());
        assert!(list().get("test").is_some());
        machine.become_like(&shell());
        assert!(list().get("0bf985de-ca0f-11e5-8d45-d05099728dbf").is_some());
    }
}

/// Have the machine's iocage replace itself when it is called with this command.
fn replace_at(machine: &Machine, command: &str) {
    let path = machine.iocage_text();
    let spy = fs::read_to_string(&path).expect("our own script");
    let moves = format!("[ \"$1\" != {command} ] || mv \"$here/iocage.next\" \"$here/iocage\"\nline=");
    write_program(std::path::Path::new(&format!("{path}.next")), &spy);
    write_program(std::path::Path::new(&path), &spy.replacen("line=", &moves, 1));
}

/// Of one lookup nobody knows which of the two has answered.
#[test]
fn a_lookup_by_a_program_that_was_replaced_meanwhile_is_no_answer() {
    let machine = Machine::new(&shell());
    replace_at(&machine, "df");
    let host = Host::new(DOORS[0], &machine.by_iocage());
    let answer = host.answer(&json!({"action": "df"}));
    assert_eq!(answer["code"], "iocage-changed", "{answer}");
    assert_eq!(machine.calls(), ["[df]"]);
}

/// What came of a change is not asked of another program, and it is told that it
/// was made.
#[test]
fn a_change_is_not_looked_at_by_another_program() {
    let machine = Machine::new(&shell());
    replace_at(&machine, "destroy");
    let host = Host::new(DOORS[0], &machine.config());
    let answer = host.answer(&json!({"action": "destroyjail", "jail": "test"}));
    assert_eq!(answer["code"], "iocage-changed", "{answer}");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.starts_with("it was run, but") && !error.contains("repeat"), "{error}");
    let calls = machine.calls();
    assert!(calls.last().is_some_and(|call| call.starts_with("[destroy]")), "{calls:?}");
}

/// An iocage that replaces itself while it answers the first lookup: what follows
/// is not run, neither by the old rules nor by the new ones.
#[test]
fn a_request_is_not_carried_on_with_another_program() {
    for door in DOORS {
        let machine = Machine::new(&shell());
        replace_at(&machine, "df");
        let host = Host::new(door, &machine.by_iocage());
        let answer = host.answer(&json!({"action": "destroyjail", "jail": "test"}));
        assert_eq!(answer["code"], "iocage-changed", "{answer}");
        assert_eq!(machine.calls(), ["[df]"]);
        let answer = host.answer(&json!({"action": "destroyjail", "jail": "test"}));
        assert!(answer.get("success").is_some(), "the next one is answered: {answer}");
    }
}

#[test]
fn what_is_no_iocage_is_quoted() {
    for (script, quoted) in [
        ("#!/bin/sh\necho 'ezjail v3.4'\n", "ezjail v3.4"),
        ("#!/bin/sh\necho 'Version\t2.0'\n", "Version\\t2.0"),
        ("#!/bin/sh\nprintf 'Version\\tbanana 99\\n'\n", "banana 99"),
        ("#!/bin/sh\nprintf 'Version\\tFreeNAS 11.2-U4\\n'\n", "FreeNAS"),
    ] {
        let folder = Folder::new();
        let path = folder.0.join("iocage");
        write_program(&path, script);
        for door in DOORS {
            let host = Host::new(door, &without_tools(json!({"iocage": path})).to_string());
            let answer = host.answer(&json!({"action": "listjails"}));
            assert_eq!(answer["code"], "unknown-iocage", "{answer}");
            assert!(answer["error"].as_str().is_some_and(|text| text.contains(quoted)), "{answer}");
        }
    }
}

/// That it could not do its work makes it no other program: its reason is told.
#[test]
fn what_fails_is_told_as_a_failure() {
    let frame = "Traceback (most recent call last):\n  File \"/usr/local/bin/iocage\", line 6, in <module>\n    import x";
    let module =
        format!("cat >&2 <<'E'\n{frame}\nModuleNotFoundError: No module named 'netifaces'\nE\nexit 1");
    for (script, told) in [
        (module.as_str(), "ModuleNotFoundError: No module named 'netifaces'"),
        (
            "echo 'ZFS is required to use iocage.' >&2; echo \"Try calling 'kldload zfs' as root.\" >&2; exit 1",
            "kldload zfs",
        ),
        ("echo 'sudo: a password is required' >&2; exit 1", "a password is required"),
        ("echo 'env: python3.9: No such file or directory' >&2; exit 127", "python3.9: No such file"),
        ("exit 3", "exit status 3"),
    ] {
        let folder = Folder::new();
        let path = folder.0.join("iocage");
        write_program(&path, &format!("#!/bin/sh\n{script}\n"));
        let host = Host::new(DOORS[0], &without_tools(json!({"iocage": path})).to_string());
        let answer = host.answer(&json!({"action": "listjails"}));
        assert_eq!(answer["code"], "iocage-failed", "{answer}");
        let text = answer["error"].as_str().unwrap_or_default();
        assert!(text.contains(told) && !text.contains("knows") && !text.contains("line 6"), "{answer}");
    }
}

/// A version that is not served is refused with the reason, and nothing else is run.
#[test]
fn what_is_too_old_is_refused_with_the_reason() {
    for (version, why) in [
        ("Version\\t1.1 RELEASE 2019/01", "running jail"),
        ("Version\\t1.0 RELEASE 2018/12", "exec -U"),
        ("Version\\t0.9.8.1 05/23/2017", "columns"),
        ("0.9.9.1 08/01/2017", "columns"),
    ] {
        let folder = Folder::new();
        let path = folder.0.join("iocage");
        let script = format!("#!/bin/sh\n[ \"$1\" = --version ] || : > ${{0}}.ran\nprintf '{version}\\n'\n");
        write_program(&path, &script);
        let host = Host::new(DOORS[0], &without_tools(json!({"iocage": path})).to_string());
        let answer = host.answer(&json!({"action": "destroyjail", "jail": "web"}));
        assert_eq!(answer["code"], "unsupported", "{answer}");
        let text = answer["error"].as_str().unwrap_or_default();
        assert!(text.contains(why) && text.contains("1.2 and later 1.x"), "{answer}");
        assert!(!folder.0.join("iocage.ran").exists(), "nothing else is run");
    }
}
