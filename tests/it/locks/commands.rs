//! Commands that iocage runs in jails: beside each other and beside starts and stops,
//! never beside a destruction; and reads, which lock nothing and answer of no other
//! jail than the one they were asked about.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::host::{Door, Instance};

use super::asker::{DB, ask, begin, code, instance, left, machine, of};
use super::files::Files;
use crate::support::DOORS;

fn exec(jail: &str, command: &str) -> Value {
    json!({"action": "execjail", "jail": jail, "user": "root", "command": command})
}

#[test]
fn a_command_that_does_not_end_keeps_out_who_destroys_and_nobody_else() {
    let machine = machine();
    let config = machine.config_with(&json!({"direct": "off", "lock_wait_s": 2}));
    let first = Arc::new(instance(DOORS[0], &config));
    let other = instance(DOORS[1], &config);
    assert_eq!(code(&ask(&first, &of("startjail", "db"))), "");
    let hold = machine.hold("exec");
    let hangs = begin(&first, exec("db", "true"));
    machine.wait_for_call(&format!("[exec][-U][root][{DB}][true]"));
    // That it runs is told at once, and not that somebody is at it.
    let before = Instant::now();
    for name in ["db", DB] {
        let answer = ask(&other, &of("destroyjail", name));
        assert_eq!((code(&answer), answer["key"].as_str()), ("jail-running", Some("jail")), "{answer}");
    }
    for args in [
        of("stopjail", "db"),
        of("startjail", "db"),
        of("stopjail", "db"),
        json!({"action": "activatepool", "pool": "tank"}),
        of("destroyjail", "web"),
    ] {
        assert_eq!(code(&ask(&other, &args)), "", "{args}");
    }
    assert!(before.elapsed() < Duration::from_secs(20), "{:?}", before.elapsed());
    // Now it does not run, and something is still on the way into it.
    for (args, what) in [
        (of("destroyjail", "db"), format!("jail \"{DB}\"")),
        (json!({"action": "cleanjails"}), "the pool".to_owned()),
    ] {
        let answer = ask(&other, &args);
        let by = format!("{what} is busy: execjail of \"db\" has been at it for ");
        assert_eq!(code(&answer), "busy", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.starts_with(&by)), "{answer}");
    }
    drop(hold);
    assert_eq!(code(&hangs.join().expect("no panic")), "jail-not-running");
    assert_eq!(code(&ask(&other, &of("destroyjail", "db"))), "");
    assert_eq!(code(&ask(&other, &json!({"action": "cleanjails"}))), "");
    assert_eq!(left(&machine), ["pool"]);
}

/// All jails run. A command is told its jail.
const COMMANDS: &str = r#"destroy) find "$2"; rm "$jail"; echo "Destroying $jail" ;;
exec) sleep 0.0$(($$ % 4)); find "$4"; shift 5; JAIL=$jail exec "$@" ;;
get) sleep 0.0$(($$ % 4)); find "$3"; if [ "$2" = all ]; then echo "notes:$jail"; else echo "$jail"; fi ;;"#;

struct Fake(Files);

impl Fake {
    fn new() -> Fake {
        Fake(Files::new(&["web", "web2"], COMMANDS))
    }

    fn instance(&self, door: Door) -> Instance {
        instance(door, &self.0.config(&json!({"direct": "off", "lock_wait_s": 60})))
    }

    /// Ask for this, in two threads, while `web` comes and goes; each answer is looked at.
    fn ask_while_it_comes_and_goes(&self, args: &Value, look: impl Fn(&Value) + Sync) -> u32 {
        let over = AtomicBool::new(false);
        let destroyed = AtomicU32::new(0);
        let web = self.0.at("jails/web");
        thread::scope(|scope| {
            scope.spawn(|| {
                let changes = self.instance(DOORS[0]);
                while !over.load(Ordering::Relaxed) {
                    let answer = ask(&changes, &of("destroyjail", "web"));
                    destroyed.fetch_add(u32::from(code(&answer).is_empty()), Ordering::Relaxed);
                    assert!(["", "unknown-jail"].contains(&code(&answer)), "{answer}");
                    thread::sleep(Duration::from_millis(3));
                    fs::write(&web, "").expect("written");
                    thread::sleep(Duration::from_millis(20));
                }
            });
            let workers = DOORS.map(|door| {
                let (instance, look) = (self.instance(door), &look);
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        look(&ask(&instance, args));
                        // Who shares in turns without a gap lets nobody in alone.
                        thread::sleep(Duration::from_millis(u64::from(round % 4) * 30));
                    }
                })
            });
            let ended = workers.map(|worker| worker.join().is_ok());
            over.store(true, Ordering::Relaxed);
            assert_eq!(ended, [true, true]);
        });
        destroyed.into_inner()
    }
}

const ROUNDS: u32 = 60;

#[test]
fn no_command_runs_in_another_jail_than_its_own() {
    let fake = Fake::new();
    let ran = AtomicU32::new(0);
    let destroyed =
        fake.ask_while_it_comes_and_goes(&exec("web", "printenv JAIL"), |answer| match code(answer) {
            "" => {
                assert_eq!(answer["success"], json!({"web": ""}), "{answer}");
                ran.fetch_add(1, Ordering::Relaxed);
            }
            code => assert_eq!(code, "unknown-jail", "{answer}"),
        });
    println!(
        "{} of {} commands ran beside {destroyed} destructions",
        ran.load(Ordering::Relaxed),
        2 * ROUNDS
    );
    assert!(ran.into_inner() > 0 && destroyed > 2);
    assert!(fake.0.at("jails/web2").exists());
}

#[test]
fn no_read_answers_of_another_jail_than_its_own() {
    for more in [json!({"prop": "notes"}), json!({})] {
        let fake = Fake::new();
        let mut args = of("getjailsettings", "web");
        args.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let gone = AtomicU32::new(0);
        // `web` goes and does not come back while it is read: what was there after is what counts.
        let web = fake.0.at("jails/web");
        let instance = fake.instance(DOORS[0]);
        thread::scope(|scope| {
            for _ in 0..15 {
                fs::write(&web, "").expect("written");
                let destroyer = scope.spawn(|| {
                    thread::sleep(Duration::from_millis(15));
                    let _ = fs::remove_file(&web);
                });
                let answer = ask(&instance, &args);
                match code(&answer) {
                    "" => assert_eq!(answer["web"]["notes"], "web", "{answer}"),
                    code => {
                        assert_eq!(code, "unknown-jail", "{answer}");
                        gone.fetch_add(1, Ordering::Relaxed);
                    }
                }
                destroyer.join().expect("no panic");
            }
        });
        println!("{} of 15 reads found it gone", gone.into_inner());
    }
}

/// A reader in a loop holds nothing.
#[test]
fn readers_keep_nobody_out() {
    let fake = Fake::new();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let reads = fake.instance(DOORS[1]);
            while !over.load(Ordering::Relaxed) {
                ask(&reads, &of("getjailsettings", "web"));
            }
        });
        let before = Instant::now();
        let answer = ask(&fake.instance(DOORS[0]), &of("destroyjail", "web"));
        let took = before.elapsed();
        over.store(true, Ordering::Relaxed);
        assert_eq!(code(&answer), "", "{answer}");
        assert!(took < Duration::from_secs(20), "{took:?}");
    });
}
