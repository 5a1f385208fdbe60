//! Who asks, as the host says it: in each line of the audit, as a name and nothing
//! else, and in no other place.

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::Request;

use crate::support::{C11, CXX17, DOORS, Folder, Host, Machine, artifacts, compile, run_host, run_host_with};

const START: &str = r#"{"action":"startjail","jail":"test"}"#;

fn machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": [{"tag": "test"}]}]}))
}

#[test]
fn each_line_of_the_audit_names_who_asked() {
    for door in DOORS {
        let machine = machine();
        let denied = json!({"deny_actions": ["df", "capjail"]});
        let host = Host::new(door, &machine.config_with(&denied));
        let said = |access, args: &str, caller: &str| -> Vec<String> {
            let request = Request::new("sysadm", "iocage", args, access).with_id(7).of_caller(caller);
            host.instance().dispatch(&request).expect("the contract is kept");
            host.log().into_iter().filter(|line| !line.starts_with("debug")).collect()
        };
        for (args, access, start, with, without) in [
            (
                START,
                Access::Full,
                "info [7] startjail \"test\" done, exit ",
                "full access of \"alice\", after ",
                "full access, after ",
            ),
            (START, Access::Limited, "warn [7] refused: startjail needs full access", " of \"alice\"", ""),
            (
                r#"{"action":"capjail","jail":"test"}"#,
                Access::Full,
                "info [7] capjail \"test\" denied, exit -, ",
                "full access of \"alice\", after ",
                "full access, after ",
            ),
            (
                r#"{"action":"df"}"#,
                Access::Limited,
                "warn [7] refused: `df` is denied here",
                " of \"alice\"",
                "",
            ),
        ] {
            for (caller, part) in [("alice", with), ("", without)] {
                let lines = said(access, args, caller);
                assert!(
                    lines.len() == 1 && lines[0].starts_with(start) && lines[0].contains(part),
                    "{lines:?}"
                );
                assert_eq!(lines[0].contains(" of \""), !caller.is_empty(), "{lines:?}");
            }
        }
        // A read that is served has no line, whoever asks.
        assert_eq!(said(Access::Limited, r#"{"action":"listjails"}"#, "alice"), [""; 0]);
    }
}

/// A name is whatever somebody calls himself.
#[test]
fn a_name_is_no_line_of_its_own_and_no_second_sentence() {
    let machine = machine();
    let host = Host::new(DOORS[0], &machine.config());
    for (name, shown) in [
        ("x\", after 1 ms\ninfo [1] destroyjail \"db", r#""x\", after 1 ms\ninfo [1] destroyjail \"db""#),
        ("\u{1b}[2J\u{202e}", r#""\u{1b}[2J\u{202e}""#),
        ("äöü 数据", "\"äöü 数据\""),
    ] {
        host.log();
        let request = Request::new("sysadm", "iocage", START, Access::Full).of_caller(name);
        host.instance().dispatch(&request).expect("the contract is kept");
        let lines: Vec<_> = host.log().into_iter().filter(|line| line.starts_with("info")).collect();
        assert!(lines.len() == 1 && !lines[0].contains('\n'), "{lines:?}");
        assert!(lines[0].contains(&format!(" of {shown}, after ")), "{lines:?}");
    }
    let long = "y".repeat(100_000);
    let request = Request::new("sysadm", "iocage", START, Access::Full).of_caller(&long);
    host.instance().dispatch(&request).expect("the contract is kept");
    let lines = host.log();
    assert!(lines.iter().any(|line| line.contains("yyy...\"")), "{lines:?}");
    assert!(lines.iter().all(|line| line.len() < 1000), "{lines:?}");
}

#[test]
fn every_host_can_say_who_asks() {
    let (folder, machine) = (Folder::new(), machine());
    let iocage = machine.iocage_text();
    for door in DOORS {
        let arguments = ["--caller", "alice", "--log", "info", "--iocage", &iocage, "call"];
        let (_, log, code) = run_host(door, &arguments, &format!("{START}\n"));
        assert!(log.contains("full access of \"alice\", after") && code == Some(0), "{log}");
    }
    for (language, source) in [(C11, "c/host.c"), (CXX17, "cpp/host.cpp")] {
        let program = folder.0.join(format!("host-{}", language.0));
        compile(language, &format!("host-example/{source}"), &program, &["-pthread", "-ldl"]);
        let output = std::process::Command::new(&program)
            .args(["-v", "-c", "alice"])
            .arg(&artifacts().module)
            .args([&machine.config(), START])
            .output()
            .expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(
            log.contains("full access of \"alice\", after") && output.status.success(),
            "{source}: {log}"
        );
    }
}

/// The C++ wrapper asks an instance, or of a class of 1.0, which cannot tell, the class.
#[test]
fn the_wrapper_asks_the_instance_where_it_can_tell() {
    let (folder, machine) = (Folder::new(), machine());
    let program = folder.0.join("described");
    compile(CXX17, "tests/cpp/described.cpp", &program, &["-pthread", "-ldl"]);
    let frozen = folder.0.join("frozen.so");
    let shared = ["-shared", "-fPIC", "-fvisibility=hidden"];
    compile(("cc", "-std=c99"), "tests/abi/v1/module.c", &frozen, &shared);
    let denied = machine.config_with(&json!({"deny_props": ["all"]}));
    for (module, config, part) in
        [(&artifacts().module, denied.as_str(), "\"props\":[\"all\"]"), (&frozen, "{}", "\"actions\":[]")]
    {
        let output = std::process::Command::new(&program).arg(module).arg(config).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains(part), "{}: {said}", module.display());
    }
}

/// A description of an instance is the class's, and what is denied there.
#[test]
fn an_instance_tells_what_is_denied_there() {
    let machine = machine();
    let denied = json!({"deny_actions": ["cleanall"], "deny_props": ["host", "notes"], "allow_props": ["mount_devfs"]});
    for door in DOORS {
        let described = |config: &str| -> Value {
            let response = Host::new(door, config).instance().describe().expect("it has it");
            serde_json::from_slice(response.args()).expect("JSON")
        };
        let (plain, mut told) = (described(&machine.config()), described(&machine.config_with(&denied)));
        assert_eq!(plain.get("denied"), None);
        let expected =
            json!({"actions": ["cleanall"], "allowed_props": ["mount_devfs"], "props": ["host", "notes"]});
        assert_eq!(told["denied"], expected);
        told.as_object_mut().expect("an object").remove("denied");
        assert_eq!(told, plain);

        let config = machine.config_with(&denied);
        let (out, _, code) = run_host_with(&artifacts().module, door, &["--config", &config, "describe"], "");
        assert!(
            out.contains("denied here, actions: cleanall\ndenied here, properties: host notes\n"),
            "{out}"
        );
        assert!(out.contains("but allowed: mount_devfs\n") && code == Some(0), "{out}");
    }
}
