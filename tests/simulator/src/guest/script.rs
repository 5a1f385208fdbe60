//! A very small sh: simple commands joined by `;`, `&&`, `||` and newlines, quotes, variables and arguments, `if`, and
//! redirections of the two output streams to each other or to /dev/null. Everything else is a syntax error, said as
//! such.

use std::collections::BTreeMap;
use std::io;

use super::process::{Process, Target};

mod parse;

use parse::{Part, Redirection, Step, When, Word, is_of_name, parse};

/// The process id that a simulated shell has.
const OWN_PID: &str = "4242";

/// What a running script knows.
struct Shell<'a> {
    /// `$0`.
    name: &'a str,
    arguments: &'a [String],
    variables: BTreeMap<String, String>,
    status: u8,
}

/// An `if` that is not at its end.
struct Branch {
    /// Whether what is around it runs.
    is_reached: bool,
    /// What its condition was.
    holds: bool,
}

/// Runs a script; answers the status of its last command.
pub(super) fn run(process: &mut Process<'_>, text: &str, name: &str, arguments: &[String]) -> io::Result<u8> {
    let steps = match parse(text) {
        Ok(steps) => steps,
        Err(error) => {
            process.err(&format!("{name}: Syntax error: {error}\n"));
            return Ok(2);
        }
    };
    let variables = process.guest.environment.clone();
    let mut shell = Shell { name, arguments, variables, status: 0 };
    let mut branches: Vec<Branch> = Vec::new();
    let mut is_running = true;
    for step in &steps {
        let is_due = match step.when {
            When::Always => true,
            When::AfterSuccess => shell.status == 0,
            When::AfterFailure => shell.status != 0,
        };
        let mut words = step.words.as_slice();
        // A keyword changes what runs; the rest of its words is a command.
        while let Some((keyword, rest)) = keyword(words) {
            words = rest;
            let last = branches.last_mut();
            match (keyword, last) {
                ("if", _) => branches.push(Branch { is_reached: is_running && is_due, holds: false }),
                ("then", Some(branch)) => {
                    branch.holds = shell.status == 0;
                    is_running = branch.is_reached && branch.holds;
                }
                ("else", Some(branch)) => is_running = branch.is_reached && !branch.holds,
                ("fi", Some(branch)) => {
                    is_running = branch.is_reached;
                    branches.pop();
                }
                (keyword, _) => {
                    process.err(&format!("{name}: Syntax error: \"{keyword}\" unexpected\n"));
                    return Ok(2);
                }
            }
        }
        if let Some(text) = step.subshell.as_ref().filter(|_| is_running && is_due) {
            shell.status = run(process, text, name, shell.arguments)?;
            continue;
        }
        if !is_running || !is_due || words.is_empty() && step.redirections.is_empty() {
            continue;
        }
        if let Some(exit) = shell.step(process, step, words)? {
            return Ok(exit);
        }
    }
    Ok(shell.status)
}

fn keyword(words: &[Word]) -> Option<(&'static str, &[Word])> {
    let (first, rest) = words.split_first()?;
    let [Part::Text(text)] = first.as_slice() else { return None };
    ["if", "then", "else", "fi"].into_iter().find(|keyword| keyword == text).map(|keyword| (keyword, rest))
}

impl Shell<'_> {
    /// Runs one simple command; answers what the script exits with, where it is to end.
    fn step(&mut self, process: &mut Process<'_>, step: &Step, words: &[Word]) -> io::Result<Option<u8>> {
        let mut words = words;
        while let Some((name, value)) = words.first().and_then(assignment) {
            let value = self.expanded(&value).join(" ");
            self.variables.insert(name, value);
            self.status = 0;
            words = &words[1..];
        }
        let words: Vec<String> = words.iter().flat_map(|word| self.expanded(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] if step.redirections.is_empty() => {}
            ["exit"] => return Ok(Some(self.status)),
            // As a shell does, only the low byte of the number counts.
            ["exit", number, ..] => {
                return Ok(Some(number.parse::<i64>().map_or(2, |number| number as u8)));
            }
            ["kill", "-9", OWN_PID] => {
                process.killed_by = Some(9);
                return Ok(Some(137));
            }
            ["exec", command, ..] if process.find(command).is_none() => {
                process.err(&format!("exec: {command}: not found\n"));
                return Ok(Some(127));
            }
            ["exec", command @ ..] => return simple(process, self.name, step, command).map(Some),
            [":", ..] => self.status = 0,
            ["shift", ..] => {
                self.arguments = self.arguments.get(1..).unwrap_or_default();
                self.status = 0;
            }
            _ => self.status = simple(process, self.name, step, &words)?,
        }
        Ok(None)
    }

    fn value(&self, name: &str) -> String {
        match name {
            "?" => self.status.to_string(),
            "$" => OWN_PID.to_owned(),
            "#" => self.arguments.len().to_string(),
            "0" => self.name.to_owned(),
            name => match name.parse::<usize>() {
                Ok(number) => self.arguments.get(number - 1).cloned().unwrap_or_default(),
                Err(_) => self.variables.get(name).cloned().unwrap_or_default(),
            },
        }
    }

    /// The words that a word becomes: none, where it is nothing but empty variables without quotes.
    fn expanded(&self, word: &Word) -> Vec<String> {
        let mut done = Vec::new();
        let mut current: Option<String> = None;
        for part in word {
            match part {
                Part::Text(text) | Part::Quoted(text) => current.get_or_insert_default().push_str(text),
                Part::Variable { name, is_quoted: true } => {
                    current.get_or_insert_default().push_str(&self.value(name));
                }
                Part::Variable { name, is_quoted: false } => {
                    let value = self.value(name);
                    separate(value.split_whitespace(), &mut done, &mut current);
                }
                Part::Arguments { is_quoted: true } => {
                    separate(self.arguments.iter().map(String::as_str), &mut done, &mut current);
                }
                Part::Arguments { is_quoted: false } => {
                    let pieces = self.arguments.iter().flat_map(|argument| argument.split_whitespace());
                    separate(pieces, &mut done, &mut current);
                }
            }
        }
        done.extend(current);
        done
    }
}

/// Adds pieces that are words of their own, but for the ends, which belong to what is beside them.
fn separate<'a>(pieces: impl Iterator<Item = &'a str>, done: &mut Vec<String>, current: &mut Option<String>) {
    for (number, piece) in pieces.enumerate() {
        if number > 0 {
            done.extend(current.take());
        }
        current.get_or_insert_default().push_str(piece);
    }
}

/// The name and the value of `NAME=VALUE`.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let (Part::Text(first), rest) = word.split_first()? else { return None };
    let (name, value) = first.split_once('=')?;
    if name.is_empty()
        || !name.chars().all(is_of_name)
        || name.starts_with(|first: char| first.is_ascii_digit())
    {
        return None;
    }
    let mut word = vec![Part::Text(value.to_owned())];
    word.extend(rest.iter().cloned());
    Some((name.to_owned(), word))
}

fn simple(process: &mut Process<'_>, shell: &str, step: &Step, words: &[&str]) -> io::Result<u8> {
    let before = (process.stdout, process.stderr, process.name.clone());
    for redirection in &step.redirections {
        match redirection {
            Redirection::OutToErr => process.stdout = process.stderr,
            Redirection::ErrToOut => process.stderr = process.stdout,
            Redirection::OutToNull => process.stdout = Target::Null,
            Redirection::ErrToNull => process.stderr = Target::Null,
        }
    }
    let status = match words.split_first() {
        None => Ok(0),
        Some((name, arguments)) => match process.find(name) {
            Some(program) => {
                let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
                (*name).clone_into(&mut process.name);
                program(process, &arguments)
            }
            None => {
                process.err(&format!("{shell}: {name}: not found\n"));
                Ok(127)
            }
        },
    };
    (process.stdout, process.stderr, process.name) = before;
    // The shell that started it lives on, and tells of it.
    if process.killed_by.take().is_some() {
        process.err("Killed\n");
    }
    status
}
