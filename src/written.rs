//! How long a text is as it is written in a response, where a quote takes two bytes
//! and a control character six: what is bounded is what is sent, not what was read.

use std::io::{self, Write};

/// How many bytes each byte of a text takes between the quotes.
const COSTS: [u8; 256] = {
    let mut costs = [1; 256];
    let mut byte = 0;
    while byte < 0x20 {
        costs[byte] = 6;
        byte += 1;
    }
    let short = [b'\x08', b'\t', b'\n', b'\x0c', b'\r', b'"', b'\\'];
    let mut at = 0;
    while at < short.len() {
        costs[short[at] as usize] = 2;
        at += 1;
    }
    costs
};

/// How many bytes `text` takes between the quotes.
#[must_use]
pub fn length(text: &str) -> usize {
    text.bytes().map(|byte| usize::from(COSTS[usize::from(byte)])).sum()
}

/// The beginning of `text` that takes at most `limit` bytes, cut between characters.
#[must_use]
pub fn beginning(text: &str, limit: usize) -> &str {
    // Nothing takes more than six bytes for one.
    if text.len() <= limit / 6 {
        return text;
    }
    let mut left = limit;
    for (at, byte) in text.bytes().enumerate() {
        match left.checked_sub(usize::from(COSTS[usize::from(byte)])) {
            Some(rest) => left = rest,
            None => return &text[..text.floor_char_boundary(at)],
        }
    }
    text
}

/// Write what stands between the quotes.
///
/// # Errors
/// Those of `out`.
pub fn write(out: &mut impl Write, text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|byte| COSTS[usize::from(*byte)] > 1) {
        out.write_all(&rest[..plain])?;
        match rest[plain] {
            b'\x08' => out.write_all(b"\\b")?,
            b'\t' => out.write_all(b"\\t")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\x0c' => out.write_all(b"\\f")?,
            b'\r' => out.write_all(b"\\r")?,
            byte @ (b'"' | b'\\') => out.write_all(&[b'\\', byte])?,
            // Control characters.
            byte => {
                let digit = if byte < 0x10 { b'0' } else { b'1' };
                out.write_all(&[
                    b'\\',
                    b'u',
                    b'0',
                    b'0',
                    digit,
                    b"0123456789abcdef"[usize::from(byte & 0xf)],
                ])?;
            }
        }
        rest = &rest[plain + 1..];
    }
    out.write_all(rest)
}

/// Cut a text that takes more than `limit` bytes, and say so.
pub fn cut(text: &mut String, limit: usize) {
    let kept = beginning(text, limit).len();
    if kept < text.len() {
        text.truncate(kept);
        text.push_str("...");
        text.shrink_to_fit();
    }
}

/// The same as a copy that never holds more.
#[must_use]
pub fn cut_copy(text: &str, limit: usize) -> String {
    let kept = beginning(text, limit);
    if kept.len() < text.len() { format!("{kept}...") } else { kept.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_long_as_it_is_written() {
        let all: String = (0..0x300).filter_map(char::from_u32).collect();
        for text in ["", "a", "\"\\", "\u{1}", "\n\t\r\u{8}\u{c}", "\u{e4}\u{10ffff}", &all] {
            let written = serde_json::to_string(text).expect("a text");
            assert_eq!(length(text), written.len() - 2, "{text:?}");
            let mut ours = Vec::new();
            write(&mut ours, text).expect("memory");
            assert_eq!(ours, &written.as_bytes()[1..written.len() - 1]);
            for limit in 0..written.len() + 8 {
                let kept = beginning(text, limit);
                assert!(text.starts_with(kept) && length(kept) <= limit);
                let next = text[kept.len()..].chars().next();
                assert!(next.is_none_or(|c| length(kept) + length(c.encode_utf8(&mut [0; 4])) > limit));
            }
        }
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut_copy("ab\u{1}c", 4), "ab...");
        assert_eq!(cut_copy("abcd", 4), "abcd");
        for text in ["ab\u{1}c", "abcd", "abcde", ""] {
            let mut ours = text.to_owned();
            cut(&mut ours, 4);
            assert_eq!(ours, cut_copy(text, 4));
        }
    }
}
