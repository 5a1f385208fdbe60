//! What an fstab holds that is to be changed: whether iocage would write all of it again, which entry is meant, which
//! is in the way of a new one, and what became of it.
//!
//! jail(8) takes more characters for blanks than the base system's reader of an fstab, by which iocage goes: an entry
//! that is mounted at the start would be lost with one of them. So a file that has any is not changed.

use std::path::Path;

use crate::error::{Code, Error, Quoted};
use crate::iocage::fstab::{self, Entry, Line, NULLFS};
use crate::iocage::mounts::{Home, inside};
use crate::iocage::text::{kept, some_of};

/// Where older jails lay: entries below are rewritten to where they are now.
const FORMER: [&str; 3] = ["/iocage", "/mnt/iocage", "/mnt/mnt"];

/// What an fstab holds.
pub(super) struct Held {
    pub entries: Vec<Entry>,
    /// How many remarks that are not iocage's.
    pub remarks: usize,
}

impl Held {
    /// Read it for a change; refuse one of which iocage would not write all again.
    pub(super) fn read(home: &Home) -> Result<Held, Error> {
        let corrupt = |message: String| Err(Error::about("jail", Code::CorruptJail, message));
        let Some(text) = home.read()? else {
            return corrupt(format!(
                "there is no {}/fstab, which iocage makes with each jail and wants; make an empty one, of root's and \
                 mode 0644",
                home.folder
            ));
        };
        if let Some(odd) = fstab::odd_character(&text) {
            return corrupt(format!(
                "its fstab has {} in it, a character that the base system takes for one of a word, and jail(8) perhaps \
                 for a blank; iocage would lose entries of it. Write its lines with blanks and simple ends",
                odd.escape_unicode()
            ));
        }
        if fstab::has_long_line(&text) {
            return corrupt(
                "a line of its fstab is longer than the base system reads; iocage would spoil it".to_owned(),
            );
        }
        let held = Held::of(&text);
        for line in fstab::parse(&text) {
            match line {
                Line::Damaged(line) => {
                    let line = kept(&line);
                    return corrupt(format!(
                        "a line of its fstab is no entry, and iocage would lose it: {line}"
                    ));
                }
                Line::Entry(entry) if !entry.is_read() => {
                    let target = Quoted(&entry.target);
                    return corrupt(format!(
                        "the entry of its fstab for {target} has none of ro, rw, rq and sw, or a backslash \
                         or a control character in a path, and iocage would lose it"
                    ));
                }
                Line::Entry(entry) if is_rewritten(&entry, &home.root()) => {
                    let (source, target) = (Quoted(&entry.source), Quoted(&entry.target));
                    return corrupt(format!(
                        "the entry of its fstab for {source} on {target} is of where jails once lay, and iocage \
                         would rewrite it"
                    ));
                }
                Line::Entry(_) | Line::Remark => {}
            }
        }
        Ok(held)
    }

    pub(super) fn of(text: &str) -> Held {
        let entry = |line| if let Line::Entry(entry) = line { Some(entry) } else { None };
        let entries = fstab::parse(text).filter_map(entry).collect();
        Held { entries, remarks: fstab::remarks(text) }
    }

    /// Refuse what iocage refuses for another entry of the file.
    pub(super) fn refuse_others(&self, root: &str) -> Result<(), Error> {
        let is_digit = |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = self.entries.iter().find_map(|entry| {
            let is_folder = || entry.source.starts_with('/') && Path::new(&entry.source).is_dir();
            let why = match entry {
                _ if !entry.target.starts_with(root) => "its target is not in the jail's root",
                _ if entry.kind == NULLFS && !is_folder() => "its source is no folder that is there",
                _ if !is_digit(&entry.dump) || !is_digit(&entry.pass) => "dump or pass is more than a digit",
                _ => return None,
            };
            Some((why, entry))
        });
        let Some((why, entry)) = wrong else { return Ok(()) };
        let message = format!(
            "iocage adds nothing to its fstab as long as it has the entry for {} on {}: {why}",
            Quoted(&entry.source),
            Quoted(&entry.target)
        );
        Err(Error::about("jail", Code::CorruptJail, message))
    }

    /// Where the one entry is that mounts this there.
    pub(super) fn only(&self, root: &str, source: &str, target: &str) -> Result<usize, Error> {
        let refused = |key, code, message| Err(Error::about(key, code, message));
        let is_there = |entry: &Entry| inside(&entry.target, root) == target;
        let of = |at: &usize| is_there(&self.entries[*at]) && self.entries[*at].source == source;
        let found: Vec<usize> = (0..self.entries.len()).filter(of).collect();
        if let [at] = found[..] {
            return Ok(at);
        }
        if !found.is_empty() {
            let message = format!(
                "its fstab has {} entries for {} on {}; which is meant is not known, and of equal ones iocage would \
                 take out all",
                found.len(),
                Quoted(source),
                Quoted(target)
            );
            return refused("target", Code::IllegalValue, message);
        }
        if self.entries.iter().any(is_there) {
            let there = self.entries.iter().filter(|entry| is_there(entry)).map(|entry| &*entry.source);
            let message =
                format!("its fstab has no {} on {}, but {}", Quoted(source), Quoted(target), some_of(there));
            return refused("source", Code::UnknownMount, message);
        }
        let all = self.entries.iter().map(|entry| inside(&entry.target, root));
        let message = match some_of(all.filter(|target| !target.is_empty())) {
            none if none.is_empty() => format!("its fstab has nothing on {}", Quoted(target)),
            all => format!("its fstab has nothing on {}, but on {all}", Quoted(target)),
        };
        refused("target", Code::UnknownMount, message)
    }

    /// Refuse a new target where there is an entry on it, below it or above it: of two that lie in one another one
    /// covers the other, or does not find its folder in it, and then the jail does not start.
    pub(super) fn refuse_about(&self, root: &str, target: &str) -> Result<(), Error> {
        let new = names(target);
        let message = self.entries.iter().find_map(|entry| {
            let there = names(&entry.target);
            // As the jail calls it, where it is in there: of a long path the end would be cut off.
            let below = inside(&entry.target, root);
            let place = if below.is_empty() { &entry.target } else { below };
            let (source, place) = (Quoted(&entry.source), Quoted(place));
            if there == new {
                return Some(format!("on {place} there is {source} already"));
            }
            let side = match (there.starts_with(&new), new.starts_with(&there)) {
                (false, false) => return None,
                (true, _) => "below",
                (false, _) => "above",
            };
            Some(format!(
                "its fstab has {source} on {place}, {side} the new one: of two that lie in one another one covers the \
                 other, or does not find its folder"
            ))
        });
        message.map_or(Ok(()), |message| Err(Error::about("target", Code::IllegalValue, message)))
    }
}

/// The names of a path, however it is written.
fn names(path: &str) -> Vec<&str> {
    let mut all = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(all.pop()),
            name => all.push(name),
        }
    }
    all
}

/// Would iocage make another path of one of its own?
fn is_rewritten(entry: &Entry, root: &str) -> bool {
    let is_below = |path: &str| FORMER.iter().any(|old| path != *old && Path::new(path).starts_with(old));
    let is_moved = !entry.target.starts_with(root) && is_below(&entry.target);
    let is_missing = || !Path::new(&entry.source).is_dir();
    is_moved || (entry.kind == NULLFS && is_below(&entry.source) && is_missing())
}

/// The entries of one that another has not, as often as that.
pub(super) fn without<'e>(one: &'e [Entry], other: &[Entry]) -> Vec<&'e Entry> {
    let mut left: Vec<&Entry> = other.iter().collect();
    let is_missing = |entry: &&'e Entry| match left.iter().position(|there| there == entry) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    };
    one.iter().filter(is_missing).collect()
}

/// What became of a file, said of it.
pub(super) fn difference(before: &[Entry], now: &[Entry]) -> String {
    let list = |entries: Vec<&Entry>| some_of(entries.iter().map(|entry| &*entry.target));
    let (gone, new) = (without(before, now), without(now, before));
    match (gone.is_empty(), new.is_empty()) {
        (true, true) => "is as it was".to_owned(),
        (true, false) => format!("has new entries now, on {}", list(new)),
        (false, true) => format!("has lost entries, on {}", list(gone)),
        (false, false) => format!("has lost entries, on {}, and has new ones, on {}", list(gone), list(new)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_counted_where_they_are_compared() {
        let held = |text: &str| Held::of(text).entries;
        let (one, two) = (held("/a /t nullfs ro\n"), held("/a /t nullfs ro 0 0\n/a /t nullfs ro\n"));
        assert_eq!((without(&two, &one).len(), without(&one, &two).len()), (1, 0));
        assert_eq!(difference(&one, &two), "has new entries now, on /t");
        assert_eq!(difference(&two, &one), "has lost entries, on /t");
        assert_eq!(difference(&one, &one), "is as it was");
        let other = held("/a /x nullfs rw\n");
        assert_eq!(difference(&one, &other), "has lost entries, on /t, and has new ones, on /x");
    }

    #[test]
    fn what_lies_in_one_another_is_known_however_it_is_written() {
        for (there, part) in [
            ("/j/root//a/b", "already"),
            ("/j/root/./a/b/", "already"),
            ("/j/root/x/../a/b", "already"),
            ("/j/root/a", "above"),
            ("/j/root", "above"),
            ("/", "above"),
            ("/j/root/a//b/c", "below"),
            ("/j/root/a/bc", ""),
            ("/j/root/a/c/b", ""),
            ("none", ""),
        ] {
            let held = Held::of(&format!("/srv {there} nullfs ro\n"));
            match held.refuse_about("/j/root", "/j/root/a/b") {
                Ok(()) => assert_eq!(part, "", "{there}"),
                Err(error) => assert!(!part.is_empty() && error.message.contains(part), "{}", error.message),
            }
        }
    }

    #[test]
    fn what_iocage_rewrites_is_known() {
        for (line, is) in [
            ("/nonexistent /j/root/a nullfs ro", false),
            ("/iocage/x /j/root/a nullfs ro", true),
            ("/iocage/x /j/root/a tmpfs ro", false),
            ("/iocage /j/root/a nullfs ro", false),
            ("/iocage2/x /j/root/a nullfs ro", false),
            ("tmpfs /mnt/iocage/jails/a tmpfs rw", true),
            ("tmpfs /elsewhere tmpfs rw", false),
        ] {
            assert_eq!(is_rewritten(&Held::of(line).entries[0], "/j/root"), is, "{line}");
        }
    }
}
