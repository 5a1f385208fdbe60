//! The jails that a row's precondition lists, and the scenes in which the lookups
//! on the way are answered from it.

use serde_json::Value;

use super::super::row::Row;
use super::super::scene::{Expect, Plan, Scene};
use super::super::text::{is_name, squeezed};
use crate::support::stand::{Answers, Said, look, runs, runs_not, said};

/// A jail of a precondition.
#[derive(Clone, Debug)]
pub(super) struct Jail {
    pub(super) uuid: String,
    pub(super) tag: String,
    pub(super) kind: String,
    pub(super) state: String,
}

/// The jails of `...; jails=2: UUID='tag'/basejail/up, UUID='tag'/template/down`.
pub(super) fn jails(precondition: &str) -> Vec<Jail> {
    let Some((_, list)) = precondition.rsplit_once("jails=") else { return Vec::new() };
    let list = list.split_once(": ").map_or("", |(_, list)| list);
    list.split(", ")
        .filter_map(|jail| {
            let (uuid, rest) = jail.split_once("='")?;
            let (rest, state) = rest.rsplit_once('/')?;
            let (tag, kind) = rest.rsplit_once('/')?;
            let tag = tag.strip_suffix('\'')?;
            let [uuid, tag, kind, state] = [uuid, tag, kind, state].map(str::to_owned);
            Some(Jail { uuid, tag, kind, state })
        })
        .collect()
}

pub(super) fn df(jails: &[Jail]) -> String {
    let row = |jail: &Jail| format!("{}  1.00x   none   none   56K    5.8G  {}\n", jail.uuid, jail.tag);
    let rows = jails.iter().filter(|jail| jail.kind != "template").map(row).collect::<String>();
    format!("UUID                                  CRT     RES    QTA    USE    AVA   TAG\n{rows}")
}

pub(super) fn list(jails: &[Jail], templates: bool) -> String {
    let row = |jail: &Jail| {
        let jid = if jail.state == "up" { "1" } else { "-" };
        format!("{jid:<4} {}  off   {:<5}  {}  {}  -\n", jail.uuid, jail.state, jail.tag, jail.kind)
    };
    let wanted = |jail: &&Jail| (jail.kind == "template") == templates;
    let rows = jails.iter().filter(wanted).map(row).collect::<String>();
    format!("JID  UUID                                  BOOT  STATE  TAG  TYPE  IP4\n{rows}")
}

/// What the kernel tells of each, which is asked once something was done, if at all.
fn looks(before: &[Jail], after: &[Jail]) -> Answers {
    let told = |jails: &[Jail], known_as: &str| {
        let is_it = |jail: &Jail| jail.state == "up" && known_as == format!("ioc-{}", jail.uuid);
        if jails.iter().any(is_it) { runs(known_as, 1) } else { runs_not(known_as) }
    };
    let mut names: Vec<_> = before.iter().chain(after).map(|jail| format!("ioc-{}", jail.uuid)).collect();
    names.sort_unstable();
    names.dedup();
    names.iter().map(|name| (look(name), vec![told(after, name)])).collect()
}

/// The releases of `...; releases=['10.2-RELEASE']; ...`, as iocage lists them.
pub(super) fn releases(precondition: &str) -> Said {
    let list = precondition.split_once("releases=[").and_then(|(_, rest)| rest.split_once(']'));
    let names = list.map_or("", |(list, _)| list).split(", ").map(|name| name.trim_matches('\''));
    let lines = names.filter(|name| !name.is_empty()).map(|name| format!("  {name} \n"));
    said(format!("Downloaded releases:\n{}", lines.collect::<String>()))
}

/// The lookups before and after, then the action's own command, which begins so.
pub(super) fn answers(before: &[Jail], after: &[Jail], command: &str, row: &Row) -> Answers {
    let both = |text: fn(&[Jail]) -> String| vec![said(text(before)), said(text(after))];
    let lookups = vec![
        (command.to_owned(), vec![row.said.clone()]),
        ("df".to_owned(), both(df)),
        ("list -t".to_owned(), both(|jails| list(jails, true))),
        ("list".to_owned(), vec![said(list(before, false))]),
        ("list -r".to_owned(), vec![releases(&row.precondition)]),
    ];
    lookups.into_iter().chain(looks(before, after)).collect()
}

pub(super) fn scene(request: Value, answers: Answers, expect: Expect) -> Scene {
    let own = answers.first().map(|(key, _)| key.trim_end_matches('*').to_owned()).unwrap_or_default();
    let warnings = answers.first().and_then(|(_, said)| said.first()).map_or_else(Vec::new, |said| {
        let is_made = said.stdout.contains("Setting up zpool [");
        is_made.then(|| "no pool was active".to_owned()).into_iter().collect()
    });
    Scene { request, answers, own, expect, problems: Vec::new(), warnings }
}

/// An exit status that is believed, unless standard error denies it.
pub(super) fn honest(row: &Row, success: Expect) -> Expect {
    let denied = row.said.stderr.lines().any(|line| line.trim_start().starts_with("ERROR"));
    if row.said.exit == 0 && !denied { success } else { Expect::Fails }
}

/// Standard error without what is told of datasets that are made.
pub(super) fn warned(row: &Row) -> Vec<String> {
    let mut lines: Vec<_> = row.said.stderr.lines().map(squeezed).collect();
    lines.retain(|line| !line.is_empty() && !line.to_lowercase().starts_with("info: creating "));
    lines
}

pub(super) const NEW: &str = "ffffffff-e742-11f1-bec1-02fc00000001";

/// The jails of the row, and which of them the request means. One that is not
/// there any more when iocage looks for it was there when the class did.
pub(super) fn meant(row: &Row, name: &str) -> (Vec<Jail>, Option<Jail>, usize) {
    let mut jails = jails(&row.precondition);
    let means = |jail: &&Jail| jail.uuid.eq_ignore_ascii_case(name) || jail.tag == name;
    let found = jails.iter().filter(means).count();
    if found == 0 {
        let [uuid, tag, kind, state] = [NEW, name, "jail", "down"].map(str::to_owned);
        jails.push(Jail { uuid, tag, kind, state });
    }
    let jail = jails.iter().find(means).cloned();
    (jails, jail, found)
}

/// A scene with one jail, or the refusal of its name.
pub(super) fn with_jail(
    row: &Row,
    name: &str,
    request: Value,
    then: impl FnOnce(Value, Vec<Jail>, Jail) -> Scene,
) -> Plan {
    let (jails, jail, found) = meant(row, name);
    let own = format!("{} ", row.argv[0]);
    if !is_name(name) {
        return Ok(Scene { own, ..scene(request, Vec::new(), Expect::Refused("illegal-name")) });
    }
    if found > 1 {
        let answers = answers(&jails, &jails, "none", row);
        return Ok(Scene { own, ..scene(request, answers, Expect::Refused("ambiguous-jail")) });
    }
    Ok(then(request, jails, jail.expect("it is there")))
}
