//! iocage's running text: status lines, properties, what it says of a failure.

use std::collections::BTreeMap;

use crate::error::{Code, Error, Quoted};
use crate::iocage::output::Output;

/// Lines of output in the document's form: each is a key up to its first colon
/// with the rest as its value. Repeats and order are lost by that form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(pub BTreeMap<String, String>);

impl Lines {
    /// iocage's own status lines: without the blanks before them, runs of
    /// blanks as one, as the document shows them.
    #[must_use]
    pub fn of_status(text: &str) -> Lines {
        Lines(status_lines(text).map(|line| split(&line)).collect())
    }

    /// Lines of somebody else's, untouched; empty ones cannot be keys.
    #[must_use]
    pub fn of_output(text: &str) -> Lines {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Lines(text.lines().filter(|line| !line.is_empty()).map(split).collect())
    }
}

fn split(line: &str) -> (String, String) {
    let (key, value) = line.split_once(':').unwrap_or((line, ""));
    (key.to_owned(), value.to_owned())
}

/// The lines of a text that say something, blanks squeezed.
pub fn status_lines(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
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
    let mut said: Vec<_> = status_lines(&output.stderr).filter(|line| !is_notice(line)).collect();
    if let Some(first) = said.first_mut()
        && first == "FAILED"
    {
        // It ends, on stderr, a line that was begun on stdout.
        let begun = output.stdout.rsplit('\n').next().unwrap_or_default();
        *first = status_lines(&format!("{begun} {first}")).collect();
    }
    let said = if said.is_empty() {
        let mut lines: Vec<_> =
            status_lines(without_notices(&output.stdout)).filter(|line| !is_notice(line)).collect();
        let speaks = |line: &String| ["ERROR", "ERR:", "FAILED"].iter().any(|word| line.contains(word));
        // Where it says that it succeeded, nothing else is a reason.
        let last = if output.succeeded() { lines.len() } else { lines.len().saturating_sub(REASON) };
        lines.drain(..lines.iter().position(speaks).unwrap_or(last));
        lines
    } else {
        said
    };
    if said.is_empty() {
        return match output.exit {
            Some(exit) => format!("iocage failed with exit status {exit} and said nothing"),
            None => "iocage failed and said nothing".to_owned(),
        };
    }
    said.join("; ").trim_start_matches("ERROR: ").to_owned()
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
pub fn tell_lines(what: &str, lines: &[String]) {
    for line in lines.iter().take(TOLD) {
        log::warn!("{what}: {}", Quoted(line.trim()));
    }
    if let Some(more) = lines.len().checked_sub(TOLD).filter(|more| *more > 0) {
        log::warn!("{what}, and {more} more such lines");
    }
}

/// The same where they may be lines of a property's value, of which the log is to
/// hold none: only how many there are.
pub fn count_lines(what: &str, lines: &[String]) {
    if !lines.is_empty() {
        log::warn!("{what}: {} lines, which are in the answer's `problems`", lines.len());
    }
}

/// One property's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OneValue {
    /// It.
    pub value: String,
    /// What was printed beside it.
    pub problems: Vec<String>,
}

impl From<String> for OneValue {
    fn from(value: String) -> OneValue {
        OneValue { value, problems: Vec::new() }
    }
}

/// Properties and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// By name.
    pub values: BTreeMap<String, String>,
    /// What could not be read.
    pub problems: Vec<String>,
}

impl Properties {
    /// Lines of a name, `separator` and a value, which may hold the separator
    /// again. A line that does not begin with a property's name goes on with
    /// the value before it.
    ///
    /// # Errors
    /// If there is none at all.
    pub fn parse(output: &Output, separator: char) -> Result<Properties, Error> {
        let mut properties = Properties::default();
        let mut last: Option<String> = None;
        for line in without_notices(&output.stdout).lines() {
            let named = line.split_once(separator).filter(|(name, _)| is_property(name));
            match (named, &last) {
                (Some((name, value)), _) => {
                    if properties.values.contains_key(name) {
                        properties.problems.push(format!("the property `{name}` is listed twice: {line}"));
                        continue;
                    }
                    properties.values.insert(name.to_owned(), value.to_owned());
                    last = Some(name.to_owned());
                }
                (None, Some(name)) => {
                    if let Some(value) = properties.values.get_mut(name) {
                        value.push('\n');
                        value.push_str(line);
                    }
                }
                (None, None) => properties.problems.push(line.to_owned()),
            }
        }
        count_lines("iocage prints among the properties what is none", &properties.problems);
        if properties.values.is_empty() {
            return Err(output.error(Code::UnexpectedOutput, "iocage listed no property"));
        }
        Ok(properties)
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
        let lines = Lines::of_status(text).0;
        assert_eq!(lines.keys().collect::<Vec<_>>(), ["* Starting x (y)", "+ Starting services OK", "INFO"]);
        assert_eq!(lines["INFO"], " x is already up");
        let lines = Lines::of_output("\u{feff}hi\n\n a  b: c: d\n").0;
        assert_eq!(lines, BTreeMap::from([(" a  b".into(), " c: d".into()), ("hi".into(), String::new())]));
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
        assert_eq!((before.values.len(), before.problems), (1, vec!["What: is this".to_owned()]));
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
