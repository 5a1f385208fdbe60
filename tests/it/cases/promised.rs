//! Ways round the promise that were found by trying: another jail, dataset or snapshot
//! than the one that was asked for, a success that nobody saw, a reason that is none.

use serde_json::{Value, json};
use sysadm_iocage::config::{Direct, Generation};

use super::tables::{A, B, DATASETS, RUNNING, datasets, df, templates};
use crate::support::Folder;
use crate::support::stand::{
    Answered, Answers, MARKS, Said, answers, ask, ask_by, failed, look, runs_not, said,
};

fn usage(names: &[&str]) -> Said {
    said(names.iter().map(|name| format!("{name}\t1.00x\tnone\tnone\t96K\t5.1G\n")).collect::<String>())
}

fn marks(rows: &[(&str, &str)]) -> Said {
    let rows = [("tank", "-"), ("tank/iocage", "-")].into_iter().chain(rows.iter().copied());
    said(rows.map(|(name, origin)| format!("{name}\t{origin}\tyes\t{name}\n")).collect::<String>())
}

const BASE: [(&str, &str); 2] =
    [("tank/iocage/templates/base", "-"), ("tank/iocage/templates/base/root", "-")];
const SNAPSHOTS: &str = "zfs list -H -t snapshot -o name -r tank/iocage/templates/base";

fn has_run(answered: &Answered, start: &str) -> bool {
    answered.calls.iter().any(|call| call.starts_with(start))
}

/// The kernel calls `a.b` and `a_b` alike, and iocage those of another pool.
#[test]
fn a_command_is_not_run_in_a_jail_that_is_only_called_so() {
    let active = "zfs get -H -o value org.freebsd.ioc:active";
    for (jail, path, mark) in
        [("a.b", "/old/iocage/jails/a_b/root", "yes"), ("web", "/old/iocage/jails/web/root", "no")]
    {
        let known_as = format!("ioc-{}", jail.replace('.', "_"));
        let commands = answers([
            ("df -lh", usage(&[jail])),
            (&look(&known_as), said(format!("jid=5 name={known_as} path={path}\n"))),
            (&format!("{active} {path}"), said(format!("{mark}\n"))),
            ("list -tlh", said("")),
            ("list -lh", said(format!("None\t{jail}\toff\tdown\tjail\tR\t-\t-\t-\tno\n"))),
            ("jexec*", said("of another\n")),
        ]);
        let request = json!({"action": "execjail", "jail": jail, "user": "root", "command": "hostname"});
        let answered = ask_by(Direct::Auto, Generation::Python, commands, &request);
        assert_eq!(answered.args["execjail"]["code"], "jail-not-running", "{}", answered.args);
        assert!(!has_run(&answered, "jexec"), "{:?}", answered.calls);
    }
}

/// A jail without the property by which the shell iocage knows its own may be another
/// iocage's: of another pool, or with what is known of it in a file.
#[test]
fn a_whole_jail_of_another_iocage_is_no_half_one() {
    let folder = Folder::new();
    for (pool, file) in [("old", None), ("tank", Some("config.json")), ("tank", Some("config"))] {
        if let Some(file) = file {
            std::fs::write(folder.0.join(file), "{}").expect("written");
        }
        let dataset = format!("{pool}/iocage/jails/{A}");
        let root = format!("{dataset}/root");
        let commands = answers([
            ("df", df(&[])),
            ("list -t", templates(&[])),
            ("activate", said("pool: tank\n")),
            (DATASETS, datasets(&[("tank", "-"), (&dataset, "-"), (&root, "-")])),
            (&format!("zfs get -H -o value org.freebsd.iocage:host_hostuuid {dataset}"), said("-\n")),
            (&format!("zfs get -H -o value mountpoint {dataset}"), said(format!("{}\n", folder.0.display()))),
            (&look(&format!("ioc-{A}")), runs_not(&format!("ioc-{A}"))),
            ("zfs destroy*", said("")),
        ]);
        let answered = ask(Generation::Shell, commands, &json!({"action": "destroyjail", "jail": A}));
        assert_eq!(answered.args["destroyjail"]["code"], "unknown-jail", "{}", answered.args);
        assert!(!has_run(&answered, "zfs destroy"), "{:?}", answered.calls);
        if let Some(file) = file {
            std::fs::remove_file(folder.0.join(file)).expect("removed");
        }
    }
}

fn created(create: Said, later: &str, more: &[(&str, Said)]) -> Answered {
    let mut commands: Answers = vec![
        ("df -lh".to_owned(), vec![usage(&["other", "web"])]),
        (MARKS.to_owned(), vec![marks(&BASE)]),
        (SNAPSHOTS.to_owned(), vec![said(""), said(later)]),
        ("create*".to_owned(), vec![create]),
        ("zfs destroy*".to_owned(), vec![said("")]),
    ];
    commands.extend(more.iter().map(|(command, said)| ((*command).to_owned(), vec![said.clone()])));
    ask(Generation::Python, commands, &json!({"action": "createjail", "props": "template=base tag=new"}))
}

/// Whose snapshot it is that came meanwhile, iocage says: not its own.
#[test]
fn a_snapshot_that_iocage_met_is_somebody_elses() {
    let snapshot = "tank/iocage/templates/base/root@new";
    let answered = created(failed(format!("Snapshot: {snapshot} exists!\n")), &format!("{snapshot}\n"), &[]);
    let sentence = answered.args["createjail"]["error"].as_str().unwrap_or_default();
    assert!(sentence.contains(&format!("{snapshot} is in the way of it")), "{sentence}");
    assert!(!has_run(&answered, "zfs destroy"), "{:?}", answered.calls);
}

/// What was made, iocage tells before it starts it; from then on the jail may speak.
#[test]
fn a_new_jail_does_not_say_which_one_was_made() {
    let answered = created(
        said(
            "new successfully created!\n* Starting new\n  + Starting services FAILED\nweb successfully created!\n",
        ),
        "",
        &[],
    );
    let answer = &answered.args["createjail"];
    assert_eq!(answer["success"]["Successfully created"], " new (new)", "{}", answered.args);
    assert!(
        answered.args["warnings"].to_string().contains("+ Starting services FAILED"),
        "{}",
        answered.args
    );

    let start = format!("* Starting {B} (new)\n  + Starting services   FAILED\n");
    let forged = format!("Successfully created: {B} (new)\n{start}Successfully created: {A} (web)\n");
    let commands = vec![
        ("df".to_owned(), vec![df(&[(A, "web")])]),
        ("list -t".to_owned(), vec![templates(&[])]),
        ("list -r".to_owned(), vec![said("Downloaded releases:\n10.2-RELEASE\n")]),
        (DATASETS.to_owned(), vec![datasets(&[("tank", "-")])]),
        ("create*".to_owned(), vec![said(forged)]),
    ];
    let request = json!({"action": "createjail", "props": "release=10.2-RELEASE tag=new start=yes"});
    let args = ask(Generation::Shell, commands, &request).args;
    assert_eq!(args["createjail"]["success"]["Successfully created"], format!(" {B} (new)"), "{args}");
    assert!(args["warnings"].to_string().contains("+ Starting services FAILED"), "{args}");
}

/// An ordinary jail is no template, whatever else may be the matter.
#[test]
fn a_jail_that_is_given_as_a_template_is_unknown_as_one() {
    let commands = vec![
        ("df -lh".to_owned(), vec![usage(&["base", "web"])]),
        (MARKS.to_owned(), vec![marks(&[BASE[0], BASE[1], ("tank/iocage/jails/web", "-")])]),
        ("zfs list -H -t snapshot*".to_owned(), vec![failed("cannot open 'x': dataset does not exist\n")]),
        ("create*".to_owned(), vec![failed("Template: web not found!\n")]),
    ];
    let request = json!({"action": "createjail", "props": "template=web tag=new"});
    let answer = ask(Generation::Python, commands, &request).args;
    assert_eq!(answer["createjail"]["code"], "unknown-template", "{answer}");
}

const BEFORE: [(&str, &str); 4] =
    [("tank", "-"), ("tank/iocage/jails", "-"), ("tank/iocage/jails/a", "-"), ("tank/iocage/jails/b", "-")];

fn cleaned(generation: Generation, after: Said, output: Option<Said>) -> Value {
    let done = match generation {
        Generation::Shell => "  INFO: destroying tank/iocage/jails:  done!\n",
        Generation::Python => "All iocage jail datasets have been destroyed.\n",
    };
    let commands = vec![
        ("activate".to_owned(), vec![said("pool: tank\n")]),
        ("get -p".to_owned(), vec![said("tank\n")]),
        (RUNNING.to_owned(), vec![said("")]),
        (DATASETS.to_owned(), vec![datasets(&BEFORE), after]),
        ("zfs list*".to_owned(), vec![said("")]),
        ("clean -fj".to_owned(), vec![output.unwrap_or_else(|| said(done))]),
    ];
    ask(generation, commands, &json!({"action": "cleanjails", "force": true})).args
}

#[test]
fn a_clean_is_what_was_seen_of_it() {
    let half = || datasets(&[("tank", "-"), ("tank/iocage/jails", "-"), ("tank/iocage/jails/b", "-")]);
    let busy = failed("cannot destroy 'tank/iocage/jails/b': dataset is busy\n");
    for generation in Generation::ALL {
        // Half of it, whether iocage says so or not.
        for (output, code) in [(Some(busy.clone()), "iocage-failed"), (None, "not-done")] {
            let answer = &cleaned(generation, half(), output)["cleanjails"];
            let sentence = answer["error"].as_str().unwrap_or_default();
            assert_eq!(answer["code"], code, "{answer}");
            assert!(sentence.contains("gone are \"tank/iocage/jails/a\""), "{answer}");
        }
        // Not at all.
        let answer = &cleaned(generation, failed("I/O error\n"), None)["cleanjails"];
        assert_eq!(answer["code"], "outcome-unknown", "{answer}");
        // One that somebody has made since.
        let new = datasets(&[("tank", "-"), ("tank/iocage/jails", "-"), ("tank/iocage/jails/new", "-")]);
        let answer = &cleaned(generation, new, None)["cleanjails"];
        assert!(answer["success"].is_string(), "{answer}");
    }
}

/// With its jails the Python iocage destroys every snapshot of a release.
#[test]
fn an_administrators_snapshot_of_a_release_is_asked_about_before() {
    let all = [
        ("tank", "-"),
        ("tank/iocage/jails/a", "-"),
        ("tank/iocage/releases", "-"),
        ("tank/iocage/releases/R/root", "-"),
    ];
    let releases = "zfs list -H -t snapshot -o name -r tank/iocage/releases";
    let own = "tank/iocage/releases/R/root@own";
    let both = format!("tank/iocage/releases/R/root@a\n{own}\n");
    for force in [false, true] {
        let commands = vec![
            ("get -p".to_owned(), vec![said("tank\n")]),
            (RUNNING.to_owned(), vec![said("")]),
            (DATASETS.to_owned(), vec![datasets(&all), datasets(&[all[0], all[2], all[3]])]),
            (releases.to_owned(), vec![said(both.clone())]),
            ("zfs list*".to_owned(), vec![said("")]),
            ("clean -fj".to_owned(), vec![said("All iocage jail datasets have been destroyed.\n")]),
        ];
        let answered = ask(Generation::Python, commands, &json!({"action": "cleanjails", "force": force}));
        let answer = &answered.args["cleanjails"];
        if force {
            assert_eq!(answer["destroyed"], json!(["tank/iocage/jails/a", own]), "{answer}");
        } else {
            assert_eq!(answer["code"], "has-dependents", "{answer}");
            let sentence = answer["error"].as_str().unwrap_or_default();
            assert!(sentence.contains(own) && !sentence.contains("root@a"), "{sentence}");
            assert!(!has_run(&answered, "clean"), "{:?}", answered.calls);
        }
    }
}

/// Two destroys at once: from 1.11 on the beginning of a name is no reason.
#[test]
fn another_jail_that_went_meanwhile_is_not_told_as_gone_with_this_one() {
    let all = [
        ("tank/iocage/jails/web", "-"),
        ("tank/iocage/jails/web/root", "tank/iocage/releases/R/root@web"),
        ("tank/iocage/jails/web2", "-"),
    ];
    let commands = vec![
        ("--version".to_owned(), vec![said("Version\t1.13\n")]),
        ("df -lh".to_owned(), vec![usage(&["web", "web2"])]),
        (look("ioc-web"), vec![runs_not("ioc-web")]),
        ("list -lh".to_owned(), vec![said("None\tweb\toff\tdown\tjail\tR\t-\t-\t-\tno\n")]),
        (MARKS.to_owned(), vec![marks(&all), marks(&[])]),
        ("destroy web".to_owned(), vec![said("Are you sure? [y/N]: Destroying web\n")]),
        ("zfs list -H -t snapshot*".to_owned(), vec![said("")]),
    ];
    let args = ask(Generation::Python, commands, &json!({"action": "destroyjail", "jail": "web"})).args;
    assert_eq!(args, json!({"destroyjail": {"success": {"Destroying": " web"}}}));
}
