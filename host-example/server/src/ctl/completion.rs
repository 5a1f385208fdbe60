//! Completion. What the command line has is written by `clap_complete`; which actions there are, and their keys, only a server knows, and
//! zsh and fish ask it, by the hidden command `complete`, each time that they complete a word of `run`.
//!
//! FreeBSD's sh has no programmable completion, so there is nothing to print for it but that.

use clap_complete::{Shell, generate};

use super::cli::shown;
use super::described::{Action, Class};
use super::failure::Failure;
use super::out;
use super::text::visible;

const NAME: &str = "sysadmctl";

const SH: &str = "# sh of FreeBSD completes file names, and nothing that a program could add to.\n\
    # In an interactive one `set -o emacs` or `set -o vi` turns that on. bash, zsh and fish complete more.\n";

/// What `clap_complete` writes for zsh of words that it knows nothing of, and what stands there instead.
const ZSH_WORDS: (&str, &str) = ("have such an action:_default'", "have such an action:_sysadmctl_asked'");

const ZSH: &str = r#"
_sysadmctl_asked() {
    local -a of keys told_keys others told_others
    local option name what
    for option in --socket --module --config; do
        [[ -n ${opt_args[$option]} ]] && of+=($option ${(Q)opt_args[$option]})
    done
    while IFS=$'\t' read -r name what; do
        if [[ $name == *= ]]; then
            keys+=($name) told_keys+=("$name  -- $what")
        else
            others+=($name) told_others+=("$name  -- $what")
        fi
    done < <(sysadmctl $of complete -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)
    compadd -l -S '' -d told_keys -a keys
    compadd -l -d told_others -a others
    (( $#keys + $#others ))
}
"#;

const FISH: &str = r#"
function __fish_sysadmctl_asked
    set -l words (commandline -opc)
    set -l at (contains -i run $words); or return
    set -e words[1..$at]
    sysadmctl complete -- $words (commandline -ct) 2>/dev/null
end
complete -c sysadmctl -n "__fish_sysadmctl_using_subcommand run" -f -a "(__fish_sysadmctl_asked)"
"#;

/// `completion SHELL`
pub(crate) fn script(shell: &str) -> Result<(), Failure> {
    out::answer(&text(shell))
}

fn text(shell: &str) -> String {
    let of = |shell: Shell| {
        let mut script = Vec::new();
        generate(shell, &mut shown(), NAME, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    };
    match shell {
        "bash" => of(Shell::Bash),
        // Its last lines begin to complete, and so what is asked stands before all.
        "zsh" => of(Shell::Zsh).replace(ZSH_WORDS.0, ZSH_WORDS.1).replacen("\n", ZSH, 1),
        "fish" => of(Shell::Fish) + FISH,
        _ => SH.to_owned(),
    }
}

/// `complete WORDS`: what may stand in the place of the last of them, a line each, with what it is after a tab. Where there is no
/// server there is nothing.
pub(crate) async fn complete(link: &mut super::link::Link, words: &[String]) -> Result<(), Failure> {
    out::answer(&candidates(&super::run::described(link).await?, words))
}

/// The words that are none of options, nor the values of those that take one.
fn without_options(words: &[String]) -> Vec<&str> {
    let takes = |word: &&String| ["--socket", "--module", "--config"].contains(&word.as_str());
    let before = std::iter::once(None).chain(words.iter().map(Some));
    let each = words
        .iter()
        .zip(before)
        .filter(|(word, before)| !word.starts_with('-') && !before.is_some_and(|before| takes(&before)));
    each.map(|(word, _)| word.as_str()).collect()
}

fn candidates(classes: &[Class], words: &[String]) -> String {
    let words = without_options(words);
    let (typed, before) = words.split_last().map_or(("", &[][..]), |(typed, before)| (*typed, before));
    let (class, before) = match before.split_first() {
        Some((first, rest)) if first.contains('/') => (Some(*first), rest),
        _ => (None, before),
    };
    let meant = classes.iter().filter(|other| class.is_none_or(|class| other.is(class)));
    let actions = meant.flat_map(|class| class.actions.iter());
    let mut found: Vec<(String, &str)> = Vec::new();
    match before.split_first() {
        None => {
            found.extend(actions.map(|action| (action.name.clone(), action.summary.as_str())));
            if class.is_none() {
                found.extend(classes.iter().map(|class| (class.path(), "a class")));
            }
        }
        Some((name, before)) => {
            let mut named = actions.filter(|action| action.name == *name);
            named.next().into_iter().for_each(|action| keys(action, typed, before, &mut found));
        }
    }
    let fits = |(word, _): &&(String, &str)| word.starts_with(typed);
    found.iter().filter(fits).map(|(word, what)| format!("{}\t{}\n", visible(word), visible(what))).collect()
}

/// Keys that are not there yet, and of one that is being typed what it may be, where that is known.
fn keys<'a>(action: &'a Action, typed: &str, before: &[&str], found: &mut Vec<(String, &'a str)>) {
    for key in &action.keys {
        let begun = format!("{}=", key.name);
        let is_there = before.iter().any(|word| word.starts_with(&begun));
        if typed.starts_with(&begun) && key.takes == "boolean" {
            found.extend(["true", "false"].map(|value| (format!("{begun}{value}"), key.summary.as_str())));
        } else if !is_there || key.takes.contains("array") {
            found.push((begun, key.summary.as_str()));
        }
    }
}
