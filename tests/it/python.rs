//! The Python iocage: the document on it, its dangers (`dangers`; by a model of it
//! `found`, by a hostile jail `inside`), and what it cannot do.

mod dangers;
mod found;
mod inside;
mod machine;
mod model;
mod scripts;

use serde_json::{Value, json};

use crate::support::{DOORS, Host, Machine, run_host};
use machine::{by_iocage, code, host, machine, running, state};

#[test]
fn the_demo_plays_the_document() {
    for door in DOORS {
        let (out, _, status) = run_host(door, &["--sim-version", "1.13", "demo"], "");
        assert!(out.contains("a simulator of iocage 1.13"), "{out}");
        assert!(out.ends_with("\n24 exchanges played, 24 as documented, 0 not\n"), "{}: {out}", door.word());
        assert_eq!(status, Some(0));
    }
}

/// One request after the other, with the whole answer of each.
#[test]
fn a_life_of_a_jail() {
    let story = [
        (
            json!({"action": "createjail", "props": "tag=db release=14.3-RELEASE boot=off"}),
            json!({"props": "tag=db release=14.3-RELEASE boot=off", "success": {"Successfully created": " db (db)"}, "switches": ""}),
        ),
        (
            json!({"action": "createjail", "props": "tag=none", "switches": "-e"}),
            json!({"props": "tag=none", "success": {"uuid": "none"}, "switches": "-e"}),
        ),
        (
            json!({"action": "listjails"}),
            json!({
                "db": {"boot": "off", "ip4": "-", "jid": "-", "state": "down", "tag": "db", "type": "jail"},
                "none": {"boot": "off", "ip4": "-", "jid": "-", "state": "down", "tag": "none", "type": "jail"},
            }),
        ),
        (
            json!({"action": "startjail", "jail": "db"}),
            json!({"db": {
                "* Starting db": "", "+ Executing poststart OK": "", "+ Started OK": "", "+ Starting services OK": "",
                "+ Using IP options": " ip4.saddrsel=1 ip4=new ip6.saddrsel=1 ip6=new",
                "+ Using devfs_ruleset": " 1000 (iocage generated default)",
            }}),
        ),
        (json!({"action": "startjail", "jail": "db"}), json!({"db": {"INFO": " db (db) is already up"}})),
        (
            json!({"action": "execjail", "jail": "db", "user": "root", "command": "printf '%s|' 'a  b' -f -U"}),
            json!({"success": {"a  b|-f|-U|": ""}}),
        ),
        (
            json!({"action": "stopjail", "jail": "db"}),
            json!({"db": {
                "* Stopping db": "", "+ Executing poststop OK": "", "+ Executing prestop OK": "",
                "+ Removing devfs_ruleset": " 1000 OK", "+ Removing jail process OK": "", "+ Stopping services OK": "",
            }}),
        ),
        (json!({"action": "stopjail", "jail": "db"}), json!({"db": {"INFO": " db (db) is already down"}})),
        (
            json!({"action": "clonejail", "jail": "db", "props": "tag=copy notes='a b'"}),
            json!({"jail": "db", "props": "tag=copy notes='a b'", "success": {"Successfully created": " copy (copy)"}}),
        ),
        (
            json!({"action": "getjailsettings", "jail": "copy", "prop": "notes"}),
            json!({"copy": {"notes": "a b"}}),
        ),
        (
            json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"}),
            json!({
                "copy": {"TAG": "copy", "notes": "a b"},
                "db": {"TAG": "db", "notes": "none"},
                "none": {"TAG": "none", "notes": "none"},
            }),
        ),
        (json!({"action": "destroyjail", "jail": "none"}), json!({"success": {"Destroying": " none"}})),
        (json!({"action": "activatepool"}), json!({"currently active": {"pool": " tank"}})),
    ];
    for door in DOORS {
        let machine = machine(json!([]));
        let host = Host::new(door, &machine.config());
        for (request, answer) in &story {
            assert_eq!(host.answer(request), *answer, "{request}");
        }
    }
}

#[test]
fn the_words_of_the_document_are_translated() {
    for (request, call) in [
        (
            json!({"action": "createjail", "props": "tag=x release=14.3-RELEASE"}),
            "[create][-r][14.3-RELEASE][-n][x]",
        ),
        (
            json!({"action": "createjail", "props": "release=14.3-RELEASE", "switches": "-b"}),
            "[create][-r][14.3-RELEASE][-b]",
        ),
        (
            json!({"action": "createjail", "props": "tag=x template=base notes='a b'"}),
            "[create][-t][base][-n][x][notes=a b]",
        ),
        (
            json!({"action": "createjail", "props": "tag=x count=2 release=14.3-RELEASE"}),
            "[create][-r][14.3-RELEASE][-n][x][-c][2]",
        ),
        (json!({"action": "createjail", "switches": "-e"}), "[create][-e]"),
        (
            json!({"action": "createjail", "props": "tag=x release=9.9-RELEASE", "fetch": true}),
            "[create][-r][9.9-RELEASE][-n][x]",
        ),
        (
            json!({"action": "clonejail", "jail": "db", "props": "tag=x boot=off"}),
            "[clone][db][-n][x][boot=off]",
        ),
        (json!({"action": "destroyjail", "jail": "db"}), "[destroy][db]"),
        (json!({"action": "getjailsettings", "jail": "db"}), "[get][all][db]"),
        (json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"}), "[get][-rh][vnet]"),
        (json!({"action": "getdefaultsettings"}), "[get][all][default]"),
        (json!({"action": "deactivatepool", "pool": "tank"}), "zfs[set][org.freebsd.ioc:active=no][tank]"),
        (json!({"action": "cleanall"}), "[clean][-fa]"),
    ] {
        let machine = machine(json!([{"name": "db"}, {"name": "base", "type": "template"}]));
        by_iocage(&machine).answer(&request);
        let calls = machine.calls();
        assert!(calls.iter().any(|found| found == call), "{request}: {calls:?}");
    }
}

#[test]
fn a_release_that_is_not_there_is_not_downloaded() {
    let machine = machine(json!([]));
    let answer =
        host(&machine).answer(&json!({"action": "createjail", "props": "tag=x release=9.9-RELEASE"}));
    assert_eq!((code(&answer), answer["key"].as_str()), ("unknown-release", Some("props")), "{answer}");
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("14.3-RELEASE")), "{answer}");
    assert!(!machine.calls().iter().any(|call| call.contains("create")));
}

#[test]
fn several_made_at_once_are_all_told() {
    let machine = machine(json!([]));
    let answer =
        host(&machine).ask(&json!({"action": "createjail", "props": "tag=x count=2 release=14.3-RELEASE"}));
    assert_eq!(
        answer["warnings"],
        json!(["Successfully created: x_1 (x_1)", "Successfully created: x_2 (x_2)"]),
        "{answer}"
    );
}

#[test]
fn limits_are_applied_one_by_one() {
    let with = |properties: Value, jid: Option<u32>| {
        let mut jail = json!({"name": "db", "properties": properties});
        if let Some(jid) = jid {
            jail["jid"] = json!(jid);
        }
        machine(json!([jail]))
    };
    let cap = json!({"action": "capjail", "jail": "db"});
    let set = json!({"memoryuse": "deny=1g", "pcpu": "deny=50"});
    let capped = with(set.clone(), Some(1));
    assert_eq!(
        host(&capped).answer(&cap),
        json!({"applied": ["memoryuse=deny=1g", "pcpu=deny=50"], "success": "jail db capped."})
    );
    assert!(capped.calls().contains(&"[set][pcpu=deny=50][db]".to_owned()));
    assert_eq!(code(&host(&with(set.clone(), None)).answer(&cap)), "jail-not-running");
    let old = with(json!({"maxproc": "deny=9", "memoryuse": "8G:log"}), Some(1));
    let answer = host(&old).answer(&cap);
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("`log=8G`")), "{answer}");
    assert!(
        !old.calls().iter().any(|call| call.contains("set")),
        "nothing is applied before all are looked at"
    );
    let mut state = state(json!([{"name": "db", "jid": 1, "properties": set}]));
    state["host"] = json!({"racct": false});
    let answer = host(&Machine::new(&state)).answer(&cap);
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.starts_with("memoryuse=deny=1g: ") && error.contains("kern.racct.enable"), "{answer}");
    assert!(error.ends_with("; applied before it: none"), "{answer}");
    assert!(answer.get("success").is_none(), "{answer}");
}

#[test]
fn the_status_of_a_command_is_its_own() {
    let machine = machine(json!([{"name": "db", "jid": 1}, {"name": "off"}]));
    let exec = |jail: &str, user: &str, command: &str| json!({"action": "execjail", "jail": jail, "user": user, "command": command, "detail": true});
    for door in DOORS {
        let host = Host::new(door, &machine.config());
        let answer = host.ask(&exec("db", "root", "sh -c 'echo out; echo oops >&2; exit 42'"));
        assert_eq!(
            answer["execjail"],
            json!({
                "code": "command-failed", "error": "the command failed with exit status 42", "exit": 42,
                "key": "command", "stderr": "oops\n", "stdout": "out\n"
            })
        );
        let detail = &answer["detail"];
        assert_eq!((&detail["exit"], &detail["stderr"]), (&json!(42), &json!("oops\n")), "{answer}");
        let answer = host.ask(&exec("db", "root", "nosuch"));
        assert_eq!(code(&answer["execjail"]), "command-not-found", "{answer}");
        let answer = host.ask(&exec("db", "nosuch", "true"));
        assert_eq!(code(&answer["execjail"]), "unknown-user", "{answer}");
        assert!(!answer.to_string().contains("exit-status"), "nothing of the wrapping is seen: {answer}");
        let answer = host.ask(&exec("off", "root", "true"));
        assert_eq!(code(&answer["execjail"]), "jail-not-running", "{answer}");
    }
}

#[test]
fn one_broken_jail_does_not_hide_the_others() {
    for (damage, says) in
        [(json!(true), "corrupt configuration"), (json!("missing"), "missing its configuration")]
    {
        let machine = machine(json!([{"name": "bad", "corrupt": damage}, {"name": "db"}]));
        let host = host(&machine);
        let answer = host.ask(&json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"}));
        assert_eq!(answer["getjailsettings"]["db"], json!({"TAG": "db", "vnet": "0"}), "{answer}");
        assert!(answer["problems"][0].as_str().is_some_and(|text| text.contains(says)), "{answer}");
        let answer = host.ask(&json!({"action": "listjails"}));
        assert_eq!(answer["listjails"]["db"]["state"], "down", "{answer}");
        let answer = host.ask(&json!({"action": "df"}));
        assert_eq!(
            (&answer["df"]["db"]["crt"], &answer["df"]["bad"]["tag"]),
            (&json!("1.00x"), &json!("bad"))
        );
        assert!(answer["problems"][0].as_str().is_some_and(|text| text.contains(says)), "{answer}");
        // A name is found although `df`, where names come from, fails whole.
        let answer = host.answer(&json!({"action": "startjail", "jail": "db"}));
        assert!(answer["db"].get("* Starting db").is_some(), "{answer}");
    }
    let machine = machine(json!([{"name": "bad", "corrupt": true}, {"name": "db"}]));
    let answer = host(&machine).ask(&json!({"action": "listjails"}));
    assert_eq!(answer["listjails"]["bad"]["state"], "CORRUPT", "{answer}");
    assert!(answer["problems"].to_string().contains("bad has a corrupt"), "{answer}");
    let answer = host(&machine).answer(&json!({"action": "startjail", "jail": "bad"}));
    assert_eq!(code(&answer), "corrupt-jail", "{answer}");
}

#[test]
fn a_property_that_no_jail_has_is_not_asked_of_each() {
    let machine = machine(json!([{"name": "db"}, {"name": "web"}]));
    let answer =
        by_iocage(&machine).answer(&json!({"action": "getjailsettings", "prop": "bogus", "switches": "-r"}));
    assert_eq!((code(&answer), answer["key"].as_str()), ("unknown-property", Some("prop")), "{answer}");
    assert_eq!(machine.calls(), ["[get][-rh][bogus]"]);
}

#[test]
fn a_snapshot_that_is_left_is_told() {
    let machine = machine(json!([{"name": "bad", "corrupt": true}]));
    let answer = host(&machine).ask(&json!({"action": "destroyjail", "jail": "bad"}));
    assert_eq!(answer["destroyjail"], json!({"success": {"Destroying": " bad"}}), "{answer}");
    assert!(answer["warnings"].to_string().contains("releases/14.3-RELEASE/root@bad"), "{answer}");
}

#[test]
fn what_a_clean_leaves_hollow_is_named() {
    let machine = machine(json!([{"name": "db"}, {"name": "base", "type": "template"}]));
    let host = host(&machine);
    assert_eq!(code(&host.answer(&json!({"action": "cleanreleases"}))), "has-dependents");
    let answer = host.ask(&json!({"action": "cleanreleases", "force": true}));
    assert_eq!(answer["cleanreleases"]["success"], "All RELEASEs have been cleaned.");
    let destroyed = answer["cleanreleases"]["destroyed"].to_string();
    assert!(destroyed.contains("jails/db/root") && destroyed.contains("templates/base/root"), "{answer}");
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("jail db is still listed") && warnings.contains("jail base is"), "{answer}");
}

#[test]
fn deactivating_says_that_it_does_not_last() {
    let machine = machine(json!([]));
    let host = host(&machine);
    let answer = host.ask(&json!({"action": "deactivatepool", "pool": "tank"}));
    assert_eq!(answer["deactivatepool"], json!({"success": "pool tank deactivated."}));
    assert!(answer["warnings"][0].as_str().is_some_and(|text| text.contains("next command")), "{answer}");
    let answer = host.answer(&json!({"action": "deactivatepool", "pool": "nopool"}));
    assert_eq!((code(&answer), answer["key"].as_str()), ("unknown-pool", Some("pool")), "{answer}");
}

#[test]
fn steps_that_fail_are_judged_by_the_state() {
    let machine = machine(json!([{"name": "db", "rc_exit": 1}]));
    let answer = host(&machine).answer(&json!({"action": "startjail", "jail": "db"}));
    let is_up = !running(&machine).is_empty();
    assert_eq!(answer.get("error").is_none(), is_up, "{answer}");
}

#[test]
fn a_value_with_lines_forges_no_property_and_no_row() {
    let machine = machine(json!([{"name": "a"}, {"name": "db"}, {"name": "web"}]));
    machine.run_naively(&["set", "notes=first\nnothing:1\nvnet:1\nboot:1\nweb\t5", "db"]);
    let host = host(&machine);
    let answer = host.answer(&json!({"action": "getjailsettings", "jail": "db"}));
    let all = &answer["db"];
    assert_eq!(all["notes"], "first\nnothing:1\nvnet:1\nboot:1\nweb\t5", "{answer}");
    assert_eq!((&all["vnet"], &all["boot"], all.get("nothing")), (&json!("0"), &json!("0"), None));
    let answer = host.answer(&json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"}));
    assert_eq!(answer["db"]["notes"], "first\nnothing:1\nvnet:1\nboot:1\nweb\t5", "{answer}");
    assert_eq!(answer["web"]["notes"], "none", "{answer}");
}

/// A question that would activate a pool is no question: a caller who may only read is
/// refused, and another one told what was done.
#[test]
fn a_question_that_changes_something_needs_the_right_to() {
    use sysadm_class::{Access, Status};

    let request = r#"{"action":"listjails"}"#;
    let generations = [
        ("1.13", "no pool is active", "iocage has by itself: Setting up zpool [tank]"),
        ("2016-02-10", "no pool is active", "no pool was active; iocage made it"),
    ];
    for (door, (version, why, by_itself)) in
        DOORS.into_iter().flat_map(|door| generations.map(|it| (door, it)))
    {
        let machine = Machine::new(
            &json!({"version": version, "pools": [{"name": "tank", "releases": ["14.3-RELEASE"]}]}),
        );
        let host = Host::new(door, &machine.config_with(&json!({"direct": "off"})));
        // Nor does who asks how the class is doing.
        let health = host.instance().health(None).expect("the contract is kept").text().into_owned();
        assert!(health.contains(r#""code":"no-pool""#) && health.contains(why), "{health}");
        let (status, text) = host.send_as(Access::Limited, "sysadm", "iocage", request);
        assert_eq!(status, Status::Forbidden, "{text}");
        assert!(text.contains("access-denied") && text.contains(why), "{text}");
        let calls = machine.calls();
        let is_question = |call: &String| call.starts_with("zfs[list]") || call.starts_with("zpool[list]");
        assert!(calls.iter().all(is_question), "{calls:?}");
        let answer = host.ask(&json!({"action": "listjails"}));
        let told = answer["warnings"][0].as_str().unwrap_or_default();
        assert!(told.contains(by_itself), "{answer}");
        // Now it is, and nothing is changed by asking.
        let (status, text) = host.send_as(Access::Limited, "sysadm", "iocage", request);
        assert_eq!((status, &*text), (Status::Ok, r#"{"listjails":{}}"#));
    }
}

/// Without iocage a question changes nothing, whoever asks it.
#[test]
fn without_a_pool_nothing_is_activated() {
    use sysadm_class::{Access, Status};

    let machine =
        Machine::new(&json!({"version": "1.13", "pools": [{"name": "tank", "releases": ["14.3-RELEASE"]}]}));
    let host = host(&machine);
    for request in ["listjails", "df", "getdefaultsettings", "activatepool", "cleanall"] {
        let answer = host.answer(&json!({"action": request}));
        assert_eq!(code(&answer), "no-pool", "{request}: {answer}");
    }
    let answer = host.answer(&json!({"action": "startjail", "jail": "web"}));
    assert_eq!(code(&answer), "no-pool", "{answer}");
    let (status, text) = host.send_as(Access::Limited, "sysadm", "iocage", r#"{"action":"listjails"}"#);
    assert!(status == Status::Ok && text.contains("no-pool"), "{text}");
    let calls = machine.calls();
    // Only those that tell: with zpool and zfs jls is asked, before it is known that there is nothing to be told.
    let tells =
        |call: &String| ["zpool[list]", "zfs[list]", "jls["].iter().any(|tool| call.starts_with(tool));
    assert!(calls.iter().all(tells), "{calls:?}");
    let answer = host.answer(&json!({"action": "activatepool", "pool": "tank"}));
    assert!(answer.get("error").is_none(), "{answer}");
}

/// What the real destroy of 1.10 takes along, the class does not let it.
#[test]
fn an_older_version_does_not_destroy_what_has_a_longer_name() {
    let mut old = state(json!([{"name": "foo"}, {"name": "foo-bar"}, {"name": "keep"}]));
    old["version"] = json!("1.10");
    let machine = Machine::new(&old);
    let host = host(&machine);
    let answer = host.answer(&json!({"action": "destroyjail", "jail": "foo"}));
    assert_eq!((code(&answer), answer["key"].as_str()), ("unsupported", Some("jail")), "{answer}");
    assert_eq!(machine::names(&machine), ["foo", "foo-bar", "keep"]);
    let answer = host.answer(&json!({"action": "destroyjail", "jail": "foo-bar"}));
    assert!(answer.get("success").is_some(), "{answer}");
    assert_eq!(machine::names(&machine), ["foo", "keep"]);
}
