//! The document's exchanges over the wire, REST by curl and WebSocket by Python's `websockets`, of both generations of iocage.

use std::process::Command;

use serde_json::{Value, json};

use super::stand::{PYTHON, Served, run};
use crate::exchanges::{answer, exchanges};
use crate::support::root;

#[allow(dead_code, reason = "it is the example host's")]
#[path = "../../../host-example/src/document.rs"]
mod document;

/// Frames sent one after the other, and the answer to each.
pub(super) fn websocket(address: &str, frames: &[Value]) -> Vec<Value> {
    let mut python = Command::new(&*PYTHON);
    python.arg(root().join("tests/it/served/frames.py")).arg(address);
    let input: String = frames.iter().map(|frame| format!("{frame}\n")).collect();
    let (out, err, status) = run(python, &input);
    assert_eq!(status, Some(0), "{err}");
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_exchange_is_answered_as_documented_in_both_forms() {
    for version in ["2016-02-10", "1.13"] {
        let is_python = version == "1.13";
        let state = |exchange: &document::Exchange| {
            if is_python { exchange.state_of_python() } else { exchange.state.clone() }
        };
        let all = document::exchanges();
        let served = Served::new(&state(&all[0]), &json!({}));
        let address = served.address();
        for (exchange, documented) in all.iter().zip(exchanges()) {
            let request = &exchange.request;
            served.machine.become_like(&state(exchange));
            let words = ["-u", "alice:alice-secret", "-X", "PUT", "-d", &request.to_string()];
            let (status, body) = served.curl(&words, "/sysadm/iocage");
            assert_eq!(status, 200, "{request}: {body}");
            let told: Value = serde_json::from_str(&body).expect("JSON");
            served.machine.become_like(&state(exchange));
            let frames = [
                json!({"namespace": "rpc", "name": "identify", "id": "sysadm_client_identify", "args": ""}),
                json!({"namespace": "rpc", "name": "auth", "id": "auth", "args": {"username": "alice", "password": "alice-secret"}}),
                json!({"namespace": "sysadm", "name": "iocage", "id": "fooid", "args": request}),
            ];
            let answers = websocket(&address, &frames);
            assert_eq!(answers[0]["args"]["type"], "server");
            let told_there = &answers[2];
            assert_eq!(
                (&told_there["id"], &told_there["name"]),
                (&json!("fooid"), &json!("response")),
                "{told_there}"
            );
            assert_eq!(told_there["namespace"], "sysadm");
            for args in [&told["args"], &told_there["args"]] {
                if is_python {
                    for (action, documented) in exchange.answer.as_object().expect("an object") {
                        assert!(document::is_shaped_like(&args[action], documented), "{request}: {args}");
                    }
                } else {
                    assert_eq!(*args, answer(&documented), "{request}");
                }
            }
        }
        assert_eq!(all.len(), 24);
    }
}
