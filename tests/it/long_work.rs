//! The session that `include/doc/long-work.md` shows: a create that has to download its release, followed
//! by the client that has asked for it and stopped by another. It is played on the simulator; what differs from run
//! to run (ids, times, paths, how far it came) is told apart from what does not.
//!
//!     UPDATE=1 cargo test -p sysadm-iocage --test it long_work
//!
//! puts what was played into the page.

use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_host::{Host, JobLimits, Listener, Policy, Prober, Request, Setup};

use crate::support::process::eventually;
use crate::support::{DOORS, Folder, Machine, artifacts, root};

const BEGIN: &str = "<!-- session -->\n";
const END: &str = "<!-- end of the session -->\n";

/// What is said, in the order in which it was.
#[derive(Clone, Default)]
struct Session(Arc<Mutex<Vec<(String, Value)>>>);

impl Session {
    fn note(&self, who: &str, value: Value) {
        self.0.lock().expect("no panic").push((who.to_owned(), value));
    }

    fn all(&self) -> Vec<(String, Value)> {
        self.0.lock().expect("no panic").clone()
    }

    fn ask(&self, host: &Host, caller: &str, class: (&str, &str), args: &Value) -> Value {
        self.note(&format!("{caller} >"), args.clone());
        let text = args.to_string();
        let answer = host.ask(&Request::new(class.0, class.1, &text, Access::Full).of_caller(caller));
        let answer: Value = answer.read().expect("JSON");
        self.note(&format!("{caller} <"), answer.clone());
        answer
    }
}

/// Programs as they are where they are installed.
fn placed(text: &str, iocage: &str) -> String {
    let folder = iocage.strip_suffix("iocage").expect("in a folder");
    text.replace(iocage, "/usr/local/bin/iocage").replace(folder, "/sbin/")
}

/// What differs from run to run, by the name of its key.
fn settle(value: &mut Value, iocage: &str) {
    match value {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                match key.as_str() {
                    _ if key.starts_with("time_") => *value = json!("2026-11-25T21:06:33Z"),
                    "percent" | "percent_done" => *value = json!(45),
                    "since_ms" => *value = json!(2150),
                    _ => settle(value, iocage),
                }
            }
            // A key may hold a path, too.
            let keys: Vec<String> = object.keys().cloned().collect();
            for key in keys {
                let plain = placed(&key, iocage);
                let value = object.remove(&key).expect("it was there");
                object.insert(plain, value);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| settle(value, iocage)),
        Value::String(text) => *text = placed(text, iocage),
        _ => {}
    }
}

/// Without what only costs room on a page: programs that ask on the way.
fn shorten(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|key, _| !key.contains("/sbin/"));
            object.values_mut().for_each(shorten);
        }
        Value::Array(list) => list.retain(|one| one.as_str().is_none_or(|text| !text.starts_with("/sbin/"))),
        _ => {}
    }
}

fn played() -> String {
    let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": []});
    let state = json!({"version": "1.13", "mirror": {"12.4-RELEASE": 20_000}, "pools": [pool]});
    let (machine, folder, session) = (Machine::new(&state), Folder::new(), Session::default());
    let heard = session.clone();
    let listener = Listener::new().on_event(move |name, json| {
        heard.note(&format!("event {name}"), serde_json::from_str(json).expect("JSON"));
    });
    let setup = Setup::new(folder.0.join("stage"))
        .file_with(&artifacts().module, machine.config())
        .policy(Policy { prober: Prober::None, ..Policy::new(DOORS[0]) })
        .services(Arc::new(listener))
        .jobs(JobLimits::default());
    let host = Host::open(setup).expect("it opens");
    let create = json!({"action": "createjail", "async": true, "fetch": true,
        "props": "tag=web release=12.4-RELEASE notes=secret"});
    let told = session.ask(&host, "alice", ("sysadm", "iocage"), &create);
    let id = told["createjail"]["started_dispatcher_id"].as_str().expect("an id").to_owned();
    let percent = |(_, value): &(String, Value)| {
        value["filename"] == "base.txz" && value["percent_done"].as_u64() > Some(5)
    };
    eventually("it downloads", || session.all().iter().any(percent));
    session.ask(&host, "bob", ("rpc", "dispatcher"), &json!({"action": "list"}));
    let kill = json!({"action": "kill", "job_id": id});
    session.ask(&host, "bob", ("rpc", "dispatcher"), &kill);
    let finished = |(_, value): &(String, Value)| value["state"] == "finished";
    eventually("it is told of its end", || session.all().iter().any(finished));
    session.ask(&host, "alice", ("sysadm", "iocage"), &json!({"action": "listjails"}));
    // Of the frames while it runs one is like the other: the first of the download is shown.
    let mut text = String::new();
    let all = session.all();
    let shown = all.iter().position(percent);
    for (at, (who, mut value)) in all.into_iter().enumerate() {
        let is_frame = who == "event dispatcher" && value["state"] == "running" && !value["action"].is_null();
        if is_frame && Some(at) != shown {
            continue;
        }
        settle(&mut value, &machine.iocage_text());
        shorten(&mut value);
        let line = value.to_string().replace(&id, "sysadm_iocage_createjail-{ID}");
        text += &format!("{who} {line}\n");
    }
    text
}

#[test]
fn the_session_of_the_page_is_what_is_played() {
    let text = played();
    // Who asked and who ended it, and what became of it.
    assert!(text.contains("alice > {\"action\":\"createjail\""), "{text}");
    assert!(text.contains("\nbob > {\"action\":\"kill\""), "{text}");
    assert!(text.contains("\"code\":\"cancelled\"") && !text.contains("notes=secret\",\"return"), "{text}");
    let path = root().join("include/doc/long-work.md");
    let page = fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("where the session begins");
    let (shown, after) = rest.split_once(END).expect("where it ends");
    let block = format!("```text\n{text}```\n");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{block}{END}{after}")).expect("written");
        return;
    }
    // What the download printed until it was ended is as long as that took.
    let without = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.contains("\"state\":\"finished\"") || !line.starts_with("event"));
        // Who is told first is nobody's promise.
        lines.map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(without(&block), without(shown));
}
