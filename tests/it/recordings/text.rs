//! Reading and making texts, for the tests alone: on purpose not by the code
//! that is tested.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A line with its runs of blanks as one.
pub fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines that say something, squeezed, each once.
pub fn said_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(squeezed).filter(|line| !line.is_empty()) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The document's form of status lines.
pub fn status(text: &str) -> Value {
    keyed(said_lines(text).iter().map(String::as_str))
}

/// The document's form of a command's output.
pub fn output(text: &str) -> Value {
    keyed(text.lines().filter(|line| !line.is_empty()))
}

fn keyed<'t>(lines: impl Iterator<Item = &'t str>) -> Value {
    let entries: BTreeMap<_, _> = lines.map(|line| line.split_once(':').unwrap_or((line, ""))).collect();
    json!(entries)
}

/// Rows of so many cells: between tabs, or in a box, which is cut where its
/// first border has the corners.
pub fn cells(text: &str, count: usize) -> Vec<Vec<String>> {
    let corners: Vec<usize> = text
        .lines()
        .find(|line| line.starts_with("+-"))
        .map(|border| border.match_indices('+').map(|(at, _)| at).collect())
        .unwrap_or_default();
    if corners.is_empty() {
        let rows = text.lines().map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>());
        return rows.filter(|cells| cells.len() == count).collect();
    }
    let rows = text.lines().filter(|line| line.starts_with('|')).skip(1);
    rows.map(|line| {
        let chars: Vec<_> = line.chars().collect();
        let cell = |bounds: &[usize]| chars[bounds[0] + 1..bounds[1]].iter().collect::<String>();
        corners.windows(2).map(|bounds| cell(bounds).trim().to_owned()).collect()
    })
    .collect()
}

/// One word of a request's `props` or `command`.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Words, each quoted.
pub fn joined(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// Is this a name that the class takes for a jail's?
pub fn is_name(name: &str) -> bool {
    let reserved = ["all", "default", "defaults", "help"].contains(&name.to_lowercase().as_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.:@-".contains(c);
    !reserved
        && name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().all(plain)
}
