//! The words of a command as click reads them: options anywhere, short ones in clusters, `--` ends them.

use super::command::Command;
use super::words::{Flag, Words};

pub(super) fn no_such(option: &str) -> String {
    format!("No such option '{option}'.")
}

/// # Errors
/// What click says is wrong.
pub(super) fn parse(command: &Command, words: &[String]) -> Result<Words, String> {
    let mut parsed = Words::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            parsed.arguments.extend(rest.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (long, None),
            };
            match find(command, |flag| flag.1 == name) {
                Some((.., key, true)) => {
                    let value = attached.or_else(|| rest.next().cloned());
                    let missing = || format!("Option '--{name}' requires an argument.");
                    parsed.options.push((key, value.ok_or_else(missing)?));
                }
                Some((.., key, false)) => parsed.options.push((key, String::new())),
                None if command.is_lenient => parsed.arguments.push(word.clone()),
                None => return Err(no_such(&format!("--{name}"))),
            }
        } else if word.len() > 1 && word.starts_with('-') {
            cluster(command, word, &mut rest, &mut parsed)?;
        } else {
            parsed.arguments.push(word.clone());
        }
    }
    let missing = command.required.get(parsed.arguments.len()).filter(|_| !parsed.has("help"));
    if let Some(missing) = missing {
        return Err(format!("Missing argument '{missing}'."));
    }
    if let Some(most) = command.most.filter(|most| parsed.arguments.len() > *most) {
        let extra = &parsed.arguments[most..];
        let plural = if extra.len() == 1 { "" } else { "s" };
        return Err(format!("Got unexpected extra argument{plural} ({})", extra.join(" ")));
    }
    Ok(parsed)
}

/// Letters behind one dash. A lenient command keeps those that it does not know, as one word.
fn cluster<'a>(
    command: &Command,
    word: &str,
    rest: &mut impl Iterator<Item = &'a String>,
    parsed: &mut Words,
) -> Result<(), String> {
    let mut unknown = String::new();
    for (at, letter) in word[1..].char_indices() {
        match find(command, |flag| flag.0.contains(letter)) {
            Some((.., key, true)) => {
                let attached = &word[1 + at + letter.len_utf8()..];
                let value =
                    if attached.is_empty() { rest.next().cloned() } else { Some(attached.to_owned()) };
                let missing = || format!("Option '-{letter}' requires an argument.");
                parsed.options.push((key, value.ok_or_else(missing)?));
                break;
            }
            Some((.., key, false)) => parsed.options.push((key, String::new())),
            None if command.is_lenient => unknown.push(letter),
            None => return Err(no_such(&format!("-{letter}"))),
        }
    }
    if !unknown.is_empty() {
        parsed.arguments.push(format!("-{unknown}"));
    }
    Ok(())
}

fn find(command: &Command, is_meant: impl Fn(&Flag) -> bool) -> Option<Flag> {
    const HELP: Flag = ("", "help", "help", false);
    command.flags.iter().copied().chain([HELP]).find(|flag| is_meant(flag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::commands::COMMANDS;

    fn read(name: &str, words: &[&str]) -> Result<Words, String> {
        let command = COMMANDS.iter().find(|command| command.name == name).expect("there is such a command");
        parse(command, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_stand_anywhere_until_two_dashes() {
        let words = read("create", &["-nx", "boot=on", "--release=14.3-RELEASE", "-bT", "--", "-e"]);
        let words = words.expect("they are right");
        assert_eq!((words.value("name"), words.value("release")), (Some("x"), Some("14.3-RELEASE")));
        assert!(words.has("basejail") && words.has("thickjail") && !words.has("empty"));
        assert_eq!(words.arguments, ["boot=on", "-e"]);
    }

    #[test]
    fn exec_keeps_what_it_does_not_know() {
        let words = read("exec", &["test", "mkdir", "-pv", "--parents", "/a"]).expect("they are right");
        assert!(words.has("keep_proxy"));
        assert_eq!(words.arguments, ["test", "mkdir", "-v", "--parents", "/a"]);
    }

    #[test]
    fn what_click_does_not_know_is_refused() {
        for (name, words, error) in [
            ("list", &["-Z"][..], "No such option '-Z'."),
            ("list", &["foo"], "Got unexpected extra argument (foo)"),
            ("get", &["a", "b", "c", "d"], "Got unexpected extra arguments (c d)"),
            ("activate", &[], "Missing argument 'ZPOOL'."),
            ("create", &["-n"], "Option '-n' requires an argument."),
        ] {
            assert_eq!(read(name, words), Err(error.to_owned()));
        }
    }
}
