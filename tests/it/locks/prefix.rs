//! The Python iocage takes a name that is no jail's for the beginning of one.
//! So a second `destroy db` that were let go after the first would destroy
//! `db2`, although `db` was found when it was looked for.

use std::fs;
use std::sync::Arc;

use serde_json::json;
use sysadm_class::host::{Door, Instance};

use super::asker::{ask, begin, code, config, instance, of};
use super::files::Files;
use crate::support::process::eventually;
use crate::support::{DOORS, Machine};

/// It is held up like the spy before the simulator.
const DESTROY: &str = r#"destroy)
    echo "$2" >> ../destroys
    while [ -e ../hold ]; do sleep 0.02; done
    find "$2"
    rm "$jail"
    echo "Destroying $2" ;;"#;

struct Fake(Files);

impl Fake {
    fn new() -> Fake {
        Fake(Files::new(&["db", "db2", "web"], DESTROY))
    }

    fn instance(&self, door: Door) -> Arc<Instance> {
        Arc::new(instance(door, &self.0.config(&json!({}))))
    }

    fn destroys(&self) -> usize {
        fs::read_to_string(self.0.at("destroys")).unwrap_or_default().lines().count()
    }

    fn left(&self) -> Vec<String> {
        let files = fs::read_dir(self.0.at("jails")).expect("a folder");
        let mut left: Vec<_> =
            files.map(|file| file.expect("a file").file_name().into_string().expect("ours")).collect();
        left.sort_unstable();
        left
    }
}

#[test]
fn of_many_destroys_none_hits_the_next_jail() {
    let fake = Fake::new();
    let instances = DOORS.map(|door| fake.instance(door));
    let hold = fake.0.at("hold");
    fs::write(&hold, "").expect("written");
    let workers: Vec<_> = (0..6).map(|at| begin(&instances[at % 2], of("destroyjail", "db"))).collect();
    eventually("one is destroyed", || fake.destroys() > 0);
    // The others have had time to find it.
    std::thread::sleep(std::time::Duration::from_millis(500));
    fs::remove_file(&hold).expect("ours");
    let answers: Vec<_> = workers.into_iter().map(|worker| worker.join().expect("no panic")).collect();
    let good = answers.iter().filter(|answer| code(answer).is_empty()).count();
    assert_eq!(good, 1, "{answers:?}");
    assert!(answers.iter().all(|answer| ["", "unknown-jail", "busy"].contains(&code(answer))), "{answers:?}");
    assert_eq!((fake.left(), fake.destroys()), (vec!["db2".to_owned(), "web".to_owned()], 1));
}

/// That the test above can fail.
#[test]
fn without_us_it_does() {
    let fake = Fake::new();
    for _ in 0..2 {
        let status = std::process::Command::new(fake.0.at("iocage")).args(["destroy", "db"]).status();
        assert!(status.expect("it runs").success());
    }
    assert_eq!(fake.left(), ["web"]);
}

/// Up to 1.10 a destroy takes along all that begins so, also what another request is
/// making meanwhile, so there it excludes everything; later versions destroy but one.
#[test]
fn where_a_destroy_takes_others_along_nothing_is_made_beside_it() {
    for (version, expected) in [("1.10", "busy"), ("1.13", "")] {
        let jails = json!([{"name": "foo"}, {"name": "other"}]);
        let pool = json!({"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "jails": jails});
        let machine = Machine::new(&json!({"version": version, "pools": [pool]}));
        let instance = Arc::new(instance(DOORS[0], &config(&machine, 1)));
        let hold = machine.hold("destroy");
        let destroyed = begin(&instance, of("destroyjail", "foo"));
        machine.wait_for_call("[destroy][foo]");
        let create = json!({"action": "createjail", "props": "tag=foo-prod release=14.3-RELEASE"});
        assert_eq!(code(&ask(&instance, &create)), expected, "{version}");
        drop(hold);
        assert_eq!(code(&destroyed.join().expect("no panic")), "", "{version}");
        let listed = ask(&instance, &json!({"action": "listjails"})).to_string();
        assert_eq!(listed.contains("foo-prod"), expected.is_empty(), "{version}: {listed}");
    }
}
