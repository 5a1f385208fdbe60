//! The generations of iocage that a machine can have, and what each makes on a pool.

/// Which iocage a machine has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Version {
    /// The shell iocage, development line of 2016-02-10.
    #[default]
    Shell,
    /// The Python iocage, release 1.13.
    Python,
}

impl Version {
    pub(crate) const ALL: [Version; 2] = [Version::Shell, Version::Python];

    /// As in the state file and on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Version::Shell => "2016-02-10",
            Version::Python => "1.13",
        }
    }

    /// # Errors
    /// A sentence, where there is no such version.
    pub(crate) fn named(word: &str) -> Result<Version, String> {
        Version::ALL.into_iter().find(|version| version.word() == word).ok_or_else(|| {
            format!("no version `{word}`: there are {}", Version::ALL.map(Version::word).join(" and "))
        })
    }

    /// What iocage makes on an active pool, in the order in which it makes it: datasets, where "" is `POOL/iocage`,
    /// and one file.
    pub(crate) fn datasets(self) -> &'static [&'static str] {
        match self {
            Version::Shell => &["", ".defaults", "download", "jails", "releases", "templates"],
            Version::Python => {
                &["", "download", "images", "jails", "log", "releases", "templates", "defaults.json"]
            }
        }
    }
}
