//! Changes of which nobody was told how they ended: the exit status was taken away
//! by the host, or time ran out while it was looked what came of them. None of them
//! is a success that nobody saw, and none is told as if it had not been run.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation::{self, Python, Shell};

use super::asked::{about_db, error, sent};
use crate::support::stand::{Said, said};
use crate::support::stand::{TAKEN_AWAY, TOO_LATE};

const UUID: &str = "11111111-c43c-11e5-9602-54ee75595566";

fn ends(end: i32, stdout: &str, stderr: &str) -> Said {
    Said { stdout: stdout.into(), stderr: stderr.into(), exit: end, status: None }
}

/// It is not told, because time ran out.
fn late() -> Said {
    ends(TOO_LATE, "", "")
}

/// The table of `df`, with the jail `db` in it or without.
fn df(generation: Generation, is_there: bool) -> Said {
    let (head, row) = match generation {
        Shell => (
            "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n",
            format!("{UUID}  1.00x   none   none   9K     5.8G  db\n"),
        ),
        Python => ("", "db\t1.00x\tnone\tnone\t9K\t5G\n".to_owned()),
    };
    said(format!("{head}{}", if is_there { &row } else { "" }))
}

fn list(generation: Generation, state: &str) -> Said {
    said(match generation {
        Shell => format!(
            "JID  UUID                                  BOOT  STATE  TAG  TYPE      IP4\n\
             -    {UUID}  off   {state:<5}  db   basejail  -\n"
        ),
        Python => format!("None\tdb\toff\t{state}\tjail\t14.3-RELEASE\t-\t-\t-\tno\n"),
    })
}

/// Send a request, with the answers to `df` one after the other.
fn doubt(
    generation: Generation,
    request: &Value,
    usage: Vec<Said>,
    own: (&str, Said),
    lists: Vec<Said>,
) -> Value {
    let templates = match generation {
        Shell => said("JID  UUID                                  BOOT  STATE  TAG  TYPE      IP4\n"),
        Python => said(""),
    };
    let [df, list, of_templates] = match generation {
        Shell => ["df", "list", "list -t"],
        Python => ["df -lh", "list -lh", "list -tlh"],
    };
    let mut answers = vec![
        (own.0.to_owned(), vec![own.1]),
        (df.to_owned(), usage),
        (of_templates.to_owned(), vec![templates]),
    ];
    answers.push((list.to_owned(), lists));
    answers.push(("get -p".to_owned(), vec![said("tank\n")]));
    answers.push(("zfs list*".to_owned(), vec![said("")]));
    sent(generation, request, answers)
}

/// Both begin, and fail on standard error behind that: only the state tells.
#[test]
fn a_start_without_an_exit_status() {
    let begun = format!("* Starting {UUID} (db)\n");
    for (generation, own, stdout, stderr) in [
        (Shell, format!("start {UUID}"), begun.as_str(), "jail: /bin/false: failed\n  ! Start    FAILED\n"),
        (
            Python,
            "start db".to_owned(),
            "* Starting db\n  + Starting services OK\n",
            "Refused for a reason\n",
        ),
    ] {
        for state in ["down", "up"] {
            let lists = vec![list(generation, state)];
            let own = (own.as_str(), ends(TAKEN_AWAY, stdout, stderr));
            let usage = vec![df(generation, true)];
            let args = doubt(generation, &about_db("startjail"), usage, own, lists);
            assert_eq!(args["startjail"].get("error").is_some(), state == "down", "{args}");
        }
    }
}

/// It is destroyed, and time runs out before that is seen: it is looked once more.
#[test]
fn a_destroy_of_which_the_end_is_not_seen() {
    let done = format!("Are you sure ? y[N]:   Destroying: {UUID}\n");
    for (generation, own, stdout, before) in [
        (Shell, format!("destroy {UUID}"), done.as_str(), 1),
        (Python, "destroy db".to_owned(), "Destroying db\n", 2),
    ] {
        let mut usage = vec![df(generation, true); before];
        usage.extend([late(), df(generation, false)]);
        let other = said(list(generation, "down").stdout.replace("db", "xy").replace("1111", "2222"));
        let lists = match generation {
            Shell => vec![other],
            // Whether it runs is asked before.
            Python => vec![list(generation, "down"), other],
        };
        let args = doubt(generation, &about_db("destroyjail"), usage, (&own, said(stdout)), lists);
        let (code, _, text) = error(&args, "destroyjail");
        assert!(code == "timed-out" && text.starts_with("it was run, but what came of it"), "{args}");
        assert!(text.ends_with("is now gone"), "{args}");
    }
}

/// What was printed is not taken for our own word on where the jail is.
#[test]
fn a_script_that_says_where_its_jail_is() {
    let own = ("start db", ends(1, "", "  + the jail db is now gone FAILED\n"));
    let lists = vec![late(), list(Python, "up")];
    let args = doubt(Python, &about_db("startjail"), vec![df(Python, true)], own, lists);
    let (_, _, text) = error(&args, "startjail");
    assert!(text.contains("is now gone FAILED; ") && text.ends_with("; the jail db is now up"), "{args}");
}

/// It failed, says iocage with a reason of its own; but the jail is gone.
#[test]
fn a_destroy_that_failed_too_late() {
    for (generation, own, before) in
        [(Shell, format!("destroy {UUID}"), 1), (Python, "destroy db".to_owned(), 2)]
    {
        for (is_there, end) in [(false, "is gone all the same"), (true, "umount: busy")] {
            let mut usage = vec![df(generation, true); before];
            usage.push(df(generation, is_there));
            let own = (own.as_str(), ends(1, "", "umount: busy\n"));
            let lists = vec![list(generation, "down")];
            let args = doubt(generation, &about_db("destroyjail"), usage, own, lists);
            let (code, _, text) = error(&args, "destroyjail");
            assert!(code == "iocage-failed" && text.ends_with(end), "{args}");
        }
    }
}

/// What it left is not known, and that is said.
#[test]
fn a_create_of_which_nobody_knows_what_it_left() {
    for (generation, own, props) in
        [(Shell, "create tag=new", "tag=new"), (Python, "create -t base -n new", "tag=new template=base")]
    {
        let request = json!({"action": "createjail", "props": props});
        let usage = vec![df(generation, true), late()];
        let args = doubt(generation, &request, usage, (own, late()), vec![said("")]);
        let (code, _, text) = error(&args, "createjail");
        assert!(
            code == "timed-out" && text.contains("; whether it left a jail behind is not known: "),
            "{args}"
        );
    }
    // 1.7.x tells nothing of what it made, and then it cannot be seen.
    let request = json!({"action": "createjail", "props": "tag=new"});
    let usage = vec![df(Shell, true), late()];
    let args = doubt(Shell, &request, usage, ("create tag=new", said("** tag=new\n")), vec![said("")]);
    assert!(
        error(&args, "createjail").2.starts_with("it was run, but what came of it is not known"),
        "{args}"
    );
}

/// Of several limits the first are applied, and that is said.
#[test]
fn limits_of_which_one_takes_too_long() {
    let args = sent(
        Python,
        &about_db("capjail"),
        [
            ("df -lh", df(Python, true)),
            ("list -lh", list(Python, "up")),
            ("get all db", said("memoryuse:deny=1g\npcpu:deny=50\n")),
            ("set memoryuse=deny=1g db", said("Successfully set RCTL rule for memoryuse\n")),
            ("set pcpu=deny=50 db", late()),
        ]
        .map(|(command, output)| (command.to_owned(), vec![output]))
        .to_vec(),
    );
    let (code, _, text) = error(&args, "capjail");
    assert!(code == "timed-out" && text.contains("applied before it: memoryuse=deny=1g"), "{args}");
}

/// A pool that zfs does not tell of, neither by its exit status nor when it is
/// asked, is not known to be deactivated.
#[test]
fn a_pool_of_which_nothing_is_told() {
    for look in [ends(1, "", "cannot open 'tank'\n"), said("-\n"), ends(TAKEN_AWAY, "", "")] {
        let answers = vec![
            ("zfs set*".to_owned(), vec![ends(TAKEN_AWAY, "", "")]),
            ("zfs get*".to_owned(), vec![look]),
        ];
        let args = sent(Python, &json!({"action": "deactivatepool", "pool": "tank"}), answers);
        assert_eq!(error(&args, "deactivatepool").0, "outcome-unknown", "{args}");
    }
}

/// What a command printed until it was ended is the caller's, and the mark is not.
/// Where iocage waits for what it left in the jail, it has itself ended.
#[test]
fn a_command_that_takes_too_long() {
    let exec = json!({"action": "execjail", "jail": "db", "user": "root", "command": "x", "detail": true});
    for (generation, own) in
        [(Shell, format!("exec -U root {UUID} x")), (Python, "exec -U root db -- x".to_owned())]
    {
        let own = (own.as_str(), ends(TOO_LATE, "so far\n", "oops\n"));
        let args = doubt(generation, &exec, vec![df(generation, true)], own, vec![said("")]);
        let body = &args["execjail"];
        assert_eq!((&body["code"], &body["stdout"]), (&json!("timed-out"), &json!("so far\n")), "{args}");
    }
    let own = ("exec -U root db -- x", Said { status: Some(3), ..ends(TOO_LATE, "begun\n", "oops\n") });
    let args = doubt(Python, &exec, vec![df(Python, true)], own, vec![said("")]);
    assert!(
        error(&args, "execjail").2.ends_with("; the command itself had ended with exit status 3"),
        "{args}"
    );
    assert!(!args.to_string().contains("exit-status-"), "{args}");
    assert_eq!(
        (&args["execjail"]["stderr"], &args["detail"]["stderr"]),
        (&json!("oops\n"), &json!("oops\n"))
    );
}
