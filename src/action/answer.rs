//! An action's answer, on its way to JSON.
//!
//! The documented object stands under the action's name. What this class tells
//! beside it (`detail`, `problems`, `warnings`) stands beside it, where no jail,
//! property or line of output can have the same key.

use serde::ser::{Serialize, Serializer};
use serde_json::json;

use super::base64::encode;
use crate::error::Error;
use crate::iocage::rows::is_plain;
use crate::iocage::{Lines, Output, Rows};

/// What an action answers.
#[derive(Debug)]
pub struct Answer {
    /// The documented object, written.
    body: Vec<u8>,
    /// What could not be read among what could.
    pub problems: Vec<String>,
    /// What should be looked at although it was done.
    pub warnings: Vec<String>,
    /// The jails that are new, for the log.
    pub made: Vec<String>,
}

impl Answer {
    /// An answer that consists of the documented object alone.
    pub fn new(body: &impl Serialize) -> Answer {
        // Writing to memory fails only for maps with keys that are no strings,
        // which none of our types has.
        let body = serde_json::to_vec(body).unwrap_or_else(|e| format!("{{\"error\":\"{e}\"}}").into_bytes());
        Answer { body, problems: Vec::new(), warnings: Vec::new(), made: Vec::new() }
    }

    /// An answer that consists of rows.
    pub(super) fn of_rows<const N: usize, const M: usize>(rows: &Keyed<'_, N, M>) -> Answer {
        Answer { body: rows.write(), problems: Vec::new(), warnings: Vec::new(), made: Vec::new() }
    }

    /// The same with problems.
    #[must_use]
    pub fn with_problems(self, problems: Vec<String>) -> Answer {
        Answer { problems, ..self }
    }

    /// The same, which tells of new jails.
    #[must_use]
    pub fn with_made(self, made: Vec<String>) -> Answer {
        Answer { made, ..self }
    }

    /// The same with warnings.
    #[must_use]
    pub fn with_warnings(self, warnings: Vec<String>) -> Answer {
        Answer { warnings, ..self }
    }
}

/// The response args of a request: keys sorted, as everywhere. `remarks` are warnings
/// whatever came of it.
pub fn args(
    action: &str,
    outcome: Result<Answer, Error>,
    remarks: Vec<String>,
    detail: Option<Output>,
) -> Vec<u8> {
    let mut answer = outcome.unwrap_or_else(|error| Answer::new(&error));
    answer.warnings.splice(0..0, remarks);
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
/// into JSON once and not for every row, the keys are sorted by their first eight
/// bytes as one number, which a map of texts cannot do, and whether a cell has to
/// be escaped is asked of each only where some row may need it.
pub(super) struct Keyed<'a, const N: usize, const M: usize> {
    rows: &'a Rows<M>,
    /// The column of the keys.
    key: usize,
    /// The fields: the name and the column of each.
    fields: [(&'a str, usize); N],
    /// The places of the rows, by their keys.
    order: Vec<u32>,
}

impl<'a, const N: usize, const M: usize> Keyed<'a, N, M> {
    /// Gather rows. The fields must be sorted by name.
    pub(super) fn new(
        rows: &'a Rows<M>,
        key: usize,
        fields: [(&'a str, usize); N],
        problems: &mut Vec<String>,
    ) -> Keyed<'a, N, M> {
        let key_of = |at: u32| rows.cell(at as usize, key);
        // The first bytes of a key and its row, in one number: of equal ones the
        // earlier row comes first.
        let first = |at: u32| u128::from(first_bytes(key_of(at))) << 32 | u128::from(at);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let mut order: Vec<u128> = (0..count).map(first).collect();
        order.sort_unstable();
        // Only keys that begin the same are left to be told apart by the rest.
        let row_of = |sorted: u128| (sorted & u128::from(u32::MAX)) as u32;
        for alike in order.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|alike| alike.len() > 1) {
            alike.sort_unstable_by(|a, b| key_of(row_of(*a)).cmp(key_of(row_of(*b))).then(a.cmp(b)));
        }
        let mut again = Vec::new();
        order.dedup_by(|later, earlier| {
            let is_same =
                *later >> 32 == *earlier >> 32 && key_of(row_of(*later)) == key_of(row_of(*earlier));
            if is_same {
                again.push(row_of(*later));
            }
            is_same
        });
        again.sort_unstable();
        problems.extend(again.into_iter().map(|at| {
            let row: Vec<_> = fields.iter().map(|(_, column)| rows.cell(at as usize, *column)).collect();
            format!("{} is listed twice; the second time as {}", key_of(at), row.join(" "))
        }));
        Keyed { rows, key, fields, order: order.into_iter().map(row_of).collect() }
    }

    /// The object that holds them.
    fn write(&self) -> Vec<u8> {
        // What stands before each cell: the end of the text before it, and its name.
        let names = std::array::from_fn::<_, N, _>(|at| {
            let name = json!(self.fields[at].0).to_string();
            if at == 0 { format!("\":{{{name}:\"") } else { format!("\",{name}:\"") }
        });
        let fixed = names.iter().map(String::len).sum::<usize>() + ROW_END.len();
        let room = self.rows.text_len() + self.order.len() * fixed + SLACK;
        let mut object = Vec::with_capacity(room);
        object.push(b'{');
        let push = if self.rows.is_plain() { push_plain } else { push_text };
        for &row in &self.order {
            let cell = |column| self.rows.cell(row as usize, column);
            object.push(b'"');
            push(&mut object, cell(self.key));
            for (name, (_, column)) in names.iter().zip(&self.fields) {
                object.extend_from_slice(name.as_bytes());
                push(&mut object, cell(*column));
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

/// Add a text of which is known that it is what stands between the quotes.
fn push_plain(json: &mut Vec<u8>, text: &str) {
    json.extend_from_slice(text.as_bytes());
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_beside_the_action_is_sorted_with_it() {
        let answer =
            || Answer::new(&json!({})).with_warnings(vec!["w".into()]).with_problems(vec!["p".into()]);
        let text = |action| String::from_utf8(args(action, Ok(answer()), Vec::new(), None)).expect("JSON");
        assert_eq!(text("df"), r#"{"df":{},"problems":["p"],"warnings":["w"]}"#);
        assert_eq!(text("startjail"), r#"{"problems":["p"],"startjail":{},"warnings":["w"]}"#);
    }

    #[test]
    fn the_second_row_of_a_key_is_told() {
        let mut problems = Vec::new();
        let rows = Rows::of_cells([["k", "1", "2"], ["k", "3", "4"]]);
        let keyed = Keyed::new(&rows, 0, [("a", 1), ("b", 2)], &mut problems);
        assert_eq!(keyed.write(), br#"{"k":{"a":"1","b":"2"}}"#);
        assert_eq!(problems, ["k is listed twice; the second time as 3 4"]);
    }

    #[test]
    fn rows_are_written_as_anybody_would() {
        let plain = ["b", "", "long enough 2", "long enough 10", "long enough", "a", "\u{7f}", "\u{e4}"];
        let special = ["a\0", "\u{e4}\"", "\u{1}\\", "b"];
        for keys in [&plain[..], &special[..]] {
            let rows = Rows::of_cells(keys.iter().map(|&key| [key, "x"]));
            let expected: BTreeMap<_, _> =
                keys.iter().map(|&key| (key, BTreeMap::from([("\"A\"", key), ("B", "x")]))).collect();
            let mut problems = Vec::new();
            let written = Keyed::new(&rows, 0, [("\"A\"", 0), ("B", 1)], &mut problems).write();
            let written = String::from_utf8(written).expect("UTF-8");
            assert_eq!(written, serde_json::to_string(&expected).expect("JSON"));
            assert_eq!((problems.len(), rows.is_plain()), (0, keys == plain));
        }
        let none: Rows<2> = Rows::of_cells([]);
        assert_eq!(Keyed::new(&none, 0, [("A", 1)], &mut Vec::new()).write(), b"{}");
    }
}
