//! Looking for one byte in long texts: the ends of a table's lines and of its cells, of
//! which ten thousand jails have a hundred thousand.
//!
//! By the crate that serde_json links for the same; what it has not, eight bytes at once.

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
    memchr::memchr(byte, text).unwrap_or(text.len())
}

/// A text before its first `byte`, which is ASCII, and behind it.
pub(super) fn parted(text: &str, byte: u8) -> Option<(&str, &str)> {
    let at = until(byte, text.as_bytes());
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Where `byte` is, each time, in a short text: a search that begins anew for each would take longer.
pub(super) fn places(byte: u8, text: &[u8]) -> impl Iterator<Item = usize> {
    let mut words = text.as_chunks::<8>().0.iter();
    let (mut base, mut found) = (0, words.next().map_or(0, |word| marked(byte, *word)));
    let mut rest = text.len() / 8 * 8;
    std::iter::from_fn(move || {
        while found == 0 {
            let Some(word) = words.next() else {
                let at = rest + text.get(rest..)?.iter().position(|other| *other == byte)?;
                rest = at + 1;
                return Some(at);
            };
            base += 8;
            found = marked(byte, *word);
        }
        let at = base + found.trailing_zeros() as usize / 8;
        found &= found - 1;
        Some(at)
    })
}

/// How often `byte` is there.
pub(super) fn count(byte: u8, text: &[u8]) -> usize {
    memchr::memchr_iter(byte, text).count()
}

/// How many bytes both begin with.
pub(super) fn common(one: &[u8], other: &[u8]) -> usize {
    let pairs = one.as_chunks::<8>().0.iter().zip(other.as_chunks::<8>().0);
    let mut at = 0;
    for (one, other) in pairs {
        let other_bits = u64::from_le_bytes(*one) ^ u64::from_le_bytes(*other);
        if other_bits != 0 {
            return at + other_bits.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + one[at..].iter().zip(&other[at..]).take_while(|(one, other)| one == other).count()
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

/// Is all of it printable ASCII or a tab, and nothing a blank or `other`? If so, whether a quote or a backslash is in it.
pub(super) fn graphic(other: u8, text: &[u8]) -> Option<bool> {
    let (mut odd, mut special) = (0, 0);
    let mut look = |word: [u8; 8]| {
        let number = u64::from_le_bytes(word);
        // Less than a blank's successor, perhaps behind one that is; then it is looked at byte by byte.
        let low = number.wrapping_sub(ONES * u64::from(b'!')) & !marked(b'\t', word);
        odd |= number | low | marked(0x7f, word) | marked(other, word);
        special |= marked(b'"', word) | marked(b'\\', word);
    };
    let (words, rest) = text.as_chunks::<8>();
    match text.last_chunk::<8>() {
        // The last eight over again, where that is no multiple.
        Some(last) => {
            words.iter().for_each(|word| look(*word));
            look(*last);
        }
        None => {
            let mut last = [b'a'; 8];
            for (to, from) in last.iter_mut().zip(rest) {
                *to = *from;
            }
            look(last);
        }
    }
    let is_one = |byte: &u8| (byte.is_ascii_graphic() || *byte == b'\t') && *byte != other;
    (odd & TOPS == 0 || text.iter().all(is_one)).then_some(special != 0)
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
                text.fill(b'a');
                text[place] = byte;
                for other in [b'^', b' '] {
                    let is = (byte.is_ascii_graphic() || byte == b'\t') && byte != other;
                    let told = is.then_some([b'"', b'\\'].contains(&byte));
                    assert_eq!(graphic(other, &text), told, "{byte} {other}");
                }
            }
        }
    }

    #[test]
    fn what_two_begin_with_is_counted() {
        let text: Vec<u8> = (0..40).collect();
        for one in 0..text.len() {
            for place in 0..one {
                let mut other = text.clone();
                other[place] ^= 0x80;
                assert_eq!((common(&text[..one], &other), common(&other, &text[..one])), (place, place));
            }
            assert_eq!((common(&text[..one], &text), common(&text, &text[..one])), (one, one));
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
                let all = (0..length).filter(|at| text[*at] == byte);
                assert!(places(byte, &text).eq(all), "{length} {byte}");
            }
            let all = vec![b'\n'; length];
            assert_eq!((count(b'\n', &all), count(b'\t', &all)), (length, 0));
            assert!(places(b'\n', &all).eq(0..length) && places(b'\t', &all).next().is_none());
        }
        assert_eq!(parted("a\tb\tc", b'\t'), Some(("a", "b\tc")));
        assert_eq!((parted("\u{e4}\t", b'\t'), parted("a", b'\t')), (Some(("\u{e4}", "")), None));
    }
}
