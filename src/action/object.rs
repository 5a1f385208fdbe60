//! An object of texts as JSON, as much of it as there is room for: lines that a command
//! printed, or properties.

use std::collections::BTreeMap;

use crate::iocage::Lines;
use crate::written;

/// Texts by their keys, under one key of their own: `{"success":{"hi":" there"}}`.
pub(super) struct Object<'a> {
    pub(super) name: &'a str,
    pub(super) entries: Entries<'a>,
}

/// Where they are. Their keys are in order.
pub(super) enum Entries<'a> {
    /// Lines of output.
    Lines(&'a Lines),
    /// Properties.
    Values(&'a BTreeMap<String, String>),
    /// One property.
    One(&'a str, &'a str),
}

impl Entries<'_> {
    /// Do `f` with each, as long as it says so; how many there are.
    fn each(&self, f: &mut dyn FnMut(&str, &str)) {
        match self {
            Entries::Lines(lines) => lines.iter().for_each(|(key, value)| f(key, value)),
            Entries::Values(values) => values.iter().for_each(|(key, value)| f(key, value)),
            Entries::One(key, value) => f(key, value),
        }
    }
}

impl Object<'_> {
    /// What is written, and how many entries are not in it: such as alone are longer than
    /// all may be together, and those for which nothing was left.
    pub(super) fn write(&self, room: usize) -> (Vec<u8>, usize) {
        const AROUND: usize = r#""":"","#.len();
        let start = written::length(self.name) + r#"{"":{}}"#.len();
        let mut size = start;
        let fits = |size: &mut usize, key: &str, value: &str| {
            let more = AROUND + written::length(key) + written::length(value);
            let is_fit = *size + more <= room;
            *size += if is_fit { more } else { 0 };
            is_fit
        };
        let (mut count, mut left_out) = (0, 0);
        self.entries.each(&mut |key, value| match fits(&mut size, key, value) {
            true => count += 1,
            false => left_out += 1,
        });
        let mut json = Vec::with_capacity(size);
        // Memory takes whatever is written.
        let text = |json: &mut Vec<u8>, before: &[u8], text: &str| {
            json.extend_from_slice(before);
            let _ = written::write(json, text);
        };
        text(&mut json, b"{\"", self.name);
        json.extend_from_slice(b"\":{");
        let mut size = start;
        self.entries.each(&mut |key, value| {
            if fits(&mut size, key, value) {
                text(&mut json, b"\"", key);
                text(&mut json, b"\":\"", value);
                json.extend_from_slice(b"\",");
            }
        });
        if count > 0 {
            json.pop();
        }
        json.extend_from_slice(b"}}");
        (json, left_out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let lines = Lines::of_text("a:\u{1}\u{1}\nb\nc: d\n".into());
        let object = Object { name: "success", entries: Entries::Lines(&lines) };
        let (whole, none) = object.write(1000);
        let value: Value = serde_json::from_slice(&whole).expect("JSON");
        assert_eq!((value, none), (json!({"success": {"a": "\u{1}\u{1}", "b": "", "c": " d"}}), 0));
        for room in 0..80 {
            let (json, left_out) = object.write(room);
            let value: Value = serde_json::from_slice(&json).expect("JSON");
            let count = value["success"].as_object().expect("an object").len();
            assert_eq!((count + left_out, json.len() <= room.max(14)), (3, true), "{value}");
        }
        // A comma less than was counted.
        assert_eq!(object.write(whole.len() + 1).0, whole);
    }
}
