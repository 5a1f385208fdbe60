//! Rows under their keys, as JSON.

use std::cmp::Ordering;

use serde_json::json;

use crate::iocage::Rows;
use crate::iocage::rows::is_plain;
use crate::iocage::text::kept;
use crate::iocage::told::Told;
use crate::written;

/// Rows under their keys: each an object of fields, whose names are sorted.
/// The second row of one key is left out and told.
///
/// Written by hand, as this is where ten thousand jails pass: the names are put
/// into JSON once and not for every row, the keys are sorted by their first eight
/// bytes as one number, which a map of texts cannot do, and whether a cell has to
/// be escaped is asked of each only where some row may need it.
pub(super) struct Keyed<'a, const M: usize> {
    rows: &'a Rows<M>,
    /// The column of the keys.
    key: usize,
    /// The fields: the name and the column of each.
    fields: Vec<(&'a str, usize)>,
    /// The places of the rows, by their keys or as it was asked.
    order: Vec<u32>,
    /// Is it told beside the object, which whoever reads it need not keep in order?
    is_ordered: bool,
}

/// Rows as they are written.
pub(super) struct Written {
    /// The object that holds them.
    pub(super) object: Vec<u8>,
    /// Their keys in order, as an array, if it was asked for one.
    pub(super) order: Option<Vec<u8>>,
    /// How many there was no room for.
    pub(super) left_out: usize,
}

impl<'a, const M: usize> Keyed<'a, M> {
    /// Gather rows. The fields must be sorted by name.
    pub(super) fn new(
        rows: &'a Rows<M>,
        key: usize,
        fields: &[(&'a str, usize)],
        problems: &mut Told,
    ) -> Keyed<'a, M> {
        let key_of = |at: u32| rows.cell(at as usize, key);
        let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let by_key = |at: u32| Rank { is_text: true, first: first_bytes(key_of(at)) };
        let mut order = sorted((0..count).collect(), (false, usize::MAX), &by_key, &key_of);
        let mut again = Vec::new();
        order.dedup_by(|later, earlier| {
            let is_same = key_of(*later) == key_of(*earlier);
            if is_same {
                again.push(*later);
            }
            is_same
        });
        again.sort_unstable();
        problems.extend(again.into_iter().map(|at| {
            let row: Vec<_> =
                fields.iter().map(|(_, column)| kept(rows.cell(at as usize, *column))).collect();
            format!("{} is listed twice; the second time as {}", kept(key_of(at)), row.join(" "))
        }));
        Keyed { rows, key, fields: fields.to_vec(), order, is_ordered: false }
    }

    /// How many bytes are held beside the text of the rows.
    pub(super) fn held(&self) -> usize {
        self.rows.held() + self.order.capacity() * size_of::<u32>()
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// The row of a key, while they are ordered by it.
    pub(super) fn find(&self, key: &str) -> Option<usize> {
        let at = self.order.binary_search_by(|&at| self.rows.cell(at as usize, self.key).cmp(key)).ok()?;
        Some(self.order[at] as usize)
    }

    /// Keep some rows.
    pub(super) fn retain(&mut self, is_kept: &dyn Fn(usize) -> bool) {
        self.order.retain(|&row| is_kept(row as usize));
    }

    /// Keep some fields.
    pub(super) fn select(&mut self, is_kept: &dyn Fn(&str) -> bool) {
        self.fields.retain(|(name, _)| is_kept(name));
    }

    /// Sort by a cell of each row: numbers and sizes by what they are, before all other text; what
    /// is equal stays by its key, in either direction. Only so many from the first on are wanted.
    pub(super) fn sort(&mut self, cell: &dyn Fn(usize) -> &'a str, is_down: bool, wanted: usize) {
        // Each is looked for once: where a jail runs, that is a search.
        let cells: Vec<_> = self.order.iter().map(|&row| cell(row as usize)).collect();
        let cell_of = |place: u32| cells[place as usize];
        let rank = |place: u32| match size(cell_of(place)) {
            // Numbers that are not negative are in the order of their bits.
            Some(size) => Rank { is_text: false, first: size.to_bits() },
            None => Rank { is_text: true, first: first_bytes(cell_of(place)) },
        };
        let places = sorted((0..self.order.len() as u32).collect(), (is_down, wanted), &rank, &cell_of);
        self.order = places.into_iter().map(|place| self.order[place as usize]).collect();
        self.is_ordered = true;
    }

    /// Keep so many rows from one on.
    pub(super) fn page(&mut self, offset: usize, limit: usize) {
        self.order.drain(..offset.min(self.order.len()));
        self.order.truncate(limit);
    }

    /// The object that holds them, as many as there is room for.
    pub(super) fn write(&self, room: usize) -> Written {
        // What stands before each cell: the end of the text before it, and its name.
        let name_of = |(at, (name, _)): (usize, &(&str, usize))| {
            let name = json!(name).to_string();
            if at == 0 { format!("\":{{{name}:\"") } else { format!("\",{name}:\"") }
        };
        let names: Vec<_> = self.fields.iter().enumerate().map(name_of).collect();
        let row_end: &[u8] = if names.is_empty() { b"\":{}," } else { ROW_END };
        let fixed = names.iter().map(String::len).sum::<usize>() + row_end.len() + 1;
        let length = if self.rows.is_plain() { str::len } else { written::length };
        let key_of = |row: u32| self.rows.cell(row as usize, self.key);
        let (mut size, mut count) = (1, 0);
        for &row in &self.order {
            let cells = self.fields.iter().map(|(_, column)| self.rows.cell(row as usize, *column));
            size += fixed + cells.map(length).sum::<usize>() + length(key_of(row));
            size += if self.is_ordered { length(key_of(row)) + "\"\",".len() } else { 0 };
            if size > room {
                break;
            }
            count += 1;
        }
        let mut object = Vec::with_capacity(size.min(room) + SLACK);
        object.push(b'{');
        let push = if self.rows.is_plain() { push_plain } else { push_text };
        for &row in &self.order[..count] {
            object.push(b'"');
            push(&mut object, key_of(row));
            for (name, (_, column)) in names.iter().zip(&self.fields) {
                object.extend_from_slice(name.as_bytes());
                push(&mut object, self.rows.cell(row as usize, *column));
            }
            object.extend_from_slice(row_end);
        }
        close(&mut object, b'}');
        let order = self.is_ordered.then(|| {
            let mut order = vec![b'['];
            for &row in &self.order[..count] {
                order.push(b'"');
                push(&mut order, key_of(row));
                order.extend_from_slice(b"\",");
            }
            close(&mut order, b']');
            order
        });
        Written { object, order, left_out: self.order.len() - count + self.rows.left_out }
    }
}

/// What ends a row, and begins the next.
const ROW_END: &[u8] = b"\"},";
/// Room for what is put around an object.
const SLACK: usize = 64;

/// End a list, with a comma behind its last member or none in it.
fn close(json: &mut Vec<u8>, end: u8) {
    if json.last() == Some(&b',') {
        json.pop();
    }
    json.push(end);
}

/// What tells most cells apart, as a number.
struct Rank {
    /// Numbers come before all text, and what is equal in this is equal then.
    is_text: bool,
    first: u64,
}

/// Places by what stands there, downwards or not, and of them so many from the first on: by the rank, and what is text
/// and begins the same by all of it; those of equals as they were.
fn sorted<'t>(
    places: Vec<u32>,
    (is_down, wanted): (bool, usize),
    rank: &dyn Fn(u32) -> Rank,
    text: &dyn Fn(u32) -> &'t str,
) -> Vec<u32> {
    // The rank and where it was, in one number. Downwards the rank is turned round and the place is not.
    let turned = if is_down { u128::from(u64::MAX) << 32 | IS_TEXT } else { 0 };
    let key = |(at, place): (usize, &u32)| {
        let Rank { is_text, first } = rank(*place);
        let rank = if is_text { IS_TEXT } else { 0 } | u128::from(first) << 32;
        rank ^ turned | at as u128
    };
    let mut order: Vec<u128> = places.iter().enumerate().map(key).collect();
    let place_of = |sorted: u128| places[(sorted & u128::from(u32::MAX)) as usize];
    let is_text = |sorted: u128| (sorted ^ turned) & IS_TEXT != 0;
    let by_text = |a: &u128, b: &u128| {
        let (of_a, of_b) = (text(place_of(*a)), text(place_of(*b)));
        if is_down { of_b.cmp(of_a) } else { of_a.cmp(of_b) }.then(a.cmp(b))
    };
    if (1..order.len()).contains(&wanted) {
        let by_all = |a: &u128, b: &u128| match (a >> 32).cmp(&(b >> 32)) {
            Ordering::Equal if is_text(*a) => by_text(a, b),
            Ordering::Equal => a.cmp(b),
            different => different,
        };
        order.select_nth_unstable_by(wanted, by_all);
    }
    order.truncate(wanted);
    order.sort_unstable();
    // Only those that begin the same are left to be told apart by the rest.
    for alike in order.chunk_by_mut(|a, b| a >> 32 == b >> 32).filter(|alike| alike.len() > 1) {
        if is_text(alike[0]) {
            alike.sort_unstable_by(by_text);
        }
    }
    order.into_iter().map(place_of).collect()
}

/// In a rank with its place, that it is of a text.
const IS_TEXT: u128 = 1 << 127;

/// The number that a cell is, or the size in bytes: `12`, `2.49G`.
fn size(cell: &str) -> Option<f64> {
    let digits = cell.strip_suffix(|c: char| "BKMGTPE".contains(c)).unwrap_or(cell);
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let power = cell[digits.len()..].chars().next().and_then(|suffix| "BKMGTPE".find(suffix)).unwrap_or(0);
    Some(digits.parse::<f64>().ok()? * (1_u64 << (10 * power)) as f64)
}

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
        let keyed = Keyed::new(&rows, 0, &[("a", 1), ("b", 2)], &mut problems);
        assert_eq!(keyed.write(1000).object, br#"{"k":{"a":"1","b":"2"}}"#);
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
            let written =
                Keyed::new(&rows, 0, &[("\"A\"", 0), ("B", 1)], &mut problems).write(1 << 20).object;
            let written = String::from_utf8(written).expect("UTF-8");
            assert_eq!(written, serde_json::to_string(&expected).expect("JSON"));
            assert_eq!((problems.len(), rows.is_plain()), (0, keys == plain));
        }
        let none: Rows<2> = Rows::of_cells([]);
        let nothing = Keyed::new(&none, 0, &[("A", 1)], &mut Told::default()).write(9);
        assert_eq!((nothing.object, nothing.left_out), (b"{}".to_vec(), 0));
    }

    #[test]
    fn rows_that_there_is_no_room_for_are_counted() {
        let rows = Rows::of_cells([["a", "\u{1}"], ["b", "x"], ["c", "y"]]);
        let keyed = Keyed::new(&rows, 0, &[("A", 1)], &mut Told::default());
        let whole = keyed.write(1000).object;
        for room in 0..60 {
            let Written { object, left_out, .. } = keyed.write(room);
            let value: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&object).expect("JSON");
            assert_eq!((value.len() + left_out, object.len() <= room.max(2)), (3, true));
        }
        let again = keyed.write(whole.len());
        assert_eq!((again.object, again.left_out), (whole, 0));
    }

    #[test]
    fn sizes_are_sorted_as_such_and_equals_by_their_keys() {
        let cells = ["2.49G", "-", "900K", "10", "9", "none", "", "10", "1T", "1.0M", "1.2.3", "\u{e4}"];
        let keys: Vec<_> = (0..cells.len()).map(|at| format!("{at:02}")).collect();
        let rows = Rows::of_cells(keys.iter().zip(cells).map(|(key, cell)| [key.as_str(), cell]));
        let some = |is_down, wanted| {
            let mut keyed = Keyed::new(&rows, 0, &[("A", 1)], &mut Told::default());
            keyed.sort(&|row| rows.cell(row, 1), is_down, wanted);
            let order = keyed.write(1 << 20).order.expect("asked for");
            serde_json::from_slice::<Vec<String>>(&order).expect("JSON")
        };
        let up = ["04", "03", "07", "02", "09", "00", "08", "06", "01", "10", "05", "11"];
        let sorted = |is_down| some(is_down, usize::MAX);
        assert_eq!(sorted(false), up);
        let down = ["11", "05", "10", "01", "06", "08", "00", "09", "02", "03", "07", "04"];
        assert_eq!(sorted(true), down);
        // Of the first few it is the same as of all.
        for wanted in 0..=cells.len() + 1 {
            let few = wanted.min(cells.len());
            assert_eq!(some(false, wanted), up[..few]);
            assert_eq!(some(true, wanted), down[..few]);
        }
    }

    /// The first few of many that begin alike, with some that are equal, in both directions.
    #[test]
    fn a_page_is_the_beginning_of_all() {
        let keys: Vec<_> = (0..500).map(|at| format!("{at:04}")).collect();
        // 97 is no divisor: each of 100 values is there five times, not in a row.
        let cells: Vec<_> = (0..500).map(|at| format!("long enough {}", at * 97 % 100)).collect();
        let rows = Rows::of_cells(keys.iter().zip(&cells).map(|(key, cell)| [key.as_str(), cell]));
        for is_down in [false, true] {
            let mut plain: Vec<_> = (0..500).collect();
            // Stable, so that equals stay by their keys.
            plain.sort_by(|&a, &b| match is_down {
                true => cells[b].cmp(&cells[a]),
                false => cells[a].cmp(&cells[b]),
            });
            for wanted in [0, 1, 3, 5, 50, 499, 500, 501, usize::MAX] {
                let mut keyed = Keyed::new(&rows, 0, &[("A", 1)], &mut Told::default());
                keyed.sort(&|row| rows.cell(row, 1), is_down, wanted);
                let order: Vec<_> = keyed.order.iter().map(|&row| row as usize).collect();
                assert_eq!(order, plain[..wanted.min(500)], "{is_down} {wanted}");
            }
        }
    }

    #[test]
    fn a_page_without_fields_is_its_keys() {
        let rows = Rows::of_cells(["c", "a", "d", "b"].map(|key| [key, "x"]));
        let mut keyed = Keyed::new(&rows, 0, &[("A", 1)], &mut Told::default());
        assert_eq!((keyed.find("c"), keyed.find("x")), (Some(0), None));
        keyed.select(&|_| false);
        keyed.page(1, 2);
        let written = keyed.write(100);
        assert_eq!((written.object, written.order), (br#"{"b":{},"c":{}}"#.to_vec(), None));
        keyed.page(9, 2);
        assert_eq!(keyed.write(100).object, b"{}");
    }
}
