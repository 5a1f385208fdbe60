//! Rows of the recordings by name: which code an honest failure has, and the
//! rows in which iocage's exit status does not tell what came of it, or to which
//! the class does not let it come.

/// What the answer to a named row is.
pub enum Verdict {
    /// An error of this code, though iocage exits with 0 or another text says it.
    Fails(&'static str),
    /// An error of this code, and the command is not run.
    Refused(&'static str),
    /// This object.
    Answer(&'static str),
}

use Verdict::{Answer, Fails, Refused};

/// Failures that iocage tells of and that have another code than `iocage-failed`:
/// the code, the argument at fault, and the rows of all the recordings.
const CODES: &[(&str, Option<&str>, &[&str])] = &[
    (
        "unknown-pool",
        Some("pool"),
        &["activate-badpool-while-active", "activate-bad", "activate-badpool", "deactivate-badpool"],
    ),
    (
        "unknown-property",
        None,
        &[
            "clone-badprop",
            "clone-tagprop",
            "create-e-tag",
            "create-tag-prop",
            "create-unknown-prop",
            "create-badprop",
            "clone-unknown-prop",
        ],
    ),
    (
        "unknown-property",
        Some("prop"),
        &["get-rh-nosuch", "get-rh-tag", "get-unknown-prop", "get-nosuch", "get-state-test", "get-r-bogus"],
    ),
    ("tag-in-use", Some("props"), &["clone-dup", "create-duplicate-dot", "create-duplicate", "create-dup"]),
    ("unsupported", Some("jail"), &["clone-template", "start-template"]),
    ("corrupt-jail", None, &["corrupt-df-h", "missingconf-df-h"]),
    ("corrupt-jail", Some("jail"), &["corrupt-exec", "corrupt-get-a", "corrupt-get-vnet", "corrupt-start"]),
    ("illegal-value", Some("props"), &["create-bad-value"]),
    ("unknown-template", Some("props"), &["create-bad-template"]),
    (
        "unknown-release",
        Some("props"),
        &["create-no-release", "create-noargs-no-release", "create-bad-release", "create-after-clean-fr"],
    ),
    (
        "unknown-jail",
        Some("jail"),
        &[
            "destroy-f-unknown",
            "get-a-unknown-jail",
            "get-unknown-jail",
            "nopool-start-x",
            "start-unknown",
            "stop-unknown",
            "get-nojail",
        ],
    ),
    ("jail-running", Some("jail"), &["destroy-nof-running-y"]),
    (
        "has-dependents",
        Some("jail"),
        &["destroy-template-nof-y", "destroy-parent-of-clone", "destroy-template-with-clone"],
    ),
    ("unknown-user", Some("user"), &["exec-U-unknown-user", "exec-nouser"]),
    (
        "command-not-found",
        Some("command"),
        &[
            "exec-arg-version-long",
            "exec-missing-command-onearg",
            "exec-missing-command",
            "exec-hi-quoted-one-arg",
            "exec-missing-cmd-oldjexec",
        ],
    ),
    (
        "command-failed",
        Some("command"),
        &[
            "exec-doubledash-before-jail",
            "exec-false",
            "exec-nonzero-exit-3",
            "exec-nonzero-with-output",
            "exec-option-after-jail-p",
            "exec-fail",
            "exec-exit3",
            "exec-ls-missing",
            "exec-killed",
        ],
    ),
    ("jail-not-running", Some("jail"), &["exec-stopped", "exec-template", "exec-down", "exec-on-stopped"]),
    (
        "no-pool",
        None,
        &["no-zpools-at-all-list", "nopool-clean-fa", "nopool-clean-fj", "nopools-list", "nopools-activate"],
    ),
    ("pool-active", None, &["twopools-both-active-get-p"]),
];

/// File, row, what it means, why.
const NAMED: &[(&str, &str, Verdict, &str)] = &[
    ("python-1.13", "clone-badname-slash", Refused("illegal-value"), "the class takes plain words for names"),
    ("python-1.13", "clone-badname", Refused("illegal-value"), "the class takes plain words for names"),
    ("python-1.13", "create-bad-name", Refused("illegal-value"), "the class takes plain words for names"),
    ("python-1.13", "create-n-and-tag", Refused("illegal-value"), "the tag is the name, and given twice"),
    ("python-1.13", "create-name-default", Refused("illegal-value"), "a reserved word"),
    ("python-1.13", "create-noarg", Refused("illegal-value"), "neither release nor template"),
    ("python-1.13", "create-prop-no-equals", Refused("illegal-value"), "no name=value"),
    ("python-1.13", "create-r-equals", Refused("illegal-value"), "no plain word for a release"),
    (
        "python-1.13",
        "destroy-nof-n",
        Fails("not-done"),
        "exit 0 and nothing done: the question was answered with n",
    ),
    (
        "python-1.13",
        "get-last_started",
        Answer(r#"{"test": {"last_started": "none"}}"#),
        "it knows the property, but not of a jail that was never started",
    ),
    ("python-1.13", "set-memoryuse-down", Fails("not-done"), "exit 0, and no rule was set"),
    ("python-1.13", "start-name-containing-ALL", Refused("illegal-name"), "iocage takes it for every jail"),
    (
        "shell-2016-02-10",
        "twopools-activate-tank",
        Refused("pool-active"),
        "exit 0 and silence, and nothing works any more with two",
    ),
    ("shell-2016-02-10", "twopools-both-active-list", Fails("pool-active"), "said in words of the class"),
    ("shell-2016-02-10", "twopools-both-active-get", Fails("pool-active"), "said in words of the class"),
    ("shell-2016-02-10", "create-bad-switch", Refused("illegal-switch"), "no switch of the class"),
    ("shell-2016-02-10", "create-bare-word", Refused("illegal-value"), "no name=value"),
    ("shell-2016-02-10", "create-tag-spaces", Refused("illegal-value"), "iocage makes a path of it"),
    ("shell-2016-02-10", "create-e-tag-slash", Refused("illegal-value"), "iocage makes a path of it"),
    ("shell-2016-02-10", "cap-rctl-fails", Fails("iocage-failed"), "exit 0, and FAILED on standard output"),
    (
        "shell-2016-02-10",
        "create-tag-default",
        Refused("illegal-value"),
        "iocage would make another tag of it",
    ),
    (
        "shell-2016-02-10",
        "create-e-tag-empty",
        Refused("illegal-value"),
        "iocage would make another tag of it",
    ),
    ("shell-2016-02-10", "create-e-tag-caret", Refused("illegal-value"), "a value that a shell acts upon"),
    ("shell-2016-02-10", "inject-create-tag", Refused("illegal-value"), "a value that a shell acts upon"),
    (
        "shell-1.7.6",
        "twopools-activate-tank",
        Refused("pool-active"),
        "exit 0 and silence, and nothing works any more with two",
    ),
    ("shell-1.7.6", "twopools-both-active-list", Fails("pool-active"), "said in words of the class"),
    ("shell-1.7.6", "twopools-both-active-get", Fails("pool-active"), "said in words of the class"),
    ("shell-1.7.6", "create-bad-switch", Refused("illegal-switch"), "no switch of the class"),
    ("shell-1.7.6", "create-bare-word", Refused("illegal-value"), "no name=value"),
    ("shell-1.7.6", "create-tag-spaces", Refused("illegal-value"), "iocage makes a path of it"),
    ("shell-1.7.6", "create-e-tag-slash", Refused("illegal-value"), "iocage makes a path of it"),
    ("shell-1.7.6", "cap-rctl-fails", Fails("iocage-failed"), "exit 0, and FAILED on standard output"),
    ("shell-1.7.6", "create-tag-default", Refused("illegal-value"), "iocage would make another tag of it"),
    ("shell-1.7.6", "create-e-tag-empty", Refused("illegal-value"), "iocage would make another tag of it"),
    ("shell-1.7.6", "create-e-tag-caret", Refused("illegal-value"), "a value that a shell acts upon"),
    ("shell-1.7.6", "inject-create-tag", Refused("illegal-value"), "a value that a shell acts upon"),
    (
        "shell-2016-02-10",
        "create-unknown-prop",
        Refused("unknown-property"),
        "no property of this generation",
    ),
    ("shell-2016-02-10", "clone-unknown-prop", Refused("unknown-property"), "no property of this generation"),
    (
        "shell-1.7.6",
        "create-unknown-prop",
        Refused("unknown-property"),
        "exit 0: iocage takes it for a variable of its own",
    ),
    (
        "shell-1.7.6",
        "clone-unknown-prop",
        Refused("unknown-property"),
        "exit 0: iocage takes it for a variable of its own",
    ),
    ("shell-2016-02-10", "destroy-nof-eof", Fails("not-done"), "exit 0: not confirmed"),
    ("shell-2016-02-10", "clean-fr-running", Fails("iocage-failed"), "exit 0 although a dataset is busy"),
    ("shell-1.7.6", "activate-badpool", Fails("unknown-pool"), "exit 0, told on standard error"),
    ("shell-1.7.6", "deactivate-badpool", Fails("unknown-pool"), "exit 0, told on standard error"),
    (
        "shell-1.7.6",
        "set-istemplate-running-prep",
        Fails("not-done"),
        "exit 0 and silence, and not started: it is a template",
    ),
    (
        "shell-1.7.6",
        "start-template",
        Fails("not-done"),
        "exit 0 and silence, and not started: it is a template",
    ),
    (
        "shell-1.7.6",
        "clean-j-y",
        Fails("not-done"),
        "in answer to a question that the class is not asked: no `done!`",
    ),
    (
        "shell-1.7.6",
        "clean-a-y",
        Fails("not-done"),
        "in answer to a question that the class is not asked: no `done!`",
    ),
    ("shell-1.7.6", "start-prestart-fails", Fails("iocage-failed"), "exit 0 after `! Start FAILED`"),
];

/// The code and the argument at fault of a row that failed.
pub fn code(id: &str) -> (&'static str, Option<&'static str>) {
    let known = CODES.iter().find(|(.., rows)| rows.contains(&id));
    known.map_or(("iocage-failed", None), |(code, key, _)| (code, *key))
}

/// What a named row means, and why.
pub fn verdict(file: &str, id: &str) -> Option<(&'static Verdict, &'static str)> {
    NAMED.iter().find(|(of, row, ..)| *of == file && *row == id).map(|(_, _, verdict, why)| (verdict, *why))
}

/// The rows of a file that are named.
pub fn ids(file: &str) -> impl Iterator<Item = &'static str> {
    NAMED.iter().filter(move |(of, ..)| *of == file).map(|(_, id, ..)| *id)
}
