//! The options that `list` and `get` have in common.

use crate::getopt::{With, getopt};
use crate::session::{Stop, not_simulated};

/// What is asked for.
#[derive(Default)]
pub(super) struct Options {
    /// No header, and tabs (`-H`).
    pub(super) is_scripted: bool,
    /// Numbers as they are (`-p`).
    pub(super) is_exact: bool,
    /// How deep to go: none, so many levels, or all the way.
    pub(super) depth: Option<usize>,
    pub(super) is_recursive: bool,
    pub(super) has_filesystems: bool,
    pub(super) has_snapshots: bool,
    /// Of `-o`.
    pub(super) columns: Vec<String>,
    pub(super) rest: Vec<String>,
}

impl Options {
    /// Reads the words of a command as getopt does; types and columns are left empty where none are given.
    pub(super) fn parse(command: &str, words: &[String]) -> Result<Options, Stop> {
        let refused = || not_simulated(&format!("zfs {command} {}", words.join(" ")));
        let mut options = Options::default();
        let all: Vec<_> = words.iter().map(String::as_str).collect();
        let rest = getopt(&all, "dto", |letter, with| {
            match (letter, with) {
                ('H', _) => options.is_scripted = true,
                ('p', _) => options.is_exact = true,
                ('r', _) => options.is_recursive = true,
                (_, With::Value(value)) if options.take(letter, value) => {}
                _ => return Err(refused()),
            }
            Ok(())
        })?;
        options.rest = rest.iter().map(|&word| word.to_owned()).collect();
        if options.is_scripted { Ok(options) } else { Err(refused()) }
    }

    /// One option with a value; whether it is known.
    fn take(&mut self, letter: char, value: &str) -> bool {
        match letter {
            'd' => match value.parse() {
                Ok(depth) => (self.depth, self.is_recursive) = (Some(depth), true),
                Err(_) => return false,
            },
            'o' => self.columns = value.split(',').map(str::to_owned).collect(),
            _ => {
                for kind in value.split(',') {
                    match kind {
                        "filesystem" | "fs" => self.has_filesystems = true,
                        // There is none.
                        "volume" | "vol" => {}
                        "snapshot" | "snap" => self.has_snapshots = true,
                        "all" => (self.has_filesystems, self.has_snapshots) = (true, true),
                        _ => return false,
                    }
                }
            }
        }
        true
    }
}
