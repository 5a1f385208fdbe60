//! What may be handed to iocage.
//!
//! iocage runs as root, reads names as patterns and, in its shell generation,
//! property values as code (the dialect of that one asks for the stricter check
//! of values; which generation it is, nobody knows yet where args are parsed). So everything of a request that reaches an argv is
//! of one of the types here, each made only by a parser that holds it to a
//! grammar. The grammars are narrower than what iocage takes; each refusal
//! names the key and says what is allowed.

use sysadm_class::Access;

use crate::error::{Code, Error, Quoted};

/// The longest name, in bytes. ZFS allows 255 for a whole dataset path.
const MAX_NAME: usize = 64;
/// The longest value of one property, in bytes.
const MAX_VALUE: usize = 1024;
/// The most properties in one request.
const MAX_PROPS: usize = 256;
/// The most words and the most bytes of a command.
const MAX_WORDS: usize = 1024;
const MAX_COMMAND: usize = 128 << 10;
/// The most jails that one create may make.
const MAX_COUNT: u32 = 1000;

/// Words that iocage takes for something else than a jail's name.
const RESERVED: [&str; 4] = ["ALL", "default", "defaults", "help"];

/// What a shell acts upon, with quotes and backslash. iocage of 2016 evaluates
/// the values of create, clone and set with root's shell. The last one is no
/// shell's: that iocage separates the columns of its tables with it.
const SHELL_ACTIVE: &str = "`$();&|<>\"'\\*?[]{}~#!^";
/// Properties whose values need a `|` between interface and address; that
/// iocage keeps it as it is in them has been seen.
const TAKES_BAR: [&str; 2] = ["ip4_addr", "ip6_addr"];

/// How the names of properties begin that reach beyond the jail: what is run on
/// the host as root, what is mounted where, what of the kernel and the devices
/// the jail gets. Who sets one of them rules the host.
const HOST_ROOT: [&str; 16] = [
    "allow_",
    "bpf",
    "children_max",
    "devfs_ruleset",
    "enforce_statfs",
    // Of these some run in the jail, but which, depends on the version.
    "exec_",
    "hack88",
    "jail_zfs",
    "min_dyn_devfs_ruleset",
    "mount",
    "nat",
    "plugin_repository",
    "securelevel",
    "sync_",
    "vnet_default_interface",
    "vnet_interfaces",
];

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident($key:literal, $what:literal, $allowed:expr, $reserved:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Hold `text` to the grammar.
            ///
            /// # Errors
            /// What is wrong with it and what is allowed.
            pub fn parse(text: &str) -> Result<$name, Error> {
                name(text, $key, $what, $allowed, $reserved).map(|()| $name(text.to_owned()))
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
    JailName("jail", "a jail", "._:@-", &RESERVED);
    /// A ZFS pool.
    PoolName("pool", "a pool", "_-.:", &["help"]);
    /// A user of a jail.
    UserName("user", "a user", "._-", &["ALL"]);
    /// A property of a jail.
    PropertyName("prop", "a property", "_", &[]);
}

fn name(
    text: &str,
    key: &'static str,
    what: &str,
    punctuation: &str,
    reserved: &[&str],
) -> Result<(), Error> {
    if text.len() > MAX_NAME {
        return Err(Error::about(key, Code::TooLong, format!("`{key}` is longer than {MAX_NAME} bytes")));
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

/// One `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prop {
    /// The property.
    pub name: PropertyName,
    /// Its value, free of control characters.
    pub value: String,
}

/// The properties of a create or clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Props(Vec<Prop>);

impl Props {
    /// Hold the words of `props` to the grammar.
    ///
    /// # Errors
    /// Which word is wrong and why.
    pub fn parse(words: &[String]) -> Result<Props, Error> {
        if words.len() > MAX_PROPS {
            return Err(too_long(format!("`props` holds more than {MAX_PROPS} properties")));
        }
        let props = words.iter().map(|word| prop(word)).collect::<Result<Vec<_>, _>>()?;
        for (at, prop) in props.iter().enumerate() {
            if props[..at].iter().any(|earlier| earlier.name == prop.name) {
                return Err(illegal(format!("`props` sets `{}` twice", prop.name.as_str())));
            }
        }
        Ok(Props(props))
    }

    /// The words as iocage takes them.
    pub fn words(&self) -> impl Iterator<Item = String> + '_ {
        self.0.iter().map(|prop| format!("{}={}", prop.name.as_str(), prop.value))
    }

    /// Each property with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|prop| (prop.name.as_str(), prop.value.as_str()))
    }

    /// Refuse values that a shell would act upon, for an iocage that lets one.
    ///
    /// # Errors
    /// Which property holds what.
    pub fn refuse_shell_active(&self) -> Result<(), Error> {
        for (name, value) in self.iter() {
            let bar = TAKES_BAR.contains(&name);
            if let Some(c) = value.chars().find(|c| SHELL_ACTIVE.contains(*c) && !(bar && *c == '|')) {
                return Err(illegal(format!(
                    "the value of `{name}` holds {}, which this iocage would let a shell act upon; \
                     none of {SHELL_ACTIVE} are allowed",
                    Quoted(c.encode_utf8(&mut [0; 4]))
                )));
            }
        }
        Ok(())
    }

    /// What setting them needs, whatever the action needs.
    #[must_use]
    pub fn access(&self) -> Access {
        let reaches_host = |(name, _): (&str, &str)| HOST_ROOT.iter().any(|start| name.starts_with(start));
        if self.iter().any(reaches_host) { Access::Full } else { Access::Limited }
    }

    /// The value that is set for a property.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|prop| prop.name.as_str() == name).map(|prop| prop.value.as_str())
    }

    /// The tags that a create or clone with these properties gives: with
    /// `count=N` the tag and a number from 1 on.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let Some(tag) = self.get("tag") else { return Vec::new() };
        match self.get("count").and_then(|count| count.parse::<u32>().ok()) {
            Some(count) if count > 1 => (1..=count).map(|n| format!("{tag}_{n}")).collect(),
            _ => vec![tag.to_owned()],
        }
    }
}

fn illegal(message: String) -> Error {
    Error::about("props", Code::IllegalValue, message)
}

fn too_long(message: String) -> Error {
    Error::about("props", Code::TooLong, message)
}

fn prop(word: &str) -> Result<Prop, Error> {
    let Some((name, value)) = word.split_once('=') else {
        return Err(illegal(format!("`props` holds {}, which is no name=value", Quoted(word))));
    };
    let name = PropertyName::parse(name).map_err(|_| {
        illegal(format!("`props` sets {}, which is no property: letters, digits and `_`", Quoted(name)))
    })?;
    check_value(name.as_str(), value)?;
    Ok(Prop { name, value: value.to_owned() })
}

fn check_value(name: &str, value: &str) -> Result<(), Error> {
    if value.len() > MAX_VALUE {
        return Err(too_long(format!("the value of `{name}` is longer than {MAX_VALUE} bytes")));
    }
    if let Some(c) = value.chars().find(|c| c.is_control()) {
        return Err(illegal(format!(
            "the value of `{name}` holds {}; no control characters are allowed",
            Quoted(c.encode_utf8(&mut [0; 4]))
        )));
    }
    match name {
        "tag" if value.is_empty() || RESERVED.iter().any(|word| value.eq_ignore_ascii_case(word)) => {
            Err(illegal(format!("{} cannot be the tag of a jail", Quoted(value))))
        }
        "count" if !value.parse().is_ok_and(|n: u32| (1..=MAX_COUNT).contains(&n)) => {
            Err(illegal(format!("`count` takes a whole number from 1 to {MAX_COUNT}")))
        }
        _ => Ok(()),
    }
}

/// Hold the words of `switches` to those that the action has.
///
/// # Errors
/// Which one it has not, and which it has.
pub fn switches(words: Vec<String>, allowed: &[&str]) -> Result<Vec<String>, Error> {
    match words.iter().find(|word| !allowed.contains(&word.as_str())) {
        None => Ok(words),
        Some(word) => Err(Error::about(
            "switches",
            Code::IllegalSwitch,
            format!("`switches` holds {}; this action takes only {}", Quoted(word), allowed.join(", ")),
        )),
    }
}

/// What is run in a jail: a program and its arguments, each one word of an
/// argv. Any text will do, as no shell reads it on the way; NUL cannot be in a
/// word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    key: &'static str,
    words: Vec<String>,
}

impl CommandLine {
    /// Take the words that came with `key`.
    ///
    /// # Errors
    /// If there are none, too many, or one holds a NUL.
    pub fn parse(key: &'static str, words: Vec<String>) -> Result<CommandLine, Error> {
        let about = |code, message: String| Err(Error::about(key, code, message));
        if words.first().is_none_or(String::is_empty) {
            return about(Code::IllegalValue, format!("`{key}` names no program"));
        }
        if words.len() > MAX_WORDS || words.iter().map(String::len).sum::<usize>() > MAX_COMMAND {
            return about(
                Code::TooLong,
                format!("`{key}` is longer than {MAX_WORDS} words or {MAX_COMMAND} bytes"),
            );
        }
        if words.iter().any(|word| word.contains('\0')) {
            return about(Code::IllegalValue, format!("`{key}` holds a NUL character"));
        }
        Ok(CommandLine { key, words })
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The key with which it came.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }
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
        assert_eq!(JailName::parse(&"a".repeat(65)).expect_err("long").code, Code::TooLong);
    }

    fn props(words: &[&str]) -> Result<Props, Error> {
        Props::parse(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn nothing_that_a_shell_acts_upon_is_a_value() {
        for c in SHELL_ACTIVE.chars() {
            let props = props(&[&format!("notes=a{c}b")]).expect("no matter for another iocage");
            let error = props.refuse_shell_active().expect_err("refused");
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("props")), "{c:?}");
        }
        for c in ['\n', '\0', '\x1b', '\u{85}'] {
            let error = props(&[&format!("notes=a{c}b")]).expect_err("refused");
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("props")), "{c:?}");
        }
        let bar = props(&["ip4_addr=em0|10.1.1.1/24,em1|10.1.1.2/24"]).expect("the bar of an address");
        assert!(bar.refuse_shell_active().is_ok());
        assert_eq!(bar.words().collect::<Vec<_>>(), ["ip4_addr=em0|10.1.1.1/24,em1|10.1.1.2/24"]);
        assert!(props(&["tag=my jail", "notes=a:b=c, d/e%f+g@h"]).is_ok());
    }

    #[test]
    fn a_prop_is_name_equals_value() {
        for bad in [
            "-e",
            "tag",
            "=x",
            "ta g=x",
            "PATH;x=y",
            "tag=",
            "tag=default",
            "count=0",
            "count=x",
            "count=1001",
        ] {
            assert!(props(&[bad]).is_err(), "{bad}");
        }
        assert!(props(&["a=1", "a=2"]).is_err(), "twice the same");
    }

    #[test]
    fn what_reaches_the_host_needs_full_access() {
        let access = |words: &[&str]| props(words).expect("valid").access();
        for name in [
            "exec_prestart",
            "exec_poststart",
            "exec_prestop",
            "exec_poststop",
            "exec_created",
            "exec_release",
            "mount_devfs",
            "mount_fdescfs",
            "mountpoint",
            "allow_mount_zfs",
            "allow_raw_sockets",
            "devfs_ruleset",
            "jail_zfs",
            "jail_zfs_dataset",
            "jail_zfs_mountpoint",
        ] {
            assert_eq!(access(&["tag=x", &format!("{name}=1")]), Access::Full, "{name}");
        }
        assert_eq!(access(&["tag=x", "notes=exec_prestart", "boot=on", "priority=3"]), Access::Limited);
        assert!(HOST_ROOT.is_sorted());
    }

    #[test]
    fn count_multiplies_the_tag() {
        assert_eq!(props(&["tag=many", "count=2"]).expect("valid").tags(), ["many_1", "many_2"]);
        assert_eq!(props(&["tag=one", "count=1"]).expect("valid").tags(), ["one"]);
        assert!(props(&["count=2"]).expect("valid").tags().is_empty());
    }

    #[test]
    fn switches_are_those_of_the_action() {
        assert!(switches(vec!["-e".to_owned()], &["-e"]).is_ok());
        assert_eq!(switches(vec!["-ef".to_owned()], &["-e"]).expect_err("no").code, Code::IllegalSwitch);
    }

    #[test]
    fn a_command_has_a_program_and_no_nul() {
        assert!(CommandLine::parse("argv", vec![]).is_err());
        assert!(CommandLine::parse("argv", vec![String::new()]).is_err());
        assert!(CommandLine::parse("argv", vec!["a\0".to_owned()]).is_err());
        assert!(
            CommandLine::parse("argv", vec!["sh".to_owned(), "-c".to_owned(), "$x;`y`".to_owned()]).is_ok()
        );
    }
}
