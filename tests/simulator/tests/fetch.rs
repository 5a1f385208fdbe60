//! A release that is fetched takes as long as the state says, and is told of in the form of its generation.

use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::machine::Machine;

fn machine(version: &str, milliseconds: u64) -> Machine {
    Machine::new(&json!({
        "version": version,
        "mirror": {"12.4-RELEASE": milliseconds},
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"]}],
    }))
}

/// Each piece as it came, and when.
fn pieces(machine: &Machine, words: &[&str], is_stderr: bool) -> Vec<(Duration, String)> {
    let mut command = machine.command();
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if is_stderr {
        command.stderr(Stdio::piped())
    } else {
        command.stdout(Stdio::piped())
    };
    let begun = Instant::now();
    let mut child = command.spawn().expect("the simulator can be started");
    let mut stream: Box<dyn Read> = match (child.stdout.take(), child.stderr.take()) {
        (Some(stdout), _) => Box::new(stdout),
        (None, Some(stderr)) => Box::new(stderr),
        (None, None) => unreachable!("one was piped"),
    };
    let (mut pieces, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        pieces.push((begun.elapsed(), String::from_utf8_lossy(&buffer[..count]).into_owned()));
    }
    assert!(child.wait().expect("it can be waited for").success());
    pieces
}

fn releases(machine: &Machine) -> Value {
    machine.state()["pools"][0]["releases"].clone()
}

#[test]
fn a_create_of_the_python_iocage_redraws_a_bar_for_each_file() {
    let machine = machine("1.13", 2000);
    let pieces = pieces(&machine, &["create", "-r", "12.4-RELEASE", "-n", "x"], false);
    let drawn: Vec<&(Duration, String)> = pieces.iter().filter(|(_, text)| text.contains('%')).collect();
    assert!((12..=18).contains(&drawn.len()), "{pieces:?}");
    let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    assert!(text.starts_with("Fetching: 12.4-RELEASE\n\n\x1b[2K \rDownloading: MANIFEST [####################] 100% \r\n 8.4MB/s\r"), "{text:?}");
    assert!(
        text.contains("\x1b[2K \rDownloading: base.txz [###-----------------] 16%  8.4MB/s\r"),
        "{text:?}"
    );
    assert!(
        text.ends_with(
            "Extracting: base.txz... \nExtracting: lib32.txz... \nExtracting: src.txz... \n\n\
         * Updating 12.4-RELEASE to the latest patch level... \n\
         Missing default rc.conf, creating it\nx successfully created!\n"
        ),
        "{text:?}"
    );
    assert!(drawn[drawn.len() - 1].0 >= Duration::from_millis(1500), "{pieces:?}");
    assert_eq!(releases(&machine), json!(["12.4-RELEASE", "14.3-RELEASE"]));
    // It is there now, and one that is on no mirror is not found.
    machine.expect(&["create", "-r", "12.4-RELEASE", "-n", "y"], 0, "y successfully created!\n", "");
    assert_eq!(machine.run(&["create", "-r", "12.3-RELEASE", "-n", "z"]).exit, 1);
}

#[test]
fn a_fetch_of_the_python_iocage_takes_what_it_is_asked_for() {
    let machine = machine("1.13", 0);
    let again = "Fetching: 12.4-RELEASE\n\nExtracting: base.txz... \n\n\
                 * Updating 12.4-RELEASE to the latest patch level... \n";
    let words = ["fetch", "-r", "12.4-release", "-F", "MANIFEST", "-F", "base.txz"];
    let first = machine.run(&words);
    assert_eq!((first.exit, first.stdout.matches("100%").count()), (0, 2), "{}", first.stdout);
    machine.expect(&words, 0, again, "");
    machine.expect(&["fetch", "-r", "12.0-RELEASE", "-NE"], 1, "", "12.0-RELEASE was not found!\n");
    machine.expect(&["fetch", "-r", "x", "-NU"], 70, "", "iocage-sim: not simulated: fetch -NU\n");
    machine.expect(&["fetch"], 70, "", "iocage-sim: not simulated: fetch without --release\n");
}

#[test]
fn the_python_iocage_lists_what_its_mirror_has() {
    let machine = machine("1.13", 0);
    machine.write_state(&json!({"version": "1.13", "mirror": {"14.3-RELEASE": 0, "9.3-RELEASE": 0}, "pools": [{"name": "tank", "active": true}]}));
    machine.expect(&["list", "-R"], 0, "9.3-RELEASE\n14.3-RELEASE\n", "");
    machine.write_state(&json!({"version": "1.13", "pools": [{"name": "tank", "active": true}]}));
    let said = machine.run(&["list", "-R"]);
    assert!(said.exit == 1 && said.stderr.contains("www.freebsd.org"), "{}", said.stderr);
    let said = machine.run(&["fetch", "-r", "14.3-RELEASE", "-NE"]);
    assert!(said.exit == 1 && said.stderr.contains("url: /ftp/releases/amd64"), "{}", said.stderr);
}

#[test]
fn a_fetch_of_the_shell_iocage_says_name_and_figures_of_each_file_and_nothing_in_between() {
    let machine = machine("2016-02-10", 1000);
    let pieces = pieces(&machine, &["fetch", "release=12.4-RELEASE"], true);
    assert_eq!(pieces[0].1, format!("{:<46}", "base.txz"));
    let text: String = pieces.iter().map(|(_, text)| text.as_str()).collect();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "{text:?}");
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>()[..3], ["base.txz", "64", "MB"], "{text:?}");
    assert!(lines[0].ends_with("Bps 00m00s"), "{text:?}");
    assert_eq!(releases(&machine), json!(["14.3-RELEASE", "12.4-RELEASE"]));
    let said = machine.run(&["fetch", "release=12.4-RELEASE"]).stdout;
    assert_eq!(
        said,
        "Extracting: base.txz\nExtracting: doc.txz\nExtracting: lib32.txz\nExtracting: src.txz\n* Updating base jail template.\n"
    );
    let refused = machine.run(&["fetch", "release=12.3-RELEASE"]);
    assert!(
        refused.exit == 1 && refused.stderr.ends_with("\nFailed fetching remote base.txz..\n"),
        "{}",
        refused.stderr
    );
    assert_eq!(releases(&machine), json!(["14.3-RELEASE", "12.4-RELEASE"]));
}

#[test]
fn a_mirror_is_held_to_its_shape() {
    let machine = machine("1.13", 0);
    machine.write_state(&json!({"mirror": {"12.4-RELEASE": "3s"}}));
    let refused = machine.run(&["list"]).stderr;
    assert!(refused.contains("`mirror` of the state must be an object of whole numbers, not"), "{refused}");
}
