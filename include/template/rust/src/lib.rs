//! The smallest complete class module in Rust: `example/echo` answers a request
//! with its own args. Copy it and put your class in its place.
//!
//! All that touches raw pointers is in `sysadm-class`: the two doors, the checks
//! of what the host passes, the panics that must not get out, the log. A class is
//! one safe trait. So that the library may be unloaded, it starts no threads and
//! has no thread-locals with destructors; clippy.toml of this repository says
//! what else to keep away from.

use serde_json::{Map, Value, json};
use sysadm_class::module::{Call, RawClass, Reply};
use sysadm_class::{Identity, Status};

/// One instance; used from many threads at once.
struct Echo {
    /// Configuration: `{"prefix": "..."}`, put before the echo.
    prefix: String,
}

fn reply(status: Status, args: &Value) -> Reply {
    Reply { status, args: args.to_string().into_bytes() }
}

fn object(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok()
}

impl RawClass for Echo {
    const IDENTITY: Identity = Identity {
        namespace: "example",
        name: "echo",
        version: env!("CARGO_PKG_VERSION"),
        description: "Answers a request with its own args",
        unload_safe: true,
    };

    fn describe() -> Vec<u8> {
        let me = Self::IDENTITY;
        let keys = json!([{"key": "text", "type": "string", "required": true, "summary": "what to answer"}]);
        let action = json!({"action": "echo", "summary": me.description, "access": "limited", "keys": keys});
        json!({
            "namespace": me.namespace, "name": me.name, "version": me.version,
            "description": me.description, "actions": [action],
        })
        .to_string()
        .into_bytes()
    }

    fn create(config: &[u8]) -> Result<Echo, Reply> {
        let refused = |why: &str| Reply::error(Status::BadRequest, "bad-config", why);
        let config = if config.is_empty() { Some(Map::new()) } else { object(config) };
        let config = config.ok_or_else(|| refused("the configuration is not a JSON object"))?;
        if let Some(key) = config.keys().find(|key| *key != "prefix") {
            return Err(refused(&format!("unknown key {key:?}; there is `prefix`")));
        }
        match config.get("prefix").map_or(Some(""), Value::as_str) {
            Some(prefix) => Ok(Echo { prefix: prefix.to_owned() }),
            None => Err(refused("`prefix` is not a string")),
        }
    }

    /// Called for this class's namespace and name only. Work that takes long asks
    /// its call `is_cancelled()` in between and keeps to its `deadline`.
    fn dispatch(&self, _: &Call<'_>, args: &[u8]) -> Reply {
        let bad = |why| Reply::error(Status::BadRequest, "bad-request", why);
        let Some(args) = object(args) else { return bad("the args are not a JSON object") };
        if args.get("action").and_then(Value::as_str) != Some("echo") {
            return bad("this class has the action `echo` only");
        }
        // An action that changes something asks first whether the call's `access` is
        // Access::Full, and else answers Status::Forbidden.
        match args.get("text").and_then(Value::as_str) {
            Some(text) => reply(Status::Ok, &json!({"echo": format!("{}{text}", self.prefix)})),
            None => reply(Status::Ok, &json!({"echo": {"code": "missing-key", "key": "text"}})),
        }
    }

    fn health(&self, _: &Call<'_>) -> Reply {
        reply(Status::Ok, &json!({}))
    }

    /// What the next version should know.
    fn export_state(&self, _: &Call<'_>) -> Reply {
        reply(Status::Ok, &json!({"id": "echo", "version": 1}))
    }

    fn import_state(&self, _: &Call<'_>, state: &[u8]) -> Reply {
        match object(state) {
            Some(_) => Reply::bare(Status::Ok),
            None => Reply::error(Status::BadRequest, "bad-request", "the state is not a JSON object"),
        }
    }
}

sysadm_class::export_class!(Echo);
