//! When may a change be called done? Only where the words that tell of it were
//! printed. Here that is said a second time, from what the programs are known to
//! print, without a look at how the dialects decide it.

use serde_json::{Map, Value};
use sysadm_iocage::config::Generation;
use sysadm_iocage::process::End;

use crate::scenario::Call;

/// The commands that change something, by their first word.
const CHANGES: [&str; 9] =
    ["cap", "clean", "clone", "create", "deactivate", "destroy", "exec", "start", "stop"];

/// Does this command change something?
pub(crate) fn is_change(call: &Call) -> bool {
    let words: Vec<_> = call.words.iter().map(String::as_str).collect();
    match words[..] {
        // A program in a jail, which is run without iocage where that is certain.
        ["-U", ..] if is_in_jail(call) => true,
        [verb, ..] if CHANGES.contains(&verb) || verb == "set" => true,
        // Of the shell iocage it is a question without a pool.
        ["activate", _, ..] => true,
        _ => false,
    }
}

fn is_in_jail(call: &Call) -> bool {
    call.line.starts_with("jexec ")
}

/// Hold what was run, and what is told of it, against each other.
pub(crate) fn check(
    generation: Generation,
    request: &Map<String, Value>,
    is_done: bool,
    calls: &[Call],
    response: &[u8],
) {
    let text = |key: &str| request.get(key).and_then(Value::as_str).unwrap_or_default();
    let action = text("action");
    let squeezed: Vec<_> = calls.iter().map(squeeze).collect();
    let calls = &squeezed[..];
    let changes: Vec<_> = calls.iter().filter(|call| is_change(call)).collect();
    let told = String::from_utf8_lossy(response);
    // A limit of the Python iocage is applied by setting it, each for itself.
    assert!(changes.len() <= 1 || action == "capjail", "changed more than once: {calls:?}");
    if let Some(jail) = changes.first().and_then(|call| jail_of(&call.words)) {
        let is_listed = calls.iter().any(|call| !is_change(call) && call.stdout.contains(jail.as_str()));
        assert!(is_listed, "{jail} was in no list: {calls:?}");
        assert!(!jail.starts_with('-') && !jail.is_empty(), "{jail:?}");
    }
    assert!(!calls.iter().any(|call| call.words[0] == "destroy" && call.words.len() != 2), "{calls:?}");
    if !is_done || changes.is_empty() {
        let is_read = ["df", "getdefaultsettings", "getjailsettings", "listjails"].contains(&action)
            || (action == "activatepool" && text("pool").is_empty());
        let is_idle_cap = action == "capjail" && generation == Generation::Python;
        assert!(!is_done || is_read || is_idle_cap, "done without a change: {calls:?} {told}");
        return;
    }
    let change = changes[0];
    let is_told = match generation {
        // It ended by itself, however.
        _ if action == "execjail" && is_in_jail(change) => {
            matches!(change.end, Some(End::Exited(_) | End::Unknown))
        }
        Generation::Shell => shell(action, change, calls, text("pool")),
        Generation::Python => python(action, &changes, calls),
    };
    assert!(is_told, "nothing tells of success: {calls:?} {told}");
}

/// A call with runs of blanks as one: how many there are tells nothing.
fn squeeze(call: &Call) -> Call {
    let lines = |text: &str| -> String {
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
    };
    Call { stdout: lines(&call.stdout), stderr: lines(&call.stderr), ..call.clone() }
}

/// The jail that a command is about.
fn jail_of(words: &[String]) -> Option<&String> {
    let at = match words.first()?.as_str() {
        "cap" | "clone" | "destroy" | "start" | "stop" => 1,
        "exec" => 3,
        _ => return None,
    };
    words.get(at)
}

fn shell(action: &str, change: &Call, calls: &[Call], pool: &str) -> bool {
    let Call { stdout, stderr, .. } = change;
    let denies = stderr.lines().any(|line| line.trim_start().starts_with("ERROR"));
    let turned = |begun: &str, already: &str| {
        (change.succeeded() && !denies && stdout.contains(begun))
            || stdout.contains(already)
            || stderr.contains(already)
    };
    match action {
        "startjail" => turned("Starting", "already up"),
        "stopjail" => turned("Stopping", "already down"),
        "activatepool" => {
            change.succeeded()
                && calls.last().is_some_and(|call| call.line == "activate" && call.stdout.contains(pool))
        }
        "deactivatepool" => change.succeeded() && !denies,
        "capjail" => change.succeeded() && !denies && !stdout.contains("ERROR") && !stdout.contains("FAILED"),
        "clonejail" | "createjail" => change.succeeded() && !denies,
        "destroyjail" => {
            let after = calls.iter().skip_while(|call| !std::ptr::eq(*call, change)).skip(1);
            // Of the jails, and of the templates; zfs lists both in one.
            let looks: Vec<_> = after.collect();
            let is_looked = looks.len() == 2 || looks.iter().any(|call| call.line.starts_with("zfs list "));
            change.succeeded() && !denies && stdout.contains("Destroying") && is_looked
        }
        "execjail" => change.succeeded(),
        _ => change.succeeded() && stdout.contains("done!"),
    }
}

fn python(action: &str, changes: &[&Call], calls: &[Call]) -> bool {
    let change = changes[0];
    let Call { stdout, stderr, .. } = change;
    let is_in_state = |wanted: &str| {
        let after = calls.iter().skip_while(|call| !is_change(call));
        // A template does not run, and stands in a list of its own.
        after.filter(|call| call.succeeded()).any(|call| {
            let is_template = wanted == "down" && call.line.starts_with("list -t") && !call.stdout.is_empty();
            // The kernel tells of those that run, and of no other.
            let is_up = call.stdout.contains("ioc-");
            let is_told = call.line.starts_with("jls ") && (wanted == "down" || is_up);
            is_told || is_template || (call.line.starts_with("list") && call.stdout.contains(wanted))
        })
    };
    match action {
        "startjail" => {
            (change.succeeded() && stdout.contains("* Starting"))
                || is_in_state("up")
                || stderr.contains("already running!")
        }
        "stopjail" => {
            (change.succeeded() && stdout.contains("* Stopping"))
                || is_in_state("down")
                || stderr.contains("not running!")
        }
        "activatepool" => change.succeeded() && stdout.contains("successfully activated"),
        "deactivatepool" => change.succeeded() && change.line.starts_with("zfs set"),
        "capjail" => changes.iter().all(|set| set.stdout.contains("Successfully set RCTL rule for")),
        "clonejail" | "createjail" => change.succeeded() && stdout.contains("successfully c"),
        "destroyjail" => change.succeeded() && stdout.contains("Destroying"),
        // The shell's mark, which iocage's own status may not contradict: it exits
        // with 0 whenever the shell has written it.
        "execjail" => stderr.contains("exit-status-"),
        _ => change.succeeded() && stdout.contains("been destroyed."),
    }
}
