//! A configuration of iocage's as Python reads it: which text is one, what its values are
//! and how they print.
//!
//! Python takes more for JSON than the standard has, so that of a text that is refused
//! here it must be certain that it is refused there. And its values are Python's: a
//! fraction, a list and a number beyond all bounds have a text of which nothing is said
//! here.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::end::{End, Found};

const VALUE: &str = "a value is neither text nor a plain number, true, false or null";
const NO_JSON: &str = "a configuration is JSON for Python alone, or not even that";

/// What was read, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Config(Vec<(String, Value)>);

/// What a file holds.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// A configuration.
    Config(Config),
    /// No JSON: iocage says so.
    Corrupt,
    /// No text, or JSON of another kind: it fails with an exception.
    Strange,
}

/// The values that are truths, which iocage makes 0 or 1 of.
const TRUTHS: [&str; 40] = [
    "allow_chflags",
    "allow_mlock",
    "allow_mount",
    "allow_mount_devfs",
    "allow_mount_fdescfs",
    "allow_mount_fusefs",
    "allow_mount_linprocfs",
    "allow_mount_linsysfs",
    "allow_mount_nullfs",
    "allow_mount_procfs",
    "allow_mount_tmpfs",
    "allow_mount_zfs",
    "allow_nfsd",
    "allow_quotas",
    "allow_raw_sockets",
    "allow_set_hostname",
    "allow_socket_af",
    "allow_sysvipc",
    "allow_tun",
    "allow_vmm",
    "assign_localhost",
    "basejail",
    "boot",
    "bpf",
    "dhcp",
    "exec_clean",
    "host_time",
    "hostid_strict_check",
    "ip4_saddrsel",
    "ip6_saddrsel",
    "ip_hostname",
    "jail_zfs",
    "mount_devfs",
    "mount_fdescfs",
    "mount_linprocfs",
    "mount_procfs",
    "nat",
    "rtsold",
    "template",
    "vnet",
];

/// Does a value count as true?
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(is_true) => *is_true,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => ["1", "on", "yes", "true"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

/// A value as Python prints it.
pub(super) fn shown(value: &Value) -> Found<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Ok("None".to_owned()),
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        Value::Number(number) if !number.is_f64() => Ok(number.to_string()),
        other => End::doubt(VALUE, &other.to_string()),
    }
}

/// A value as iocage has it once it has read all of a configuration.
pub(super) fn normal(name: &str, value: &Value) -> Value {
    match value {
        value if TRUTHS.binary_search(&name).is_ok() => u8::from(is_true(value)).into(),
        Value::String(text) if text == "none" && ["ip4", "ip6"].contains(&name) => "disable".into(),
        value => value.clone(),
    }
}

impl Config {
    /// Read a file's content; `path` is where it is.
    pub(super) fn parse(content: &[u8], path: &str) -> Found<Content> {
        let Ok(text) = std::str::from_utf8(content) else { return Ok(Content::Strange) };
        match serde_json::from_str::<Read>(text) {
            Ok(Read::Object(config)) => Ok(Content::Config(config)),
            Ok(Read::Other) => Ok(Content::Strange),
            Err(error) if is_refused_by_python(text, &error) => Ok(Content::Corrupt),
            Err(_) => End::doubt(NO_JSON, path),
        }
    }

    /// The value of a property, as it is in the file.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Its text, if it is one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// All of them.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Make its values what iocage makes of them.
    pub(super) fn normalise(&mut self) {
        for (name, value) in &mut self.0 {
            *value = normal(name, value);
        }
    }
}

/// Does Python find no JSON either? Up to where the error is, both agree. What Python
/// takes and serde_json does not begin there: words for what is no number, numbers and
/// halves of a letter that have no place in Rust, and more levels than it goes down.
fn is_refused_by_python(text: &str, error: &serde_json::Error) -> bool {
    const BEYOND: [&str; 4] = ["number out of range", "surrogate", "hex escape", "recursion limit"];
    let why = error.to_string();
    !BEYOND.iter().any(|word| why.contains(word))
        && !["NaN", "Infinity"].iter().any(|word| text.contains(word))
}

/// What is read of a text.
enum Read {
    Object(Config),
    Other,
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Read;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(Read::Other)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Read, A::Error> {
        while list.next_element::<Value>()?.is_some() {}
        Ok(Read::Other)
    }

    /// Of a key that stands twice Python keeps the first place and the last value.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Read, A::Error> {
        let mut found: Vec<(String, Value)> = Vec::new();
        // iocage writes them in order, and then none of them can stand twice.
        let mut is_sorted = true;
        while let Some((name, value)) = object.next_entry::<String, Value>()? {
            is_sorted = is_sorted && found.last().is_none_or(|(last, _)| *last < name);
            found.push((name, value));
        }
        if is_sorted {
            return Ok(Read::Object(Config(found)));
        }
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        let mut once: Vec<(String, Value)> = Vec::with_capacity(found.len());
        for (name, value) in found {
            match places.get(&name) {
                Some(at) => once[*at].1 = value,
                None => {
                    places.insert(name.clone(), once.len());
                    once.push((name, value));
                }
            }
        }
        Ok(Read::Object(Config(once)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iocage::direct::Untold;

    fn parse(text: &str) -> Option<Content> {
        match Config::parse(text.as_bytes(), "/config.json") {
            Ok(content) => Some(content),
            Err(End::Untold(Untold::NotKnown(NO_JSON, _))) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_order_of_the_file_and_the_last_value_count() {
        let Some(Content::Config(config)) = parse(r#" {"b": 1, "a": "x", "b": null} "#) else { panic!() };
        assert_eq!(config.entries().collect::<Vec<_>>(), [("b", &json!(null)), ("a", &json!("x"))]);
        assert_eq!((config.text("a"), config.text("b"), config.get("c")), (Some("x"), None, None));
    }

    #[test]
    fn what_neither_takes_is_corrupt() {
        for text in [
            "",
            " ",
            "{",
            "{\"a\": 1",
            "{\"a\": 1}x",
            "\u{feff}{}",
            "{a: 1}",
            "{\"a\": 01}",
            "{\"a\": \"\n\"}",
            "{\"a\": 1,}",
            "{'a': 1}",
            "nul",
            "{\"a\": \"\\x\"}",
        ] {
            assert_eq!(parse(text), Some(Content::Corrupt), "{text:?}");
        }
        for text in ["[]", "null", "5", "-1", "1.5", "true", "\"x\"", "[{}, 1]"] {
            assert_eq!(parse(text), Some(Content::Strange), "{text:?}");
        }
        assert_eq!(Config::parse(b"{\"a\": \"\xff\"}", "").ok(), Some(Content::Strange));
    }

    #[test]
    fn what_python_alone_takes_is_a_doubt() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200));
        let digits = format!("{{\"a\": {}}}", "9".repeat(400));
        for text in [
            "{\"a\": NaN}",
            "{\"a\": -Infinity}",
            "{\"a\": 1e999}",
            "{\"a\": \"\\ud800\"}",
            "{\"a\": \"\\ud800\\u0041\"}",
            "{\"a\": \"\\udc00\"}",
            &deep,
            &digits,
        ] {
            assert_eq!(parse(text), None, "{text:.40}");
        }
    }

    #[test]
    fn values_print_as_pythons() {
        let text = |value: Value| shown(&value).ok();
        assert_eq!(text(json!("a\tb\n")).as_deref(), Some("a\tb\n"));
        assert_eq!(text(json!(null)).as_deref(), Some("None"));
        assert_eq!(text(json!(true)).as_deref(), Some("True"));
        assert_eq!(text(json!(false)).as_deref(), Some("False"));
        assert_eq!(text(json!(-7)).as_deref(), Some("-7"));
        for value in ["1.5", "-0", "99999999999999999999", "[]", "{}"] {
            assert_eq!(text(serde_json::from_str(value).expect("JSON")), None, "{value}");
        }
    }

    #[test]
    fn truths_and_two_words_are_made_one() {
        for (value, is) in [
            (json!("ON"), 1),
            (json!("Yes"), 1),
            (json!("true"), 1),
            (json!("1"), 1),
            (json!(1), 1),
            (json!(true), 1),
            (json!(2), 0),
            (json!(1.0), 0),
            (json!("off"), 0),
            (json!(null), 0),
            (json!([]), 0),
        ] {
            assert_eq!(normal("boot", &value), json!(is), "{value}");
        }
        assert_eq!(normal("notes", &json!("on")), json!("on"));
        assert_eq!(
            (normal("ip4", &json!("none")), normal("ip6", &json!("none"))),
            (json!("disable"), json!("disable"))
        );
        assert_eq!(normal("ip4_addr", &json!("none")), json!("none"));
        assert!(TRUTHS.is_sorted());
    }
}
