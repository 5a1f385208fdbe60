//! What may be handed to iocage.
//!
//! iocage runs as root, reads names as patterns and, in its shell generation,
//! properties as code. So everything of a request that reaches an argv is of one
//! of the types here, each made only by a parser that holds it to a grammar: names,
//! switches and commands here, properties in `props`. The grammars are narrower
//! than what iocage takes; each refusal names the key and says what is allowed.

mod props;

use crate::error::{Code, Error, Quoted};

pub use props::{Prop, Props};

/// The longest name, in bytes. ZFS allows 255 for a whole dataset path.
const MAX_NAME: usize = 64;
/// The most words and the most bytes of a command.
const MAX_WORDS: usize = 1024;
const MAX_COMMAND: usize = 128 << 10;

/// Words that iocage takes for something else than a jail's name.
const RESERVED: [&str; 4] = ["ALL", "default", "defaults", "help"];

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
