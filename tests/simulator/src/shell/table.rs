//! Columns as `column -t -s X` of FreeBSD makes them.
//!
//! Each line is split at the separator, where a run of separators counts as one; every cell but the last of its line is
//! padded to the widest of its column and two blanks. What is not ASCII has no width, which is how the recordings show
//! it: a tag with an umlaut shifts the rest of its line.

/// The table as text.
pub(super) fn columns(lines: &[String], separator: char) -> String {
    let rows: Vec<Vec<&str>> = lines
        .iter()
        .flat_map(|line| line.split('\n'))
        .map(|line| line.split(separator).filter(|cell| !cell.is_empty()).collect())
        .collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            match widths.get_mut(column) {
                Some(widest) => *widest = (*widest).max(width(cell)),
                None => widths.push(width(cell)),
            }
        }
    }
    let mut text = String::new();
    for row in rows.iter().filter(|row| !row.is_empty()) {
        for (column, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < row.len() {
                let blanks = widths[column] - width(cell) + 2;
                text.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        text.push('\n');
    }
    text
}

fn width(cell: &str) -> usize {
    cell.bytes().filter(u8::is_ascii).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_widen_with_their_cells() {
        let lines = ["JID^TAG^IP4", "-^testjail^-", "--- foreign ---"].map(str::to_owned);
        assert_eq!(
            columns(&lines, '^'),
            "JID              TAG       IP4\n-                testjail  -\n--- foreign ---\n"
        );
    }

    #[test]
    fn separators_in_a_cell_split_it_and_empty_cells_vanish() {
        let lines = ["A^B", "ca^ret^x", "y^^z"].map(str::to_owned);
        assert_eq!(columns(&lines, '^'), "A   B\nca  ret  x\ny   z\n");
    }

    #[test]
    fn what_is_not_ascii_has_no_width() {
        let lines = ["ab^c", "jä^d"].map(str::to_owned);
        assert_eq!(columns(&lines, '^'), "ab  c\njä   d\n");
    }
}
