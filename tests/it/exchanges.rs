//! Every documented exchange, in both forms and through both doors, byte for
//! byte: on a machine in the state in which the document was written.
//!
//! `document.json` is our own form of the document. Where the document itself
//! is beside the workspace, the two are compared: they differ in exactly the
//! values that the old parser had cut at a second colon.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{self, DOORS, Host, Machine, run_host};

pub fn exchanges() -> Vec<Value> {
    let text = std::fs::read_to_string(support::root().join("host-example/src/document.json"))
        .expect("our own file");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn the_class_answers_as_documented() {
    for door in DOORS {
        let mut answered = 0;
        for exchange in exchanges() {
            let machine = Machine::new(&exchange["state"]);
            let host = Host::new(door, &machine.config());
            let (_, text) = host.send(&exchange["request"].to_string());
            assert_eq!(text, answer(&exchange).to_string(), "{}", exchange["request"]);
            answered += 1;
        }
        assert_eq!(answered, 24);
    }
}

/// What is answered: what is documented, and beside it how long a pool stays as it was
/// told, which the document does not say.
pub fn answer(exchange: &Value) -> Value {
    let mut answer = exchange["answer"].clone();
    if exchange["request"]["action"] == "deactivatepool" {
        let told = "if no other pool is active, this iocage activates the last one that it finds, which may be \
                    this one, with its next command";
        answer["warnings"] = json!([told]);
    }
    answer
}

#[test]
fn the_host_answers_in_the_websocket_form() {
    for door in DOORS {
        for exchange in exchanges() {
            let machine = Machine::new(&exchange["state"]);
            let request =
                json!({"args": exchange["request"], "id": "fooid", "name": "iocage", "namespace": "sysadm"});
            let (out, _, code) =
                run_host(door, &["--config", &machine.config(), "call"], &format!("{request}\n"));
            let response =
                json!({"args": answer(&exchange), "id": "fooid", "name": "response", "namespace": "sysadm"});
            assert_eq!((out, code), (format!("{response}\n"), Some(0)));
        }
    }
}

/// `{"args": ...}` as the document indents it: by four.
fn rest_body(args: &Value) -> String {
    let text = serde_json::to_string_pretty(&json!({ "args": args })).expect("JSON");
    let four = |line: &str| {
        let blanks = line.len() - line.trim_start().len();
        format!("{}{line}\n", " ".repeat(blanks))
    };
    text.lines().map(four).collect()
}

#[test]
fn the_host_answers_in_the_rest_form() {
    for door in DOORS {
        for exchange in exchanges() {
            let machine = Machine::new(&exchange["state"]);
            let request = format!("PUT /sysadm/iocage\n{:#}\n", exchange["request"]);
            let (out, _, code) = run_host(door, &["--config", &machine.config(), "rest"], &request);
            let (head, body) = out.split_once("\r\n\r\n").expect("an empty line");
            assert_eq!(head.lines().next(), Some("HTTP/1.1 200 OK"), "{}", door.word());
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{head}");
            assert_eq!((body, code), (rest_body(&answer(&exchange)).as_str(), Some(0)));
        }
    }
}

/// The document's own text, line by line: its indentation, its order of keys.
#[test]
fn the_documents_rest_requests_run_as_written() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api/iocage-class.rst");
    let Ok(text) = std::fs::read_to_string(&path) else {
        crate::support::skipped!("the document is not at {}", path.display());
        return;
    };
    let exchanges = exchanges();
    let mut run = 0;
    for request in text.split("\n\n").filter(|block| block.starts_with(" PUT /")) {
        let (_, body) = request.split_once('\n').expect("a body");
        let args: Value = serde_json::from_str(body).expect("JSON");
        let mut known = exchanges.iter().filter(|e| e["request"] == args && e["form"] != "websocket");
        let exchange = known.next().unwrap_or_else(|| panic!("not among ours: {request}"));
        let machine = Machine::new(&exchange["state"]);
        let (out, ..) =
            run_host(DOORS[run % 2], &["--config", &machine.config(), "rest"], &format!("{request}\n"));
        let (_, body) = out.split_once("\r\n\r\n").expect("an empty line");
        assert_eq!(body, rest_body(&answer(exchange)), "{request}");
        run += 1;
    }
    assert_eq!(run, 22);
}

#[test]
fn the_demo_plays_all_of_them() {
    for door in DOORS {
        let (out, _, code) = run_host(door, &["demo"], "");
        assert!(out.ends_with("\n24 exchanges played, 24 as documented, 0 not\n"), "{out}");
        assert_eq!(code, Some(0));
    }
}

#[test]
fn our_form_of_the_document_is_the_document() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/api/exchanges.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        crate::support::skipped!("the document is not at {}", path.display());
        return;
    };
    let document: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let mut cut = 0;
    let mut forms = 0;
    for mut exchange in exchanges() {
        let number = usize::try_from(exchange["exchange"].as_u64().expect("a number")).expect("small");
        let documented = &document[number - 1];
        assert_eq!(exchange["request"], documented["websocket_request"]["args"]);
        assert_eq!(exchange["request"], documented["rest_request"]["body"]);
        for (place, value) in exchange["document"].as_object().cloned().unwrap_or_default() {
            let whole = exchange["answer"].pointer_mut(&place).expect("the value that is cut");
            let (whole_text, cut_text) = (whole.as_str().expect("text"), value.as_str().expect("text"));
            assert!(whole_text.strip_prefix(cut_text).is_some_and(|rest| rest.starts_with(':')), "{place}");
            *whole = value;
            cut += 1;
        }
        let form = exchange["form"].as_str().expect("a form");
        if form != "rest" {
            assert_eq!(exchange["answer"], documented["websocket_response"]["args"]);
            forms += 1;
        }
        if form != "websocket" && !documented["rest_response"].is_null() {
            assert_eq!(exchange["answer"], documented["rest_response"]["args"]);
        }
        forms += usize::from(form == "rest");
    }
    assert_eq!((document.len(), forms, cut), (22, 24, 5));
    println!(
        "{} exchanges, {forms} response forms, {cut} values that the document shows cut",
        document.len()
    );
}
