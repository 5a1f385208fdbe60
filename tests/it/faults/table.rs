//! The faults, and what the class may make of each.

use Wait::{Again, Deadline, Grace, Once, Upto, Work};

/// How long the answer may take, beside what a busy machine needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// No time limit has to pass.
    Once,
    /// Likewise, but a build without optimisation has a lot to read.
    Work,
    /// The time limit passes, and TERM is enough.
    Deadline,
    /// So does each call after it: the time limit passes, and for a look at what
    /// was left behind once more.
    Again,
    /// The time limit passes, and the grace.
    Grace,
    /// The time limit may pass.
    Upto,
}

/// A fault, and what may be answered by the sort of command that has it: `=` is
/// the same as without the fault, `+` another success, anything else a code.
#[derive(Clone, Copy)]
pub struct Fault {
    /// In the plan's words.
    pub name: &'static str,
    /// The places in the output at which it is tried.
    pub places: &'static [&'static str],
    /// How long the answer takes.
    pub wait: Wait,
    /// Of a command of the shell iocage that tells something, asked by the action or
    /// on the way to it; of one that changes something; of one in a jail, whose
    /// output and failures are its own.
    pub shell: Answers,
    /// Of the Python iocage, likewise.
    pub python: Answers,
}

type Answers = [&'static [&'static str]; 3];

const fn fault(name: &'static str, places: &'static [&'static str], wait: Wait, answers: Answers) -> Fault {
    Fault { name, places, wait, shell: answers, python: answers }
}

impl Fault {
    /// The Python iocage has its ways: a table without rows is empty output, one
    /// broken jail fails `df`, for which `list` stands in, its exit status is honest
    /// where it says that it failed, and what is on standard error beside a success
    /// is a warning. A command in a jail whose shell did not come to tell its status
    /// is iocage's failure.
    const fn python(self, python: Answers) -> Fault {
        Fault { python, ..self }
    }
}

const EVERYWHERE: &[&str] = &["before", "within", "after"];
const WITHIN: &[&str] = &["within"];
const ONCE: &[&str] = &["after"];

const KILLED: [&[&str]; 3] = [&["killed"]; 3];
const TIMED_OUT: [&[&str]; 3] = [&["timed-out"]; 3];
const THE_SAME: [&[&str]; 3] = [&["="]; 3];
const NOT_STARTED: [&[&str]; 3] = [&["cannot-start"]; 3];

/// What stands in the program's place where it is not itself, as `name of the
/// fault, text, mode`; no text is no file.
pub const IN_ITS_PLACE: [(&str, Option<&str>, u32); 5] = [
    ("missing", None, 0),
    ("not executable", Some("#!/bin/sh\nexit 0\n"), 0o644),
    ("no interpreter", Some("#!/nonexistent/sh\nexit 0\n"), 0o755),
    ("no program", Some("exit 0\n"), 0o755),
    ("hollow", Some(""), 0o755),
];

/// It cannot be started: the names are those of [`IN_ITS_PLACE`].
pub const STARTS: [Fault; 5] = [
    fault("missing", ONCE, Once, NOT_STARTED),
    fault("not executable", ONCE, Once, NOT_STARTED),
    fault("no interpreter", ONCE, Once, NOT_STARTED),
    fault("no program", ONCE, Once, NOT_STARTED),
    fault("hollow", ONCE, Once, NOT_STARTED),
];

/// It dies of a signal: of each that ends a process and has one number everywhere;
/// of HUP, ABRT, KILL, SEGV, PIPE, TERM at each place.
pub const SIGNALS: [Fault; 19] = [
    fault("signal:1", EVERYWHERE, Once, KILLED),
    fault("signal:6", EVERYWHERE, Once, KILLED),
    fault("signal:9", EVERYWHERE, Once, KILLED),
    fault("signal:11", EVERYWHERE, Once, KILLED),
    fault("signal:13", EVERYWHERE, Once, KILLED),
    fault("signal:15", EVERYWHERE, Once, KILLED),
    fault("signal:2", WITHIN, Once, KILLED),
    fault("signal:3", WITHIN, Once, KILLED),
    fault("signal:4", WITHIN, Once, KILLED),
    fault("signal:5", WITHIN, Once, KILLED),
    fault("signal:7", WITHIN, Once, KILLED),
    fault("signal:8", WITHIN, Once, KILLED),
    fault("signal:10", WITHIN, Once, KILLED),
    fault("signal:12", WITHIN, Once, KILLED),
    fault("signal:14", WITHIN, Once, KILLED),
    fault("signal:24", WITHIN, Once, KILLED),
    fault("signal:25", WITHIN, Once, KILLED),
    fault("signal:26", WITHIN, Once, KILLED),
    fault("signal:27", WITHIN, Once, KILLED),
];

/// It does not end.
pub const HANGS: [Fault; 7] = [
    fault("hang", EVERYWHERE, Deadline, TIMED_OUT),
    fault("crowd", ONCE, Deadline, TIMED_OUT),
    fault("hang", WITHIN, Again, TIMED_OUT),
    fault("deaf", EVERYWHERE, Grace, TIMED_OUT),
    fault("drip", EVERYWHERE, Deadline, TIMED_OUT),
    fault("closed", EVERYWHERE, Deadline, TIMED_OUT),
    fault(
        "flood",
        ONCE,
        Upto,
        [
            &["timed-out", "unexpected-output"],
            // A pool is activated in silence, and asked for afterwards; a jail that
            // is made says so in the line before the flood.
            &["timed-out", "unexpected-output", "not-done", "=", "+"],
            &["timed-out", "+"],
        ],
    ),
];

/// What it prints is not what it should, or its exit status is another.
pub const OUTPUTS: [Fault; 9] = [
    fault("exit:1", ONCE, Once, [&["iocage-failed"], &["iocage-failed"], &["command-failed"]]).python(FAILED),
    fault("exit:255", EVERYWHERE, Once, [&["iocage-failed"], &["iocage-failed"], &["command-failed"]])
        .python(FAILED),
    fault("empty", ONCE, Once, [&["unexpected-output"], &["not-done", "="], &["+"]]).python([
        // A table without rows is a machine without jails.
        &["+", "=", "not-done", "unknown-jail", "unknown-release", "unexpected-output"],
        &["not-done", "="],
        &["not-done"],
    ]),
    fault("say", ONCE, Once, [&["="], &["=", "iocage-failed"], &["="]]).python(THE_SAME),
    // Beside rows it is about one of them, and a jail that is up is up.
    fault("complain", ONCE, Once, [&["iocage-failed", "="], &["iocage-failed", "="], &["="]])
        .python(THE_SAME),
    fault("unended", ONCE, Once, THE_SAME),
    // A value is as it is printed, to its last character.
    fault("crlf", ONCE, Once, THE_SAME).python([&["=", "+", "illegal-value"], &["="], &["="]]),
    fault("nul", &["before"], Once, STRANGE).python(STRANGE_PYTHON),
    fault("bytes", &["before"], Once, STRANGE).python(STRANGE_PYTHON),
];

/// A start or stop is judged by where the jail is then, and the status a warning.
const FAILED: Answers = [&["=", "iocage-failed"], &["iocage-failed", "=", "+"], &["iocage-failed"]];
/// The active pool is a line alone.
const STRANGE_PYTHON: Answers = [&["=", "unexpected-output"], &["=", "+", "unexpected-output"], &["+"]];

/// A line of its own that is not text, or has no end, before all others.
const STRANGE: [&[&str]; 3] = [&["="], &["=", "+", "unexpected-output"], &["+"]];

/// A line of 10 MB.
pub const LONG: [Fault; 1] = [fault("long", &["before"], Work, STRANGE).python(STRANGE_PYTHON)];

/// What is not text in the middle of its own, where a row or a word may be lost
/// to it, and behind.
pub const STRANGE_WITHIN: [Fault; 2] = {
    const ODD: Answers = [
        // The pool that is named may be none.
        &[
            "=",
            "+",
            "illegal-value",
            "not-done",
            "pool-active",
            "unexpected-output",
            "unknown-jail",
            "unknown-release",
        ],
        &["=", "+", "not-done", "unexpected-output"],
        &["+"],
    ];
    const PLACES: &[&str] = &["within", "after"];
    [fault("nul", PLACES, Once, ODD), fault("bytes", PLACES, Once, ODD)]
};

/// It does well and is not like others: it closes its streams and goes on for a
/// while, or leaves a process behind that holds them.
pub const DAEMONS: [Fault; 3] = [
    // Whose standard error is closed cannot tell the command's status.
    fault("closed:300", ONCE, Once, THE_SAME).python([&["="], &["="], &["iocage-failed"]]),
    fault("daemon", EVERYWHERE, Once, THE_SAME),
    fault("session", EVERYWHERE, Once, THE_SAME),
];
