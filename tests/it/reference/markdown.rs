//! The reference as Markdown: all of it.

use std::fmt::Write;

use serde_json::Value;
use sysadm_class::codes;
use sysadm_iocage::action::{Action, beside};
use sysadm_iocage::config::KEYS;
use sysadm_iocage::policy::{Group, PROPERTIES};

use super::entry::{Entry, codes as codes_of};
use super::played::{GENERATIONS, Played};
use super::text::{abridged, capital};

pub(super) fn render(entries: &[Entry]) -> String {
    let mut out = String::from(HEAD);
    for entry in entries {
        let name = entry.action.name();
        let _ = writeln!(
            out,
            "| [`{name}`](#{name}) | {} | {} |",
            entry.action.access().word(),
            entry.action.summary()
        );
    }
    for entry in entries {
        action(entry, &mut out);
    }
    out.push_str(ERRORS);
    for (code, meaning, actions) in codes_of(entries) {
        let links: Vec<_> = actions.iter().map(|name| format!("[`{name}`](#{name})")).collect();
        let _ = writeln!(out, "| `{code}` | {meaning} | {} |", links.join(" "));
    }
    out.push_str(CONTRACT);
    for (code, status, meaning) in codes::ALL {
        let _ = writeln!(out, "| `{code}` | {} | {meaning} |", status.code());
    }
    out.push_str(MODULES);
    for (code, meaning) in sysadm_host::codes() {
        let _ = writeln!(out, "| `{code}` | {meaning} |");
    }
    out.push_str(CONFIGURATION);
    for (key, default, meaning) in KEYS {
        let _ = writeln!(out, "| `{key}` | `{default}` | {meaning} |");
    }
    out.push_str(PROPERTIES_OF);
    for group in &PROPERTIES {
        let Group { kind, does, source, .. } = group;
        let names = group.names().collect::<Vec<_>>().join("` `");
        let _ = writeln!(out, "| `{}` | `{}` | {does} | {} |", kind.word(), names, cell(source));
    }
    out
}

const HEAD: &str = "\
# sysadm/iocage: reference

Made by the test `reference` from the table of actions and from what the class really ran and answered; do not edit it.
The machines were simulated ones (`iocage-sim`): one with the shell iocage of February 2016, one with the Python iocage
1.13, each with the jails `base`, `db` (it runs) and `web` (a clone of `base`) on the pool `tank`, and a pool `zroot`.
Of `base` there are snapshots, and there is a template `plain`; in the folder of images of the second lies `shop_2016-02-09.zip`.
In the roots of `db` and `web` are folders `/data` and `/mnt`, and the `fstab` of each has one entry, for `/srv/data` on
`/data` and for `/usr/share` on `/data`. The configuration had `\"images\": true` and `\"mount_sources\": [\"/usr\"]`.

A request's args are a JSON object with `action` and the keys of the action; every key takes text, if no other type is
given. The answer is an object with the documented one under the action's name. In the shapes `<...>` stands for any
text, `<boolean>` for `true` or `false`, a key `<...>` for any number of keys, and `?` marks a key that need not be there.

Who has full access is root on the host: properties such as `exec_prestart`, the mounts and `jail_zfs_dataset` are what
the host runs, mounts and gives away for a jail. Who has limited access can read every property of every jail, what is
in `notes` and in those commands included, and the names, addresses and sizes of all jails; `security.md` has the rest.

| action | access | |
|---|---|---|
";

const ERRORS: &str = "
## Errors

The status is 400 for `bad-request` and 403 for `access-denied`, where the error is the whole of the args; with every
other code it is 200, and the error stands under the action's name as
`{\"code\", \"error\", \"exit\"?, \"key\"?, \"signal\"?, \"stderr\"?, \"stdout\"?}`. Of `stderr` and `stdout` there are
the first 16 KiB, as they are written, and then `...`; `detail` has all that there is room for.

| code | meaning | shown above with |
|---|---|---|
";

const CONTRACT: &str = "
Every class of the contract answers these, with the whole of the args:

| code | status | meaning |
|---|---|---|
";

const MODULES: &str = "
A host over the crate `sysadm-host` answers these for its own class `rpc/modules`, under the action's name; nothing was
changed then:

| code | meaning |
|---|---|
";

const CONFIGURATION: &str = "
## Configuration

A JSON object, given when an instance is made. Other keys are errors.

| key | default | meaning |
|---|---|---|
";

const PROPERTIES_OF: &str = "
## Properties

What setting a property of a jail reaches, for `deny_props` and `allow_props`, and where in iocage that was read: files
`ioc_*.py` and `iocage.py` are those of the Python iocage's `iocage_lib`, `lib/` is the shell iocage's. A property that
is not here counts as `host`. What a jail has already is not looked at: not when it is started, and not when it is cloned.

| kind | properties | each | read in |
|---|---|---|---|
";

fn action(entry: &Entry, out: &mut String) {
    let action = entry.action;
    let _ = writeln!(
        out,
        "\n## {}\n\n{}. Needs {} access.\n",
        action.name(),
        capital(action.summary()),
        action.access().word()
    );
    let _ = writeln!(out, "| key | type | | |\n|---|---|---|---|");
    for key in action.params() {
        let needed = if key.is_required() { "required" } else { "" };
        let _ =
            writeln!(out, "| `{}` | {} | {needed} | {} |", key.name(), key.type_word(), cell(key.summary()));
    }
    for key in action.params().iter().filter(|key| !key.words().is_empty()) {
        let _ = writeln!(out, "\n{}: `{}`", capital(key.name()), key.words().join("`, `"));
    }
    for (column, value) in further_columns(action) {
        let _ = writeln!(out, "\n{}: {value}.", capital(&column));
    }
    for (example, played) in &entry.examples {
        let _ = writeln!(out, "\nRequest, and the shape of its answer:\n");
        indented(out, [example.args.to_owned(), format!("{}: {}", action.name(), example.shape)]);
        for (generation, Played { calls, .. }) in GENERATIONS.iter().zip(played) {
            let _ = writeln!(out, "\nRun with the {}:\n", generation.name);
            indented(out, calls.iter().cloned());
        }
        let [shell, python] = played;
        if shell.answer == python.answer {
            answer(out, "Answer", &shell.answer);
        } else {
            for (generation, Played { answer: given, .. }) in GENERATIONS.iter().zip(played) {
                answer(out, &format!("Answer with the {}", generation.name), given);
            }
        }
    }
    if entry.errors.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\nErrors, each with a request that has it:\n\n| code | key | args | error |\n|---|---|---|---|"
    );
    for (code, key, args, [shell, python]) in &entry.errors {
        let text = match (shell.as_str(), python.as_str()) {
            (shell, "") => format!("{} (shell)", cell(shell)),
            ("", python) => format!("{} (Python)", cell(python)),
            (shell, python) if shell == python => cell(shell),
            (shell, python) => format!("{} (shell); {} (Python)", cell(shell), cell(python)),
        };
        let _ = writeln!(out, "| `{code}` | `{key}` | `{}` | {text} |", args.replace('|', "\\|"));
    }
}

/// What the table tells of an action in columns that have no place of their own
/// here: the description holds all of them.
pub(super) fn further_columns(action: &Action) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    beside(action, &mut columns);
    columns.retain(|(column, _)| *column != "switches");
    if action.is_long() {
        columns.push(("long", "it may take longer than somebody waits".into()));
    }
    columns.sort_unstable_by_key(|(column, _)| *column);
    let plain = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    columns.into_iter().map(|(column, value)| (column.to_owned(), plain(value))).collect()
}

fn answer(out: &mut String, title: &str, value: &Value) {
    let _ = writeln!(out, "\n{title}:\n");
    indented(out, abridged(value));
}

fn indented(out: &mut String, lines: impl IntoIterator<Item = String>) {
    for line in lines.into_iter().collect::<Vec<_>>().join("\n").lines() {
        let _ = writeln!(out, "    {line}");
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}
