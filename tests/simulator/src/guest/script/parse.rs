//! What a script says, read into simple commands before any of it runs.

use std::iter::Peekable;
use std::str::Chars;

/// When a command runs, seen from the status of the one before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    Always,
    AfterSuccess,
    AfterFailure,
}

#[derive(Debug, PartialEq)]
pub(super) struct Step {
    pub(super) when: When,
    /// The script between parentheses, which stands for words.
    pub(super) subshell: Option<String>,
    pub(super) words: Vec<Word>,
    pub(super) redirections: Vec<Redirection>,
}

pub(super) type Word = Vec<Part>;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Letters as they are; quoted ones are a word also where they are none.
    Text(String),
    Quoted(String),
    /// `$NAME`, and `$1`, `$?`, `$#`, `$$`, `$0`; quoted ones are not split.
    Variable {
        name: String,
        is_quoted: bool,
    },
    /// `$@` or `$*`: each argument is a word of its own.
    Arguments {
        is_quoted: bool,
    },
}

#[derive(Debug, PartialEq)]
pub(super) enum Redirection {
    OutToErr,
    ErrToOut,
    OutToNull,
    ErrToNull,
}

/// Reads a script.
///
/// # Errors
/// What a shell says behind `Syntax error:`.
pub(super) fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = text.chars().peekable();
    let mut when = When::Always;
    loop {
        let step = parse_step(when, &mut rest)?;
        let is_empty = step.words.is_empty() && step.redirections.is_empty() && step.subshell.is_none();
        let end = rest.next();
        if is_empty {
            let is_allowed = when == When::Always && matches!(end, None | Some('\n' | '#'));
            if !is_allowed {
                return Err(format!(
                    "{} unexpected",
                    end.map_or("end of file".to_owned(), |end| format!("\"{end}\""))
                ));
            }
        } else {
            steps.push(step);
        }
        when = match end {
            None => return Ok(steps),
            Some(';' | '\n') => When::Always,
            Some('#') => {
                rest.by_ref().find(|character| *character == '\n');
                When::Always
            }
            Some(join @ ('&' | '|')) if rest.next_if_eq(&join).is_some() => {
                if join == '&' {
                    When::AfterSuccess
                } else {
                    When::AfterFailure
                }
            }
            Some(other) => return Err(format!("\"{other}\" is not simulated")),
        };
        // A script may end with a separator.
        if when == When::Always && rest.clone().all(char::is_whitespace) {
            return Ok(steps);
        }
    }
}

/// Reads up to what ends a simple command, and leaves that.
fn parse_step(when: When, rest: &mut Peekable<Chars<'_>>) -> Result<Step, String> {
    let mut step = Step { when, subshell: None, words: Vec::new(), redirections: Vec::new() };
    loop {
        while rest.next_if(|character| matches!(character, ' ' | '\t')).is_some() {}
        match rest.peek() {
            Some('(') if step.words.is_empty() && step.subshell.is_none() => {
                rest.next();
                step.subshell = Some(up_to_parenthesis(rest)?);
            }
            Some(other) if step.subshell.is_some() && !matches!(other, ';' | '\n' | '&' | '|' | '#') => {
                return Err(format!("\"{other}\" after a subshell is not simulated"));
            }
            None | Some(';' | '\n' | '&' | '|' | '#') => return Ok(step),
            Some('>' | '1' | '2') => match redirection(rest)? {
                Some(redirection) => step.redirections.push(redirection),
                None => step.words.push(word(rest)?),
            },
            Some(_) => step.words.push(word(rest)?),
        }
    }
}

/// The script of a subshell; one in another is not simulated.
fn up_to_parenthesis(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    let mut quote = None;
    for character in rest.by_ref() {
        match (character, quote) {
            (')', None) => return Ok(text),
            ('(' | '\\', None) => return Err(format!("\"{character}\" in a subshell is not simulated")),
            ('\'' | '"', None) => quote = Some(character),
            (character, Some(open)) if character == open => quote = None,
            _ => {}
        }
        text.push(character);
    }
    Err("end of file unexpected".to_owned())
}

/// A redirection, if one begins here.
fn redirection(rest: &mut Peekable<Chars<'_>>) -> Result<Option<Redirection>, String> {
    let mut ahead = rest.clone();
    let is_err = ahead.next_if_eq(&'2').is_some();
    if !is_err {
        ahead.next_if_eq(&'1');
    }
    if ahead.next() != Some('>') {
        return Ok(None);
    }
    ahead.next_if_eq(&' ');
    let target: String =
        ahead.by_ref().take_while(|character| !matches!(character, ' ' | ';' | '\n' | '|')).collect();
    let redirection = match (is_err, target.as_str()) {
        (false, "&2") => Redirection::OutToErr,
        (true, "&1") => Redirection::ErrToOut,
        (false, "/dev/null") => Redirection::OutToNull,
        (true, "/dev/null") => Redirection::ErrToNull,
        _ => return Err(format!("redirection to \"{target}\" is not simulated")),
    };
    // `take_while` has eaten the character after the target; go again, to leave it.
    while rest.next_if(|character| *character != '>').is_some() {}
    rest.next();
    rest.next_if_eq(&' ');
    for _ in target.chars() {
        rest.next();
    }
    Ok(Some(redirection))
}

fn word(rest: &mut Peekable<Chars<'_>>) -> Result<Word, String> {
    let mut parts = Vec::new();
    let mut text = String::new();
    // The open quote, and how many parts there were before it.
    let mut quote: Option<(char, usize)> = None;
    while let Some(&character) = rest.peek() {
        if quote.is_none() && matches!(character, ' ' | '\t' | '\n' | ';' | '&' | '|' | '>') {
            break;
        }
        rest.next();
        match (character, quote) {
            ('\'' | '"', Some((open, before))) if open == character => {
                // Empty quotes are a word; `"$@"` is one only where there are arguments.
                if !text.is_empty() || parts.len() == before {
                    parts.push(Part::Quoted(std::mem::take(&mut text)));
                }
                quote = None;
            }
            ('\'' | '"', None) => {
                flush(&mut text, &mut parts);
                quote = Some((character, parts.len()));
            }
            (character, Some(('\'', _))) => text.push(character),
            // Between double quotes a backslash is itself but before what it has to hide.
            ('\\', Some(_)) if !matches!(rest.peek(), Some('$' | '`' | '"' | '\\' | '\n')) => text.push('\\'),
            ('\\', open) => {
                let hidden = rest.next().ok_or("a backslash at the end")?;
                if open.is_none() {
                    flush(&mut text, &mut parts);
                    parts.push(Part::Quoted(hidden.to_string()));
                } else {
                    text.push(hidden);
                }
            }
            ('$', open) => {
                if open.is_some() && !text.is_empty() {
                    parts.push(Part::Quoted(std::mem::take(&mut text)));
                }
                flush(&mut text, &mut parts);
                parts.push(variable(rest, open.is_some())?);
            }
            ('`' | '(' | ')' | '<', None) | ('`', Some(_)) => {
                return Err(format!("\"{character}\" is not simulated"));
            }
            (character, _) => text.push(character),
        }
    }
    if quote.is_some() {
        return Err("Unterminated quoted string".to_owned());
    }
    flush(&mut text, &mut parts);
    Ok(parts)
}

fn flush(text: &mut String, parts: &mut Word) {
    if !text.is_empty() {
        parts.push(Part::Text(std::mem::take(text)));
    }
}

/// What follows a dollar.
fn variable(rest: &mut Peekable<Chars<'_>>, is_quoted: bool) -> Result<Part, String> {
    let in_braces = rest.next_if_eq(&'{').is_some();
    let first = rest.next().ok_or("a dollar at the end")?;
    let mut name = first.to_string();
    match first {
        '@' | '*' | '?' | '$' | '#' | '0'..='9' => {}
        first if is_of_name(first) => {
            while let Some(next) = rest.next_if(|next| is_of_name(*next)) {
                name.push(next);
            }
        }
        other => return Err(format!("\"${other}\" is not simulated")),
    }
    if in_braces && rest.next() != Some('}') {
        return Err(format!("\"${{{name}\" with more than a name is not simulated"));
    }
    Ok(match first {
        '@' | '*' => Part::Arguments { is_quoted },
        _ => Part::Variable { name, is_quoted },
    })
}

pub(super) fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_redirections_are_read() {
        let steps =
            parse("echo 'a b' \"c d\"e >&2; printf x 2>/dev/null").expect("the script is well formed");
        let text = |text: &str| vec![Part::Text(text.to_owned())];
        let quoted = |text: &str| vec![Part::Quoted(text.to_owned())];
        assert_eq!(steps[0].words, [text("echo"), quoted("a b"), [quoted("c d"), text("e")].concat()]);
        assert_eq!(steps[0].redirections, [Redirection::OutToErr]);
        assert_eq!(steps[1].words, [text("printf"), text("x")]);
        assert_eq!(steps[1].redirections, [Redirection::ErrToNull]);
    }
}
