//! The shell iocage: the development line of 2016-02-10 and release 1.7.4.

use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_iocage::config::Direct;

use super::replay::{Played, Recording, Said};

/// What is not told without iocage, by the recording's name and the words: why.
fn untold(name: &str, words: &[&str]) -> Option<&'static str> {
    match words {
        _ if name.contains("inactive") => Some("no pool is active, and iocage makes one so"),
        ["get", "-r", ..] if name.starts_with("176") => Some("1.7.x has no `get -r`, and fails"),
        ["list"] | ["list", "-t"] if name.starts_with("176") => {
            Some("1.7.4 to 1.7.6 call themselves alike, and list differently")
        }
        ["defaults"] if name.starts_with("176") => Some("1.7.x makes up a host_hostname each time"),
        ["get"] | ["get", _] => Some("no request is so, and iocage fails"),
        ["get", prop, word] if *prop != "-r" && *word != "default" && word.len() != 36 => {
            Some("a jail is asked for by its UUID alone")
        }
        _ => None,
    }
}

#[test]
fn what_iocage_printed_is_told_without_it() {
    let (mut same, mut left) = (0, 0);
    for recording in Recording::all("shell") {
        let recording = Arc::new(recording);
        let played = Played::new(&recording, Direct::Only, None);
        for (words, said) in recording.said() {
            let told = played.without_iocage(&words);
            match untold(&recording.name, &words) {
                Some(why) => {
                    assert!(told.is_err(), "{}: {words:?} is told although {why}", recording.name);
                    left += 1;
                }
                None => {
                    assert_eq!(told, Ok(said), "{}: {words:?}, of {:?}", recording.name, played.asked());
                    same += 1;
                }
            }
        }
    }
    println!("{same} the same, {left} left to iocage");
    assert!(same > 200, "{same}");
}

/// Each request that reads, by both ways: the same to the byte, with at most three programs.
#[test]
fn answers_are_the_same_by_both_ways() {
    let mut compared = 0;
    for recording in Recording::all("shell") {
        let recording = Arc::new(recording);
        if recording.name.contains("active") {
            continue;
        }
        let [off, only] = [Direct::Off, Direct::Only].map(|direct| Played::new(&recording, direct, None));
        let mut requests: Vec<Value> = ["listjails", "df", "getdefaultsettings", "activatepool"]
            .map(|action| json!({"action": action}))
            .into();
        requests.retain(|request| {
            let words: &[&str] = match request["action"].as_str() {
                Some("listjails") => &["list"],
                Some("getdefaultsettings") => &["defaults"],
                _ => &[],
            };
            untold(&recording.name, words).is_none()
        });
        for (words, Said { exit, .. }) in recording.said() {
            match words[..] {
                _ if exit != 0 => {}
                ["get", "-r", prop] => {
                    requests.push(json!({"action": "getjailsettings", "switches": "-r", "prop": prop}));
                }
                ["get", "all", jail] => requests.push(json!({"action": "getjailsettings", "jail": jail})),
                ["get", prop, jail] if jail.len() == 36 => {
                    requests.push(json!({"action": "getjailsettings", "jail": jail, "prop": prop}));
                }
                _ => {}
            }
        }
        for mut request in requests {
            only.asked();
            let (by_iocage, without) = (off.answer(&request), only.answer(&request));
            assert_eq!(by_iocage, without, "{}: {request} {:?}", recording.name, only.asked());
            let asked = only.asked();
            assert!(
                asked.iter().filter(|asked| !asked.contains("--version")).count() <= 3,
                "{request}: {asked:?}"
            );
            request["detail"] = json!(true);
            let detail = |played: &Played| -> Value {
                let mut args: Value = serde_json::from_str(&played.answer(&request)).expect("JSON");
                let detail = &mut args["detail"];
                json!([detail["stdout"].take(), detail["stderr"].take(), detail["exit"].take()])
            };
            assert_eq!(detail(&off), detail(&only), "{}: {request}", recording.name);
            compared += 1;
        }
    }
    println!("{compared} answers compared");
    assert!(compared > 100, "{compared}");
}

/// A jail's root may call what was given to him as he likes: no other jail is taken for it.
#[test]
fn a_dataset_in_a_jail_is_no_other_jail() {
    let all = Recording::all("shell");
    let recording =
        all.into_iter().find(|recording| recording.name == "dev-04-three-one-up").expect("it is there");
    let recording = Arc::new(recording);
    let (web, db) = ("8910cf52-e917-11f1-9cf2-02fc00000001", "89717438-e917-11f1-9cf2-02fc00000001");
    for (uuid, tag) in [(db, "x"), ("-", "db"), ("-", db), ("x", db)] {
        let forge = move |program: &str, text: String| {
            let data = format!("tank/iocage/jails/{web}/data");
            let is_root = |line: &str| line.starts_with(&format!("tank/iocage/jails/{web}/root\t"));
            let with = |line: &str| match is_root(line) && program == "zfs" {
                true => {
                    let rest = "\t-".repeat(line.matches('\t').count() - 3);
                    format!("{data}\t{uuid}\t{tag}{rest}\t{data}\n{line}\n")
                }
                false => format!("{line}\n"),
            };
            text.lines().map(with).collect()
        };
        let played = Played::new(&recording, Direct::Only, Some(Box::new(forge)));
        for action in ["startjail", "destroyjail", "getjailsettings"] {
            // By its UUID iocage is led by no tag but that.
            for name in ["db", db].into_iter().filter(|name| tag != "db" || *name == tag) {
                let answer = played.answer(&json!({"action": action, "jail": name}));
                assert!(answer.contains("ambiguous-jail"), "{uuid} {tag}: {action} {name}: {answer}");
            }
        }
        assert!(!played.asked().iter().any(|call| call.starts_with("iocage") && !call.contains("--version")));
        let plain = Played::new(&recording, Direct::Only, None);
        let args = |played: &Played, request: &Value| -> Value {
            serde_json::from_str(&played.answer(request)).expect("JSON")
        };
        for request in [
            json!({"action": "listjails"}),
            json!({"action": "getjailsettings", "switches": "-r", "prop": "vnet"}),
        ] {
            let action = request["action"].as_str().expect("a name");
            let told = args(&played, &request);
            assert_eq!(told[action], args(&plain, &request)[action], "{uuid} {tag}");
            assert!(told["problems"].to_string().contains("lies in another"), "{told}");
        }
        // It has no rows of what lies in a jail, and says nothing of what it leaves out.
        let usage = json!({"action": "df"});
        assert_eq!(args(&played, &usage), args(&plain, &usage), "{uuid} {tag}");
        assert!(
            args(&played, &json!({"action": "getjailsettings", "jail": "mail"}))["getjailsettings"]["mail"]
                .is_object()
        );
    }
}
