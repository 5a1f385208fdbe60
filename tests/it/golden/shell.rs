//! The shell iocage: the development line of 2016-02-10 and release 1.7.4.

use serde_json::{Value, json};
use sysadm_iocage::config::Direct;

use super::replay::{Played, Recording, Said};

/// What is not told without iocage, by the recording's name and the words: why.
fn untold(name: &str, words: &[&str]) -> Option<&'static str> {
    match words {
        _ if name.contains("inactive") => Some("no pool is active, and iocage makes one so"),
        ["get", "-r", ..] if name.starts_with("176") => Some("1.7.x has no `get -r`, and fails"),
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
        let recording: &'static Recording = Box::leak(Box::new(recording));
        let played = Played::new(recording, Direct::Only, None);
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
        let recording: &'static Recording = Box::leak(Box::new(recording));
        if recording.name.contains("active") {
            continue;
        }
        let [off, only] = [Direct::Off, Direct::Only].map(|direct| Played::new(recording, direct, None));
        let mut requests: Vec<Value> = ["listjails", "df", "getdefaultsettings", "activatepool"]
            .map(|action| json!({"action": action}))
            .into();
        requests.retain(|request| {
            request["action"] != "getdefaultsettings" || untold(&recording.name, &["defaults"]).is_none()
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
