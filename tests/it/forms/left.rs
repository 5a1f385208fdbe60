//! What was interrupted or hollowed out, as the Python iocage tells of it and ZFS.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::asked::{about_db, error, python, sent};
use crate::support::stand::{Answers, MARKS, Said, TOO_LATE, failed, said};

const JAILS: &str = "db\t1.00x\tnone\tnone\t96K\t5.1G\nweb\t1.00x\tnone\tnone\t96K\t5.1G\n";

/// What ZFS tells of these datasets and their origins.
fn marks(datasets: &[(&str, &str)]) -> Said {
    let rows = [("tank", "-"), ("tank/iocage", "-")].into_iter().chain(datasets.iter().copied());
    said(rows.map(|(name, origin)| format!("{name}\t{origin}\tyes\t{name}\n")).collect::<String>())
}

const DB: (&str, &str) = ("tank/iocage/jails/db", "-");
const DB_ROOT: (&str, &str) = ("tank/iocage/jails/db/root", "tank/iocage/releases/R/root@db");
const WEB: (&str, &str) = ("tank/iocage/jails/web", "-");
const WEB_ROOT: (&str, &str) = ("tank/iocage/jails/web/root", "tank/iocage/releases/R/root@web");
const SNAPSHOTS: &str = "zfs list -H -t snapshot -o name -r tank/iocage";

fn list() -> Said {
    let row = |name| format!("None\t{name}\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
    said(row("db") + &row("web"))
}

fn destroy(output: Said, told: Vec<Said>, more: &[(&str, Said)]) -> Value {
    let mut answers: Answers = vec![
        ("df -lh".to_owned(), vec![said(JAILS)]),
        ("list -lh".to_owned(), vec![list()]),
        ("destroy db".to_owned(), vec![output]),
        (MARKS.to_owned(), told),
    ];
    answers.extend(more.iter().map(|(command, said)| ((*command).to_owned(), vec![said.clone()])));
    sent(Generation::Python, &about_db("destroyjail"), answers)
}

/// iocage asks a second time, and nothing reads it: zfs removes the one dataset.
#[test]
fn a_hollow_jail_is_removed_by_zfs() {
    let unsure = || {
        Said {
        stderr: "\nThis will destroy jail db\nPartial UUID/NAME supplied, cannot check for dependant jails.\nAborted!\n".into(),
        exit: 1,
        ..said("\nAre you sure? [y/N]: \nProceed? [y/N]: ")
    }
    };
    let before = || marks(&[DB, WEB, WEB_ROOT]);
    let args = destroy(
        unsure(),
        vec![before(), before(), marks(&[WEB, WEB_ROOT])],
        &[("zfs destroy tank/iocage/jails/db", said("")), (SNAPSHOTS, said(""))],
    );
    assert_eq!(args["destroyjail"], json!({"success": {"Destroying": " db"}}), "{args}");
    assert!(args["warnings"][0].as_str().is_some_and(|text| text.contains("tank/iocage/jails/db")), "{args}");
    // zfs refuses: something lies in it.
    let refusal = failed("cannot destroy 'tank/iocage/jails/db': filesystem has children\n");
    let args = destroy(unsure(), vec![before()], &[("zfs destroy tank/iocage/jails/db", refusal)]);
    let (code, _, text) = error(&args, "destroyjail");
    assert!(code == "not-done" && text.contains("has children") && text.contains("half destroyed"), "{args}");
    // It is not empty: then nothing is destroyed.
    let args = destroy(unsure(), vec![marks(&[DB, DB_ROOT])], &[]);
    assert_eq!(error(&args, "destroyjail").0, "not-done", "{args}");
    // ZFS does not tell.
    let args = destroy(unsure(), vec![failed("no zfs\n")], &[]);
    assert!(error(&args, "destroyjail").2.contains("asks a second time"), "{args}");
}

/// Two at once: what the other one destroys is no news of this one.
#[test]
fn only_what_hangs_together_is_told_as_gone() {
    let done = || said("\nAre you sure? [y/N]: Destroying db\n");
    let args =
        destroy(done(), vec![marks(&[DB, DB_ROOT, WEB, WEB_ROOT]), marks(&[])], &[(SNAPSHOTS, said(""))]);
    assert_eq!(args, json!({"destroyjail": {"success": {"Destroying": " db"}}}));
    let clone = ("tank/iocage/jails/web/root", "tank/iocage/jails/db/root@web");
    let args = destroy(done(), vec![marks(&[DB, DB_ROOT, WEB, clone]), marks(&[])], &[(SNAPSHOTS, said(""))]);
    assert_eq!(args["warnings"], json!(["the jail web is gone, too"]), "{args}");
}

/// What the jail was made of is its own; another snapshot of that name is somebody's.
#[test]
fn the_snapshot_that_a_jail_was_made_of_goes_with_it() {
    let done = || said("\nAre you sure? [y/N]: Destroying db\n");
    let left = said("tank/iocage/releases/R/root@db\ntank/iocage/jails/web@db\n");
    let told = || vec![marks(&[DB, DB_ROOT, WEB, WEB_ROOT]), marks(&[WEB, WEB_ROOT])];
    let removal = "zfs destroy tank/iocage/releases/R/root@db";
    let args = destroy(done(), told(), &[(SNAPSHOTS, left.clone()), (removal, said(""))]);
    let warnings = args["warnings"].to_string();
    assert!(warnings.contains("R/root@db was left of it and is removed"), "{args}");
    assert!(warnings.contains("jails/web@db is left;"), "{args}");
    let refusal = failed("cannot destroy: snapshot has dependent clones\n");
    let args = destroy(done(), told(), &[(SNAPSHOTS, left), (removal, refusal)]);
    assert!(args["warnings"].to_string().contains("does not remove it: cannot destroy"), "{args}");
}

/// A running jail, and one whose name begins another's, where the version is not known.
#[test]
fn what_is_not_to_be_destroyed_is_refused_before() {
    let up = said("7\tdb\toff\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n");
    let args = python(about_db("destroyjail"), [("df -lh", said(JAILS)), ("list -lh", up)]);
    assert_eq!(
        (error(&args, "destroyjail").0, error(&args, "destroyjail").1),
        ("jail-running", Some("jail"))
    );
    let longer = format!("{JAILS}db-old\t1.00x\tnone\tnone\t96K\t5.1G\n");
    let args = python(about_db("destroyjail"), [("df -lh", said(longer))]);
    let (code, key, text) = error(&args, "destroyjail");
    assert!(code == "unsupported" && key == Some("jail") && text.contains("db-old"), "{args}");
}

/// iocage says that there is no template of the new jail's name, or none of a name that
/// there is: then a snapshot is in the way.
#[test]
fn a_snapshot_in_the_way_is_told_and_stays_where_it_is() {
    let create = json!({"action": "createjail", "props": "template=base tag=new"});
    let jails = said(format!("{JAILS}base\t1.00x\tnone\tnone\t96K\t5.1G\n"));
    let base = [
        ("tank/iocage/templates/base", "-"),
        ("tank/iocage/templates/base/root", "-"),
        DB,
        DB_ROOT,
        WEB,
        WEB_ROOT,
    ];
    for complaint in ["Template: new not found!\n", "Template: base not found!\nCreated Templates:\n  base\n"]
    {
        let commands = [
            ("df -lh", jails.clone()),
            ("create -t base -n new", failed(complaint)),
            (MARKS, marks(&base)),
            (
                "zfs list -H -t snapshot -o name -r tank/iocage/templates/base",
                said("tank/iocage/templates/base/root@other\ntank/iocage/templates/base@new\n"),
            ),
        ];
        let args = python(create.clone(), commands);
        let (code, key, text) = error(&args, "createjail");
        assert_eq!((code, key), ("iocage-failed", None), "{args}");
        assert!(text.contains("base@new is in the way of it") && !text.contains("root@other"), "{text}");
    }
    // What has come meanwhile is removed: the command was ended in between.
    let snapshots = "zfs list -H -t snapshot -o name -r tank/iocage/templates/base";
    let answers = vec![
        ("df -lh".to_owned(), vec![jails.clone()]),
        ("create -t base -n new".to_owned(), vec![Said { exit: TOO_LATE, ..Said::default() }]),
        (MARKS.to_owned(), vec![marks(&base)]),
        (
            snapshots.to_owned(),
            vec![
                said("tank/iocage/templates/base@new\n"),
                said("tank/iocage/templates/base@new\ntank/iocage/templates/base/root@new\n"),
            ],
        ),
        ("zfs destroy tank/iocage/templates/base/root@new".to_owned(), vec![said("")]),
    ];
    let args = sent(Generation::Python, &create, answers);
    let text = error(&args, "createjail").2;
    assert!(text.contains("root@new was left of it and is removed"), "{text}");
    assert!(text.contains("base@new is in the way of it"), "{text}");
    // Without zfs the hint is what there is.
    let commands =
        [("df -lh", jails.clone()), ("create -t base -n new", failed("Template: new not found!\n"))];
    assert!(error(&python(create.clone(), commands), "createjail").2.contains("snapshot"));
    // A template that is not there is not there.
    for tag in ["new", "nosuch"] {
        let create = json!({"action": "createjail", "props": format!("template=nosuch tag={tag}")});
        let command = format!("create -t nosuch -n {tag}");
        let commands = [("df -lh", jails.clone()), (&*command, failed("Template: nosuch not found!\n"))];
        assert_eq!(error(&python(create, commands), "createjail").0, "unknown-template", "{tag}");
    }
}

const BROKEN: &str = "Traceback (most recent call last):\n  File \"x\", line 1\nKeyError: 'host_hostuuid'\n";

/// One configuration without a name, and `list` fails whole: the others are asked for.
#[test]
fn one_configuration_without_a_name_hides_no_other() {
    let of = |name: &str, more: &str| {
        said(format!(
            "boot:1\ndhcp:0\nhost_hostuuid:{name}\nip4_addr:em0|192.0.2.7/24\nstate:up\ntype:{more}\n"
        ))
    };
    let args = python(
        json!({"action": "listjails"}),
        [
            ("list -lh", failed(BROKEN)),
            ("df -lh", said(format!("{JAILS}base\t1.00x\tnone\tnone\t9K\t5G\n"))),
            ("get all db", said("boot:0\nip4_addr:none\nstate:down\ntype:jail\n")),
            ("get all web", of("web", "jail")),
            ("get all base", of("base", "template")),
        ],
    );
    let web = json!({"boot": "on", "ip4": "em0|192.0.2.7/24", "jid": "-", "state": "up", "tag": "web", "type": "jail"});
    assert_eq!(args["listjails"], json!({"web": web}), "{args}");
    let problems = args["problems"].to_string();
    assert!(problems.contains("db: its configuration has no `host_hostuuid`"), "{args}");
    // If none can be told, each is named.
    let args = python(
        json!({"action": "listjails"}),
        [
            ("list -lh", failed(BROKEN)),
            ("df -lh", said(JAILS)),
            ("get all db", said("")),
            ("get all web", said("")),
        ],
    );
    let text = error(&args, "listjails").2;
    assert!(text.contains("KeyError") && text.contains("db: ") && text.contains("web: "), "{text}");
}

/// A clone of which the configuration was not yet written bears its source's name.
#[test]
fn half_a_clone_is_shown_by_its_own_name() {
    let row = "7\tdb\toff\tup\tjail\t14.3-RELEASE\t-\t-\t-\tno\n";
    let clone = ("tank/iocage/jails/web", "tank/iocage/jails/db@web");
    let args = python(
        json!({"action": "listjails"}),
        [("list -lh", said(row.repeat(2))), (MARKS, marks(&[DB, DB_ROOT, clone]))],
    );
    assert_eq!(args["listjails"]["db"]["state"], "up", "{args}");
    assert_eq!(
        (&args["listjails"]["web"]["state"], &args["listjails"]["web"]["jid"]),
        (&json!("down"), &json!("-"))
    );
    assert!(args["problems"][0].as_str().is_some_and(|text| text.starts_with("web: ")), "{args}");
}

/// A value with a line's end and a tab: which row is whose is asked for, or not told.
#[test]
fn two_rows_for_one_jail_are_not_moved() {
    let request = json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"});
    let table = "db\tone\nweb\tforged\nweb\treal\n";
    let each = |db: Said, web: Said| {
        python(
            request.clone(),
            [
                ("get -rh notes", said(table)),
                ("df -lh", said(JAILS)),
                ("get notes db", db),
                ("get notes web", web),
            ],
        )
    };
    let args = each(said("one\nweb\tforged\n"), said("real\n"));
    assert_eq!(args["getjailsettings"]["db"]["notes"], "one\nweb\tforged", "{args}");
    assert_eq!(args["getjailsettings"]["web"]["notes"], "real", "{args}");
    // What is told alone does not stand there: then it is nobody's.
    let args = each(said("other\n"), failed("no\n"));
    assert_eq!(args["getjailsettings"], json!({"db": {"TAG": "db", "notes": "one"}}), "{args}");
    assert!(args["problems"][0].as_str().is_some_and(|text| text.starts_with("web: ")), "{args}");
}

/// Another pool is deactivated by that, and its jails are not listed any more.
#[test]
fn a_pool_that_another_takes_the_place_of_is_told() {
    let request = json!({"action": "activatepool", "pool": "zroot"});
    let done = || said("ZFS pool 'zroot' successfully activated.\n");
    let args = python(request.clone(), [("activate zroot", done()), (MARKS, marks(&[("zroot", "-")]))]);
    let told = args["warnings"][0].as_str().unwrap_or_default();
    assert!(told.contains("pool tank was active"), "{args}");
    let args = python(request, [("activate zroot", done())]);
    assert_eq!(args, json!({"activatepool": {"success": "pool zroot activated."}}));
}

/// What is meant, where it is clear; and no download of what is no release.
#[test]
fn advice_on_a_release_fits() {
    for (release, advice) in [
        ("14.3-RELEASE-p4", "did you mean \"14.3-RELEASE\"?"),
        ("14.3-release", "did you mean \"14.3-RELEASE\"?"),
        ("14.2-RELEASE-p1", "a release has no patch level"),
        ("14.2-RELEASE", "downloads it first"),
    ] {
        let request = json!({"action": "createjail", "props": format!("tag=new release={release}")});
        let args = python(request, [("list -rh", said("13.5-RELEASE\n14.3-RELEASE\n"))]);
        let (code, key, text) = error(&args, "createjail");
        assert_eq!((code, key), ("unknown-release", Some("props")), "{args}");
        assert!(text.ends_with(advice), "{text}");
    }
}

/// It could not be made, and what was begun is destroyed: up to 1.10 with all whose
/// names begin so. With no property there is nothing that it would not accept.
#[test]
fn a_new_name_that_begins_anothers_is_refused_with_properties() {
    let clone = |props: &str| json!({"action": "clonejail", "jail": "db", "props": props});
    let jails = [("df -lh", said(JAILS)), ("list -lh", list())];
    let args = python(clone("tag=we boot=banana"), jails.clone());
    let (code, key, text) = error(&args, "clonejail");
    assert_eq!((code, key), ("unsupported", Some("props")), "{args}");
    assert!(text.contains("web"), "{text}");
    let [df, list] = jails;
    let args = python(clone("tag=we"), [df, list, ("clone db -n we", said("we successfully cloned!\n"))]);
    assert!(args["clonejail"].get("success").is_some(), "{args}");
}
