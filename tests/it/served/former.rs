//! What sysadm's own servers did wrong and no server is to copy, each over TLS as a client of theirs would meet it: a client that
//! leaves crashed them, one who sent nothing more got nothing, an empty token was somebody's, and a 403 ended the connection.

use std::process::Command;

use serde_json::{Value, json};

use super::exchanges::websocket;
use super::stand::{Served, run, usual};
use crate::support::root;

fn script(name: &str, words: &[&str]) -> (String, String, Option<i32>) {
    let mut python = Command::new("python3");
    python.arg(root().join("tests/it/served").join(name)).args(words);
    run(python, "")
}

/// The value of this figure.
fn figure(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn who_leaves_over_tls_harms_nobody() {
    let served = Served::new(&usual(), &json!({}));
    let token = served.of("alice").log_in("alice");
    let hold = served.machine.hold("zfs");
    let (out, err, status) = script("leaving.py", &[&served.address(), &token, "100"]);
    assert_eq!((out.trim(), status), ("100 polite, 100 rude", Some(0)), "{err}{}", served.log());
    drop(hold);
    let metrics = || served.curl(&["-u", "alice:alice-secret"], "/metrics").1;
    served.until_it("lets all of them go", || {
        let text = metrics();
        // The one that asks.
        text.contains("lane_waiting{lane=\"reads\"} 0\n")
            && figure(&text, "sysadmd_front_connections ") == Some(1)
    });
    let words = ["-u", "alice:alice-secret", "-X", "PUT", "-d", r#"{"action":"listjails"}"#];
    let (status, body) = served.curl(&words, "/sysadm/iocage");
    assert!(status == 200 && body.contains("\"db\""), "{status} {body}");
    assert!(!served.log().contains("the front has ended"), "{}", served.log());
    assert!(!served.log().contains("panicked"), "{}", served.log());
}

/// `curl` ends TLS properly when it gives up, as who only has nothing more to say does; what he asked for ends with him all the same.
#[test]
fn who_takes_his_leave_and_goes_is_not_waited_for() {
    let served = Served::new(&usual(), &json!({}));
    let hold = served.machine.hold("zfs");
    let mut curl = Command::new("curl");
    curl.args(["-sk", "-m", "1", "-u", "bob:bob-secret", "-X", "PUT", "-d", r#"{"action":"listjails"}"#]);
    curl.arg(format!("https://{}/sysadm/iocage", served.address()));
    assert_eq!(run(curl, "").2, Some(28), "it gives up");
    let began = std::time::Instant::now();
    served.until_it("lets him go", || {
        let text = served.curl(&["-u", "alice:alice-secret"], "/metrics").1;
        text.contains("lane_busy{lane=\"reads\"} 0\n")
            && figure(&text, "sysadmd_front_connections ") == Some(1)
    });
    assert!(began.elapsed() < std::time::Duration::from_secs(28), "{:?}", began.elapsed());
    drop(hold);
}

#[test]
fn who_sends_nothing_more_over_tls_is_answered() {
    let served = Served::new(&usual(), &json!({}));
    let token = served.of("alice").log_in("alice");
    let (out, err, status) = script("half_closed.py", &[&served.address(), &format!("Bearer {token}")]);
    assert!(status == Some(0) && out.starts_with("HTTP/1.1 200") && out.contains("\"db\""), "{out}{err}");
}

/// While somebody is logged in, which is when it was his.
#[test]
fn an_empty_token_or_password_is_nobody_s_over_tls() {
    let served = Served::new(&usual(), &json!({}));
    let mut alice = served.of("alice");
    let address = served.address();
    for header in
        ["Bearer", "Bearer ", "Bearer  ", "Bearer sat__", "Basic", "Basic ", "Basic Og==", "Basic YWxpY2U6"]
    {
        let header = format!("Authorization: {header}");
        let words = ["-H", &header, "-X", "PUT", "-d", r#"{"action":"listjails"}"#];
        let (status, body) = served.curl(&words, "/sysadm/iocage");
        assert_eq!(status, 401, "{header:?}: {body}");
        assert!(!body.contains("listjails\":"), "{header:?}: {body}");
    }
    let frame = |name: &str, args: Value| json!({"namespace": "rpc", "name": name, "id": name, "args": args});
    let answers =
        websocket(&address, &[frame("auth_token", json!({"token": ""})), frame("query", json!(""))]);
    for answer in answers {
        assert_eq!((&answer["name"], &answer["args"]["code"]), (&json!("error"), &json!("401")), "{answer}");
    }
    assert_eq!(alice.status("rpc/whoami", json!({})), 200);
}

#[test]
fn a_refusal_closes_nothing() {
    let served = Served::new(&usual(), &json!({}));
    let frame = |id: String, class: &str, name: &str, args: Value| json!({"namespace": class, "name": name, "id": id, "args": args});
    let mut frames =
        vec![frame("auth".to_owned(), "rpc", "auth", json!({"username": "bob", "password": "bob-secret"}))];
    for n in 0..20 {
        frames.push(frame(format!("s{n}"), "sysadm", "iocage", json!({"action": "stopjail", "jail": "db"})));
    }
    frames.push(frame("list".to_owned(), "sysadm", "iocage", json!({"action": "listjails"})));
    let answers = websocket(&served.address(), &frames);
    for answer in &answers[1..21] {
        assert_eq!(answer["args"]["code"], "403", "{answer}");
    }
    assert_eq!(answers[21]["args"]["listjails"]["db"]["state"], "up", "{}", answers[21]);
}
