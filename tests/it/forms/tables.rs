//! The tables of the Python iocage: tabs and boxes, and what stands before them.

use serde_json::json;

use super::asked::{error, python};
use crate::support::stand::{Said, failed, said};

const BANNER: &str = "********************\n\
    mount -t fdescfs null /dev/fd\n\
    fdescfs /dev/fd  fdescfs  rw  0  0\n\
    ********************\n\n";
const OF_BANNER: &str = "fdescfs(5) is not mounted, it may be slow. Please run:\n\
    You can also permanently mount it with this line:\n";

#[test]
fn a_list_in_tabs() {
    let list = "Setting up zpool [tank] for iocage usage\n\
        If you wish to change please use \"iocage activate\"\n\
        Creating tank/iocage/jails\n\
        None\tdb\toff\tdown\tjail\t14.3-RELEASE\tDHCP (not running)\t-\t-\tno\n\
        12\t0bf985de-ca0f-11e5-8d45-d05099728dbf\ton\tup\tjail\t14.3-RELEASE\tvnet0|10.1.0.2/24\t-\tbase\tyes\n\
        -\told\toff\tdown\tjail\t12.0-RELEASE\tDHCP - Failed Parsing: list index out of range\t-\t-\tno\n\
        None\tbad\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n\
        half\ta row\n";
    let request = json!({"action": "listjails"});
    let warned = Said { stderr: "bad has a corrupt configuration, please fix it.\n".into(), ..said(list) };
    for output in [said(list), warned] {
        let args = python(request.clone(), [("list -lh", output.clone())]);
        let jails = &args["listjails"];
        assert_eq!(jails.as_object().map(|jails| jails.len()), Some(4), "{args}");
        let db = json!({"boot": "off", "ip4": "DHCP (not running)", "jid": "-", "state": "down", "tag": "db", "type": "jail"});
        assert_eq!(jails["db"], db);
        let uuid = &jails["0bf985de-ca0f-11e5-8d45-d05099728dbf"];
        assert_eq!((&uuid["jid"], &uuid["ip4"]), (&json!("12"), &json!("vnet0|10.1.0.2/24")));
        assert_eq!((&jails["old"]["jid"], &jails["bad"]["state"]), (&json!("-"), &json!("CORRUPT")));
        let corrupt = if output.stderr.is_empty() { "bad is CORRUPT" } else { output.stderr.trim() };
        assert_eq!(args["problems"], json!(["half\ta row", corrupt]));
    }
}

#[test]
fn a_list_in_a_box() {
    let list = format!(
        "{BANNER}\
         +------+------+------+-------+------+---------+-----------+-----+----------+----------+\n\
         | JID  | NAME | BOOT | STATE | TYPE | RELEASE |    IP4    | IP6 | TEMPLATE | BASEJAIL |\n\
         +======+======+======+=======+======+=========+===========+=====+==========+==========+\n\
         | None | a b  | off  | down  | jail | 14.3-R  | em0|10.1.0.3 | -   | -        | no       |\n\
         +------+------+------+-------+------+---------+-----------+-----+----------+----------+\n\
         | 3    | db   | on   | up    | jail | 14.3-R  | em0|10.2  | -   | -        | no       |\n\
         +------+------+------+-------+------+---------+-----------+-----+----------+----------+\n"
    );
    let output = Said { stderr: OF_BANNER.into(), ..said(list) };
    let args = python(json!({"action": "listjails"}), [("list -lh", output)]);
    let db = json!({"db": {"boot": "on", "ip4": "em0|10.2", "jid": "3", "state": "up", "tag": "db", "type": "jail"}});
    assert_eq!(args["listjails"], db);
    // The row that does not line up with its box is told as it is.
    assert!(args["problems"][0].as_str().is_some_and(|row| row.contains("em0|10.1.0.3")), "{args}");
    assert_eq!(args["problems"].as_array().map(Vec::len), Some(1), "{args}");
}

#[test]
fn the_version_whose_list_fails_is_asked_for_the_box() {
    let broken = failed(
        "Traceback (most recent call last):\n  File \"list.py\", line 1, in cli\nTypeError: expected str\n",
    );
    let list = "+-----+------+------+-------+------+---------+-----+-----+----------+----------+\n\
                | JID | NAME | BOOT | STATE | TYPE | RELEASE | IP4 | IP6 | TEMPLATE | BASEJAIL |\n\
                +=====+======+======+=======+======+=========+=====+=====+==========+==========+\n\
                +-----+------+------+-------+------+---------+-----+-----+----------+----------+\n";
    let request = json!({"action": "listjails"});
    let args = python(request.clone(), [("list -lh", broken.clone()), ("list -l", said(list))]);
    assert_eq!(args, json!({"listjails": {}}));
    // Failing both ways, the first is the reason: of a traceback the last line.
    let args =
        python(request, [("list -lh", broken.clone()), ("list -l", broken.clone()), ("df -lh", broken)]);
    assert_eq!(error(&args, "listjails"), ("iocage-failed", None, "TypeError: expected str"));
}

#[test]
fn what_is_no_table_is_an_error() {
    for (output, code, text) in [
        (said("something else\n"), "unexpected-output", "something else"),
        (
            Said {
                exit: 2,
                ..failed(
                    "Usage: iocage list [OPTIONS]\nTry 'iocage list --help'.\n\nError: No such option '-l'.\n",
                )
            },
            "iocage-failed",
            "Error: No such option '-l'.",
        ),
        (failed("No zpools found! Please create one before using iocage.\n"), "no-pool", "No zpools found!"),
        (
            failed("Pools:\na\nb\nYou have 2 poolsmarked active for iocage usage.\n"),
            "pool-active",
            "Pools: a; b; You have 2",
        ),
        (failed(format!("{OF_BANNER}odd\n")), "iocage-failed", "odd"),
        (failed(""), "iocage-failed", "exit status 1 and said nothing"),
    ] {
        let args = python(json!({"action": "listjails"}), [("list -lh", output)]);
        let (told, key, sentence) = error(&args, "listjails");
        assert_eq!((told, key), (code, None), "{args}");
        assert!(sentence.contains(text) && !sentence.contains("fdescfs"), "{sentence}");
    }
}

#[test]
fn usage_in_tabs_and_in_a_box() {
    let tabs = "Default configuration missing, creating one\ndb\t1.00x\tnone\t1G\t96K\t5.1G\na b\t1.02x\t-\tnone\t1M\t5.1G\n";
    let boxed = "+------+-------+------+------+-----+------+\n\
                 | NAME |  CRT  | RES  | QTA  | USE | AVA  |\n\
                 +======+=======+======+======+=====+======+\n\
                 | db   | 1.00x | none | 1G   | 96K | 5.1G |\n\
                 +------+-------+------+------+-----+------+\n\
                 | a b  | 1.02x | -    | none | 1M  | 5.1G |\n\
                 +------+-------+------+------+-----+------+\n";
    for text in [tabs, boxed] {
        let args = python(json!({"action": "df"}), [("df -lh", said(text))]);
        let db =
            json!({"ava": "5.1G", "crt": "1.00x", "qta": "1G", "res": "none", "tag": "db", "use": "96K"});
        let other =
            json!({"ava": "5.1G", "crt": "1.02x", "qta": "none", "res": "-", "tag": "a b", "use": "1M"});
        assert_eq!(args, json!({"df": {"db": db, "a b": other}}));
    }
}

/// zfs has the same figures, also of a jail that iocage cannot read.
#[test]
fn usage_where_one_jail_is_broken() {
    let broken = "bad has a corrupt configuration, please fix this jail or destroy and recreate it.";
    let list =
        "zfs list -H -t filesystem -o name,compressratio,reservation,quota,used,available -d 2 tank/iocage";
    let usage = |datasets: Said| {
        let commands =
            [("df -lh", failed(format!("{broken}\n"))), ("get -p", said("tank\n")), (list, datasets)];
        python(json!({"action": "df"}), commands)
    };
    let row = |name: &str, used: &str| json!({"ava": "5.1G", "crt": "1.02x", "qta": "1G", "res": "none", "tag": name, "use": used});
    let args = usage(said(
        "tank/iocage\t1.00x\tnone\tnone\t3M\t5.1G\ntank/iocage/jails\t1.00x\tnone\tnone\t2M\t5.1G\n\
         tank/iocage/jails/bad\t1.02x\tnone\t1G\t96K\t5.1G\ntank/iocage/jails/db\t1.02x\tnone\t1G\t97K\t5.1G\n\
         tank/iocage/releases/14.3-RELEASE\t1.00x\tnone\tnone\t1G\t5.1G\n\
         tank/iocage/templates/base\t1.02x\tnone\t1G\t98K\t5.1G\n",
    ));
    let rows = json!({"bad": row("bad", "96K"), "base": row("base", "98K"), "db": row("db", "97K")});
    assert_eq!(args, json!({"df": rows, "problems": [broken]}));
    for output in
        [failed("cannot open 'tank/iocage': dataset does not exist\n"), said("tank/iocage/jails/x\n")]
    {
        assert_eq!(error(&usage(output), "df").0, "corrupt-jail");
    }
}

#[test]
fn one_broken_jail_hides_no_other() {
    let broken = || failed("bad is missing its configuration, please destroy this jail.\n");
    let list =
        "None\tdb\toff\tdown\tjail\t14.3\t-\t-\t-\tno\nNone\tbad\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n";
    let templates = "None\tbase\toff\tdown\ttemplate\t14.3\t-\t-\t-\tno\n";
    let never = || failed("last_started is not a valid property!\n");
    let args = python(
        json!({"action": "getjailsettings", "prop": "last_started", "switches": "-r"}),
        [
            ("get -rh last_started", never()),
            ("df -lh", broken()),
            ("list -lh", said(list)),
            ("list -tlh", said(templates)),
            ("get last_started bad", broken()),
            ("get last_started base", never()),
            ("get last_started db", said("2026-01-02 03:04:05\n")),
        ],
    );
    let base = json!({"TAG": "base", "last_started": "none"});
    let db = json!({"TAG": "db", "last_started": "2026-01-02 03:04:05"});
    assert_eq!(args["getjailsettings"], json!({"base": base, "db": db}));
    assert_eq!(args["problems"], json!(["bad: bad is missing its configuration, please destroy this jail."]));
}
