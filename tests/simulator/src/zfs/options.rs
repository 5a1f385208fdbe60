//! The options that `list` and `get` have in common.

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
        let mut rest = words;
        while let Some((word, after)) = rest.split_first() {
            let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
            rest = after;
            if letters == "-" {
                break;
            }
            for (at, letter) in letters.char_indices() {
                match letter {
                    'H' => options.is_scripted = true,
                    'p' => options.is_exact = true,
                    'r' => options.is_recursive = true,
                    'd' | 't' | 'o' => {
                        let attached = &letters[at + 1..];
                        let value = if attached.is_empty() {
                            let (value, after) = rest.split_first().ok_or_else(refused)?;
                            rest = after;
                            value.as_str()
                        } else {
                            attached
                        };
                        if !options.take(letter, value) {
                            return Err(refused());
                        }
                        break;
                    }
                    _ => return Err(refused()),
                }
            }
        }
        options.rest = rest.to_vec();
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
