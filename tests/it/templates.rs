//! Templates: which there are, and a jail that becomes one and a jail again.

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, fault, write_program};

const BOTH: [&str; 2] = ["2016-02-10", "1.13"];
const TEST: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const MADE: &str = "5e1fe97e-cfba-11e5-8209-d05099728dbf";
const BASE: &str = "b67065a9-cfb9-11e5-8209-d05099728dbf";

/// What each generation calls them.
fn uuid<'n>(version: &str, uuid: &'n str, name: &'n str) -> &'n str {
    if version == "1.13" { name } else { uuid }
}

/// A machine with a jail `test` of which `made` was cloned, either of which may run, and a
/// template `base`.
fn machine(version: &str, running: &str) -> Machine {
    let jail = |uuid: &str, name: &str, more: Value| {
        let mut jail =
            if version == "1.13" { json!({"name": name}) } else { json!({"uuid": uuid, "tag": name}) };
        if running == name {
            jail["jid"] = json!(1);
        }
        jail.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        jail
    };
    let origin = match version {
        "1.13" => json!({"origin": "tank/iocage/jails/test/root@made"}),
        _ => {
            json!({"properties": {"origin": format!("tank/iocage/jails/{TEST}/root@{MADE}")}, "type": "clonejail"})
        }
    };
    let jails = json!([
        jail(TEST, "test", json!({})),
        jail(MADE, "made", origin),
        jail(BASE, "base", json!({"type": "template"})),
    ]);
    let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]);
    Machine::new(&json!({"version": version, "pools": pools}))
}

fn set(jail: &str, template: bool) -> Value {
    json!({"action": "settemplate", "jail": jail, "template": template})
}

fn templates(host: &Host) -> Vec<String> {
    let answer = host.answer(&json!({"action": "listtemplates"}));
    answer.as_object().expect("rows").keys().cloned().collect()
}

fn sets(machine: &Machine) -> usize {
    machine.calls().iter().filter(|call| call.starts_with("[set]")).count()
}

/// iocage would rename its datasets and then look for its configuration in a wrong place, unless its own is `/iocage`.
#[test]
fn a_name_that_iocage_takes_for_its_own_folder_is_refused() {
    for (door, (mounted, name, is_refused)) in DOORS.into_iter().flat_map(|door| {
        [(true, "iocage-web", true), (true, "my-iocage", false), (false, "iocage-web", false)]
            .map(|case| (door, case))
    }) {
        for is_wanted in [true, false] {
            let sort = if is_wanted { "jail" } else { "template" };
            let jails = json!([{"name": name, "type": sort}]);
            let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
            let machine = Machine::new(&json!({"version": "1.13", "mounted": mounted, "pools": pools}));
            let host = Host::new(door, &machine.config());
            for is_dry in [true, false] {
                let mut request = set(name, is_wanted);
                request["dryrun"] = is_dry.into();
                let answer = host.answer(&request);
                let code = if is_refused { json!("unsupported") } else { Value::Null };
                assert_eq!(answer["code"], code, "{request}: {answer}");
                let said = answer["error"].as_str().unwrap_or_default();
                assert!(!is_refused || said.contains("rename the jail first"), "{answer}");
            }
            assert_eq!(sets(&machine), usize::from(!is_refused));
        }
    }
}

#[test]
fn templates_are_listed_as_jails_are() {
    for version in BOTH {
        let machine = machine(version, "test");
        let base = uuid(version, BASE, "base");
        for door in DOORS {
            let mut answers = Vec::new();
            for config in [machine.config(), machine.by_iocage()] {
                let host = Host::new(door, &config);
                let answer = host.answer(&json!({"action": "listtemplates"}));
                let row = json!({"boot": "off", "ip4": "-", "jid": "-", "state": "down", "tag": "base", "type": "template"});
                assert_eq!(answer, json!({base: row}), "{version}");
                let asked = json!({"action": "listtemplates", "filter": ["tag^=b", "state=down"], "select": ["type"],
                    "sort": "-tag", "count": true, "limit": 1});
                answers.push(host.ask(&asked));
                let none = json!({"action": "listtemplates", "filter": ["tag=test"]});
                assert_eq!(host.answer(&none), json!({}), "a jail is no template");
                let (status, _) = host.send_as(Limited, "sysadm", "iocage", r#"{"action":"listtemplates"}"#);
                assert_eq!(status, Status::Ok);
            }
            let expected =
                json!({"count": 1, "listtemplates": {base: {"type": "template"}}, "order": [base]});
            assert_eq!(answers, [expected.clone(), expected], "{version}");
        }
        let calls = machine.calls();
        assert!(calls.iter().any(|call| call.starts_with("[list][-t")), "{calls:?}");
    }
}

#[test]
fn a_jail_becomes_a_template_and_a_jail_again() {
    for door in DOORS {
        for version in BOTH {
            let machine = machine(version, "");
            let (test, base) = (uuid(version, TEST, "test"), uuid(version, BASE, "base"));
            let host = Host::new(door, &machine.config());
            let told = |new: &str, old: &str| json!({"jail": "test", "new": new, "old": old});
            assert_eq!(
                host.ask(&set("test", true)),
                json!({"settemplate": told("template", "jail")}),
                "{version}"
            );
            let mut both = [test, base];
            both.sort_unstable();
            assert_eq!(templates(&host), both);
            assert_eq!(sets(&machine), 1);
            // The same again is none.
            assert_eq!(host.answer(&set("test", true)), told("template", "template"));
            assert_eq!(sets(&machine), 0);
            // The clone is what it was; the shell iocage takes nothing back while there is one.
            let jails = host.answer(&json!({"action": "listjails"}));
            assert_eq!(jails.as_object().map(serde_json::Map::len), Some(1), "{jails}");
            let back = host.answer(&set("test", false));
            if version == "1.13" {
                assert_eq!(back, told("jail", "template"));
            } else {
                assert_eq!(fault(&back), ("has-dependents", "jail"), "{back}");
                assert_eq!(sets(&machine), 0);
                assert!(
                    host.answer(&json!({"action": "destroyjail", "jail": "made"})).get("error").is_none()
                );
                assert_eq!(host.answer(&set("test", false)), told("jail", "template"));
            }
            assert_eq!(templates(&host), [base]);
            assert_eq!(host.answer(&set("test", false)), told("jail", "jail"));
            let row = host.answer(&json!({"action": "startjail", "jail": "test"}));
            assert!(row.get("error").is_none(), "it is a jail: {row}");
        }
    }
}

#[test]
fn what_runs_is_made_nothing_of() {
    for version in BOTH {
        for (running, refused) in [("test", true), ("made", version == "1.13")] {
            let machine = machine(version, running);
            for door in DOORS {
                let host = Host::new(door, &machine.config());
                let mut plan = set("test", true);
                plan["dryrun"] = json!(true);
                let answer = host.answer(&plan);
                assert_eq!(answer["code"] == "jail-running", refused, "{version} {running}: {answer}");
                if refused {
                    let answer = host.answer(&set("test", true));
                    assert_eq!(fault(&answer), ("jail-running", "jail"));
                    let called = if running == "test" { uuid(version, TEST, running) } else { running };
                    assert!(answer["error"].as_str().is_some_and(|said| said.contains(called)), "{answer}");
                }
            }
            assert_eq!(sets(&machine), 0);
        }
    }
}

#[test]
fn what_the_shell_iocage_would_lose_is_refused() {
    for (tag, kind, code) in [
        ("test", "emptyjail", "unsupported"),
        ("test", "clonejail", "unsupported"),
        ("mydownload", "basejail", "unsupported"),
        ("myjails", "basejail", "unsupported"),
        ("2016-01-29@14:19:49", "basejail", "unsupported"),
    ] {
        let pools =
            json!([{"name": "tank", "active": true, "jails": [{"uuid": TEST, "tag": tag, "type": kind}]}]);
        let machine = Machine::new(&json!({"pools": pools}));
        let before = machine.shown();
        for config in [machine.config(), machine.by_iocage()] {
            let answer = Host::new(DOORS[0], &config).answer(&set(TEST, true));
            assert_eq!(fault(&answer), (code, "jail"), "{tag} {kind}: {answer}");
        }
        assert_eq!((machine.shown(), sets(&machine)), (before, 0));
    }
}

#[test]
fn who_may_not_and_what_is_wrong_is_refused() {
    for version in BOTH {
        let machine = machine(version, "");
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            for (request, code, key) in [
                (set("tes", true), "unknown-jail", "jail"),
                (set("ALL", true), "illegal-name", "jail"),
                (json!({"action": "settemplate", "jail": "test"}), "missing-key", "template"),
                (
                    json!({"action": "settemplate", "jail": "test", "template": "yes"}),
                    "wrong-type",
                    "template",
                ),
                (json!({"action": "settemplate", "template": true}), "missing-key", "jail"),
            ] {
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), (code, key), "{answer}");
            }
            let (status, _) = host.send_as(Limited, "sysadm", "iocage", &set("test", true).to_string());
            assert_eq!(status, Status::Forbidden);
            // It is a property by either name, and so it is denied.
            for denied in [
                json!({"deny_actions": ["settemplate"]}),
                json!({"deny_props": ["template"]}),
                json!({"deny_props": ["istemplate"]}),
            ] {
                let host = Host::new(door, &machine.config_with(&denied));
                assert_eq!(host.answer(&set("test", true))["code"], "denied", "{denied}");
            }
        }
        assert_eq!(sets(&machine), 0);
    }
}

/// An iocage that says nothing, or fails, is looked after.
#[test]
fn what_came_of_it_is_looked_at() {
    let silent = "exit 0";
    let half = "\"$here/sim/iocage\" \"$@\"; echo 'ERROR: no' >&2; exit 1";
    for version in BOTH {
        for (end, code, said) in
            [(silent, "not-done", "still a jail"), (half, "iocage-failed", "is now a template")]
        {
            let machine = machine(version, "");
            let script = format!(
                "#!/bin/sh\nhere=${{0%/*}}\nif [ \"$1\" = set ]; then {end}; fi\nexec \"$here/sim/iocage\" \"$@\"\n"
            );
            write_program(&machine.iocage(), &script);
            let answer = Host::new(DOORS[0], &machine.config()).answer(&set("test", true));
            assert_eq!(answer["code"], code, "{version}: {answer}");
            assert!(answer["error"].as_str().is_some_and(|error| error.contains(said)), "{answer}");
        }
    }
}

/// Who makes a jail of a template keeps it where it is, and waits for who changes it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn a_template_is_not_changed_while_a_jail_is_made_of_it() {
    for version in BOTH {
        for is_clone in [false, true] {
            let machine = machine(version, "");
            let host = Host::new(DOORS[0], &machine.config_with(&json!({"lock_wait_s": 1})));
            let (make, held, jail) = match is_clone {
                true => (json!({"action": "clonejail", "jail": "test", "props": "tag=new"}), "clone", "test"),
                false => {
                    (json!({"action": "createjail", "props": "tag=new template=base"}), "create", "base")
                }
            };
            let hold = machine.hold(held);
            std::thread::scope(|scope| {
                let made = scope.spawn(|| host.answer(&make));
                machine.wait_for_command(held);
                let answer = host.answer(&set(jail, is_clone));
                drop(hold);
                assert_eq!(answer["code"], "busy", "{version} {make}: {answer}");
                let made = made.join().expect("no panic");
                assert!(made.get("success").is_some(), "{version}: {made}");
            });
        }
        let machine = machine(version, "");
        let host = Host::new(DOORS[1], &machine.config_with(&json!({"lock_wait_s": 1})));
        let hold = machine.hold("set");
        std::thread::scope(|scope| {
            let set = scope.spawn(|| host.answer(&set("base", false)));
            machine.wait_for_command("set");
            let made = host.answer(&json!({"action": "createjail", "props": "tag=new template=base"}));
            drop(hold);
            assert_eq!(made["code"], "busy", "{version}: {made}");
            assert!(
                made["error"].as_str().is_some_and(|error| error.contains("template \"base\"")),
                "{made}"
            );
            assert_eq!(set.join().expect("no panic")["new"], "jail", "{version}");
        });
    }
}

/// Nor is taken away what is being cloned, and of another jail all may be.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn a_template_stays_while_a_jail_is_made_of_it() {
    for version in BOTH {
        let machine = machine(version, "");
        let host = Host::new(DOORS[1], &machine.config_with(&json!({"lock_wait_s": 1})));
        let hold = machine.hold("create");
        let make = json!({"action": "createjail", "props": "tag=new template=base"});
        std::thread::scope(|scope| {
            let made = scope.spawn(|| host.answer(&make));
            machine.wait_for_command("create");
            // Whatever takes away what is being cloned waits, and what only looks like that does not.
            let answers: Vec<_> = [
                json!({"action": "destroyjail", "jail": "base"}),
                json!({"action": "renamejail", "jail": "base", "name": "other"}),
                json!({"action": "rollbackjail", "jail": "base", "snapshot": "x"}),
                json!({"action": "removesnapshot", "jail": "base", "snapshot": "new"}),
                json!({"action": "removesnapshot", "jail": "made", "snapshot": "new"}),
            ]
            .iter()
            .map(|request| (request["action"].to_string(), host.answer(request)))
            .collect();
            drop(hold);
            let (last, waited) = answers.split_last().expect("five");
            for (action, answer) in waited {
                assert_eq!(answer["code"], "busy", "{version} {action}: {answer}");
                let error = answer["error"].as_str().expect("a sentence");
                assert!(error.contains("template \"base\" is busy: "), "{error}");
            }
            assert_eq!(last.1["code"], "unknown-snapshot", "{version}: {last:?}");
            assert!(made.join().expect("no panic").get("success").is_some(), "{version}");
        });
    }
}

/// Where its lock has no room all are let go of, and the jail may be another when it goes on: the Python iocage would take one whose
/// name begins so.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn a_jail_that_has_gone_while_it_waited_is_not_taken_for_another() {
    let jails = json!([{"name": "web"}, {"name": "web2"}, {"name": "db"}]);
    let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
    let machine = Machine::new(&json!({"version": "1.13", "pools": pools}));
    std::fs::create_dir(machine.locks()).expect("made");
    // For the pool and two jails, and not for a template.
    let mut mount = std::process::Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=64k,nr_inodes=4,mode=700", "tmpfs"]).arg(machine.locks());
    if !mount.status().is_ok_and(|status| status.success()) {
        crate::support::skipped!("nothing can be mounted here");
        return;
    }
    let host = Host::new(DOORS[0], &machine.config());
    let hold = machine.hold("start");
    let (answer, sets) = std::thread::scope(|scope| {
        let started = scope.spawn(|| host.answer(&json!({"action": "startjail", "jail": "db"})));
        machine.wait_for_command("start");
        let set = scope.spawn(|| host.answer(&set("web", true)));
        // It has found its jail, and waits for the other to end.
        std::thread::sleep(std::time::Duration::from_secs(2));
        let renamed = std::process::Command::new(machine.iocage()).args(["rename", "web", "other"]).output();
        assert!(renamed.expect("it runs").status.success());
        drop(hold);
        assert!(started.join().expect("no panic").get("error").is_none());
        (set.join().expect("no panic"), sets(&machine))
    });
    crate::support::process::unmount(&machine.locks());
    assert_eq!((&answer["code"], sets), (&json!("unknown-jail"), 0), "{answer}");
}
