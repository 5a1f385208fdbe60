//! An args object as it was sent, with what is malformed refused: too large, the
//! same key twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{Code, Error, Quoted};

/// The most bytes of args that are looked at.
pub const MAX_ARGS: usize = 1 << 20;
/// The most keys of an args object.
const MAX_KEYS: usize = 64;

/// An args object: its keys in their order, none twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Parse args.
    ///
    /// # Errors
    /// [`Code::BadRequest`], for anything but an object of sane size.
    pub fn parse(args: &[u8]) -> Result<Object, Error> {
        let bad = |message: String| Error::new(Code::BadRequest, message);
        if args.len() > MAX_ARGS {
            return Err(bad(format!("the args are longer than {MAX_ARGS} bytes")));
        }
        serde_json::from_slice(args).map_err(|e| bad(format!("the args are not a JSON object: {e}")))
    }

    /// The action it names, compared with case by the caller.
    ///
    /// # Errors
    /// [`Code::BadRequest`], if there is none or it is no string.
    pub fn action(&self) -> Result<&str, Error> {
        self.text("action").ok_or_else(|| Error::new(Code::BadRequest, "the args hold no string `action`"))
    }

    /// The value of a key, if it is a string.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key).and_then(Value::as_str)
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries: Vec<(String, Value)> = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    if entries.iter().any(|(earlier, _)| *earlier == key) {
                        return Err(serde::de::Error::custom(format_args!(
                            "the key {} is there twice",
                            Quoted(&key)
                        )));
                    }
                    if entries.len() == MAX_KEYS {
                        return Err(serde::de::Error::custom(format_args!("more than {MAX_KEYS} keys")));
                    }
                    entries.push((key, value));
                }
                Ok(Object(entries))
            }
        }
        // A derived struct would also take an array; this takes an object only.
        deserializer.deserialize_map(Keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_without_repeated_keys_is_a_request() {
        for bad in
            ["", "[]", "5", "\"listjails\"", "null", "{\"a\":1,\"a\":2}", "{\"a\":1}x", "{\"a\":\"\\ud800\"}"]
        {
            assert_eq!(Object::parse(bad.as_bytes()).expect_err(bad).code, Code::BadRequest);
        }
        let many: Vec<_> = (0..=MAX_KEYS).map(|n| format!("\"k{n}\":0")).collect();
        assert!(Object::parse(format!("{{{}}}", many.join(",")).as_bytes()).is_err());
        assert!(Object::parse("[".repeat(100_000).as_bytes()).is_err(), "deep nesting is no stack overflow");
    }

    #[test]
    fn the_action_is_a_string() {
        for bad in ["{}", "{\"action\":5}", "{\"action\":[\"listjails\"]}", "{\"action\":null}"] {
            assert_eq!(
                Object::parse(bad.as_bytes()).expect("an object").action().expect_err(bad).code,
                Code::BadRequest
            );
        }
    }
}
