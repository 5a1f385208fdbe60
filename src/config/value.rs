//! The values that the configuration's keys take, and the errors for all others.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::error::{Code, Error, Quoted};

pub(super) fn bad(key: &'static str, message: String) -> Error {
    Error::about(key, Code::IllegalValue, message)
}

pub(super) fn known_keys(
    what: &'static str,
    object: &Map<String, Value>,
    valid: &[&str],
) -> Result<(), Error> {
    match object.keys().find(|key| !valid.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(bad(
            what,
            format!("unknown key {} in the configuration; valid keys are {}", Quoted(key), valid.join(", ")),
        )),
    }
}

pub(super) fn absolute(key: &'static str, of: &str, value: &Value) -> Result<PathBuf, Error> {
    let path = value.as_str().filter(|path| path.starts_with('/') && !path.contains('\0'));
    path.map(PathBuf::from).ok_or_else(|| bad(key, format!("`{key}` takes the absolute path of {of}")))
}

pub(super) fn absolutes(key: &'static str, of: &str, value: &Value) -> Result<Vec<PathBuf>, Error> {
    let paths = value.as_array().map(|paths| paths.iter().map(|path| absolute(key, of, path)).collect());
    match paths {
        Some(Ok(paths)) => Ok(paths),
        _ => Err(bad(key, format!("`{key}` takes an array of absolute paths of {of}"))),
    }
}

pub(super) fn number(key: &'static str, value: &Value, least: u64, most: u64) -> Result<u64, Error> {
    // As in a request, `10.0` is the number that `10` is; all bounds are far below what an `f64` counts in ones.
    let is_whole = |number: &f64| number.fract() == 0.0 && (0.0..=most as f64).contains(number);
    let written = || value.as_f64().filter(is_whole).map(|number| number as u64);
    value
        .as_u64()
        .or_else(written)
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| bad(key, format!("`{key}` takes whole numbers from {least} to {most}")))
}
