//! Lines as column(1) aligns them with `-t`, in the C locale that iocage's scripts set.
//!
//! A separator that follows another is as none, so an empty cell moves the rest to the left.
//! Only what is printable ASCII has a width there: a letter of two bytes counts for none.

use crate::iocage::direct::Untold;
use crate::iocage::rows::is_plain;

/// The longest line that column(1) takes, in bytes.
const MOST: usize = 2048;

/// Align lines, each with its own end.
pub(super) fn aligned(lines: &str, separator: char) -> Result<String, Untold> {
    let mut widths: Vec<usize> = Vec::new();
    let rows = || lines.lines().filter(|line| !line.trim().is_empty());
    for line in rows() {
        if line.len() >= MOST {
            return Untold::cause("a line is longer than column(1) takes");
        }
        for (at, cell) in line.split(separator).filter(|cell| !cell.is_empty()).enumerate() {
            let width = width(cell);
            match widths.get_mut(at) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let total: usize = widths.iter().map(|width| width + 2).sum();
    let mut text = String::with_capacity((total * rows().count()).min(4 * lines.len()));
    for line in rows() {
        let mut pad = 0;
        for (at, cell) in line.split(separator).filter(|cell| !cell.is_empty()).enumerate() {
            text.extend(std::iter::repeat_n(' ', pad));
            text.push_str(cell);
            pad = widths.get(at).map_or(2, |widest| widest - width(cell) + 2);
        }
        text.push('\n');
    }
    Ok(text)
}

fn width(cell: &str) -> usize {
    // Nearly all are such.
    if cell.is_ascii() && is_plain(cell.as_bytes()) && !cell.contains('\x7f') {
        return cell.len();
    }
    cell.bytes().filter(|b| (b' '..=b'~').contains(b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_under_each_other() {
        let told = aligned("A^B^C\n1^2\n\nlonger^^x^y z\n", '^');
        assert_eq!(told, Ok("A       B  C\n1       2\nlonger  x  y z\n".to_owned()));
        // The width of what is no ASCII is none.
        assert_eq!(aligned("aäb^c\nabc^d\n", '^'), Ok("aäb   c\nabc  d\n".to_owned()));
        assert_eq!(aligned("", '^'), Ok(String::new()));
        // Nor is that of what is not printed; a quote has one.
        let told = aligned("a\u{7f}\u{1}b^c\n\"b\\^d\n", '^');
        assert_eq!(told, Ok("a\u{7f}\u{1}b   c\n\"b\\  d\n".to_owned()));
        assert!(aligned(&format!("{}\n", "x".repeat(MOST)), '^').is_err());
        assert!(aligned(&format!("{}\n", "x".repeat(MOST - 1)), '^').is_ok());
    }
}
