//! The smallest complete class module in Rust: `example/echo`. Copy the folder and put your class in its
//! place; it starts no threads and has no thread-locals with destructors, so that hosts may unload it.
use std::{thread::sleep, time::Duration};

use serde_json::json;
use sysadm_class::kit::{Action, Answer, Args, Call, Class, Failure, Key, Param, Row};
use sysadm_class::{Access::Full, Identity};

/// One instance; used from many threads at once.
struct Echo(String);

const PREFIX: Key<String> = Key::new("prefix").says("put before each echo");
const TEXT: Key<String> = Key::new("text").says("what to answer");
const TO: Key<u64> = Key::new("to").says("how far to count");

impl Class for Echo {
    const IDENTITY: Identity =
        Identity::new("example", "echo", env!("CARGO_PKG_VERSION"), "Echoes and counts").unload_safe();
    const CONFIG: &[Param] = &[PREFIX.optional()];
    const ACTIONS: &[Row<Echo>] = &[
        Action::new("echo", Echo::echo).says("answers a text").takes(&[TEXT.required()]),
        Action::new("count", Echo::count).says("counts slowly").takes(&[TO.required()]).needs(Full).long(),
    ];

    fn create(config: &Args) -> Result<Echo, Failure> {
        Ok(Echo(config.get(&PREFIX).cloned().unwrap_or_default()))
    }
}

impl Echo {
    fn echo(&self, _: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
        Ok(json!(format!("{}{}", self.0, args.need(&TEXT)?)).into())
    }

    fn count(&self, call: &Call<'_>, args: &Args) -> Result<Answer, Failure> {
        let to = *args.need(&TO)?;
        for done in 1..=to {
            call.still_wanted()?;
            sleep(Duration::from_millis(10));
            call.percent("count", None, 100 * done / to);
        }
        let told = json!({ "action": "count", "request": call.request_id, "outcome": "done", "to": to });
        call.emit_event("echo", &told);
        Ok(json!({ "counted": to }).into())
    }
}

sysadm_class::export_class!(Echo);

#[cfg(test)]
mod tests;
