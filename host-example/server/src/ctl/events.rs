//! `events`: what happens, a line each, until Ctrl-C.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use sysadm_host::rfc3339;

use super::failure::Failure;
use super::job::process_id;
use super::link::{Event, Link};
use super::out;
use super::text::{cut, visible};

/// Those that there are whichever classes are loaded; who names none gets all of these.
pub(crate) const NAMES: [&str; 3] = ["dispatcher", "iocage", "system-state"];
/// The longest line for people.
const MOST: usize = 1000;

/// Print them as they come.
pub(crate) async fn events(link: &mut Link, names: &[String], json: bool) -> Result<(), Failure> {
    let names: Vec<&str> = match names {
        [] => NAMES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    link.ask(("events", "subscribe"), &json!(names)).await?;
    loop {
        let event = link.event().await?;
        if event.missed > 0 {
            out::note(&format!(
                "{} events were left out, for they came faster than they were read",
                event.missed
            ));
        }
        out::answer(&if json { whole(&event) } else { line(&event) })?;
    }
}

fn whole(event: &Event) -> String {
    let (args, name) = (event.args.get(), Value::from(event.name.as_str()));
    format!("{{\"args\":{args},\"missed\":{},\"name\":{name}}}\n", event.missed)
}

fn line(event: &Event) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let told: Value = serde_json::from_str(event.args.get()).unwrap_or_default();
    let text = if event.name == "dispatcher" { of_job(&told) } else { event.args.get().to_owned() };
    format!("{} {} {}\n", rfc3339(now), visible(&event.name), cut(&visible(&text), MOST))
}

/// The frames of jobs have all that programs print; here is only how far each is.
fn of_job(told: &Value) -> String {
    let mut parts = vec![process_id(told).unwrap_or("?").to_owned()];
    let percent = told["percent_done"].as_u64().map(|percent| format!("{percent}%"));
    parts.extend(["state", "filename"].iter().filter_map(|key| told[*key].as_str()).map(str::to_owned));
    parts.extend(percent);
    parts.extend(told["process_details"]["current_cmd"].as_str().map(str::to_owned));
    parts.extend(told["status"].as_u64().map(|status| status.to_string()));
    parts.extend(told.get("result").map(Value::to_string));
    parts.join(" ")
}
