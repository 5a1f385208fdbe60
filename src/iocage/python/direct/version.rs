//! What the versions of the Python iocage do differently where they only look.
//!
//! Each has a number for the form of its configurations and rewrites one of another
//! number, the defaults first. 1.2.1 and 1.3 call themselves 1.2 like the line that was
//! developed after them, whose number is the only one of the three that is served: so a
//! 1.2 whose defaults have another is asked itself.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A version that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    minor: u32,
    /// Its number for the form of configurations, which are text there.
    pub(super) form: &'static str,
}

/// What each calls itself, and the number.
const KNOWN: [(&str, u32, &str); 11] = [
    ("1.2", 2, "29"),
    ("1.4", 4, "30"),
    ("1.5", 5, "31"),
    ("1.6", 6, "31"),
    ("1.7", 7, "32"),
    ("1.8", 8, "33"),
    ("1.9", 9, "33"),
    ("1.10", 10, "33"),
    ("1.11", 11, "33"),
    ("1.12", 12, "33"),
    ("1.13", 13, "34"),
];

impl Known {
    /// The version that calls itself so.
    pub(super) fn of(text: &str) -> Option<Known> {
        let known = KNOWN.iter().find(|(known, ..)| *known == text)?;
        Some(Known { minor: known.1, form: known.2 })
    }

    /// How it spells a word in one complaint.
    pub(super) fn its(self) -> &'static str {
        if self.minor > 10 { "its" } else { "it's" }
    }

    /// Does it take `jails-old/web` for a jail? Up to 1.10 it compares the names of
    /// datasets by their beginning.
    pub(super) fn takes_longer_names(self) -> bool {
        self.minor < 11
    }

    /// Does it fail at the rules of a running jail with a dot in its name?
    pub(super) fn stumbles_at_dots(self) -> bool {
        self.minor < 11
    }

    /// Does it always print fields between tabs? What the others print depends on the
    /// library that reads their options, or on whether there is a jail.
    pub(super) fn always_prints_tabs(self) -> bool {
        self.minor > 12
    }

    /// What it prints before everything else, on both streams. Up to 1.8 it wants a file
    /// system at /dev/fd.
    pub(super) fn banner(self) -> (&'static str, &'static str) {
        if self.minor < 9 && !is_mounted(Path::new("/dev/fd")) { BANNER } else { ("", "") }
    }
}

const BANNER: (&str, &str) = (
    "********************************************************************************\n\
     mount -t fdescfs null /dev/fd\n\
     fdescfs /dev/fd  fdescfs  rw  0  0\n\
     ********************************************************************************\n\n",
    "fdescfs(5) is not mounted, performance may suffer. Please run:\n\
     You can also permanently mount it in /etc/fstab with the following entry:\n",
);

/// Is a file system mounted there, as Python tells it? A link is none.
fn is_mounted(path: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    let above = path.parent().and_then(|above| fs::metadata(above).ok());
    let is_other = |above: fs::Metadata| above.dev() != found.dev() || above.ino() == found.ino();
    !found.is_symlink() && above.is_some_and(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_were_looked_at_are_known() {
        let form = |text| Known::of(text).map(|known| known.form);
        assert_eq!(
            ["1.13", "1.12", "1.4", "1.2"].map(form),
            [Some("34"), Some("33"), Some("30"), Some("29")]
        );
        for text in ["1.3", "1.14", "1.13.1", "1.13.dev4", "1", ""] {
            assert_eq!(form(text), None, "{text}");
        }
        let its = |text| Known::of(text).map(Known::its);
        assert_eq!((its("1.10"), its("1.11")), (Some("it's"), Some("its")));
    }

    #[test]
    fn a_file_system_is_told_from_a_folder_and_a_link() {
        assert!(is_mounted(Path::new("/proc")) || !Path::new("/proc/self").exists());
        assert!(!is_mounted(Path::new("/proc/self")) && !is_mounted(Path::new("/nothing/there")));
    }
}
