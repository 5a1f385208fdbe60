//! Words that are handed on as they came: the switches of an action, and the
//! command that is run in a jail.

use crate::error::{Code, Error, Quoted};

/// The most words of `switches`: more than any action has.
pub const MAX_SWITCHES: usize = 64;

/// Hold the words of `switches` to those that the action has.
///
/// # Errors
/// Which one it has not, and which it has.
pub fn switches(words: Vec<String>, allowed: &[&str]) -> Result<Vec<String>, Error> {
    if words.len() > MAX_SWITCHES {
        let message = format!("`switches` holds more than {MAX_SWITCHES} words");
        return Err(Error::about("switches", Code::TooLong, message));
    }
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
    /// The most words.
    pub const MAX_WORDS: usize = 1024;
    /// The most bytes, all words together.
    pub const MAX_BYTES: usize = 128 << 10;

    /// The error for more than that.
    #[must_use]
    pub fn too_long(key: &'static str) -> Error {
        let (words, bytes) = (CommandLine::MAX_WORDS, CommandLine::MAX_BYTES);
        Error::about(key, Code::TooLong, format!("`{key}` is longer than {words} words or {bytes} bytes"))
    }

    /// Take the words that came with `key`.
    ///
    /// # Errors
    /// If there are none, too many, or one holds a NUL.
    pub fn parse(key: &'static str, words: Vec<String>) -> Result<CommandLine, Error> {
        let about = |code, message: String| Err(Error::about(key, code, message));
        if words.first().is_none_or(String::is_empty) {
            return about(Code::IllegalValue, format!("`{key}` names no program"));
        }
        if words.len() > Self::MAX_WORDS || words.iter().map(String::len).sum::<usize>() > Self::MAX_BYTES {
            return Err(CommandLine::too_long(key));
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
    fn switches_are_those_of_the_action() {
        assert!(switches(vec!["-e".to_owned()], &["-e"]).is_ok());
        assert_eq!(switches(vec!["-ef".to_owned()], &["-e"]).expect_err("no").code, Code::IllegalSwitch);
    }

    #[test]
    fn as_much_is_taken_as_is_stated_and_no_more() {
        let code = |count, each: &str| {
            let words = vec![each.to_owned(); count];
            let switched = switches(words.clone(), &[each]).err().map(|error| error.code);
            (switched, CommandLine::parse("argv", words).err().map(|error| error.code))
        };
        let too_long = Some(Code::TooLong);
        assert_eq!(code(MAX_SWITCHES, "-e"), (None, None));
        assert_eq!(code(MAX_SWITCHES + 1, "-e"), (too_long, None));
        assert_eq!(code(CommandLine::MAX_WORDS, "-e").1, None);
        assert_eq!(code(CommandLine::MAX_WORDS + 1, "-e").1, too_long);
        let half = CommandLine::MAX_BYTES / 2;
        assert_eq!(code(2, &"x".repeat(half)).1, None);
        assert_eq!(code(2, &"x".repeat(half + 1)).1, too_long);
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
