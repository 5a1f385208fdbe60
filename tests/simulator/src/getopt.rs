//! The words of a command as getopt(3) takes them: letters behind a dash, several in a word; the value of one is the rest of
//! its word or the next one; and what comes first that is none of that, or behind `--`, is the rest.

/// What a letter has with it.
pub(crate) enum With<'a> {
    /// It takes no value.
    Nothing,
    Value(&'a str),
    /// It takes one, and there is none.
    NoValue,
}

/// Hands each letter to `take`, which may end it; answers the words that are left. `valued` are the letters that take a value.
pub(crate) fn getopt<'a, 'w, E>(
    words: &'a [&'w str],
    valued: &str,
    mut take: impl FnMut(char, With<'w>) -> Result<(), E>,
) -> Result<&'a [&'w str], E> {
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        rest = after;
        if letters == "-" {
            break;
        }
        for (at, letter) in letters.char_indices() {
            if !valued.contains(letter) {
                take(letter, With::Nothing)?;
                continue;
            }
            let attached = &letters[at + letter.len_utf8()..];
            if !attached.is_empty() {
                take(letter, With::Value(attached))?;
            } else if let Some((value, after)) = rest.split_first() {
                rest = after;
                take(letter, With::Value(value))?;
            } else {
                take(letter, With::NoValue)?;
            }
            break;
        }
    }
    Ok(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_as_getopt_takes_them() {
        for (words, taken, left) in [
            (&["-ab", "c", "-d"][..], "a b ", &["c", "-d"][..]),
            (&["-av1", "-v", "2", "-", "x"], "a v=1 v=2 ", &["-", "x"]),
            (&["-a", "--", "-b"], "a ", &["-b"]),
            (&["-v", "-a"], "v=-a ", &[]),
            (&["-av"], "a v? ", &[]),
            (&[], "", &[]),
        ] {
            let mut told = String::new();
            let rest = getopt::<()>(words, "v", |letter, with| {
                told += &match with {
                    With::Nothing => format!("{letter} "),
                    With::Value(value) => format!("{letter}={value} "),
                    With::NoValue => format!("{letter}? "),
                };
                Ok(())
            });
            assert_eq!((told.as_str(), rest), (taken, Ok(left)), "{words:?}");
        }
        assert_eq!(getopt(&["-x"], "", |letter, _| Err(letter)), Err('x'));
    }
}
