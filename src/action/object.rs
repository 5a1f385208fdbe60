//! An object of texts as JSON, as much of it as there is room for: lines that a command
//! printed, or properties.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::iocage::{Lines, Work};
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
    /// Do `f` with each, as long as it says so.
    fn each(&self, f: &mut dyn FnMut(&str, &str) -> Result<(), Error>) -> Result<(), Error> {
        match self {
            Entries::Lines(lines) => lines.iter().try_for_each(|(key, value)| f(key, value)),
            Entries::Values(values) => values.iter().try_for_each(|(key, value)| f(key, value)),
            Entries::One(key, value) => f(key, value),
        }
    }
}

impl Object<'_> {
    /// What is written, and how many entries are not in it: such as alone are longer than
    /// all may be together, and those for which nothing was left. There may be millions, so
    /// it is written as long as it is `wanted`.
    ///
    /// # Errors
    /// Those of `wanted`.
    pub(super) fn write(
        &self,
        room: usize,
        wanted: &dyn Fn() -> Result<(), Error>,
    ) -> Result<(Vec<u8>, usize), Error> {
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
        let work = Work::new(wanted);
        self.entries.each(&mut |key, value| {
            match fits(&mut size, key, value) {
                true => count += 1,
                false => left_out += 1,
            }
            work.done(key.len() + value.len())
        })?;
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
            work.done(key.len() + value.len())
        })?;
        if count > 0 {
            json.pop();
        }
        json.extend_from_slice(b"}}");
        Ok((json, left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use serde_json::{Value, json};

    use super::*;
    use crate::error::Code;

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let lines = Lines::of_text("a:\u{1}\u{1}\nb\nc: d\n".into());
        let object = Object { name: "success", entries: Entries::Lines(&lines) };
        let (whole, none) = object.write(1000, &|| Ok(())).expect("wanted");
        let value: Value = serde_json::from_slice(&whole).expect("JSON");
        assert_eq!((value, none), (json!({"success": {"a": "\u{1}\u{1}", "b": "", "c": " d"}}), 0));
        for room in 0..80 {
            let (json, left_out) = object.write(room, &|| Ok(())).expect("wanted");
            let value: Value = serde_json::from_slice(&json).expect("JSON");
            let count = value["success"].as_object().expect("an object").len();
            assert_eq!((count + left_out, json.len() <= room.max(14)), (3, true), "{value}");
        }
        // A comma less than was counted.
        let (again, _) = object.write(whole.len() + 1, &|| Ok(())).expect("wanted");
        assert_eq!(again, whole);
    }

    #[test]
    fn what_is_not_wanted_any_more_is_not_written() {
        let text: String = (0..20_000).map(|n| format!("{n}\n")).collect();
        let lines = Lines::of_text(text.into());
        let object = Object { name: "success", entries: Entries::Lines(&lines) };
        let asked = Cell::new(0);
        let write = |most: u32| {
            asked.set(0);
            object.write(1 << 20, &|| {
                asked.set(asked.get() + 1);
                let late = || Error::new(Code::TimedOut, "late");
                if asked.get() <= most { Ok(()) } else { Err(late()) }
            })
        };
        assert!(write(u32::MAX).is_ok() && asked.get() >= 8, "{}", asked.get());
        for most in 0..asked.get() {
            assert_eq!(write(most).map_err(|error| error.code), Err(Code::TimedOut));
            assert_eq!(asked.get(), most + 1);
        }
    }
}
