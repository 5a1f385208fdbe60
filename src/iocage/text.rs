//! iocage's running text: status lines, properties, what it says of a failure.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use crate::error::{Code, Error, Quoted};
use crate::iocage::output::Output;
use crate::iocage::told::Told;
use crate::written;

/// A line without the blanks around it, runs of blanks as one.
#[must_use]
pub fn squeezed(line: &str) -> Cow<'_, str> {
    let line = line.trim();
    let is_blank = |c: char| c != ' ' && c.is_whitespace();
    if !line.contains("  ") && !line.contains(is_blank) {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len());
    for word in line.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    Cow::Owned(text)
}

/// The lines of a text that say something, blanks squeezed.
pub fn status_lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.lines().map(squeezed).filter(|line| !line.is_empty())
}

/// How many lines at either end of a text are looked at, where somebody says why he
/// failed: what is between may be anything, and any number of lines.
pub const END: usize = 200;
/// How long such a line is at most, in bytes as they are written.
const LINE: usize = 1000;

/// The first and the last of some lines, as many as are looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// The lines.
    pub lines: Vec<String>,
    /// How many of these are the first ones.
    first: usize,
    /// How many were between them and the last ones.
    left_out: usize,
}

impl<'t> FromIterator<Cow<'t, str>> for Ends {
    fn from_iter<I: IntoIterator<Item = Cow<'t, str>>>(lines: I) -> Ends {
        let mut lines = lines.into_iter();
        let first = lines.by_ref().take(END);
        let mut ends = Ends { lines: first.map(|line| kept(&line)).collect(), ..Ends::default() };
        ends.first = ends.lines.len();
        let mut last: VecDeque<Cow<'_, str>> = VecDeque::new();
        for line in lines {
            if last.len() == END {
                last.pop_front();
                ends.left_out += 1;
            }
            last.push_back(line);
        }
        ends.lines.extend(last.iter().map(|line| kept(line)));
        ends
    }
}

/// A line as it is told: not longer than anybody reads.
#[must_use]
pub fn kept(line: &str) -> String {
    written::cut_copy(line, LINE)
}

impl Ends {
    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// All of them in a list that counts what is not there.
    #[must_use]
    pub fn into_told(self) -> Told {
        let mut told = Told::default();
        told.extend(&self.lines[..self.first]);
        if self.left_out > 0 {
            told.push(left_out(self.left_out));
        }
        told.extend(&self.lines[self.first..]);
        told
    }

    /// As one sentence of sane length.
    #[must_use]
    pub fn sentence(&self) -> String {
        sentence_of(&self.lines)
    }
}

/// What stands in the place of lines.
#[must_use]
pub fn left_out(lines: usize) -> String {
    format!("[{lines} lines left out]")
}

/// How many lines a sentence is made of, at either end.
const PARTS: usize = 40;
/// How long it is at most, in bytes as they are written.
const SENTENCE: usize = 12 << 10;

/// Lines as one sentence.
#[must_use]
pub fn sentence_of(lines: &[String]) -> String {
    let mut text = match lines.len().checked_sub(2 * PARTS).filter(|more| *more > 0) {
        None => lines.join("; "),
        Some(more) => {
            let last = lines[lines.len() - PARTS..].join("; ");
            format!("{}; {}; {last}", lines[..PARTS].join("; "), left_out(more))
        }
    };
    written::cut(&mut text, SENTENCE);
    text
}

/// A text as one sentence of sane length.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.trim().lines().map(Cow::Borrowed).collect::<Ends>().sentence()
}

/// How many lines of standard output are the reason, where none of them is known
/// to begin it.
const REASON: usize = 8;

/// What a failed iocage says of it: the lines of standard error, or where that
/// is silent, those of standard output from the first that speaks of an error, as
/// the explanation follows it. Some complaints of 1.7.x have no such word; then
/// its last lines.
#[must_use]
pub fn complaint(output: &Output) -> String {
    let mut said: Ends = status_lines(&output.stderr).filter(|line| !is_notice(line)).collect();
    if let Some(first) = said.lines.first_mut()
        && first == "FAILED"
    {
        // It ends, on stderr, a line that was begun on stdout.
        let begun = output.stdout.rsplit('\n').next().unwrap_or_default();
        *first = squeezed(&format!("{begun} {first}")).into_owned();
    }
    if said.is_empty() {
        let lines = || status_lines(without_notices(&output.stdout)).filter(|line| !is_notice(line));
        let speaks = |line: &str| ["ERROR", "ERR:", "FAILED"].iter().any(|word| line.contains(word));
        said = lines().skip_while(|line| !speaks(line)).collect();
        // Where it says that it succeeded, nothing else is a reason.
        if said.is_empty() && !output.succeeded() {
            said = lines().collect();
            let before = said.lines.len().saturating_sub(REASON);
            said.lines.drain(..before);
        }
    }
    if said.is_empty() {
        return match output.exit {
            Some(exit) => format!("iocage failed with exit status {exit} and said nothing"),
            None => "iocage failed and said nothing".to_owned(),
        };
    }
    said.sentence().trim_start_matches("ERROR: ").to_owned()
}

/// Lines that announce what iocage does by itself before it does its work.
#[must_use]
pub fn is_notice(line: &str) -> bool {
    ["Setting up zpool [", "If you wish to change zpool,", "INFO: creating ", "INFO: Creating "]
        .iter()
        .any(|start| line.trim_start().starts_with(start))
}

/// The pool that iocage has made active by itself, as none was. Both generations say
/// it before everything else.
#[must_use]
pub fn activated(output: &Output) -> Option<&str> {
    let mut notices = output.stdout.lines().take_while(|line| line.trim().is_empty() || is_notice(line));
    notices.find_map(|line| line.split_once("Setting up zpool [")?.1.rsplit_once(']').map(|(name, _)| name))
}

/// Text without the notices before it.
#[must_use]
pub fn without_notices(text: &str) -> &str {
    behind_notices(text, is_notice, |behind| behind)
}

/// Text behind the lines that it begins with and that are notices, which are told to
/// the log. `skip` takes away what may stand behind each.
pub fn behind_notices<'t>(
    text: &'t str,
    is_notice: impl Fn(&str) -> bool,
    skip: impl Fn(&'t str) -> &'t str,
) -> &'t str {
    let (mut rest, mut notices) = (text, 0);
    while let Some((line, behind)) = rest.split_once('\n').filter(|(line, _)| is_notice(line)) {
        if notices < TOLD {
            log::warn!("iocage says by itself: {}", Quoted(line.trim()));
        }
        notices += 1;
        rest = skip(behind);
    }
    if let Some(more) = notices.checked_sub(TOLD).filter(|more| *more > 0) {
        log::warn!("iocage says by itself {more} more such lines");
    }
    rest
}

/// How many names a sentence lists.
const NAMED: usize = 32;

/// The first of some names, as a sentence lists them, and how many more there are.
pub fn some_of<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let mut names = names.into_iter();
    let told = names.by_ref().take(NAMED).collect::<Vec<_>>().join(", ");
    match names.count() {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// How many lines of one output are told to the log.
const TOLD: usize = 8;

/// Tell the log of lines that iocage printed and nobody expected.
pub fn tell_lines(what: &str, lines: &Told) {
    for line in lines.iter().take(TOLD) {
        log::warn!("{what}: {}", Quoted(line.trim()));
    }
    if let Some(more) = (lines.len() + lines.left_out()).checked_sub(TOLD).filter(|more| *more > 0) {
        log::warn!("{what}, and {more} more such lines");
    }
}

/// The same where they may be lines of a property's value, of which the log is to
/// hold none: only how many there are.
pub fn count_lines(what: &str, lines: &Told) {
    if !lines.is_empty() {
        let count = lines.len() + lines.left_out();
        log::warn!("{what}: {count} lines, which are in the answer's `problems`");
    }
}

/// One property's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneValue {
    /// It.
    pub value: String,
    /// What was printed beside it.
    pub problems: Told,
}

impl From<String> for OneValue {
    fn from(value: String) -> OneValue {
        OneValue { value, problems: Told::default() }
    }
}

/// Properties and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// By name.
    pub values: BTreeMap<String, String>,
    /// What could not be read.
    pub problems: Told,
}

impl Properties {
    /// Lines of a name, `separator` and a value, which may hold the separator
    /// again. A line that does not begin with a property's name goes on with
    /// the value before it.
    ///
    /// # Errors
    /// If there is none at all, or more than any iocage has.
    pub fn parse(output: &Output, separator: char) -> Result<Properties, Error> {
        let text = without_notices(&output.stdout);
        let mut problems = Told::default();
        // Where the lines of each are; one that is there twice is between those of another.
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let (mut last, mut parts) = (None, 0);
        for line in text.lines() {
            match line.split_once(separator).filter(|(name, _)| is_property(name)) {
                Some((name, _)) if found.contains_key(name) => {
                    problems.push(format!("the property `{name}` is listed twice: {}", kept(line)));
                    parts += 1;
                    continue;
                }
                Some((name, value)) => {
                    found.insert(name, vec![value]);
                    (last, parts) = (Some(name), parts + 1);
                }
                None => match last.and_then(|name| found.get_mut(name)) {
                    Some(lines) => join(text, lines, line),
                    None => problems.push(line),
                },
            }
            if parts > MOST_PROPERTIES {
                let message = format!("iocage listed more than {MOST_PROPERTIES} properties");
                return Err(output.error(Code::UnexpectedOutput, message));
            }
        }
        count_lines("iocage prints among the properties what is none", &problems);
        if found.is_empty() {
            return Err(output.error(Code::UnexpectedOutput, "iocage listed no property"));
        }
        let value = |lines: Vec<&str>| {
            let value = lines.join("\n");
            if value.contains("\r\n") { value.replace("\r\n", "\n") } else { value }
        };
        let values = found.into_iter().map(|(name, lines)| (name.to_owned(), value(lines))).collect();
        Ok(Properties { values, problems })
    }
}

/// The most properties that a listing is believed to hold; the real ones have 170.
pub const MOST_PROPERTIES: usize = 4096;

/// Let a value go on with one more line of `text`: as one part with the line before it,
/// where it follows that.
fn join<'t>(text: &'t str, lines: &mut Vec<&'t str>, line: &'t str) {
    let place = |part: &str| part.as_ptr() as usize - text.as_ptr() as usize;
    let (start, end) = (place(line), place(line) + line.len());
    match lines.last_mut() {
        Some(part) if ["\n", "\r\n"].contains(&&text[place(part) + part.len()..start]) => {
            *part = &text[place(part)..end];
        }
        _ => lines.push(line),
    }
}

fn is_property(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stdout: &str, stderr: &str) -> Output {
        Output { exit: Some(1), stdout: stdout.into(), stderr: stderr.into(), ..Output::default() }
    }

    #[test]
    fn status_lines_lose_their_blanks_and_others_do_not() {
        let text = "* Starting x (y)\n  + Starting services        OK\n\n  INFO: x is already up\n";
        let lines: Vec<_> = status_lines(text).collect();
        assert_eq!(lines, ["* Starting x (y)", "+ Starting services OK", "INFO: x is already up"]);
        assert_eq!(squeezed(" a\t b\u{3000}c "), "a b c");
    }

    #[test]
    fn of_many_lines_the_ends_are_kept() {
        let text: String = (0..100_000).map(|n| format!("{n}\n")).collect();
        let ends: Ends = status_lines(&text).collect();
        assert_eq!((ends.lines.len(), &*ends.lines[199], &*ends.lines[200]), (400, "199", "99800"));
        let told = ends.into_told();
        assert_eq!((told.len(), &*told[200]), (401, "[99600 lines left out]"));
        let long = complaint(&output("", &text));
        assert!(long.len() < 700 && long.contains("; 39; [320 lines left out]; 99960; "), "{long}");
    }

    #[test]
    fn a_value_is_whole() {
        let text = "Setting up zpool [t] for iocage usage...\nnotes:a:b:c\nip6_addr:em0|2001:db8::1/64\nmore:x\nSecond Line: y\n";
        let properties = Properties::parse(&output(text, ""), ':').expect("properties");
        assert_eq!(properties.values["notes"], "a:b:c");
        assert_eq!(properties.values["ip6_addr"], "em0|2001:db8::1/64");
        assert_eq!(properties.values["more"], "x\nSecond Line: y");
        let twice = Properties::parse(&output("a:1\na:2\n", ""), ':').expect("properties");
        assert_eq!((twice.values["a"].as_str(), twice.problems.len()), ("1", 1));
        let before = Properties::parse(&output("What: is this\na:1\n", ""), ':').expect("properties");
        assert_eq!((before.values.len(), before.problems), (1, vec!["What: is this"].into()));
        assert!(Properties::parse(&output("", ""), ':').is_err());
    }

    #[test]
    fn a_complaint_is_what_iocage_says() {
        assert_eq!(complaint(&output("", "  INFO: creating t\n  ERROR: x not found!\n")), "x not found!");
        assert_eq!(complaint(&output("begun\n  ERR: x\n  why\n", "")), "ERR: x; why");
        assert_eq!(complaint(&output("begun\n  ERROR: x\n  HINT: y\n", "")), "x; HINT: y");
        assert_eq!(
            complaint(&output("  RELEASE z not found locally.\n", "")),
            "RELEASE z not found locally."
        );
        assert_eq!(complaint(&output("", "")), "iocage failed with exit status 1 and said nothing");
        let begun = output("* Starting x\n  + Starting services", "        FAILED\n");
        assert_eq!(complaint(&begun), "+ Starting services FAILED");
        let three = complaint(&output(
            "",
            "ERROR: hostid mismatch, start failed!\n    jail hostid: a\n  host's hostid: b\n",
        ));
        assert_eq!(three, "hostid mismatch, start failed!; jail hostid: a; host's hostid: b");
    }
}
