//! The targets that hold one reader of text to what it promises: nothing of the
//! text is lost without a word.

use std::collections::BTreeSet;
use std::time::Duration;

use sysadm_iocage::config::{Config, Kind};
use sysadm_iocage::iocage::keyed as entries;
use sysadm_iocage::iocage::rows::{Fields, Layout, Rows};
use sysadm_iocage::iocage::status::{Mark, Marked};
use sysadm_iocage::iocage::text::kept;
use sysadm_iocage::policy::CommandLine;
use sysadm_iocage::request;

use crate::scenario::MARK;

/// Words that are quoted and split again are the same words.
pub(crate) fn split(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(words) = request::split(&text, usize::MAX) else {
        assert!(text.contains(['\'', '"', '\\']), "only a quote or a backslash can be left open");
        return;
    };
    let quotes: [fn(&String) -> String; 3] = [
        |word| format!("'{}'", word.replace('\'', r"'\''")),
        |word| format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\"")),
        |word| match word.as_str() {
            "" => "\"\"".to_owned(),
            _ => word.chars().flat_map(|c| ['\\', c]).collect(),
        },
    ];
    for quote in quotes {
        let quoted: Vec<_> = words.iter().map(quote).collect();
        assert_eq!(request::split(&quoted.join(" \t"), usize::MAX).as_ref(), Ok(&words), "{quoted:?}");
    }
}

const LIST: Layout<'static, 7> = Layout {
    columns: ["JID", "UUID", "BOOT", "STATE", "TAG", "TYPE", "IP4"],
    marker: "UUID",
    free: &["TAG"],
    beside: &[],
    aliases: &[("IP", "IP4", "none")],
    may_lack: &["IP4"],
    end: Some("--- non iocage jails"),
};
const EACH: Layout<'static, 3> = Layout {
    columns: ["UUID", "TAG", "notes"],
    marker: "notes",
    free: &["TAG", "notes"],
    beside: &[],
    aliases: &[],
    may_lack: &["notes"],
    end: None,
};

/// Tables under a header.
pub(crate) fn columns(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    one_table(&text, &LIST);
    one_table(&text, &EACH);
}

/// Every line that says something is a notice, the header, a row or a problem, in
/// this order but for the last two; and a row has all that its line has.
fn one_table<const N: usize>(text: &str, layout: &Layout<'_, N>) {
    let said = || text.lines().filter(|line| !line.trim().is_empty());
    let Some(rows) = Rows::parse(text.into(), layout, |row| row[0] != "refused") else { return };
    // Of more lines than anybody reads, or longer ones, only the number is known.
    if rows.notices.left_out() + rows.problems.left_out() > 0 || is_cut(text) {
        return;
    }
    let notices = rows.notices.len();
    assert!(said().take(notices).eq(rows.notices.iter().map(String::as_str)), "{rows:?}");
    let header = said().nth(notices).expect("a header");
    let is_end = |line: &&str| layout.end.is_some_and(|end| line.starts_with(end));
    let data: Vec<_> = said().skip(notices + 1).take_while(|line| !is_end(line)).collect();
    assert_eq!(data.len(), rows.iter().count() + rows.problems.len(), "{rows:?}");
    let problems: BTreeSet<_> = rows.problems.iter().map(String::as_str).collect();
    // Only where every column of the header is one that is kept, and none twice.
    let words: Vec<_> = header.split_ascii_whitespace().collect();
    let mut wanted = layout.columns.to_vec();
    wanted.sort_unstable();
    let mut sorted = words.clone();
    sorted.sort_unstable();
    if sorted != wanted {
        return;
    }
    let places = words.iter().map(|word| layout.columns.iter().position(|column| column == word));
    let places: Vec<_> = places.flatten().collect();
    for (line, row) in data.iter().filter(|line| !problems.contains(*line)).zip(rows.iter()) {
        let cells: String = places.iter().map(|&place| row[place]).collect();
        assert_eq!(ink(line), ink(&cells), "{line:?} {row:?}");
    }
}

/// Is there a line that is told only in part? By its length as it is written, in which a
/// tab is two characters.
fn is_cut(text: &str) -> bool {
    text.lines().any(|line| kept(line) != line)
}

/// What is not blank.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

const FIELDS: Fields<4> = Fields { count: 4, columns: [0, 1, 2, 3], words: None, nothing: Some("None") };

/// Tables between tabs or in boxes: every line that says something and is no
/// border is a notice, a row, a problem, or the header of a box.
pub(crate) fn fields(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let rows = Rows::of_fields(text.clone().into_owned().into(), &FIELDS, |row| row[0] != "refused");
    if rows.notices.left_out() + rows.problems.left_out() > 0 || is_cut(&text) {
        return;
    }
    let is_border = |line: &str| {
        let line = line.trim_end();
        let is_drawn = line.starts_with("+-") || line.starts_with("+=");
        is_drawn && line.bytes().all(|b| b"+-=".contains(&b)) && line.matches('+').count() == 5
    };
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    // As they were printed; the borders of a box that broke off are among them.
    let told: Vec<&str> = rows.notices.iter().chain(rows.problems.iter()).map(String::as_str).collect();
    let count = |line: &str, among: &[&str]| among.iter().filter(|other| **other == line).count();
    assert!(told.iter().all(|line| count(line, &told) <= count(line, &lines)), "made up lines: {rows:?}");
    // A row without the box's bars, nor what is written for nothing.
    let plain = |text: &str| ink(text).replace(['|', '-'], "").replace("None", "");
    let mut printed = lines.iter().map(|line| plain(line));
    let is_printed = |row: [&str; 4]| printed.any(|line| line == plain(&row.concat()));
    assert!(rows.iter().all(is_printed), "made up rows: {rows:?}");
    let borders = |lines: &[&str]| lines.iter().filter(|line| is_border(line)).count();
    let left = lines.len() + borders(&told) - borders(&lines) - told.len() - rows.iter().count();
    // Of a box's header every line begins with a bar.
    let is_end = |line: &str| is_border(line) && line.contains('=');
    let names = lines.iter().take_while(|line| !is_end(line)).filter(|line| line.starts_with('|'));
    let headers = if rows.is_box { names.count() } else { 0 };
    assert!(left <= headers, "lost lines: {rows:?}");
}

/// Keys, separators and values are the text again.
pub(crate) fn keyed(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for separator in [':', '\t', 'ä'] {
        let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase());
        let Some((found, is_plain)) = entries::entries(&text, separator, is_key) else { continue };
        assert!(found.is_sorted_by(|a, b| a.0 < b.0), "{found:?}");
        let mut again = String::new();
        for (key, value) in &found {
            again.extend([*key, separator.encode_utf8(&mut [0; 4]), value, "\n"]);
        }
        // The last line may have no end of its own.
        let rest = text.strip_suffix('\n').unwrap_or(&text);
        let again = again.strip_suffix('\n').unwrap_or(&again);
        assert!(rest.ends_with(again), "{found:?}");
        let before = &rest[..rest.len() - again.len()];
        assert!(before.is_empty() || before.ends_with('\n') || found.is_empty(), "{before:?} {found:?}");
        let candidates = |text: &str| {
            text.split('\n')
                .filter(|line| line.split_once(separator).is_some_and(|(key, _)| is_key(key)))
                .count()
        };
        assert_eq!(candidates(&text) == found.len(), is_plain, "{found:?}");
    }
}

/// The mark is taken out where it is one, and nothing else is.
pub(crate) fn mark(bytes: &[u8]) {
    let mark = Mark::new();
    let command = CommandLine::parse("command", vec!["true".to_owned()]).expect("a command");
    let word = mark.wrap(&command).nth(4).expect("the mark is a word");
    let text = String::from_utf8_lossy(bytes);
    // A text that the mark may be in, anywhere and several times over.
    let strange = text.replace(MARK, &word);
    let mut stderr = strange.clone();
    let taken = mark.take(&mut stderr);
    let (before, after) = strange.rsplit_once(&word).unwrap_or((&strange, ""));
    match taken {
        Marked::Never => assert_eq!(stderr, strange),
        Marked::Again => {
            assert_eq!(stderr, strange);
            assert!(strange.matches(&word).count() > 1);
        }
        Marked::Once(status) => {
            assert_eq!(strange.matches(&word).count(), 1);
            let (digits, rest) = after.split_once('\n').unwrap_or((after, ""));
            assert_eq!(digits.parse(), Ok(status));
            assert_eq!(stderr, format!("{before}{rest}"));
        }
    }
    // One that it is not in, with the mark as the shell writes it.
    let plain = text.replace(MARK, "");
    let at = plain.floor_char_boundary(plain.len() / 2);
    let status = i32::from(bytes.first().copied().unwrap_or_default());
    let mut stderr = format!("{}{word}{status}\n{}", &plain[..at], &plain[at..]);
    assert_eq!((mark.take(&mut stderr), stderr), (Marked::Once(status), plain));
}

/// A configuration is good and within its bounds, or an error that names a key.
pub(crate) fn config(bytes: &[u8]) {
    match Config::parse(bytes) {
        Ok(config) => {
            assert!(config.iocage.is_absolute() && config.zfs.is_absolute(), "{config:?}");
            assert!((4096..=1 << 30).contains(&config.max_output), "{config:?}");
            for (kind, ..) in Kind::ALL {
                let time = config.timeouts.of(kind);
                assert!((Duration::from_secs(1)..=Duration::from_secs(86_400)).contains(&time), "{config:?}");
            }
        }
        Err(error) => {
            assert!(error.key.is_some() && !error.message.is_empty(), "{error:?}");
            assert!(error.message.len() < 2048, "{error:?}");
        }
    }
}
