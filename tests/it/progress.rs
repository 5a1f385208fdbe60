//! What a host is told while a request goes on, and what its clients are told of what has changed:
//! through the built module, both doors, both generations.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

mod ear;
mod events;

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::Door;
use sysadm_iocage::process::{Command, Limits, News, Runner, System};

use crate::bounds::heap::peak;
use crate::support::{DOORS, Machine, write_program};
use ear::Ear;

/// A machine of either generation with two jails, a release on its mirror that takes so long, and one that is there.
fn machine(version: &str, milliseconds: u64) -> Machine {
    let python = version.starts_with("1.");
    let jail = |name: &str, id: u32| match python {
        true => json!({"name": name}),
        false => json!({"uuid": format!("0a1b2c3d-000{id}-11e6-9602-54ee75595566"), "tag": name}),
    };
    let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail("test", 1), jail("web", 2)]});
    Machine::new(&json!({"version": version, "mirror": {"12.4-RELEASE": milliseconds}, "pools": [pool]}))
}

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];
/// How long nothing is heard at most, on a machine that does other things besides.
const SILENCE: u64 = 4500;

fn number(told: &Value, key: &str) -> u64 {
    told[key].as_u64().unwrap_or_else(|| panic!("{key} in {told}"))
}

/// What a schema that hosts are given knows.
fn fits(schema: &str, told: &Value) {
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let of_type = |value: &Value, known: &Value| match known["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        Some("array") => {
            value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_string))
        }
        Some("object") => value.is_object(),
        _ => known["enum"].as_array().is_some_and(|words| words.contains(value)),
    };
    for (key, value) in told.as_object().expect("an object") {
        assert!(of_type(value, &schema["properties"][key]), "{key} of {told}");
    }
    let required = schema["required"].as_array().expect("a list");
    assert!(required.iter().all(|key| told.get(key.as_str().expect("a key")).is_some()), "{told}");
}

/// What holds of all that is told of one request.
fn judge(told: &[Value], action: &str, took: Duration) {
    let mut before = 0;
    for (at, one) in told.iter().enumerate() {
        fits(include_str!("../../include/schema/progress.json"), one);
        assert!(one["action"] == action, "{one}");
        let since = number(one, "since_ms");
        assert!(since >= before && since <= took.as_millis() as u64, "{at}: {one}");
        assert!(since - before <= SILENCE, "{before}: {one}");
        before = since;
    }
    assert!((took.as_millis() as u64) - before <= SILENCE, "{took:?}: {told:?}");
    // Each program begins and ends.
    for step in 1..=told.iter().filter_map(|one| one["step"].as_u64()).max().unwrap_or(0) {
        let of: Vec<_> = told.iter().filter(|one| one["step"] == step).collect();
        assert!(of.len() >= 2 && of.iter().all(|one| one["program"] == of[0]["program"]), "{of:?}");
        let (last, others) = of.split_last().expect("some");
        assert!(last["exit"].is_u64() || last["signal"].is_u64(), "{last}");
        assert!(others.iter().all(|one| one.get("exit").is_none()), "{of:?}");
        assert!(
            of.len() as u64 <= 3 + (number(last, "since_ms") - number(of[0], "since_ms")) / 450,
            "{of:?}"
        );
    }
}

/// The shell iocage tells of a file at its beginning and at its end.
#[test]
fn a_fetch_is_heard_of_as_far_as_iocage_tells() {
    for (door, version) in DOORS.into_iter().zip(BOTH) {
        let (machine, ear) = (machine(version, 6000), Ear::new());
        let args = json!({"action": "fetchreleases", "release": "12.4-RELEASE"});
        let start = Instant::now();
        let answer = ear.instance(door, &machine).ask(Access::Full, &args);
        assert!(answer.to_string().contains("\"fetched\":\"now\""), "{answer}");
        let told = ear.told();
        judge(&told, "fetchreleases", start.elapsed());
        let bars: Vec<_> = told.iter().filter(|one| one["percent"].is_u64()).collect();
        let least = if version == "1.13" { 4 } else { 1 };
        assert!(bars.len() >= least && bars.iter().all(|bar| bar["item"].is_string()), "{told:?}");
    }
}

#[test]
fn a_download_is_heard_of_while_it_goes_on() {
    let args =
        json!({"action": "createjail", "props": "tag=new release=12.4-RELEASE notes=secret", "fetch": true});
    thread::scope(|scope| {
        for door in DOORS {
            let args = &args;
            scope.spawn(move || {
                let (machine, quiet) = (machine("1.13", 6000), machine("1.13", 0));
                let ear = Ear::new();
                let start = Instant::now();
                let answer = ear.instance(door, &machine).ask(Access::Full, args);
                let took = start.elapsed();
                let told = ear.told();
                judge(&told, "createjail", took);
                assert!(took >= Duration::from_secs(6));
                // The answer is what it would be if nobody listened.
                assert_eq!(answer, Ear::deaf(door, &quiet).ask(Access::Full, args));
                assert!(!json!(told).to_string().contains("secret"), "{told:?}");
                let bars: Vec<_> = told.iter().filter(|one| one["percent"].is_u64()).collect();
                assert!(bars.len() >= 4, "{told:?}");
                let mut items: Vec<(&str, u64)> = Vec::new();
                for bar in bars {
                    let (item, percent) =
                        (bar["item"].as_str().expect("with a name"), number(bar, "percent"));
                    match items.last_mut() {
                        Some((last, most)) if *last == item => {
                            assert!(percent >= *most, "{told:?}");
                            *most = percent;
                        }
                        _ => items.push((item, percent)),
                    }
                }
                assert!(items.iter().any(|(item, _)| *item == "base.txz"), "{items:?}");
                let known = ["MANIFEST", "base.txz", "lib32.txz", "src.txz"];
                assert!(items.iter().all(|(item, _)| known.contains(item)), "{items:?}");
                let output: String = told.iter().filter_map(|one| one["output"].as_str()).collect();
                assert!(output.starts_with("Fetching: 12.4-RELEASE\n\n"), "{output:?}");
                assert!(output.ends_with("\nnew successfully created!\n"), "{output:?}");
                assert!(!output.contains(['\r', '\x1b']), "{output:?}");
                let own = told
                    .iter()
                    .filter(|one| one["output"].is_string())
                    .all(|one| one["program"][1] == "create");
                assert!(own, "what answers a question is not told");
            });
        }
    });
}

/// What was told of the program that starts a jail.
fn of_start(ear: &Ear) -> Vec<Value> {
    ear.told().into_iter().filter(|one| one["program"][1] == "start").collect()
}

/// The shell iocage is silent while it works; that it does is heard of all the same.
#[test]
fn what_prints_nothing_is_heard_of_about_once_a_second() {
    for version in BOTH {
        let machine = machine(version, 0);
        let ear = Ear::new();
        let instance = ear.instance(DOORS[0], &machine);
        let hold = machine.hold("start");
        let start = Instant::now();
        thread::scope(|scope| {
            let asked =
                scope.spawn(|| instance.ask(Access::Full, &json!({"action": "startjail", "jail": "test"})));
            let until = Instant::now() + Duration::from_secs(60);
            while of_start(&ear).len() < 6 && Instant::now() < until {
                thread::sleep(Duration::from_millis(20));
            }
            drop(hold);
            let answer = asked.join().expect("answered");
            assert!(answer.get("startjail").is_some_and(|answer| answer.get("error").is_none()), "{answer}");
        });
        let told = ear.told();
        judge(&told, "startjail", start.elapsed());
        let of = of_start(&ear);
        assert!((7..=10).contains(&of.len()), "{of:?}");
        // On a busy machine some are late; most must not be.
        let mut gaps: Vec<_> =
            of.windows(2).map(|two| number(&two[1], "since_ms") - number(&two[0], "since_ms")).collect();
        gaps.sort_unstable();
        assert!(gaps[gaps.len() / 2] <= 1900, "{of:?}");
        assert!(of.iter().all(|one| one["jail"] == "test"), "{of:?}");
    }
}

#[test]
fn who_waits_is_told_for_whom() {
    let machine = machine("1.13", 0);
    let [first, second] = [Ear::new(), Ear::new()];
    let [one, two] = [&first, &second].map(|ear| ear.instance(DOORS[1], &machine));
    let hold = machine.hold("start");
    thread::scope(|scope| {
        let start = json!({"action": "startjail", "jail": "test"});
        let asked = scope.spawn({
            let start = start.clone();
            move || one.ask_as(7, Access::Full, &start)
        });
        machine.wait_for_call("[start][test]");
        let waits =
            scope.spawn(move || two.ask(Access::Full, &json!({"action": "stopjail", "jail": "test"})));
        let until = Instant::now() + Duration::from_secs(20);
        while second.told().iter().filter(|one| one["state"] == "waiting").count() < 3 {
            assert!(Instant::now() < until, "{:?}", second.told());
            thread::sleep(Duration::from_millis(20));
        }
        drop(hold);
        asked.join().expect("answered");
        waits.join().expect("answered");
    });
    let told = second.told();
    let waits: Vec<_> = told.iter().filter(|one| one["state"] == "waiting").collect();
    assert!(waits.iter().all(|one| one["action"] == "stopjail" && one.get("program").is_none()), "{waits:?}");
    let last = &waits[2]["for"];
    assert_eq!((&last["lock"], &last["request"]), (&json!("jail \"test\""), &json!(7)), "{last}");
    assert_eq!(last["process"], std::process::id(), "{last}");
    assert!(last["who"].as_str().is_some_and(|who| who.starts_with("startjail of \"test\"")), "{last}");
    let times: Vec<_> = waits.iter().map(|one| number(one, "since_ms")).collect();
    assert!(times.windows(2).all(|two| two[1] - two[0] >= 480), "{times:?}");
    assert!(told.iter().any(|one| one["state"] == "running"), "{told:?}");
}

/// Nobody stands and waits for a job, so it waits for others.
#[test]
fn who_has_much_time_waits_longer_for_others() {
    let machine = machine("1.13", 0);
    let config = machine.config_with(&json!({"lock_wait_s": 1}));
    let instance = Ear::silent().instance_with(DOOR, &config);
    let hold = machine.hold("start");
    let stop = json!({"action": "stopjail", "jail": "test"});
    thread::scope(|scope| {
        let start =
            scope.spawn(|| instance.ask(Access::Full, &json!({"action": "startjail", "jail": "test"})));
        machine.wait_for_call("[start][test]");
        let short = instance.ask_within(Duration::from_secs(590), &stop);
        assert_eq!(short["stopjail"]["code"], "busy", "{short}");
        let job = scope.spawn(|| instance.ask_within(Duration::from_secs(600), &stop));
        thread::sleep(Duration::from_millis(2500));
        drop(hold);
        let job = job.join().expect("answered");
        assert!(job["stopjail"].get("error").is_none(), "{job}");
        start.join().expect("answered");
    });
}

/// A command's words and what it prints are its caller's, and of its words the log is none.
#[test]
fn of_a_command_its_output_is_told_and_not_its_words() {
    let machine = machine("1.13", 0);
    let ear = Ear::new();
    let instance = ear.instance(DOORS[0], &machine);
    let started = instance.ask(Access::Full, &json!({"action": "startjail", "jail": "test"}));
    assert!(started["startjail"].get("error").is_none(), "{started}");
    ear.forget();
    let args = json!({"action": "execjail", "jail": "test", "user": "root", "argv": ["echo", "a secret"]});
    let answer = instance.ask(Access::Full, &args);
    assert!(answer["execjail"].get("success").is_some(), "{answer}");
    let told = ear.told();
    let programs: Vec<_> = told.iter().map(|one| one["program"].to_string()).collect();
    assert!(programs.iter().any(|program| program.contains("jexec")), "{programs:?}");
    assert!(programs.iter().all(|program| !program.contains("secret")), "{programs:?}");
    assert!(ear.events().is_empty(), "a command changes nothing that iocage keeps");
    ear.forget();
    instance.ask(Access::Limited, &json!({"action": "getjailsettings", "jail": "test", "prop": "notes"}));
    let told = ear.told();
    assert!(!told.is_empty() && told.iter().all(|one| one.get("output").is_none()), "{told:?}");
    assert!(
        told.iter().all(|one| one["program"].as_array().is_some_and(|words| words.len() == 1)),
        "{told:?}"
    );
}

/// What of the shell iocage's `cap` is not passed on (it may print its variables), and the mark
/// by which a command's exit status is known, are not told on the way either.
#[test]
fn what_an_answer_does_not_pass_on_is_not_told() {
    let machine = machine("2016-02-10", 0);
    let started = Ear::silent()
        .instance(DOOR, &machine)
        .ask(Access::Full, &json!({"action": "startjail", "jail": "test"}));
    assert!(started["startjail"].get("error").is_none(), "{started}");
    let script = "#!/bin/sh\nif [ \"$1\" = cap ]; then echo \"SECRET='x'\"; echo \"SECRET='y'\" >&2; exit 0; fi\nexec \"${0%/*}/sim/iocage\" \"$@\"\n";
    write_program(&machine.iocage(), script);
    let ear = Ear::new();
    let answer = ear
        .instance(DOOR, &machine)
        .ask(Access::Full, &json!({"action": "capjail", "jail": "test", "detail": true}));
    assert!(!answer.to_string().contains("SECRET"), "{answer}");
    let told = json!(ear.told()).to_string();
    assert!(told.contains("\"cap\"") && !told.contains("SECRET"), "{told}");

    let machine = self::machine("1.13", 0);
    let ear = Ear::new();
    let instance = ear.instance_with(DOOR, &machine.config_with(&json!({"direct": "off"})));
    for args in [
        json!({"action": "startjail", "jail": "test"}),
        json!({"action": "execjail", "jail": "test", "user": "root", "command": "true"}),
    ] {
        let answer = instance.ask(Access::Full, &args);
        assert!(!answer.to_string().contains("\"code\""), "{answer}");
    }
    assert!(!json!(ear.told()).to_string().contains("exit-status"), "{:?}", ear.told());
}

#[test]
fn a_listener_that_panics_or_is_slow_harms_nobody() {
    let machine = machine("1.13", 1500);
    let args = |name: &str| json!({"action": "createjail", "props": format!("tag={name} release=12.4-RELEASE"), "fetch": true});
    let panics = Ear::doing(|| panic!("as planned"));
    let answer = panics.instance(DOORS[1], &machine).ask(Access::Full, &args("one"));
    assert!(answer["createjail"].get("success").is_some(), "{answer}");
    assert!(!panics.told().is_empty());
    let time = |ear: &Ear| {
        let machine = self::machine("1.13", 1500);
        let instance = ear.instance(DOORS[1], &machine);
        let start = Instant::now();
        let answer = instance.ask(Access::Full, &args("two"));
        assert!(answer["createjail"].get("success").is_some(), "{answer}");
        start.elapsed()
    };
    let slow = Ear::doing(|| thread::sleep(Duration::from_millis(100)));
    let (usual, late) = (time(&Ear::new()), time(&slow));
    let most = usual + Duration::from_millis(100) * slow.told().len() as u32 + Duration::from_secs(5);
    assert!(late <= most, "{late:?}, {usual:?} and {} calls", slow.told().len());
}

/// What is shown to a listener is what is kept anyway.
#[test]
fn a_listener_costs_no_memory_however_much_is_printed() {
    let words = ["1", "12500000"].map(str::to_owned);
    let run = |listener: Option<&dyn Fn(&News<'_>)>| {
        let command = Command {
            limits: Limits { head: 1 << 20, tail: 64 << 10 },
            listener,
            ..Command::new("/usr/bin/seq".as_ref(), words.clone())
        };
        let (outcome, bytes) = peak(|| System::new().run(&command).expect("it can be started"));
        assert!(outcome.stdout.dropped > 90_000_000, "{outcome:?}");
        bytes
    };
    // What is kept grows by doubling, from whatever came first: on a busy machine that differs.
    let least = |listener: Option<&dyn Fn(&News<'_>)>| (0..4).map(|_| run(listener)).min().expect("four");
    let without = least(None);
    let shown = std::cell::Cell::new(0);
    let with = least(Some(&|news: &News<'_>| shown.set(shown.get() + news.stdout.lines.len())));
    assert!(shown.get() > 0);
    assert!(with <= without + (64 << 10), "{with} bytes with, {without} without");
}

/// Where nobody listens nothing is told, and where somebody does, nothing else is run.
#[test]
fn a_listener_has_no_further_program_run() {
    for version in BOTH {
        let calls = |heard: bool| {
            let machine = machine(version, 0);
            let ear = if heard { Ear::new() } else { Ear::silent() };
            let instance = ear.instance(DOORS[0], &machine);
            for args in [
                json!({"action": "listjails"}),
                json!({"action": "startjail", "jail": "test"}),
                json!({"action": "stopjail", "jail": "test"}),
                json!({"action": "destroyjail", "jail": "web"}),
            ] {
                instance.ask(Access::Full, &args);
            }
            assert_eq!(ear.told().is_empty(), !heard);
            assert_eq!(ear.events().is_empty(), !heard);
            machine.calls()
        };
        assert_eq!(calls(true), calls(false), "{version}");
    }
}

/// A door for a test that needs but one.
const DOOR: Door = DOORS[1];
