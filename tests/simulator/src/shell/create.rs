//! `create`: new jails from a release, or empty ones.

use std::collections::BTreeMap;

use super::failure::die;
use super::properties::{self, Builtin};
use super::{pool, start, tags};
use crate::output::Output;
use crate::session::{Outcome, Session, Stop};
use crate::state::complete::share_jids;
use crate::state::{Jail, Pool, Properties, State};

/// What stands on the command line of create and clone: properties and other words.
pub(super) struct Request {
    pub(super) properties: Properties,
    pub(super) others: Vec<String>,
}

impl Request {
    /// Splits the words, refuses unknown properties, and notes each value that root's shell would have evaluated.
    pub(super) fn parse(session: &mut Session, words: &[String]) -> Result<Request, Stop> {
        let mut request = Request { properties: BTreeMap::new(), others: Vec::new() };
        for word in words {
            match word.split_once('=') {
                None => request.others.push(word.clone()),
                Some((name, value)) => {
                    if properties::named(name).is_none() {
                        return Err(die(&mut session.output, &format!("unsupported property: {name}!")));
                    }
                    let value = evaluated(session, word, value)?;
                    request.properties.insert(name.to_owned(), value);
                }
            }
        }
        Ok(request)
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.properties.get(name).is_some_and(|set| set == value)
    }
}

/// The value after root's shell has read it between double quotes. Nothing is ever run: a command substitution becomes
/// nothing, and that there was something to evaluate is noted beside the state.
fn evaluated(session: &Session, word: &str, value: &str) -> Result<String, Stop> {
    if !value.contains(['$', '`', '"', '\\']) {
        return Ok(value.to_owned());
    }
    session.store.note_evaluated(word).map_err(Stop::Broken)?;
    Ok(without_substitutions(value))
}

fn without_substitutions(value: &str) -> String {
    let (mut kept, mut rest) = (String::new(), value);
    while let Some(at) = rest.find("$(").into_iter().chain(rest.find('`')).min() {
        kept.push_str(&rest[..at]);
        rest = match rest[at..].strip_prefix('`') {
            Some(inside) => inside.split_once('`').map_or("", |(_, after)| after),
            None => after_parentheses(&rest[at..]),
        };
    }
    kept + rest
}

/// What follows the parenthesis that closes the first one; nothing where none does.
fn after_parentheses(text: &str) -> &str {
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 1 => return &text[at + 1..],
            ')' => depth -= 1,
            _ => {}
        }
    }
    ""
}

pub(super) fn create(session: &mut Session, words: &[String]) -> Outcome {
    // The pool is found before the words are looked at.
    session.view()?;
    let request = Request::parse(session, words)?;
    let mut is_empty = false;
    for word in &request.others {
        match word.as_str() {
            "-e" => is_empty = true,
            switch => return Err(die(&mut session.output, &format!("invalid switch {switch}"))),
        }
    }
    if request.is("istemplate", "yes") {
        return Err(die(&mut session.output, "please set template after creation"));
    }
    session.change(|state, output| {
        if !is_empty {
            check_release(state, &request, output)?;
        }
        let tag = match request.properties.get("tag") {
            Some(wanted) => tags::admitted(state, wanted, output),
            None => state.now().joined('@'),
        };
        let count = request.properties.get("count").and_then(|count| count.parse().ok()).unwrap_or(1_u32);
        for number in 1..=count {
            let numbered = |name: &str| if count == 1 { name.to_owned() } else { format!("{name}_{number}") };
            let kind = if is_empty { "emptyjail" } else { "basejail" };
            let mut jail = new_jail(state, kind, numbered(&tag), &request);
            // Unlike a clone, it is never given another's.
            jail.properties.remove("host_hostuuid");
            if let Some(hostname) = jail.properties.get_mut("host_hostname") {
                *hostname = numbered(hostname);
            }
            let (uuid, tag) = (jail.uuid.clone(), jail.tag.clone());
            if let Some(value) = refused_by_zfs(&jail) {
                // The dataset of the root is made with its parents all the same, and nothing is set on those.
                let dataset = pool::active(state).dataset(&jail);
                output.err(&format!("cannot create '{dataset}': bad numeric value '{value}'\n"));
                jail.half_made = true;
            }
            if let Some(release) = partial_release(state, &request).filter(|_| !is_empty) {
                for folder in ["etc", "root"] {
                    let folder = format!("/iocage/releases/{release}/root/{folder}");
                    output.err(&format!("cd: {folder}: No such file or directory\n"));
                }
            }
            add(state, jail, output);
            output.out(&if is_empty {
                format!("{uuid}\n")
            } else {
                format!("  Successfully created: {uuid} ({tag})\n")
            });
            if request.is("start", "yes") {
                start::start_one(state, &uuid, output)?;
            }
        }
        Ok(0)
    })
}

fn check_release(state: &State, request: &Request, output: &mut Output) -> Result<(), Stop> {
    let releases = &pool::active(state).releases;
    if releases.is_empty() {
        return Err(die(output, "no RELEASEs found locally, run iocage fetch first."));
    }
    let wanted = match request.properties.get("release") {
        Some(release) => release.clone(),
        None => release_by_default(state),
    };
    if releases.contains(&wanted) || partial_release(state, request).is_some() {
        return Ok(());
    }
    output.err(&format!("  RELEASE {wanted} not found locally.\n  Please fetch {wanted}\n\n"));
    output.err("  These are the RELEASEs you have already fetched:\n");
    for release in releases {
        output.err(&format!("  {release} \n"));
    }
    Err(Stop::Exit(1))
}

/// The release that was asked for, where it is only a part of one: iocage looks for the word anywhere in the list, finds
/// it, and goes on with it as it is.
fn partial_release(state: &State, request: &Request) -> Option<String> {
    let wanted = request.properties.get("release").cloned().unwrap_or_else(|| release_by_default(state));
    let releases = &pool::active(state).releases;
    let is_partial = !releases.contains(&wanted) && releases.iter().any(|release| release.contains(&wanted));
    is_partial.then_some(wanted)
}

/// The first figure that is none.
fn refused_by_zfs(jail: &Jail) -> Option<&str> {
    let is_figure = |value: &str| {
        let digits = value.trim_end_matches(|character: char| "KMGTPEBkmgtpeb".contains(character));
        value == "none" || !digits.is_empty() && digits.parse::<f64>().is_ok()
    };
    let values = ["quota", "reservation"].into_iter().filter_map(|name| jail.properties.get(name));
    values.map(String::as_str).find(|value| !is_figure(value))
}

fn release_by_default(state: &State) -> String {
    let defaults = &pool::active(state).defaults.properties;
    defaults.get("release").cloned().unwrap_or_else(|| properties::release_of_host(state))
}

/// A jail with the pool's defaults and what was asked for; not yet in the state.
pub(super) fn new_jail(state: &mut State, kind: &str, tag: String, request: &Request) -> Jail {
    let uuid = state.next_uuid();
    let mut properties = inherited(pool::active(state));
    properties.extend(request.properties.clone());
    // These are words to create, not properties that stay.
    for word in ["tag", "count", "start"] {
        properties.remove(word);
    }
    let kind = properties.remove("type").unwrap_or_else(|| kind.to_owned());
    Jail { uuid, tag, kind, properties, ..Jail::default() }
}

/// What was set on the defaults, without what each dataset has for itself.
fn inherited(pool: &Pool) -> Properties {
    let is_shared = |name: &str| {
        properties::named(name).is_some_and(|property| {
            name == "release" || !matches!(property.builtin, Builtin::Own | Builtin::ReadOnly)
        })
    };
    let set = pool.defaults.properties.iter().filter(|(name, _)| is_shared(name));
    set.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Puts a new jail on the active pool, taking its tag away from whoever has it.
pub(super) fn add(state: &mut State, jail: Jail, output: &mut Output) {
    if !jail.half_made {
        tags::take(state, &jail.tag, output);
    }
    let pool = pool::active_mut(state);
    pool.jails.push(jail);
    share_jids(pool);
    pool.sort();
}

#[cfg(test)]
mod tests {
    use super::without_substitutions;

    #[test]
    fn substitutions_become_nothing() {
        for (value, left) in [
            ("x$(echo hi >&2)", "x"),
            ("a`b`c`d`e", "ace"),
            ("$(a $(b) c)d", "d"),
            ("x$(a)y$(b)z", "xyz"),
            ("a`b", "a"),
            ("a$(b", "a"),
            ("$HOME", "$HOME"),
        ] {
            assert_eq!(without_substitutions(value), left, "{value}");
        }
    }
}
