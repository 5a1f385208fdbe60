//! An action's answer, on its way to JSON.
//!
//! The documented object stands under the action's name. What this class tells
//! beside it (`detail`, `problems`, `warnings`) stands beside it, where no jail,
//! property or line of output can have the same key.

use serde::ser::{Serialize, Serializer};
use serde_json::json;

use super::base64::encode;
use crate::error::Error;
use crate::iocage::{Lines, Output};

/// What an action answers.
#[derive(Debug)]
pub struct Answer {
    /// The documented object, written.
    body: Vec<u8>,
    /// What could not be read among what could.
    pub problems: Vec<String>,
    /// What should be looked at although it was done.
    pub warnings: Vec<String>,
}

impl Answer {
    /// An answer that consists of the documented object alone.
    pub fn new(body: &impl Serialize) -> Answer {
        // Writing to memory fails only for maps with keys that are no strings,
        // which none of our types has.
        let body = serde_json::to_vec(body).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}").into_bytes());
        Answer { body, problems: Vec::new(), warnings: Vec::new() }
    }

    /// An answer that consists of rows.
    pub(super) fn of_rows<const N: usize>(rows: &Keyed<'_, N>) -> Answer {
        Answer { body: rows.write(), problems: Vec::new(), warnings: Vec::new() }
    }

    /// The same with problems.
    #[must_use]
    pub fn with_problems(self, problems: Vec<String>) -> Answer {
        Answer { problems, ..self }
    }

    /// The same with warnings.
    #[must_use]
    pub fn with_warnings(self, warnings: Vec<String>) -> Answer {
        Answer { warnings, ..self }
    }
}

/// The response args of a request: keys sorted, as everywhere.
pub fn args(action: &str, outcome: Result<Answer, Error>, detail: Option<Output>) -> Vec<u8> {
    let answer = outcome.unwrap_or_else(|error| Answer::new(&error));
    let beside = [
        ("detail", detail.map(|output| self::detail(&output).to_string())),
        ("problems", (!answer.problems.is_empty()).then(|| json!(answer.problems).to_string())),
        ("warnings", (!answer.warnings.is_empty()).then(|| json!(answer.warnings).to_string())),
    ];
    let (mut before, mut after) = ("{".to_owned(), String::new());
    for (name, value) in beside {
        match value {
            Some(value) if name < action => before += &format!("\"{name}\":{value},"),
            Some(value) => after += &format!(",\"{name}\":{value}"),
            None => {}
        }
    }
    before += &format!("{}:", json!(action));
    after.push('}');
    // The object may be large: it stays where it is, and the rest is put around it.
    let mut args = answer.body;
    args.reserve_exact(before.len() + after.len());
    args.splice(..0, before.into_bytes());
    args.extend_from_slice(after.as_bytes());
    args
}

fn detail(output: &Output) -> serde_json::Value {
    let mut detail = json!({
        "duration_ms": u64::try_from(output.duration.as_millis()).unwrap_or(u64::MAX),
        "exit": output.exit,
        "stderr": output.stderr,
        "stdout": output.stdout,
        "truncated": output.truncated,
    });
    for (key, bytes) in [("stderr_base64", &output.stderr_bytes), ("stdout_base64", &output.stdout_bytes)] {
        if let Some(bytes) = bytes {
            detail[key] = json!(encode(bytes));
        }
    }
    detail
}

impl Serialize for Lines {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Rows under their keys: each an object of `N` fields, whose names are sorted.
/// The second row of one key is left out and told.
///
/// Written by hand, as this is where ten thousand jails pass: the names are put
/// into JSON once and not for every row, and the keys are sorted by their first
/// eight bytes as one number, which a map of texts cannot do.
pub(super) struct Keyed<'a, const N: usize> {
    names: [&'a str; N],
    rows: Vec<(&'a str, [&'a str; N])>,
    /// The places of the rows, by their keys.
    order: Vec<u32>,
}

impl<'a, const N: usize> Keyed<'a, N> {
    /// Gather rows. The names must be sorted.
    pub(super) fn new(
        names: [&'a str; N],
        rows: impl Iterator<Item = (&'a str, [&'a str; N])>,
        problems: &mut Vec<String>,
    ) -> Keyed<'a, N> {
        let rows: Vec<_> = rows.collect();
        let mut order: Vec<_> = (0..).zip(&rows).map(|(at, (key, _))| (first_bytes(key), at)).collect();
        let key = |at: u32| rows[at as usize].0;
        // Of equal keys the earlier row comes first.
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| key(a.1).cmp(key(b.1))).then(a.1.cmp(&b.1)));
        let mut order: Vec<_> = order.into_iter().map(|(_, at)| at).collect();
        let mut again = Vec::new();
        order.dedup_by(|later, earlier| {
            let is_same = key(*later) == key(*earlier);
            if is_same {
                again.push(*later);
            }
            is_same
        });
        again.sort_unstable();
        problems.extend(again.into_iter().map(|at| {
            let (key, row) = &rows[at as usize];
            format!("{key} is listed twice; the second time as {}", row.join(" "))
        }));
        Keyed { names, rows, order }
    }

    /// The object that holds them.
    fn write(&self) -> Vec<u8> {
        // What stands before each cell: the end of the text before it, and its name.
        let names = std::array::from_fn::<_, N, _>(|at| {
            let name = json!(self.names[at]).to_string();
            if at == 0 { format!("\":{{{name}:\"") } else { format!("\",{name}:\"") }
        });
        let texts =
            self.rows.iter().map(|(key, row)| key.len() + row.iter().map(|cell| cell.len()).sum::<usize>());
        let fixed = names.iter().map(String::len).sum::<usize>() + ROW_END.len();
        let mut object = Vec::with_capacity(texts.sum::<usize>() + self.rows.len() * fixed + SLACK);
        object.push(b'{');
        for &at in &self.order {
            let (key, row) = &self.rows[at as usize];
            object.push(b'"');
            push_text(&mut object, key);
            for (name, cell) in names.iter().zip(row) {
                object.extend_from_slice(name.as_bytes());
                push_text(&mut object, cell);
            }
            object.extend_from_slice(ROW_END);
        }
        if self.order.is_empty() {
            object.push(b'}');
        } else if let Some(last) = object.last_mut() {
            // The comma behind the last row.
            *last = b'}';
        }
        object
    }
}

/// What ends a row, and begins the next.
const ROW_END: &[u8] = b"\"},";
/// Room for what [`args`] puts around an object.
const SLACK: usize = 64;

/// The first eight bytes as a number that sorts as they do.
fn first_bytes(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(bytes.len());
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

/// Add what stands between the quotes of a text in JSON.
fn push_text(json: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        json.extend_from_slice(text.as_bytes());
    } else {
        let quoted = json!(text).to_string();
        json.extend_from_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    }
}

/// Is there nothing to escape: no quote, no backslash, no control character?
/// Eight bytes at once, the last eight over again where that is no multiple.
fn is_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let last = match bytes.last_chunk::<8>() {
        Some(last) => *last,
        None => {
            let mut last = [b' '; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            last
        }
    };
    words.iter().chain([&last]).all(|word| {
        const ONES: u64 = u64::from_ne_bytes([1; 8]);
        const TOPS: u64 = ONES << 7;
        let word = u64::from_ne_bytes(*word);
        // The top bit of a byte is set if it is less than `n`, and perhaps of those
        // behind one that is.
        let less = |word: u64, n: u8| word.wrapping_sub(ONES * u64::from(n)) & !word & TOPS;
        let is = |b: u8| less(word ^ (ONES * u64::from(b)), 1);
        less(word, b' ') | is(b'"') | is(b'\\') == 0
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_beside_the_action_is_sorted_with_it() {
        let answer =
            || Answer::new(&json!({})).with_warnings(vec!["w".into()]).with_problems(vec!["p".into()]);
        let text = |action| String::from_utf8(args(action, Ok(answer()), None)).expect("JSON");
        assert_eq!(text("df"), r#"{"df":{},"problems":["p"],"warnings":["w"]}"#);
        assert_eq!(text("startjail"), r#"{"problems":["p"],"startjail":{},"warnings":["w"]}"#);
    }

    #[test]
    fn the_second_row_of_a_key_is_told() {
        let mut problems = Vec::new();
        let keyed = Keyed::new(["a", "b"], [("k", ["1", "2"]), ("k", ["3", "4"])].into_iter(), &mut problems);
        assert_eq!(keyed.write(), br#"{"k":{"a":"1","b":"2"}}"#);
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn rows_are_written_as_anybody_would() {
        let keys = ["b", "", "long enough 2", "long enough 10", "a\0", "a", "\u{e4}\"", "\u{1}\\", "\u{7f}"];
        let rows = || keys.iter().map(|&key| (key, [key, "x"]));
        let keyed = Keyed::new(["\"A\"", "B"], rows(), &mut Vec::new());
        let expected: BTreeMap<_, _> =
            rows().map(|(key, [a, b])| (key, BTreeMap::from([("\"A\"", a), ("B", b)]))).collect();
        let written = String::from_utf8(keyed.write()).expect("UTF-8");
        assert_eq!(written, serde_json::to_string(&expected).expect("JSON"));
        for byte in 0..128_u8 {
            for length in 1..20 {
                for place in 0..length {
                    let mut text = vec![b'~'; length];
                    text[place] = byte;
                    let is_special = byte < b' ' || [b'"', b'\\'].contains(&byte);
                    assert_eq!(is_plain(&text), !is_special, "{text:?}");
                }
            }
        }
        assert!(is_plain("\u{e4}\u{10ffff}\u{7f}\u{80}".as_bytes()));
        assert_eq!(Keyed::new(["A"], [].into_iter(), &mut Vec::new()).write(), b"{}");
    }
}
