//! Each code of `rpc/modules`, produced: one that is added without an arm here does not
//! compile, or is missed. The reference is made of the same table.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::Door;
use sysadm_host::{Dispatcher, Obstacle, Policy, Prober, codes};

use super::stand::{CLASS, GOOD, Told, impatient, policy, registry, registry_with, small};
use crate::support::{Folder, artifacts};

/// What a host with version 1 of the small class answers.
struct Host {
    folder: Folder,
    dispatcher: Arc<Dispatcher>,
}

impl Host {
    /// Where the policy lets nothing be loaded, it has none.
    fn new(policy: Policy) -> Host {
        let folder = Folder::new();
        let registry = Arc::new(registry(&folder, policy));
        let _ = registry.load(&small(&folder, CLASS, "1", GOOD), "");
        Host { folder, dispatcher: Arc::new(Dispatcher::over(registry, CLASS, Access::Full)) }
    }

    fn ask(&self, args: &Value) -> String {
        let answer = self.dispatcher.dispatch("rpc", "modules", &args.to_string());
        let text: Value = serde_json::from_slice(answer.args()).expect("JSON");
        let outcome = &text[args["action"].as_str().expect("an action")];
        assert!(outcome["error"].as_str().is_some_and(|error| error.len() > 10), "{outcome}");
        outcome["code"].as_str().expect("a code").to_owned()
    }

    /// A swap to a version that is spoiled.
    fn swap(&self, spoil: &str) -> String {
        let path = small(&self.folder, CLASS, "2", spoil);
        self.ask(&json!({"action": "swap", "path": path}))
    }
}

fn swap(spoil: &str) -> String {
    Host::new(impatient()).swap(spoil)
}

#[expect(clippy::disallowed_methods, reason = "the host's own thread")]
fn busy() -> String {
    let host = Host::new(impatient());
    let slow = small(&host.folder, CLASS, "2", "fault = HEALTH_HANGS");
    let other = Arc::clone(&host.dispatcher);
    let args = json!({"action": "swap", "path": slow}).to_string();
    let swaps = std::thread::spawn(move || drop(other.dispatch("rpc", "modules", &args)));
    while !String::from_utf8_lossy(host.dispatcher.dispatch("rpc", "modules", r#"{"action":"list"}"#).args())
        .contains("swap of")
    {
        std::thread::sleep(Duration::from_millis(1));
    }
    let code = host.ask(&json!({"action": "rollback"}));
    swaps.join().expect("no panic");
    code
}

fn produced(obstacle: Obstacle) -> String {
    let nowhere = || Policy { prober: Prober::At("/nonexistent".into()), ..policy(Door::C) };
    let tried = || Policy {
        prober: Prober::At(artifacts().check.clone()),
        probe_requests: vec!["{}".to_owned()],
        ..policy(Door::C)
    };
    match obstacle {
        Obstacle::Unknown => Host::new(impatient()).ask(&json!({"action": "rollback", "class": "no/such"})),
        Obstacle::First => Host::new(impatient()).ask(&json!({"action": "rollback"})),
        Obstacle::Busy => busy(),
        Obstacle::Full => {
            let host = Host::new(Policy { most_retained: 1, unload: false, ..impatient() });
            let two = small(&host.folder, CLASS, "2", GOOD);
            let answer = host.dispatcher.dispatch(
                "rpc",
                "modules",
                &json!({"action": "swap", "path": two}).to_string(),
            );
            assert!(String::from_utf8_lossy(answer.args()).contains("replaced"));
            host.swap(GOOD)
        }
        Obstacle::File => {
            let host = Host::new(impatient());
            let path = small(&host.folder, CLASS, "2", GOOD);
            // Everybody may write to it.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("ours");
            host.ask(&json!({"action": "swap", "path": path}))
        }
        Obstacle::Probe => {
            let host = Host::new(nowhere());
            let path = small(&host.folder, CLASS, "2", GOOD);
            host.ask(&json!({"action": "load", "path": path}))
        }
        Obstacle::Load => swap("table.close = NULL"),
        Obstacle::Identity => swap("table.name.len -= 1"),
        Obstacle::Create => swap("fault = CREATE_REFUSES"),
        Obstacle::Hand => swap("fault = IMPORT_REFUSES"),
        Obstacle::Health => swap("fault = HEALTH_REFUSES"),
        Obstacle::Request => Host::new(tried()).swap("fault = DISPATCH_BREAKS_WORD"),
        other => panic!("{other:?} is produced by nothing here"),
    }
}

#[test]
fn each_code_of_the_modules_is_produced() {
    let host = Host::new(impatient());
    let mut seen = BTreeSet::from([
        host.ask(&json!({"action": "swap"})),
        host.ask(&json!({"action": "swap", "path": "relative.so"})),
    ]);
    for (obstacle, word, _) in Obstacle::ALL {
        let code = produced(*obstacle);
        assert_eq!(code, *word);
        assert_eq!(Obstacle::of_word(word), Some(*obstacle));
        seen.insert(code);
    }
    assert_eq!(seen, codes().into_iter().map(|(word, _)| word.to_owned()).collect());
    assert_eq!(codes().len(), seen.len(), "no word stands for two things");
}

/// At warn, too, which is all that many hosts keep: who asked for what he did not get.
#[test]
fn what_is_refused_is_told_with_who_asked_at_warn() {
    let folder = Folder::new();
    let told = Arc::new(Told::default());
    let registry = Arc::new(registry_with(&folder, impatient(), told.clone()));
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("loads");
    let by = |access| Dispatcher::over(Arc::clone(&registry), CLASS, access).of_caller("al\"ice");
    let (full, limited) = (by(Access::Full), by(Access::Limited));
    let two = small(&folder, CLASS, "2", GOOD);
    for (asked, args, word) in [
        (&full, json!({"action": "swap", "path": "/nonexistent.so"}), "load-refused"),
        (&full, json!({"action": "load", "path": "/nonexistent.so"}), "load-refused"),
        (&full, json!({"action": "rollback"}), "no-previous-version"),
        (&full, json!({"action": "unload", "class": "no/such"}), "unknown-class"),
        (&full, json!({"action": "swap"}), "missing-key"),
        (&limited, json!({"action": "swap", "path": two}), "forbidden"),
        (&full, json!({"action": "swap", "path": two}), "done"),
    ] {
        told.0.lock().expect("no panic").clear();
        asked.dispatch("rpc", "modules", &args.to_string());
        let lines = told.0.lock().expect("no panic").clone();
        let (level, access) = (
            if word == "done" { "info" } else { "warn" },
            if word == "forbidden" { "limited" } else { "full" },
        );
        let action = args["action"].as_str().expect("an action");
        let part = format!(" {word}, {access} access of \"al\\\"ice\", after ");
        let by_whom = |line: &&String| line.starts_with(&format!("{level} {action}")) && line.contains(&part);
        assert_eq!(lines.iter().filter(by_whom).count(), 1, "{args}: {lines:?}");
    }
}
