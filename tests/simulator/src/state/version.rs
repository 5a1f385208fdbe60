//! The generations of iocage that a machine can have, and what each makes on a pool.

/// Which iocage a machine has.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Version {
    /// The shell iocage, development line of 2016-02-10.
    #[default]
    Shell,
    /// The Python iocage.
    Python(Release),
}

/// The releases of the Python iocage. All are 1.13 but for what is said where they differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Release {
    /// The last that takes a dataset for a part of every other whose name it begins with.
    V1_10,
    V1_13,
}

impl Version {
    pub(crate) const ALL: [Version; 3] =
        [Version::Shell, Version::Python(Release::V1_13), Version::Python(Release::V1_10)];

    /// As in the state file and on the command line.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Version::Shell => "2016-02-10",
            Version::Python(Release::V1_10) => "1.10",
            Version::Python(Release::V1_13) => "1.13",
        }
    }

    pub(crate) fn is_python(self) -> bool {
        matches!(self, Version::Python(_))
    }

    /// # Errors
    /// A sentence, where there is no such version.
    pub(crate) fn named(word: &str) -> Result<Version, String> {
        Version::ALL.into_iter().find(|version| version.word() == word).ok_or_else(|| {
            format!("no version `{word}`: there are {}", Version::ALL.map(Version::word).join(", "))
        })
    }

    /// What iocage makes on an active pool, in the order in which it makes it: datasets, where "" is `POOL/iocage`,
    /// and one file.
    pub(crate) fn datasets(self) -> &'static [&'static str] {
        match self {
            Version::Shell => &["", ".defaults", "download", "jails", "releases", "templates"],
            Version::Python(_) => PYTHON_DATASETS,
        }
    }
}

pub(crate) const PYTHON_DATASETS: &[&str] =
    &["", "download", "images", "jails", "log", "releases", "templates", "defaults.json"];
