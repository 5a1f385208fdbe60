//! Looking for one byte in long texts: the ends of a table's lines and of its cells, of
//! which ten thousand jails have a hundred thousand.
//!
//! Eight bytes at once. The library's own ways ask byte by byte, or set up anew for each
//! piece what pays only where that is long.

/// A byte eight times in one number, and the highest bit of each.
pub(super) const ONES: u64 = u64::from_ne_bytes([1; 8]);
pub(super) const TOPS: u64 = ONES << 7;

/// The highest bit of each that is `byte`, and no other bit.
#[inline(always)]
pub(super) fn marked(byte: u8, word: [u8; 8]) -> u64 {
    let other = u64::from_le_bytes(word) ^ (ONES * u64::from(byte));
    !(((other & !TOPS) + !TOPS) | other) & TOPS
}

/// Where the first `byte` is, or the end.
pub(super) fn until(byte: u8, text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    let mut at = 0;
    for word in words {
        let marked = marked(byte, *word);
        if marked != 0 {
            return at + marked.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + rest.iter().take_while(|other| **other != byte).count()
}

/// A text before its first `byte`, which is ASCII, and behind it.
pub(super) fn parted(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = until(byte, text.as_bytes());
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// How often `byte` is there, eight places at once.
pub(super) fn count(byte: u8, text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    let mut found = 0;
    // So many ones go into a byte.
    for words in words.chunks(255) {
        let mut sums = 0;
        for word in words {
            sums += marked(byte, *word) >> 7;
        }
        const PAIRS: u64 = 0x00ff_00ff_00ff_00ff;
        let pairs = (sums & PAIRS) + ((sums >> 8) & PAIRS);
        found += (pairs.wrapping_mul(0x0001_0001_0001_0001) >> 48) as usize;
    }
    found + rest.iter().filter(|other| **other == byte).count()
}

/// Is all of it printable ASCII?
pub(super) fn is_printable(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let mut odd = 0;
    for word in words {
        let number = u64::from_le_bytes(*word);
        odd |= (number | number.wrapping_sub(ONES * u64::from(b' ')) | marked(0x7f, *word)) & TOPS;
    }
    for byte in rest {
        odd |= u64::from(!(b' '..=b'~').contains(byte));
    }
    odd == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printable_has_a_width() {
        for byte in 0..=255 {
            for (length, place) in [(1, 0), (8, 7), (9, 8), (16, 3)] {
                let mut text = vec![b' '; length];
                text[place] = byte;
                assert_eq!(is_printable(&text), (b' '..=b'~').contains(&byte), "{byte}");
            }
        }
    }

    #[test]
    fn each_byte_is_found_and_counted() {
        for length in [0, 1, 7, 8, 9, 40, 255 * 8 + 3, 5000] {
            for byte in [b'\t', b'\n', 0, 255, b'x'] {
                let text: Vec<u8> =
                    (0..length).map(|at: usize| if at % 7 == 3 { byte } else { at as u8 | 0x40 }).collect();
                let plain = text.iter().filter(|other| **other == byte).count();
                assert_eq!(count(byte, &text), plain, "{length} {byte}");
                let first = text.iter().position(|other| *other == byte).unwrap_or(length);
                assert_eq!(until(byte, &text), first, "{length} {byte}");
            }
            let all = vec![b'\n'; length];
            assert_eq!((count(b'\n', &all), count(b'\t', &all)), (length, 0));
        }
        assert_eq!(parted("a\tb\tc", b'\t'), Some(("a", "b\tc")));
        assert_eq!((parted("\u{e4}\t", b'\t'), parted("a", b'\t')), (Some(("\u{e4}", "")), None));
    }
}
