//! Clients that leave, that hang, that ask for too much, and that send what is none.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stand::{Served, usual};
use crate::support::process::resident_of;

/// What crashed sysadm's servers: a client that leaves while its request is worked on.
#[test]
fn who_leaves_in_a_request_harms_nobody() {
    let served = Served::new(&usual(), &json!({}));
    let slow = served.machine.hold("zfs");
    let list = json!({"namespace": "sysadm", "name": "iocage", "id": "x", "args": {"action": "listjails"}})
        .to_string()
        + "\n";
    for n in 0..200 {
        let mut client = UnixStream::connect(served.socket()).expect("connected");
        client.write_all(list.as_bytes()).expect("sent");
        if n % 2 == 0 {
            // Rudely: in the middle of a line, with what was answered unread.
            client.write_all(b"{\"namespace\":").expect("sent");
        }
        // Let some of them get as far as being worked on.
        if n % 20 == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    drop(slow);
    let mut client = served.here();
    assert_eq!(client.ask("sysadm/iocage", json!({"action": "listjails"}))["listjails"]["db"]["state"], "up");
    served.until_it("is idle", || {
        let text = served.here().ask("rpc/metrics", json!({}))["text"].as_str().expect("a text").to_owned();
        text.contains("lane_busy{lane=\"reads\"} 1\n") && text.contains("lane_waiting{lane=\"reads\"} 0\n")
    });
}

/// A read whose client has gone is ended; a change goes on.
#[test]
fn what_only_reads_ends_with_its_client() {
    let served =
        Served::new(&usual(), &json!({"modules": {"classes": {"sysadm/iocage": {"direct": "off"}}}}));
    let hold = served.machine.hold("list");
    let mut client = served.here();
    client.begin("sysadm/iocage", json!({"action": "listjails"}));
    served.machine.wait_for_command("list");
    drop(client);
    served.until_it("ends the list", || served.log().contains("cancelled"));
    drop(hold);
    let hold = served.machine.hold("stop");
    let mut client = served.here();
    client.begin("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    served.machine.wait_for_command("stop");
    drop(client);
    std::thread::sleep(Duration::from_millis(500));
    drop(hold);
    let mut client = served.here();
    served.until_it("stops the jail", || served.log().contains("stopjail \"db\" done"));
    assert_eq!(
        client.ask("sysadm/iocage", json!({"action": "listjails"}))["listjails"]["db"]["state"],
        "down"
    );
}

/// Who sends nothing more gets his answers, as of `printf ... | nc -U`.
#[test]
fn a_half_closed_connection_is_answered() {
    let served = Served::new(&usual(), &json!({}));
    let mut client = served.here();
    let ids: Vec<String> = (0..5).map(|_| client.begin("sysadm/iocage", json!({"action": "df"}))).collect();
    client.finish();
    for id in ids {
        assert!(client.answer(&id)["args"]["df"].is_object());
    }
    assert_eq!(client.read(), None, "and then it ends");
}

/// Eight starts that hang, beside a list: each kind of work has threads of its own.
#[test]
fn what_hangs_holds_up_nobody() {
    let jails: Vec<Value> = (0..10).map(|n| json!({"name": format!("j{n}")})).collect();
    let state = json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]});
    let served = Served::new(&state, &json!({"limits": {"changes": 4, "waiting": 4}}));
    let hold = served.machine.hold("start");
    let mut starts = served.of("alice");
    let ids: Vec<String> = (0..8)
        .map(|n| starts.begin("sysadm/iocage", json!({"action": "startjail", "jail": format!("j{n}")})))
        .collect();
    served.machine.wait_for_command("start");
    let begun = Instant::now();
    let mut reader = served.of("bob");
    for _ in 0..20 {
        assert_eq!(
            reader.ask("sysadm/iocage", json!({"action": "listjails"}))["listjails"]
                .as_object()
                .expect("all")
                .len(),
            10
        );
    }
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    // Of the same connection, too.
    assert_eq!(starts.status("rpc/query", json!("")), 200);
    drop(hold);
    for id in ids {
        assert!(starts.answer(&id)["args"].is_object());
    }
}

/// A kind of work that is full says so at once, and when to come again; so does a caller who has enough.
#[test]
fn too_much_is_refused_at_once() {
    let limits = json!({"limits": {"reads": 2, "waiting": 2, "per_caller": 3}});
    let served = Served::new(&usual(), &limits);
    let hold = served.machine.hold("zfs");
    let (mut alice, mut root) = (served.of("alice"), served.here());
    let list = || json!({"action": "listjails"});
    for _ in 0..3 {
        alice.begin("sysadm/iocage", list());
    }
    let line = alice.ask_line("sysadm/iocage", list());
    assert_eq!((&line["args"]["code"], &line["args"]["retry_after"]), (&json!("429"), &json!(1)), "{line}");
    let first = root.begin("sysadm/iocage", list());
    let line = root.ask_line("sysadm/iocage", list());
    assert_eq!((&line["args"]["code"], &line["args"]["retry_after"]), (&json!("503"), &json!(1)), "{line}");
    drop(hold);
    assert!(root.answer(&first)["args"]["listjails"].is_object());
}

#[test]
fn what_is_no_request_is_told_so_and_the_connection_goes_on() {
    let served = Served::new(&usual(), &json!({}));
    let mut client = served.here();
    let deep = "[".repeat(200_000);
    let long = format!(
        "{{\"namespace\":\"{}\",\"name\":\"iocage\",\"id\":\"1\",\"args\":{{}}}}",
        "x".repeat(1 << 20)
    );
    for (line, code) in [
        ("nonsense", "400"),
        ("[]", "400"),
        ("\"text\"", "400"),
        ("{\"namespace\":", "400"),
        (deep.as_str(), "400"),
        ("{\"namespace\":\"rpc\",\"namespace\":\"sysadm\",\"name\":\"identify\"}", "400"),
        ("{\"namespace\":\"rpc\",\"name\":\"identify\",\"login\":{\"token\":1}}", "400"),
        (long.as_str(), "404"),
    ] {
        client.send_text(line);
        let answer = client.read().expect("an answer");
        assert_eq!(answer["args"]["code"], code, "{answer}");
    }
    // No id is an empty one with the name as it was sent; a number comes back to the digit.
    client.send_text("  ");
    client.send_text(r#"{"namespace":"RPC","name":"Identify","args":""}"#);
    let answer = client.read().expect("an answer");
    assert_eq!(
        (&answer["id"], &answer["name"], &answer["namespace"]),
        (&json!(""), &json!("Identify"), &json!("RPC"))
    );
    client.send_text(r#"{"namespace":"rpc","name":"identify","id":12345678901234567890123,"args":""}"#);
    let mut line = String::new();
    std::io::BufRead::read_line(client.raw(), &mut line).expect("an answer");
    assert!(line.contains("\"id\":12345678901234567890123,"), "{line}");
}

/// Who does not read is not served on and on, and what he is not told he hears of.
#[test]
fn who_does_not_read_costs_bounded_memory() {
    let served = Served::new(&usual(), &json!({}));
    let mut lazy = served.here();
    lazy.ask("events/subscribe", json!(["dispatcher", "iocage"]));
    let args = json!({"action": "listjails", "x": "y".repeat(60_000)});
    let line = json!({"namespace": "rpc", "name": "describe", "id": "d", "args": args}).to_string() + "\n";
    // Answers of some KiB for lines of 60; in the end it is he who has to wait.
    let mut stream = UnixStream::connect(served.socket()).expect("connected");
    stream.set_write_timeout(Some(Duration::from_millis(500))).expect("a limit");
    let sent = (0..2000).take_while(|_| stream.write_all(line.as_bytes()).is_ok()).count();
    assert!(sent < 2000, "all of it was taken");
    let resident = resident_of(served.pid());
    assert!(resident > 1 << 20 && resident < 200 << 20, "{resident} bytes");
    let mut other = served.here();
    assert_eq!(other.status("rpc/query", json!("")), 200);
}

/// Connections have their time: to log in, and between two requests; who listens to events has as long as he likes.
#[test]
fn who_is_idle_is_let_go() {
    let served = Served::new(&usual(), &json!({"limits": {"login_s": 3, "idle_s": 8}}));
    let mut stranger = served.as_front("192.0.2.1", "websocket");
    stranger.ask("rpc/identify", json!(""));
    let mut events = served.as_front("192.0.2.1", "events");
    events.send(&json!({"namespace": "events", "name": "subscribe", "id": "s", "args": "iocage",
        "login": {"username": "alice", "password": "alice-secret"}}));
    assert_eq!(events.answer("s")["args"]["subscribe"], "iocage");
    let mut alice = served.of("alice");
    let begun = Instant::now();
    assert_eq!(stranger.read(), None, "asking is not logging in");
    assert!(begun.elapsed() < Duration::from_millis(7500), "{:?}", begun.elapsed());
    // What is waited for is not idleness.
    let hold = served.machine.hold("stop");
    let id = alice.begin("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    std::thread::sleep(Duration::from_secs(9));
    drop(hold);
    assert!(alice.answer(&id)["args"]["stopjail"].is_object());
    let begun = Instant::now();
    assert_eq!(alice.read(), None);
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
    assert_eq!(events.event("iocage")["action"], "stopjail", "it still listens");
    served.here().ask("sysadm/iocage", json!({"action": "startjail", "jail": "db"}));
    assert_eq!(events.event("iocage")["action"], "startjail");
}
