//! A crowd of requests that hang in iocage, and one that does not wait for them, where
//! the configuration lets so many be at work at once. The old server's pool was full with
//! two.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::host::Module;

use crate::support::alone;
use crate::support::process::{children, descriptors, eventually};
use crate::support::{DOORS, Faulty, Host, artifacts};

const CROWD: usize = 64;
/// Long enough for all of them to be there before the first one ends.
const LIMIT: Duration = Duration::from_secs(20);
/// What a busy machine needs beside.
const SLACK: Duration = Duration::from_secs(15);
/// What is at once on a machine that has only to wait.
const AT_ONCE: Duration = Duration::from_secs(6);

/// Half of them read, half of them change, each a jail of its own.
fn hanging(number: usize) -> Value {
    let jail = format!("stuck{number}");
    match number % 2 {
        0 => json!({"action": "getjailsettings", "jail": jail}),
        _ => json!({"action": "startjail", "jail": jail}),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn a_read_does_not_wait_for_64_that_hang() {
    alone("faults::crowd::a_read_does_not_wait_for_64_that_hang", || {
        for door in DOORS {
            let module = Module::load(&artifacts().module, door).expect("our module");
            // The jails of the crowd have UUIDs that begin so.
            let faulty = Faulty::new("hang after dead0000");
            // That a folder's lock is open is the test's own affair.
            let before = descriptors();
            let mut config: Value =
                serde_json::from_str(&faulty.config(LIMIT.as_secs(), 1 << 20)).expect("JSON");
            config["at_once"] = json!({"read": CROWD, "change": CROWD});
            let host = Host::of(&module, &config.to_string());
            let times = Mutex::new(Vec::new());
            std::thread::scope(|scope| {
                for number in 0..CROWD {
                    let (host, times) = (&host, &times);
                    scope.spawn(move || {
                        let started = Instant::now();
                        let answer = host.answer(&hanging(number));
                        let took = started.elapsed();
                        assert_eq!(answer["code"], "timed-out", "{answer}");
                        times.lock().expect("no panic in here").push(took);
                    });
                }
                let stuck = || faulty.calls().iter().filter(|(_, words)| words.contains("dead0000")).count();
                eventually("all of them hang", || stuck() == CROWD);
                for request in [
                    json!({"action": "df"}),
                    json!({"action": "listjails"}),
                    json!({"action": "getjailsettings", "jail": "test"}),
                    json!({"action": "stopjail", "jail": "test"}),
                ] {
                    let started = Instant::now();
                    let answer = host.answer(&request);
                    let took = started.elapsed();
                    assert!(answer.get("error").is_none(), "{answer}");
                    assert!(took < AT_ONCE, "{request} waited {took:?}");
                }
                assert_eq!(stuck(), CROWD);
                assert!(times.lock().expect("no panic in there").is_empty(), "none of them has ended yet");
            });
            let mut times = times.into_inner().expect("no panic in there");
            times.sort();
            let (first, last) = (times[0], times[CROWD - 1]);
            assert!(first >= LIMIT && last < LIMIT + SLACK, "{first:?} to {last:?}");
            assert_eq!(children(), []);
            assert_eq!(descriptors(), before);
            println!("{} requests hung and ended after {first:?} to {last:?}", times.len());
        }
    });
}
