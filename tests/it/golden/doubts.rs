//! What becomes of a question where a tool of the system does not answer: who is not there is
//! a doubt, and iocage is asked; who fails, is killed or takes too long is an error, for
//! iocage would ask the same tool.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_class::{Access, Status};
use sysadm_iocage::config::Direct;
use sysadm_iocage::process::{Command, End, StartError, Stopped};

use super::replay::{Fate, Played, Recording};
use crate::support::{DOORS, Host, Machine};

const QUESTIONS: [&str; 3] =
    [r#"{"action":"listjails"}"#, r#"{"action":"df"}"#, r#"{"action":"getdefaultsettings"}"#];

fn is_tool(command: &Command<'_>) -> bool {
    ["zpool", "zfs", "jls"].iter().any(|name| command.program.ends_with(name))
}

fn recording(generation: &str, name: &str) -> Arc<Recording> {
    let mut all = Recording::all(generation);
    let at = all.iter().position(|recording| recording.name == name).expect("it is there");
    Arc::new(all.swap_remove(at))
}

/// The code of each question's answer, and how often iocage was asked anything but its version.
fn asked(recording: &Arc<Recording>, direct: Direct, fate: Fate) -> Vec<(Option<String>, usize)> {
    let played = Played::fated(recording, direct, fate);
    let answer = |question: &&str| {
        let request: Value = serde_json::from_str(question).expect("JSON");
        let args: Value = serde_json::from_str(&played.answer(&request)).expect("JSON");
        let code = args[request["action"].as_str().expect("a name")]["code"].as_str().map(str::to_owned);
        let asked = played.asked();
        (code, asked.iter().filter(|call| call.starts_with("iocage") && !call.ends_with("--version")).count())
    };
    QUESTIONS.iter().map(answer).collect()
}

#[test]
fn a_tool_that_is_not_there_is_a_doubt_and_one_that_fails_is_not() {
    let machines = [recording("shell", "dev-04-three-one-up"), recording("python", "three")];
    let fates: [(Fate, Direct, Option<&str>, usize); 7] = [
        (|_| None, Direct::Auto, None, 0),
        (|_| None, Direct::Off, None, 1),
        (|command| is_tool(command).then_some(Err(missing())), Direct::Auto, None, 1),
        (|command| is_tool(command).then_some(Err(missing())), Direct::Only, Some("not-direct"), 0),
        (|command| is_tool(command).then_some(Ok(End::Exited(1))), Direct::Auto, Some("iocage-failed"), 0),
        (|command| is_tool(command).then_some(Ok(End::Signaled(9))), Direct::Auto, Some("killed"), 0),
        (
            |command| is_tool(command).then_some(Ok(End::TimedOut(Stopped::Exited(0)))),
            Direct::Auto,
            Some("timed-out"),
            0,
        ),
    ];
    for machine in machines {
        for (at, (fate, direct, code, by_iocage)) in fates.into_iter().enumerate() {
            for (question, told) in QUESTIONS.iter().zip(asked(&machine, direct, fate)) {
                assert_eq!(
                    (told.0.as_deref(), told.1),
                    (code, by_iocage),
                    "{at} {}: {question}",
                    machine.name
                );
            }
        }
    }
}

fn missing() -> StartError {
    StartError::Missing { path: PathBuf::from("/sbin/zfs") }
}

/// Both ways have one time limit: what the tools have taken, iocage has not.
#[test]
fn one_time_limit_covers_both_ways() {
    let machine = recording("shell", "dev-04-three-one-up");
    let fate: Fate = |command| {
        let limit = command.deadline.as_millis();
        let is_slow = command.program.ends_with("zpool");
        if is_slow {
            std::thread::sleep(std::time::Duration::from_millis(300));
            return Some(Err(missing()));
        }
        let is_asked = command.args.first().is_some_and(|word| word != "--version");
        assert!(!is_asked || limit <= 119_700, "{:?} has {limit} ms", command.args);
        None
    };
    let played = Played::fated(&machine, Direct::Auto, fate);
    let args = played.answer(&json!({"action": "listjails"}));
    assert!(!args.contains("error") && played.asked().contains(&"iocage list".to_owned()), "{args}");
}

/// Where no pool is active, iocage would make one so: nothing is asked of it.
#[test]
fn no_pool_is_an_answer_and_nothing_is_activated() {
    let machine = recording("shell", "dev-10-inactive-two-pools");
    for (code, by_iocage) in asked(&machine, Direct::Auto, |_| None) {
        assert_eq!((code.as_deref(), by_iocage), (Some("no-pool"), 0));
    }
}

/// A jls that knows no JSON is asked in another form, and tells the same.
#[test]
fn an_old_jls_is_understood_as_well() {
    let fate: Fate = |command| {
        let is_json = command.program.ends_with("jls") && command.args.iter().any(|word| word == "--libxo");
        is_json.then_some(Ok(End::Exited(1)))
    };
    for name in ["dev-02-foreign-only", "dev-04-three-one-up", "dev-12-twenty"] {
        let machine = recording("shell", name);
        let [new, old] =
            [Played::new(&machine, Direct::Only, None), Played::fated(&machine, Direct::Only, fate)];
        let request = json!({"action": "listjails", "detail": true});
        let told = |played: &Played| {
            let args: Value = serde_json::from_str(&played.answer(&request)).expect("JSON");
            (args["listjails"].clone(), args["detail"]["stdout"].clone())
        };
        assert_eq!(told(&new), told(&old), "{name}");
        assert!(old.asked().iter().any(|call| call.starts_with("jls -q -n")), "{name}");
    }
}

/// What iocage would rewrite before it answers, nobody has rewritten who may only look.
#[test]
fn who_may_only_look_has_no_configuration_rewritten() {
    let machine = recording("python", "three");
    let path = machine.below("/vault/iocage/jails/web/config.json");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    let mut config: Value = serde_json::from_str(&text).expect("JSON");
    config["CONFIG_VERSION"] = json!("30");
    std::fs::write(&path, config.to_string()).expect("written");
    let played = Played::new(&machine, Direct::Auto, None);
    let list = json!({"action": "listjails"});
    let (status, text) = played.answer_to(Access::Limited, &list);
    assert_eq!(status, Status::Forbidden, "{text}");
    assert!(text.contains("needs full access now") && text.contains("would rewrite it: web"), "{text}");
    assert!(!played.asked().contains(&"iocage list -lh".to_owned()));
    assert_eq!(played.answer_to(Access::Full, &list).0, Status::Ok);
    assert!(played.asked().contains(&"iocage list -lh".to_owned()));
}

/// What came of a change is looked at by iocage where nobody else tells it, also with `only`.
#[test]
fn what_came_of_a_change_is_known_whoever_tells_it() {
    for (version, jail) in [("2016-02-10", json!({"tag": "web"})), ("1.13", json!({"name": "web"}))] {
        let jails = json!([jail]);
        let machine = Machine::new(
            &json!({"version": version, "pools": [{"name": "tank", "active": true, "jails": jails}]}),
        );
        let config = machine.config_with(&json!({"direct": "only", "jls": "/nonexistent/jls"}));
        let host = Host::new(DOORS[0], &config);
        let answer = host.answer(&json!({"action": "startjail", "jail": "web"}));
        assert!(answer.get("error").is_none(), "{version}: {answer}");
        assert!(machine.shown().contains("\"jid\""), "{version}");
    }
}
