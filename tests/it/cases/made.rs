//! New jails: what they are made of, what they may be called, and what is left of one
//! that was not made.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use super::tables::{A, DATASETS, datasets, df, templates};
use crate::support::stand::{Answered, Answers, Said, ask, failed, look, runs, runs_not, said};
use crate::support::{DOORS, Folder, Host, Machine};

fn created(props: &str, more: Vec<(&str, Vec<Said>)>) -> Answered {
    let lookups = vec![("df", vec![df(&[])]), ("list -t", vec![templates(&[(A, "tpl"), (A, "tpl2")])])];
    let all = more.into_iter().chain(lookups);
    let answers: Answers = all.map(|(key, said)| (key.to_owned(), said)).collect();
    ask(Generation::Shell, answers, &json!({"action": "createjail", "props": props}))
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or("none")
}

/// iocage greps for the name, and goes on with what only begins the same.
#[test]
fn a_release_is_one_that_is_there_by_its_whole_name() {
    let releases = || said("Downloaded releases:\n  10.2-RELEASE \n  14.3-RELEASE \n");
    for (release, advice) in [
        ("10.2-RELEAS", "did you mean \"10.2-RELEASE\"?"),
        ("14.3-RELEASE-p4", "did you mean \"14.3-RELEASE\"?"),
        ("9", "\"9\" has not been fetched"),
    ] {
        let answered = created(&format!("tag=x2 release={release}"), vec![("list -r", vec![releases()])]);
        let answer = &answered.args["createjail"];
        assert_eq!((code(answer), &answer["key"]), ("unknown-release", &json!("props")));
        assert!(answer["error"].as_str().is_some_and(|text| text.ends_with(advice)), "{answer}");
        assert_eq!(answered.calls, ["list -r"]);
    }
    for (template, advice) in [("tp", "did you mean \"tpl\" or \"tpl2\"?"), ("web", "no template \"web\"")] {
        let answered = created(&format!("tag=x2 template={template}"), Vec::new());
        let answer = &answered.args["createjail"];
        assert_eq!(code(answer), "unknown-template");
        assert!(answer["error"].as_str().is_some_and(|text| text.ends_with(advice)), "{answer}");
    }
    // 1.7.x has them at the right, and `-e` makes a jail of nothing.
    let empty = json!({"action": "createjail", "props": "tag=x2 release=9.9", "switches": "-e"});
    let answers = vec![
        ("df".to_owned(), vec![df(&[])]),
        ("list -t".to_owned(), vec![templates(&[])]),
        ("create -e tag=x2 release=9.9".to_owned(), vec![said(format!("{A}\n"))]),
    ];
    let answered = ask(Generation::Shell, answers, &empty);
    assert_eq!(answered.args["createjail"]["success"], json!({"uuid": A}));
    let old = said("Downloaded releases:\n   10.2-RELEASE\n");
    let done = said(format!("  Successfully created: {A} (x2)\n"));
    let commands = vec![("list -r", vec![old]), ("create tag=x2 release=10.2-RELEASE", vec![done])];
    let answered = created("tag=x2 release=10.2-RELEASE", commands);
    assert!(answered.args["createjail"]["success"].is_object(), "{}", answered.args);
}

#[test]
fn what_is_no_property_of_a_jail_to_be_is_refused_with_the_reason() {
    let long = format!("tag={}", "a".repeat(300));
    for (prop, told, part) in [
        ("tag=../../../etc/passwd", "illegal-value", "cannot be a `tag`: letters"),
        ("tag='my jail'", "illegal-value", "cannot be a `tag`: letters"),
        ("release=-", "illegal-value", "cannot be a `release`: letters"),
        ("template=a/b", "illegal-value", "cannot be a `template`: letters"),
        (long.as_str(), "too-long", "too long: 300 bytes"),
        ("mountpoint=/etc", "illegal-value", "iocage finds the jail's files by it"),
        ("origin=tank@x", "illegal-value", "ZFS writes it down"),
        ("used=1", "illegal-value", "ZFS counts it"),
        ("available=1", "illegal-value", "ZFS counts it"),
        ("compressratio=2", "illegal-value", "ZFS counts it"),
        ("last_started=now", "illegal-value", "iocage writes it down"),
        ("ftphost=x", "illegal-value", "argument of `fetch`"),
        ("host_hostuuid=x", "illegal-value", "iocage finds the jail by it"),
        ("start=no", "illegal-value", "takes only yes"),
        ("PATH=/x", "unknown-property", "no property of this iocage"),
    ] {
        let answered = created(prop, Vec::new());
        let answer = &answered.args["createjail"];
        assert_eq!((code(answer), &answer["key"]), (told, &json!("props")), "{prop}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains(part)), "{answer}");
        assert!(answered.calls.is_empty(), "{:?}", answered.calls);
    }
}

const HALF: &str = "tank/iocage/jails/daaed206-e911-11f1-9cf2-02fc00000001";
const UUID: &str = "daaed206-e911-11f1-9cf2-02fc00000001";

/// A property that ZFS refuses: iocage goes on without any, and says that it made a
/// jail. What it made is named, and can be removed.
#[test]
fn half_a_jail_is_told_and_can_be_removed() {
    let root = format!("{HALF}/root");
    let half = || datasets(&[("tank", "-"), (HALF, "-"), (&root, "-")]);
    let identity = format!("zfs get -H -o value org.freebsd.iocage:host_hostuuid {HALF}");
    // It lies in a folder in which there is nothing.
    let mountpoint = format!("zfs get -H -o value mountpoint {HALF}");
    let folder = Folder::new();
    let told = |stderr: String, exit| Said {
        stdout: if exit == 0 { format!("  Successfully created: {UUID} (x13)\n") } else { String::new() },
        stderr,
        exit,
        ..Said::default()
    };
    for (output, reason) in [
        (told(format!("cannot create '{HALF}': bad numeric value 'zzz'\n"), 0), "bad numeric value 'zzz'"),
        (told("cannot create 'x': out of space\n".to_owned(), 1), "out of space"),
    ] {
        // One that bears a name is a jail that somebody else makes.
        for (known_as, is_left) in [("-\n", true), ("daaed206\n", false)] {
            let commands = vec![
                (DATASETS, vec![datasets(&[("tank", "-")]), half()]),
                (&*identity, vec![said(known_as)]),
                (&*mountpoint, vec![said(format!("{}\n", folder.0.display()))]),
                ("activate", vec![said("pool: tank\n")]),
                ("create*", vec![output.clone()]),
            ];
            let answered = created("tag=x13 quota=zzz", commands);
            let sentence = answered.args["createjail"]["error"].as_str().unwrap_or_default().to_owned();
            let left = format!("it left the dataset \"{HALF}\" behind, which destroyjail of {UUID} removes");
            assert!(sentence.contains(reason) && sentence.contains(&left) == is_left, "{sentence}");
        }
    }

    let removing = |identity_is: &str, all: Vec<Said>, jls: bool, refusal: Option<Said>| {
        let known_as = format!("ioc-{UUID}");
        let done = || vec![said("")];
        let answers: Answers = vec![
            (
                "df".to_owned(),
                vec![said("UUID  CRT  RES  QTA  USE  AVA  TAG\n-     1.00x  none  none  528K  2.9G -\n")],
            ),
            ("list -t".to_owned(), vec![templates(&[])]),
            (DATASETS.to_owned(), all),
            (identity.clone(), vec![said(format!("{identity_is}\n"))]),
            (mountpoint.clone(), vec![said(format!("{}\n", folder.0.display()))]),
            ("activate".to_owned(), vec![said("pool: tank\n")]),
            (look(&known_as), vec![if jls { runs(&known_as, 1) } else { runs_not(&known_as) }]),
            (format!("zfs destroy {root}"), refusal.map_or_else(done, |refusal| vec![refusal])),
            (format!("zfs destroy {HALF}"), done()),
        ];
        ask(Generation::Shell, answers, &json!({"action": "destroyjail", "jail": UUID}))
    };
    // Looked for, looked at again, and once it is gone.
    let looks = || vec![half(), half(), datasets(&[("tank", "-")])];
    let answered = removing("-", looks(), false, None);
    assert_eq!(answered.args["destroyjail"], json!({"success": {"Destroying": format!(" {UUID}")}}));
    let warning = answered.args["warnings"][0].as_str().unwrap_or_default();
    assert!(warning.contains(&root) && warning.contains("half a jail"), "{warning}");
    let destroys =
        |answered: &Answered| answered.calls.iter().filter(|call| call.contains("destroy")).count();
    assert_eq!(destroys(&answered), 2, "{:?}", answered.calls);

    // One that iocage knows by another UUID is no half jail, and none that has more.
    let answered = removing(A, looks(), false, None);
    assert_eq!((code(&answered.args["destroyjail"]), destroys(&answered)), ("unknown-jail", 0));
    let more = || datasets(&[(HALF, "-"), (&root, "-"), (&format!("{HALF}/data"), "-")]);
    let answered = removing("-", vec![more()], false, None);
    assert_eq!((code(&answered.args["destroyjail"]), destroys(&answered)), ("not-done", 0));
    let answered = removing("-", looks(), true, None);
    assert_eq!((code(&answered.args["destroyjail"]), destroys(&answered)), ("jail-running", 0));
    let refusal = failed(format!("cannot destroy '{root}': filesystem has children\n"));
    let answered = removing("-", looks(), false, Some(refusal));
    let sentence = answered.args["destroyjail"]["error"].as_str().unwrap_or_default();
    assert!(sentence.contains("has children; nothing was removed"), "{sentence}");
    assert_eq!(destroys(&answered), 1);
    // Only destroyjail takes it for something.
    for action in ["startjail", "stopjail", "capjail"] {
        let answers: Answers =
            vec![("df".to_owned(), vec![df(&[])]), ("list -t".to_owned(), vec![templates(&[])])];
        let answered = ask(Generation::Shell, answers, &json!({"action": action, "jail": UUID}));
        assert_eq!(code(&answered.args[action]), "unknown-jail");
    }
}

/// Without a tag a jail is called by the time, to the second: two at once would be
/// called the same, and the second take it from the first.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn two_jails_without_a_tag_are_not_made_at_once() {
    let state = json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
        "jails": [{"uuid": A, "tag": "db"}]}]});
    let machine = Machine::new(&state);
    let config = machine.config_with(&json!({"lock_wait_s": 1}));
    let hosts = DOORS.map(|door| Host::new(door, &config));
    let hold = machine.hold("create");
    std::thread::scope(|threads| {
        let first = threads.spawn(|| hosts[0].answer(&json!({"action": "createjail"})));
        machine.wait_for_call("[create]");
        for second in [json!({"action": "createjail"}), json!({"action": "clonejail", "jail": "db"})] {
            let action = second["action"].as_str().expect("text").to_owned();
            let answer = hosts[1].answer(&second);
            assert_eq!(code(&answer), "busy", "{action}: {answer}");
        }
        // One that has a tag is no matter.
        let named = json!({"action": "clonejail", "jail": "db", "props": "tag=copy"});
        assert!(hosts[1].answer(&named)["success"].is_object());
        drop(hold);
        assert!(first.join().expect("no panic")["success"].is_object());
    });
}
