//! Splitting a string of the document's form ("tag=test release=10.2-RELEASE",
//! "echo hi") into words as a person would expect.
//!
//! One rule, no shell: blanks separate words; single or double quotes keep what
//! is between them together, in the middle of a word as well; within double
//! quotes and outside of quotes a backslash takes the next character as it is;
//! nothing else is special. A quote that does not end is an error.

use std::fmt;

/// Why a string could not be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unbalanced {
    /// A quote of this kind is not closed.
    Quote(char),
    /// The string ends in a backslash.
    Backslash,
}

impl fmt::Display for Unbalanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unbalanced::Quote(quote) => write!(f, "a quote ({quote}) is opened and not closed"),
            Unbalanced::Backslash => f.write_str("it ends in a backslash that stands before nothing"),
        }
    }
}

/// The words of `text`, but of more than `most` only that many: each takes more memory
/// than a letter.
///
/// # Errors
/// [`Unbalanced`], if a quote is open at the end.
pub fn split(text: &str, most: usize) -> Result<Vec<String>, Unbalanced> {
    let mut words = Vec::new();
    // A word may be empty ('' is one), so that one has begun is a fact of its own.
    let mut word: Option<String> = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if words.len() == most {
            return Ok(words);
        }
        match c {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => quoted(&mut rest, '\'', word.get_or_insert_default())?,
            '"' => quoted(&mut rest, '"', word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(rest.next().ok_or(Unbalanced::Backslash)?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Take up to the closing quote.
fn quoted(rest: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Result<(), Unbalanced> {
    while let Some(c) = rest.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.push(rest.next().ok_or(Unbalanced::Quote(quote))?),
            c => word.push(c),
        }
    }
    Err(Unbalanced::Quote(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_group_and_blanks_separate() {
        for (text, words) in [
            ("", vec![]),
            ("  a \t b\n", vec!["a", "b"]),
            ("sh -c 'echo hi there'", vec!["sh", "-c", "echo hi there"]),
            ("sh -c \"echo hi there\"", vec!["sh", "-c", "echo hi there"]),
            (r#"tag="my jail" release=10.2-RELEASE"#, vec!["tag=my jail", "release=10.2-RELEASE"]),
            ("a'b'\"c\"d ''", vec!["abcd", ""]),
            (r#"one\ word "say \"x\"" 'back\slash'"#, vec!["one word", "say \"x\"", "back\\slash"]),
            ("$HOME;|&`x`", vec!["$HOME;|&`x`"]),
        ] {
            assert_eq!(
                split(text, 9).as_deref(),
                Ok(&words.into_iter().map(String::from).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
    }

    #[test]
    fn of_too_many_words_as_many_are_made_as_were_asked_for() {
        assert_eq!(split(&"a ".repeat(100_000), 3).map(|words| words.len()), Ok(3));
    }

    #[test]
    fn what_is_not_closed_is_an_error() {
        assert_eq!(split("a 'b", 9), Err(Unbalanced::Quote('\'')));
        assert_eq!(split("a \"b\\", 9), Err(Unbalanced::Quote('"')));
        assert_eq!(split("a\\", 9), Err(Unbalanced::Backslash));
    }

    #[test]
    fn words_that_are_quoted_and_split_come_back() {
        for word in ["a b", "", "'", "\"", "\\", "a'b\"c\\d", "ä\u{2028}x", "tag=x y"] {
            let quoted = format!("'{}'", word.replace('\'', "'\\''"));
            assert_eq!(split(&format!("{quoted} {quoted}"), 9), Ok(vec![word.to_owned(); 2]));
        }
    }
}
