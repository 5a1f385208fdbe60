//! Taking typed values out of a JSON object, key by key, until none is left; and putting them into one.
//!
//! A derived reader would do the same; serde's derive costs a macro crate for six small structs, and its messages do
//! not say where in the file the slip is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::machine::Properties;

/// Adds `value`, unless it is what its absence means.
pub(super) fn put(map: &mut Map<String, Value>, key: &str, value: Value, default: Value) {
    if value != default {
        map.insert(key.to_owned(), value);
    }
}

/// An object being read; `at` tells where it stands in the file.
pub(super) struct Fields {
    at: String,
    map: Map<String, Value>,
}

impl Fields {
    pub(super) fn new(value: Value, at: impl Into<String>) -> Result<Fields, String> {
        let at = at.into();
        match value {
            Value::Object(map) => Ok(Fields { at, map }),
            other => Err(format!("{at} must be an object, not {}", kind(&other))),
        }
    }

    fn wrong<T>(&self, key: &str, wanted: &str, found: &Value) -> Result<T, String> {
        Err(format!("`{key}` of {} must be {wanted}, not {}", self.at, kind(found)))
    }

    /// The raw value, for what may be of two types.
    pub(super) fn value(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key)
    }

    pub(super) fn text(&mut self, key: &str, default: &str) -> Result<String, String> {
        match self.map.remove(key) {
            None => Ok(default.to_owned()),
            Some(Value::String(text)) => Ok(text),
            Some(other) => self.wrong(key, "a string", &other),
        }
    }

    pub(super) fn flag(&mut self, key: &str, default: bool) -> Result<bool, String> {
        match self.map.remove(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(other) => self.wrong(key, "true or false", &other),
        }
    }

    pub(super) fn number(&mut self, key: &str) -> Result<Option<u64>, String> {
        match self.map.remove(key) {
            None => Ok(None),
            Some(found) => match found.as_u64() {
                Some(number) => Ok(Some(number)),
                None => self.wrong(key, "a whole number", &found),
            },
        }
    }

    pub(super) fn list(&mut self, key: &str) -> Result<Vec<Value>, String> {
        match self.map.remove(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => Ok(list),
            Some(other) => self.wrong(key, "a list", &other),
        }
    }

    pub(super) fn texts(&mut self, key: &str) -> Result<Vec<String>, String> {
        let mut texts = Vec::new();
        for value in self.list(key)? {
            match value {
                Value::String(text) => texts.push(text),
                other => return self.wrong(key, "a list of strings", &other),
            }
        }
        Ok(texts)
    }

    pub(super) fn numbers(&mut self, key: &str) -> Result<BTreeSet<u64>, String> {
        let mut numbers = BTreeSet::new();
        for value in self.list(key)? {
            match value.as_u64() {
                Some(number) => numbers.insert(number),
                None => return self.wrong(key, "a list of whole numbers", &value),
            };
        }
        Ok(numbers)
    }

    /// An object of whole numbers.
    pub(super) fn durations(&mut self, key: &str) -> Result<BTreeMap<String, u64>, String> {
        let mut durations = BTreeMap::new();
        for (name, value) in self.scalars(key)? {
            match value.as_u64() {
                Some(number) => durations.insert(name, number),
                None => return self.wrong(key, "an object of whole numbers", &value),
            };
        }
        Ok(durations)
    }

    /// An object in which nothing has parts.
    pub(super) fn scalars(&mut self, key: &str) -> Result<BTreeMap<String, Value>, String> {
        match self.map.remove(key) {
            None => Ok(BTreeMap::new()),
            Some(Value::Object(map)) if !map.values().any(|value| value.is_object() || value.is_array()) => {
                Ok(map.into_iter().collect())
            }
            Some(other) => self.wrong(key, "an object of values without parts", &other),
        }
    }

    pub(super) fn properties(&mut self, key: &str) -> Result<Properties, String> {
        let Some(value) = self.map.remove(key) else { return Ok(Properties::new()) };
        let inner = Fields::new(value, format!("`{key}` of {}", self.at))?;
        let mut properties = Properties::new();
        for (name, value) in inner.map {
            match value {
                Value::String(text) => properties.insert(name, text),
                other => {
                    return Err(format!("`{name}` in {} must be a string, not {}", inner.at, kind(&other)));
                }
            };
        }
        Ok(properties)
    }

    /// # Errors
    /// A sentence that names a key nobody asked for.
    pub(super) fn finish(self) -> Result<(), String> {
        match self.map.keys().next() {
            None => Ok(()),
            Some(key) => Err(format!("{} has no key `{key}`", self.at)),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
