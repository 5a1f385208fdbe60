//! The state file, read and written. Only what differs from a default is written, so the file stays short and a
//! hand-written one keeps its meaning. What stands in it of a pool is in `pools`, of a jail in `jails`.

mod jails;
mod pools;

use serde_json::{Map, Value, json};

use super::fields::{Fields, put};
use super::machine::{Foreign, Host, State};
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
                .map(|pool| pools::read(pool, version))
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
            self.pools.iter().map(|pool| pools::write(pool, self.version)).collect(),
        );
        put(&mut map, "mounted", json!(self.mounted), json!(self.version.is_python()));
        put(&mut map, "mirror", json!(self.mirror), json!({}));
        put(&mut map, "patches", json!(self.patches), json!({}));
        put(&mut map, "foreign", self.foreign.iter().map(write_foreign).collect(), json!([]));
        format!("{:#}\n", Value::Object(map))
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
    use crate::state::{Damage, Jail, Properties, Release};

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
