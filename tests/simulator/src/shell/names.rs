//! How iocage finds a jail by what the caller calls it.
//!
//! It walks its datasets in the order of ZFS: the defaults, jails, templates. The first whose tag or UUID is exactly the
//! name ends the search; before that, each whose dataset ends with the name as a regular expression, without regard to
//! case, is one more that was found. So a UUID's tail finds a jail, its beginning does not, `.` or `*` finds them all,
//! a jail whose tag is another's UUID is taken for that one if it comes first, and of equal tags the first jail has it.
//!
//! The program hands its arguments to the lookup without quotes: of a name with blanks only the first word is looked up,
//! and `.*` becomes what the shell makes of it, which begins with `.`.

use super::properties;
use super::regex::Regex;
use crate::state::{Defaults, Jail, Pool};

/// The word that stands for all jails, where a command knows it.
pub(super) const ALL: &str = "ALL";

/// What a name led to.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    Nothing,
    /// The dataset of defaults.
    Defaults,
    /// One jail or template, by its index in the pool.
    Jail(usize),
    /// Several, or no name at all; what iocage says then, and ends.
    Refused(String),
}

/// The words into which the shell splits arguments that stand without quotes.
pub(super) fn words(arguments: &[String]) -> Vec<String> {
    arguments.iter().flat_map(|argument| argument.split_whitespace()).map(expand).collect()
}

fn expand(word: &str) -> String {
    // Every folder holds `.` and `..`, so this one pattern always matches; what others match depends on the folder.
    if word == ".*" { ".".to_owned() } else { word.to_owned() }
}

/// Looks up the first word of `name`.
pub(super) fn find(pool: &Pool, name: &str) -> Found {
    let Some(word) = name.split_whitespace().next().map(expand) else { return Found::Nothing };
    if word == "default" {
        return Found::Defaults;
    }
    if word.starts_with('-') {
        return Found::Refused(format!("{word} is not a valid command"));
    }
    // To grep a leading star repeats nothing and so means nothing; regcomp would refuse it.
    let end = Regex::new(&format!("{}$", word.trim_start_matches('*')));
    let ends = |dataset: &str| end.as_ref().is_some_and(|end| end.is_match(dataset));
    let mut found = Vec::new();
    let Defaults { tag, uuid, .. } = &pool.defaults;
    let is_defaults = *tag == word || *uuid == word;
    if is_defaults || ends(&format!("{}/iocage/.defaults", pool.name)) {
        found.push(Found::Defaults);
    }
    if !is_defaults {
        for (at, jail) in walked(pool) {
            let is_it = !jail.half_made && (jail.tag == word || properties::uuid(jail) == word);
            if is_it || ends(&pool.dataset(jail)) {
                found.push(Found::Jail(at));
            }
            if is_it {
                break;
            }
        }
    }
    match (found.pop(), found.is_empty()) {
        (None, _) => Found::Nothing,
        (Some(only), true) => only,
        (Some(_), false) => Found::Refused(format!("multiple jails matching name: {word}!")),
    }
}

/// The jails and templates that iocage sees, in the order of ZFS, with their index. It leaves out by their names what is
/// none of its jails, and so does not see a template called `mydownload` or `rooted`.
pub(super) fn walked(pool: &Pool) -> impl Iterator<Item = (usize, &Jail)> {
    pool.jails.iter().enumerate().filter(|(_, jail)| is_walked(&pool.dataset(jail)))
}

fn is_walked(dataset: &str) -> bool {
    let holds_root = dataset.match_indices("/root").any(|(at, _)| at > 0);
    let ends = dataset.ends_with("jails") || dataset.ends_with("templates");
    !(ends || holds_root || dataset.contains("releases") || dataset.contains("download"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool() -> Pool {
        let jail = |uuid: &str, tag: &str, kind: &str| Jail {
            uuid: uuid.to_owned(),
            tag: tag.to_owned(),
            kind: kind.to_owned(),
            ..Jail::default()
        };
        Pool {
            jails: vec![
                jail("1bacfd7c-e742-11f1-bec1-02fc00000001", "test", "basejail"),
                jail("1be642e4-e742-11f1-bec1-02fc00000001", "my jail", "basejail"),
                jail("1c237830-e742-11f1-bec1-02fc00000001", "tpl", "template"),
            ],
            ..Pool::new("tank")
        }
    }

    #[test]
    fn a_name_is_an_expression_for_the_end_or_the_tag() {
        let pool = pool();
        let several = |word: &str| Found::Refused(format!("multiple jails matching name: {word}!"));
        for (name, found) in [
            ("test", Found::Jail(0)),
            ("1BACFD7C-E742-11F1-BEC1-02FC00000001", Found::Jail(0)),
            ("fd7c-e742-11f1-bec1-02fc00000001", Found::Jail(0)),
            ("1bacfd7c", Found::Nothing),
            ("(", Found::Nothing),
            ("1", several("1")),
            (".", several(".")),
            (".*", several(".")),
            ("*", several("*")),
            ("", Found::Nothing),
            ("my jail", Found::Nothing),
            ("test foo", Found::Jail(0)),
            ("tpl", Found::Jail(2)),
            ("1c237830-e742-11f1-bec1-02fc00000001", Found::Jail(2)),
            ("L$|tpl", Found::Jail(2)),
            ("default", Found::Defaults),
            ("defaults", Found::Defaults),
            ("-f", Found::Refused("-f is not a valid command".to_owned())),
            ("jails", Found::Nothing),
        ] {
            assert_eq!(find(&pool, name), found, "{name:?}");
        }
    }
}
