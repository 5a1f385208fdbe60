//! A configuration of iocage's as Python reads it: which text is one, and what is in it.
//!
//! Python takes more for JSON than the standard has, so that of a text that is refused
//! here it must be certain that it is refused there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::datum::Datum;
use super::end::{End, Found};

const NO_JSON: &str = "a configuration is JSON for Python alone, or not even that";

/// What was read, in the order of the file, over its text: of ten thousand files none is copied.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Config<'t>(Vec<(Cow<'t, str>, Datum<'t>)>);

/// What a file holds.
#[derive(Debug, PartialEq)]
pub(super) enum Content<'t> {
    /// A configuration.
    Config(Config<'t>),
    /// No JSON: iocage says so.
    Corrupt,
    /// No text, or JSON of another kind: it fails with an exception.
    Strange,
}

impl<'t> Config<'t> {
    /// Read a file's content; `path` is where it is.
    pub(super) fn parse(content: &'t [u8], path: &str) -> Found<Content<'t>> {
        let Ok(text) = std::str::from_utf8(content) else { return Ok(Content::Strange) };
        match serde_json::from_str::<Read<'t>>(text) {
            Ok(Read::Object(config)) => Ok(Content::Config(config)),
            Ok(Read::Other) => Ok(Content::Strange),
            Err(error) if is_refused_by_python(text, &error) => Ok(Content::Corrupt),
            Err(_) => End::doubt(NO_JSON, path),
        }
    }

    /// The value of a property, as it is in the file.
    pub(super) fn get(&self, name: &str) -> Option<&Datum<'t>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Its text, if it is one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Datum::text)
    }

    /// All of them.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &Datum<'t>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// The same, with texts of its own.
    pub(super) fn into_owned(self) -> Config<'static> {
        let own = |value| match value {
            Datum::Text(text) => Datum::Text(Cow::Owned(text.into_owned())),
            Datum::Other(other) => Datum::Other(other),
        };
        Config(self.0.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), own(value))).collect())
    }

    /// Make its values what iocage makes of them.
    pub(super) fn normalise(&mut self) {
        for (name, value) in &mut self.0 {
            *value = std::mem::replace(value, Datum::Other(Value::Null)).normal(name);
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
enum Read<'t> {
    Object(Config<'t>),
    Other,
}

impl<'de> Deserialize<'de> for Read<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Read<'de>, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Read<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_unit<E>(self) -> Result<Read<'de>, E> {
        Ok(Read::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Read<'de>, A::Error> {
        while list.next_element::<Value>()?.is_some() {}
        Ok(Read::Other)
    }

    /// Of a key that stands twice Python keeps the first place and the last value.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Read<'de>, A::Error> {
        let mut found: Vec<(Cow<'de, str>, Datum<'de>)> = Vec::with_capacity(32);
        // iocage writes them in order, and then none of them can stand twice.
        let mut is_sorted = true;
        while let Some((name, value)) = object.next_entry::<Datum<'de>, Datum<'de>>()? {
            // What stands before a colon is a text.
            let Datum::Text(name) = name else { continue };
            is_sorted = is_sorted && found.last().is_none_or(|(last, _)| *last < name);
            found.push((name, value));
        }
        if is_sorted {
            return Ok(Read::Object(Config(found)));
        }
        let mut places: BTreeMap<Cow<'de, str>, usize> = BTreeMap::new();
        let mut once: Vec<(Cow<'de, str>, Datum<'de>)> = Vec::with_capacity(found.len());
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

    fn parse(text: &str) -> Option<Content<'_>> {
        match Config::parse(text.as_bytes(), "/config.json") {
            Ok(content) => Some(content),
            Err(End::Untold(Untold::NotKnown(NO_JSON, _))) => None,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_order_of_the_file_and_the_last_value_count() {
        let Some(Content::Config(config)) = parse(r#" {"b": 1, "a": "x", "b": null} "#) else { panic!() };
        let entries: Vec<_> = config.entries().map(|(name, value)| (name, value.clone())).collect();
        assert_eq!(entries, [("b", Datum::Other(json!(null))), ("a", Datum::Text("x".into()))]);
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
}
