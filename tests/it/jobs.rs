//! Jobs of the built module on the simulator, as the client of a server sees them: a download that is told of while
//! it goes on, one that another client kills, and one that a new version of the module does not disturb; and an update
//! that is killed half-way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::{Access, Status};
use sysadm_host::{Host, JobLimits, Listener, Policy, Request, Setup, job_codes};

use crate::support::process::eventually;
use crate::support::{DOORS, Folder, Machine, artifacts, ours};

/// A server with the module on a machine whose mirror takes so long for a release.
struct Server {
    host: Host,
    frames: Arc<Mutex<Vec<Value>>>,
    machine: Machine,
    _folder: Folder,
}

const FETCH: &str = r#"{"action":"createjail","async":true,"fetch":true,"props":"tag=new release=12.4-RELEASE notes=secret"}"#;

const UUID: &str = "0a1b2c3d-0001-11e6-9602-54ee75595566";
const UPDATE: &str = r#"{"action":"updatejail","jail":"test","trust":true}"#;

impl Server {
    fn new(policy: Policy, milliseconds: u64) -> Server {
        let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": []});
        let mirror = json!({"12.4-RELEASE": milliseconds});
        Server::on(policy, &json!({"version": "1.13", "mirror": mirror, "pools": [pool]}))
    }

    fn on(policy: Policy, state: &Value) -> Server {
        let (machine, folder) = (Machine::new(state), Folder::new());
        let frames = Arc::<Mutex<Vec<Value>>>::default();
        let kept = Arc::clone(&frames);
        let listener = Listener::new().on_event(move |name, json| {
            if name == "dispatcher" {
                kept.lock().expect("no panic").push(serde_json::from_str(json).expect("JSON"));
            }
        });
        let setup = Setup::new(folder.0.join("stage"))
            .file_with(&artifacts().module, machine.config())
            .policy(policy)
            .services(Arc::new(listener))
            .jobs(JobLimits::default());
        Server { host: Host::open(setup).expect("it opens"), frames, machine, _folder: folder }
    }

    fn ask(&self, class: (&str, &str), args: &str, caller: &str) -> Value {
        let answer = self.host.ask(&Request::new(class.0, class.1, args, Access::Full).of_caller(caller));
        assert_eq!(answer.status, Status::Ok, "{}", answer.text());
        answer.read().expect("JSON")
    }

    fn fetch(&self) -> String {
        self.begin("createjail", FETCH)
    }

    fn begin(&self, action: &str, args: &str) -> String {
        let told = self.ask(("sysadm", "iocage"), args, "alice");
        let id = told[action]["started_dispatcher_id"].as_str().unwrap_or_else(|| panic!("{told}"));
        assert!(id.starts_with(&format!("sysadm_iocage_{action}-{{")), "{id}");
        id.to_owned()
    }

    fn dispatcher(&self, args: &Value, caller: &str) -> Value {
        self.ask(("rpc", "dispatcher"), &args.to_string(), caller)
    }

    fn frames(&self) -> Vec<Value> {
        self.frames.lock().expect("no panic").clone()
    }

    /// Wait until a download goes on.
    fn is_under_way(&self) {
        eventually("it downloads", || {
            self.frames().iter().any(|frame| frame["percent_done"].as_u64() > Some(0))
        });
    }
}

fn policy(door: sysadm_class::host::Door) -> Policy {
    Policy { prober: sysadm_host::Prober::None, ..Policy::new(door) }
}

#[test]
fn a_download_is_told_in_sysadms_frames_and_its_answer_is_as_ever() {
    for door in DOORS {
        let server = Server::new(policy(door), 3000);
        let id = server.fetch();
        let told = server.dispatcher(&json!({"action": "wait", "job_id": id, "seconds": 60}), "alice");
        let job = &told["wait"];
        assert_eq!((&job["state"], &job["status"]), (&json!("finished"), &json!(200)), "{job}");
        eventually("its end is told", || server.frames().last().is_some_and(|f| f["state"] == "finished"));
        let frames = server.frames();
        let (first, last) = (&frames[0], &frames[frames.len() - 1]);
        assert_eq!(first["state"], "pending");
        assert_eq!(frames[1], json!({"process_id": id, "state": "running"}));
        for frame in frames.iter().filter(|frame| frame.get("process_details").is_some()) {
            assert_eq!(
                (&frame["event_system"], &frame["action"]),
                (&json!("sysadm/iocage"), &json!("iocage_createjail"))
            );
            assert_eq!(frame["process_details"]["process_id"], *id);
            assert!(frame["iocage_log"].is_string());
        }
        // Of one file it does not fall.
        let bars = frames.iter().filter_map(|f| Some((f["filename"].as_str()?, f["percent_done"].as_u64()?)));
        let bars: Vec<_> = bars.collect();
        assert!(
            bars.iter().any(|(file, percent)| *file == "base.txz" && (1..100).contains(percent)),
            "{bars:?}"
        );
        assert!(bars.windows(2).all(|two| two[0].0 != two[1].0 || two[0].1 <= two[1].1), "{bars:?}");
        let log: String = frames.iter().filter_map(|frame| frame["iocage_log"].as_str()).collect();
        assert!(
            log.starts_with("Fetching: 12.4-RELEASE\n") && log.ends_with("successfully created!\n"),
            "{log}"
        );
        let commands = last["process_details"]["cmd_list"].as_array().expect("a list");
        let create = commands.iter().filter_map(Value::as_str).find(|line| line.contains(" create "));
        let create = create.unwrap_or_else(|| panic!("{commands:?}"));
        assert_eq!(last["process_details"][format!("return_codes/{create}")], "0");
        let (_, told) = frames.split_last().expect("some");
        assert!(!json!([told, last["process_details"]]).to_string().contains("secret"), "{frames:?}");
        // The answer is the one of a request that was waited for.
        assert_eq!(last["result"], job["result"]);
        let plain = FETCH.replace(r#""async":true,"#, "");
        let quiet = Server::new(policy(door), 0);
        assert_eq!(last["result"], quiet.ask(("sysadm", "iocage"), &plain, "alice"));
    }
}

#[test]
fn another_client_kills_a_download_and_is_told_what_became_of_it() {
    let server = Server::new(policy(DOORS[0]), 600_000);
    let id = server.fetch();
    server.is_under_way();
    let list = server.dispatcher(&json!({"action": "list"}), "bob");
    let row = &list["jobs"]["no_queue"][&id];
    assert_eq!((&row["state"], &row["caller"]), (&json!("running"), &json!("alice")), "{list}");
    let killed = server.dispatcher(&json!({"action": "kill", "job_id": id, "wait": 60}), "bob");
    assert_eq!(killed["killed"]["jobs"], json!([id]));
    let became = &killed["killed"]["became"][&id];
    assert_eq!(
        (&became["state"], &became["result"]["createjail"]["code"]),
        (&json!("finished"), &json!("cancelled")),
        "{became}"
    );
    let jails = server.ask(("sysadm", "iocage"), r#"{"action":"listjails"}"#, "bob");
    assert_eq!(jails["listjails"], json!({}), "{jails}");
    drop(server.machine);
}

/// What it has left is told as it is, nobody is held up by it, and another one does well.
#[test]
fn an_update_that_is_killed_half_way_tells_where_the_jail_is() {
    let both = ["1.13", "2016-02-10"];
    for (version, is_up) in both.into_iter().flat_map(|version| [(version, true), (version, false)]) {
        let is_python = version == "1.13";
        let mut jail = if is_python {
            json!({"name": "test"})
        } else {
            json!({"uuid": UUID, "tag": "test", "type": "jail"})
        };
        if is_up {
            jail["jid"] = 1.into();
        }
        let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]});
        let state = json!({"version": version, "clock": "2026-11-23 12:00:00", "pools": [pool],
            "patches": {"10.2-RELEASE": 4}, "mirror": {"10.2-RELEASE": 600_000}});
        let server = Server::on(policy(DOORS[usize::from(is_up)]), &state);
        let id = server.begin("updatejail", &UPDATE.replace('{', r#"{"async":true,"#));
        let snapshot = if is_python { "ioc_update_10.2-RELEASE_" } else { "ioc-update_" };
        eventually("the snapshot before it is made", || {
            let frames = server.frames();
            let last = frames.last().expect("it was begun");
            assert!(last["state"] != "finished", "{version}, {is_up}: {}", last["result"]);
            server.machine.shown().contains(snapshot)
        });
        let killed = server.dispatcher(&json!({"action": "kill", "job_id": id, "wait": 60}), "bob");
        let answer = &killed["killed"]["became"][&id]["result"]["updatejail"];
        assert_eq!(answer["code"], "cancelled", "{version}, {is_up}: {killed}");
        // The Python iocage has started it, and nobody has stopped it again.
        let state = if is_up || is_python { "up" } else { "down" };
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(&format!("as it was before is the snapshot {snapshot}")), "{error}");
        assert!(error.contains(&format!("is now {state}")), "{version}, {is_up}: {error}");
        assert!(error.contains("a second devfs may be mounted"), "{error}");
        let jails = server.ask(("sysadm", "iocage"), r#"{"action":"listjails"}"#, "bob");
        let row = if is_python { "test" } else { UUID };
        assert_eq!(jails["listjails"][row]["state"], state, "{jails}");

        let mut now: Value = serde_json::from_str(&server.machine.shown()).expect("JSON");
        (now["mirror"], now["clock"]) = (json!({"10.2-RELEASE": 0}), "2026-11-23 12:30:00".into());
        server.machine.become_like(&now);
        let again = server.ask(("sysadm", "iocage"), UPDATE, "bob");
        let new = if is_python { "10.2-RELEASE-p4" } else { "10.2-RELEASE" };
        assert_eq!(again["updatejail"]["release"]["new"], new, "{version}, {is_up}: {again}");
        assert_eq!((&again["updatejail"]["state"], again.get("warnings")), (&json!(state), None), "{again}");
        let listed = server.ask(("sysadm", "iocage"), r#"{"action":"listsnapshots","jail":"test"}"#, "bob");
        assert_eq!(listed["listsnapshots"].as_object().map(serde_json::Map::len), Some(2), "{listed}");
    }
}

#[test]
fn a_new_version_takes_over_under_a_job_and_the_old_one_ends_it() {
    let server = Server::new(Policy { drain: Duration::from_millis(100), ..policy(DOORS[0]) }, 20_000);
    let id = server.fetch();
    server.is_under_way();
    for number in [2, 3] {
        let swapped =
            server.host.modules().swap(Some(("sysadm", "iocage")), &artifacts().module).expect("it swaps");
        assert_eq!(swapped.generation.number(), number);
    }
    let states = || -> Vec<_> {
        server.host.modules().generations().iter().map(|generation| generation.state().word()).collect()
    };
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!((states()[0], states()[2]), ("draining", "current"));
    let told = server.dispatcher(&json!({"action": "wait", "job_id": id, "seconds": 60}), "alice");
    assert!(told["wait"]["result"]["createjail"]["code"].is_null(), "{told}");
    eventually("it is closed", || states()[0] != "draining");
}

#[test]
fn the_page_has_every_code_and_every_bound() {
    let page = ours("include/doc/jobs.md");
    for (code, meaning) in job_codes() {
        assert!(page.contains(&format!("| `{code}` | {meaning} |")), "{code}: {meaning}");
    }
    let limits = format!("{:?}", JobLimits::default());
    for field in limits.trim_start_matches("JobLimits {").split(',') {
        let name = field.split(':').next().expect("a name").trim();
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}
