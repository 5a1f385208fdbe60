//! Whether a text holds anything that has to be looked at twice: a quote, a
//! backslash, a control character. Asked of each line of ten thousand jails, and
//! so of eight bytes at once.

use crate::iocage::bytes::{ONES, TOPS, marked};

/// Is there no quote, no backslash and no control character?
pub fn is_plain(bytes: &[u8]) -> bool {
    is_plain_but_for(b' ', bytes)
}

/// The same, where `separator` is not asked about. Eight bytes at once, the last
/// eight over again where that is no multiple.
pub(super) fn is_plain_but_for(separator: u8, bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let last = match bytes.last_chunk::<8>() {
        Some(last) => *last,
        None => {
            let mut last = [b'~'; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            last
        }
    };
    let mut found = special(separator, last);
    for word in words {
        found |= special(separator, *word);
    }
    found == 0
}

/// The highest bit of each byte that has to be looked at, and perhaps that of a blank behind
/// a control character.
fn special(separator: u8, word: [u8; 8]) -> u64 {
    // The top bit of a byte is set if it is less than a blank, and perhaps that
    // of a blank behind one that is: then it is asked again, cell by cell.
    let number = u64::from_le_bytes(word);
    let control = number.wrapping_sub(ONES * u64::from(b' ')) & !number & TOPS;
    (control & !marked(separator, word)) | marked(b'"', word) | marked(b'\\', word)
}

/// Does the line say nothing?
pub(super) fn is_blank(line: &str) -> bool {
    !line.starts_with(|c: char| c.is_ascii_graphic()) && line.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place() {
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
        assert!(is_plain_but_for(b'\t', b"a\tb\tc\t") && !is_plain_but_for(b'\t', b"a\t\x08bcdefg"));
        assert!(is_plain("\u{e4}\u{10ffff}\u{7f}\u{80}".as_bytes()));
    }
}
