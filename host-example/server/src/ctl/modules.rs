//! `modules`: which versions serve, and another in the place of one.

use serde_json::{Value, json};

use super::failure::Failure;
use super::link::Link;
use super::out;
use super::run::print;
use super::shown::{self, columns};
use super::text::visible;

const MODULES: (&str, &str) = ("rpc", "modules");
const COLUMNS: [&str; 8] =
    ["class", "generation", "state", "version", "in_flight", "answered", "path", "why"];

/// `modules list`.
pub(crate) async fn list(link: &mut Link, json: bool) -> Result<(), Failure> {
    let answer = link.ask(MODULES, &json!({"action": "list"})).await?;
    if json {
        return print("list", answer.text(), true);
    }
    let told = answer.value()?;
    let rows = shown::of_action(&told, "list")?["generations"].as_array().cloned().unwrap_or_default();
    out::listed(&columns(&COLUMNS, &rows.iter().collect::<Vec<_>>()), 1)
}

/// The others: `swap`, `rollback`, `load`, `unload`.
pub(crate) async fn change(
    link: &mut Link,
    action: &str,
    class: Option<&str>,
    module: Option<&str>,
    json: bool,
) -> Result<(), Failure> {
    let mut args = json!({ "action": action });
    if let Some(class) = class {
        args["class"] = class.into();
    }
    if let Some(module) = module {
        // A server takes names in its own folder; a path is for one in this process.
        match module.contains('/') {
            false => args["file"] = module.into(),
            true => {
                let path = std::path::absolute(module).ok();
                let path = path.as_deref().and_then(std::path::Path::to_str);
                args["path"] = path.ok_or_else(|| Failure::Usage(format!("{module:?} is no path")))?.into();
            }
        }
    }
    let answer = link.ask(MODULES, &args).await?;
    if json {
        return print(action, answer.text(), true);
    }
    match sentence(action, shown::of_action(&answer.value()?, action)?) {
        Some(told) => out::answer(&format!("{told}\n")),
        None => print(action, answer.text(), false),
    }
}

/// What has come of it, for people; the numbers that programs measure are left out.
fn sentence(action: &str, told: &Value) -> Option<String> {
    let (number, version) = (told["generation"].as_u64()?, visible(told["version"].as_str()?));
    if action == "unload" {
        return Some(format!("generation {number} ({version}) serves no more"));
    }
    let before = told["replaced"].as_u64().map(|before| format!(", before it {before}")).unwrap_or_default();
    let state = told["state"]["refused"].as_str();
    let state = state.map(|why| format!("; the state of that it has not taken: {}", visible(why)));
    Some(format!("generation {number} serves ({version}){before}{}", state.unwrap_or_default()))
}

/// `whoami`.
pub(crate) async fn whoami(link: &mut Link, json: bool) -> Result<(), Failure> {
    let answer = link.ask(("rpc", "whoami"), &Value::Object(serde_json::Map::new())).await?;
    print("", answer.text(), json)
}
