//! Objects of a few members. In a module that is to be small each `json!` is a kilobyte of code;
//! this is written once.

use serde_json::Value;

/// A name, and what stands under it.
pub type Member = (&'static str, Value);

pub(super) fn object(members: Vec<Member>) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(super) fn strings(texts: &[&'static str]) -> Value {
    Value::Array(texts.iter().map(|text| Value::from(*text)).collect())
}
