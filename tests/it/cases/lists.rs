//! Lists in which something is odd: it is told of, and the rest is listed.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::tables::{A, B};
use crate::support::stand::{Said, ask, said};

fn shell(action: &str, command: &str, output: Said) -> Value {
    let answered =
        ask(Generation::Shell, vec![(command.to_owned(), vec![output])], &json!({"action": action}));
    answered.args
}

fn with(stdout: &str, stderr: &str) -> Said {
    Said { stdout: stdout.into(), stderr: stderr.into(), ..Said::default() }
}

const DF: &str = "UUID                                  CRT    RES   QTA   USE  AVA    TAG\n";
const LATE: &str =
    "JID  UUID                                  BOOT  STATE  TAG       TYPE      IP4           RELEASE\n";

/// 1.7.x calls the address IP, and writes `none` where there is none.
#[test]
fn an_address_under_ip_is_one() {
    let header = "JID   UUID                                  BOOT  STATE  TAG                   IP\n";
    let rows = format!("1     {A}  on    up     test   none\n2     {B}  off   up     test2   192.168.1.50\n");
    let args = shell("listjails", "list", said(format!("{header}{rows}")));
    let ip4 = |uuid: &str| args["listjails"][uuid]["ip4"].clone();
    assert_eq!((ip4(A), ip4(B)), (json!("-"), json!("192.168.1.50")), "{args}");
    // Of a template, too.
    let answers = vec![
        ("df".to_owned(), vec![said(format!("{DF}{B}  1.00x  none  none  56K  5.8G   tpl\n"))]),
        ("list -t".to_owned(), vec![said(format!("{header}-     {B}  off   down   tpl   10.0.0.1/24\n"))]),
        (format!("get vnet {B}"), vec![said("off\r\n")]),
    ];
    let request = json!({"action": "getjailsettings", "jail": "tpl", "prop": "vnet"});
    let answered = ask(Generation::Shell, answers, &request);
    assert_eq!(
        answered.args["getjailsettings"],
        json!({"tpl": {"vnet": "off"}}),
        "one row, though listed twice"
    );
}

/// A jail without a tag, on the line of late 2016: an error line, and a row that is
/// one cell short. In `list` what follows the tag moves under other headers.
#[test]
fn a_jail_without_a_tag_fails_no_list() {
    let rows = format!("{DF}{A}  1.00x  none  none  56K  5.8G\n{B}  1.00x  none  none  56K  5.8G   web\n");
    let args = shell("df", "df", with(&rows, "  ERROR: unsupported property: tag!\n"));
    assert_eq!(args["df"].as_object().map(serde_json::Map::len), Some(1), "{args}");
    assert_eq!(args["df"][B]["tag"], json!("web"));
    let problems = args["problems"].as_array().expect("problems");
    assert!(problems[0].as_str().is_some_and(|line| line.contains(A)), "{args}");
    assert_eq!(problems[1], json!("ERROR: unsupported property: tag!"));

    let rows = format!(
        "{LATE}-    {A}  off   down   basejail  -         11.0-RELEASE\n\
         1    {B}  on    up     web       basejail  10.0.0.2      11.0-RELEASE\n"
    );
    let args = shell("listjails", "list", said(rows));
    assert_eq!(args["listjails"].as_object().map(serde_json::Map::len), Some(1), "{args}");
    assert_eq!(args["listjails"][B]["type"], json!("basejail"));
    assert!(args["problems"][0].as_str().is_some_and(|line| line.contains(A)), "{args}");

    // It can be addressed all the same.
    let rows = format!("{DF}{A}  1.00x  none  none  56K  5.8G\n");
    let answers = vec![
        ("df".to_owned(), vec![with(&rows, "  ERROR: unsupported property: tag!\n")]),
        ("list -t".to_owned(), vec![said(LATE)]),
        (format!("get vnet {A}"), vec![said("off\n")]),
    ];
    let request = json!({"action": "getjailsettings", "jail": A, "prop": "vnet"});
    let answered = ask(Generation::Shell, answers, &request);
    assert_eq!(answered.args["getjailsettings"][A]["vnet"], json!("off"), "{}", answered.args);
}

/// Nothing but an explanation is not "no jails".
#[test]
fn an_empty_list_with_an_explanation_is_an_error() {
    for (stderr, part) in [
        ("cannot open 'tank/iocage/jails': dataset does not exist\n", "dataset does not exist"),
        ("internal error: failed to initialize ZFS library\n", "failed to initialize"),
    ] {
        for stdout in [DF, ""] {
            let args = shell("df", "df", with(stdout, stderr));
            let error = args["df"]["error"].as_str().unwrap_or_default();
            assert!(error.contains(part), "{args}");
        }
    }
    let notice = "  INFO: creating tank/iocage/templates\n";
    assert_eq!(shell("df", "df", with(DF, notice)), json!({"df": {}}), "a fresh installation");
    // Beside rows it is about some of them.
    let rows = format!("{DF}{B}  1.00x  none  none  56K  5.8G   web\n");
    let args = shell("df", "df", with(&rows, "cannot open 'x': dataset does not exist\n"));
    assert_eq!(
        (args["df"][B]["tag"].clone(), args["problems"].as_array().map(Vec::len)),
        (json!("web"), Some(1))
    );
}

#[test]
fn a_fresh_python_installation_has_no_jails() {
    for (action, command, stdout) in [
        ("df", "df -lh", "Creating tank/iocage/jails\nCreating tank/iocage/log\n"),
        ("listjails", "list -lh", "Default configuration missing, creating one\n"),
    ] {
        let answers = vec![(command.to_owned(), vec![said(stdout)])];
        let answered = ask(Generation::Python, answers, &json!({"action": action}));
        assert_eq!(answered.args[action], json!({}), "{}", answered.args);
    }
}

#[test]
fn what_was_no_utf8_is_told() {
    let rows = format!("{DF}{B}  1.00x  none  none  56K  5.8G   w\u{fffd}b\n");
    let args = shell("df", "df", said(rows));
    assert_eq!(args["df"][B]["tag"], json!("w\u{fffd}b"));
    assert!(args["warnings"][0].as_str().is_some_and(|text| text.contains("no UTF-8")), "{args}");
    // Lines may end as those of DOS do.
    let rows = format!("{DF}{B}  1.00x  none  none  56K  5.8G   web\n").replace('\n', "\r\n");
    assert_eq!(shell("df", "df", said(rows))["df"][B]["tag"], json!("web"));
}
