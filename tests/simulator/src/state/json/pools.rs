//! A pool in the state file, with what iocage keeps in it: its defaults and its jails.

use serde_json::{Map, Value, json};

use super::jails;
use crate::state::fields::{Fields, put};
use crate::state::machine::{COMMENT, Defaults, Jail, Pool};
use crate::state::version::Version;

pub(super) fn read(value: Value, version: Version) -> Result<Pool, String> {
    let mut fields = Fields::new(value, "a pool")?;
    let name = fields.text("name", "")?;
    if name.is_empty() {
        return Err("a pool has no name".to_owned());
    }
    let default = Pool::new(&name);
    let mut comment = fields.text("comment", &default.comment)?;
    let mut active = fields.flag("active", default.active)?;
    if !version.is_python() {
        let says_so = comment.split_whitespace().next() == Some(COMMENT);
        active |= says_so;
        if active && !says_so {
            COMMENT.clone_into(&mut comment);
        }
    }
    let deactivated = version.is_python() && fields.flag("deactivated", false)?;
    let all = version.datasets();
    let every = || all.iter().map(|made| (*made).to_owned()).collect();
    let datasets = match fields.value("datasets") {
        None if active => every(),
        None | Some(Value::Bool(false)) => default.datasets,
        Some(Value::Bool(true)) => every(),
        Some(list) => {
            Fields::new(json!({ "datasets": list }), "a pool")?.texts("datasets")?.into_iter().collect()
        }
    };
    if let Some(unknown) = datasets.iter().find(|made| !all.contains(&made.as_str())) {
        return Err(format!("pool `{name}` has no dataset `{unknown}`: iocage makes {all:?}"));
    }
    let jails: Vec<Jail> =
        fields.list("jails")?.into_iter().map(|jail| jails::read(jail, version)).collect::<Result<_, _>>()?;
    let is_python = version.is_python();
    let mut pool = Pool {
        active,
        deactivated,
        comment,
        datasets,
        available: fields.text("available", &default.available)?,
        releases: fields.texts("releases")?,
        defaults: read_defaults(fields.value("defaults").unwrap_or_else(|| json!({})), version)?,
        snapshots: fields.texts("snapshots")?.into_iter().collect(),
        made: fields.durations("made")?,
        rc_conf: is_python && fields.flag("rc_conf", !jails.is_empty())?,
        images: fields.properties("images")?,
        jails,
        name,
    };
    fields.finish()?;
    pool.sort();
    Ok(pool)
}

pub(super) fn write(pool: &Pool, version: Version) -> Value {
    let default = Pool::new(&pool.name);
    let mut map = Map::new();
    map.insert("name".to_owned(), json!(pool.name));
    put(&mut map, "active", json!(pool.active), json!(default.active));
    if version.is_python() || !pool.active || pool.comment != COMMENT {
        put(&mut map, "comment", json!(pool.comment), json!(default.comment));
    }
    put(&mut map, "deactivated", json!(pool.deactivated), json!(default.deactivated));
    let datasets = match pool.datasets.len() {
        0 => json!(false),
        made if made == version.datasets().len() => json!(true),
        _ => json!(pool.datasets),
    };
    put(&mut map, "datasets", datasets, json!(pool.active));
    put(&mut map, "available", json!(pool.available), json!(default.available));
    put(&mut map, "releases", json!(pool.releases), json!([]));
    let Defaults { uuid, tag, properties, is_corrupt } = &pool.defaults;
    let mut defaults = Map::new();
    put(&mut defaults, "uuid", json!(uuid), json!(""));
    put(&mut defaults, "tag", json!(tag), json!(""));
    put(&mut defaults, "properties", json!(properties), json!({}));
    put(&mut defaults, "corrupt", json!(is_corrupt), json!(false));
    put(&mut map, "defaults", Value::Object(defaults), json!({}));
    put(&mut map, "snapshots", json!(pool.snapshots), json!([]));
    let of_now = |(snapshot, _): &(&String, &u64)| pool.snapshots.contains(*snapshot);
    put(
        &mut map,
        "made",
        pool.made
            .iter()
            .filter(of_now)
            .map(|(snapshot, made)| (snapshot.clone(), json!(made)))
            .collect::<Map<_, _>>()
            .into(),
        json!({}),
    );
    if version.is_python() {
        put(&mut map, "rc_conf", json!(pool.rc_conf), json!(!pool.jails.is_empty()));
        put(&mut map, "images", json!(pool.images), json!({}));
    }
    put(&mut map, "jails", pool.jails.iter().map(|jail| jails::write(jail, version)).collect(), json!([]));
    Value::Object(map)
}

fn read_defaults(value: Value, version: Version) -> Result<Defaults, String> {
    let mut fields = Fields::new(value, "`defaults` of a pool")?;
    let defaults = match version {
        Version::Shell => Defaults {
            uuid: fields.text("uuid", "")?,
            tag: fields.text("tag", "")?,
            properties: fields.properties("properties")?,
            ..Defaults::default()
        },
        Version::Python(_) => Defaults {
            properties: fields.properties("properties")?,
            is_corrupt: fields.flag("corrupt", false)?,
            ..Defaults::default()
        },
    };
    fields.finish()?;
    Ok(defaults)
}
