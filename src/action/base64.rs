//! Bytes as text, as RFC 4648 has it, for output that is not UTF-8. Only this
//! way round is needed, and only here: no reason for a crate.

use std::io::{self, Write};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How long so many bytes are.
pub(super) fn length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Write bytes in base64, padded.
pub(super) fn encode(out: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        // A group of n bytes is n + 1 characters.
        let letters: [u8; 4] = std::array::from_fn(|at| {
            let six = (bits >> (18 - 6 * at)) & 63;
            if at <= group.len() { ALPHABET[six as usize] } else { b'=' }
        });
        out.write_all(&letters)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        encode(&mut text, bytes).expect("memory");
        assert_eq!(text.len(), length(bytes.len()));
        String::from_utf8(text).expect("ASCII")
    }

    #[test]
    fn the_vectors_of_the_standard() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(bytes.as_bytes()), text);
        }
        assert_eq!(encoded(&[0xff, 0xef, 0xbe, 0xfb, 0xf0]), "/++++/A=");
    }
}
