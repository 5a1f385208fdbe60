//! Rows under their keys, as JSON.

use serde_json::json;

use crate::iocage::Rows;
use crate::iocage::rows::is_plain;
use crate::iocage::text::kept;
use crate::iocage::told::Told;
use crate::written;

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
        problems: &mut Told,
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
            let row: Vec<_> =
                fields.iter().map(|(_, column)| kept(rows.cell(at as usize, *column))).collect();
            format!("{} is listed twice; the second time as {}", kept(key_of(at)), row.join(" "))
        }));
        Keyed { rows, key, fields, order: order.into_iter().map(row_of).collect() }
    }

    /// How many bytes are held beside the text of the rows.
    pub(super) fn held(&self) -> usize {
        self.rows.held() + self.order.capacity() * size_of::<u32>()
    }

    /// The object that holds them, as many as there is room for, and how many are not in
    /// it.
    pub(super) fn write(&self, room: usize) -> (Vec<u8>, usize) {
        // What stands before each cell: the end of the text before it, and its name.
        let names = std::array::from_fn::<_, N, _>(|at| {
            let name = json!(self.fields[at].0).to_string();
            if at == 0 { format!("\":{{{name}:\"") } else { format!("\",{name}:\"") }
        });
        let fixed = names.iter().map(String::len).sum::<usize>() + ROW_END.len() + 1;
        let length = if self.rows.is_plain() { str::len } else { written::length };
        let (mut size, mut count) = (1, 0);
        for &row in &self.order {
            let cells = self.fields.iter().map(|(_, column)| *column).chain([self.key]);
            size += fixed + cells.map(|column| length(self.rows.cell(row as usize, column))).sum::<usize>();
            if size > room {
                break;
            }
            count += 1;
        }
        let mut object = Vec::with_capacity(size.min(room) + SLACK);
        object.push(b'{');
        let push = if self.rows.is_plain() { push_plain } else { push_text };
        for &row in &self.order[..count] {
            let cell = |column| self.rows.cell(row as usize, column);
            object.push(b'"');
            push(&mut object, cell(self.key));
            for (name, (_, column)) in names.iter().zip(&self.fields) {
                object.extend_from_slice(name.as_bytes());
                push(&mut object, cell(*column));
            }
            object.extend_from_slice(ROW_END);
        }
        if count == 0 {
            object.push(b'}');
        } else if let Some(last) = object.last_mut() {
            // The comma behind the last row.
            *last = b'}';
        }
        (object, self.order.len() - count + self.rows.left_out)
    }
}

/// What ends a row, and begins the next.
const ROW_END: &[u8] = b"\"},";
/// Room for what is put around an object.
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
        // Memory takes whatever is written.
        let _ = written::write(json, text);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_second_row_of_a_key_is_told() {
        let mut problems = Told::default();
        let rows = Rows::of_cells([["k", "1", "2"], ["k", "3", "4"]]);
        let keyed = Keyed::new(&rows, 0, [("a", 1), ("b", 2)], &mut problems);
        assert_eq!(keyed.write(1000).0, br#"{"k":{"a":"1","b":"2"}}"#);
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
            let mut problems = Told::default();
            let written = Keyed::new(&rows, 0, [("\"A\"", 0), ("B", 1)], &mut problems).write(1 << 20).0;
            let written = String::from_utf8(written).expect("UTF-8");
            assert_eq!(written, serde_json::to_string(&expected).expect("JSON"));
            assert_eq!((problems.len(), rows.is_plain()), (0, keys == plain));
        }
        let none: Rows<2> = Rows::of_cells([]);
        assert_eq!(Keyed::new(&none, 0, [("A", 1)], &mut Told::default()).write(9), (b"{}".to_vec(), 0));
    }

    #[test]
    fn rows_that_there_is_no_room_for_are_counted() {
        let rows = Rows::of_cells([["a", "\u{1}"], ["b", "x"], ["c", "y"]]);
        let keyed = Keyed::new(&rows, 0, [("A", 1)], &mut Told::default());
        let (whole, _) = keyed.write(1000);
        for room in 0..60 {
            let (object, left_out) = keyed.write(room);
            let value: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&object).expect("JSON");
            assert_eq!((value.len() + left_out, object.len() <= room.max(2)), (3, true));
        }
        assert_eq!(keyed.write(whole.len()), (whole, 0));
    }
}
