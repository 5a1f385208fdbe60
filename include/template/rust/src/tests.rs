//! A class is tried in its own process, by a host that keeps what it is told.

use sysadm_class::Access::Limited;
use sysadm_class::Status;
use sysadm_class::kit::Trial;

use super::*;

#[test]
fn it_echoes_what_it_is_told() {
    let host = Trial::new();
    let echo: Echo = host.create(r#"{"prefix": "> "}"#).expect("a configuration");
    let told = host.ask(&echo, Limited, r#"{"action": "echo", "text": "hello"}"#);
    assert_eq!(told, (Status::Ok, json!({"echo": "> hello"})));
    let (_, told) = host.ask(&echo, Limited, r#"{"action": "echo"}"#);
    assert_eq!((&told["echo"]["code"], &told["echo"]["key"]), (&json!("missing-key"), &json!("text")));
}

#[test]
fn it_counts_until_nobody_waits() {
    let host = Trial::new();
    let echo: Echo = host.create("").expect("a configuration");
    let count = |to: u64| host.ask(&echo, Full, &json!({"action": "count", "to": to}).to_string());
    assert_eq!(count(3), (Status::Ok, json!({"count": {"counted": 3}})));
    assert_eq!((&host.progress()[0]["percent"], &host.progress()[2]["percent"]), (&json!(33), &json!(100)));
    let events = host.events();
    assert_eq!(events[0].0, "echo");
    let told = &events[0].1;
    assert_eq!(
        (&told["action"], &told["outcome"], &told["to"]),
        (&json!("count"), &json!("done"), &json!(3))
    );
    assert!(told["request"].is_u64());

    host.cancel_after(5);
    assert_eq!(count(1_000_000).1["count"]["code"], "cancelled");
    assert_eq!(host.progress().len(), 5);
    assert_eq!(host.ask(&echo, Limited, r#"{"action": "count", "to": 1}"#).0, Status::Forbidden);
}
