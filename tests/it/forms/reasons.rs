//! The reason of a failure of the Python iocage: which of the lines it is, whatever
//! Python puts beside them, and what it is not. After bug reports of the real program.

use serde_json::{Value, json};

use super::asked::{about_db, error, python};
use crate::support::stand::{Said, failed, said};

const JAILS: &str = "db\t1.00x\tnone\tnone\t96K\t5.1G\nbase\t1.00x\tnone\tnone\t96K\t5.1G\n";

/// Python's report of a line that it could not write to iocage's log.
fn full_disk(line: &str) -> String {
    format!(
        "--- Logging error ---\nTraceback (most recent call last):\n  File \"/python3.11/logging/__init__.py\", \
         line 1114, in emit\n    self.flush()\nOSError: [Errno 28] No space left on device\nCall stack:\n  \
         File \"/usr/local/bin/iocage\", line 8, in <module>\n    sys.exit(cli())\nMessage: '{line}'\n\
         Arguments: ()\n"
    )
}

/// A warning, with the line of source that it is about.
const WARNING: &str = "/python3.12/site-packages/iocage_lib/ioc_list.py:249: SyntaxWarning: invalid escape sequence '\\W'\n  \
                       full_release = re.sub(\"\\W\\w.\", \"-\", full_release)\n";

fn down() -> Said {
    said("None\tdb\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n")
}

fn destroy(stderr: &str) -> Value {
    let question = Said { stderr: stderr.into(), exit: 1, ..said("\nAre you sure? [y/N]: ") };
    python(about_db("destroyjail"), [("df -lh", said(JAILS)), ("list -lh", down()), ("destroy db", question)])
}

fn property(stderr: &str) -> Value {
    let request = json!({"action": "getjailsettings", "jail": "db", "prop": "boot"});
    python(request, [("df -lh", said(JAILS)), ("get boot db", failed(stderr))])
}

#[test]
fn a_full_disk_is_told_once_and_is_no_reason() {
    let running = "Jail db is still running, please stop the jail first or destroy it with -f";
    let text = format!("This will destroy jail db\n{}{running}\n{}", full_disk("a"), full_disk("b"));
    let args = destroy(&text);
    assert_eq!(error(&args, "destroyjail"), ("jail-running", Some("jail"), running));
    let args = property(&format!("boot is not a valid property!\n{}", full_disk("x")));
    assert_eq!(error(&args, "getjailsettings").0, "unknown-property");
    let rows = Said { stderr: full_disk("a") + &full_disk("b"), ..down() };
    let args = python(json!({"action": "listjails"}), [("list -lh", rows)]);
    assert_eq!(args["listjails"]["db"]["state"], "down");
    let problems = args["problems"].as_array().cloned().unwrap_or_default();
    assert_eq!(problems.len(), 1, "{args}");
    assert!(problems[0].as_str().is_some_and(|text| text.contains("No space left on device")), "{args}");
    // Where the report is all that there is, it is told.
    let args = property(&full_disk("x"));
    assert!(error(&args, "getjailsettings").2.contains("No space left"), "{args}");
}

#[test]
fn an_exception_is_told_from_its_name_on() {
    let frame = "Traceback (most recent call last):\n  File \"/usr/local/bin/iocage\", line 8, in <module>\n    sys.exit(cli())\n";
    let usage = "usage:\n\tsnapshot [-r] ... <filesystem|volume>@<snap> ...\n\nFor the delegated permission list, run: zfs allow|unallow\n\n";
    let clone = json!({"action": "clonejail", "jail": "db", "props": "tag=api"});
    let zfs = "iocage_lib.zfs.ZFSException: cannot create snapshot 'tank/iocage/jails/db@x y': invalid character ' ' in name";
    let args = python(
        clone,
        [
            ("df -lh", said(JAILS)),
            ("list -lh", down()),
            ("clone db -n api", failed(format!("{frame}{zfs}\n{usage}"))),
        ],
    );
    assert_eq!(error(&args, "clonejail").2, zfs);
    let chained = format!(
        "{frame}KeyError: 'a'\n\nDuring handling of the above exception, another exception occurred:\n\n{frame}\
         RuntimeError: first line\nsecond line\n"
    );
    let args = property(&chained);
    assert_eq!(error(&args, "getjailsettings").2, "RuntimeError: first line; second line");
    let ignored = format!(
        "Exception ignored in: <function x at 0x1>\n{frame}TypeError: no\nboot is not a valid property!\n"
    );
    assert_eq!(error(&property(&ignored), "getjailsettings").0, "unknown-property");
}

#[test]
fn a_line_of_source_is_no_dependent() {
    let dependents = "\ndb has dependent jails (who may also have dependents), use --recursive to destroy: \n  api\n  mail\n\n";
    let args = destroy(&format!("{WARNING}\nThis will destroy jail db\n{dependents}"));
    assert_eq!(
        error(&args, "destroyjail"),
        ("has-dependents", Some("jail"), "jail db has dependents: api, mail")
    );
    let rows = Said { stderr: WARNING.repeat(2), ..down() };
    let args = python(json!({"action": "listjails"}), [("list -lh", rows)]);
    assert_eq!(args["problems"].as_array().map(Vec::len), Some(1), "{args}");
}

#[test]
fn corrupt_is_so_in_either_spelling_and_of_the_jail_itself() {
    for its in ["its", "it's"] {
        let text = |name: &str| {
            format!("{name} is missing {its} configuration, please destroy this jail and recreate it.\n")
        };
        let args = property(&text("db"));
        assert_eq!(error(&args, "getjailsettings").0, "corrupt-jail", "{args}");
        // It tells of other jails, too.
        let args = property(&format!("{}boot is odd\n", text("web")));
        assert_eq!(error(&args, "getjailsettings").0, "iocage-failed", "{args}");
    }
}

#[test]
fn notices_before_a_value_are_not_the_value() {
    let get = |prop: &str, text: &str| {
        let request = json!({"action": "getjailsettings", "jail": "db", "prop": prop});
        let command = format!("get {prop} db");
        python(request, [("df -lh", said(JAILS)), (&command, said(text))])
    };
    for notice in ["Stopping jail to migrate UUIDs.", "something that nobody has seen yet"] {
        let args = get("boot", &format!("{notice}\n0\n"));
        assert_eq!(args["getjailsettings"], json!({"db": {"boot": "0"}}));
        assert_eq!(args["problems"], json!([notice]));
    }
    let args = get("boot", "0\r\n");
    assert_eq!(args, json!({"getjailsettings": {"db": {"boot": "0"}}}));
    let args = get("notes", "one\ntwo\n");
    assert_eq!(args, json!({"getjailsettings": {"db": {"notes": "one\ntwo"}}}));
}

/// It prints its reasons there, too.
#[test]
fn a_reason_on_standard_output_is_one() {
    let args = python(
        about_db("startjail"),
        [
            ("df -lh", said(JAILS)),
            ("start db", said("INFO: db is a template jail, ignoring start request\n")),
            ("list -lh", down()),
        ],
    );
    let (code, _, text) = error(&args, "startjail");
    let told = "INFO: db is a template jail, ignoring start request; the jail is down";
    assert_eq!((code, text), ("not-done", told));
}

#[test]
fn nothing_but_a_complaint_is_not_no_jails() {
    let silent = |stderr: &str| Said { stderr: stderr.into(), ..said("") };
    for (stderr, is_empty) in [
        ("permission denied: /iocage\n", false),
        ("tank/iocage/jails/secret mountpoint is misconfigured. Please correct this.\n", true),
        ("", true),
    ] {
        let args = python(json!({"action": "listjails"}), [("list -lh", silent(stderr))]);
        let body = &args["listjails"];
        assert_eq!(body.get("error").is_none(), is_empty, "{args}");
        if !is_empty {
            assert!(error(&args, "listjails").2.contains("permission denied"), "{args}");
        }
    }
}

/// A step says so in its own words; both are steps that failed.
#[test]
fn a_step_that_says_error_is_a_warning() {
    for step in ["  + DHCP Address: ERROR, check jail logs", "  + Adding NAT FAILED"] {
        let output = format!("* Starting db\n  + Started OK\n{step}\n  + Starting services OK\n");
        let up = said("7\tdb\toff\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
        let commands = [("df -lh", said(JAILS)), ("start db", said(output)), ("list -lh", up)];
        let args = python(about_db("startjail"), commands);
        assert_eq!(args["warnings"], json!([step.trim()]), "{args}");
    }
}

/// The jail is there, and its rc never ran to its end: no start, and said so.
#[test]
fn a_start_that_broke_off_is_none() {
    let frame = "Traceback (most recent call last):\n  File \"x\", line 1, in y\n";
    for (stdout, stderr) in [
        ("* Starting db\n  + Started OK\n", format!("{frame}RuntimeError: cannot mount 'tank/x'\n")),
        ("* Starting db\n", "  + Starting services FAILED\nERROR:\nrc: no\n".to_owned()),
    ] {
        let output = Said { stderr, exit: 1, ..said(stdout) };
        let up = said("7\tdb\toff\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
        let commands = [("df -lh", said(JAILS)), ("start db", output), ("list -lh", up)];
        let args = python(about_db("startjail"), commands);
        let (code, key, text) = error(&args, "startjail");
        assert_eq!((code, key), ("iocage-failed", None), "{args}");
        assert!(text.contains("the jail is up now, but its services were not started"), "{text}");
    }
}

/// iocage cannot remove what the kernel holds; what was to come after it was left out.
#[test]
fn a_stop_that_broke_off_is_one_if_the_jail_is_down() {
    let output = Said {
        stderr: "  + Removing jail process FAILED:\njail: the deprecated parameter has no effect.\n\n".into(),
        exit: 1,
        ..said("* Stopping db\n  + Stopping services OK\n")
    };
    let commands = [("df -lh", said(JAILS)), ("stop db", output), ("list -lh", down())];
    let args = python(about_db("stopjail"), commands);
    let warnings = args["warnings"].to_string();
    assert!(args["stopjail"]["db"].get("* Stopping db").is_some(), "{args}");
    assert!(warnings.contains("Removing jail process FAILED") && warnings.contains("was not done"), "{args}");
}
