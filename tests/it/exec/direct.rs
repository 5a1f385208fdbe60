//! Without iocage: which jail's number it is, what the command finds in its environment,
//! in which routing table it runs, and which words of whom are believed.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};
use sysadm_iocage::config::{Direct, Generation};

use super::fake::{Fake, UUID, WAYS, Way};
use crate::support::stand::{Answered, Answers, KILLED, Said, TAKEN_AWAY, answers, ask_by, failed, said};
use crate::support::{DOORS, Folder, Host, Machine, fault};

const GENERATIONS: [Generation; 2] = [Generation::Shell, Generation::Python];

/// What is asked and run for a command of `root` in the jail `db`, of number 5.
struct Words {
    look: String,
    jexec: String,
    /// The answers of all that is not asked about.
    rest: Vec<(String, Vec<Said>)>,
}

/// The questions about the jails of a generation, of which `tpl` is a template.
fn words(generation: Generation) -> Words {
    let rest = match generation {
        Generation::Shell => answers([
            ("df", said(format!("UUID CRT RES QTA USE AVA TAG\n{UUID} 1.15x none none 8M 8G db\n"))),
            ("list -t", said("JID UUID BOOT STATE TAG TYPE IP4\n")),
            ("zfs get -H -o value org.freebsd.ioc:active*", said("yes\n")),
            ("zfs get*", said("0\n")),
        ]),
        Generation::Python => {
            answers([("df -lh", said("db\t1.00x\tnone\tnone\t1M\t1G\n")), ("list -tlh", said(""))])
        }
    };
    let name = if generation == Generation::Shell { UUID } else { "db" };
    Words {
        look: format!("jls -j ioc-{name} -n jid name path"),
        jexec: "jexec -U root 5 x -y".to_owned(),
        rest,
    }
}

fn found(words: &Words) -> Said {
    let name = words.look.split(' ').nth(2).expect("a name");
    said(format!("jid=5 name={name} path=/nowhere/jails/{name}/root\n"))
}

fn ask(generation: Generation, own: Answers) -> Answered {
    let request =
        json!({"action": "execjail", "jail": "db", "user": "root", "argv": ["x", "-y"], "detail": true});
    let all = own.into_iter().chain(words(generation).rest).collect();
    ask_by(Direct::Auto, generation, all, &request)
}

/// The code, the key and the sentence.
fn told(answered: &Answered) -> (&str, &str, &str) {
    let text = |key: &str| answered.args["execjail"][key].as_str().unwrap_or_default();
    (text("code"), text("key"), text("error"))
}

#[test]
fn jexec_gets_the_number_and_the_words() {
    for generation in GENERATIONS {
        let words = words(generation);
        let own =
            vec![(words.look.clone(), vec![found(&words)]), (words.jexec.clone(), vec![said("out: 1\n")])];
        let answered = ask(generation, own);
        assert_eq!(answered.args["execjail"]["success"], json!({"out": " 1"}));
        let calls = &answered.calls;
        assert_eq!(calls.last(), Some(&words.jexec), "{calls:?}");
        assert_eq!(calls.iter().filter(|call| **call == words.look).count(), 1, "{calls:?}");
        let is_question = |call: &String| !["exec", "start"].iter().any(|word| call.starts_with(word));
        assert!(calls.iter().all(is_question), "{calls:?}");
    }
}

/// A jail that runs under another name, more of it or less, is another.
#[test]
fn an_answer_about_another_jail_is_none() {
    for generation in GENERATIONS {
        let words = words(generation);
        for (answer, code) in [
            (said(""), "jail-not-running"),
            (found(&words).stdout.replace(" path", "2 path").as_str().into_said(), "unexpected-output"),
            (said("jid=5 name=ioc-other path=/x\n"), "unexpected-output"),
            (said(format!("jid=7 name=ioc-a.b\n{}", found(&words).stdout)), "unexpected-output"),
            (failed("jls: jail \"ioc-other\" not found\n"), "iocage-failed"),
            (failed("jls: jail_get: Operation not permitted\n"), "iocage-failed"),
        ] {
            let answered = ask(generation, vec![(words.look.clone(), vec![answer.clone()])]);
            assert_eq!(told(&answered).0, code, "{answer:?}: {}", answered.args);
            assert!(!answered.calls.iter().any(|call| call.starts_with("jexec")), "{:?}", answered.calls);
            if code != "jail-not-running" {
                assert!(told(&answered).2.contains("`\"direct\": \"off\"`"), "{}", answered.args);
            }
        }
    }
}

trait IntoSaid {
    fn into_said(self) -> Said;
}

impl IntoSaid for &str {
    fn into_said(self) -> Said {
        said(self)
    }
}

/// What may be jexec's own words, and what becomes of them. Whether the jail runs, the
/// kernel is asked once more.
#[test]
fn what_jexec_says_is_held_against_the_kernel() {
    for generation in GENERATIONS {
        let words = words(generation);
        let no_jail = failed("jexec: jail 5 not found\n");
        let gone = failed(format!("jls: jail \"{}\" not found\n", words.look.split(' ').nth(2).expect("it")));
        let anew = said(found(&words).stdout.replace("jid=5", "jid=6"));
        for (output, later, code, key) in [
            (no_jail.clone(), found(&words), "command-failed", "argv"),
            (no_jail.clone(), gone.clone(), "jail-not-running", "jail"),
            // It was started again: with another number it is not the one that was meant.
            (no_jail.clone(), anew, "jail-not-running", "jail"),
            (no_jail, failed("jls: no memory\n"), "command-failed", "argv"),
            (failed("jexec: jail_attach(5): Invalid argument\n"), gone.clone(), "jail-not-running", "jail"),
            // These do not say that the jail was not there.
            (failed("jexec: root: no such user\n"), gone.clone(), "unknown-user", "user"),
            (
                failed("jexec: execvp: x: No such file or directory\n"),
                gone.clone(),
                "command-not-found",
                "argv",
            ),
            (
                failed("jexec: execvp: y: No such file or directory\n"),
                found(&words),
                "command-failed",
                "argv",
            ),
            (failed("jexec: www: no such user\n"), found(&words), "command-failed", "argv"),
            // And these are the command's.
            (failed("a\njexec: jail 5 not found\n"), gone.clone(), "command-failed", "argv"),
            (
                Said { stdout: "a".to_owned(), ..failed("jexec: jail 5 not found\n") },
                gone.clone(),
                "command-failed",
                "argv",
            ),
            (Said { exit: 2, ..failed("jexec: jail 5 not found\n") }, gone.clone(), "command-failed", "argv"),
            (failed(""), gone.clone(), "command-failed", "argv"),
            (Said { exit: KILLED, ..said("so far\n") }, gone.clone(), "command-failed", "argv"),
            (Said { exit: TAKEN_AWAY, ..said("so far\n") }, gone, "outcome-unknown", ""),
        ] {
            let own = vec![
                (words.look.clone(), vec![found(&words), later]),
                (words.jexec.clone(), vec![output.clone()]),
            ];
            let answered = ask(generation, own);
            assert_eq!((told(&answered).0, told(&answered).1), (code, key), "{output:?}: {}", answered.args);
            if output.exit < 0 {
                assert_eq!(answered.args["execjail"]["stdout"], "so far\n");
            }
        }
    }
}

/// It is not what else was configured that counts, nor is iocage asked in its place.
#[test]
fn a_tool_that_cannot_be_started_is_named_with_the_key() {
    for way in WAYS.into_iter().filter(|way| way.direct == "auto") {
        for tool in ["jls", "jexec"] {
            let fake = Fake::new(way);
            fs::remove_file(fake.file(tool)).expect("it was there");
            for door in DOORS {
                let request =
                    json!({"action": "execjail", "jail": "test", "user": "root", "command": "true"});
                let answer = fake.host(door).answer(&request);
                assert_eq!(answer["code"], "cannot-start", "{answer}");
                let error = answer["error"].as_str().expect("a sentence");
                assert!(
                    error.contains(&format!("/{tool}`")) && error.contains("`\"direct\": \"off\"`"),
                    "{error}"
                );
            }
        }
    }
}

/// Each program on the way to the command, whoever starts it.
#[test]
fn a_tool_that_others_can_replace_is_not_run() {
    if !is_root() {
        crate::support::skipped!("whoever is not root may run what it likes");
        return;
    }
    for way in WAYS.into_iter().filter(|way| way.direct == "auto") {
        for tool in ["jls", "jexec", "setfib"] {
            let fake = Fake::new(way);
            fs::write(fake.file("fib"), "2\n").expect("written");
            fs::write(fake.file("pool/defaults.json"), r#"{"exec_fib": "2"}"#).expect("written");
            let mode =
                |mode| fs::set_permissions(fake.file(tool), fs::Permissions::from_mode(mode)).expect("ours");
            mode(0o757);
            let answer = run_in(&fake);
            assert_eq!(answer["code"], "unsafe-program", "{tool}: {answer}");
            let error = answer["error"].as_str().expect("a sentence");
            assert!(
                error.contains(&format!("{tool} (mode 0757)")) && error.contains("`\"direct\": \"off\"`"),
                "{error}"
            );
            mode(0o755);
            assert_eq!(run_in(&fake), json!({"success": {"fib 2": "", "hi": ""}}));
        }
    }
}

fn is_root() -> bool {
    let folder = Folder::new();
    fs::metadata(&folder.0).expect("ours").uid() == 0
}

fn environment(way: Way) -> Vec<String> {
    let fake = Fake::new(way);
    let request =
        json!({"action": "execjail", "jail": "test", "user": "root", "argv": ["env"], "detail": true});
    let answer = fake.host(DOORS[0]).ask(&request);
    let text = answer["detail"]["stdout"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// jexec is given what iocage gives it. This system's shell, which runs the script in its
/// place, may add where it is.
#[test]
fn the_environment_is_that_of_iocage() {
    let python = environment(Way { dialect: "python", direct: "auto" });
    assert_eq!(
        python,
        [
            "HOME=/",
            "LANG=en_US.UTF-8",
            "LC_ALL=en_US.UTF-8",
            "PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/root/bin",
            "PWD=/",
            "TERM=xterm-256color"
        ]
    );
    let shell = Way { dialect: "shell", direct: "auto" };
    let by_iocage = environment(Way { direct: "off", ..shell });
    assert_eq!(environment(shell), by_iocage);
    assert!(by_iocage.iter().any(|line| line == "HOME=/root") && by_iocage.len() < 6, "{by_iocage:?}");
}

fn run_in(fake: &Fake) -> Value {
    let request = json!({"action": "execjail", "jail": "test", "user": "root", "command": "echo hi"});
    fake.host(DOORS[0]).answer(&request)
}

/// The property is where each iocage keeps it; where it cannot be found there, iocage is
/// asked, which says 3.
#[test]
fn the_routing_table_is_the_jails() {
    let plain = json!({"success": {"hi": ""}});
    let of = |fib: &str| json!({"success": {(format!("fib {fib}")): "", "hi": ""}});
    for (value, expected) in
        [("0", &plain), ("2", &of("2")), ("-", &of("3")), ("none", &of("3")), ("", &of("3"))]
    {
        let fake = Fake::new(Way { dialect: "shell", direct: "auto" });
        fs::write(fake.file("fib"), format!("{value}\n")).expect("written");
        assert_eq!(&run_in(&fake), expected, "{value}");
    }
    let (jail, all) = ("pool/jails/test/config.json", "pool/defaults.json");
    for (files, expected) in [
        (&[][..], &plain),
        (&[(jail, r#"{"exec_fib": "0"}"#), (all, r#"{"exec_fib": "1"}"#)], &plain),
        (&[(jail, r#"{"exec_fib": "2", "boot": 1}"#)], &of("2")),
        (&[(jail, "{}"), (all, r#"{"exec_fib": 1}"#)], &of("1")),
        (&[(jail, r#"{"boot": 1}"#), (all, "{}")], &plain),
        (&[(jail, "")], &of("3")),
        (&[(jail, "{}"), (all, "oops")], &of("3")),
        (&[(jail, r#"{"exec_fib": "any"}"#)], &of("3")),
    ] {
        let fake = Fake::new(Way { dialect: "python", direct: "auto" });
        for (name, text) in files {
            fs::write(fake.file(name), text).expect("written");
        }
        assert_eq!(&run_in(&fake), expected, "{files:?}");
    }
}

#[test]
fn a_routing_table_that_nobody_tells_is_not_made_up() {
    let words = words(Generation::Shell);
    let mut own = vec![(words.look.clone(), vec![found(&words)])];
    own.extend(answers([
        ("zfs get*", failed("cannot open: no such\n")),
        ("get exec_fib*", failed("  ERROR: unsupported property: exec_fib !\n")),
    ]));
    let answered = ask(Generation::Shell, own);
    assert_eq!(told(&answered).0, "unexpected-output", "{}", answered.args);
    assert!(told(&answered).2.contains("`exec_fib`"), "{}", answered.args);
    assert!(!answered.calls.iter().any(|call| call.starts_with("jexec")), "{:?}", answered.calls);
}

/// On the simulator: a jail with a dot in its name, one in another routing table, and one
/// whose UUID ends as another's does.
#[test]
fn the_kernel_is_asked_for_its_own_name() {
    let machine =
        Machine::new(&json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "jails": [
            {"name": "a.b", "jid": 4}, {"name": "web", "jid": 7}, {"name": "web2", "jid": 8}, {"name": "off"},
        ]}]}));
    let host = Host::new(DOORS[0], &machine.config());
    for (jail, calls) in [
        ("a.b", ["jls[-j][ioc-a_b][-n][jid][name][path]", "jexec[-U][root][4][hostname]"]),
        ("web", ["jls[-j][ioc-web][-n][jid][name][path]", "jexec[-U][root][7][hostname]"]),
    ] {
        let answer =
            host.answer(&json!({"action": "execjail", "jail": jail, "user": "root", "command": "hostname"}));
        assert!(answer["success"].is_object(), "{answer}");
        let all = machine.calls();
        // Of its pool zfs is asked, by where its root is.
        let of_pool = |call: &&String| {
            call.starts_with("zfs[get][-H][-o][value][org.freebsd.ioc:active][/")
                && call.ends_with(&format!("/jails/{jail}/root]"))
        };
        assert_eq!(all.iter().filter(of_pool).count(), 1, "{all:?}");
        let others: Vec<_> = all.iter().filter(|call| !of_pool(call)).collect();
        // Which jails there are, the tools of the system tell.
        let others: Vec<_> =
            others.into_iter().map(|call| call.split("][-t]").next().unwrap_or(call)).collect();
        assert_eq!(others, [&["zpool[list][-H][-o][name,comment]", "zfs[list][-H"], &calls[..]].concat());
    }
    let answer =
        host.answer(&json!({"action": "execjail", "jail": "off", "user": "root", "command": "hostname"}));
    assert_eq!(fault(&answer), ("jail-not-running", "jail"), "{answer}");

    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": [
        {"uuid": UUID, "tag": "web", "jid": 3, "properties": {"exec_fib": "2"}},
    ]}]}));
    let host = Host::new(DOORS[0], &machine.config());
    let answer =
        host.answer(&json!({"action": "execjail", "jail": "web", "user": "root", "command": "echo hi"}));
    assert_eq!(answer, json!({"success": {"hi": ""}}));
    let calls = machine.calls();
    let words: Vec<_> = calls.iter().filter(|call| call.contains("jexec")).collect();
    let is_right =
        |call: &&String| call.starts_with("setfib[2][") && call.ends_with("/jexec][-U][root][3][echo][hi]");
    assert!(words.len() == 1 && words.iter().all(is_right), "{calls:?}");
}

/// A template, of which the shell iocage of 2016 tells so: nothing has run in it.
#[test]
fn a_template_is_called_one_by_either_way() {
    let uuid = "bf94fa98-e913-11f1-bc78-02fc00000001";
    let request = json!({"action": "execjail", "jail": "tpl", "user": "root", "command": "true"});
    let kernel = format!("jls -j ioc-{uuid} -n jid name path");
    let unknown = failed(format!("jls: jail \"ioc-{uuid}\" not found\n"));
    let by_iocage = failed(format!(
        "cannot open 'tank/iocage/jails/{uuid}': dataset does not exist\n[: -ne: unexpected operator\n\
         jexec: jail \"ioc-{uuid}\" not found\n"
    ));
    for direct in [Direct::Auto, Direct::Off] {
        let list = format!("JID UUID BOOT STATE TAG TYPE IP4\n- {uuid} off down tpl template -\n");
        let own = answers([
            ("df", said("UUID CRT RES QTA USE AVA TAG\n")),
            ("list -t", said(list)),
            ("list", said("JID UUID BOOT STATE TAG TYPE IP4\n")),
            ("exec -U root*", by_iocage.clone()),
            (&kernel, unknown.clone()),
        ]);
        let answered = ask_by(direct, Generation::Shell, own, &request);
        assert_eq!((told(&answered).0, told(&answered).1), ("jail-not-running", "jail"), "{}", answered.args);
        assert!(told(&answered).2.contains("jail tpl is a template"), "{}", answered.args);
    }
    // The Python iocage says of it what it says of a stopped jail.
    for direct in [Direct::Auto, Direct::Off] {
        let own = answers([
            ("df -lh", said("tpl\t1.00x\tnone\tnone\t1M\t1G\n")),
            ("list -lh", said("")),
            ("list -tlh", said("-\ttpl\toff\tdown\ttemplate\t14.3-RELEASE\t-\t-\t-\tno\n")),
            ("exec -U root*", failed("tpl is not running! Please supply --force (-f) or start the jail\n")),
            ("jls -j ioc-tpl -n jid name path", failed("jls: jail \"ioc-tpl\" not found\n")),
        ]);
        let answered = ask_by(direct, Generation::Python, own, &request);
        assert_eq!((told(&answered).0, told(&answered).1), ("jail-not-running", "jail"), "{}", answered.args);
        assert!(told(&answered).2.contains("jail tpl is a template"), "{}", answered.args);
    }
}
