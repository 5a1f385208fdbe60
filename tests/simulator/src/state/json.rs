//! The state file, read and written. Only what differs from a default is written, so the file stays short and a
//! hand-written one keeps its meaning.

use serde_json::{Map, Value, json};

use super::fields::Fields;
use super::machine::{COMMENT, Damage, Defaults, Foreign, Host, Jail, Pool, Properties, State};
use super::version::Version;
use crate::clock::Moment;

impl State {
    /// # Errors
    /// A sentence that says what is wrong and where.
    pub(crate) fn from_json(text: &[u8]) -> Result<State, String> {
        State::from_json_as(text, None)
    }

    /// The same where a version is asked for: it holds for a file that names none, and must be the one that is named.
    ///
    /// # Errors
    /// As `from_json`, and where the file is of another version.
    pub(crate) fn from_json_as(text: &[u8], wanted: Option<Version>) -> Result<State, String> {
        let value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let mut fields = Fields::new(value, "the state")?;
        let default = wanted.unwrap_or_default();
        let version = Version::named(&fields.text("version", default.word())?)?;
        if wanted.is_some_and(|wanted| wanted != version) {
            return Err(format!("it is of version {}, not {}", version.word(), default.word()));
        }
        let clock = fields.text("clock", "")?;
        let state = State {
            version,
            clock: if clock.is_empty() { None } else { Some(Moment::parse(&clock)?) },
            uuids: fields.texts("uuids")?.into(),
            next_jid: fields.number("next_jid")?.unwrap_or(1),
            host: read_host(fields.value("host").unwrap_or_else(|| json!({})))?,
            pools: fields
                .list("pools")?
                .into_iter()
                .map(|pool| read_pool(pool, version))
                .collect::<Result<_, _>>()?,
            mounted: fields.flag("mounted", version.is_python())?,
            root: String::new(),
            mirror: fields.durations("mirror")?,
            patches: fields.durations("patches")?,
            foreign: fields.list("foreign")?.into_iter().map(read_foreign).collect::<Result<_, _>>()?,
        };
        fields.finish()?;
        Ok(state)
    }

    /// The text of the file, for people.
    pub(crate) fn to_json(&self) -> String {
        let mut map = Map::new();
        put(&mut map, "version", json!(self.version.word()), json!(Version::default().word()));
        if let Some(clock) = &self.clock {
            map.insert("clock".to_owned(), json!(clock.joined(' ')));
        }
        put(&mut map, "uuids", json!(self.uuids), json!([]));
        put(&mut map, "next_jid", json!(self.next_jid), json!(1));
        put(&mut map, "host", write_host(&self.host), json!({}));
        map.insert(
            "pools".to_owned(),
            self.pools.iter().map(|pool| write_pool(pool, self.version)).collect(),
        );
        put(&mut map, "mounted", json!(self.mounted), json!(self.version.is_python()));
        put(&mut map, "mirror", json!(self.mirror), json!({}));
        put(&mut map, "patches", json!(self.patches), json!({}));
        put(&mut map, "foreign", self.foreign.iter().map(write_foreign).collect(), json!([]));
        format!("{:#}\n", Value::Object(map))
    }
}

/// Adds `value`, unless it is what its absence means.
fn put(map: &mut Map<String, Value>, key: &str, value: Value, default: Value) {
    if value != default {
        map.insert(key.to_owned(), value);
    }
}

fn read_host(value: Value) -> Result<Host, String> {
    let mut fields = Fields::new(value, "`host`")?;
    let default = Host::default();
    let host = Host {
        release: fields.text("release", &default.release)?,
        hostname: fields.text("hostname", &default.hostname)?,
        hostid: fields.text("hostid", &default.hostid)?,
        racct: fields.flag("racct", default.racct)?,
        vimage: fields.flag("vimage", default.vimage)?,
        old_jexec: fields.flag("old_jexec", default.old_jexec)?,
        dhcp: fields.flag("dhcp", default.dhcp)?,
        rulesets: fields.numbers("rulesets")?,
    };
    fields.finish()?;
    Ok(host)
}

fn write_host(host: &Host) -> Value {
    let default = Host::default();
    let mut map = Map::new();
    put(&mut map, "release", json!(host.release), json!(default.release));
    put(&mut map, "hostname", json!(host.hostname), json!(default.hostname));
    put(&mut map, "hostid", json!(host.hostid), json!(default.hostid));
    put(&mut map, "racct", json!(host.racct), json!(default.racct));
    put(&mut map, "vimage", json!(host.vimage), json!(default.vimage));
    put(&mut map, "old_jexec", json!(host.old_jexec), json!(default.old_jexec));
    put(&mut map, "dhcp", json!(host.dhcp), json!(default.dhcp));
    put(&mut map, "rulesets", json!(host.rulesets), json!(default.rulesets));
    Value::Object(map)
}

fn read_pool(value: Value, version: Version) -> Result<Pool, String> {
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
        fields.list("jails")?.into_iter().map(|jail| read_jail(jail, version)).collect::<Result<_, _>>()?;
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

fn write_pool(pool: &Pool, version: Version) -> Value {
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
    put(&mut map, "jails", pool.jails.iter().map(|jail| write_jail(jail, version)).collect(), json!([]));
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

fn read_jail(value: Value, version: Version) -> Result<Jail, String> {
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

fn write_jail(jail: &Jail, version: Version) -> Value {
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

fn read_foreign(value: Value) -> Result<Foreign, String> {
    let mut fields = Fields::new(value, "a foreign jail")?;
    let jid = fields.number("jid")?.ok_or("a foreign jail has no `jid`")?;
    let foreign = Foreign {
        jid,
        // What jail(8) calls one that was given no name.
        name: fields.text("name", &jid.to_string())?,
        path: fields.text("path", "/usr/jails/foreign")?,
        ip4: fields.text("ip4", "-")?,
        hostname: fields.text("hostname", "foreign.example.org")?,
    };
    fields.finish()?;
    Ok(foreign)
}

fn write_foreign(foreign: &Foreign) -> Value {
    json!({
        "jid": foreign.jid, "name": foreign.name, "path": foreign.path, "ip4": foreign.ip4,
        "hostname": foreign.hostname,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Release;

    #[test]
    fn a_state_survives_its_file() {
        let mut state = State::fresh(Version::Shell);
        state.pools[0].jails.push(Jail {
            uuid: "u".to_owned(),
            tag: "t".to_owned(),
            kind: "clonejail".to_owned(),
            jid: Some(7),
            properties: Properties::from([("boot".to_owned(), "on".to_owned())]),
            rc_exit: 1,
            ..Jail::default()
        });
        state.pools[0].datasets.remove("jails");
        state.complete();
        let again = State::from_json(state.to_json().as_bytes()).expect("what was written can be read");
        assert_eq!(again, state);
    }

    #[test]
    fn a_state_of_the_python_iocage_survives_its_file() {
        let mut state = State::fresh(Version::Python(Release::V1_13));
        state.pools[0].jails = [("cut", Damage::CutOff), ("empty", Damage::Empty), ("gone", Damage::Missing)]
            .map(|(name, damage)| Jail {
                uuid: name.to_owned(),
                tag: name.to_owned(),
                kind: "jail".to_owned(),
                jid: Some(3),
                is_hollow: damage == Damage::Empty,
                damage,
                ..Jail::default()
            })
            .into();
        state.pools[0].defaults.is_corrupt = true;
        state.host.dhcp = false;
        state.host.rulesets.insert(1003);
        state.complete();
        let again = State::from_json(state.to_json().as_bytes()).expect("what was written can be read");
        assert_eq!(again, state);
    }

    #[test]
    fn a_slip_of_the_pen_is_named() {
        let error = |text: &str| State::from_json(text.as_bytes()).expect_err("the state is wrong");
        assert_eq!(error(r#"{"pool": []}"#), "the state has no key `pool`");
        assert_eq!(error(r#"{"pools": {}}"#), "`pools` of the state must be a list, not an object");
        assert_eq!(
            error(r#"{"pools": [{"name": "tank", "jails": [{"jid": "1"}]}]}"#),
            "`jid` of a jail must be a whole number, not a string"
        );
        assert_eq!(error(r#"{"version": "1.12"}"#), "no version `1.12`: there are 2016-02-10, 1.13, 1.10");
        assert_eq!(
            error(r#"{"version": "1.13", "pools": [{"name": "tank", "jails": [{"tag": "a"}]}]}"#),
            "a jail has no key `tag`"
        );
        assert!(error("{").contains("EOF"));
    }
}
