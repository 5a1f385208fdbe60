//! The value of a key, read as far as something takes it: a text up to a length, an
//! array of strings up to a number. What is more, or is not taken, is told by its kind
//! and never built.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What is read of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A text of at most so many bytes.
    Text(usize),
    /// An array of at most so many strings, with at most so many bytes all together.
    Strings { most: usize, bytes: usize },
    /// A number; of all else only what it is.
    Number,
    /// True or false; of all else, a number too, only what it is. So is read, too, what
    /// nobody takes: it is held to all that makes JSON, and nothing of it is kept.
    Plain,
}

/// A value.
#[derive(Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    /// A number, if numbers are taken and it is a whole one from 0 on, of 64 bits.
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
        if self != Takes::Number {
            return deserializer.deserialize_any(self);
        }
        // As it was written: what the library makes of it is the nearest `f64`.
        let written = <&RawValue>::deserialize(deserializer)?.get();
        let value = serde_json::Deserializer::from_str(written).deserialize_any(Takes::Plain);
        match value.map_err(D::Error::custom)? {
            Value::Number(_) => Ok(Value::Number(whole(written))),
            other => Ok(other),
        }
    }
}

/// The whole number, of 64 bits and from 0 on, that a number of JSON is exactly. To JSON 1.0 is the number that 1 is, and to
/// a schema a whole one, as is 1e19: what its `maximum` lets pass is taken, however it is written.
fn whole(written: &str) -> Option<u64> {
    let (is_negative, digits) = written.strip_prefix('-').map_or((false, written), |digits| (true, digits));
    let Some(begin) = digits.find(['.', 'e', 'E']) else {
        return digits.parse().ok().filter(|number| !is_negative || *number == 0);
    };
    let (digits, power) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let fraction = digits.get(begin + 1..).unwrap_or_default();
    let digits = digits.replacen('.', "", 1);
    let kept = digits.trim_end_matches('0');
    if kept.is_empty() {
        return Some(0);
    }
    // How many zeros follow what is kept.
    let zeros = power.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let zeros = zeros.checked_add(i64::try_from(digits.len() - kept.len()).ok()?)?;
    let tens = 10_u64.checked_pow(u32::try_from(zeros).ok()?)?;
    let number = kept.parse::<u64>().ok()?.checked_mul(tens)?;
    (!is_negative).then_some(number)
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

    /// That it is a number: which one is read as it was [written](whole).
    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Number(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Number(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number(None))
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
