//! JSON in which no object holds a key twice, however deep it lies.
//!
//! Of a key that stands twice serde_json keeps the last one. In a configuration that is edited by hand the other one is what
//! somebody believes to be in force, and of two lists of what is denied the first would be gone in silence. So whoever reads
//! what he passes on, or acts by, reads it by this: what was made a tree by something else holds each key once, and nobody
//! behind it can see any more that there were two.

use std::cell::RefCell;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::quoted::Quoted;

/// A value that was read so. The refusal of serde names the key, with those that lead to it from here.
#[derive(Clone, Debug, PartialEq)]
pub struct Once(pub Value);

/// Why a text was not read.
#[derive(Debug)]
pub enum Fault {
    /// It is no JSON.
    Json(serde_json::Error),
    /// A key is there twice: it, behind those that lead to it, with points between them. It may be long, and hold anything.
    Twice(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Json(why) => why.fmt(f),
            Fault::Twice(key) => write!(f, "the key {} is there twice", Quoted(key)),
        }
    }
}

impl std::error::Error for Fault {}

/// Read a text. It is built as a tree, which takes much more memory than it does: bound it before.
///
/// # Errors
/// It is no JSON, or a key is there twice.
pub fn read(text: &[u8]) -> Result<Value, Fault> {
    let twice = RefCell::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = Reader { twice: &twice, way: Way::Here }.deserialize(&mut deserializer);
    let read = read.and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|why| twice.into_inner().map_or(Fault::Json(why), Fault::Twice))
}

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Once, D::Error> {
        Reader { twice: &RefCell::default(), way: Way::Here }.deserialize(deserializer).map(Once)
    }
}

/// The keys that lead to a value.
#[derive(Clone, Copy)]
enum Way<'a> {
    Here,
    Of(&'a str, &'a Way<'a>),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Here => Ok(()),
            Way::Of(key, Way::Here) => f.write_str(key),
            Way::Of(key, way) => write!(f, "{way}.{key}"),
        }
    }
}

/// Reads a value, and notes the key that was there twice.
#[derive(Clone, Copy)]
struct Reader<'a> {
    twice: &'a RefCell<Option<String>>,
    way: Way<'a>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let way = Way::Of(&key, &self.way);
            if values.contains_key(&key) {
                let fault = Fault::Twice(way.to_string());
                let refusal = A::Error::custom(&fault);
                if let Fault::Twice(key) = fault {
                    *self.twice.borrow_mut() = Some(key);
                }
                return Err(refusal);
            }
            let value = map.next_value_seed(Reader { twice: self.twice, way })?;
            values.insert(key, value);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_there_twice_is_named_at_any_depth() {
        for (text, key) in [
            (r#"{"a":1,"a":1}"#, "a"),
            (r#"{"a":1,"\u0061":2} "#, "a"),
            (r#"{"x":{},"config":{"deny_actions":["a"],"y":{},"deny_actions":[]}}"#, "config.deny_actions"),
            (r#"{"a":[0,{"b":{"c":1,"c":2}}]}"#, "a.b.c"),
            (r#"[[{"a":1},{"b":1,"b":2}]]"#, "b"),
        ] {
            let sentence = format!("the key \"{key}\" is there twice");
            assert_eq!(read(text.as_bytes()).expect_err(text).to_string(), sentence);
            let why = serde_json::from_str::<Once>(text).expect_err(text).to_string();
            assert!(why.starts_with(&format!("{sentence} at line 1 column ")), "{why}");
        }
    }

    #[test]
    fn all_else_is_read_as_it_is() {
        for text in [
            r#"{"a":{"b":1},"c":{"b":[1,-2,3.5,"x",null,true,{}]}}"#,
            r#"[{"a":1},{"a":1}]"#,
            "null",
            r#" "a" "#,
            "18446744073709551615",
        ] {
            let as_it_is: Value = serde_json::from_str(text).expect(text);
            assert_eq!(read(text.as_bytes()).expect(text), as_it_is);
        }
        for text in ["", "{", "{} {}", r#"{"a":}"#, "1e999", r#"{"a":"\ud800"}"#] {
            assert!(matches!(read(text.as_bytes()), Err(Fault::Json(_))), "{text}");
        }
        assert!(read("[".repeat(100_000).as_bytes()).is_err(), "deep nesting is no stack overflow");
        let long = format!("{{\"{0}\":1,\"{0}\":2}}", "x".repeat(10_000));
        assert!(read(long.as_bytes()).expect_err("twice").to_string().len() < 200);
    }
}
