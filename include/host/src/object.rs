//! The args of the host's own classes: an object in which no key is twice. Of a key that stands twice the reader of JSON would keep the
//! last one, and whoever has written the other would be told that it was done as he said. Classes refuse that, and so do these.

use std::fmt;

use serde::de::{Deserializer as _, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::said::cut;

/// Read args.
///
/// # Errors
/// They are no object, or a key is there twice: a sentence.
pub(crate) fn object(args: &str) -> Result<Map<String, Value>, String> {
    let mut twice = None;
    let mut reader = serde_json::Deserializer::from_str(args);
    let read = reader.deserialize_map(Once(&mut twice)).and_then(|map| reader.end().map(|()| map));
    read.map_err(|_| match twice {
        Some(key) => format!("the key {:?} is there twice", cut(key)),
        None => "the args are not a JSON object".to_owned(),
    })
}

/// Notes a key that is there twice.
struct Once<'a>(&'a mut Option<String>);

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<String, Value>, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            if values.contains_key(&key) {
                *self.0 = Some(key);
                return Err(A::Error::custom("twice"));
            }
            values.insert(key, map.next_value()?);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_there_twice_however_it_is_written() {
        assert_eq!(object(r#"{"action":"list","more":[1]}"#).expect("an object").len(), 2);
        for args in [r#"{"job_id":"a","job_id":"b"}"#, r#"{"job_id":1,"x":2,"job\u005fid":1} "#] {
            assert_eq!(object(args), Err("the key \"job_id\" is there twice".to_owned()));
        }
        for args in ["", "[]", "[{}]", "{} {}", "{", "null", r#"{"a":}"#] {
            assert_eq!(object(args), Err("the args are not a JSON object".to_owned()), "{args}");
        }
    }
}
