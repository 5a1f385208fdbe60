//! Which datasets the shell iocage takes for jails, by the names alone, and to which of them
//! a word leads.
//!
//! The development line lists what lies at most three below POOL/iocage and leaves out what
//! matches a pattern, anywhere in the name: a template called `mydownload` is none. Release
//! 1.7.x takes what lies directly below POOL/iocage/jails and looks like a UUID.

use memchr::{memchr_iter, memchr2};

use super::line::Line;
use crate::iocage::bytes::until;
use crate::iocage::direct::{Listing, Row, Untold};
use crate::iocage::names::is_uuid;

/// What is read of each dataset, the same for every question that needs no more, so that
/// zfs is asked once for all of a request.
pub(super) const COLUMNS: [&str; 9] = [
    UUID,
    TAG,
    "org.freebsd.iocage:boot",
    "org.freebsd.iocage:type",
    "compressratio",
    "reservation",
    "quota",
    "used",
    "available",
];
pub(super) const UUID: &str = "org.freebsd.iocage:host_hostuuid";
pub(super) const TAG: &str = "org.freebsd.iocage:tag";
/// Three levels below iocage's dataset.
pub(super) const DEPTH: u8 = 3;

/// The dataset that is iocage's.
pub(super) fn root_of(pool: &str) -> String {
    format!("{pool}/iocage")
}

/// That of the defaults, below it.
pub(super) fn defaults_of(root: &str) -> String {
    format!("{root}/.defaults")
}

/// The datasets below POOL/iocage, and itself.
pub(super) struct Walk<'l> {
    line: Line,
    /// `POOL/iocage`.
    pub(super) root: String,
    listing: &'l Listing,
    jails: Vec<Row<'l>>,
    liars: Vec<Row<'l>>,
}

impl<'l> Walk<'l> {
    pub(super) fn of(listing: &'l Listing, root: String, line: Line) -> Walk<'l> {
        let mut walk = Walk { line, root, listing, jails: Vec::new(), liars: Vec::new() };
        match line {
            // What its root is called, all below it is called, too.
            Line::Development if WORDS.iter().any(|word| walk.root.contains(word)) => {}
            Line::Development => {
                for row in listing.rows() {
                    let Some(below) = below(row, &walk.root) else { continue };
                    if is_walked(row.name, &walk.root) {
                        let all = if walk.is_liar(row, below) { &mut walk.liars } else { &mut walk.jails };
                        all.push(row);
                    }
                }
            }
            Line::Release => {
                let is_jail = |row: &Row<'_>| walk.below("jails", row).is_some_and(looks_like_a_uuid);
                let jails: Vec<_> = listing.rows().filter(is_jail).collect();
                walk.jails = jails;
            }
        }
        walk
    }

    /// Is there a dataset that is called so below POOL/iocage?
    pub(super) fn holds(&self, below: &str) -> bool {
        self.listing.find(&format!("{}{below}", self.root)).is_some()
    }

    /// All that iocage takes for a jail, in the order of zfs; in the development line the
    /// dataset of the defaults and the templates, too.
    pub(super) fn all(&self) -> Result<&[Row<'l>], Untold> {
        // So that one of whose UUID a letter was lost is not told as another.
        let is_other = |row: &&Row<'_>| {
            let told = row.cell(0);
            !row.is_last_part(told) && told != "-" && is_uuid(row.last_part())
        };
        if let Some(row) = self.jails.iter().find(is_other) {
            return Untold::about("a jail's UUID is not that of its dataset", row.name);
        }
        // Its loops split names at blanks.
        if self.listing.has_blanks()
            && let Some(row) = self.jails.iter().find(|row| has_blank(row))
        {
            return Untold::about("a dataset's name has a blank, where iocage takes it for two", row.name);
        }
        Ok(&self.jails)
    }

    /// How many they are at most.
    pub(super) fn len(&self) -> usize {
        self.jails.len()
    }

    /// Is a dataset one of the templates, as the development line tells? Anywhere in its name, but below the root.
    pub(super) fn is_template(&self, row: &Row<'_>) -> bool {
        const SORT: &str = "/templates";
        let below = row.name.get(self.root.len()..).unwrap_or_default();
        // A letter that is in no UUID is looked for first, which is faster than a word.
        until(b'm', below.as_bytes()) < below.len() && row.name.contains(&format!("{}{SORT}", self.root))
    }

    /// Datasets in a jail that say of themselves that they are another one: a jail's root may
    /// say so of what was given to him, and iocage takes the first for the jail that it is not.
    pub(super) fn liars(&self) -> impl Iterator<Item = Row<'l>> {
        self.liars.iter().copied()
    }

    /// Does it lie in another, and is not called as that is? A name with a blank iocage takes
    /// for two.
    fn is_liar(&self, row: Row<'_>, below: &str) -> bool {
        // Behind the slash, one for a sort and one for a jail.
        let Some(at) = memchr_iter(b'/', below.as_bytes()).nth(2) else { return false };
        let above = &row.name[..row.name.len() - below.len() + at];
        let is_as = |above: Row<'_>| above.first::<2>() == row.first();
        has_blank(&row) || !self.listing.find(above).is_some_and(is_as)
    }

    /// What is told of them beside an answer, in which they are left out.
    pub(super) fn complaints(&self) -> String {
        let line = |row: Row<'_>| {
            let [uuid, tag] = row.first();
            format!(
                "{} says that it is the jail {uuid} ({tag}), and lies in another: it is left out\n",
                row.name
            )
        };
        self.liars().map(line).collect()
    }

    /// The last part of a dataset that lies directly below this one.
    pub(super) fn below<'n>(&self, sort: &str, row: &Row<'n>) -> Option<&'n str> {
        let rest =
            row.name.strip_prefix(&*self.root)?.strip_prefix('/')?.strip_prefix(sort)?.strip_prefix('/')?;
        (!rest.contains('/')).then_some(rest)
    }

    /// All that lie directly below it.
    pub(super) fn all_below(&self, sort: &str) -> impl Iterator<Item = Row<'l>> {
        self.listing.rows().filter(move |row| self.below(sort, row).is_some())
    }

    /// All whatever.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'l>> {
        self.listing.rows().filter(|row| below(*row, &self.root).is_some())
    }

    /// The dataset to which iocage is led by a word, a UUID or `default`.
    pub(super) fn find(&self, word: &str) -> Result<Row<'l>, Untold> {
        if word == "default" {
            let name = defaults_of(&self.root);
            let found = self.listing.find(&name);
            return found.map_or_else(|| Untold::about("there is no dataset of defaults", name), Ok);
        }
        if !is_uuid(word) {
            return Untold::about("iocage is asked for a jail by what is no UUID", word);
        }
        let mut found = Vec::new();
        for &row in self.all()? {
            let [uuid, tag] = row.first();
            match self.line {
                // Which tag or UUID is this one ends the search; each whose end it is, is one.
                Line::Development => {
                    let is_it = tag == word || uuid == word;
                    if is_it || ends_with(row.name, word) {
                        found.push(row);
                    }
                    if is_it {
                        break;
                    }
                }
                // One that begins so, and one of this tag; who is both, counts twice. A tag of
                // several words is an error of the script's, said beside the answer.
                Line::Release => {
                    if tag.split_whitespace().nth(1).is_some() || tag.trim().is_empty() {
                        return Untold::about("a tag that iocage's script does not take as it is", tag);
                    }
                    let begins =
                        row.last_part().get(..word.len()).is_some_and(|text| text.eq_ignore_ascii_case(word));
                    found.extend(std::iter::repeat_n(row, usize::from(begins) + usize::from(tag == word)));
                }
            }
        }
        match found[..] {
            [row] => Ok(row),
            _ => Untold::about("a UUID leads iocage to no dataset, or to several", word),
        }
    }
}

fn ends_with(name: &str, word: &str) -> bool {
    let start = name.len().checked_sub(word.len());
    start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// What is behind the name of iocage's own dataset, nothing for that itself.
fn below<'l>(row: Row<'l>, root: &str) -> Option<&'l str> {
    row.name.strip_prefix(root).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn has_blank(row: &Row<'_>) -> bool {
    until(b' ', row.name.as_bytes()) < row.name.len()
}

/// What may be anywhere in a name.
const WORDS: [&str; 2] = ["releases", "download"];

/// What the development line's pattern leaves in, of what lies below a root in which none of
/// it is: `jails$|releases|templates$|download|POOL/iocage$|*./root`.
///
/// Two letters that are in no UUID, and one of them in each word, are looked for first, which is faster than a word.
pub(in crate::iocage::shell) fn is_walked(name: &str, root: &str) -> bool {
    let below = name.get(root.len()..).unwrap_or_default();
    // Any character, and then that: the root stands before. Half of all end so.
    if below.ends_with("/root") {
        return false;
    }
    let has = || memchr2(b'r', b'w', below.as_bytes()).is_some();
    let ends = ["jails", "templates", root].iter().any(|end| name.ends_with(end));
    let holds = || ["/root", WORDS[0], WORDS[1]].iter().any(|word| below.contains(word));
    !(ends || has() && holds())
}

/// `[a-zA-Z0-9]{8,}-.*-.*-.*-[a-zA-Z0-9]{12,}`, which release 1.7.x holds names to.
fn looks_like_a_uuid(name: &str) -> bool {
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric());
    let first = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
    let last = name.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let dashes = name.bytes().filter(|b| *b == b'-').count();
    first >= 8
        && name.len() - last >= 12
        && dashes >= 4
        && name[first..].starts_with('-')
        && name[..last].ends_with('-')
        && is_plain(&name[..first])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_jail_is_told_by_its_name() {
        for (name, is) in [
            ("t/iocage", false),
            ("t/iocage/.defaults", true),
            ("t/iocage/jails", false),
            ("t/iocage/jails/x", true),
            ("t/iocage/jails/x/root", false),
            ("t/iocage/jails/x/data", true),
            ("t/iocage/releases/10.2-RELEASE", false),
            ("t/iocage/templates", false),
            ("t/iocage/templates/mydownload", false),
            ("t/iocage/templates/myjails", false),
            ("t/iocage/templates/web", true),
            ("t/iocage/download/10.2-RELEASE", false),
            ("t/iocage/jails/x/rooted", false),
            ("t/iocage/jails/root", false),
            ("t/iocage/jails/x/t/iocage", false),
            ("t/iocage/jails/xroot", true),
        ] {
            assert_eq!(is_walked(name, "t/iocage"), is, "{name}");
        }
        assert!(!is_walked("iocage/iocage/iocage", "iocage/iocage"));
        for (name, is) in [
            ("04e16052-e917-11f1-bc78-02fc00000001", true),
            ("04e1605-e917-11f1-bc78-02fc00000001", false),
            ("04e16052-e917-11f1-02fc00000001", false),
            ("04e16052-e917-11f1-bc78-02fc0000001", false),
            ("web", false),
            ("", false),
        ] {
            assert_eq!(looks_like_a_uuid(name), is, "{name}");
        }
    }
}
