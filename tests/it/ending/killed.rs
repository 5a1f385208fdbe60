//! A host that ends without a word, by SIGKILL or by a second signal: its iocage goes on as
//! nobody's child, and its jail is busy for the next host until that is gone. (`locks::survivors`
//! has this for each kind of lock; here it is in the middle of a create, by all three hosts.) One that
//! writes much, as a download does, ends soon by itself: nobody reads it any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::host::{Instance, Module, Silent};

use super::hosts::{Kind, Started, ask};
use super::{DOWN, machine};
use crate::support::process::{eventually, kill, members};
use crate::support::{DOORS, Folder, artifacts};

fn next_host(config: &str) -> Instance {
    let module = Module::load(&artifacts().module, DOORS[1]).expect("our module");
    module.create(Arc::new(Silent), config).expect("good")
}

/// It says who is at it, and that this one is gone.
fn is_an_orphans(answer: &Value, host: i32) {
    let error = answer["error"].as_str().unwrap_or_default();
    let is_told = error.contains(&format!("(process {host},")) && error.contains("still runs (process ");
    assert!(answer["code"] == "busy" && is_told, "{answer}");
}

fn end(groups: &BTreeMap<i32, u64>) {
    for group in groups.keys() {
        kill(-group, libc::SIGKILL);
    }
    eventually("the orphan is gone", || members(groups).is_empty());
}

#[test]
fn a_jail_that_was_being_made_is_busy_until_the_orphan_is_gone() {
    let folder = Folder::new();
    for kind in Kind::ALL {
        let machine = machine();
        let config = machine.config_with(&json!({"lock_wait_s": 1}));
        let mut host = Started::new(kind, &kind.built(&folder), &["1"], &config);
        host.send(&json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"}));
        let groups = host.wait_for_programs(&machine);
        // It is put down right after the start, which the call itself may be ahead of.
        std::thread::sleep(Duration::from_millis(200));
        let host = host.kill();
        assert_ne!(members(&groups), [], "{kind:?}: it goes on");
        let other = next_host(&config);
        let destroy = json!({"action": "destroyjail", "jail": "new"});
        is_an_orphans(&ask(&other, &destroy), host);
        end(&groups);
        assert_eq!(ask(&other, &destroy)["code"], Value::Null, "{kind:?}");
    }
}

/// By then its programs have been told to end; this one does not mind.
#[test]
fn a_second_signal_waits_for_nobody() {
    let folder = Folder::new();
    for kind in Kind::ALL {
        let machine = machine();
        let config = machine.config_with(&json!({"grace_s": 60, "lock_wait_s": 1}));
        let mut host = Started::new(kind, &kind.built(&folder), &["60"], &config);
        host.send(&json!({"action": "startjail", "jail": "down"}));
        let groups = host.wait_for_programs(&machine);
        let (pid, since) = (host.pid(), Instant::now());
        host.signal(libc::SIGTERM);
        std::thread::sleep(Duration::from_millis(300));
        host.signal(libc::SIGINT);
        let (answer, status) = host.end();
        assert!(since.elapsed() < Duration::from_secs(30), "{kind:?}: {:?}", since.elapsed());
        assert_eq!((answer, status), (Value::Null, Some(128 + libc::SIGTERM)), "{kind:?}");
        assert_ne!(members(&groups), [], "{kind:?}: it does not mind");
        let other = next_host(&config);
        for name in ["down", DOWN] {
            is_an_orphans(&ask(&other, &json!({"action": "stopjail", "jail": name})), pid);
        }
        end(&groups);
        assert_eq!(ask(&other, &json!({"action": "stopjail", "jail": "down"}))["code"], Value::Null);
    }
}
