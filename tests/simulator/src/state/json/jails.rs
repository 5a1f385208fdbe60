//! A jail in the state file: what both iocages know of one, and what one of them.

use serde_json::{Map, Value, json};

use crate::state::fields::{Fields, put};
use crate::state::machine::{Damage, Jail, Properties};
use crate::state::version::Version;

pub(super) fn read(value: Value, version: Version) -> Result<Jail, String> {
    let mut fields = Fields::new(value, "a jail")?;
    let mut jail = Jail {
        jid: fields.number("jid")?,
        properties: fields.properties("properties")?,
        rc_exit: fields.number("rc_exit")?.unwrap_or(0),
        shutdown_exit: fields.number("shutdown_exit")?.unwrap_or(0),
        rc_stderr: fields.text("rc_stderr", "")?,
        shutdown_stderr: fields.text("shutdown_stderr", "")?,
        hostname: fields.text("hostname", "")?,
        files: fields.properties("files")?,
        lacks: fields.texts("lacks")?.into_iter().collect(),
        ..Jail::default()
    };
    match version {
        Version::Shell => {
            jail.uuid = fields.text("uuid", "")?;
            jail.tag = fields.text("tag", "")?;
            jail.kind = fields.text("type", "basejail")?;
            jail.half_made = fields.flag("half_made", false)?;
            jail.is_hollow = fields.flag("hollow", false)?;
        }
        Version::Python(_) => {
            jail.uuid = fields.text("name", "")?;
            jail.tag.clone_from(&jail.uuid);
            jail.kind = fields.text("type", "jail")?;
            jail.release = fields.text("release", "")?;
            jail.template = fields.text("template", "")?;
            jail.ruleset = fields.number("ruleset")?;
            jail.is_hollow = fields.flag("hollow", false)?;
            jail.damage = read_damage(fields.value("corrupt"))?;
            jail.is_unmounted = !fields.flag("mounted", true)?;
            jail.raw = fields.scalars("raw")?;
            let origin = fields.text("origin", "")?;
            if !origin.is_empty() {
                jail.properties.insert("origin".to_owned(), origin);
            }
        }
    }
    fields.finish()?;
    Ok(jail)
}

fn read_damage(value: Option<Value>) -> Result<Damage, String> {
    match value {
        None | Some(Value::Bool(false)) => Ok(Damage::None),
        Some(Value::Bool(true)) => Ok(Damage::CutOff),
        Some(Value::String(word)) if word == "missing" => Ok(Damage::Missing),
        Some(Value::String(word)) if word == "empty" => Ok(Damage::Empty),
        Some(other) => {
            Err(format!("`corrupt` of a jail must be true, \"missing\" or \"empty\", not {other}"))
        }
    }
}

pub(super) fn write(jail: &Jail, version: Version) -> Value {
    let mut map = Map::new();
    let mut properties = jail.properties.clone();
    match version {
        Version::Shell => {
            map.insert("uuid".to_owned(), json!(jail.uuid));
            map.insert("tag".to_owned(), json!(jail.tag));
            put(&mut map, "type", json!(jail.kind), json!("basejail"));
            put(&mut map, "half_made", json!(jail.half_made), json!(false));
            put(&mut map, "hollow", json!(jail.is_hollow), json!(false));
        }
        Version::Python(_) => {
            map.insert("name".to_owned(), json!(jail.uuid));
            put(&mut map, "type", json!(jail.kind), json!("jail"));
            put(&mut map, "release", json!(jail.release), json!(""));
            put(&mut map, "template", json!(jail.template), json!(""));
            put(&mut map, "origin", json!(properties.remove("origin").unwrap_or_default()), json!(""));
            put(&mut map, "ruleset", json!(jail.ruleset), Value::Null);
            put(&mut map, "hollow", json!(jail.is_hollow), json!(false));
            let damage = match jail.damage {
                Damage::None => json!(false),
                Damage::CutOff => json!(true),
                Damage::Missing => json!("missing"),
                Damage::Empty => json!("empty"),
            };
            put(&mut map, "corrupt", damage, json!(false));
            put(&mut map, "raw", json!(jail.raw), json!({}));
            put(&mut map, "mounted", json!(!jail.is_unmounted), json!(true));
        }
    }
    put(&mut map, "jid", json!(jail.jid), Value::Null);
    put(&mut map, "properties", json!(properties), json!(Properties::new()));
    put(&mut map, "rc_exit", json!(jail.rc_exit), json!(0));
    put(&mut map, "shutdown_exit", json!(jail.shutdown_exit), json!(0));
    put(&mut map, "rc_stderr", json!(jail.rc_stderr), json!(""));
    put(&mut map, "shutdown_stderr", json!(jail.shutdown_stderr), json!(""));
    put(&mut map, "hostname", json!(jail.hostname), json!(""));
    put(&mut map, "files", json!(jail.files), json!({}));
    put(&mut map, "lacks", json!(jail.lacks), json!([]));
    Value::Object(map)
}
