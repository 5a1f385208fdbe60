//! A jail is found by its name and by nothing else: whatever jails and templates there
//! are, a request about one leads iocage to that one, or nothing is done to any. On a
//! model of how iocage finds them, in thousands of machines; a case that fails names
//! the seed that makes it again.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::Config;

use super::model::{Jail, Model, State, kernel_name};
use crate::support::Folder;
use crate::support::dice::Dice;
use crate::support::stand::nowhere;

/// Names that are beginnings of each other, hold `ALL`, are each other's twins, have
/// blanks, or look like a UUID.
const NAMES: &[&str] = &[
    "a",
    "ab",
    "abc",
    "a.b",
    "a_b",
    "a-b",
    "web",
    "web2",
    "web.2",
    "web_2",
    "WEB",
    "we",
    "ALL",
    "aALLb",
    "FIREWALL",
    "all",
    "foo bar",
    "foo",
    "foo-bar",
    "611c89ae-c43c-11e5-9602-54ee75595566",
    "611c89ae",
];

const ACTIONS: &[&str] = &["startjail", "stopjail", "destroyjail", "clonejail", "getjailsettings", "capjail"];

fn machine(dice: &mut Dice) -> State {
    let mut state = State { minor: *dice.of(&[2, 4, 9, 10, 11, 12, 13]), ..State::default() };
    for name in NAMES {
        if dice.below(3) > 0 {
            continue;
        }
        let is_template = dice.below(5) == 0;
        state.jails.push(Jail { name: (*name).to_owned(), is_template });
        if !is_template && dice.below(2) == 0 {
            state.running.push(kernel_name(name));
        }
    }
    state
}

#[test]
fn a_request_leads_to_its_jail_or_nowhere() {
    let locks = Folder::new();
    for seed in 1..=6000_u64 {
        let mut dice = Dice::new(seed);
        let state = machine(&mut dice);
        let (jails, was_running) = (state.jails.clone(), state.running.clone());
        let name = *dice.of(NAMES);
        let action = *dice.of(ACTIONS);
        let mut request = json!({"action": action, "jail": name, "prop": "boot"});
        if action == "clonejail" {
            let bad = dice.of(&["", " boot=banana"]);
            request["props"] =
                json!(format!("tag={}{bad}", dice.of(&["new", "abcd", "we", "a.c", "foo", "fo"])));
        }
        let machine = Arc::new(Mutex::new(state));
        let config = Config { lock_dir: locks.0.clone(), ..nowhere() };
        let instance = Instance::with_runner(config, Box::new(Model(Arc::clone(&machine))));
        let caller = Caller { request: seed, ..Caller::ANYBODY };
        let (_, answer) = instance.dispatch(&caller, request.to_string().as_bytes());
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let after = machine.lock().unwrap_or_else(PoisonError::into_inner);

        let is_there = jails.iter().any(|jail| jail.name == name);
        let about = format!("seed {seed}: {request} on {jails:?}, running {was_running:?}: {answer}");
        let others: Vec<_> = after.hits.iter().filter(|(_, hit)| hit != name).collect();
        assert!(others.is_empty(), "{others:?} in {about}");
        assert!(is_there || after.hits.is_empty(), "{about}");
        let gone: Vec<_> = jails.iter().filter(|jail| !after.jails.contains(jail)).collect();
        assert!(gone.iter().all(|jail| jail.name == name && action == "destroyjail"), "{gone:?} in {about}");
        let is_done = answer[action].get("error").is_none();
        // What is told as done was done to the one that was asked for.
        if is_done && action == "destroyjail" {
            assert_eq!(gone.len(), 1, "{about}");
            assert!(!was_running.contains(&kernel_name(name)), "{about}");
        }
        if is_done && action == "stopjail" {
            assert!(!after.running.contains(&kernel_name(name)), "{about}");
        }
        if is_done && action == "startjail" {
            assert!(after.running.contains(&kernel_name(name)), "{about}");
        }
    }
}

/// The model has the faults that the class is to keep from: without its care they show.
#[test]
fn the_model_goes_astray_where_iocage_does() {
    let jail = |name: &str| Jail { name: name.to_owned(), is_template: false };
    let run = |minor: u32, words: &[&str]| {
        let jails = ["web2", "foo", "foo-bar", "aALLb"].map(jail).to_vec();
        let machine = Arc::new(Mutex::new(State { minor, jails, ..State::default() }));
        let model = Model(Arc::clone(&machine));
        let command = sysadm_iocage::process::Command::new(
            std::path::Path::new("/iocage"),
            words.iter().map(|word| (*word).to_owned()),
        );
        sysadm_iocage::process::Runner::run(&model, &command).expect("it runs");
        let state = machine.lock().unwrap_or_else(PoisonError::into_inner);
        state.hits.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(run(13, &["destroy", "we"]), ["web2"]);
    assert_eq!(run(10, &["destroy", "foo"]), ["foo", "foo-bar"]);
    assert_eq!(run(11, &["destroy", "foo"]), ["foo"]);
    assert_eq!(run(13, &["start", "aALLb"]).len(), 4);
}
