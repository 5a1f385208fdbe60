//! The digest of a module's file, and the one that may have to lie beside it.
//!
//! A file that is whole by its headers may still be damaged in a place that kills
//! the process: one flipped bit is enough, and nothing in the file tells. A digest
//! that was made where the module was built does. It is held against the bytes that
//! were copied and will be mapped. It tells nothing of who made it: whoever can
//! write `FILE` can write `FILE.sha256`, and both are kept from others alike.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use sysadm_class::trust;

/// How much of a file with a digest is read: more than its line.
const MOST: u64 = 4096;

/// SHA-256 of what is left to read, which also goes to `copy`.
pub(crate) fn digest(from: &mut impl Read, mut copy: impl Write) -> io::Result<String> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 128 << 10]);
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        hash.update(&buffer[..count]);
        copy.write_all(&buffer[..count])?;
    }
    let hex = |byte: &u8| format!("{byte:02x}");
    Ok(hash.finalize().iter().map(hex).collect())
}

/// Does the file beside `source` name this digest?
///
/// # Errors
/// If it does not, is not there, or may be anybody's.
pub(crate) fn demand(source: &Path, found: &str, allow_unsafe: bool) -> io::Result<()> {
    let beside = beside(source);
    let name = beside.display();
    let cannot = |why: String| io::Error::other(format!("its digest is demanded, but {name} {why}"));
    if !allow_unsafe && trust::effective_user() == 0 {
        let why = |why| io::Error::other(format!("its digest {name} is not trusted: {why}"));
        match trust::file(&std::path::absolute(&beside)?, 0) {
            // Told below, as to everybody.
            Ok(()) | Err(trust::Distrust::Missing(_)) => {}
            Err(distrust) => return Err(why(distrust)),
        }
    }
    let mut text = String::new();
    // Not as it stands: opening a pipe waits for its writer.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(&beside);
    let read = file.and_then(|file| file.take(MOST).read_to_string(&mut text));
    read.map_err(|e| cannot(format!("cannot be read: {e}")))?;
    let expected = named(&text).ok_or_else(|| cannot("names no SHA-256".to_owned()))?;
    if expected.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(io::Error::other(format!("its SHA-256 is {found}, but {name} has {}", expected.to_ascii_lowercase())))
}

/// `FILE.sha256`.
fn beside(source: &Path) -> PathBuf {
    let mut name = OsString::from(source);
    name.push(".sha256");
    name.into()
}

/// The digest in a text as `sha256sum FILE`, `sha256 FILE` or `sha256 -q FILE` prints
/// it: the only word of its first line that can be one.
fn named(text: &str) -> Option<&str> {
    let is_digest = |word: &&str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut found = text.lines().next()?.split_whitespace().filter(is_digest);
    found.next().filter(|_| found.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4, the example of one block.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(digest(&mut &b"abc"[..], io::sink()).expect("read"), ABC);
    }

    /// Gives what it has, a byte at a time, each after an error of the kind.
    struct Halting(&'static [u8], io::ErrorKind, bool);

    impl Read for Halting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 { Err(self.1.into()) } else { self.0.read(&mut buffer[..1]) }
        }
    }

    #[test]
    fn a_signal_is_waited_out_and_no_other_error() {
        let read = |kind| digest(&mut Halting(b"abc", kind, false), io::sink()).map_err(|e| e.kind());
        assert_eq!(read(io::ErrorKind::Interrupted), Ok(ABC.to_owned()));
        assert_eq!(read(io::ErrorKind::TimedOut), Err(io::ErrorKind::TimedOut));
    }

    #[test]
    fn a_digest_is_found_as_the_usual_programs_print_it() {
        for text in [
            format!("{ABC}  /usr/local/lib/x.so\n"),
            format!("{ABC} *x.so\n"),
            format!("SHA256 (x.so) = {ABC}\n"),
            format!("{ABC}\n"),
            ABC.to_uppercase(),
        ] {
            assert!(named(&text).is_some_and(|found| found.eq_ignore_ascii_case(ABC)), "{text}");
        }
        for text in [
            String::new(),
            format!("\n{ABC}"),
            ABC[1..].to_owned(),
            format!("{ABC} {ABC}"),
            format!("{ABC}0"),
        ] {
            assert_eq!(named(&text), None, "{text}");
        }
    }
}
