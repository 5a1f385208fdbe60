//! The network, with curl and with Python's own HTTP client: logins, jobs, documents, and two users at once.

use std::process::Command;

use serde_json::{Value, json};

use super::stand::{Served, run, usual};
use crate::support::root;

const ALICE: [&str; 2] = ["-u", "alice:alice-secret"];

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// A thousand requests of two users over connections that both use: each gets what is his.
#[test]
fn rights_of_two_users_never_mix_over_rest() {
    let served = Served::new(&usual(), &json!({}));
    let mut python = Command::new("python3");
    python.arg(root().join("tests/it/served/two_users.py")).args([&served.address(), "1000"]);
    let (out, err, status) = run(python, "");
    assert_eq!((out.trim(), status), ("1000 right, 0 wrong", Some(0)), "{err}");
}

#[test]
fn a_job_is_begun_seen_and_ended_over_http() {
    let state = json!({"version": "1.13", "mirror": {"12.4-RELEASE": 60000},
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": []}]});
    let served = Served::new(&state, &json!({}));
    let create =
        json!({"action": "createjail", "fetch": true, "props": "tag=new release=12.4-RELEASE"}).to_string();
    let words = [
        &ALICE[..],
        &["-i", "-X", "PUT", "-H", "Prefer: respond-async", "-H", "Idempotency-Key: one", "-d", &create],
    ]
    .concat();
    let (status, reply) = served.curl(&words, "/sysadm/iocage");
    assert_eq!(status, 202, "{reply}");
    let location = reply
        .lines()
        .find_map(|line| line.strip_prefix("location: "))
        .expect("where it is")
        .trim()
        .to_owned();
    let (status, again) = served.curl(&words, "/sysadm/iocage");
    assert!(status == 202 && again.contains(&location), "the same key is the same job: {again}");
    served.until_it("downloads", || {
        let (status, body) = served.curl(&ALICE, &location);
        assert_eq!(status, 200, "{body}");
        json_of(&body)["args"]["show"]["percent"].as_u64().is_some_and(|percent| percent > 0)
    });
    // It is alice's, and she has full access: bob sees nothing of it.
    assert_eq!(served.curl(&["-u", "bob:bob-secret"], &location).0, 404);
    let (status, body) = served.curl(&[&ALICE[..], &["-X", "DELETE"]].concat(), &location);
    assert!((200..300).contains(&status), "{status} {body}");
    let (_, body) = served.curl(&ALICE, &format!("{location}?wait=30"));
    let told = json_of(&body);
    let told = told["args"].as_object().and_then(|args| args.values().next()).expect("it").clone();
    assert_eq!(
        (&told["state"], &told["result"]["createjail"]["code"]),
        (&json!("finished"), &json!("cancelled")),
        "{told}"
    );
}

#[test]
fn what_programs_ask_for_is_there() {
    let served = Served::new(&usual(), &json!({}));
    let (status, body) = served.curl(&[], "/healthz");
    assert_eq!((status, json_of(&body)), (200, json!({"ok": true})));
    for path in ["/openapi.json", "/metrics", "/jobs", "/events", "/sysadm/iocage"] {
        let (status, body) = served.curl(&["-X", "GET", "-d", "{}"], path);
        assert_eq!(status, 401, "{path}: {body}");
    }
    let (status, body) = served.curl(&["-u", "bob:bob-secret"], "/openapi.json");
    let document = json_of(&body);
    assert!(
        status == 200 && document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{body}"
    );
    assert!(document["paths"]["/sysadm/iocage"].is_object(), "{body}");
    let (status, body) = served.curl(&ALICE, "/metrics");
    assert!(status == 200 && body.contains("# TYPE sysadmd_requests_total counter"), "{body}");
    // Programs are counted, of requests and of jobs.
    let programs = |by: &str| {
        let (_, body) = served.curl(&ALICE, "/metrics");
        let line = body
            .lines()
            .find_map(|line| line.strip_prefix(&format!("sysadmd_programs_total{{by=\"{by}\"}} ")));
        line.and_then(|count| count.parse::<u64>().ok()).unwrap_or_else(|| panic!("{by}: {body}"))
    };
    let before = programs("request");
    let mut here = served.here();
    here.ask("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    assert!(programs("request") > before);
    assert_eq!(programs("job"), 0);
    here.ask("sysadm/iocage", json!({"action": "startjail", "jail": "db", "async": true}));
    served.until_it("counts the job's", || programs("job") > 0);
    let (status, body) = served.curl(&[], "/");
    assert!(status == 200 && body.contains("<html"), "{body}");
    let (status, body) =
        served.curl(&[&ALICE[..], &["-N", "--max-time", "2"]].concat(), "/events?names=system-state");
    assert!(
        status == 200 && body.contains("event: system-state") && body.contains("\"priority\""),
        "{status} {body}"
    );
}

/// An error of the server's is a status, with the sentence; one of a class is an answer, as documented.
#[test]
fn errors_are_told_in_both_ways() {
    let served = Served::new(&usual(), &json!({}));
    let put = |user: &str, path: &str, body: &str| {
        let (status, body) = served.curl(&["-u", user, "-X", "PUT", "-d", body], path);
        (status, json_of(&body)["args"].clone())
    };
    let (status, args) = put("bob:bob-secret", "/sysadm/iocage", r#"{"action":"stopjail","jail":"db"}"#);
    assert!(status == 403 && args["code"] == "403" && args["error"].is_string(), "{args}");
    let (status, args) = put("alice:wrong", "/sysadm/iocage", r#"{"action":"listjails"}"#);
    assert!(status == 401 && args["code"] == "401", "{args}");
    let (status, args) = put("alice:alice-secret", "/sysadm/pkg", r#"{"action":"x"}"#);
    assert!(status == 404 && args["code"] == "404", "{args}");
    let (status, args) =
        put("alice:alice-secret", "/sysadm/iocage", r#"{"action":"startjail","jail":"none"}"#);
    assert!(status == 200 && args["startjail"]["code"] == "unknown-jail", "{args}");
    let (status, args) = put("alice:alice-secret", "/sysadm/iocage", "{");
    assert!(status == 400, "{args}");
}

/// A version takes over a hundred times under requests over TLS: none is lost.
#[test]
fn a_hundred_swaps_under_load_lose_nothing() {
    // Through the door of C, for what came through the other stays mapped, and of that there is an end.
    let served = Served::new(&usual(), &json!({"modules": {"door": "c"}}));
    let address = served.address();
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    let load = std::thread::spawn(move || {
        let mut python = Command::new("python3");
        python.arg(root().join("tests/it/served/two_users.py")).args([&address, "3000", "listjails"]);
        run(python, "")
    });
    let mut root = served.here();
    let mut swaps = 0;
    while !load.is_finished() || swaps < 100 {
        let told = root.ask("rpc/modules", json!({"action": "swap", "file": "sysadm_iocage.so"}));
        assert!(told["swap"]["generation"].is_u64(), "{told}");
        swaps += 1;
    }
    let (out, err, status) = load.join().expect("no panic");
    assert_eq!((out.trim(), status), ("3000 right, 0 wrong", Some(0)), "{err}");
}

/// What a link can ask for reads, whoever follows it.
#[test]
fn a_get_changes_nothing() {
    let served = Served::new(&usual(), &json!({}));
    let (status, body) = served.curl(&ALICE, "/sysadm/iocage?action=listjails");
    assert!(status == 200 && body.contains("\"db\""), "{body}");
    for words in [&[][..], &["-X", "GET", "-d", r#"{"action":"stopjail","jail":"db"}"#]] {
        let path = if words.is_empty() { "/sysadm/iocage?action=stopjail&jail=db" } else { "/sysadm/iocage" };
        let (status, body) = served.curl(&[&ALICE[..], words].concat(), path);
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("stopjail needs full access; a GET has limited access"), "{body}");
    }
    let (_, body) = served.curl(&ALICE, "/rpc/whoami");
    assert!(body.contains("\"access\":\"full\""), "of whoever asks, and not of the request: {body}");
    let (status, _) = served.curl(
        &[&ALICE[..], &["-X", "POST", "-d", r#"{"action":"stopjail","jail":"db"}"#]].concat(),
        "/sysadm/iocage",
    );
    assert_eq!(status, 200);
}
