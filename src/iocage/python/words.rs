//! The document's words for a new jail, in those of the Python iocage.
//!
//! The document was written for the shell generation, in which the name, the
//! release and how many are wanted are properties like any other. What has
//! another word here is translated where it means the same, and otherwise
//! refused with the word that this iocage wants: it would itself only say that
//! the property is not valid, or worse, take it for something else.

use crate::error::{Code, Error, Quoted};
use crate::policy::{BOOLEANS, JailName, Props};

/// What `create` and `clone` take.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words<'p> {
    /// What the jail is made of: `release` or `template` and its name.
    pub(super) source: Option<(&'p str, &'p str)>,
    /// Options and properties.
    pub(super) args: Vec<String>,
}

/// Properties of the shell generation that this one has not, and what to do.
const GONE: &[(&str, &str)] = &[
    ("ftpdir", "iocage fetch takes --server and --root-dir"),
    ("ftpfiles", "iocage fetch takes the files with --files"),
    ("ftphost", "iocage fetch takes the server with --server"),
    ("ftplocaldir", "iocage fetch takes a local folder with --root-dir"),
    ("gitlocation", "it fetches plugins from plugin_repository"),
    ("hack88", "it has nothing in its place"),
    ("ip4_autoend", "it has nothing in its place"),
    ("ip4_autostart", "it has nothing in its place"),
    ("ip4_autosubnet", "it has nothing in its place"),
    ("pkglist", "install packages with execjail once the jail runs"),
];

/// What is told of a jail that there is, and is no property of one to be: iocage
/// refuses some of it half-way, and makes a jail that nothing can address of other.
const TOLD: &[&str] = &[
    "CONFIG_TYPE",
    "CONFIG_VERSION",
    "available",
    "cloned_release",
    "compressratio",
    "host_hostuuid",
    "last_started",
    "mountpoint",
    "origin",
    "source_template",
    "state",
    "type",
    "used",
];

/// The longest name of a new jail, in bytes: it is part of a host name, too.
const LONGEST: usize = 64;

impl<'p> Words<'p> {
    /// Translate.
    ///
    /// # Errors
    /// The property or switch that has no place here, and what has.
    pub(super) fn of(props: &'p Props, switches: &[String]) -> Result<Words<'p>, Error> {
        let mut words = Words::default();
        let mut properties = Vec::new();
        for (name, value) in props.iter() {
            match name {
                "tag" => words.option("-n", jail_name(value)?),
                "count" => words.option("-c", value),
                "template" if BOOLEANS.contains(&value) => properties.push(format!("template={value}")),
                "istemplate" => properties.push(format!("template={value}")),
                "release" | "template" if words.source.is_some() => {
                    return Err(illegal("`release` and `template` cannot be given together".to_owned()));
                }
                "release" | "template" => words.source = Some((name, plain(name, value)?)),
                _ if TOLD.contains(&name) => {
                    let message = format!("`{name}` is told of a jail, and cannot be given to a new one");
                    return Err(illegal(message));
                }
                _ => {
                    refuse_gone(name)?;
                    properties.push(format!("{name}={value}"));
                }
            }
        }
        // -c asks for a clone of the release, which is what it makes anyway.
        if switches.iter().any(|switch| switch == "-b") {
            words.args.push("-b".to_owned());
        }
        words.args.extend(properties);
        Ok(words)
    }

    fn option(&mut self, option: &str, value: &str) {
        self.args.extend([option, value].map(str::to_owned));
    }
}

/// Refuse a property of the shell generation that this one has not.
pub(super) fn refuse_gone(name: &str) -> Result<(), Error> {
    match GONE.iter().find(|(gone, _)| *gone == name) {
        Some((_, instead)) => Err(illegal(format!("this iocage has no property `{name}`: {instead}"))),
        None => Ok(()),
    }
}

/// The name of a new jail: a plain word, and none that iocage would take for
/// every jail.
pub(super) fn jail_name(value: &str) -> Result<&str, Error> {
    if value.len() > LONGEST {
        let message = format!("the name {} is longer than {LONGEST} bytes", Quoted(value));
        return Err(Error::about("props", Code::TooLong, message));
    }
    let is_plain = JailName::parse(value).is_ok() && !value.contains([':', '@']);
    if is_plain && !value.contains("ALL") {
        return Ok(value);
    }
    Err(illegal(format!(
        "{} cannot be the name of a jail of this iocage: letters, digits and any of `._-`, and no `ALL` in it",
        Quoted(value)
    )))
}

/// A release or a template: one word, and no option.
fn plain<'v>(name: &str, value: &'v str) -> Result<&'v str, Error> {
    match JailName::parse(value) {
        Ok(_) => Ok(value),
        Err(_) => Err(illegal(format!("{} cannot be a `{name}`", Quoted(value)))),
    }
}

fn illegal(message: String) -> Error {
    Error::about("props", Code::IllegalValue, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(words: &[&str]) -> Props {
        Props::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>()).expect("props")
    }

    #[test]
    fn the_documents_words_are_translated() {
        let props = props(&["tag=test", "release=14.3-RELEASE", "count=2", "istemplate=yes", "notes=a b"]);
        let words = Words::of(&props, &["-b".to_owned(), "-c".to_owned()]).expect("words");
        assert_eq!(words.source, Some(("release", "14.3-RELEASE")));
        assert_eq!(words.args, ["-n", "test", "-c", "2", "-b", "template=yes", "notes=a b"]);
    }

    #[test]
    fn a_template_is_a_source_or_a_flag() {
        let source = props(&["template=base"]);
        assert_eq!(Words::of(&source, &[]).expect("words").source, Some(("template", "base")));
        let flag = props(&["template=yes", "release=14.3-RELEASE"]);
        let words = Words::of(&flag, &[]).expect("words");
        assert_eq!(
            (words.source, words.args),
            (Some(("release", "14.3-RELEASE")), vec!["template=yes".into()])
        );
    }

    /// What is wrong with a name is told, not something else.
    #[test]
    fn a_name_that_is_too_long_is_that() {
        for (length, code) in [(65, Some(Code::TooLong)), (64, None)] {
            let props = props(&[&format!("tag={}", "a".repeat(length))]);
            assert_eq!(Words::of(&props, &[]).err().map(|error| error.code), code, "{length}");
        }
    }

    #[test]
    fn what_has_no_place_is_refused() {
        for words in [
            &["tag=FIREWALL"][..],
            &["tag=a:b"],
            &["tag=a b"],
            &["release=-e"],
            &["template=help"],
            &["pkglist=/x"],
            &["release=a", "template=b"],
            &["host_hostuuid=a5573cf4-e918-11f1-bc78-02fc00000001"],
            &["used=1G"],
            &["mountpoint=/x"],
        ] {
            let props = props(words);
            let error = Words::of(&props, &[]).expect_err("refused");
            assert_eq!((error.code, error.key), (Code::IllegalValue, Some("props")), "{words:?}");
        }
    }
}
