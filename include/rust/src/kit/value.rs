//! The value of a key, read as far as something takes it: a text up to a length, an
//! array of strings up to a number. What is more, or is not taken, is told by its kind
//! and never built.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// What is read of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A text of at most so many bytes.
    Text(usize),
    /// An array of at most so many strings, with at most so many bytes all together.
    Strings { most: usize, bytes: usize },
    /// A number, or true or false; of all else only what it is. So is read, too, what
    /// nobody takes: it is held to all that makes JSON, and nothing of it is kept.
    Plain,
}

/// A value.
#[derive(Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number, if it is a whole one from 0 on, of 64 bits.
    Number(Option<u64>),
    Text(String),
    /// The beginning of one that is longer than is taken.
    LongText(String),
    Array {
        /// Its strings, where strings are taken; up to one that is none, `odd`.
        strings: Vec<String>,
        odd: Option<&'static str>,
        /// Are there more than are taken?
        is_long: bool,
    },
    Object,
}

impl Value {
    /// What it is, for an error.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) | Value::LongText(_) => "a string",
            Value::Array { .. } => "an array",
            Value::Object => "an object",
        }
    }
}

impl<'de> DeserializeSeed<'de> for Takes {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Takes {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(Some(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(u64::try_from(value).ok()))
    }

    /// To JSON 1.0 is the number that 1 is, and to a schema a whole one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // What is none of these becomes the nearest of them; the greatest is no `f64`.
        let number = value as u64;
        Ok(Value::Number((number < u64::MAX && number as f64 == value).then_some(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let Takes::Text(most) = self else { return Ok(Value::Text(String::new())) };
        Ok(match text.len() <= most {
            true => Value::Text(text.to_owned()),
            false => Value::LongText(text[..text.floor_char_boundary(most)].to_owned()),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let (mut strings, mut odd, mut is_long) = (Vec::new(), None, false);
        if let Takes::Strings { most, bytes } = self {
            let mut room = bytes;
            while odd.is_none() && !is_long {
                match list.next_element_seed(Takes::Text(room))? {
                    None => break,
                    Some(Value::Text(text)) if strings.len() < most => {
                        room -= text.len();
                        strings.push(text);
                    }
                    Some(Value::Text(_) | Value::LongText(_)) => is_long = true,
                    Some(other) => odd = Some(other.kind()),
                }
            }
        }
        while list.next_element_seed(Takes::Plain)?.is_some() {}
        Ok(Value::Array { strings, odd, is_long })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry_seed(Takes::Plain, Takes::Plain)?.is_some() {}
        Ok(Value::Object)
    }
}
