//! Names: of jails, pools, users and properties.
//!
//! iocage reads a name as a pattern, and some words as something else than a
//! name. What is left by these grammars is one plain word.

use super::texts::texts;
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

texts! {
    /// What a request calls a jail: its UUID, its tag or its name. Which jail
    /// that is, only [`crate::iocage::Names::resolve`] tells.
    JailName("jail", MAX_JAIL, name, "a jail", "._:@-", &RESERVED);
    /// What a jail is to be called.
    NewName("name", MAX_JAIL, name, "a jail", "._:@-", &RESERVED);
    /// A ZFS pool.
    PoolName("pool", MAX_NAME, name, "a pool", "_-.:", &["help"]);
    /// A user of a jail.
    UserName("user", MAX_NAME, name, "a user", "._-", &["ALL"]);
    /// A property of a jail.
    PropertyName("prop", MAX_NAME, name, "a property", "_", &[]);
    /// A snapshot of a jail, what stands behind the `@`. To iocage `ALL` is every one.
    SnapshotName("snapshot", MAX_SNAPSHOT, name, "a snapshot", "-_.:", &["ALL"]);
}

fn name(
    key: &'static str,
    text: &str,
    what: &str,
    punctuation: &str,
    reserved: &[&str],
) -> Result<(), Error> {
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
