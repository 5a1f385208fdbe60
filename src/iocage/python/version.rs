//! Which versions of the Python iocage are served, and what is known of each.
//!
//! They are told by `Version<TAB>1.13`; before 1.0 also by the numbers alone. 1.2.1
//! and 1.3 call themselves 1.2, and a dialect that is configured has told nothing at
//! all: what a version is not known to do rightly counts as what it does wrongly.

/// A version of 1.x that is served, by its second number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    minor: u32,
}

/// Why older ones are not served, from the newest on.
const TOO_OLD: &[([u32; 3], &str)] = &[
    ([1, 0, 1], "up to 1.1 its `destroy` stops and destroys a running jail, though nobody said -f"),
    ([1, 0, 0], "1.0 ignores the user of `exec -U`, and its `destroy` takes running jails"),
    ([0, 0, 0], "0.9.x prints other columns, and its `destroy` takes running jails"),
];

/// The last one that this class was held against.
const LAST: u32 = 13;

/// What a text says of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// One that is served.
    Served(Version),
    /// One that is too old, and why that is a reason.
    TooOld(&'static str),
}

impl Version {
    /// What one counts as that nobody has told: the first that is served.
    pub const OLDEST: Version = Version { minor: 2 };

    /// Does its `destroy` take each jail along whose name begins with that of the
    /// jail? Up to 1.10 it compares the names of datasets by their beginning.
    #[must_use]
    pub fn destroys_longer_names(self) -> bool {
        self.minor < 11
    }

    /// Are its tables known well enough to be read without a header?
    #[must_use]
    pub fn has_known_tables(self) -> bool {
        self.minor <= LAST
    }

    /// What is to be said of a version that is newer than any this class was held against.
    #[must_use]
    pub fn too_new(text: &str) -> Option<String> {
        match Version::parse(text) {
            Some(Told::Served(version)) if version.minor > LAST => Some(format!(
                "iocage {text} is newer than 1.{LAST}, the last that this class was held against; it is served by the same rules"
            )),
            _ => None,
        }
    }

    /// The version in what stands behind the word `Version`; `None` if that is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Told> {
        let mut parts = text.split_whitespace().next()?.split('.');
        let mut numbers = [0; 3];
        for (at, number) in numbers.iter_mut().enumerate() {
            match parts.next().map(str::parse::<u32>) {
                Some(Ok(found)) => *number = found,
                None if at == 2 => {}
                // A third part may be more than a number: `1.13.dev4`.
                Some(Err(_)) if at == 2 => {}
                _ => return None,
            }
        }
        match numbers {
            [1, minor, _] if minor >= Version::OLDEST.minor => Some(Told::Served(Version { minor })),
            [0 | 1, ..] => {
                let why = TOO_OLD.iter().find(|(since, _)| numbers >= *since);
                why.map(|(_, why)| Told::TooOld(why))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_served_too_old_or_none() {
        for (text, minor) in [("1.2", 2), ("1.13", 13), ("1.10", 10), ("1.13.1", 13), ("1.40.dev3 x", 40)] {
            assert_eq!(Version::parse(text), Some(Told::Served(Version { minor })), "{text}");
        }
        for (text, why) in [
            ("1.1 RELEASE 2019/01", "running jail"),
            ("1.0 RELEASE 2018/12", "exec -U"),
            ("0.9.8.1 2017/06/30", "columns"),
            ("0.9.9.2", "columns"),
        ] {
            let told = Version::parse(text);
            assert!(matches!(told, Some(Told::TooOld(reason)) if reason.contains(why)), "{text}: {told:?}");
        }
        for text in ["", "banana 99", "FreeNAS 11.2-U4", "11.2-U4", "2.0", "1", "1.x", "v1.13", "-1.13"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn longer_names_are_safe_from_1_11_on() {
        let longer = |text| match Version::parse(text) {
            Some(Told::Served(version)) => version.destroys_longer_names(),
            other => panic!("{text}: {other:?}"),
        };
        assert!(longer("1.2") && longer("1.10") && !longer("1.11") && !longer("1.13"));
        assert!(Version::OLDEST.destroys_longer_names());
    }
}
