//! The Python iocage: 1.13, and the line that calls itself 1.2.

use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_iocage::config::Direct;

use super::replay::{Played, Recording, Said};

/// What is not told without iocage, by the recording's name and the words: why.
fn untold(name: &str, words: &[&str]) -> Option<&'static str> {
    match (name, words) {
        ("corrupt-defaults", ["get", "all", _]) => Some("what is built in depends on the machine"),
        ("corrupt-defaults", ["get", "vnet", _] | ["get", "-rh", "vnet" | "notes"]) => {
            Some("what is built in is not known of it")
        }
        ("empty-config", ["list", "-lh"]) => Some("iocage throws"),
        ("unmounted", ["get", "-rh", _] | ["df", ..]) => {
            Some("iocage throws at a jail that is mounted nowhere")
        }
        ("unmounted", ["get", "all" | "vnet", "nomp"]) => Some("iocage throws at it"),
        ("unmounted", ["list", "-lh"] | ["get", "all" | "vnet", "unm"]) => Some("iocage mounts it"),
        _ => None,
    }
}

/// What is told in other words than iocage's, which are read alike: why.
fn told_otherwise(name: &str, words: &[&str]) -> Option<&'static str> {
    match (name, words) {
        ("three-1.2", ["list", "-lh"]) => {
            Some("it throws, and then draws the table when it is asked for a box")
        }
        ("defaults-changed" | "three", ["df", ..]) => {
            Some("a figure moved between the recorder's zfs and iocage's")
        }
        ("corrupt-defaults", ["get", "-p"]) => None,
        ("corrupt-defaults", _) => Some("it complains of its defaults as often as it reads them"),
        _ => None,
    }
}

#[test]
fn what_iocage_printed_is_told_without_it() {
    let (mut same, mut left, mut otherwise) = (0, 0, 0);
    let mut wrong = Vec::new();
    for recording in Recording::all("python") {
        let recording = Arc::new(recording);
        let played = Played::new(&recording, Direct::Only, None);
        for (words, said) in recording.said() {
            let told = played.without_iocage(&words).map(|told| here(told, &recording));
            let about = format!("{}: {words:?}, of {:?}", recording.name, played.asked());
            if let Some(why) = untold(&recording.name, &words) {
                assert!(told.is_err(), "{about} is told although {why}: {told:?}");
                left += 1;
            } else if let Some(why) = told_otherwise(&recording.name, &words) {
                assert!(told.is_ok() && told != Ok(said), "{about}: {told:?}, {why}");
                otherwise += 1;
            } else {
                if told != Ok(said.clone()) {
                    wrong.push(format!("{about}:\n  {told:?}\n  {said:?}"));
                }
                same += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), wrong.len() + same, wrong.join("\n"));
    println!("{same} the same, {otherwise} in other words, {left} left to iocage");
    assert!(same > 100, "{same}");
}

/// With the recorded machine's paths.
fn here(said: Said, recording: &Recording) -> Said {
    let root = recording.below("").display().to_string();
    let text = |text: String| text.replace(root.trim_end_matches('/'), "");
    Said { exit: said.exit, stdout: text(said.stdout), stderr: text(said.stderr) }
}

/// What is not compared by both ways: why.
fn incomparable(name: &str, words: &[&str]) -> Option<&'static str> {
    match (name, words) {
        ("defaults-changed" | "three", ["df", ..]) => told_otherwise(name, words),
        ("empty-config", ["get", "-rh", "notes" | "boot"]) => {
            Some("iocage is then asked for it of each jail alone, which nobody recorded")
        }
        ("three-1.2", ["list", ..]) => Some("iocage is then asked for a box, which nobody recorded"),
        (_, ["get", "-s", _]) => Some("no request is so"),
        _ => None,
    }
}

fn requests(recording: &Recording) -> Vec<Value> {
    let mut requests = Vec::new();
    for (words, _) in recording.said() {
        let request = match words[..] {
            _ if untold(&recording.name, &words).is_some() => continue,
            _ if incomparable(&recording.name, &words).is_some() => continue,
            ["list", "-lh"] => json!({"action": "listjails"}),
            ["df", _] => json!({"action": "df"}),
            ["get", "-p"] => json!({"action": "activatepool"}),
            ["get", "all", "default"] => json!({"action": "getdefaultsettings"}),
            ["get", "-rh", prop] => json!({"action": "getjailsettings", "switches": "-r", "prop": prop}),
            ["get", "all", jail] => json!({"action": "getjailsettings", "jail": jail}),
            ["get", prop, jail] => json!({"action": "getjailsettings", "jail": jail, "prop": prop}),
            _ => continue,
        };
        requests.push(request);
    }
    requests
}

/// Each request that reads, by both ways: the same to the byte, with at most three programs.
#[test]
fn answers_are_the_same_by_both_ways() {
    let mut compared = 0;
    let mut wrong = Vec::new();
    for recording in Recording::all("python") {
        let recording = Arc::new(recording);
        let [off, only] = [Direct::Off, Direct::Only].map(|direct| Played::new(&recording, direct, None));
        for request in requests(&recording) {
            only.asked();
            let (by_iocage, without) = (off.answer(&request), only.answer(&request));
            let root = recording.below("").display().to_string();
            let without = without.replace(root.trim_end_matches('/'), "");
            let mut asked = only.asked();
            if by_iocage != without {
                wrong.push(format!("{}: {request} {asked:?}:\n  {by_iocage}\n  {without}", recording.name));
            }
            // This zfs does not know of encryption, and is asked again.
            asked.retain(|asked| !asked.contains("--version") && !asked.contains("keystatus"));
            assert!(asked.len() <= 3 || without.contains("pool-active"), "{request}: {asked:?}");
            compared += 1;
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} answers compared");
    assert!(compared > 100, "{compared}");
}
