//! The forms of the shell iocage, of the line of 2016 and of 1.7.x.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::asked::{about_db, error, sent, shell, with};
use crate::support::stand::{Said, failed, look, runs, runs_not, said};

const DB: &str = "11111111-c43c-11e5-9602-54ee75595566";
const WEB: &str = "22222222-c43c-11e5-9602-54ee75595566";

fn df(jails: &[(&str, &str)]) -> String {
    let rows = jails.iter().map(|(uuid, tag)| format!("{uuid}  1.00x   none   none   9K     5.8G  {tag}\n"));
    format!(
        "UUID                                  CRT     RES    QTA    USE    AVA   TAG\n{}",
        rows.collect::<String>()
    )
}

fn list(jails: &[(&str, &str, &str)]) -> String {
    let row = |(uuid, state, tag): &(&str, &str, &str)| {
        format!("-    {uuid}  off   {state:<5}  {tag:<4}  basejail  -\n")
    };
    let rows = jails.iter().map(row).collect::<String>();
    format!("JID  UUID                                  BOOT  STATE  TAG   TYPE      IP4\n{rows}")
}

fn lookups() -> [(&'static str, Said); 2] {
    [("df", said(df(&[(DB, "db"), (WEB, "web")]))), ("list -t", said(list(&[])))]
}

fn about(request: &Value, command: &str, output: Said) -> Value {
    let [df, templates] = lookups();
    let up = ("list", said(list(&[(DB, "up", "db")])));
    shell(request.clone(), [df, templates, up, (command, output)])
}

#[test]
fn tables() {
    let notices =
        "Setting up zpool [tank] for iocage usage...\nIf you wish to change zpool, use 'iocage activate'\n";
    let foreign = "--- non iocage jails currently active ---\nJID  PATH  IP4  HOSTNAME\n77   /x    -    y\n";
    let text = format!(
        "{notices}JID  UUID                                  BOOT  STATE  TAG          TYPE      IP4       RELEASE\n\
         3    {DB}  on    up     my test one  basejail  10.0.0.2  10.2\n\
         -    {WEB}  off   down   -            jail      -         10.2\n{foreign}"
    );
    let output = with(&text, "  INFO: creating tank/iocage/jails\n", 0);
    let args = shell(json!({"action": "listjails"}), [("list", output)]);
    let db = json!({"boot": "on", "ip4": "10.0.0.2", "jid": "3", "state": "up", "tag": "my test one", "type": "basejail"});
    let web = json!({"boot": "off", "ip4": "-", "jid": "-", "state": "down", "tag": "-", "type": "jail"});
    assert_eq!(args["listjails"], json!({DB: db, WEB: web}));
    let told = "no pool was active; iocage made it \"tank\" by itself, and the datasets on it that it needs";
    assert_eq!((&args["warnings"], args.get("problems")), (&json!([told]), None));

    // 1.7.x has no TYPE, and calls the address IP.
    let text = format!(
        "JID   UUID                                  BOOT  STATE  TAG                   IP\n-     {DB}  off   down   db         10.0.0.9\n-     -  -     down   -      none\n"
    );
    let args = shell(json!({"action": "listjails"}), [("list", said(text))]);
    assert_eq!(args["listjails"][DB]["tag"], json!("db"));
    assert_eq!(
        (&args["listjails"][DB]["type"], &args["problems"]),
        (&json!("-"), &json!(["-     -  -     down   -      none"]))
    );

    let args = shell(json!({"action": "df"}), [("df", said(df(&[(DB, "a b"), (WEB, "web")])))]);
    let row = json!({"ava": "5.8G", "crt": "1.00x", "qta": "none", "res": "none", "tag": "a b", "use": "9K"});
    assert_eq!(args["df"][DB], row);

    let request = json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"});
    let text = format!(
        "UUID                                  TAG                  notes\n{DB}  db                   a  b\n{WEB}  web                  none\n"
    );
    let args = shell(request.clone(), [("get -r notes", said(text.clone()))]);
    assert_eq!(args["getjailsettings"][DB], json!({"TAG": "db", "notes": "a  b"}));
    let empty = format!("UUID                                  TAG  notes\n{DB}  db\n{WEB}  web\n");
    let bogus = with(&empty, "  ERROR: unsupported property: notes !\n", 0);
    assert_eq!(
        error(&shell(request.clone(), [("get -r notes", bogus)]), "getjailsettings").0,
        "unknown-property"
    );
    // One jail without it, on the line of late 2016, is not all of them.
    let odd = with(&text, "  ERROR: unsupported property: notes!\n", 0);
    let args = shell(request.clone(), [("get -r notes", odd)]);
    assert_eq!(args["getjailsettings"][WEB]["notes"], json!("none"));
    assert_eq!(args["problems"], json!(["ERROR: unsupported property: notes!"]));
    let without = with("  ERROR: jail notes not found!\n", "", 1);
    assert_eq!(error(&shell(request, [("get -r notes", without)]), "getjailsettings").0, "unsupported");
}

#[test]
fn properties() {
    let request = json!({"action": "getjailsettings", "jail": "db"});
    let text = "interfaces:vnet0:bridge0,vnet1:bridge1\nnotes:one\nmore of it\nvnet:off\n";
    let args = about(&request, &format!("get all {DB}"), said(text));
    let all = json!({"interfaces": "vnet0:bridge0,vnet1:bridge1", "notes": "one\nmore of it", "vnet": "off"});
    assert_eq!(args["getjailsettings"]["db"], all);
    let args = shell(
        json!({"action": "getdefaultsettings"}),
        [("defaults", said("exec_start=/bin/sh a=b\nvnet=off\n"))],
    );
    assert_eq!(args["getdefaultsettings"]["defaults"], json!({"exec_start": "/bin/sh a=b", "vnet": "off"}));
}

#[test]
fn start_and_stop() {
    let turn = |action: &str, is_up: bool, output| {
        let [df, templates] = lookups();
        let known_as = format!("ioc-{DB}");
        let now = if is_up { runs(&known_as, 3) } else { runs_not(&known_as) };
        let command = format!("{} {DB}", &action[..action.len() - 4]);
        shell(about_db(action), [df, templates, (&look(&known_as), now), (&command, output)])
    };
    let begun = format!("* Starting {DB} (db)\n  + Started (shared IP mode) OK\n  + Starting services");
    let args = turn("startjail", true, said(format!("{begun}        OK\n")));
    assert_eq!(args["startjail"]["db"]["+ Starting services OK"], json!(""));
    let idle = json!({"startjail": {"db": {"INFO": format!(" {DB} (db) is already up")}}});
    let already = || {
        [
            failed(format!("  INFO: {DB} (db) is already up\n")),
            with(&format!("* {DB}: is already up\n"), "", 1),
        ]
    };
    for output in already() {
        assert_eq!(turn("startjail", true, output), idle);
    }
    // It is not believed of a jail that does not run, nor of another one, nor where the
    // jail's own words say it.
    for output in already() {
        let args = turn("startjail", false, output);
        let (code, _, sentence) = error(&args, "startjail");
        assert!(code == "not-done" && sentence.ends_with("is already up, but it is down"), "{args}");
    }
    let other = failed(format!("  INFO: {WEB} (web) is already up\n"));
    assert_eq!(error(&turn("startjail", true, other), "startjail").0, "iocage-failed");
    let forged = format!("{begun}        OK\n  INFO: {DB} (db) is already up\n");
    assert_eq!(turn("startjail", true, said(forged))["startjail"]["db"]["+ Starting services OK"], json!(""));
    let noise = with(&format!("{begun}        OK\n"), "ERROR: cannot destroy db - jail is running!\n", 0);
    let args = turn("startjail", true, noise);
    assert_eq!(args["warnings"], json!(["ERROR: cannot destroy db - jail is running!"]));
    for (runs, output, code, sentence) in [
        (
            true,
            with(&begun, "        FAILED\n", 1),
            "iocage-failed",
            format!(
                "+ Starting services FAILED; the jail {DB} is now up; what follows that step was not done"
            ),
        ),
        (
            false,
            with(&format!("* Starting {DB} (db)\n  ! Start      FAILED\n"), "", 0),
            "iocage-failed",
            format!("! Start FAILED; the jail {DB} is now down"),
        ),
        (
            false,
            with("  ERR: start failed for x\n  vnet=on but kernel has none!\n", "", 1),
            "iocage-failed",
            "ERR: start failed for x; vnet=on but kernel has none!; the jail is down".to_owned(),
        ),
        (
            false,
            said("  INFO: db is a template jail, ignoring start request.\n        (disable it)\n"),
            "not-done",
            "INFO: db is a template jail, ignoring start request.; (disable it); the jail is down".to_owned(),
        ),
        (
            true,
            said(format!("* Starting {WEB} (web)\n  + Started OK\n")),
            "not-done",
            format!("iocage was to turn the jail {DB}, and turned another one: \"{WEB} (web)\""),
        ),
        (
            false,
            with("odd\n", "  INFO: creating tank/iocage/x\n", 0),
            "not-done",
            "odd; the jail is down".to_owned(),
        ),
        (false, with("", "a reason\n", 0), "iocage-failed", "a reason; the jail is down".to_owned()),
        (
            false,
            said(format!("{begun}        OK\n")),
            "iocage-failed",
            format!("iocage says nothing of a failure; the jail {DB} is now down"),
        ),
        (
            false,
            with("", "", 0),
            "not-done",
            format!("iocage did not print `* Starting {DB} (db)`, and did not say why; the jail is down"),
        ),
    ] {
        let args = turn("startjail", runs, output);
        let (told, _, text) = error(&args, "startjail");
        assert!(told == code && text == sentence, "{args}");
    }
    // 1.7.x goes on when services fail, and exits with 0.
    let args = turn("startjail", true, said(format!("{begun}        FAILED\n")));
    let told = format!("the jail {DB} is up all the same");
    assert_eq!(args["warnings"], json!(["+ Starting services FAILED", told]));
    let stopped =
        format!("* Stopping {DB} (db)\n  + Stopping services    FAILED\n  + Removing jail process    OK\n");
    let args = turn("stopjail", false, said(&*stopped));
    assert_eq!(args["warnings"][0], json!("+ Stopping services FAILED"));
    let args = turn("stopjail", true, said(stopped));
    let (code, _, sentence) = error(&args, "stopjail");
    assert!(code == "iocage-failed" && sentence.ends_with(&format!("the jail {DB} is now up")), "{args}");
    let idle = failed(format!("  INFO: {DB} (db) is already down\n"));
    assert_eq!(
        turn("stopjail", false, idle)["stopjail"]["db"]["INFO"],
        json!(format!(" {DB} (db) is already down"))
    );
}

#[test]
fn limits_and_what_is_no_limit() {
    let cap = |output| about(&about_db("capjail"), &format!("cap {DB}"), output);
    assert_eq!(cap(said(""))["capjail"], json!({"success": "jail db capped."}));
    assert_eq!(
        cap(said("  + Applying resource limits OK\n"))["capjail"]["success"],
        json!("jail db capped.")
    );
    let refused = cap(said("  + Applying resource limits  ERROR: incorrect resource limit: x\n OK\n"));
    assert!(error(&refused, "capjail").2.contains("incorrect resource limit"), "{refused}");
    // Half of it on either stream.
    let rctl = "rctl: RACCT/RCTL present, but disabled";
    let told = "  + Applying resource limits    FAILED to apply memoryuse=log:8G\n";
    let halves = cap(with(told, &format!("{rctl}\n"), 0));
    let told = format!("+ Applying resource limits FAILED to apply memoryuse=log:8G; {rctl}");
    assert_eq!(error(&halves, "capjail").2, told, "{halves}");
    let warned = cap(with("  + Applying resource limits OK\n", &format!("{rctl}\n"), 0));
    assert_eq!(warned["warnings"], json!([rctl]), "{warned}");
    let dump = cap(said("HOME='/root'\nSECRET='x'\n"));
    assert_eq!(error(&dump, "capjail").0, "unexpected-output");
    assert!(!dump.to_string().contains("SECRET"), "{dump}");
}

#[test]
fn create_and_clone() {
    let new = "33333333-c43c-11e5-9602-54ee75595566";
    let make = |request: &Value, command: &str, output: Said, after: &[(&str, &str)]| {
        let before = said(df(&[(DB, "db")]));
        let looks = request["jail"].is_string();
        let mut texts = vec![before.clone(); 1 + usize::from(looks)];
        texts.push(said(df(after)));
        sent(
            Generation::Shell,
            request,
            vec![
                ("df".to_owned(), texts),
                ("list -t".to_owned(), vec![said(list(&[]))]),
                (command.to_owned(), vec![output]),
            ],
        )
    };
    let create = json!({"action": "createjail", "props": "tag=n count=2"});
    let told = format!("  Successfully created: {new} (n_1)\n  Successfully created: {WEB} (n_2)\n");
    let args = make(&create, "create tag=n count=2", said(told), &[]);
    assert_eq!(args["createjail"]["success"], json!({"Successfully created": format!(" {WEB} (n_2)")}));
    assert_eq!(args["warnings"].as_array().map(Vec::len), Some(2));
    let empty = json!({"action": "createjail", "props": "tag=e", "switches": "-e"});
    let args = make(&empty, "create -e tag=e", said(format!("{new}\n")), &[]);
    assert_eq!(args["createjail"]["success"], json!({"uuid": new}));
    // 1.7.x clones in silence, and lists properties for a create.
    let clone = json!({"action": "clonejail", "jail": "db", "props": "tag=n"});
    let command = format!("clone {DB} tag=n");
    for output in [said(""), said("** vnet=off\n** tag=n\n")] {
        let args = make(&clone, &command, output, &[(DB, "db"), (new, "n")]);
        assert_eq!(args["clonejail"]["success"], json!({"Successfully created": format!(" {new} (n)")}));
    }
    assert_eq!(error(&make(&clone, &command, said(""), &[(DB, "db")]), "clonejail").0, "not-done");
    // Without one it takes that of the host.
    for output in
        [failed("  RELEASE 9.9 not found locally.\n"), with("  RELEASE 9.9 not found locally.\n", "", 1)]
    {
        let args = make(&json!({"action": "createjail"}), "create", output, &[(DB, "db")]);
        assert_eq!(
            error(&args, "createjail"),
            ("unknown-release", Some("props"), "RELEASE 9.9 not found locally.")
        );
    }
}

#[test]
fn destroy() {
    let question = format!(" \n  WARNING: this will destroy jail {DB}\n \n  Are you sure ? y[N]: ");
    let destroy = |output: Said, after: &[(&str, &str)]| {
        sent(
            Generation::Shell,
            &about_db("destroyjail"),
            vec![
                ("df".to_owned(), vec![said(df(&[(DB, "db"), (WEB, "web")])), said(df(after))]),
                ("list -t".to_owned(), vec![said(list(&[]))]),
                (format!("destroy {DB}"), vec![output]),
            ],
        )
    };
    let done = format!("{question}  Destroying: {DB}\n");
    let args = destroy(said(&*done), &[(WEB, "web")]);
    assert_eq!(args["destroyjail"]["success"], json!({"Destroying": format!(" {DB}")}));
    let args = destroy(with(&done, "umount: /x: not a mount point\n", 0), &[(WEB, "web")]);
    assert_eq!(args["warnings"], json!(["umount: /x: not a mount point"]), "{args}");
    // Another than the one that was meant is no success, though that is gone, too.
    let other = said(format!("{question}  Destroying: {WEB}\n"));
    let args = destroy(other, &[]);
    let told = format!("iocage was to destroy the jail {DB}, and destroyed {WEB}");
    assert_eq!((error(&args, "destroyjail").0, error(&args, "destroyjail").2), ("not-done", &*told));
    let stays = [(DB, "db"), (WEB, "web")];
    for (output, code, sentence) in [
        (
            with(&question, "  ERROR: cannot destroy db - jail is running!\n", 1),
            "jail-running",
            "jail is running!",
        ),
        (
            with(&format!("{question}  ERROR: Jail is up and running. Exiting.\n"), "", 1),
            "jail-running",
            "Jail is up",
        ),
        (
            failed("  ERROR: jail has dependent clone, uuid: x\n"),
            "has-dependents",
            "jail has dependent clone, uuid: x",
        ),
        (
            with(&done, "cannot destroy 'x': filesystem has dependent clones\n", 0),
            "has-dependents",
            "which is still there: cannot destroy 'x': filesystem has dependent clones",
        ),
        (said(&*done), "not-done", "iocage said that it destroyed the jail, which is still there"),
        (
            said(format!("{question}  Command not confirmed.  No action taken.\n")),
            "not-done",
            "did not destroy",
        ),
    ] {
        let args = destroy(output, &stays);
        let (told, _, text) = error(&args, "destroyjail");
        assert!(told == code && text.contains(sentence) && !text.contains("Are you sure"), "{args}");
    }
}

#[test]
fn commands_in_a_jail() {
    let exec = json!({"action": "execjail", "jail": "db", "user": "root", "command": "echo hi"});
    let command = format!("exec -U root {DB} echo hi");
    assert_eq!(about(&exec, &command, said("hi: x\n\n"))["execjail"]["success"], json!({"hi": " x"}));
    for (output, code) in [
        // The jail runs.
        (failed(format!("jexec: jail \"ioc-{DB}\" not found\n")), "command-failed"),
        // What the inside of the jail may have said as well.
        (failed("jexec: jail \"ioc-x\" not found\n"), "command-failed"),
        (failed("jexec: www: no such user\n"), "command-failed"),
        (failed("jexec: execvp: ls: No such file or directory\n"), "command-failed"),
        (failed("jexec: execvp: echo: No such file or directory\n"), "command-not-found"),
        (failed("jexec: root: no such user\n"), "unknown-user"),
        (with("out\n", "jexec: mine\n", 3), "command-failed"),
    ] {
        assert_eq!(error(&about(&exec, &command, output), "execjail").0, code);
    }
    let [df, templates] = lookups();
    let down = ("list", said(list(&[(DB, "down", "db")])));
    let said = failed(format!("jexec: jail \"ioc-{DB}\" not found\n"));
    let args = shell(exec, [df, templates, down, (&command, said)]);
    assert_eq!(error(&args, "execjail").0, "jail-not-running");
}
