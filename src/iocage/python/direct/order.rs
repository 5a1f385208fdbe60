//! The order of names in iocage's lists: one that ends in `_` and a number stands by that
//! number, so that `web_10` is behind `web_2`.
//!
//! The key is what stands before the last `_`, then whether a number follows it, then that
//! or the text. What is no such name is whole in front of those that begin so.

use super::end::{End, Found};

const NAME: &str = "a jail is called so that its place in the list is not known";

/// By what a name stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'n>(&'n str, Tail<'n>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tail<'n> {
    None,
    Number(i64),
    Text(&'n str),
}

/// What Python takes for blank, of ASCII.
fn is_blank(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\x1c'..='\x1f' | ' ')
}

/// A number as Python's `int` reads it.
fn number(text: &str) -> Option<i64> {
    let text = text.trim_matches(is_blank);
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

impl<'n> Key<'n> {
    /// One that stands by all of it, whatever it is.
    pub(super) fn whole(name: &'n str) -> Key<'n> {
        Key(name, Tail::None)
    }

    /// That of a name. What is not ASCII may be a blank or a digit to Python, a number may
    /// be beyond all bounds, and a path has a key of its own.
    pub(super) fn of(name: &'n str) -> Found<Key<'n>> {
        let trimmed = name.trim_matches(is_blank);
        let Some((before, tail)) = trimmed.rsplit_once('_') else {
            return if name.is_ascii() || trimmed.len() == name.len() && !has_odd_end(name) {
                Ok(Key(name, Tail::None))
            } else {
                End::doubt(NAME, name)
            };
        };
        let is_digit_like = |c: char| c.is_ascii_digit() || "+-".contains(c) || is_blank(c);
        match number(tail) {
            Some(number) if name.is_ascii() => Ok(Key(before, Tail::Number(number))),
            None if name.is_ascii()
                && !tail.contains('/')
                && !(tail.len() > 18 && tail.chars().all(is_digit_like)) =>
            {
                Ok(Key(before, Tail::Text(tail)))
            }
            _ => End::doubt(NAME, name),
        }
    }
}

/// May a letter at an end be a blank?
fn has_odd_end(name: &str) -> bool {
    name.starts_with(|c: char| !c.is_ascii()) || name.ends_with(|c: char| !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_behind_a_line_count_as_numbers() {
        let mut names = ["c", "b_x", "b_10", "a", "b_2", "b_1", "b", "b_1_2", "b_-3", "B_2"];
        names.sort_by_key(|name| Key::of(name).expect("a key"));
        assert_eq!(names, ["B_2", "a", "b", "b_-3", "b_1", "b_2", "b_10", "b_x", "b_1_2", "c"]);
        assert_eq!(Key::of("b_1").ok(), Key::of("b_01 ").ok());
        assert_eq!(Key::of("b_+1").ok(), Key::of("b_1").ok());
        assert_ne!(Key::of("b_- 1").ok(), Key::of("b_-1").ok());
    }

    #[test]
    fn what_python_may_read_otherwise_is_a_doubt() {
        for name in ["b_\u{661}", "b_9999999999999999999999", "b_a/b", "\u{a0}b"] {
            assert!(Key::of(name).is_err(), "{name}");
        }
        assert!(Key::of("j\u{e4}l").is_ok());
    }
}
