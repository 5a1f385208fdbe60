//! The names of the members of a `.zip`, from the list at its end, as Python's `zipfile` reads that.
//!
//! It is looked at before such a file is given to iocage and decides about nothing but a refusal: nothing is unpacked,
//! and what is not understood (a comment at the end, a list too long, what is no archive at all) is iocage's to say.
//! A `.tar.xz` has no such list.

use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// The longest list that is read: of a thousand datasets it has some hundred thousand bytes.
const MOST: u64 = 1 << 20;
/// The end of an archive without a comment, and what stands before that in one of more than 2 GiB: the place of its
/// longer end, and this.
const END: u64 = 22;
const PLACE: u64 = 20;
const LONG_END: u64 = 56;
/// What an entry of the list has before the name.
const ENTRY: usize = 46;
/// In the flags of an entry: its name is UTF-8.
const IS_UTF8: u64 = 0x800;

/// The members of a `.zip` in their order; nothing if that is not known.
#[must_use]
pub fn members(path: &Path) -> Option<Vec<String>> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let list = list(metadata.len(), &|at, length| {
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        file.read_exact_at(&mut bytes, at).ok().map(|()| bytes)
    })?;
    names(&list)
}

/// The list of an archive of this `length`, of which `read` gives so many bytes from there on. Like Python's it ends
/// where the end begins, wherever that says that it begins itself.
fn list(length: u64, read: &dyn Fn(u64, u64) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let at = length.checked_sub(END)?;
    let end = read(at, END)?;
    if !end.starts_with(b"PK\x05\x06") || number(&end, 20, 2)? != 0 {
        return None;
    }
    let place = at.checked_sub(PLACE).map(|at| (at, read(at, PLACE)));
    let (behind, size) = match place {
        Some((at, place)) if place.as_ref()?.starts_with(b"PK\x06\x07") => {
            let at = at.checked_sub(LONG_END)?;
            let end = read(at, LONG_END).filter(|end| end.starts_with(b"PK\x06\x06"))?;
            (at, number(&end, 40, 8)?)
        }
        _ => (at, number(&end, 12, 4)?),
    };
    if size > MOST {
        return None;
    }
    read(behind.checked_sub(size)?, size)
}

fn names(list: &[u8]) -> Option<Vec<String>> {
    let (mut names, mut rest) = (Vec::new(), list);
    while !rest.is_empty() {
        if !rest.starts_with(b"PK\x01\x02") {
            return None;
        }
        let (flags, name) = (number(rest, 8, 2)?, number(rest, 28, 2)?);
        let beside = number(rest, 30, 2)? + number(rest, 32, 2)?;
        let entry = rest.get(ENTRY..)?;
        let (name, entry) = entry.split_at_checked(usize::try_from(name).ok()?)?;
        rest = entry.get(usize::try_from(beside).ok()?..)?;
        let name = std::str::from_utf8(name).ok()?;
        if name.contains('\0') || !(name.is_ascii() || flags & IS_UTF8 != 0) {
            return None;
        }
        names.push(name.to_owned());
    }
    Some(names)
}

/// So many bytes from there on as a number, the lowest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let digits = bytes.get(at..at.checked_add(length)?)?;
    Some(digits.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of a list, as Python writes it, without what is not read.
    fn entry(name: &[u8], flags: u16, extra: &[u8]) -> Vec<u8> {
        let mut entry = vec![0; ENTRY];
        entry[..4].copy_from_slice(b"PK\x01\x02");
        entry[8..10].copy_from_slice(&flags.to_le_bytes());
        entry[28..30].copy_from_slice(&(name.len() as u16).to_le_bytes());
        entry[30..32].copy_from_slice(&(extra.len() as u16).to_le_bytes());
        [&entry, name, extra].concat()
    }

    fn end(size: usize) -> Vec<u8> {
        let mut end = vec![0; END as usize];
        end[..4].copy_from_slice(b"PK\x05\x06");
        end[12..16].copy_from_slice(&(size as u32).to_le_bytes());
        end
    }

    fn long_end(size: usize) -> Vec<u8> {
        let mut end = vec![0; (LONG_END + PLACE) as usize];
        end[..4].copy_from_slice(b"PK\x06\x06");
        end[40..48].copy_from_slice(&(size as u64).to_le_bytes());
        end[LONG_END as usize..][..4].copy_from_slice(b"PK\x06\x07");
        end
    }

    fn of(archive: &[u8]) -> Option<Vec<String>> {
        let read = |at: u64, length: u64| {
            let (at, length) = (usize::try_from(at).ok()?, usize::try_from(length).ok()?);
            archive.get(at..at.checked_add(length)?).map(<[u8]>::to_vec)
        };
        names(&list(archive.len() as u64, &read)?)
    }

    #[test]
    fn the_names_are_those_of_the_list() {
        let all =
            [entry(b"mnt/web_2026-11-27", 0, b"1234"), entry("mnt/w\u{e9}".as_bytes(), 0x800, b"")].concat();
        let wanted = Some(vec!["mnt/web_2026-11-27".to_owned(), "mnt/w\u{e9}".to_owned()]);
        assert_eq!(of(&[b"what is packed".as_slice(), &all, &end(all.len())].concat()), wanted);
        // The shorter end of a long one tells what it likes.
        assert_eq!(of(&[all.as_slice(), &long_end(all.len()), &end(1 << 31)].concat()), wanted);
        assert_eq!(of(&end(0)), Some(Vec::new()));
    }

    #[test]
    fn what_is_not_understood_is_not_told() {
        let all = entry(b"web", 0, b"");
        let whole = [all.as_slice(), &end(all.len())].concat();
        assert!(of(&whole).is_some());
        for cut in 1..whole.len() {
            assert_eq!(of(&whole[cut..]), None, "without its first {cut}");
            assert_eq!(of(&whole[..whole.len() - cut]), None, "without its last {cut}");
        }
        for at in 0..whole.len() {
            // Whatever a byte is, it ends, and without a panic.
            let mut damaged = whole.clone();
            damaged[at] = 0xff;
            let _ = of(&damaged);
        }
        for odd in [entry(b"w\xe9b", 0, b""), entry(b"w\xe9b", 0x800, b""), entry(b"a\0b", 0, b"")] {
            assert_eq!(of(&[odd.as_slice(), &end(odd.len())].concat()), None);
        }
        assert_eq!(of(&[vec![0; MOST as usize + 1], end(MOST as usize + 1)].concat()), None, "too long");
        let long = [all.as_slice(), &long_end(usize::MAX), &end(0)].concat();
        assert_eq!(of(&long), None);
    }
}
