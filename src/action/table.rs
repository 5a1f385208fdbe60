//! Every action, a row each.
//!
//! A row says what an action is called, what it needs, which keys it takes and
//! which function does it. Validation, rights, time limits, introspection and
//! the documents are all made from it; a new action is a new row, a function beside
//! and a way to say it in each dialect.

use serde_json::{Value, json};
use sysadm_class::Access::{self, Full, Limited};

use super::answer::Answer;
use super::context::Context;
use super::row::{Action, Lock};
use super::{jails, pools, reads};
use crate::error::Error;
use crate::request::{Arguments, Key, KeyType};

const fn key(name: &'static str, kind: KeyType, required: bool, summary: &'static str) -> Key {
    Key { name, kind, required, instead: None, summary }
}

const JAIL: Key = key("jail", KeyType::Jail, true, "the UUID or the tag of the jail");
const PROPS: Key = key("props", KeyType::Props, false, "name=value words; quotes group");
const DETAIL: Key = key("detail", KeyType::Detail, false, "also answer what iocage printed, as it was");

const FORCE: Key = key(
    "force",
    KeyType::Force,
    false,
    "also while jails run or clones of it lie elsewhere, which are then destroyed; tells what went",
);

const fn action(
    name: &'static str,
    access: Access,
    locks: Lock,
    keys: &'static [Key],
    run: fn(&Context<'_>, &Arguments) -> Result<Answer, Error>,
    summary: &'static str,
) -> Action {
    Action { name, summary, access, locks, keys, switches: &[], run }
}

/// Every action, in alphabetical order.
pub static ACTIONS: [Action; 17] = [
    action(
        "activatepool",
        Full,
        Lock::NamedPool,
        &[key("pool", KeyType::Pool, false, "the pool to use; without it the current one is told"), DETAIL],
        pools::activate,
        "use a ZFS pool for jails, or tell which is used",
    ),
    action(
        "capjail",
        Full,
        Lock::Jail,
        &[JAIL, DETAIL],
        jails::cap,
        "apply the resource limits of a running jail again",
    ),
    action(
        "cleanall",
        Full,
        Lock::Clean,
        &[FORCE, DETAIL],
        pools::clean_all,
        "destroy everything of iocage's",
    ),
    action("cleanjails", Full, Lock::Clean, &[FORCE, DETAIL], pools::clean_jails, "destroy all jails"),
    action(
        "cleanreleases",
        Full,
        Lock::Clean,
        &[FORCE, DETAIL],
        pools::clean_releases,
        "destroy all fetched releases",
    ),
    action(
        "cleantemplates",
        Full,
        Lock::Clean,
        &[FORCE, DETAIL],
        pools::clean_templates,
        "destroy all templates",
    ),
    action("clonejail", Full, Lock::Clone, &[JAIL, PROPS, DETAIL], jails::clone, "clone a jail"),
    Action {
        switches: &["-b", "-c", "-e"],
        ..action(
            "createjail",
            Full,
            Lock::NewJail,
            &[
                PROPS,
                key(
                    "switches",
                    KeyType::Switches,
                    false,
                    "-b for a basejail, -c for a clone, -e for an empty jail",
                ),
                key("fetch", KeyType::Fetch, false, "download the release first if it is not there"),
                DETAIL,
            ],
            jails::create,
            "create a jail",
        )
    },
    action(
        "deactivatepool",
        Full,
        Lock::Pool,
        &[key("pool", KeyType::Pool, true, "the pool"), DETAIL],
        pools::deactivate,
        "do not use a ZFS pool for jails any more",
    ),
    action(
        "destroyjail",
        Full,
        Lock::Destroy,
        &[JAIL, DETAIL],
        jails::destroy,
        "destroy a jail that does not run",
    ),
    action("df", Limited, Lock::None, &[DETAIL], reads::df, "tell what each jail uses"),
    action(
        "execjail",
        Full,
        Lock::Command,
        &[
            JAIL,
            key("user", KeyType::User, true, "the user of the jail to run it as"),
            Key {
                instead: Some("argv"),
                ..key("command", KeyType::Command, true, "the command; quotes group, no shell reads it")
            },
            key("argv", KeyType::Argv, false, "the command in words, in place of `command`"),
            key("timeout_s", KeyType::Seconds, false, "how long it may run, if less than is configured"),
            DETAIL,
        ],
        jails::exec,
        "run a command in a jail",
    ),
    action(
        "getdefaultsettings",
        Limited,
        Lock::None,
        &[DETAIL],
        reads::defaults,
        "tell the properties that new jails get",
    ),
    Action {
        switches: &["-r"],
        ..action(
            "getjailsettings",
            Limited,
            Lock::None,
            &[
                Key { required: false, ..JAIL },
                key("prop", KeyType::Property, false, "a property, or all"),
                key("switches", KeyType::Switches, false, "-r for the property of every jail"),
                DETAIL,
            ],
            reads::settings,
            "tell one or all properties of a jail, or one of every jail",
        )
    },
    action("listjails", Limited, Lock::None, &[DETAIL], reads::list, "tell which jails there are"),
    action("startjail", Full, Lock::Jail, &[JAIL, DETAIL], jails::start, "start a jail"),
    action("stopjail", Full, Lock::Jail, &[JAIL, DETAIL], jails::stop, "stop a jail"),
];

/// The action of this name, compared with case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name == name)
}

/// The table as the extension `sysadm.describe/1` tells it.
#[must_use]
pub fn describe() -> Value {
    let keys = |keys: &[Key]| -> Vec<_> {
        let tell = |key: &Key| {
            let mut told = json!({"key": key.name, "type": key.kind.word(), "required": key.required, "summary": key.summary});
            if let Some(instead) = key.instead {
                told["instead"] = json!(instead);
            }
            told
        };
        keys.iter().map(tell).collect()
    };
    ACTIONS
        .iter()
        .map(|a| json!({"action": a.name, "summary": a.summary, "access": a.access.word(), "locks": a.locks.word(), "keys": keys(a.keys), "switches": a.switches}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Object;

    #[test]
    fn the_table_is_in_order_and_its_switches_have_a_key() {
        assert!(ACTIONS.is_sorted_by_key(|action| action.name));
        for action in &ACTIONS {
            let takes = action.keys.iter().any(|key| key.kind == KeyType::Switches);
            assert_eq!(takes, !action.switches.is_empty(), "{}", action.name);
            for instead in action.keys.iter().filter_map(|key| key.instead) {
                assert!(action.keys.iter().any(|key| key.name == instead && !key.required), "{instead}");
            }
        }
    }

    /// What only reads waits for nobody, and what works on one jail takes one.
    #[test]
    fn locks_go_with_access_and_keys() {
        for Action { name, access, locks, keys, .. } in &ACTIONS {
            assert!(*access == Full || *locks == Lock::None, "{name}");
            let takes =
                |kind, required: bool| keys.iter().any(|k| k.kind == kind && (k.required || !required));
            let one = matches!(locks, Lock::Command | Lock::Jail | Lock::Destroy | Lock::Clone);
            assert!(!one || takes(KeyType::Jail, true), "{name}");
            let new = matches!(locks, Lock::NewJail | Lock::Clone);
            assert_eq!(new, takes(KeyType::Props, false), "{name}");
        }
        let of = |lock| ACTIONS.iter().filter(|a| a.locks == lock).map(|a| a.name).collect::<Vec<_>>();
        assert_eq!((of(Lock::Command), of(Lock::Destroy)), (vec!["execjail"], vec!["destroyjail"]));
        assert!(ACTIONS.iter().all(|a| (a.access == Full) != (a.locks == Lock::None)));
        assert_eq!(of(Lock::Clean), ["cleanall", "cleanjails", "cleanreleases", "cleantemplates"]);
    }

    /// Two lines of defence: today every action that takes properties needs full
    /// access, and one that did not would for those that reach the host.
    #[test]
    fn nobody_with_limited_access_sets_what_reaches_the_host() {
        for Action { name, access, keys, .. } in &ACTIONS {
            assert!(*access == Full || keys.iter().all(|key| key.kind != KeyType::Props), "{name}");
        }
        let create = find("createjail").expect("in the table");
        let limited = Action { access: Limited, ..*create };
        for (props, needed) in [("tag=x", Limited), ("tag=x exec_prestart=/bin/true", Full)] {
            let object = json!({"action": "createjail", "props": props}).to_string();
            let mut object = Object::parse(limited.keys, object.as_bytes()).expect("an object");
            let arguments = Arguments::read(limited.keys, limited.switches, &mut object).expect("valid");
            assert_eq!((limited.needs(&arguments), create.needs(&arguments)), (needed, Full), "{props}");
        }
    }

    #[test]
    fn actions_are_compared_with_case() {
        assert!(find("listjails").is_some() && find("ListJails").is_none());
    }
}
