//! The machines on which the examples of the reference are played, and what is noted of it: the same jails under each
//! generation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::mounts::mount_below_the_machine;
use crate::support::{DOORS, Host, Machine, action_of, wants_files};

/// A generation of iocage, and the example machine with it.
pub struct Generation {
    /// What it is called in the reference.
    pub name: &'static str,
    state: fn() -> Value,
}

/// Both.
pub const GENERATIONS: [Generation; 2] = [
    Generation { name: "shell iocage", state: of_shell },
    Generation { name: "Python iocage", state: of_python },
];

/// What came of a request.
pub struct Played {
    /// The words of each program that was run.
    pub calls: Vec<String>,
    /// The response args.
    pub answer: Value,
}

/// The fstabs of two jails, which lie where their datasets are mounted.
fn mounts(machine: &Machine, state: &Value) {
    let jails = state["pools"][0]["jails"].as_array().expect("jails");
    let is_python = is_python(jails);
    if !is_python {
        mount_below_the_machine(machine);
    }
    for (name, source) in [("db", "/srv/data"), ("web", "/usr/share")] {
        let jail =
            jails.iter().find(|jail| jail["tag"] == name || jail["name"] == name).expect("it is there");
        let place = match jail["uuid"].as_str().filter(|_| !is_python) {
            Some(uuid) => format!("iocage/jails/{uuid}"),
            None => format!("tank/iocage/jails/{name}"),
        };
        let folder = Path::new(&machine.folder_text()).join(place);
        for inside in ["data", "mnt"] {
            fs::create_dir_all(folder.join("root").join(inside)).expect("made");
        }
        let text = format!("{source}\t{}/root/data\tnullfs\tro\t0\t0\n", folder.display());
        fs::write(folder.join("fstab"), text).expect("written");
    }
}

/// Are these as the Python iocage has them?
fn is_python(jails: &[Value]) -> bool {
    jails.iter().any(|jail| !jail["name"].is_null())
}

impl Generation {
    /// Send a request to the class on a fresh machine, and note what it runs.
    pub fn play(&self, args: &str, jails: bool) -> Played {
        let mut state = (self.state)();
        if !jails {
            state["pools"][0]["jails"] = json!([]);
        }
        let before = BEFORE.iter().find(|(jail, ..)| args.contains(&format!("\"{jail}\"")));
        if let Some(&(name, uuid, _)) = before {
            let jails = state["pools"][0]["jails"].as_array_mut().expect("an array");
            jails.push(match is_python(jails) {
                true => json!({"name": name}),
                false => json!({"tag": name, "uuid": uuid}),
            });
        }
        let machine = Machine::new(&state);
        if args.contains("listmounts") || wants_files(&action_of(args)) {
            mounts(&machine, &state);
        }
        if args.contains("exportjail") && !state["pools"][0]["images"].is_null() {
            // As ZFS mounts it, whatever the files here are made with.
            let images = Path::new(&machine.folder_text()).join("tank/iocage/images");
            fs::set_permissions(images, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        let config = json!({"images": true, "mount_sources": ["/usr"]});
        let host = Host::new(DOORS[1], &machine.config_with(&config));
        let day = before.and_then(|(jail, _, before)| before(&machine, &host, jail));
        let (_, mut text) = host.send(args);
        if let Some(day) = day {
            text = text.replace(&day, DAY);
        }
        // Where the machine's files lie here is nothing to the reader.
        let place = machine.folder_text();
        let mut answer: Value = serde_json::from_str(&text.replace(&place, "")).expect("JSON");
        if let Some(detail) = answer.get_mut("detail") {
            // The one thing that another run would tell otherwise.
            detail["duration_ms"] = json!(12);
            detail["spent_ms"] = json!({"lock": 0, "ours": 1, "place": 0, "programs": 12});
        }
        let calls = machine.calls().iter().map(|call| command_line(&call.replace(&place, ""))).collect();
        Played { calls, answer }
    }
}

/// Jails that are on the machine where a request names them, and what was done with them that day, which is answered.
const BEFORE: [(&str, &str, Before); 2] = [
    ("packed", "c0ffee00-cfba-11e5-8209-d05099728dbf", packed),
    ("ended", "c0ffee01-cfba-11e5-8209-d05099728dbf", ended),
];

type Before = fn(&Machine, &Host, &str) -> Option<String>;

/// There is an image of it.
fn packed(_: &Machine, host: &Host, jail: &str) -> Option<String> {
    let (image, day) = image(host, jail)?;
    fs::write(image, "an image").expect("written");
    Some(day)
}

/// An export of it was ended, and all that is left of that is the snapshot.
fn ended(machine: &Machine, host: &Host, jail: &str) -> Option<String> {
    let (_, day) = image(host, jail)?;
    let mut iocage = Command::new(machine.iocage());
    let status = iocage.args(["snapshot", "-n", &format!("ioc-export-{day}"), jail]).status();
    assert!(status.expect("it runs").success());
    Some(day)
}

/// What an export would call the image, and the day in that, where jails are packed.
fn image(host: &Host, jail: &str) -> Option<(PathBuf, String)> {
    let answer = host.answer(&json!({"action": "exportjail", "jail": jail, "dryrun": true}));
    let path = answer["makes"][0].as_str()?;
    let (_, day) = path.strip_suffix(".zip")?.rsplit_once('_')?;
    Some((path.into(), day.to_owned()))
}

const DAY: &str = "2016-02-10";
const CLOCK: &str = "2016-02-10 12:00:00";
const FRESH: [&str; 2] = ["611c89ae-c43c-11e5-9602-54ee75595566", "9b8e1033-c5b6-11e5-9f2f-fcaa14deb15d"];

/// The machine that `host-example --sim` begins with, for one version of iocage.
fn machine(version: &str) -> Value {
    let machines = include_str!("../../../host-example/src/machines.json");
    let mut machine = serde_json::from_str::<Value>(machines).expect("JSON")[version].take();
    machine["clock"] = json!(CLOCK);
    machine["uuids"] = json!(FRESH);
    machine["patches"] = json!({"10.2-RELEASE": 9});
    let base = if version == "1.13" { "base" } else { "b67065a9-cfb9-11e5-8209-d05099728dbf" };
    let of = |below: &str, name: &str| format!("tank/iocage/jails/{base}{below}@{name}");
    let made = [("before-update", 1_455_098_400), ("after-update", 1_455_102_000)];
    let made = made.map(|(name, made)| ["", "/root"].map(|below| (of(below, name), json!(made)))).concat();
    let pool = &mut machine["pools"][0];
    let template = match version {
        "1.13" => json!({"name": "plain", "type": "template"}),
        _ => json!({"uuid": "8a5b1c9e-cfb9-11e5-8209-d05099728dbf", "tag": "plain", "type": "template"}),
    };
    pool["jails"].as_array_mut().expect("an array").push(template);
    if version == "1.13" {
        pool["images"] = json!({"shop_2016-02-09.zip": r#"{"release": "10.2-RELEASE"}"#});
    }
    pool["snapshots"] = made.iter().map(|(name, _)| name.clone()).collect();
    pool["made"] = made.into_iter().collect::<serde_json::Map<_, _>>().into();
    machine
}

fn of_shell() -> Value {
    machine("2016-02-10")
}

fn of_python() -> Value {
    machine("1.13")
}

/// `[set][a=b c]` as a person would type it: `iocage set 'a=b c'`.
fn command_line(call: &str) -> String {
    let (program, words) = call.split_once('[').expect("words in brackets");
    let words = words.strip_suffix(']').expect("words in brackets").split("][");
    let is_plain = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_=.,:/@%+".contains(c))
    };
    let quoted = |word: &str| match is_plain(word) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    let program = if program.is_empty() { "iocage" } else { program };
    let line = std::iter::once(program.to_owned()).chain(words.map(quoted)).collect::<Vec<_>>().join(" ");
    // The word by which a command's exit status is told from its output is another each time.
    match (line.find("exit-status-"), line.find(": ")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}exit-status-RANDOM{}", &line[..start], &line[end..])
        }
        _ => line,
    }
}
