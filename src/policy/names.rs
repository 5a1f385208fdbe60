//! Names: of jails, pools, users and properties.
//!
//! iocage reads a name as a pattern, and some words as something else than a
//! name. What is left by these grammars is one plain word.

use crate::error::{Code, Error, Quoted};

/// The longest name of a jail, in bytes: of the 255 that ZFS allows for the whole
/// path of a dataset, what the shortest pool leaves.
const MAX_JAIL: usize = 255 - "p/iocage/jails/".len();
/// The longest name of a snapshot, likewise: it stands behind that of a jail's root.
const MAX_SNAPSHOT: usize = MAX_JAIL - "j/root@".len();
/// The longest of any other kind.
const MAX_NAME: usize = 64;

/// Words that iocage takes for something else than a jail's name.
pub(super) const RESERVED: [&str; 4] = ["ALL", "default", "defaults", "help"];

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($key:literal, $what:literal, $most:expr, $allowed:expr, $reserved:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The longest, in bytes.
            pub const MOST: usize = $most;

            /// Hold `text` to the grammar.
            ///
            /// # Errors
            /// What is wrong with it and what is allowed.
            pub fn parse(text: &str) -> Result<$name, Error> {
                name(text, $key, $what, Self::MOST, $allowed, $reserved).map(|()| $name(text.to_owned()))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    )*};
}

names! {
    /// What a request calls a jail: its UUID, its tag or its name. Which jail
    /// that is, only [`crate::iocage::Names::resolve`] tells.
    JailName("jail", "a jail", MAX_JAIL, "._:@-", &RESERVED);
    /// What a jail is to be called.
    NewName("name", "a jail", MAX_JAIL, "._:@-", &RESERVED);
    /// A ZFS pool.
    PoolName("pool", "a pool", MAX_NAME, "_-.:", &["help"]);
    /// A user of a jail.
    UserName("user", "a user", MAX_NAME, "._-", &["ALL"]);
    /// A property of a jail.
    PropertyName("prop", "a property", MAX_NAME, "_", &[]);
    /// A snapshot of a jail, what stands behind the `@`. To iocage `ALL` is every one.
    SnapshotName("snapshot", "a snapshot", MAX_SNAPSHOT, "-_.:", &["ALL"]);
}

fn name(
    text: &str,
    key: &'static str,
    what: &str,
    most: usize,
    punctuation: &str,
    reserved: &[&str],
) -> Result<(), Error> {
    if text.len() > most {
        return Err(Error::about(key, Code::TooLong, format!("`{key}` is longer than {most} bytes")));
    }
    if reserved.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(Error::about(
            key,
            Code::IllegalName,
            format!("`{key}` is {}, which iocage does not take for the name of {what}", Quoted(text)),
        ));
    }
    let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    if starts && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || punctuation.contains(c)) {
        return Ok(());
    }
    Err(Error::about(
        key,
        Code::IllegalName,
        format!(
            "`{key}` is {}, not the name of {what}: letters, digits and `_`, after the first also any of `{punctuation}`",
            Quoted(text)
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_name_is_one_plain_word() {
        for good in
            ["test", "611c89ae-c43c-11e5-9602-54ee75595566", "2016-02-09@23:47:04", "_a.b", "FIREWALL"]
        {
            assert!(JailName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "-R", "ALL", "all", "default", "help", "te\0st", "a;b", "*", ".", "ä", "a\n"]
        {
            let error = JailName::parse(bad).expect_err(bad);
            assert_eq!((error.code, error.key), (Code::IllegalName, Some("jail")), "{bad}");
        }
        assert!(JailName::parse(&"a".repeat(MAX_JAIL)).is_ok());
        assert_eq!(JailName::parse(&"a".repeat(MAX_JAIL + 1)).expect_err("long").code, Code::TooLong);
        assert_eq!(PoolName::parse(&"a".repeat(MAX_NAME + 1)).expect_err("long").code, Code::TooLong);
    }
}
