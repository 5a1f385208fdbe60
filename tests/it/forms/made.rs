//! Which jail a create has made, and what else of its output is told: in each line that can
//! be another's, and in each order.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::asked::{error, python, sent};
use crate::cases::tables::{A, B, DATASETS, datasets, df, templates};
use crate::support::stand::{Said, look, runs_not, said};

const JAILS: &str = "db\t1.00x\tnone\tnone\t9K\t5G\n";

fn created(props: &str, stdout: &str) -> Value {
    python(
        json!({"action": "createjail", "props": format!("release=14.3-RELEASE {props}")}),
        [("list -rh", said("14.3-RELEASE\n")), ("df -lh", said(JAILS)), ("create*", said(stdout))],
    )
}

#[test]
fn by_the_python_iocage() {
    // Without a name it is any that was not there.
    let args = created("", "5c5d0ec3 successfully created!\n");
    assert_eq!(args["createjail"]["success"], json!({"Successfully created": " 5c5d0ec3 (5c5d0ec3)"}));
    assert_eq!(error(&created("", "db successfully created!\n"), "createjail").0, "not-done");
    // With one it is that, as it is told before the jail is started.
    for (stdout, is_made) in [
        ("new successfully created!\n", true),
        ("other successfully created!\n", false),
        ("* Starting new\nnew successfully created!\n", false),
        ("\u{1b}[2K\r\u{1b}[32mnew\u{1b}[0m successfully created!\r\n", true),
    ] {
        let args = created("tag=new", stdout);
        assert_eq!(args["createjail"].get("success").is_some(), is_made, "{stdout:?}: {args}");
    }
    // What fails before it is started is no step of the start.
    let args = created("tag=new", "the check of x FAILED\nnew successfully created!\n");
    assert_eq!(args.get("warnings"), None, "{args}");
}

fn shell(props: &str, create: Said) -> Value {
    sent(
        Generation::Shell,
        &json!({"action": "createjail", "props": format!("tag=new {props}")}),
        vec![
            ("df".to_owned(), vec![df(&[(A, "web")])]),
            ("list -t".to_owned(), vec![templates(&[(A, "base"), (B, "two"), (B, "two")])]),
            (DATASETS.to_owned(), vec![datasets(&[("tank", "-")])]),
            ("create*".to_owned(), vec![create]),
        ],
    )
}

#[test]
fn by_the_shell_iocage() {
    let told = format!("  Successfully created: {B} (new)\n");
    let args = shell("template=base", said(format!("{told}  one more line\n")));
    let success = json!({"Successfully created": format!(" {B} (new)"), "one more line": ""});
    assert_eq!((&args["createjail"]["success"], args.get("warnings")), (&success, None), "{args}");
    // Two templates of one name are told apart by nobody.
    assert_eq!(error(&shell("template=two", said(&*told)), "createjail").0, "ambiguous-jail");
    assert_eq!(error(&shell("template=none", said(told)), "createjail").0, "unknown-template");
    // A UUID alone is the answer of -e only.
    let args = shell("", said(format!("{B}\n")));
    assert_eq!(args["createjail"]["success"], json!({B: ""}), "{args}");
}

/// What hangs on a jail goes with it, and is told.
#[test]
fn what_the_shell_iocage_destroys_beside_the_jail_is_told() {
    let jail = format!("tank/iocage/jails/{A}");
    let clone = format!("tank/iocage/jails/{B}/root");
    let before = datasets(&[("tank", "-"), (&jail, "-"), (&clone, &format!("{jail}@x")), ("tank/own", "-")]);
    let args = sent(
        Generation::Shell,
        &json!({"action": "destroyjail", "jail": "web"}),
        vec![
            ("df".to_owned(), vec![df(&[(A, "web")]), df(&[])]),
            ("list -t".to_owned(), vec![templates(&[])]),
            (look(&format!("ioc-{A}")), vec![runs_not(&format!("ioc-{A}"))]),
            (DATASETS.to_owned(), vec![before, datasets(&[("tank", "-")])]),
            (format!("destroy {A}"), vec![said(format!("Are you sure ? y[N]:   Destroying: {A}\n"))]),
        ],
    );
    assert_eq!(args["warnings"], json!([format!("the dataset {clone} is gone, too")]), "{args}");
}

/// zfs says that it did it, and it is still there.
#[test]
fn half_a_jail_that_stays_is_not_destroyed() {
    let half = format!("tank/iocage/jails/{B}");
    let known_as = format!("ioc-{B}");
    let folder = crate::support::Folder::new();
    let args = sent(
        Generation::Shell,
        &json!({"action": "destroyjail", "jail": B}),
        vec![
            ("df".to_owned(), vec![df(&[(A, "web")])]),
            ("list -t".to_owned(), vec![templates(&[])]),
            (DATASETS.to_owned(), vec![datasets(&[("tank", "-"), (&half, "-")])]),
            (format!("zfs get -H -o value org.freebsd.iocage:host_hostuuid {half}"), vec![said("-\n")]),
            (
                format!("zfs get -H -o value mountpoint {half}"),
                vec![said(format!("{}\n", folder.0.display()))],
            ),
            ("activate".to_owned(), vec![said("pool: tank\n")]),
            (look(&known_as), vec![runs_not(&known_as)]),
            (format!("zfs destroy {half}"), vec![said("")]),
        ],
    );
    let (code, _, sentence) = error(&args, "destroyjail");
    assert!(code == "not-done" && sentence.contains("still there"), "{args}");
}
