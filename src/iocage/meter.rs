//! How far a download is, from what is printed of it.
//!
//! The Python iocage redraws a bar (`ioc_fetch.py`, `update_progress`, 1.2 to 1.13):
//! `ESC[2K`, a blank, `\rDownloading: base.txz [####----------------] 20%  3.1MB/s`, `\r`; at the
//! end a line break stands behind `100%`. Then it says `Extracting: base.txz... `, and where the
//! files are there already `Copying: base.txz... `; the shell iocage `Extracting: base.txz`.
//! The shell iocage runs fetch(1), whose standard error is no terminal here: it prints the
//! file's name, 46 characters wide, and when it is done, on the same line, size, speed and time.
//! In between it says nothing; so there is an item without a percentage.

use std::borrow::Cow;

use crate::process::Printed;

/// The words before a file's name.
const BEFORE: &[&str] = &["Downloading: ", "Extracting: ", "Copying: "];
/// How wide fetch(1) prints a name.
const WIDE: usize = 46;
/// How long an item's name may be; a longer one is none.
const NAME: usize = 128;

/// Reads what one program prints, on whichever stream.
#[derive(Debug, Default)]
pub(super) struct Meter {
    item: String,
    percent: Option<u64>,
}

impl Meter {
    /// Was an item told of now?
    pub(super) fn read(&mut self, printed: &Printed<'_>) -> bool {
        let lines = printed.lines.split(|byte| *byte == b'\n').chain([&*printed.unfinished]);
        let mut is_told = false;
        for (item, percent) in lines.filter_map(|line| read(&shown(line))) {
            is_told = true;
            if item == self.item {
                self.percent = self.percent.max(percent);
            } else {
                (self.item, self.percent) = (item, percent);
            }
        }
        is_told
    }

    /// The item at hand and how much of it there is, in percent. It never falls while the item
    /// is the same.
    pub(super) fn told(&self) -> Option<(&str, Option<u64>)> {
        (!self.item.is_empty()).then_some((&self.item, self.percent))
    }
}

/// Does fetch(1) tell of a file by this line?
pub(super) fn is_of_fetch(line: &str) -> bool {
    read(line).is_some()
}

/// What a line tells.
fn read(line: &str) -> Option<(String, Option<u64>)> {
    let named = |name: &str| {
        let is_name = !name.is_empty() && name.len() <= NAME && !name.contains(char::is_whitespace);
        is_name.then(|| name.to_owned())
    };
    for word in BEFORE {
        let Some(rest) = line.strip_prefix(word) else { continue };
        let Some((name, bar)) = rest.split_once(" [") else {
            let name = rest.trim_end();
            return Some((named(name.strip_suffix("...").unwrap_or(name))?, None));
        };
        let (bar, behind) = bar.split_once("] ")?;
        let (percent, _) = behind.split_once('%')?;
        let is_bar = bar.bytes().all(|byte| b"#-".contains(&byte));
        let percent = percent.parse().ok().filter(|percent| is_bar && *percent <= 100)?;
        return Some((named(name)?, Some(percent)));
    }
    // fetch(1): a name and blanks, and behind them nothing yet, or how much it was.
    let (name, behind) = (line.get(..WIDE)?, line.get(WIDE..)?);
    let is_padded = name.ends_with(' ');
    let name = named(name.trim_end()).filter(|_| is_padded)?;
    if behind.is_empty() {
        return Some((name, None));
    }
    let mut words = behind.strip_prefix("        ")?.split_whitespace();
    let (size, unit) = (words.next()?, words.next()?);
    let is_size = size.bytes().all(|byte| byte.is_ascii_digit()) && unit.ends_with('B') && unit.len() <= 2;
    is_size.then_some((name, Some(100)))
}

/// What of a line is on the screen: behind the last return, without what erases and colours.
/// Characters that would steer a terminal are not carried on.
pub(super) fn shown(line: &[u8]) -> Cow<'_, str> {
    let end = line.iter().rposition(|byte| *byte != b'\r').map_or(0, |at| at + 1);
    let begin = line[..end].iter().rposition(|byte| *byte == b'\r').map_or(0, |at| at + 1);
    let text = String::from_utf8_lossy(&line[begin..end]);
    if !text.contains(is_steering) {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find(is_steering) {
        plain.push_str(&rest[..at]);
        let behind = &rest[at..];
        let length = behind.strip_prefix("\x1b[").map_or_else(
            || behind.chars().next().map_or(0, char::len_utf8),
            |sequence| {
                let end = sequence.find(|c: char| ('@'..='~').contains(&c));
                2 + end.map_or(sequence.len(), |end| end + 1)
            },
        );
        rest = &behind[length..];
    }
    plain.push_str(rest);
    plain.into()
}

fn is_steering(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed<'a>(lines: &'a str, unfinished: &'a str) -> Printed<'a> {
        Printed { lines: lines.as_bytes().into(), left_out: 0, unfinished: unfinished.as_bytes().into() }
    }

    fn read_in<'m>(meter: &'m mut Meter, printed: &Printed<'_>) -> Option<(&'m str, Option<u64>)> {
        meter.read(printed).then(|| meter.told()).flatten()
    }

    fn bar(name: &str, percent: u64) -> String {
        let block = percent as usize / 5;
        let (full, empty) = ("#".repeat(block), "-".repeat(20 - block));
        let end = if percent == 100 { "\r\n" } else { "" };
        format!("\x1b[2K \rDownloading: {name} [{full}{empty}] {percent}% {end} 3.1MB/s\r")
    }

    #[test]
    fn a_bar_is_read_as_it_is_redrawn() {
        let mut meter = Meter::default();
        let text = bar("base.txz", 1) + &bar("base.txz", 45);
        assert_eq!(read_in(&mut meter, &printed("", &text)), Some(("base.txz", Some(45))));
        let text = bar("base.txz", 40);
        assert_eq!(
            read_in(&mut meter, &printed("", &text)),
            Some(("base.txz", Some(45))),
            "it does not fall"
        );
        let text = bar("base.txz", 100) + &bar("lib32.txz", 2);
        let (lines, rest) = text.split_at(text.find('\n').map_or(0, |at| at + 1));
        assert_eq!(read_in(&mut meter, &printed(lines, rest)), Some(("lib32.txz", Some(2))));
        assert_eq!(
            read_in(&mut meter, &printed("Extracting: lib32.txz... \n", "")),
            Some(("lib32.txz", Some(2)))
        );
        assert_eq!(read_in(&mut meter, &printed("Extracting: src.txz... \n", "")), Some(("src.txz", None)));
        let all = bar("kernel.txz", 85) + &bar("kernel.txz", 100) + "\nExtracting: kernel.txz... \n";
        assert_eq!(read_in(&mut meter, &printed(&all, "")), Some(("kernel.txz", Some(100))));
        assert_eq!(read_in(&mut meter, &printed("Extracting: doc.txz\n", "")), Some(("doc.txz", None)));
        assert_eq!(
            read_in(&mut meter, &printed("* Updating 13.5-RELEASE to the latest patch level... \n", "")),
            None
        );
    }

    #[test]
    fn fetch_tells_a_name_and_at_its_end_the_size() {
        let mut meter = Meter::default();
        let name = format!("{:46}", "base.txz");
        assert_eq!(read_in(&mut meter, &printed("", &name)), Some(("base.txz", None)));
        let line = format!("{name}          66 MB 5432 kBps    13s\n");
        assert_eq!(read_in(&mut meter, &printed(&line, "")), Some(("base.txz", Some(100))));
        for line in ["base.txz", &format!("{:47}x", "a line of words"), &format!("{name}    x")] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_is_shown() {
        for (line, plain) in [
            (&b"a\rb\r"[..], "b"),
            (b"\x1b[31mred\x1b[0m\x07", "red"),
            (b"\x1b]0;title\x07x", "]0;titlex"),
            (b"half \x1b[", "half "),
            (b"\xff\tt", "\u{fffd}\tt"),
            ("\u{9b}31mred".as_bytes(), "31mred"),
            ("a\u{202e}b\u{2066}".as_bytes(), "ab"),
        ] {
            assert_eq!(shown(line), plain);
        }
    }

    /// What is printed is whatever somebody downloads or runs.
    #[test]
    fn other_words_are_no_bar() {
        for line in [
            "Downloading: ",
            "Downloading: a [##] 101%",
            "Downloading: a [x#] 10%",
            "Downloading: two words [##] 10%",
            "Downloading: a [##] -1%",
            "Extracting: a b... ",
            "downloading: a [##] 10%",
            "\u{e4}".repeat(46).as_str(),
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
