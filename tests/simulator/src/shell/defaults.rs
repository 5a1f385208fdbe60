//! `defaults`: what a new jail gets, as `name=value` lines.

use super::pool;
use super::properties::{self, Builtin, DEFAULTS_ORDER, Dataset};
use crate::session::{Outcome, Session};

pub(super) fn defaults(session: &mut Session, _words: &[String]) -> Outcome {
    let state = session.view()?;
    let pool = pool::active(&state);
    for property in DEFAULTS_ORDER.iter().flat_map(|group| properties::of_group(*group)) {
        if property.builtin == Builtin::Unset {
            continue;
        }
        let saved = properties::value(&state, pool, Dataset::Defaults(&pool.defaults), property);
        let shown = match (saved.as_str(), property.builtin) {
            // Not on the dataset: the program's own variable stands in. What ZFS answers is never replaced.
            ("-" | "none", Builtin::Text(own)) => own,
            (saved, _) => saved,
        };
        session.output.out(&format!("{}={shown}\n", property.name));
    }
    Ok(0)
}
