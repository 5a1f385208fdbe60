//! `rename`: another name for a jail or a template, and for its dataset and snapshots. One that runs is stopped first,
//! without a word.

use super::call::Call;
use super::failure::fail;
use super::files;
use super::names;
use super::pool::{active, active_mut};
use super::properties;
use super::running::silently;
use crate::session::Outcome;

pub(super) fn rename(call: &mut Call<'_>) -> Outcome {
    let [word, new] = [0, 1].map(|at| call.words.arguments[at].clone());
    call.change(|state, output| {
        let pool = active(state);
        let at = names::find(state, pool, &word, output)?;
        let old = pool.jails[at].uuid.clone();
        if names::exact(pool, &new).is_some() {
            return Err(fail(output, &format!("Jail: {new} already exists!")));
        }
        let hostname = properties::value(state, pool, &pool.jails[at], "host_hostname");
        silently(state, &old);
        let pool = active_mut(state);
        let before = pool.dataset(&pool.jails[at]);
        let jail = &mut pool.jails[at];
        jail.uuid.clone_from(&new);
        jail.tag.clone_from(&new);
        let hostname = if hostname == old { new.clone() } else { hostname };
        jail.properties.insert("host_hostname".to_owned(), hostname);
        let after = pool.dataset(&pool.jails[at]);
        // So that of the release that it was made from.
        let renamed = |text: &str| match (text.strip_prefix(&before), text.rsplit_once('@')) {
            (Some(rest), _) if rest.starts_with(['@', '/']) => format!("{after}{rest}"),
            (_, Some((release, snapshot))) if release.contains("/iocage/releases/") && snapshot == old => {
                format!("{release}@{new}")
            }
            _ => text.to_owned(),
        };
        pool.snapshots = pool.snapshots.iter().map(|snapshot| renamed(snapshot)).collect();
        pool.made = pool.made.iter().map(|(snapshot, made)| (renamed(snapshot), *made)).collect();
        for jail in &mut pool.jails {
            if let Some(origin) = jail.properties.get_mut("origin") {
                *origin = renamed(origin);
            }
            if jail.template == old {
                jail.template.clone_from(&new);
            }
        }
        pool.sort();
        files::moved(state, [&before, &after]);
        let top = names::root(state, active(state));
        let [old_place, new_place] = [&old, &new].map(|name| format!("{top}/jails/{name}/"));
        files::in_fstab(state, [&after, &after], [&old_place, &new_place]);
        output.out(&format!("Jail: {old} renamed to {new}\n"));
        Ok(0)
    })
}
