//! What is mounted for a jail, as a request may name it: a path of the host's, a path in the jail and how.
//!
//! A path becomes a field of the jail's fstab, which iocage writes and the base system reads again. So it is
//! of characters that stand there as they are, and of blanks, which are written in octal and read as such.
//!
//! What is in a file already was perhaps written by hand, and is named as it is told: by nearly all characters.

use super::texts::{bounded, texts};
use crate::error::{Code, Error, Quoted};

/// The longest path, in bytes: two of them, with every other byte a blank, fit in a line of an fstab.
const MAX_PATH: usize = 255;
/// The longest field of an fstab that is named: a line has fewer bytes than 1024.
const MAX_FIELD: usize = 1000;
/// What would not come back from iocage's file as it went: a remark begins, or a code.
const UNSURE: &str = "#\\";
/// The longest options.
const MAX_OPTIONS: usize = 64;
/// What a path may hold beside letters and digits.
const PUNCTUATION: &str = " ._-+,:@=%";

/// How a folder may be mounted; with one of the last two.
const OPTIONS: [&str; 6] = ["noatime", "noexec", "nosuid", "nosymfollow", "ro", "rw"];

texts! {
    /// A folder of the host.
    MountSource("source", MAX_PATH, path);
    /// A folder in a jail, as the jail sees it.
    MountTarget("target", MAX_PATH, path);
    /// What an entry of an fstab mounts.
    MountedSource("source", MAX_FIELD, mounted);
    /// Where, as the jail sees it.
    MountedTarget("target", MAX_FIELD, mounted_below);
}

/// How it is mounted: words with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountOptions(String);

impl MountOptions {
    /// The longest, in bytes.
    pub const MOST: usize = MAX_OPTIONS;
    /// What iocage takes for a folder of which no more is said.
    pub const USUAL: &'static str = "ro";

    /// Hold `text` to the grammar. Without `ro` and `rw` it is `ro`.
    ///
    /// # Errors
    /// Which word is wrong and what is allowed.
    pub fn parse(text: &str) -> Result<MountOptions, Error> {
        let wrong = |code, message| Err(Error::about("options", code, message));
        bounded("options", text, Self::MOST)?;
        let words: Vec<_> = text.split(',').collect();
        if let Some(word) = words.iter().find(|word| !OPTIONS.contains(word)) {
            let message = format!(
                "`options` holds {}; it takes {}, with commas between",
                Quoted(word),
                OPTIONS.join(", ")
            );
            return wrong(Code::IllegalValue, message);
        }
        let is_twice = |at: usize| words[..at].contains(&words[at]);
        if let Some(at) = (0..words.len()).find(|at| is_twice(*at)) {
            return wrong(Code::IllegalValue, format!("`options` holds {} twice", Quoted(words[at])));
        }
        match (words.contains(&"ro"), words.contains(&"rw")) {
            (true, true) => wrong(Code::IllegalValue, "`options` holds `ro` and `rw`".to_owned()),
            (false, false) => Ok(MountOptions(format!("{},{text}", Self::USUAL))),
            _ => Ok(MountOptions(text.to_owned())),
        }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn path(key: &'static str, text: &str) -> Result<(), Error> {
    let refused =
        |why: &str| Err(Error::about(key, Code::IllegalValue, format!("`{key}` is {}, {why}", Quoted(text))));
    let Some(names) = text.strip_prefix('/').filter(|names| !names.is_empty()) else {
        return refused("no absolute path of a folder below `/`");
    };
    if names.split('/').any(|name| matches!(name, "" | "." | "..")) {
        return refused("which is written another way than it is: without `.`, `..` and a `/` too many");
    }
    if names.split('/').any(|name| name.starts_with(' ') || name.ends_with(' ')) {
        return refused("in which a name begins or ends with a blank");
    }
    let is_plain = |c: char| c == '/' || c.is_ascii_alphanumeric() || PUNCTUATION.contains(c);
    match text.chars().all(is_plain) {
        true => Ok(()),
        false => refused(&format!("which holds more than letters, digits and any of `{PUNCTUATION}`")),
    }
}

fn mounted(key: &'static str, text: &str) -> Result<(), Error> {
    let is_plain = |c: char| (c == ' ' || c.is_ascii_graphic()) && !UNSURE.contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain) {
        return Ok(());
    }
    let message = format!(
        "`{key}` is {}; of an entry that iocage is to find it is of printed ASCII characters without any of \
         `{UNSURE}`, and does not begin with a `-`",
        Quoted(text)
    );
    Err(Error::about(key, Code::IllegalValue, message))
}

fn mounted_below(key: &'static str, text: &str) -> Result<(), Error> {
    if text.len() < 2 || !text.starts_with('/') {
        let message = format!(
            "`{key}` is {}, no path below `/` as the jail calls it, which `listmounts` tells as `inside`",
            Quoted(text)
        );
        return Err(Error::about(key, Code::IllegalValue, message));
    }
    mounted(key, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_written_as_it_is() {
        for good in ["/a", "/data/web-1", "/a b/c", "/.a/b..c", "/x:y@z=1%2,3+4_5"] {
            assert!(MountSource::parse(good).is_ok() && MountTarget::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "", "/", "a", "-r", "./a", "../a", "/a/..", "/a/../b", "/a/./b", "//a", "/a//b", "/a/", "/a#b",
            "/a\tb", "/a\nb", "/a\0b", "/a\\040b", "/a\"b", "/a$b", "/\u{e4}", "/ a", "/a ", "/a /b",
        ] {
            let error = MountTarget::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("target")), "{bad:?}");
            assert_eq!(MountSource::parse(bad).expect_err(bad).key, Some("source"));
        }
        assert!(MountSource::parse(&format!("/{}", "a".repeat(MAX_PATH - 1))).is_ok());
        assert_eq!(
            MountSource::parse(&format!("/{}", "a".repeat(MAX_PATH))).expect_err("long").code,
            Code::TooLong
        );
    }

    #[test]
    fn what_is_in_a_file_is_named_as_it_stands_there() {
        for good in ["tmpfs", "host:/data", "/a/", "/a(b) c", "//x/y", "/a/../b"] {
            assert!(MountedSource::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-r", "/a#b", "/a\\040b", "/a\tb", "/a\n", "/\u{e4}"] {
            let error = MountedSource::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("source")), "{bad:?}");
            assert_eq!(MountedTarget::parse(bad).expect_err(bad).key, Some("target"));
        }
        assert!(MountedTarget::parse("/a/(b) c/").is_ok());
        for bad in ["/", "tmpfs", "a/b"] {
            assert_eq!(MountedTarget::parse(bad).expect_err(bad).code, Code::IllegalValue, "{bad}");
        }
        let long = format!("/{}", "a".repeat(MAX_FIELD));
        assert_eq!(MountedTarget::parse(&long).expect_err("long").code, Code::TooLong);
        assert!(MountedTarget::parse(&long[..MAX_FIELD]).is_ok());
    }

    #[test]
    fn options_are_known_words_and_say_whether_it_is_written_to() {
        for (text, expected) in
            [("ro", "ro"), ("rw,noatime", "rw,noatime"), ("noexec,ro", "noexec,ro"), ("nosuid", "ro,nosuid")]
        {
            assert_eq!(MountOptions::parse(text).expect(text).as_str(), expected);
        }
        for bad in ["", "ro,", "rw,ro", "ro,ro", "suid", "RW", "ro noexec", "ro,noauto", "xx", "ro,\n"] {
            let error = MountOptions::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("options")), "{bad:?}");
        }
        assert_eq!(MountOptions::parse(&"ro,".repeat(40)).expect_err("long").code, Code::TooLong);
        assert!(MountOptions::parse(MountOptions::USUAL).is_ok());
    }
}
