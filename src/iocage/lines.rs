//! Lines of output in the document's form: each is a key up to its first colon with the
//! rest as its value. Repeats and order are lost by that form.
//!
//! A command prints millions of them, so none is copied: what is kept is the text, and
//! where in it the line of each key begins, in the order of the keys.

use std::cmp::Ordering;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::Error;
use crate::iocage::output::Text;
use crate::iocage::text::status_lines;
use crate::iocage::told::Told;
use crate::iocage::work::Work;

/// Lines, of which each key is there once: of several the last.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    text: Text,
    /// Where the lines begin.
    starts: Vec<u32>,
    /// How many there were no room for.
    left_out: usize,
}

/// How many are kept of any text, however short; of long ones a fourth of their bytes.
const MANY: usize = 64 << 10;

impl Lines {
    /// iocage's own status lines: without the blanks before them, runs of
    /// blanks as one, as the document shows them.
    #[must_use]
    pub fn of_status(text: &str) -> Lines {
        Lines::of_told(&status_lines(text).collect())
    }

    /// Lines that were gathered before.
    #[must_use]
    pub fn of_told(told: &Told) -> Lines {
        let lines = Lines::of_text(told.join("\n").into());
        Lines { left_out: told.left_out(), ..lines }
    }

    /// Lines of somebody else's, untouched; empty ones cannot be keys.
    #[must_use]
    pub fn of_text(text: Text) -> Lines {
        // Nothing is asked that could fail.
        Lines::read(text, &|| Ok(())).unwrap_or_default()
    }

    /// The same, as long as `wanted`, which is asked again and again.
    ///
    /// # Errors
    /// Those of `wanted`.
    pub fn read(text: Text, wanted: &dyn Fn() -> Result<(), Error>) -> Result<Lines, Error> {
        let (most, work) = (text.len() / 4 + MANY, Work::new(wanted));
        let mut lines = Lines { text, starts: Vec::new(), left_out: 0 };
        let mut starts: Vec<u32> = Vec::new();
        let mut room = most.min(MANY).min(lines.text.len() + 1);
        let bytes = lines.text.as_bytes();
        let mut at = if bytes.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        while at < bytes.len() {
            let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            work.done(end - at)?;
            let is_empty = end < bytes.len() && matches!(&bytes[at..end], b"" | b"\r");
            let last = starts.last_mut();
            if let (false, Some(last), Ok(at)) = (is_empty, last, u32::try_from(at))
                && lines.compare(*last, at, &work)? == Ordering::Equal
            {
                // The same again and again is common, and needs no place.
                *last = at;
            } else if !is_empty {
                if starts.len() == room {
                    // Most are repeats, perhaps.
                    lines.sort(&mut starts, &work)?;
                    room = if starts.len() > room / 2 { (room * 2).min(most) } else { room };
                }
                match (starts.len() < room, u32::try_from(at)) {
                    (true, Ok(at)) => {
                        starts.reserve_exact(room - starts.len());
                        starts.push(at);
                    }
                    _ => lines.left_out += 1,
                }
            }
            at = end + 1;
        }
        lines.sort(&mut starts, &work)?;
        starts.shrink_to_fit();
        lines.starts = starts;
        Ok(lines)
    }

    /// Put them in the order of their keys, and keep of each the last; of equal ones the last
    /// is behind the others.
    ///
    /// The library's sort cannot be ended: they are merged, two and two.
    fn sort(&self, starts: &mut Vec<u32>, work: &Work<'_>) -> Result<(), Error> {
        let (mut size, mut merged) = (1, Vec::with_capacity(starts.len()));
        while size < starts.len() {
            merged.clear();
            for pair in starts.chunks(2 * size) {
                let (mut one, mut other) = pair.split_at(size.min(pair.len()));
                if let (Some(last), Some(first)) = (one.last(), other.first())
                    && self.compare(*last, *first, work)? != Ordering::Greater
                {
                    // They are in order, as much of what is printed is.
                    merged.extend_from_slice(one);
                    one = &[];
                }
                while let ([a, of_one @ ..], [b, of_other @ ..]) = (one, other) {
                    let is_one = self.compare(*a, *b, work)? != Ordering::Greater;
                    merged.push(if is_one { *a } else { *b });
                    (one, other) = if is_one { (of_one, other) } else { (one, of_other) };
                }
                merged.extend_from_slice(one);
                merged.extend_from_slice(other);
            }
            std::mem::swap(starts, &mut merged);
            size *= 2;
        }
        let mut kept = 0;
        for at in 0..starts.len() {
            let is_same = kept > 0 && self.compare(starts[kept - 1], starts[at], work)? == Ordering::Equal;
            kept += usize::from(!is_same);
            starts[kept - 1] = starts[at];
        }
        starts.truncate(kept);
        Ok(())
    }

    /// The order of the keys that begin there. Both end somewhere, and are not looked for
    /// further than they are the same.
    fn compare(&self, a: u32, b: u32, work: &Work<'_>) -> Result<Ordering, Error> {
        let bytes = self.text.as_bytes();
        let at = |start: u32, at: usize| match bytes.get(start as usize + at) {
            Some(b'\n' | b':') => None,
            Some(b'\r') if bytes.get(start as usize + at + 1) == Some(&b'\n') => None,
            byte => byte,
        };
        for place in 0.. {
            match (at(a, place), at(b, place)) {
                (Some(a), Some(b)) if a == b => {}
                (a, b) => return work.done(place).map(|()| a.cmp(&b)),
            }
        }
        Ok(Ordering::Equal)
    }

    /// Each key and its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.starts.iter().map(|start| {
            let line = self.text[*start as usize..].lines().next().unwrap_or_default();
            line.split_once(':').unwrap_or((line, ""))
        })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }

    /// How many there were no room for.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// How many bytes are held beside the text.
    #[must_use]
    pub fn held(&self) -> usize {
        self.starts.len() * size_of::<u32>()
    }
}

impl PartialEq for Lines {
    fn eq(&self, other: &Lines) -> bool {
        self.left_out == other.left_out && self.iter().eq(other.iter())
    }
}

impl Eq for Lines {}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn status_lines_lose_their_blanks_and_others_do_not() {
        let text = "* Starting x (y)\n  + Starting services        OK\n\n  INFO: x is already up\n";
        let lines = Lines::of_status(text);
        let keys: Vec<_> = lines.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["* Starting x (y)", "+ Starting services OK", "INFO"]);
        assert_eq!(lines.get("INFO"), Some(" x is already up"));
        let lines = Lines::of_text("\u{feff}hi\n\n a  b: c: d\n".into());
        assert_eq!(lines.iter().collect::<Vec<_>>(), [(" a  b", " c: d"), ("hi", "")]);
    }

    #[test]
    fn they_are_what_a_map_of_them_would_be() {
        let mut text = "\r\na\r\n:x\n:\n\r\nab:c\r\nab\nab:d\n\u{e4}: \u{e5}\n\r\rb\n".to_owned();
        // More than there is room for at first, most of them twice.
        text.extend((0..200_000_u32).map(|n| format!("{}:{n}\n", n.wrapping_mul(7919) % 90_000)));
        text.push_str("last: of all");
        let map: BTreeMap<_, _> = text
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split_once(':').unwrap_or((line, "")))
            .collect();
        let lines = Lines::of_text(text.as_str().into());
        assert!(lines.iter().eq(map.into_iter()), "{lines:.200?}");
        assert_eq!(lines.left_out(), 0);
    }
}
