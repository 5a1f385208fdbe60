//! Releases: which are fetched, which could be, and fetching one, over both generations and
//! through both doors.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::thread;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, fault};

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];

fn state(version: &str, milliseconds: u64) -> Value {
    let jail = match version {
        "1.13" => json!({"name": "test"}),
        _ => json!({"uuid": "0a1b2c3d-0001-11e6-9602-54ee75595566", "tag": "test"}),
    };
    let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]});
    json!({"version": version, "mirror": {"12.4-RELEASE": milliseconds, "9.3-RELEASE": 0}, "pools": [pool]})
}

fn list() -> Value {
    json!({"action": "listreleases"})
}

fn fetch(release: &str) -> Value {
    json!({"action": "fetchreleases", "release": release})
}

fn create(tag: &str, release: &str) -> Value {
    json!({"action": "createjail", "props": format!("tag={tag} release={release}")})
}

/// The calls of iocage alone.
fn of_iocage(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with('[')).collect()
}

#[test]
fn fetched_releases_are_told_without_iocage() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = Machine::new(&state(version, 0));
        let host = Host::new(door, &machine.config());
        let here = json!({"fetched": "yes", "used": "98304"});
        assert_eq!(host.answer(&list()), json!({"10.2-RELEASE": here}), "{version}");
        let mut bare = state(version, 0);
        bare["pools"][0]["releases"] = json!([]);
        assert_eq!(of_iocage(&machine), [""; 0], "{version}");
        machine.become_like(&bare);
        assert_eq!(host.answer(&list()), json!({}), "{version}");
        // The folder is made with the first one.
        bare["pools"][0]["datasets"] = json!([""]);
        bare["pools"][0]["jails"] = json!([]);
        machine.become_like(&bare);
        assert_eq!(host.answer(&list()), json!({}), "{version}");
    }
}

#[test]
fn those_that_could_be_fetched_are_told_where_iocage_tells_without_asking() {
    let args = json!({"action": "listreleases", "remote": true});
    for door in DOORS {
        let machine = Machine::new(&state("1.13", 0));
        let host = Host::new(door, &machine.config());
        let other = json!({"fetched": "no", "used": "-"});
        let here = json!({"fetched": "yes", "used": "98304"});
        let told = json!({"10.2-RELEASE": here, "12.4-RELEASE": other, "9.3-RELEASE": other});
        assert_eq!(host.answer(&args), told);
        assert_eq!(of_iocage(&machine), ["[list][-R]"]);
        let mut offline = state("1.13", 0);
        offline["mirror"] = json!({});
        machine.become_like(&offline);
        let answer = host.answer(&args);
        assert_eq!(fault(&answer).0, "iocage-failed", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains("www.freebsd.org")), "{answer}");

        let machine = Machine::new(&state("2016-02-10", 0));
        let answer = Host::new(door, &machine.config()).answer(&args);
        assert_eq!(fault(&answer), ("unsupported", "remote"), "{answer}");
        // Its question, unanswered, would fetch the host's.
        assert_eq!(of_iocage(&machine), [""; 0]);
    }
}

/// Who may only look has nothing changed by that: iocage would activate a pool.
#[test]
fn who_may_only_look_has_no_pool_activated() {
    for version in BOTH {
        let machine = Machine::new(&json!({"version": version, "pools": [{"name": "tank"}]}));
        let host = Host::new(DOORS[0], &machine.config());
        for args in [list(), json!({"action": "listreleases", "remote": true})] {
            let (status, text) = host.send_as(Limited, "sysadm", "iocage", &args.to_string());
            let is_told = status == Status::Forbidden || text.contains("no-pool");
            assert!(is_told, "{version}: {status:?} {text}");
        }
        let (status, _) = host.send_as(Limited, "sysadm", "iocage", &fetch("12.4-RELEASE").to_string());
        assert_eq!(status, Status::Forbidden);
        assert_eq!(of_iocage(&machine), [""; 0], "{version}");
    }
}

#[test]
fn a_release_is_fetched_once() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = Machine::new(&state(version, 0));
        let host = Host::new(door, &machine.config());
        let answer = host.ask(&fetch("12.4-RELEASE"));
        let done =
            json!({"fetched": "now", "release": "12.4-RELEASE", "success": "release 12.4-RELEASE fetched."});
        assert_eq!(answer, json!({"fetchreleases": done}), "{version}");
        let run = if version == "1.13" {
            "[fetch][-r][12.4-RELEASE][-NE]"
        } else {
            "[fetch][release=12.4-RELEASE]"
        };
        assert_eq!(of_iocage(&machine), [run]);
        assert_eq!(host.answer(&list())["12.4-RELEASE"]["fetched"], "yes");
        let again = host.answer(&fetch("12.4-RELEASE"));
        assert_eq!(again["fetched"], "before", "{again}");
        // It would be extracted again, under the jails that run on it.
        assert_eq!(of_iocage(&machine), [""; 0], "{version}");
        let made = host.answer(&create("new", "12.4-RELEASE"));
        assert!(made.get("error").is_none(), "{made}");
    }
}

#[test]
fn what_is_not_fetched_is_no_success() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = Machine::new(&state(version, 60_000));
        let config = machine.config_with(&json!({"timeouts_s": {"fetch": 1}, "grace_s": 1}));
        let host = Host::new(door, &config);
        let answer = host.answer(&fetch("11.0-RELEASE"));
        let expected = match version {
            "1.13" => ("unknown-release", "release", "11.0-RELEASE was not found!"),
            _ => ("iocage-failed", "", "Failed fetching remote base.txz.."),
        };
        assert_eq!(fault(&answer), (expected.0, expected.1), "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(expected.2) && !error.contains("destroy"), "{answer}");

        // It does not end. The shell iocage has made a place for it before.
        let answer = host.answer(&fetch("12.4-RELEASE"));
        assert_eq!(fault(&answer).0, "timed-out", "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        let is_left = error.contains("tank/iocage/releases/12.4-RELEASE is there now, and may not be whole");
        assert_eq!(is_left, version != "1.13", "{answer}");
        assert_eq!(host.answer(&list()).get("12.4-RELEASE").is_some(), is_left);
        machine.calls();

        // Names that are none of a release, and nothing is run.
        for name in
            ["", "-r", "ALL", "12.4-release", "12.4-RELEASE-p1", "12.4-RELEASE x", "../12.4-RELEASE", "1e1-X"]
        {
            let answer = host.answer(&fetch(name));
            assert_eq!(fault(&answer), ("illegal-name", "release"), "{name}: {answer}");
        }
        assert_eq!(fault(&host.answer(&json!({"action": "fetchreleases"}))), ("missing-key", "release"));
        assert_eq!(
            fault(&host.answer(&json!({"action": "fetchreleases", "release": ["a"]}))),
            ("wrong-type", "release")
        );
        assert_eq!(machine.all_calls(), [""; 0]);
    }
    // The shell iocage would take one for the other.
    let mut longer = state("2016-02-10", 0);
    longer["pools"][0]["releases"] = json!(["12.4-RELEASE-ours"]);
    let machine = Machine::new(&longer);
    let answer = Host::new(DOORS[0], &machine.config()).answer(&fetch("12.4-RELEASE"));
    assert_eq!(fault(&answer), ("unsupported", "release"), "{answer}");
    assert_eq!(of_iocage(&machine), [""; 0]);
}

/// While one is fetched no jail is made of it, and nobody else is kept out.
#[test]
fn a_fetch_excludes_who_needs_the_release() {
    for (door, version) in DOORS.into_iter().zip(BOTH) {
        let machine = Machine::new(&state(version, 0));
        let host = Host::new(door, &machine.config_with(&json!({"lock_wait_s": 1})));
        thread::scope(|scope| {
            let hold = machine.hold("fetch");
            let fetching = scope.spawn(|| host.answer(&fetch("12.4-RELEASE")));
            machine.wait_for_command("fetch");
            for busy in
                [create("new", "12.4-RELEASE"), fetch("12.4-RELEASE"), json!({"action": "cleanreleases"})]
            {
                let answer = host.answer(&busy);
                assert_eq!(fault(&answer).0, "busy", "{busy}: {answer}");
                let who = "fetchreleases of \"12.4-RELEASE\"";
                assert!(answer["error"].as_str().is_some_and(|error| error.contains(who)), "{answer}");
            }
            for free in [create("other", "10.2-RELEASE"), json!({"action": "startjail", "jail": "test"})] {
                let answer = host.answer(&free);
                assert!(answer.get("error").is_none(), "{free}: {answer}");
            }
            drop(hold);
            assert_eq!(fetching.join().expect("no panic")["fetched"], "now");
        });
        // Those who make jails of one release exclude nobody.
        let hold = machine.hold("create");
        thread::scope(|scope| {
            let both = ["one", "two"].map(|tag| {
                let host = &host;
                scope.spawn(move || host.answer(&create(tag, "12.4-RELEASE")))
            });
            thread::sleep(std::time::Duration::from_millis(1500));
            drop(hold);
            for made in both {
                let answer = made.join().expect("no panic");
                assert!(answer.get("error").is_none(), "{answer}");
            }
        });
    }
}
