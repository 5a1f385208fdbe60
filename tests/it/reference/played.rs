//! The machines on which the requests of the reference are played, the same jails under each generation, and what comes
//! of a request there: the programs that were run, and the answer.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::mounts::mount_below_the_machine;
use crate::support::{DOORS, Host, Machine, wants_files};

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
    let is_python = jails.iter().any(|jail| !jail["name"].is_null());
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

impl Generation {
    /// Send a request to the class on a fresh machine, and note what it runs.
    pub fn play(&self, args: &str, jails: bool) -> Played {
        let mut state = (self.state)();
        if !jails {
            state["pools"][0]["jails"] = json!([]);
        }
        let machine = Machine::new(&state);
        if args.contains("listmounts") || wants_files(args) {
            mounts(&machine, &state);
        }
        if args.contains("exportjail") && !state["pools"][0]["images"].is_null() {
            // As ZFS mounts it, whatever the files here are made with.
            let images = Path::new(&machine.folder_text()).join("tank/iocage/images");
            fs::set_permissions(images, fs::Permissions::from_mode(0o755)).expect("ours");
        }
        let config = json!({"images": true, "mount_sources": ["/usr"]});
        let host = Host::new(DOORS[1], &machine.config_with(&config));
        let (_, text) = host.send(args);
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
