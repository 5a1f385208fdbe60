//! The class `rpc/modules` of a host: the list of its class modules, and what
//! an administrator does with them. It answers in the manner of the classes:
//! an object under the action's name, which is an error or is not.

use std::path::Path;
use std::time::Instant;

use serde_json::{Map, Value, json};
use sysadm_class::host::Request;
use sysadm_class::{Access, Level, Status};

use crate::answer::Answer;
use crate::object::object;
use crate::refused::Obstacle;
use crate::registry::{Registry, Swapped};
use crate::said;

/// The codes of what is wrong with a request, and what they mean.
const MISSING_KEY: (&str, &str) = ("missing-key", "a key that the action needs is not there");
const WRONG_TYPE: (&str, &str) = ("wrong-type", "the value is not what the key takes");

/// Every code that `rpc/modules` answers, and what it means.
#[must_use]
pub fn codes() -> Vec<(&'static str, &'static str)> {
    let obstacles = Obstacle::ALL.iter().map(|(_, word, meaning)| (*word, *meaning));
    [MISSING_KEY, WRONG_TYPE].into_iter().chain(obstacles).collect()
}

/// The most bytes of args: of who may only ask for the list, and of others, who send configurations.
const MOST_OF_LIMITED: usize = 4 << 10;
const MOST: usize = 1 << 20;

const ACTIONS: [&str; 5] = ["list", "load", "rollback", "swap", "unload"];

/// A key: its name, its type, and what it is for.
type Key = (&'static str, &'static str, &'static str);

const CLASS: Key = ("class", "string", "NAMESPACE/NAME; without it the only one that there is");
const PATH: Key = ("path", "string", "the absolute path of a module");
const CONFIG: Key = ("config", "object", "what the class is created with; without it as before");

/// What each does, and its keys, of which a path is needed.
const DESCRIBED: [(&str, &[Key]); 5] = [
    ("the classes, and every version of a module that is or was here", &[]),
    ("loads a class that is not here yet", &[PATH, CONFIG]),
    ("lets the version serve that served before", &[CLASS]),
    ("lets another version serve, under load", &[CLASS, PATH, CONFIG]),
    ("ends a class", &[CLASS]),
];

/// What `rpc/modules` says of itself, in the form in which classes do by `sysadm.describe/1`.
#[must_use]
pub fn modules_described() -> Value {
    let key = |(key, kind, summary): &Key| json!({"key": key, "required": *key == PATH.0, "summary": summary, "type": kind});
    let action = |(action, (summary, keys)): (&&str, &(&str, &[Key]))| {
        let access = if *action == "list" { Access::Limited } else { Access::Full };
        let keys: Vec<Value> = keys.iter().map(key).collect();
        json!({"access": access.word(), "action": action, "keys": keys, "long": false, "summary": summary})
    };
    json!({
        "actions": ACTIONS.iter().zip(&DESCRIBED).map(action).collect::<Vec<_>>(),
        "description": "the modules of a host",
        "name": "modules",
        "namespace": "rpc",
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// Is this class meant?
pub(crate) fn is_for_us(namespace: &str, name: &str) -> bool {
    namespace.eq_ignore_ascii_case("rpc") && name.eq_ignore_ascii_case("modules")
}

/// Answer a request for it.
pub(crate) fn answer(registry: &Registry, request: &Request<'_>) -> Answer {
    let bad = |why: &str| Answer::refused(Status::BadRequest, why);
    // Args are built as a tree, which takes much more than they do.
    let most = if request.access >= Access::Full { MOST } else { MOST_OF_LIMITED };
    if request.args.len() > most {
        return bad(&format!("the args are longer than {most} bytes"));
    }
    let args = match object(request.args) {
        Ok(args) => args,
        Err(why) => return bad(&why),
    };
    let action = args.get("action").and_then(Value::as_str);
    let Some(action) = action.filter(|action| ACTIONS.contains(action)) else {
        return bad(&format!("`action` takes one of {}", ACTIONS.join(", ")));
    };
    let started = Instant::now();
    let outcome = if action == "list" || request.access >= Access::Full {
        act(registry, action, &args)
    } else {
        audit(registry, request, action, &args, "forbidden", started);
        return Answer::refused(Status::Forbidden, &format!("{action} needs full access"));
    };
    let word = outcome.as_ref().map_or_else(|(code, _)| *code, |_| "done");
    audit(registry, request, action, &args, word, started);
    let outcome = outcome.unwrap_or_else(|(code, error)| json!({"code": code, "error": error}));
    Answer::with_args(Status::Ok, json!({ action: outcome }).to_string())
}

/// One line for each change, and who has asked for it: at info, or at warn if it was not made, for who
/// asks for what he does not get is worth a look. What is named is quoted: it may hold anything. No
/// configuration: it may hold secrets.
fn audit(
    registry: &Registry,
    request: &Request<'_>,
    action: &str,
    args: &Map<String, Value>,
    word: &str,
    started: Instant,
) {
    if action == "list" {
        return;
    }
    let named = |key| {
        let text = args.get(key).and_then(Value::as_str)?;
        Some(format!(" {key} {:?}", said::cut(text.to_owned())))
    };
    let asked = said::of(request.caller);
    let text = format!(
        "{action}{}{} {word}, {} access{asked}, after {} ms",
        named("class").unwrap_or_default(),
        named("path").unwrap_or_default(),
        request.access.word(),
        started.elapsed().as_millis()
    );
    let level = if word == "done" { Level::Info } else { Level::Warn };
    registry.log_of(level, "modules", &text, request.id);
}

/// A code and a sentence.
type Error = (&'static str, String);

fn act(registry: &Registry, action: &str, args: &Map<String, Value>) -> Result<Value, Error> {
    let wrong = |what: &str| (WRONG_TYPE.0, what.to_owned());
    let class = match args.get("class") {
        None => None,
        Some(class) => {
            let class = class.as_str().and_then(|class| class.split_once('/'));
            Some(class.ok_or_else(|| wrong("`class` takes NAMESPACE/NAME"))?)
        }
    };
    let path = || {
        let missing = || (MISSING_KEY.0, "Missing required keys: path".to_owned());
        let path = args.get("path").ok_or_else(missing)?.as_str().map(Path::new);
        path.filter(|path| path.is_absolute())
            .ok_or_else(|| wrong("`path` takes the absolute path of a module"))
    };
    let config = match args.get("config") {
        None => None,
        Some(config) if config.is_object() => Some(config.to_string()),
        Some(_) => return Err(wrong("`config` takes an object")),
    };
    let done = match action {
        "list" => return Ok(registry.list()),
        "load" => match config {
            Some(config) => registry.load(path()?, &config),
            None => registry.load_asked(path()?),
        },
        "rollback" => registry.roll_back(class),
        "swap" => registry.swap_with(class, path()?, config.as_deref()),
        _ => {
            let gone = registry.unload(class).map_err(|e| (e.obstacle.word(), e.why))?;
            return Ok(json!({"generation": gone.number(), "version": gone.version()}));
        }
    };
    done.map(|swapped| shown(&swapped)).map_err(|refused| (refused.obstacle.word(), refused.why))
}

fn shown(swapped: &Swapped) -> Value {
    let mut shown = json!({
        "generation": swapped.generation.number(),
        "publish_us": swapped.publish.as_secs_f64() * 1e6,
        "version": swapped.generation.version(),
    });
    if let Some(replaced) = swapped.replaced {
        shown["replaced"] = replaced.into();
    }
    if let Some(handed) = &swapped.handed {
        shown["state"] = json!({"id": handed.id, "version": handed.version});
        if let Some(refused) = &handed.refused {
            shown["state"]["refused"] = refused.as_str().into();
        }
    }
    shown
}
