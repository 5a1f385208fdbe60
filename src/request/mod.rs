//! From the args of a request to typed arguments: the edge at which JSON ends.
//!
//! The action table says which keys an action has and of what type each is;
//! this module reads the object once, refuses what is malformed (too large,
//! the same key twice), and holds each value to its type's grammar in
//! [`crate::policy`]. Keys that the action does not have are ignored, as they
//! always were.

mod words;

use std::fmt;
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::action::{Action, KeyType};
use crate::error::{Code, Error, Quoted};
use crate::policy::{self, CommandLine, JailName, PoolName, PropertyName, Props, UserName};

pub use words::{Unbalanced, split};

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

    fn value(&self, key: &str) -> Option<&Value> {
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

/// What an action was asked with. Which fields are set, the action's row in the
/// table decides; a required one is always set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arguments {
    jail: Option<JailName>,
    pool: Option<PoolName>,
    user: Option<UserName>,
    prop: Option<PropertyName>,
    command: Option<CommandLine>,
    /// `props`, split and checked, and as it was sent: the documented response
    /// repeats it.
    pub props: (Props, String),
    /// `switches`, likewise.
    pub switches: (Vec<String>, String),
    /// Is the text of the child wanted beside the documented object?
    pub detail: bool,
    /// May a release be downloaded first?
    pub fetch: bool,
    /// `timeout_s`, at least one second.
    pub timeout: Option<Duration>,
}

/// Accessors of the keys that some action requires.
macro_rules! accessors {
    ($($field:ident / $required:ident: $type:ty),*) => {
        impl Arguments {$(
            #[doc = concat!("`", stringify!($field), "`, if it was sent.")]
            #[must_use]
            pub fn $field(&self) -> Option<&$type> {
                self.$field.as_ref()
            }

            #[doc = concat!("`", stringify!($field), "`.")]
            ///
            /// # Errors
            /// [`Code::MissingKey`], if it was not sent.
            pub fn $required(&self) -> Result<&$type, Error> {
                self.$field.as_ref().ok_or_else(|| Error::missing(&[stringify!($field)]))
            }
        )*}
    };
}

accessors! {
    jail / required_jail: JailName,
    pool / required_pool: PoolName,
    user / required_user: UserName,
    prop / required_prop: PropertyName,
    command / required_command: CommandLine
}

impl Arguments {
    /// Read the keys that `action` has out of `object`.
    ///
    /// # Errors
    /// The first key that is missing or wrong, in the order of the table.
    pub fn read(action: &Action, object: &Object) -> Result<Arguments, Error> {
        let missing: Vec<_> = action
            .keys
            .iter()
            .filter(|key| key.required && object.value(key.name).is_none())
            .filter(|key| key.instead.is_none_or(|instead| object.value(instead).is_none()))
            .map(|key| key.name)
            .collect();
        if !missing.is_empty() {
            return Err(Error::missing(&missing));
        }
        let mut arguments = Arguments::default();
        for key in action.keys {
            if let Some(instead) = key.instead
                && object.value(key.name).and(object.value(instead)).is_some()
            {
                let message = format!("`{instead}` stands in the place of `{}`; leave one out", key.name);
                return Err(Error::about(instead, Code::ContradictoryKeys, message));
            }
            if let Some(value) = object.value(key.name) {
                arguments.set(action, key.name, key.kind, value)?;
            }
        }
        Ok(arguments)
    }

    fn set(&mut self, action: &Action, key: &'static str, kind: KeyType, value: &Value) -> Result<(), Error> {
        let flag = match kind {
            KeyType::Detail => Some(&mut self.detail),
            KeyType::Fetch => Some(&mut self.fetch),
            _ => None,
        };
        if let Some(flag) = flag {
            *flag = value.as_bool().ok_or_else(|| wrong_type(key, "true or false", value))?;
            return Ok(());
        }
        match kind {
            KeyType::Argv => {
                self.command = Some(CommandLine::parse(key, strings(key, value)?)?);
                return Ok(());
            }
            KeyType::Seconds => {
                self.timeout = Some(seconds(key, value)?);
                return Ok(());
            }
            _ => {}
        }
        let text = value.as_str().ok_or_else(|| wrong_type(key, "a string", value))?;
        match kind {
            KeyType::Jail => self.jail = Some(JailName::parse(text)?),
            KeyType::Pool => self.pool = Some(PoolName::parse(text)?),
            KeyType::User => self.user = Some(UserName::parse(text)?),
            KeyType::Property => self.prop = Some(PropertyName::parse(text)?),
            KeyType::Props => self.props = (Props::parse(&words(key, text)?)?, text.to_owned()),
            KeyType::Switches => {
                self.switches = (policy::switches(words(key, text)?, action.switches)?, text.to_owned());
            }
            KeyType::Command => self.command = Some(CommandLine::parse(key, words(key, text)?)?),
            KeyType::Detail | KeyType::Fetch | KeyType::Argv | KeyType::Seconds => {}
        }
        Ok(())
    }
}

fn words(key: &'static str, text: &str) -> Result<Vec<String>, Error> {
    split(text).map_err(|e| {
        Error::about(key, Code::IllegalValue, format!("`{key}` cannot be split into words: {e}"))
    })
}

fn strings(key: &'static str, value: &Value) -> Result<Vec<String>, Error> {
    const EXPECTED: &str = "an array of strings";
    let items = value.as_array().ok_or_else(|| wrong_type(key, EXPECTED, value))?;
    let string =
        |item: &Value| item.as_str().map(str::to_owned).ok_or_else(|| wrong_type(key, EXPECTED, item));
    items.iter().map(string).collect()
}

/// The action, which knows the configuration, says how many are too many.
fn seconds(key: &'static str, value: &Value) -> Result<Duration, Error> {
    let number = value.as_number().ok_or_else(|| wrong_type(key, "a number", value))?;
    let wrong = || Error::about(key, Code::IllegalValue, format!("`{key}` takes whole seconds from 1 on"));
    number.as_u64().filter(|n| *n > 0).map(Duration::from_secs).ok_or_else(wrong)
}

fn wrong_type(key: &'static str, expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::about(key, Code::WrongType, format!("`{key}` must be {expected}, not {found}"))
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
