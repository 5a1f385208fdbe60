//! The properties of a create, clone or set: `name=value` words, their grammar, and
//! what setting them needs.
//!
//! The shell generation lets root's shell act upon them, so its dialect asks for a
//! stricter check: which generation it is, nobody knows yet where args are parsed.

use sysadm_class::Access;

use super::kinds::{Kind, reach};
use super::names::{PropertyName, RESERVED};
use crate::error::{Code, Error, Quoted};

/// The longest value of one property, in bytes.
const MAX_VALUE: usize = 1024;
/// The most jails that one create may make.
const MAX_COUNT: u32 = 1000;

/// What a shell acts upon, with quotes and backslash. iocage of 2016 evaluates
/// the values of create, clone and set with root's shell. The last one is no
/// shell's: that iocage separates the columns of its tables with it.
const SHELL_ACTIVE: &str = "`$();&|<>\"'\\*?[]{}~#!^";
/// Properties whose values need a `|` between interface and address; that
/// iocage keeps it as it is in them has been seen.
const TAKES_BAR: [&str; 2] = ["ip4_addr", "ip6_addr"];

/// What properties of the Python iocage take for yes and no.
pub const BOOLEANS: [&str; 8] = ["0", "1", "false", "no", "off", "on", "true", "yes"];

/// One `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prop {
    /// The property.
    pub name: PropertyName,
    /// Its value, free of control characters.
    pub value: String,
}

/// The properties of a create, clone or set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Props(Vec<Prop>);

impl Props {
    /// No properties.
    pub const NONE: Props = Props(Vec::new());
    /// The most properties in one request.
    pub const MAX: usize = 256;

    /// Hold the words of `props` to the grammar.
    ///
    /// # Errors
    /// Which word is wrong and why.
    pub fn parse(words: &[String]) -> Result<Props, Error> {
        if words.len() > Self::MAX {
            return Err(too_long(format!("`props` holds more than {} properties", Self::MAX)));
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
        if self.iter().any(|(name, _)| reach(name).0 == Kind::Host) { Access::Full } else { Access::Limited }
    }

    /// The other name by which an iocage takes the same: that a jail is to be a template
    /// is `istemplate=yes` of the shell one and `template=yes` of the Python one, where
    /// with another value it is what the jail is made of.
    #[must_use]
    pub fn same_as(name: &str, value: &str) -> Option<&'static str> {
        match name {
            "istemplate" => Some("template"),
            "template" if BOOLEANS.contains(&value) => Some("istemplate"),
            _ => None,
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    #[test]
    fn as_much_is_taken_as_is_stated_and_no_more() {
        let code = |words: &[String]| Props::parse(words).err().map(|error| error.code);
        let many = |count: usize| (0..count).map(|at| format!("p{at}=1")).collect::<Vec<_>>();
        assert_eq!(code(&many(Props::MAX)), None);
        assert_eq!(code(&many(Props::MAX + 1)), Some(Code::TooLong));
        let long = |length: usize| [format!("notes={}", "x".repeat(length))];
        assert_eq!(code(&long(MAX_VALUE)), None);
        assert_eq!(code(&long(MAX_VALUE + 1)), Some(Code::TooLong));
    }

    #[test]
    fn count_multiplies_the_tag() {
        assert_eq!(props(&["tag=many", "count=2"]).expect("valid").tags(), ["many_1", "many_2"]);
        assert_eq!(props(&["tag=one", "count=1"]).expect("valid").tags(), ["one"]);
        assert!(props(&["count=2"]).expect("valid").tags().is_empty());
    }
}
