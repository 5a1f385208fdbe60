//! How many requests have programs running at once, through the built module: the bounds hold
//! under load, no kind keeps another out, and lookups that are equal are asked once.
//!
//!     SYSADM_SOAK=long cargo test -p sysadm-iocage --test it places
//!
//! is the long form of the load: 1,000 readers and 100 that change something, not 150 and 15.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::host::{Instance, Module, Request, Silent};
use sysadm_class::{Access, Status};

use crate::support::process::eventually;
use crate::support::{DOORS, Machine, artifacts, is_long, write_program};

/// A slow machine: each program says that it begins and that it ends.
const SLOW: &str = r#"#!/bin/sh
here=${0%/*}
name=${0##*/}
[ "$name" = iocage ] && word=$1$2 || word=$name
echo "+ $word $$" >> "$here/turns"
sleep 0.02
"$here/sim/$name" "$@"
status=$?
echo "- $word $$" >> "$here/turns"
exit $status
"#;

/// A Python iocage with so many jails, all stopped: `j0`, `j1`...
fn machine(jails: usize) -> Machine {
    let jails: Vec<_> = (0..jails).map(|at| json!({"name": format!("j{at}")})).collect();
    let pool = json!({"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "jails": jails});
    Machine::new(&json!({"version": "1.13", "pools": [pool]}))
}

fn instance(config: &str) -> Arc<Instance> {
    let module = Module::load(&artifacts().module, DOORS[1]).expect("our module");
    Arc::new(module.create(Arc::new(Silent), config).expect("good"))
}

/// Ask, with a number and a time; what is answered under the action's name.
fn ask(instance: &Instance, access: Access, id: u64, timeout: Option<Duration>, args: &Value) -> Value {
    let text = args.to_string();
    let request = Request::new("sysadm", "iocage", &text, access).with_id(id).within(timeout);
    let response = instance.dispatch(&request).expect("the contract is kept");
    assert_eq!(response.status(), Status::Ok, "{}", response.text());
    let mut answer: Value = serde_json::from_slice(response.args()).expect("JSON");
    answer[args["action"].as_str().expect("an action")].take()
}

fn begin(instance: &Arc<Instance>, access: Access, id: u64, args: &Value) -> JoinHandle<Value> {
    let (instance, args) = (Arc::clone(instance), args.clone());
    thread::spawn(move || ask(&instance, access, id, None, &args))
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

fn of(action: &str, jail: &str) -> Value {
    json!({"action": action, "jail": jail})
}

fn exec(jail: &str) -> Value {
    json!({"action": "execjail", "jail": jail, "user": "root", "command": "true"})
}

/// The most that ran at once, of those whose word is wanted.
fn most(machine: &Machine, wanted: impl Fn(&str) -> bool) -> i32 {
    let turns = fs::read_to_string(machine.iocage().with_file_name("turns")).expect("they were noted");
    let (mut now, mut most) = (0, 0);
    for line in turns.lines() {
        let mut words = line.split(' ');
        let step = if words.next() == Some("+") { 1 } else { -1 };
        if words.next().is_some_and(&wanted) {
            now += step;
            most = most.max(now);
        }
    }
    assert_eq!(now, 0, "all have ended");
    most
}

#[test]
fn under_load_the_bounds_hold_and_nobody_starves() {
    let (readers, changers, commands) = if is_long() { (1_000, 100, 100) } else { (150, 15, 15) };
    let machine = machine(changers);
    let folder = machine.iocage().parent().expect("a folder").to_owned();
    for name in ["iocage", "jls", "jexec", "zfs"] {
        let draft = folder.join(format!("{name}.slow"));
        write_program(&draft, SLOW);
        fs::rename(draft, folder.join(name)).expect("renamed");
    }
    let wait = if is_long() { 1200 } else { 300 };
    let bounds = json!({"read": 3, "change": 4, "exec": 2, "long": 1});
    let instance = instance(&machine.config_with(&json!({
        "at_once": bounds, "at_once_wait_s": wait, "lock_wait_s": wait,
    })));
    let timeout = Duration::from_secs(wait);
    let before = Instant::now();
    // From the beginning on, as all of them begin at once.
    let asked = (0..readers + changers + commands).map(|at| {
        let instance = Arc::clone(&instance);
        thread::Builder::new().stack_size(512 << 10).spawn(move || {
            let id = at as u64 + 1;
            let ask = |access, args: &Value| {
                let answer = ask(&instance, access, id, Some(timeout), args);
                (answer, before.elapsed())
            };
            let (kind, answers) = if at < readers {
                let jail = format!("j{}", at % changers.min(20));
                let args = [
                    json!({"action": "listjails"}),
                    json!({"action": "df"}),
                    json!({"action": "getjailsettings", "jail": jail}),
                    json!({"action": "getjailsettings", "jail": jail, "prop": "notes"}),
                ];
                ("read", vec![ask(Access::Limited, &args[at / 20 % args.len()])])
            } else if at < readers + changers {
                let jail = format!("j{}", at - readers);
                let one = ["startjail", "stopjail"].map(|action| ask(Access::Full, &of(action, &jail)));
                ("change", one.to_vec())
            } else {
                ("exec", vec![ask(Access::Full, &exec(&format!("j{}", at - readers - changers)))])
            };
            (kind, answers)
        })
    });
    let asked: Vec<_> = asked.collect::<Result<_, _>>().expect("threads");
    let mut ended: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for thread in asked {
        let (kind, answers) = thread.join().expect("no panic");
        for (answer, took) in answers {
            assert!(took < timeout, "{kind} took {took:?}");
            let expected: &[&str] = if kind == "exec" { &["", "jail-not-running"] } else { &[""] };
            assert!(expected.contains(&code(&answer)), "{kind}: {answer}");
            ended.entry(kind).or_default().push(took);
        }
    }
    let all = before.elapsed();
    for (kind, ended) in &mut ended {
        ended.sort_unstable();
        println!(
            "{} {kind}: first {:?}, half {:?}, last {:?}",
            ended.len(),
            ended[0],
            ended[ended.len() / 2],
            ended[ended.len() - 1]
        );
        assert!(ended[0] * 2 < all, "{kind} has had its turn while the others had theirs");
    }
    // Changes look jails up by `df` and the templates by `list -tlh`.
    let is_read = |word: &str| ["list-lh", "get"].iter().any(|start| word.starts_with(start));
    let is_change = |word: &str| ["start", "stop"].iter().any(|start| word.starts_with(start));
    let found = [
        most(&machine, is_read),
        most(&machine, is_change),
        most(&machine, |word| word == "jexec"),
        most(&machine, |_| true),
    ];
    // A lookup has zfs and jls running at the same time; zpool is not noted.
    let bounds = [3, 4, 2, 3 * 2 + 4 + 2];
    println!("at once: {found:?} of {bounds:?}; all in {all:?}");
    assert!(found.iter().zip(bounds).all(|(found, bound)| *found <= bound), "{found:?}");
    assert!(found[3] > 3, "they were at work beside each other");
    let turns = fs::read_to_string(folder.join("turns")).expect("noted");
    let lists = turns.lines().filter(|line| line.starts_with("+ list-lh")).count();
    println!("{lists} lists for {} readers of lists", (0..readers).filter(|at| at / 20 % 4 == 0).count());
}

/// Commands and downloads fill their places, and one more of each waits. A stop and a destroy do not.
#[test]
fn a_stop_waits_for_no_command_and_no_download() {
    let machine = machine(4);
    let instance =
        instance(&machine.config_with(&json!({"at_once": {"exec": 1, "long": 1, "read": 1, "change": 1}})));
    assert_eq!(code(&ask(&instance, Access::Full, 1, None, &of("startjail", "j0"))), "");
    let hold = [machine.hold("jexec"), machine.hold("create")];
    let create = |tag: &str| json!({"action": "createjail", "fetch": true, "props": format!("tag={tag} release=14.3-RELEASE")});
    let long = begin(&instance, Access::Full, 2, &create("new"));
    machine.wait_for_command("create");
    let hangs = begin(&instance, Access::Full, 3, &exec("j0"));
    machine.wait_for_call("jexec[-U][root][1][true]");
    let (others, more) =
        (begin(&instance, Access::Full, 4, &exec("j0")), begin(&instance, Access::Full, 5, &create("newer")));
    let before = Instant::now();
    for (access, args) in [
        (Access::Full, of("stopjail", "j0")),
        (Access::Full, of("startjail", "j1")),
        (Access::Full, of("destroyjail", "j2")),
        (Access::Limited, json!({"action": "listjails"})),
    ] {
        assert_eq!(code(&ask(&instance, access, 6, None, &args)), "", "{args}");
    }
    assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
    assert!(!others.is_finished() && !more.is_finished());
    // Who waits does so within its time, and is told.
    let before = Instant::now();
    let late = ask(&instance, Access::Full, 7, Some(Duration::from_millis(300)), &exec("j0"));
    let took = before.elapsed();
    assert_eq!(code(&late), "busy", "{late}");
    assert!((300..20_000).contains(&took.as_millis()), "{took:?}");
    let error = late["error"].as_str().expect("a sentence");
    assert_eq!(
        error,
        "1 other commands in jails are at work and 1 wait, and its turn did not come in time (`at_once`); nothing was done"
    );
    // Or stops waiting when nobody wants it any more.
    let unwanted = begin(&instance, Access::Full, 8, &exec("j0"));
    thread::sleep(Duration::from_millis(200));
    // It may not have come to wait yet.
    eventually("it ends", || {
        instance.cancel(8).expect("the contract is kept");
        unwanted.is_finished()
    });
    assert_eq!(code(&unwanted.join().expect("no panic")), "cancelled");
    drop(hold);
    for ended in [long, more] {
        assert_eq!(code(&ended.join().expect("no panic")), "");
    }
    for ended in [hangs, others] {
        let answer = ended.join().expect("no panic");
        assert!(["", "jail-not-running", "outcome-unknown"].contains(&code(&answer)), "{answer}");
    }
}

#[test]
fn lookups_that_are_equal_are_asked_once() {
    let machine = machine(2);
    let instance =
        instance(&machine.config_with(&json!({"zpool": "/nonexistent/zpool", "at_once": {"read": 1}})));
    let list = json!({"action": "listjails"});
    ask(&instance, Access::Full, 1, None, &list);
    machine.calls();
    let lists = |calls: &[String]| calls.iter().filter(|call| *call == "[list][-lh]").count();
    let hold = machine.hold("list");
    let first = begin(&instance, Access::Full, 2, &list);
    machine.wait_for_call("[list][-lh]");
    // Its program has looked already, perhaps: these wait for one that has not.
    let wait = || thread::sleep(Duration::from_millis(500));
    let mut later = Vec::new();
    for (id, access) in
        [(3, Access::Full), (4, Access::Full), (5, Access::Limited), (6, Access::Full), (7, Access::Limited)]
    {
        later.push((id, begin(&instance, access, id, &list)));
        wait();
    }
    let detail = begin(&instance, Access::Full, 8, &json!({"action": "listjails", "detail": true}));
    wait();
    // The one who was to ask for the others leaves, and one of those asks.
    instance.cancel(3).expect("the contract is kept");
    assert_eq!(lists(&machine.noted()), 1);
    drop(hold);
    let answer = first.join().expect("no panic");
    assert_eq!(code(&answer), "");
    for (id, thread) in later {
        let told = thread.join().expect("no panic");
        if id == 3 { assert_eq!(code(&told), "cancelled") } else { assert_eq!(told, answer, "{id}") }
    }
    assert_eq!(detail.join().expect("no panic"), answer);
    let calls = machine.calls();
    // The first; one for 4 and 6, one for 5 and 7, one with its detail.
    assert_eq!(lists(&calls), 4, "{calls:?}");
}

/// As at its close, which ends every request by the same word.
#[test]
fn all_who_wait_are_sent_away_at_once() {
    let machine = machine(1);
    let instance = instance(
        &machine.config_with(&json!({"zpool": "/nonexistent/zpool", "at_once": {"read": 1}, "grace_s": 1})),
    );
    let hold = machine.hold("list");
    let list = json!({"action": "listjails"});
    thread::scope(|scope| {
        let shared = Arc::clone(&instance);
        let waits: Vec<_> = (1..=20)
            .map(|id| {
                let shared = Arc::clone(&shared);
                let args = if id % 2 == 0 { list.clone() } else { json!({"action": "df"}) };
                scope.spawn(move || ask(&shared, Access::Full, id, None, &args))
            })
            .collect();
        machine.wait_for_command("list");
        let before = Instant::now();
        // Some may not have come to wait yet.
        while !waits.iter().all(|thread| thread.is_finished()) && before.elapsed() < Duration::from_secs(20) {
            for id in 1..=20 {
                shared.cancel(id).expect("the contract is kept");
            }
            thread::sleep(Duration::from_millis(20));
        }
        let ended = waits.into_iter().map(|thread| thread.join().expect("no panic"));
        let cancelled = ended.filter(|answer| code(answer) == "cancelled").count();
        assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
        assert!(cancelled >= 10, "{cancelled}");
    });
    drop(hold);
}
