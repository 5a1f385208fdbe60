//! Lines as column(1) aligns them with `-t`, in the C locale that iocage's scripts set.
//!
//! A separator that follows another is as none, so an empty cell moves the rest to the left.
//! Only what is printable ASCII has a width there: a letter of two bytes counts for none.

use crate::iocage::bytes::{is_printable, parted};
use crate::iocage::direct::Untold;

/// The shortest line that column(1) does not take, in bytes.
pub(super) const MOST: usize = 2048;

/// Align lines, each with its own end.
pub(super) fn aligned(lines: &str, separator: u8) -> Result<String, Untold> {
    let mut widths: Vec<usize> = Vec::new();
    let rows = || lines.lines().filter(|line| !line.trim().is_empty());
    let mut count = 0;
    for line in rows() {
        if line.len() >= MOST {
            return Untold::cause("a line is longer than column(1) takes");
        }
        for (at, cell) in cells(line, separator).enumerate() {
            let width = width(cell);
            match widths.get_mut(at) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
        count += 1;
    }
    let total: usize = widths.iter().map(|width| width + 2).sum();
    let mut text = String::with_capacity((total * count).min(4 * lines.len()));
    for line in rows() {
        let mut pad = 0;
        for (at, cell) in cells(line, separator).enumerate() {
            blanks(&mut text, pad);
            text.push_str(cell);
            pad = widths.get(at).map_or(2, |widest| widest - width(cell) + 2);
        }
        text.push('\n');
    }
    Ok(text)
}

/// The cells of a line that are not empty.
fn cells(line: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(line);
    let mut next = move || {
        let text = rest?;
        let parts = parted(text, separator);
        rest = parts.map(|(_, behind)| behind);
        Some(parts.map_or(text, |(cell, _)| cell))
    };
    std::iter::from_fn(move || {
        loop {
            match next() {
                Some("") => {}
                other => return other,
            }
        }
    })
}

/// Put so many of them behind a text.
pub(super) fn blanks(text: &mut String, mut count: usize) {
    const BLANKS: &str = "                                                                ";
    while count > BLANKS.len() {
        text.push_str(BLANKS);
        count -= BLANKS.len();
    }
    text.push_str(&BLANKS[..count]);
}

fn width(cell: &str) -> usize {
    // Nearly all are such.
    if is_printable(cell.as_bytes()) {
        return cell.len();
    }
    cell.bytes().filter(|b| (b' '..=b'~').contains(b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_under_each_other() {
        let told = aligned("A^B^C\n1^2\n\nlonger^^x^y z\n", b'^');
        assert_eq!(told, Ok("A       B  C\n1       2\nlonger  x  y z\n".to_owned()));
        // The width of what is no ASCII is none.
        assert_eq!(aligned("aäb^c\nabc^d\n", b'^'), Ok("aäb   c\nabc  d\n".to_owned()));
        assert_eq!(aligned("", b'^'), Ok(String::new()));
        // Nor is that of what is not printed; a quote has one.
        let told = aligned("a\u{7f}\u{1}b^c\n\"b\\^d\n", b'^');
        assert_eq!(told, Ok("a\u{7f}\u{1}b   c\n\"b\\  d\n".to_owned()));
        assert!(aligned(&format!("{}\n", "x".repeat(MOST)), b'^').is_err());
        assert!(aligned(&format!("{}\n", "x".repeat(MOST - 1)), b'^').is_ok());
    }
}
