//! Failures, with and without an exit status that tells of them; ends by a
//! signal, by the clock or never; and the words of commands.

use std::time::Duration;

use super::row::Is::{Answer, Error};
use super::row::{Row, TEST};

const LIST: &str = r#"{"action": "listjails"}"#;
const CAP: &str = r#"{"action": "capjail", "jail": "test"}"#;
const EXEC: &str = r#"{"action": "execjail", "jail": "test", "user": "root", "command": "x"}"#;
const EMPTY: &str = r#"{"action": "createjail", "props": "tag=x", "switches": "-e"}"#;

const RUN_X: &str = "[df] | [list][-t] | ![exec][-U][root][@][x]";
const RUN_CAP: &str = "[df] | [list][-t] | ![cap][@]";
const NOBODY: &str = "[df] | [list][-t]";

const HEAD: &str = "JID  UUID                                  BOOT  STATE  TAG       TYPE      IP4\n";
const NOTICES: &str =
    "Setting up zpool [tank] for iocage usage...\nIf you wish to change zpool, use 'iocage activate'\n";

/// The jail that a row creates.
const CREATED: &str = "611c89ae-c43c-11e5-9602-54ee75595566  1.15x  none   none   88.1M  83.4G  x\n";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = jails();
    rows.extend(making());
    rows.extend(pools());
    rows.extend(reads());
    rows.extend(ends());
    rows.extend(commands());
    rows
}

/// The jail is looked up first, so that iocage never has to say that there is none.
fn nobody(name: &'static str, args: &str) -> Row {
    Row::new(name, args, NOBODY, Error("unknown-jail", "jail", "does not exist"))
}

fn jails() -> Vec<Row> {
    vec![
        nobody(
            "a command in no jail",
            r#"{"action": "execjail", "jail": "nosuch", "user": "root", "command": "id"}"#,
        ),
        Row::new(
            "a command in a stopped jail",
            EXEC,
            "[df] | [list][-t] | ![exec][-U][root][@][x] | [df] | [list][-t] | [list][-t]",
            Error("jail-not-running", "jail", "does not run"),
        )
        .stopped()
        .complains("jexec: jail \"ioc-611c89ae-c43c-11e5-9602-54ee75595566\" not found\n")
        .ends("exit 1"),
        Row::new(
            "a command that is not there",
            EXEC,
            RUN_X,
            Error("command-not-found", "command", "execvp: x"),
        )
        .complains("jexec: execvp: x: No such file or directory\n")
        .ends("exit 1"),
        Row::new(
            "output that speaks of a failure",
            EXEC,
            RUN_X,
            Answer(r#"{"execjail":{"success":{"README":" about execvp: see man"}}}"#.to_owned()),
        )
        .prints("README: about execvp: see man\n"),
        nobody("no jail to stop", r#"{"action": "stopjail", "jail": "nosuch"}"#),
        Row::new(
            "a reason of three lines",
            r#"{"action": "startjail", "jail": "test"}"#,
            "[df] | [list][-t] | ![start][@]",
            Error("iocage-failed", "", "hostid mismatch, start failed!; jail hostid: a; host's hostid: b"),
        )
        .complains("ERROR: hostid mismatch, start failed!\n    jail hostid: a\n  host's hostid: b\n")
        .ends("exit 1"),
        Row::new(
            "limits are applied, and that is told",
            CAP,
            RUN_CAP,
            Answer(r#"{"capjail":{"success":"jail test capped."}}"#.to_owned()),
        )
        .prints("  + Applying resource limits OK\n"),
        Row::new("a failure in silence", CAP, RUN_CAP, Error("iocage-failed", "", "exit status 1"))
            .ends("exit 1"),
        nobody("no jail to clone", r#"{"action": "clonejail", "jail": "nosuch"}"#),
        nobody("no jail to destroy", r#"{"action": "destroyjail", "jail": "nosuch"}"#),
    ]
}

fn making() -> Vec<Row> {
    let of_default = r#"{"action": "createjail", "props": "tag=default", "switches": "-e"}"#;
    vec![
        // The case is content with a UUID that looks like one. With a complaint
        // beside it we look whether there is such a jail: here, none.
        Row::new(
            "a UUID of a jail that was not made",
            EMPTY,
            "[df] | [list][-t] | ![create][-e][tag=x] | [df] | [list][-t]",
            Error("not-done", "", "out of space"),
        )
        .then("")
        .prints(format!("{TEST}\n"))
        .complains("cannot create 'tank/iocage/jails/x': out of space\n"),
        // The case has iocage change the tag and warn of it. A name that means the
        // defaults is refused before it is asked; for the warning see `more`.
        Row::new("a tag that means the defaults", of_default, "", Error("illegal-value", "props", "default")),
        Row::new(
            "a clone without space",
            r#"{"action": "clonejail", "jail": "test"}"#,
            "[df] | [list][-t] | [df] | [list][-t] | ![clone][@] | [df] | [list][-t]",
            Error("iocage-failed", "", "cannot create snapshot: out of space"),
        )
        .complains("cannot create snapshot: out of space\n")
        .ends("exit 1"),
    ]
}

fn pools() -> Vec<Row> {
    vec![
        // Never a success and an error at once.
        Row::new(
            "a warning, an error and a word of progress",
            r#"{"action": "cleanall"}"#,
            "[activate] | ![clean][-fa]",
            Error("iocage-failed", "", "ERROR: some jails were unable to be stopped."),
        )
        .prints("  INFO: destroying tank/iocage:  \n")
        .complains("  WARNING: x\n  ERROR: some jails were unable to be stopped.\n")
        .ends("exit 1"),
        Row::new(
            "only root may clean",
            r#"{"action": "cleanreleases"}"#,
            "[activate] | ![clean][-fr]",
            Error("iocage-failed", "", "* The clean command needs root credentials!"),
        )
        .complains("* The clean command needs root credentials!\n")
        .ends("exit 1"),
        Row::new(
            "no pool to activate",
            r#"{"action": "activatepool", "pool": "nopool"}"#,
            "[activate] | ![activate][nopool]",
            Error("unknown-pool", "pool", "cannot open 'nopool': no such pool"),
        )
        .complains("cannot open 'nopool': no such pool\n")
        .ends("exit 1"),
        Row::new(
            "the pool after notices",
            r#"{"action": "activatepool"}"#,
            "![activate]",
            Answer(r#"{"activatepool":{"currently active":{"pool":" tank"}}}"#.to_owned()),
        )
        .prints(format!("{NOTICES}pool: tank\n")),
        Row::new(
            "no pool to deactivate",
            r#"{"action": "deactivatepool", "pool": "nopool"}"#,
            "![deactivate][nopool]",
            Error("unknown-pool", "pool", "cannot open 'nopool': no such pool"),
        )
        .complains("cannot open 'nopool': no such pool\n")
        .ends("exit 1"),
    ]
}

fn reads() -> Vec<Row> {
    vec![
        Row::new("no jails after notices", LIST, "![list]", Answer(r#"{"listjails":{}}"#.to_owned()))
            .prints(format!("{NOTICES}{HEAD}")),
        Row::new(
            "no pool",
            r#"{"action": "df"}"#,
            "![df]",
            Error("no-pool", "", "No pool selected for iocage"),
        )
        .complains("  ERROR: No pool selected for iocage. Exiting\n")
        .ends("exit 1"),
        Row::new(
            "no such property",
            r#"{"action": "getjailsettings", "jail": "test", "prop": "nosuch"}"#,
            "[df] | [list][-t] | ![get][nosuch][@]",
            Error("unknown-property", "prop", "unsupported property: nosuch !"),
        )
        .complains("  ERROR: unsupported property: nosuch !\n")
        .ends("exit 1"),
        Row::new(
            "no such property of any jail",
            r#"{"action": "getjailsettings", "prop": "nosuch", "switches": "-r"}"#,
            "![get][-r][nosuch]",
            Error("unknown-property", "prop", "unsupported property: nosuch !"),
        )
        .prints("UUID  TAG  nosuch\n")
        .complains("  ERROR: unsupported property: nosuch !\n")
        .ends("exit 1"),
    ]
}

fn ends() -> Vec<Row> {
    let seconds = Duration::from_secs;
    vec![
        Row::new(
            "killed, and silent as in success",
            r#"{"action": "activatepool", "pool": "tank"}"#,
            "[activate] | ![activate][tank]",
            Error("killed", "", "signal 9"),
        )
        .ends("kill -9 $$"),
        Row::new(
            "crashed, and silent as in success",
            r#"{"action": "deactivatepool", "pool": "tank"}"#,
            "![deactivate][tank]",
            Error("killed", "", "signal 11"),
        )
        .ends("ulimit -c 0; kill -11 $$"),
        Row::new("not to be executed", LIST, "", Error("cannot-start", "", "no execute permission"))
            .ends("never starts"),
        Row::new("no end", LIST, "![list]", Error("timed-out", "", "within 3.0 s"))
            .prints(HEAD)
            .ends("exec sleep 60")
            .takes(seconds(3), seconds(10)),
        // Nothing is said of what iocage prints here; so it is what a start prints.
        Row::new(
            "a daemon that holds the output",
            r#"{"action": "startjail", "jail": "test"}"#,
            "[df] | [list][-t] | ![start][@]",
            Answer(format!(r#"{{"startjail":{{"test":{{"* Starting {TEST} (test)":""}}}}}}"#)),
        )
        .prints(format!("* Starting {TEST} (test)\n"))
        .ends("sleep 20 & exit 0")
        .takes(seconds(0), seconds(10)),
        Row::new("slow", LIST, "![list]", Answer(r#"{"listjails":{}}"#.to_owned()))
            .prints(HEAD)
            .ends("sleep 1; exit 0")
            .takes(seconds(1), seconds(4)),
    ]
}

fn commands() -> Vec<Row> {
    let said = || Answer(r#"{"execjail":{"success":{"hi there":""}}}"#.to_owned());
    // There is no `--`: this iocage has none, and a UUID ends its options.
    let runs = "[df] | [list][-t] | ![exec][-U][root][@][sh][-c][echo hi there]";
    vec![
        Row::new(
            "a word in single quotes",
            r#"{"action": "execjail", "jail": "test", "user": "root", "command": "sh -c 'echo hi there'"}"#,
            runs,
            said(),
        )
        .prints("hi there\n"),
        Row::new(
            "a word in double quotes",
            r#"{"action": "execjail", "jail": "test", "user": "root", "command": "sh -c \"echo hi there\""}"#,
            runs,
            said(),
        )
        .prints("hi there\n"),
        Row::new(
            "switches before a name",
            r#"{"action": "execjail", "jail": "-u root test", "user": "root", "command": "id"}"#,
            "",
            Error("illegal-name", "jail", ""),
        ),
    ]
}

/// Rows of ours beside the cases.
pub(super) fn more() -> Vec<Row> {
    vec![
        Row::new(
            "a command that says what jexec says of a stopped jail",
            EXEC,
            "[df] | [list][-t] | ![exec][-U][root][@][x]",
            Error("command-failed", "command", "exit status 1"),
        )
        .complains("jexec: jail \"ioc-611c89ae-c43c-11e5-9602-54ee75595566\" not found\n")
        .ends("exit 1"),
        Row::new(
            "a jail was made, with a warning",
            EMPTY,
            "[df] | [list][-t] | ![create][-e][tag=x] | [df] | [list][-t]",
            Answer(format!(
                r#"{{"createjail":{{"props":"tag=x","success":{{"uuid":"{TEST}"}},"switches":"-e"}},"warnings":["WARNING: so to say"]}}"#
            )),
        )
        .then(CREATED)
        .prints(format!("{TEST}\n"))
        .complains("  WARNING: so to say\n"),
    ]
}
