//! The manual page `sysadm-iocage.7`, in mdoc: the same in brief, one example an
//! action.

use std::fmt::Write;

use sysadm_iocage::config::KEYS;

use super::entry::{Entry, codes};
use super::markdown::further_columns;
use super::played::GENERATIONS;
use super::text::{abridged, capital};

/// The day on which its own sentences were last changed.
const DATE: &str = "November 26, 2026";

pub(super) fn render(entries: &[Entry]) -> String {
    let mut out = format!(
        ".\\\" Made by the test `reference` from the table of actions; do not edit it.\n.Dd {DATE}\n{HEAD}"
    );
    for entry in entries {
        action(entry, &mut out);
    }
    out.push_str(EXAMPLES);
    for entry in entries {
        examples(entry, &mut out);
    }
    out.push_str(ERRORS);
    for (code, meaning, _) in codes(entries) {
        let _ = writeln!(out, ".It Er {}\n{}.", word(code), line(&capital(meaning)));
    }
    out.push_str(
        ".El\n.Sh CONFIGURATION\nA JSON object, given when an instance is made.\nOther keys are errors.\n",
    );
    out.push_str(".Bl -tag -width max_output\n");
    for (key, default, meaning) in KEYS {
        let _ = writeln!(
            out,
            ".It Cm {}\n{}.\nDefault:\n.Ql {}",
            word(key),
            line(&capital(meaning)),
            word(default)
        );
    }
    out.push_str(FOOT);
    out
}

const HEAD: &str = "\
.Dt SYSADM-IOCAGE 7
.Os
.Sh NAME
.Nm sysadm-iocage
.Nd class sysadm/iocage: jails, driven through iocage, for a sysadm-style host
.Sh SYNOPSIS
.Pa libsysadm_iocage.so
.Sh DESCRIPTION
.Nm
is a module that a host loads into its process.
The host hands it the args of a request, a JSON object with the key
.Cm action
and the keys of that action, and gets the args of the response.
The module runs
.Xr iocage 8 ,
of the shell generation or of the Python one, on the thread of the caller.
.Pp
Names are compared with case.
A jail is named by its UUID, its tag or its name, and found by equality before
.Xr iocage 8
is given its full name.
Keys take text, if no other type is given.
.Pp
Who has full access is root on the host: properties such as
.Cm exec_prestart ,
the mounts and
.Cm jail_zfs_dataset
are what the host runs, mounts and gives away for a jail.
Who has limited access can read every property of every jail.
The configuration can take actions, properties and kinds of them away from
everybody.
.Sh ACTIONS
The shape of what stands under the action's name in the answer is given at the
end of each: <...> is any text, <boolean> true or false, a key <...> any number
of keys, and a key that ends in ? need not be there.
.Bl -tag -width Ds
";

const EXAMPLES: &str = "\
.El
.Sh EXAMPLES
The requests were played on simulated machines of both generations.
What was run is preceded by the generation's name.
";

const ERRORS: &str = "\
.Sh DIAGNOSTICS
An error is an object with
.Cm code ,
.Cm error
and, where they apply,
.Cm key , exit , signal , stderr
and
.Cm stdout ,
under the action's name.
The codes are:
.Bl -tag -width Er
";

const FOOT: &str = "\
.El
.Sh SEE ALSO
.Xr sysadm_class 3 ,
.Xr iocage 8 ,
.Xr jail 8 ,
.Xr zfs 8
.Sh CAVEATS
The module was developed and tested on simulated machines.
It compiles and links for
.Fx ,
and has not run there.
";

fn action(entry: &Entry, out: &mut String) {
    let action = entry.action;
    let _ = writeln!(
        out,
        ".It Cm {}\n{}.\nNeeds {} access.",
        action.name(),
        line(&capital(action.summary())),
        action.access().word()
    );
    for (column, value) in further_columns(action) {
        let _ = writeln!(out, "{}: {}.", capital(&column), line(&value));
    }
    out.push_str(".Bl -tag -width switches -compact\n");
    for key in action.params() {
        let kind = match key.type_word() {
            "string" => String::new(),
            other => format!("\n.Pq {other}"),
        };
        let needed = if key.is_required() { "\n.Pq required" } else { "" };
        let _ =
            writeln!(out, ".It Cm {}\n{}.{needed}{kind}", word(key.name()), line(&capital(key.summary())));
    }
    out.push_str(".El\n.Pp\n");
    let mut shapes: Vec<_> = entry.examples.iter().map(|(example, _)| example.shape).collect();
    shapes.dedup();
    literal(out, shapes.into_iter().map(str::to_owned));
}

/// The first example of an action.
fn examples(entry: &Entry, out: &mut String) {
    let (example, played) = &entry.examples[0];
    let _ = writeln!(out, ".Ss {}", entry.action.name());
    let mut lines = vec![example.args.to_owned(), String::new()];
    for (generation, played) in GENERATIONS.iter().zip(played) {
        let name = generation.name.split(' ').next().unwrap_or_default();
        lines.extend(played.calls.iter().map(|call| format!("{name}: {call}")));
    }
    lines.push(String::new());
    lines.extend(abridged(&played[0].answer));
    literal(out, lines.into_iter());
}

fn literal(out: &mut String, lines: impl Iterator<Item = String>) {
    out.push_str(".Bd -literal -compact\n");
    for text in lines.collect::<Vec<_>>().join("\n").lines() {
        let _ = writeln!(out, "{}", line(text));
    }
    out.push_str(".Ed\n");
}

/// Text as a line of its own.
fn line(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('`', "\\(ga").replace('\n', " ");
    let text = text.replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// Text as one argument of a macro.
fn word(text: &str) -> String {
    format!("\"{}\"", line(text).replace('"', "\\(dq"))
}
