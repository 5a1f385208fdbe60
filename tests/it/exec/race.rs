//! A command is never run in another jail than the one that was asked for, whatever
//! becomes of that one meanwhile; and who runs commands, or reads, keeps nobody out.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Access;

use super::fake::{WAYS, Way};
use crate::support::{DOORS, Host, Machine, is_long};

/// The machine of a way, with `web2`, which runs, and of whose name `web` is the beginning.
fn machine(way: Way) -> Machine {
    let web2 = match way.dialect {
        "shell" => json!({"tag": "web2", "jid": 1, "properties": {"host_hostname": "web2"}}),
        _ => json!({"name": "web2", "jid": 1, "properties": {"host_hostname": "web2"}}),
    };
    let version = if way.dialect == "shell" { "2016-02-10" } else { "1.13" };
    Machine::new(&json!({"version": version, "pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [web2]},
    ]}))
}

fn host(machine: &Machine, way: Way) -> Host {
    // Who comes second waits: it is not refused.
    Host::new(DOORS[0], &machine.quick_config_with(&json!({"direct": way.direct, "lock_wait_s": 60})))
}

/// Does this until it is told to end: makes the jail `web`, starts, stops and destroys it.
fn make_and_destroy(host: &Host, is_over: &AtomicBool) -> usize {
    let mut made = 0;
    while !is_over.load(Ordering::Relaxed) {
        let create =
            json!({"action": "createjail", "props": "tag=web release=10.2-RELEASE host_hostname=web"});
        let answer = host.answer(&create);
        assert!(answer["success"].is_object(), "{answer}");
        for action in ["startjail", "stopjail", "destroyjail"] {
            let answer = host.answer(&json!({"action": action, "jail": "web"}));
            assert!(answer.get("error").is_none(), "{action}: {answer}");
            if action == "startjail" {
                // So that some find it.
                thread::sleep(Duration::from_millis(50));
            }
        }
        made += 1;
    }
    made
}

/// How the commands came out.
#[derive(Debug, Default)]
struct Count {
    done: usize,
    refused: usize,
}

fn exec_while_it_comes_and_goes(way: Way, rounds: usize) -> (Count, usize) {
    let machine = machine(way);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let maker = scope.spawn(|| make_and_destroy(&host(&machine, way), &is_over));
        let execs: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let host = host(&machine, way);
                    let mut count = Count::default();
                    for _ in 0..rounds / 2 {
                        let request =
                            json!({"action": "execjail", "jail": "web", "user": "root", "command": "hostname"});
                        let answer = host.answer(&request);
                        judge(&answer, &mut count);
                    }
                    count
                })
            })
            .collect();
        let counts: Vec<_> = execs.into_iter().map(|exec| exec.join()).collect();
        is_over.store(true, Ordering::Relaxed);
        let made = maker.join().expect("all went well");
        let mut all = Count::default();
        for count in counts {
            let count = count.expect("no command in another jail");
            (all.done, all.refused) = (all.done + count.done, all.refused + count.refused);
        }
        (all, made)
    })
}

/// The jail's own name, or a reason that goes with a jail that is not there or not up.
fn judge(answer: &Value, count: &mut Count) {
    match answer["code"].as_str() {
        None => {
            assert_eq!(answer, &json!({"success": {"web": ""}}));
            count.done += 1;
        }
        Some("unknown-jail" | "jail-not-running") => count.refused += 1,
        // It did not run, and was started before that was asked about.
        Some("command-failed" | "iocage-failed") if is_refusal(answer) => count.refused += 1,
        Some(_) => panic!("{answer}"),
    }
}

/// Is that what is said of no such jail, or of one that is down? This command says nothing.
fn is_refusal(answer: &Value) -> bool {
    let said = answer["stderr"].as_str().unwrap_or_default();
    let by_jexec = said.starts_with("jexec: jail ") && said.ends_with(" not found\n");
    by_jexec || said.starts_with("web is not running! Please supply ")
}

/// 10,000 commands where the long forms of the tests are wanted.
#[test]
fn a_command_is_never_run_in_another_jail() {
    let rounds = if is_long() { 2500 } else { 150 };
    for way in WAYS {
        let before = Instant::now();
        let (count, made) = exec_while_it_comes_and_goes(way, rounds);
        println!("{} {}: {count:?}, {made} jails made, in {:?}", way.dialect, way.direct, before.elapsed());
        assert_eq!(count.done + count.refused, rounds / 2 * 2);
        assert!(count.done > 0 && count.refused > 0 && made > 0, "{count:?}, {made} made");
    }
}

/// A command that does not end is no reason not to stop its jail.
#[test]
fn a_hanging_command_keeps_no_stop_out() {
    for way in WAYS {
        let machine = machine(way);
        let configured = machine.config_with(&json!({"direct": way.direct, "lock_wait_s": 2}));
        let hold = machine.hold(if way.direct == "auto" { "jexec" } else { "exec" });
        let (exec, stop) = (Host::new(DOORS[0], &configured), Host::new(DOORS[0], &configured));
        thread::scope(|scope| {
            let request = json!({"action": "execjail", "jail": "web2", "user": "root", "command": "true"});
            let exec = scope.spawn(move || exec.answer(&request));
            let until = Instant::now() + Duration::from_secs(30);
            let is_at_it = || {
                machine.noted().iter().any(|call| call.starts_with("jexec[") || call.starts_with("[exec]"))
            };
            while !is_at_it() {
                assert!(Instant::now() < until, "it hangs");
                thread::sleep(Duration::from_millis(10));
            }
            let answer = stop.answer(&json!({"action": "stopjail", "jail": "web2"}));
            assert!(answer.get("error").is_none(), "{} {}: {answer}", way.dialect, way.direct);
            drop(hold);
            let answer = exec.join().expect("answered");
            assert_eq!(answer["code"], "jail-not-running", "{} {}: {answer}", way.dialect, way.direct);
        });
    }
}

/// Nor do readers, who may do nothing else, however many.
#[test]
fn a_reader_keeps_no_destroy_out() {
    for way in WAYS.into_iter().filter(|way| way.direct == "auto") {
        let machine = machine(way);
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let host = host(&machine, way);
                    while !is_over.load(Ordering::Relaxed) {
                        for action in ["listjails", "df"] {
                            let args = json!({"action": action}).to_string();
                            host.send_as(Access::Limited, "sysadm", "iocage", &args);
                        }
                    }
                });
            }
            let changes = Host::new(DOORS[0], &machine.quick_config_with(&json!({"lock_wait_s": 5})));
            let outcomes: Vec<_> = (0..10)
                .flat_map(|_| {
                    let create = json!({"action": "createjail", "props": "tag=web release=10.2-RELEASE"});
                    let destroy = json!({"action": "destroyjail", "jail": "web"});
                    [changes.answer(&create), changes.answer(&destroy)]
                })
                .collect();
            is_over.store(true, Ordering::Relaxed);
            for answer in outcomes {
                assert!(answer["success"].is_object(), "{} {answer}", way.dialect);
            }
        });
    }
}
