//! Standard error of the Python iocage, taken apart: its own lines, the exception
//! that ended it, and what Python itself puts beside them.
//!
//! Python writes there whatever happens to it: a report of fourteen lines for each
//! line of a log on a full disk, a warning with the line of source that it is about,
//! an exception that it ignores. None of that is iocage's reason, and an indented
//! line of source is no jail of a list. Of exceptions that follow from one another
//! the last one ended the program; its message begins with its name and may have
//! several lines.

use super::notices::is_of_banner;
use std::collections::VecDeque;

use crate::iocage::text::{END, kept, left_out, squeezed, status_lines};

/// What was said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said<'t> {
    /// iocage's own lines, as they were printed, without those of the banner and empty
    /// ones: the first and the last of them.
    pub(super) own: Vec<&'t str>,
    /// How many of these are the first ones, and how many are left out behind them.
    between: (usize, usize),
    /// The last exception, from its name on.
    pub(super) exception: Vec<&'t str>,
    /// What Python tells beside it, one line for each matter.
    pub(super) beside: Vec<String>,
}

/// How many matters of Python's own are told.
const BESIDE: usize = 16;

/// How many lines of an exception's message are told.
const MESSAGE: usize = 64;

const TRACEBACK: &str = "Traceback (most recent call last):";
const LOGGING: &str = "--- Logging error ---";
const IGNORED: &str = "Exception ignored ";
/// How the lines begin that stand between exceptions that follow from one another.
const CHAINED: [&str; 2] =
    ["During handling of the above exception, another", "The above exception was the direct cause of"];

impl<'t> Said<'t> {
    /// Take a text apart.
    pub(super) fn of(text: &'t str) -> Said<'t> {
        let mut said = Said::default();
        let mut last: VecDeque<&str> = VecDeque::new();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line.trim_end() == LOGGING {
                let mut why = None;
                for line in lines.by_ref() {
                    if why.is_none() && !line.starts_with(' ') && line.trim_end() != TRACEBACK {
                        why = Some(line);
                    }
                    // The report of a report that failed ends otherwise.
                    if line.starts_with("Arguments: ") || line.starts_with("Use the traceback above") {
                        break;
                    }
                }
                said.tell(format!("iocage could not write its log: {}", why.unwrap_or("it did not say why")));
            } else if is_warning(line) {
                said.tell(line.to_owned());
                // The line of source that it is about, where Python could read it.
                lines.next_if(|next| next.starts_with("  "));
            } else if line.starts_with(IGNORED) {
                lines.next_if(|next| next.trim_end() == TRACEBACK);
                while lines.next_if(|next| next.starts_with(' ')).is_some() {}
                let what = lines.next_if(|next| is_exception(next));
                said.tell(what.map_or_else(|| line.to_owned(), |what| format!("{line}; {what}")));
            } else if line.trim_end() == TRACEBACK {
                while lines.next_if(|next| next.starts_with(' ') || next.is_empty()).is_some() {}
                said.exception.clear();
                let ends = |next: &&str| {
                    let next = next.trim_end();
                    let is_chained = CHAINED.iter().any(|start| next.starts_with(start));
                    is_chained || next == TRACEBACK || next == LOGGING || next.starts_with(IGNORED)
                };
                while let Some(line) = lines.next_if(|next| !ends(next)) {
                    if said.exception.len() < MESSAGE {
                        said.exception.push(line);
                    }
                }
            } else if CHAINED.iter().all(|start| !line.starts_with(start))
                && !is_of_banner(line.trim())
                && !line.trim().is_empty()
            {
                if said.own.len() < END {
                    said.own.push(line);
                    continue;
                }
                if last.len() == END {
                    last.pop_front();
                    said.between.1 += 1;
                }
                last.push_back(line);
            }
        }
        said.between.0 = said.own.len();
        said.own.extend(last);
        said
    }

    /// All that is to be told of it where nothing failed.
    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        let (first, last) = self.own.split_at(self.between.0);
        let lines = |lines: &[&str]| lines.iter().map(|line| kept(&squeezed(line))).collect::<Vec<_>>();
        let between = (self.between.1 > 0).then(|| left_out(self.between.1));
        let own = lines(first).into_iter().chain(between).chain(lines(last));
        own.chain(self.message()).chain(self.beside.clone())
    }

    fn tell(&mut self, line: String) {
        let line = kept(&line);
        if self.beside.len() < BESIDE && !self.beside.contains(&line) {
            self.beside.push(line);
        }
    }

    /// iocage's own lines, blanks squeezed, without empty ones.
    pub(super) fn lines(&self) -> Vec<String> {
        self.own.iter().map(|line| kept(&squeezed(line))).collect()
    }

    /// The message of the exception: without the help on the usage of a tool of which
    /// it may be about, which says nothing of this time.
    pub(super) fn message(&self) -> Vec<String> {
        let is_told = |line: &&&str| !line.trim_end().eq_ignore_ascii_case("usage:");
        self.exception
            .iter()
            .take_while(is_told)
            .flat_map(|line| status_lines(line))
            .map(|line| kept(&line))
            .collect()
    }
}

/// `/usr/local/lib/.../ioc_list.py:249: SyntaxWarning: invalid escape sequence`.
fn is_warning(line: &str) -> bool {
    let Some((before, _)) = line.split_once("Warning: ") else { return false };
    let Some((place, category)) = before.rsplit_once(": ") else { return false };
    let is_name = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    let number = place.rsplit_once(':').map(|(_, number)| number);
    is_name(category) && number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// `OSError: [Errno 28] No space left on device`; the message may be missing.
fn is_exception(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim_end();
    let is_name = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
    ["Error", "Exception", "Interrupt", "Exit"].iter().any(|end| name.ends_with(end)) && is_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str =
        "Traceback (most recent call last):\n  File \"/x.py\", line 8, in <module>\n    main()\n    ^^^^^^\n";

    #[test]
    fn the_last_exception_counts_from_its_name_on() {
        let text = format!(
            "a reason\n{FRAME}KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n\
             {FRAME}x.ZFSException: cannot: bad\nmore of it\nusage:\n\tsnapshot <x>\n\nFor the list, run: y\n"
        );
        let said = Said::of(&text);
        assert_eq!(said.own.iter().filter(|line| !line.is_empty()).collect::<Vec<_>>(), [&"a reason"]);
        assert_eq!(said.message(), ["x.ZFSException: cannot: bad", "more of it"]);
    }

    #[test]
    fn what_python_says_beside_it_is_no_reason() {
        let log = format!(
            "--- Logging error ---\n{FRAME}OSError: [Errno 28] No space left on device\nCall stack:\n  File \"x\"\n\
             Message: 'a'\nArguments: ()\n"
        );
        let warning = "/x/ioc_list.py:249: SyntaxWarning: invalid escape sequence '\\W'\n  full = re.sub(\"\\W\", full)\n";
        let ignored = format!("Exception ignored in: <function a at 0x1>\n{FRAME}TypeError: x\n");
        let text = format!("{warning}{log}one\n{log}{ignored}two has some:\n  api\n{log}");
        let said = Said::of(&text);
        assert_eq!(said.own, ["one", "two has some:", "  api"]);
        assert_eq!((said.exception.len(), said.beside.len()), (0, 3), "{said:?}");
        assert!(said.beside[1].ends_with("No space left on device"), "{said:?}");
        let pipe = Said::of(
            "Exception ignored in: <stdout>\nBrokenPipeError: [Errno 32] Broken pipe\nweb is fine\n",
        );
        assert_eq!(pipe.own, ["web is fine"]);
    }

    /// Anybody may print such lines, as many as there is room for.
    #[test]
    fn how_much_is_told_is_bounded() {
        let text: String = (0..100_000).map(|n| format!("/x.py:{n}: SyntaxWarning: {n}\n")).collect();
        assert_eq!(Said::of(&text).beside.len(), BESIDE);
    }

    #[test]
    fn what_only_looks_like_it_is_iocages() {
        for line in ["web: Warning: x", "a:b: Warning x", "zfs:1: not a Warning", "Traceback of web"] {
            assert_eq!(Said::of(line).own, [line]);
        }
    }
}
