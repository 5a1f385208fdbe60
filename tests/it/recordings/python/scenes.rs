//! The scenes in which a command of the Python iocage is replayed: what is asked on
//! the way, and what its exit status and its warnings are worth.

use serde_json::Value;

use super::super::row::Row;
use super::super::scene::{Expect, Plan, Scene};
use super::super::text::{is_name, said_lines};
use crate::support::stand::{Answers, Said, said};

/// The action's own command and its answer.
pub(super) fn own(command: &str, row: &Row) -> (String, Vec<Said>) {
    (command.to_owned(), vec![row.said.clone()])
}

pub(super) fn on_the_way(command: &str, text: impl Into<String>) -> (String, Vec<Said>) {
    (command.to_owned(), vec![said(text)])
}

pub(super) fn scene(request: Value, answers: Answers, expect: Expect) -> Scene {
    let own = answers.last().map(|(key, _)| key.trim_end_matches('*').to_owned()).unwrap_or_default();
    Scene { request, answers, own, expect, problems: Vec::new(), warnings: Vec::new() }
}

/// `df -lh` with these jails.
pub(super) fn df(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name}\t1.00x\tnone\tnone\t96K\t5.80G\n")).collect()
}

/// `list -lh` with these jails and their states.
pub(super) fn list(jails: &[(&str, &str)]) -> String {
    let row = |(name, state): &(&str, &str)| {
        let jid = if *state == "up" { "7" } else { "None" };
        format!("{jid}\t{name}\toff\t{state}\tjail\t14.3-RELEASE\t-\t-\t-\tno\n")
    };
    jails.iter().map(row).collect()
}

/// A jail that is there beside the one in question.
pub(super) const OTHER: &str = "neighbour";

/// The jail's name, if the class takes it; one that it does not is refused, and
/// nothing run.
pub(super) fn named(jail: &str, request: Value, then: impl FnOnce(Value) -> Scene) -> Plan {
    if is_name(jail) {
        return Ok(then(request));
    }
    Ok(Scene { own: String::new(), ..scene(request, Vec::new(), Expect::Refused("illegal-name")) })
}

/// Standard error without what the 2019 versions say of a file system.
pub(super) fn warned(row: &Row) -> Vec<String> {
    let of_fdescfs =
        |line: &String| line.starts_with("fdescfs(5)") || line.starts_with("You can also permanently mount");
    said_lines(&row.said.stderr).into_iter().filter(|line| !of_fdescfs(line)).collect()
}

/// What iocage has done by itself when it was only asked, which is told once.
pub(super) fn by_itself(row: &Row) -> Vec<String> {
    let is_one = |line: &str| line.starts_with("Setting up zpool") || line.starts_with("Creating pyt");
    let is_told = row.said.exit == 0 && row.said.stdout.lines().next().is_some_and(is_one);
    is_told.then(|| "iocage has by itself: ".to_owned()).into_iter().collect()
}

/// An exit status that is believed.
pub(super) fn honest(row: &Row, success: Expect) -> Expect {
    if row.said.exit == 0 { success } else { Expect::Fails }
}
