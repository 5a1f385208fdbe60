//! Tags as links: one tag leads to one jail, so who takes a tag that is in use takes it away from its owner.

use super::pool::active_mut;
use crate::output::Output;
use crate::state::State;

/// Gives `tag` to a new jail that is not yet in the state: the jail that has it gets a date for one.
pub(super) fn take(state: &mut State, tag: &str, output: &mut Output) {
    if complains(tag, output) {
        return;
    }
    let date = state.now().joined('@');
    let owner = active_mut(state).jails.iter_mut().find(|jail| jail.tag == tag && !jail.is_template());
    if let Some(owner) = owner {
        output.out(" \n \n");
        output.err(&format!("  WARNING: Replacing tag {tag}!\n  Renaming {}'s tag to {date}.\n", owner.uuid));
        owner.tag = date;
    }
}

/// The shell's own complaint about a tag of several words, which it expands without quotes. Whether there was one.
pub(super) fn complains(tag: &str, output: &mut Output) -> bool {
    let mut words = tag.split_whitespace();
    let (Some(first), Some(_)) = (words.next(), words.next()) else { return false };
    // One test of a link and one of its target.
    for _ in 0..2 {
        output.err(&format!("[: /iocage/tags/{first}: unexpected operator\n"));
    }
    true
}

/// The tag for what was asked: `default` is a reserved word, and nothing at all is stored as `-`.
pub(super) fn admitted(state: &State, wanted: &str, output: &mut Output) -> String {
    match wanted {
        "" => "-".to_owned(),
        "default" => {
            let date = state.now().joined('@');
            output.err(&format!(
                "  WARNING: tag value \"default\" is a reserved keyword\n           tag was changed to: {date}\n"
            ));
            date
        }
        wanted => wanted.to_owned(),
    }
}
