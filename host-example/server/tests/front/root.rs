//! A stand-in for the root part: it answers lines, by the request's name, and remembers what it was told: a `slow` one after a while, and
//! a `held` one when the test lets it go. One who is
//! `alice` with `secret`, or has the token `token`, is known; a WebSocket's requests need no login here.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// What it remembers.
#[derive(Default)]
pub(crate) struct Seen {
    /// The first lines of connections.
    pub(crate) hellos: Vec<Value>,
    /// All lines after those, as they came.
    pub(crate) lines: Vec<String>,
    /// How many connections have ended.
    pub(crate) ended: usize,
    /// Is what was `held` to be answered?
    pub(crate) is_let_go: bool,
}

pub(crate) type Root = Arc<Mutex<Seen>>;

/// A thread that lasts as long as the tests.
#[expect(clippy::disallowed_methods, reason = "a stand-in is beside what is tried")]
pub(crate) fn aside(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}

pub(crate) fn listen(socket: &Path) -> Root {
    let seen = Root::default();
    let (listener, told) = (UnixListener::bind(socket).unwrap(), Arc::clone(&seen));
    aside(move || {
        for stream in listener.incoming().flatten() {
            let told = Arc::clone(&told);
            aside(move || {
                let _ = serve(stream, &told);
                told.lock().unwrap().ended += 1;
            });
        }
    });
    seen
}

fn serve(stream: UnixStream, seen: &Root) -> std::io::Result<()> {
    let writer = Arc::new(Mutex::new(stream.try_clone()?));
    let mut lines = BufReader::new(stream).lines();
    let Some(hello) = lines.next() else { return Ok(()) };
    seen.lock().unwrap().hellos.push(serde_json::from_str(&hello?)?);
    for line in lines {
        let line = line?;
        seen.lock().unwrap().lines.push(line.clone());
        let Ok(request) = serde_json::from_str::<Value>(&line) else {
            writeln!(writer.lock().unwrap(), "{}", error("", "400", "no JSON"))?;
            continue;
        };
        if request["name"] == "close" {
            return writer.lock().unwrap().shutdown(std::net::Shutdown::Both);
        }
        if request["name"] == "slow" || request["name"] == "held" {
            let (writer, seen) = (Arc::clone(&writer), Arc::clone(seen));
            aside(move || {
                std::thread::sleep(Duration::from_millis(request["args"]["ms"].as_u64().unwrap_or(0)));
                while request["name"] == "held" && !seen.lock().unwrap().is_let_go {
                    std::thread::sleep(Duration::from_millis(5));
                }
                let _ = writer.lock().unwrap().write_all(answer(&request).as_bytes());
            });
        } else {
            writer.lock().unwrap().write_all(answer(&request).as_bytes())?;
        }
    }
    Ok(())
}

fn error(id: &str, code: &str, why: &str) -> Value {
    json!({"args": {"code": code, "error": why, "message": why}, "id": id, "name": "error", "namespace": "error"})
}

fn answer(request: &Value) -> String {
    let id = request["id"].as_str().unwrap_or_default();
    let known = [json!({"username": "alice", "password": "secret"}), json!({"token": "token"})];
    if !request["login"].is_null() && !known.contains(&request["login"]) {
        return format!("{}\n", error(id, "401", "wrong"));
    }
    let args = &request["args"];
    let action = args["action"].as_str().unwrap_or_default();
    let told = match request["name"].as_str().unwrap_or_default() {
        "silent" | "auth_clear" => return String::new(),
        "refused" => {
            let mut told = error(id, args["code"].as_str().unwrap_or_default(), "why");
            told["args"]["retry_after"] = args["retry_after"].clone();
            return format!("{told}\n");
        }
        "big" => json!({"big": "x".repeat(args["bytes"].as_u64().unwrap_or(0) as usize)}),
        "iocage" if args["async_key"] == "taken" => json!({action: {
            "code": "key-taken", "error": "this `async_key` is that of a job with other args", "key": "async_key",
        }}),
        "iocage" if args["async"] == true => {
            json!({action: {"started_dispatcher_id": "sysadm_iocage_x-{1}"}})
        }
        "dispatcher" if args["job_id"] == "none" => json!({action: {"code": "no-such-job", "error": "x"}}),
        "subscribe" => {
            let answer =
                json!({"args": {"subscribe": args}, "id": id, "name": "response", "namespace": "events"});
            let event =
                json!({"args": {"state": "running"}, "id": "", "name": "dispatcher", "namespace": "events"});
            let missed =
                json!({"args": {"n": 2}, "id": "", "missed": 3, "name": "iocage", "namespace": "events"});
            return format!("{event}\n{answer}\n{missed}\n");
        }
        "health" => json!({"ok": true}),
        "metrics" => json!({"text": "# TYPE sysadmd_up gauge\nsysadmd_up 1\n"}),
        "describe" => {
            json!({"classes": [{"namespace": "sysadm", "name": "iocage", "version": "1.2", "description": "Jails", "actions": [
            {"action": "listjails", "summary": "all jails", "access": "limited", "keys": [], "long": false,
             "schema": {"type": "object", "properties": {"action": {"const": "listjails"}}, "required": ["action"]}},
            {"action": "startjail", "summary": "start one", "access": "full", "keys": [], "long": true,
             "schema": {"type": "object", "properties": {"action": {"const": "startjail"}, "jail": {"type": "string"}}, "required": ["action", "jail"]}}]}]})
        }
        name => json!({name: args}),
    };
    let name = if id.is_empty() { request["name"].as_str().unwrap_or_default() } else { "response" };
    format!("{}\n", json!({"args": told, "id": id, "name": name, "namespace": request["namespace"]}))
}
