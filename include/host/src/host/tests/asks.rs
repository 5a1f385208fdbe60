//! What is asked of a host with jobs, and answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sysadm_class::host::{Module, Request, Services};
use sysadm_class::{Access, Level, Status};

use super::stand::{LONG, Stand, Worker, policy};
use crate::host::{Host, Setup};
use crate::jobs::limits::JobLimits;

#[test]
fn a_job_is_answered_at_once_and_its_answer_is_kept() {
    let stand = Stand::new(JobLimits::default());
    let id = stand.work(30);
    let uuid =
        id.strip_prefix("test_worker_work-{").and_then(|rest| rest.strip_suffix('}')).expect("its form");
    assert!(uuid.len() == 36 && &uuid[14..15] == "4", "{id}");
    let job = stand.wait(&id);
    assert_eq!(job["result"], json!({"work": {"by": "", "for": "root"}}));
    assert_eq!((&job["status"], &job["output"]), (&json!(200), &json!("one\n")));
    assert_eq!(job["programs"], json!([{"command": "/bin/echo one", "end": "0", "output": "one\n"}]));
    assert_eq!(
        (&job["caller"], &job["access"], &job["class"]),
        (&json!("root"), &json!("full"), &json!("test/worker"))
    );
    assert_eq!(stand.dispatcher(json!({"action": "show", "job_id": id}))["show"], job);
    for key in ["time_queued", "time_started", "time_finished"] {
        assert!(job[key].as_str().is_some_and(|time| time.len() == 20 && time.ends_with('Z')), "{job}");
    }
    assert_eq!(stand.list()[&id]["commands"], json!(["/bin/echo one"]));
    assert_eq!((&stand.list()[&id]["status"], stand.list()[&id].get("code")), (&json!(200), None));
    // At once, and as ever.
    let now = stand.ask("test/worker", json!({"action": "work", "async": false}));
    assert_eq!(now, json!({"work": {"by": "", "for": "root"}}));
}

#[test]
fn a_list_tells_what_became_of_each() {
    let stand = Stand::new(JobLimits::default());
    let id = stand.work(60_000);
    assert_eq!(stand.list()[&id].get("status"), None, "there is nothing yet");
    stand.dispatcher(json!({"action": "kill", "job_id": id, "wait": 60}));
    let job = stand.list()[&id].clone();
    assert_eq!((&job["status"], &job["code"]), (&json!(200), &json!("cancelled")), "{job}");
    let shown = stand.wait(&id);
    assert_eq!((&shown["status"], &shown["code"]), (&json!(200), &json!("cancelled")), "{shown}");
    let panics = stand.begin(json!({"action": "panic"}));
    stand.wait(&panics);
    assert_eq!(stand.list()[&panics]["status"], 500);
}

#[test]
fn the_frames_are_those_of_a_sysadm_server_in_their_order() {
    let stand = Stand::new(JobLimits::default());
    let id = stand.work(0);
    stand.wait(&id);
    stand.until_it("the end is told", || stand.frames(&id).last().is_some_and(|f| f["state"] == "finished"));
    let frames = stand.frames(&id);
    let states: Vec<_> = frames.iter().map(|frame| frame["state"].as_str().expect("a state")).collect();
    assert_eq!(states, ["pending", "running", "running", "running", "finished"]);
    assert_eq!(frames[1], json!({"process_id": id, "state": "running"}));
    let logs: Vec<_> = frames.iter().filter_map(|frame| frame["worker_log"].as_str()).collect();
    assert_eq!(logs, ["", "", "one\n", ""], "each is sent once");
    for frame in [&frames[0], &frames[2], &frames[3], &frames[4]] {
        assert_eq!(
            (&frame["action"], &frame["event_system"]),
            (&json!("worker_work"), &json!("test/worker"))
        );
    }
    assert_eq!(frames[2]["process_details"]["current_cmd"], "/bin/echo one");
    assert_eq!(frames[3]["process_details"]["return_codes//bin/echo one"], "0");
    assert_eq!((&frames[3]["filename"], &frames[3]["percent_done"]), (&json!("base.txz"), &json!(45)));
    assert_eq!(frames[4]["result"], json!({"work": {"by": "", "for": "root"}}));
    assert!(
        stand.host.may_see(&id, "root", Access::Full) && !stand.host.may_see(&id, "root", Access::Limited)
    );
}

#[test]
fn args_reach_the_class_as_they_were_written() {
    let stand = Stand::new(JobLimits::default());
    let sent = |args: &str| {
        let answer = stand.host.ask(&Request::new("test", "raw", args, Access::Full));
        answer.read::<Value>().expect("JSON")
    };
    for args in
        [r#"{ "action":"x" , "y":[1 ] }"#, r#"{"action":"async"}"#, "async", r#"{"x":{"async":true}}"#]
    {
        assert_eq!(sent(args)["sent"], args);
    }
    assert_eq!(sent(r#"{ "action":"x" ,"async":false , "y":1e0 }"#)["sent"], r#"{ "action":"x" , "y":1e0 }"#);
    let id = sent(r#"{"async":true, "action":"x" , "y":1e0 }"#)["x"]["started_dispatcher_id"].clone();
    assert!(id.as_str().is_some_and(|id| id.starts_with("test_raw_x-{")), "{id}");
    assert_eq!(stand.wait(id.as_str().expect("an id"))["result"]["sent"], r#"{ "action":"x" , "y":1e0 }"#);
}

#[test]
fn who_may_not_is_refused_at_once_or_by_the_class() {
    let stand = Stand::new(JobLimits::default());
    let args = json!({"action": "work", "async": true});
    let answer = stand.ask_as("test/worker", &args, "alice", Access::Limited);
    assert_eq!(answer.status, Status::Forbidden);
    let plain = stand.ask_as("test/worker", &json!({"action": "work"}), "alice", Access::Limited);
    assert_eq!(answer.text(), plain.text(), "in the class's own words");
    let jump = stand.ask_as("test/worker", &json!({"action": "jump", "async": true}), "root", Access::Full);
    assert_eq!(jump.status, Status::BadRequest);
    assert_eq!(stand.ask_as("no/such", &args, "root", Access::Full).status, Status::NotFound);
    for (args, key) in [
        (json!({"action": "work", "async": 1}), "async"),
        (json!({"action": "work", "async": true, "async_key": 1}), "async_key"),
    ] {
        let answer = stand.ask_as("test/worker", &args, "root", Access::Full);
        assert_eq!(answer.status, Status::BadRequest);
        let told: Value = answer.read().expect("JSON");
        assert_eq!((&told["code"], &told["key"]), (&json!("bad-request"), &json!(key)));
    }
    assert!(stand.list().is_empty());
    // Where only the class knows.
    let id =
        stand.ask("test/raw", json!({"action": "no", "async": true}))["no"]["started_dispatcher_id"].clone();
    let job = stand.wait(id.as_str().expect("an id"));
    assert_eq!((&job["status"], &job["result"]["code"]), (&json!(403), &json!("access-denied")));
    let job = stand.wait(&stand.begin(json!({"action": "panic"})));
    assert_eq!(job["status"], 500);
}

#[test]
fn a_repeated_request_is_the_same_job() {
    let stand = Stand::new(JobLimits::default());
    let keyed = |ms: u64| json!({"action": "work", "ms": ms, "async": true, "async_key": "k"});
    let id = stand.ask("test/worker", keyed(20))["work"]["started_dispatcher_id"].clone();
    let again = || stand.ask("test/worker", keyed(20))["work"]["started_dispatcher_id"].clone();
    assert_eq!(again(), id);
    stand.wait(id.as_str().expect("an id"));
    assert_eq!(again(), id, "after its end, too");
    assert_eq!(stand.ask("test/worker", keyed(30))["work"]["code"], "key-taken");
    let other = stand.ask_as("test/worker", &keyed(30), "bob", Access::Full).read::<Value>().expect("JSON");
    assert_ne!(other["work"]["started_dispatcher_id"], id, "another's key is another one");
    assert_eq!(stand.list().len(), 2);
}

#[test]
fn the_hosts_own_classes_make_no_jobs() {
    let stand = Stand::new(JobLimits::default());
    for class in ["rpc/dispatcher", "RPC/modules"] {
        let ask = |is_async: Value| {
            let args = json!({"action": "list", "async": is_async});
            let answer = stand.ask_as(class, &args, "root", Access::Full);
            (answer.status, answer.read::<Value>().expect("JSON"))
        };
        let (status, told) = ask(true.into());
        assert_eq!(status, Status::BadRequest, "{class}: {told}");
        assert_eq!((&told["code"], &told["key"]), (&json!("bad-request"), &json!("async")));
        assert_eq!(ask(1.into()).0, Status::BadRequest);
        assert_eq!(ask(false.into()).0, Status::Ok, "as ever");
    }
    assert!(stand.list().is_empty());
}

/// A host that hears of nothing is told nothing, and keeps what jobs tell.
#[test]
fn who_wants_no_progress_and_no_events_is_told_none() {
    #[derive(Default)]
    struct Deaf(AtomicUsize);
    impl Services for Deaf {
        fn log(&self, _: Level, _: &str, _: &str, _: u64) {}
        fn wants_progress(&self) -> bool {
            false
        }
        fn wants_events(&self) -> bool {
            false
        }
        fn progress(&self, _: u64, _: &str) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn emit_event(&self, _: &str, _: &str) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let folder = std::env::temp_dir().join(format!("sysadm-host-deaf-{}", std::process::id()));
    let deaf = Arc::new(Deaf::default());
    let services: Arc<dyn Services> = Arc::<Deaf>::clone(&deaf);
    let setup = Setup::new(&folder).policy(policy()).services(services).jobs(JobLimits::default());
    let host = Host::open(setup).expect("opened");
    host.registry.adopt(&Module::of::<Worker>(), "");
    let ask = |class: (&str, &str), args: Value| {
        let answer = host.ask(&Request::new(class.0, class.1, &args.to_string(), Access::Full));
        answer.read::<Value>().expect("JSON")
    };
    ask(("test", "worker"), json!({"action": "work"}));
    let begun = ask(("test", "worker"), json!({"action": "work", "async": true}));
    let id = &begun["work"]["started_dispatcher_id"];
    let job = ask(("rpc", "dispatcher"), json!({"action": "wait", "job_id": id, "seconds": 60}));
    assert_eq!((&job["wait"]["state"], &job["wait"]["output"]), (&json!("finished"), &json!("one\n")));
    assert!(host.shut_down(LONG));
    assert_eq!(deaf.0.load(Ordering::SeqCst), 0);
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn each_sees_his_own_jobs() {
    let stand = Stand::new(JobLimits::default());
    let look = json!({"action": "look", "async": true, "ms": 600_000});
    let begin = |caller: &str, access| {
        let answer = stand.ask_as("test/worker", &look, caller, access).read::<Value>().expect("JSON");
        answer["look"]["started_dispatcher_id"].as_str().expect("an id").to_owned()
    };
    let (alice, nobody) = (begin("alice", Access::Limited), begin("", Access::Limited));
    let as_root = begin("alice", Access::Full);
    let seen = |caller: &str, access| {
        let list = json!({"action": "list"});
        let list = stand.ask_as("rpc/dispatcher", &list, caller, access).read::<Value>().expect("JSON");
        let mut ids: Vec<_> = list["jobs"]["no_queue"].as_object().expect("jobs").keys().cloned().collect();
        ids.sort_unstable();
        ids
    };
    let all = {
        let mut all = vec![alice.clone(), nobody.clone(), as_root.clone()];
        all.sort_unstable();
        all
    };
    assert_eq!(seen("alice", Access::Limited), [&*alice], "not what she did when she might do more");
    assert_eq!(seen("", Access::Limited), [&*nobody]);
    assert!(seen("bob", Access::Limited).is_empty());
    assert_eq!(seen("bob", Access::Full), all);
    for action in ["show", "wait", "kill"] {
        let args = json!({"action": action, "job_id": alice});
        let answer = stand.ask_as("rpc/dispatcher", &args, "bob", Access::Limited).text().into_owned();
        assert!(answer.contains("no-such-job"), "{answer}");
    }
    assert_eq!(stand.state(&alice), "running");
    let kill = json!({"action": "kill", "job_id": alice, "wait": 60});
    let killed = stand.ask_as("rpc/dispatcher", &kill, "alice", Access::Limited).text().into_owned();
    assert!(killed.contains("\"cancelled\""), "{killed}");
    stand.dispatcher(json!({"action": "kill", "job_id": [nobody, as_root], "wait": 60}));
}

#[test]
fn what_classes_say_of_themselves_is_there_for_a_server() {
    let stand = Stand::new(JobLimits::default());
    let registry = stand.host.modules();
    let described = registry.descriptions();
    let names: Vec<&Value> = described.iter().map(|class| &class["name"]).collect();
    assert!(names.contains(&&json!("worker")), "{names:?}");
    let told = registry.described("TEST", "worker", "work").expect("described");
    assert!(told.is_long && told.access == Access::Full);
    let told = registry.described("test", "worker", "most").expect("described");
    assert!(!told.is_long && told.access == Access::Limited);
    assert_eq!(registry.described("test", "worker", "nothing"), None);
    // What the host says of its own class is what that takes.
    for action in crate::modules::modules_described()["actions"].as_array().expect("actions") {
        let args = json!({"action": action["action"]}).to_string();
        let request = Request::new("rpc", "modules", &args, Access::Limited);
        let may = action["access"] == "limited";
        assert_eq!(stand.host.ask(&request).status == Status::Ok, may, "{action}");
    }
}
