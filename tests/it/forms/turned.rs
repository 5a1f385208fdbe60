//! What is told of a start and a stop of the Python iocage, for each way in which what it
//! printed, its exit status and where the jail then is can differ.

use serde_json::{Value, json};

use super::asked::{error, python};
use crate::support::stand::{Said, TAKEN_AWAY, failed, said};

const STEPS: &str = "* Starting db\n  + Started OK\n  + Starting services OK\n";
const BROKEN_OFF: &str = "* Starting db\n  + Started OK\n";

/// Where the jail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Now {
    Up,
    Down,
    Unknown,
}
use Now::{Down, Unknown, Up};

fn turned(verb: &str, jail: &str, output: Said, now: Now) -> Value {
    let row = |state| said(format!("7\t{jail}\toff\t{state}\tjail\t14.3-RELEASE\t-\t-\t-\tno\n"));
    let list = match now {
        Up => row("up"),
        Down => row("down"),
        Unknown => failed("cannot be asked\n"),
    };
    let usage = said(format!("{jail}\t-\t1\t1\t1\t1\n"));
    python(
        json!({"action": format!("{verb}jail"), "jail": jail}),
        [("df -lh", usage), (&format!("{verb} {jail}"), output), ("list -lh", list)],
    )
}

fn out(stdout: &str, stderr: &str, exit: i32) -> Said {
    Said { stdout: stdout.into(), stderr: stderr.into(), exit, status: None }
}

#[test]
fn a_start_that_is_a_success() {
    for (output, now, warnings) in [
        (out(STEPS, "", 0), Up, json!(null)),
        (out(STEPS, "a word beside it\n", 0), Up, json!(["a word beside it"])),
        (out(STEPS, "", 1), Up, json!(["iocage exited with status 1 and did not say why; the jail is up"])),
        (out(STEPS, "a reason\n", 1), Up, json!(["a reason"])),
        // Nobody has seen the status, and nothing was complained of.
        (out(BROKEN_OFF, "", TAKEN_AWAY), Up, json!(null)),
        (out(STEPS, "a reason\n", TAKEN_AWAY), Up, json!(["a reason"])),
        // Another line than that of the step is no end of it, but exit 0 is.
        (out(BROKEN_OFF, "", 0), Up, json!(null)),
        (out(BROKEN_OFF, "  + Adding NAT FAILED\n", 0), Up, json!(["+ Adding NAT FAILED"])),
    ] {
        let told = format!("{output:?} {now:?}");
        let args = turned("start", "db", output, now);
        assert!(args["startjail"]["db"].get("* Starting db").is_some(), "{told}: {args}");
        assert_eq!(args.get("warnings").unwrap_or(&Value::Null), &warnings, "{told}");
    }
}

#[test]
fn a_start_that_is_none() {
    let half = "but its services were not started, or not all of them";
    for (output, now, code, sentence) in [
        (
            out(BROKEN_OFF, "a reason\n", 1),
            Up,
            "iocage-failed",
            format!("a reason; the jail is up now, {half}"),
        ),
        (out(BROKEN_OFF, "a reason\n", 1), Down, "iocage-failed", "a reason; the jail is down now".into()),
        (
            out(BROKEN_OFF, "a reason\n", TAKEN_AWAY),
            Up,
            "not-done",
            format!("a reason; the jail is up now, {half}"),
        ),
        (out(STEPS, "a reason\n", 0), Down, "not-done", "a reason; the jail is down now".into()),
        (
            out("* Starting db\n  + Start FAILED\n", "a reason\n", 1),
            Down,
            "iocage-failed",
            "a reason; + Start FAILED; the jail is down now".into(),
        ),
        (
            out("* Starting db\n", "  + Start FAILED\n", 1),
            Down,
            "iocage-failed",
            "+ Start FAILED; the jail is down now".into(),
        ),
        // Of another jail.
        (out("* Starting other\n", "", 0), Up, "not-done", "* Starting other; the jail is up".into()),
        (
            out("", "other is already running!\n", 1),
            Up,
            "iocage-failed",
            "other is already running!; the jail is up".into(),
        ),
        // It says so, and it is not so.
        (
            out("", "db is already running!\n", 1),
            Down,
            "not-done",
            "db is already running!; the jail is down".into(),
        ),
        (out("", "a reason\n", 1), Up, "iocage-failed", "a reason; the jail is up".into()),
        (
            out("", "a reason\n", 1),
            Unknown,
            "iocage-failed",
            "a reason; whether the jail is up is not known: cannot be asked".into(),
        ),
        (
            out(BROKEN_OFF, "a reason\n", 1),
            Unknown,
            "iocage-failed",
            "a reason; whether the jail is up is not known: cannot be asked".into(),
        ),
        // Nothing was wrong but that nobody can tell where it is.
        (out(STEPS, "", 0), Unknown, "iocage-failed", "cannot be asked".into()),
    ] {
        let told = format!("{output:?} {now:?}");
        let args = turned("start", "db", output, now);
        let (found, key, text) = error(&args, "startjail");
        assert_eq!((found, key, text), (code, None, &*sentence), "{told}");
    }
}

#[test]
fn what_was_so_already() {
    for (verb, now, stderr, word) in [
        ("start", Up, "db is already running!\n", "up"),
        ("stop", Down, "db is not running!\n", "down"),
        ("start", Up, "a word beside it\ndb is already running!\n", "up"),
    ] {
        let args = turned(verb, "db", failed(stderr), now);
        let answer = &args[format!("{verb}jail")];
        assert_eq!(answer, &json!({"db": {"INFO": format!(" db (db) is already {word}")}}), "{args}");
        let beside = if stderr.starts_with('a') { json!(["a word beside it"]) } else { json!(null) };
        assert_eq!(args.get("warnings").unwrap_or(&Value::Null), &beside);
    }
}

/// Of a name with a dot it prints either form, and no third.
#[test]
fn a_jail_goes_by_two_names() {
    for (line, is_its) in [("a.b", true), ("a_b", true), ("a-b", false), ("a", false), ("a.bc", false)] {
        let args = turned("start", "a.b", said(format!("* Starting {line}\n  + Starting services OK\n")), Up);
        assert_eq!(args["startjail"].get("error").is_none(), is_its, "{line}: {args}");
        let args = turned("start", "a.b", failed(format!("{line} is already running!\n")), Up);
        assert_eq!(args["startjail"].get("error").is_none(), is_its, "{line}: {args}");
    }
}
