//! How iocage finds a jail by what the caller calls it.
//!
//! A name is a regular expression for the end of the dataset, without regard to case, or it is exactly the tag. So a
//! UUID's tail finds a jail, its beginning does not, and `.` or `*` finds them all. The program hands its arguments to
//! the lookup without quotes: of a name with blanks only the first word is looked up, and `.*` becomes what the shell
//! makes of it, which begins with `.`.

use super::regex::Regex;
use crate::state::Pool;

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
    /// Several; the word as iocage repeats it.
    Several(String),
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
    if word == "default" || word == "defaults" {
        return Found::Defaults;
    }
    // To grep a leading star repeats nothing and so means nothing; regcomp would refuse it.
    let end = Regex::new(&format!("{}$", word.trim_start_matches('*')));
    let mut found = pool.jails.iter().enumerate().filter(|(_, jail)| {
        jail.tag == word || end.as_ref().is_some_and(|end| end.is_match(&pool.dataset(jail)))
    });
    match (found.next(), found.next()) {
        (None, _) => Found::Nothing,
        (Some((jail, _)), None) => Found::Jail(jail),
        (Some(_), Some(_)) => Found::Several(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Jail;

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
        let several = |word: &str| Found::Several(word.to_owned());
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
            ("default", Found::Defaults),
            ("jails", Found::Nothing),
        ] {
            assert_eq!(find(&pool, name), found, "{name:?}");
        }
    }
}
