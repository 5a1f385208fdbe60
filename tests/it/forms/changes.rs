//! What the Python iocage says of changes, and what it does not.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::asked::{about_db, error, python, sent, with};
use crate::support::stand::{Said, failed, said};

const JAILS: &str = "db\t1.00x\tnone\tnone\t96K\t5.1G\na.b\t1.00x\tnone\tnone\t96K\t5.1G\n";
const OTHERS: &str = "a.b\t1.00x\tnone\tnone\t96K\t5.1G\n";

fn list(state: &str) -> Said {
    let row = |name| format!("7\t{name}\toff\t{state}\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
    said(row("db") + &row("a.b"))
}

#[test]
fn start_and_stop() {
    for (verb, output, state, lines, warnings) in [
        (
            "start",
            with("* Starting db\n  + Started OK\n", "", 0),
            "up",
            json!({"* Starting db": "", "+ Started OK": ""}),
            json!(null),
        ),
        (
            "start",
            with("", "db is already running!\n", 1),
            "up",
            json!({"INFO": " db (db) is already up"}),
            json!(null),
        ),
        (
            "stop",
            with("", "db is not running!\n", 0),
            "down",
            json!({"INFO": " db (db) is already down"}),
            json!(null),
        ),
        // A step fails, and the jail is up all the same.
        (
            "start",
            with("* Starting db\n  + Starting services OK\n", "  + Setting up DHCP FAILED\n", 1),
            "up",
            json!({"* Starting db": "", "+ Starting services OK": ""}),
            json!(["+ Setting up DHCP FAILED"]),
        ),
        (
            "stop",
            with("* Stopping db\n  + Tearing down VNET FAILED\n", "", 0),
            "down",
            json!({"* Stopping db": "", "+ Tearing down VNET FAILED": ""}),
            json!(["+ Tearing down VNET FAILED"]),
        ),
    ] {
        let action = format!("{verb}jail");
        let command = format!("{verb} db");
        let mut commands = vec![("df -lh".to_owned(), vec![said(JAILS)]), (command, vec![output])];
        commands.push(("list -lh".to_owned(), vec![list(state)]));
        let args = sent(Generation::Python, &about_db(&action), commands);
        assert_eq!((&args[&action]["db"], &args["warnings"]), (&lines, &warnings), "{args}");
    }
}

#[test]
fn a_start_that_failed() {
    for (output, code, sentence) in [
        (
            with("* Starting db\n", "  + Start FAILED\njail: db: no interface\n", 1),
            "iocage-failed",
            "+ Start FAILED; jail: db: no interface; the jail is down now",
        ),
        // It goes on no further, with 0, and none of the words that a step has.
        (
            with("* Starting db\n", "db devfs_ruleset 99 does not exist! - Not starting jail\n", 0),
            "not-done",
            "db devfs_ruleset 99 does not exist! - Not starting jail; the jail is down now",
        ),
        (
            with("", "db hostid is not matching - Not starting jail\n", 0),
            "not-done",
            "db hostid is not matching - Not starting jail; the jail is down",
        ),
        (with("", "", 0), "not-done", "iocage did not do it, and did not say why; the jail is down"),
        (
            failed("Please convert back to a jail before trying to start db\n"),
            "unsupported",
            "Please convert back to a jail before trying to start db; the jail is down",
        ),
    ] {
        let commands = [("df -lh", said(JAILS)), ("start db", output), ("list -lh", list("down"))];
        let args = python(about_db("startjail"), commands);
        let (told, _, text) = error(&args, "startjail");
        assert_eq!((told, text), (code, sentence));
    }
}

/// It was up before, or somebody else did it: this start did nothing.
#[test]
fn a_start_that_nobody_saw_is_none_though_the_jail_is_up() {
    let output = with("", "db hostid is not matching - Not starting jail\n", 0);
    let args = python(
        about_db("startjail"),
        [("df -lh", said(JAILS)), ("start db", output), ("list -lh", list("up"))],
    );
    let (code, _, text) = error(&args, "startjail");
    assert!(code == "not-done" && text.ends_with("; the jail is up"), "{args}");
}

#[test]
fn a_failure_is_told_also_where_the_state_is_not_known() {
    let broken = || failed("Traceback (most recent call last):\nKeyError: 'host_hostuuid'\n");
    let commands =
        [("df -lh", said(JAILS)), ("start db", failed("  + Start FAILED\n")), ("list -lh", broken())];
    let args = python(about_db("startjail"), commands);
    let (code, _, text) = error(&args, "startjail");
    let told = "+ Start FAILED; whether the jail is up is not known: KeyError: 'host_hostuuid'";
    assert_eq!((code, text), ("iocage-failed", told));
}

#[test]
fn a_name_with_a_dot_is_told_with_an_underscore() {
    let request = |action: &str| json!({"action": action, "jail": "a.b"});
    let args = python(
        request("startjail"),
        [
            ("df -lh", said(JAILS)),
            ("start a.b", failed("a_b is already running!\n")),
            ("list -lh", list("up")),
        ],
    );
    assert_eq!(args["startjail"], json!({"a.b": {"INFO": " a.b (a.b) is already up"}}));
    let args = python(
        request("stopjail"),
        [
            ("df -lh", said(JAILS)),
            ("stop a.b", with("", "a_b is not running!\n", 0)),
            ("list -lh", list("down")),
        ],
    );
    assert_eq!(args["stopjail"], json!({"a.b": {"INFO": " a.b (a.b) is already down"}}));
    // Another jail's state is not this one's.
    let other = with("", "x a_b is not running!\n", 0);
    let args =
        python(request("stopjail"), [("df -lh", said(JAILS)), ("stop a.b", other), ("list -lh", list("up"))]);
    assert_eq!(error(&args, "stopjail").0, "not-done");
}

#[test]
fn create_and_clone() {
    let create = |props: &str| json!({"action": "createjail", "props": props});
    let releases = || ("list -rh", said("13.5-RELEASE\n14.3-RELEASE\n"));
    let created =
        "Missing default rc.conf, creating it\nn_1 successfully created!\nn_2 successfully created!\n";
    let args = python(
        create("tag=n count=2 release=14.3-RELEASE"),
        [releases(), ("df -lh", said(JAILS)), ("create -r 14.3-RELEASE -n n -c 2", said(created))],
    );
    assert_eq!(args["createjail"]["success"], json!({"Successfully created": " n_2 (n_2)"}));
    assert_eq!(
        args["warnings"],
        json!(["Successfully created: n_1 (n_1)", "Successfully created: n_2 (n_2)"])
    );

    // A download draws its progress, and the name may come in the same line.
    let fetched = "Fetching: 14.2-RELEASE\n\u{1b}[2K\rbase.txz [#####     ] 50%\r\u{1b}[2K\rbase.txz [##########] 100%\r\n\
                   \u{1b}[2K\rnew successfully created!\n* Starting new\n";
    let mut request = create("tag=new release=14.2-RELEASE");
    request["fetch"] = json!(true);
    let args = python(request, [("df -lh", said(JAILS)), ("create -r 14.2-RELEASE -n new", said(fetched))]);
    let lines =
        json!({"* Starting new": "", "Fetching": " 14.2-RELEASE", "Successfully created": " new (new)"});
    assert_eq!(args["createjail"]["success"], lines);

    let args = python(create("tag=new release=9.9-RELEASE"), [releases()]);
    assert_eq!(error(&args, "createjail").0, "unknown-release");
    let args = python(create("tag=a_b release=14.3-RELEASE"), [releases(), ("df -lh", said(JAILS))]);
    assert_eq!(error(&args, "createjail").0, "tag-in-use");

    let empty = json!({"action": "createjail", "props": "tag=e", "switches": "-e"});
    let warned =
        Said { stderr: "dhcp requires vnet, enabling!\n".into(), ..said("e successfully created!\n") };
    let args = python(empty, [("df -lh", said(JAILS)), ("create -e -n e", warned)]);
    assert_eq!(args["createjail"]["success"], json!({"uuid": "e"}));
    assert_eq!(args["warnings"], json!(["dhcp requires vnet, enabling!"]));

    let clone = json!({"action": "clonejail", "jail": "db", "props": "tag=new"});
    let commands =
        |output| [("df -lh", said(JAILS)), ("list -lh", list("down")), ("clone db -n new", output)];
    let args = python(clone.clone(), commands(said("new successfully cloned!\n")));
    assert_eq!(args["clonejail"]["success"], json!({"Successfully created": " new (new)"}));
    for (stderr, code, key) in [
        (
            "You cannot clone a template, use create -t instead.\ncannot open 't/db': dataset does not exist\n",
            "unsupported",
            Some("jail"),
        ),
        ("Jail: new already exists!\nno snapshots destroyed\n", "tag-in-use", Some("props")),
        (
            "x is not a valid property!\ncannot destroy 't@n': dataset does not exist\n",
            "unknown-property",
            None,
        ),
        ("banana is not a valid value for ip4.\nValue must be new\n", "illegal-value", Some("props")),
        ("Please provide a valid ip: 4 octets in 'x'\n", "illegal-value", Some("props")),
        ("cannot open 't/db': dataset does not exist\n", "iocage-failed", None),
    ] {
        let args = python(clone.clone(), commands(failed(stderr)));
        let (told, at_fault, _) = error(&args, "clonejail");
        assert_eq!((told, at_fault), (code, key), "{stderr}");
    }
    let running = [("df -lh", said(JAILS)), ("list -lh", list("up"))];
    assert_eq!(error(&python(clone, running), "clonejail").0, "jail-running");
}

#[test]
fn what_a_failed_create_left_is_told() {
    let args = sent(
        Generation::Python,
        &json!({"action": "createjail", "props": "tag=new template=base"}),
        vec![
            (
                "df -lh".to_owned(),
                vec![said(JAILS), said(format!("{JAILS}new\t1.00x\tnone\tnone\t9K\t5G\n"))],
            ),
            ("create -t base -n new".to_owned(), vec![failed("  + Start FAILED\n")]),
        ],
    );
    let (code, _, text) = error(&args, "createjail");
    assert_eq!((code, text), ("iocage-failed", "+ Start FAILED; it left the jail new (new) behind"));
}

#[test]
fn destroy() {
    let question = "\nAre you sure? [y/N]: ";
    let warning = "\nThis will destroy jail db\n";
    let destroy = |after: &str, output: Said, snapshots: &str| {
        sent(
            Generation::Python,
            &about_db("destroyjail"),
            vec![
                ("df -lh".to_owned(), vec![said(JAILS), said(JAILS), said(after)]),
                ("list -lh".to_owned(), vec![list("down")]),
                ("destroy db".to_owned(), vec![output]),
                ("get -p".to_owned(), vec![said("tank\n")]),
                ("zfs list*".to_owned(), vec![said(snapshots)]),
            ],
        )
    };
    let done = || with(&format!("{question}Destroying db\n"), warning, 0);
    let args = destroy(OTHERS, done(), "tank/iocage/jails/a.b@x\n");
    assert_eq!(args, json!({"destroyjail": {"success": {"Destroying": " db"}}}));
    // What another one has destroyed meanwhile is not this one's doing.
    let args = destroy("", done(), "tank/iocage/releases/r/root@db\n");
    let warnings: Vec<_> = args["warnings"].as_array().into_iter().flatten().map(Value::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("r/root@db is left"), "{args}");
    assert_eq!(error(&destroy(JAILS, done(), ""), "destroyjail").0, "not-done");
    for (stderr, exit, code, sentence) in [
        (
            "Jail db is still running, please stop the jail first or destroy it with -f\n",
            1,
            "jail-running",
            "Jail db is still running, please stop the jail first or destroy it with -f",
        ),
        (
            "\ndb has dependent jails (who may also have dependents), use --recursive to destroy: \n  web\n  ftp\n\n",
            1,
            "has-dependents",
            "jail db has dependents: web, ftp",
        ),
        ("Aborted!\n", 1, "iocage-failed", "Aborted!"),
        ("", 0, "not-done", "iocage did not do it, and did not say why"),
    ] {
        let output = with(question, &format!("{warning}{stderr}"), exit);
        let args = destroy(JAILS, output, "");
        let (told, _, text) = error(&args, "destroyjail");
        assert_eq!((told, text), (code, sentence));
    }
}

#[test]
fn limits() {
    let properties = "boot:0\ncputime:off\nmemoryuse:deny=1g\npcpu:deny=50\nvnet:0\n";
    let cap = |properties: &str, pcpu: Said| {
        python(
            about_db("capjail"),
            [
                ("df -lh", said(JAILS)),
                ("list -lh", list("up")),
                ("get all db", said(properties)),
                (
                    "set memoryuse=deny=1g db",
                    said("memoryuse: deny=1g -> deny=1g\nSuccessfully set RCTL rule for memoryuse\n"),
                ),
                ("set pcpu=deny=50 db", pcpu),
            ],
        )
    };
    let args = cap(properties, said("Successfully set RCTL rule for pcpu\n"));
    assert_eq!(
        args["capjail"],
        json!({"applied": ["memoryuse=deny=1g", "pcpu=deny=50"], "success": "jail db capped."})
    );
    let args = cap(
        properties,
        with("pcpu: deny=50 -> deny=50\nFailed to set RCTL rule for pcpu\n", "a warning\n", 0),
    );
    let (code, _, text) = error(&args, "capjail");
    assert_eq!(code, "not-done");
    for part in ["pcpu=deny=50 was not applied", "a warning", "Failed to set", "before it: memoryuse=deny=1g"]
    {
        assert!(text.contains(part), "{text}");
    }
    let args = cap("memoryuse:8G:log\n", said(""));
    assert_eq!(error(&args, "capjail").0, "illegal-value");
    let args = python(about_db("capjail"), [("df -lh", said(JAILS)), ("list -lh", list("down"))]);
    assert_eq!(error(&args, "capjail").0, "jail-not-running");
}

#[test]
fn commands_in_a_jail() {
    let request = json!({"action": "execjail", "jail": "db", "user": "root", "command": "echo hi"});
    let run = |output: Said| {
        python(
            request.clone(),
            [
                ("df -lh", said(JAILS)),
                ("exec -U root db -- echo hi", output),
                ("list -lh", said("-\tdb\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n")),
                ("list -tlh", said("")),
            ],
        )
    };
    let ran = |stdout: &str, stderr: &str, status| Said { status: Some(status), ..with(stdout, stderr, 0) };
    let args = run(ran("hi: there\n\n a\n", "noise\n", 0));
    assert_eq!(args["execjail"]["success"], json!({" a": "", "hi": " there"}));
    let banner = "****************\nmount -t fdescfs null /dev/fd\nfdescfs /dev/fd  fdescfs  rw  0  0\n****************\n\n";
    let of_banner = "fdescfs(5) is not mounted, it may be slow.\nYou can also permanently mount it:\n";
    let args = run(ran(&format!("{banner}Creating tank/iocage\n"), &format!("{of_banner}x"), 0));
    assert_eq!(args["execjail"]["success"], json!({"Creating tank/iocage": ""}), "that is the command's");
    let args = run(ran(&format!("{banner}out\n"), &format!("{of_banner}err\n"), 3));
    let answer = &args["execjail"];
    assert_eq!((error(&args, "execjail").0, &answer["exit"]), ("command-failed", &json!(3)));
    assert_eq!((&answer["stdout"], &answer["stderr"]), (&json!("out\n"), &json!("err\n")));
    for (output, code, key) in [
        (ran("", "sh: echo: not found\n", 127), "command-not-found", "command"),
        (ran("", "mine\n", 127), "command-failed", "command"),
        (failed("jexec: root: no such user\nCommand: /bin/sh -c x failed!\n"), "unknown-user", "user"),
        (
            failed("jexec: execvp: /bin/sh: No such file\nCommand: /bin/sh -c x failed!\n"),
            "command-not-found",
            "command",
        ),
        (failed("db is not running! Please supply --force\n"), "jail-not-running", "jail"),
        // What the inside of the jail may have said as well chooses no code.
        (failed("db2 is not running! Please supply --force\n"), "iocage-failed", ""),
        (failed("db has a corrupt configuration, x\n"), "iocage-failed", ""),
        // It is there and does not run.
        (failed("jail 'db' not found!\n"), "jail-not-running", "jail"),
        (failed("jexec: nobody: no such user\n"), "iocage-failed", ""),
    ] {
        let args = run(output);
        let (told, at_fault, _) = error(&args, "execjail");
        assert_eq!((told, at_fault.unwrap_or_default()), (code, key), "{args}");
    }
}
