//! Every action, a row each.
//!
//! A row says what an action is called, what it needs, which keys it takes and
//! which function does it. Validation, rights, time limits, introspection and
//! the documents are all made from it; a new action is a new row, a function beside
//! and a way to say it in each dialect.

use sysadm_class::Access::Full;
use sysadm_class::kit::{Member, Param, distinct};

use super::context::Run;
use super::row::{Action, Does, Lock};
use super::{
    consoles, images, jails, mounts, pools, reads, releases, settings, shapes, snapshots, stats, status,
    templates, updates,
};
use crate::iocage::State;
use crate::request::keys::{
    ARGV, COMMAND, DEFAULTS, DESTROYS, DETAIL, DRYRUN, FETCH, FORCE, IMAGE, JAIL, LINES, MORE,
    MOUNTED_SOURCE, MOUNTED_TARGET, NAME, OPTIONS, POOL, PROP, PROPS, RELEASE, REMOTE, SNAPSHOT, SOFT,
    SOURCE, SWITCHES, TARGET, TEMPLATE, TIMEOUT, TRUST, USER,
};
use crate::request::query::{COUNT, FILTER, LIMIT, OFFSET, SELECT, SORT};

/// An action that only looks something up.
const fn read(name: &'static str, run: Run) -> Action {
    Action::doing(name, Does { locks: Lock::None, run, leaves: None })
}

/// An action that changes something, or runs it.
const fn change(name: &'static str, locks: Lock, run: Run) -> Action {
    Action::doing(name, Does { locks, run, leaves: None }).needs(Full)
}

/// The same, which leaves its jail as this.
const fn turn(name: &'static str, locks: Lock, leaves: State, run: Run) -> Action {
    Action::doing(name, Does { locks, run, leaves: Some(leaves) }).needs(Full)
}

const NEW_POOL: Param = POOL.optional().says("the pool to use; without it the current one is told");
const NEW_SNAPSHOT: Param =
    SNAPSHOT.optional().says("what the snapshot is called; without it iocage calls it by the time");

/// The keys of an action that answers a list: its own, and those of a question to one.
macro_rules! of_list {
    ($($own:expr),*) => {
        &[
            $($own,)*
            COUNT.optional(),
            FILTER.optional(),
            LIMIT.optional(),
            OFFSET.optional(),
            SELECT.optional(),
            SORT.optional(),
            DETAIL.optional(),
        ]
    };
}

/// Every action, in alphabetical order.
pub static ACTIONS: [Action; 37] = [
    change("activatepool", Lock::NamedPool, pools::activate)
        .says("use a ZFS pool for jails, or tell which is used")
        .answers(shapes::ACTIVATED)
        .takes(&[NEW_POOL, DRYRUN.optional(), DETAIL.optional()]),
    read("activatestatus", status::status)
        .says("tell which pool is used, which could be, and whether iocage can work")
        .answers(shapes::STATUS)
        .takes(&[DETAIL.optional()]),
    change("addmount", Lock::Jail, mounts::add)
        .says("have a folder of the host mounted in a jail when it starts")
        .answers(shapes::MOUNT)
        .takes(&[
            JAIL.required(),
            SOURCE.required(),
            TARGET.required(),
            OPTIONS.optional(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ]),
    turn("capjail", Lock::Jail, State::Up, jails::cap)
        .says("apply the resource limits of a running jail again")
        .answers(shapes::CAPPED)
        .takes(&[JAIL.required(), DRYRUN.optional(), DETAIL.optional()]),
    change("cleanall", Lock::Clean, pools::clean_all)
        .says("destroy everything of iocage's")
        .answers(shapes::CLEANED)
        .takes(&[FORCE.optional(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    change("cleanjails", Lock::Clean, pools::clean_jails)
        .says("destroy all jails")
        .answers(shapes::CLEANED)
        .takes(&[FORCE.optional(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    change("cleanreleases", Lock::Clean, pools::clean_releases)
        .says("destroy all fetched releases")
        .answers(shapes::CLEANED)
        .takes(&[FORCE.optional(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    change("cleantemplates", Lock::Clean, pools::clean_templates)
        .says("destroy all templates")
        .answers(shapes::CLEANED)
        .takes(&[FORCE.optional(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    change("clonejail", Lock::Clone, jails::clone).says("clone a jail").answers(shapes::CLONED).takes(&[
        JAIL.required(),
        PROPS.optional(),
        DRYRUN.optional(),
        DETAIL.optional(),
    ]),
    change("createjail", Lock::NewJail, jails::create)
        .says("create a jail")
        .answers(shapes::CREATED)
        .takes(&[
            PROPS.optional(),
            SWITCHES_OF_CREATE,
            FETCH.optional(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ])
        .long(),
    change("deactivatepool", Lock::Pool, pools::deactivate)
        .says("do not use a ZFS pool for jails any more")
        .answers(shapes::SAID)
        .takes(&[POOL.required(), DRYRUN.optional(), DETAIL.optional()]),
    turn("destroyjail", Lock::Destroy, State::Gone, jails::destroy)
        .says("destroy a jail that does not run")
        .answers(shapes::PRINTED)
        .takes(&[JAIL.required(), DRYRUN.optional(), DETAIL.optional()]),
    read("df", reads::df).says("tell what each jail uses").answers(shapes::USAGE).takes(of_list![]),
    change("execjail", Lock::Command, jails::exec)
        .says("run a command in a jail")
        .answers(shapes::PRINTED)
        .takes(&[
            JAIL.required(),
            USER.required(),
            COMMAND.required().or(&ARGV),
            ARGV.optional(),
            TIMEOUT.optional(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ])
        .long(),
    change("exportjail", Lock::Update, images::export)
        .says("pack a jail that does not run into a file in iocage's folder of images")
        .answers(shapes::EXPORTED)
        .takes(&[JAIL.required(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    change("fetchreleases", Lock::Release, releases::fetch)
        .says("download a release, unless it is there")
        .answers(shapes::FETCHED)
        .takes(&[RELEASE.required(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    read("getdefaultsettings", reads::defaults)
        .says("tell the properties that new jails get")
        .answers(shapes::DEFAULTS)
        .takes(&[DETAIL.optional()]),
    read("getjailsettings", reads::settings)
        .says("tell one or all properties of a jail, or one of every jail")
        .answers(shapes::TEXTS_OF_EACH)
        .takes(of_list![JAIL.optional(), PROP.optional(), SWITCHES_OF_SETTINGS]),
    change("importjail", Lock::Import, images::import)
        .says("make a jail again of an image in iocage's folder of images")
        .answers(shapes::IMPORTED)
        .takes(&[IMAGE.required(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
    read("jaillog", consoles::tell)
        .needs(Full)
        .says("tell the end of what a jail's console has printed, as iocage keeps it")
        .answers(shapes::CONSOLES)
        .takes(&[JAIL.required(), LINES.optional(), DETAIL.optional()]),
    read("jailstats", stats::stats)
        .says("tell what the running jails take: processor, memory, processes, disk")
        .answers(shapes::STATS)
        .takes(of_list![JAIL.optional().says("the UUID or the tag of the one that is wanted")]),
    read("listjails", reads::list)
        .says("tell which jails there are")
        .answers(shapes::JAILS_AND_MORE)
        .takes(of_list![MORE.optional()]),
    read("listmounts", mounts::list)
        .needs(Full)
        .says("tell what is mounted for a jail when it starts")
        .answers(shapes::MOUNTS)
        .takes(of_list![JAIL.required()]),
    read("listreleases", releases::list)
        .says("tell which releases are fetched, or could be")
        .answers(shapes::RELEASES)
        .takes(of_list![REMOTE.optional()]),
    read("listsnapshots", snapshots::list)
        .says("tell which snapshots of a jail there are")
        .answers(shapes::SNAPSHOTS)
        .takes(of_list![JAIL.required()]),
    read("listtemplates", templates::list)
        .says("tell which templates there are")
        .answers(shapes::JAILS)
        .takes(of_list![]),
    change("removemount", Lock::Jail, mounts::remove)
        .says("have something mounted in a jail no more when it starts")
        .answers(shapes::MOUNT)
        .takes(&[
            JAIL.required(),
            MOUNTED_SOURCE.required(),
            MOUNTED_TARGET.required(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ]),
    change("removesnapshot", Lock::Template, snapshots::remove)
        .says("remove a snapshot of a jail")
        .answers(shapes::OF_SNAPSHOT)
        .takes(&[JAIL.required(), SNAPSHOT.required(), DRYRUN.optional(), DETAIL.optional()]),
    change("renamejail", Lock::Rename, settings::rename)
        .says("give a jail another name, or of the shell iocage another tag")
        .answers(shapes::RENAMED)
        .takes(&[JAIL.required(), NAME.required(), DRYRUN.optional(), DETAIL.optional()]),
    turn("restartjail", Lock::Jail, State::Up, settings::restart)
        .says("stop a jail and start it again; one that does not run is started")
        .answers(shapes::TEXTS_OF_EACH)
        .takes(&[JAIL.required(), SOFT.optional(), DRYRUN.optional(), DETAIL.optional()]),
    change("rollbackjail", Lock::Template, snapshots::roll_back)
        .says("take a jail that does not run back to what it was at a snapshot")
        .answers(shapes::ROLLED_BACK)
        .takes(&[
            JAIL.required(),
            SNAPSHOT.required(),
            DESTROYS.optional(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ]),
    change("setproperty", Lock::Settings, settings::set)
        .says("set properties of a jail, or of those that new jails get")
        .answers(shapes::SET)
        .takes(&[
            JAIL.required().or(&DEFAULTS),
            DEFAULTS.optional(),
            PROPS.required(),
            DRYRUN.optional(),
            DETAIL.optional(),
        ]),
    change("settemplate", Lock::Template, templates::set)
        .says("make a template of a jail, or of a template a jail again")
        .answers(shapes::TURNED)
        .takes(&[JAIL.required(), TEMPLATE.required(), DRYRUN.optional(), DETAIL.optional()]),
    change("snapshotjail", Lock::Jail, snapshots::take)
        .says("make a snapshot of all of a jail's datasets")
        .answers(shapes::OF_SNAPSHOT)
        .takes(&[JAIL.required(), NEW_SNAPSHOT, DRYRUN.optional(), DETAIL.optional()]),
    turn("startjail", Lock::Jail, State::Up, jails::start)
        .says("start a jail")
        .answers(shapes::TEXTS_OF_EACH)
        .takes(&[JAIL.required(), DRYRUN.optional(), DETAIL.optional()]),
    turn("stopjail", Lock::Jail, State::Down, jails::stop)
        .says("stop a jail")
        .answers(shapes::TEXTS_OF_EACH)
        .takes(&[JAIL.required(), DRYRUN.optional(), DETAIL.optional()]),
    change("updatejail", Lock::Update, updates::update)
        .says("bring a jail to the latest patches of its release")
        .answers(shapes::UPDATED)
        .takes(&[JAIL.required(), TRUST.required(), DRYRUN.optional(), DETAIL.optional()])
        .long(),
];
const _: () = distinct(&ACTIONS);

const SWITCHES_OF_CREATE: Param = SWITCHES
    .optional()
    .says("-b for a basejail, -c for a clone, -e for an empty jail")
    .of_words(&["-b", "-c", "-e"]);

const SWITCHES_OF_SETTINGS: Param =
    SWITCHES.optional().says("-r for the property of every jail").of_words(&["-r"]);

/// The action of this name, compared with case.
#[must_use]
pub fn find(name: &str) -> Option<&'static Action> {
    ACTIONS.iter().find(|action| action.name() == name)
}

/// What a description tells of an action beside what is told of each.
pub fn beside(action: &Action, told: &mut Vec<Member>) {
    let switches = action.params().iter().find(|param| param.is(&SWITCHES));
    let words = switches.map_or(&[][..], |param| param.words());
    told.push(("locks", action.run().locks.word().into()));
    told.push(("switches", words.iter().copied().collect()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sysadm_class::Access::Limited;
    use sysadm_class::kit::Request;

    use crate::action::row;

    #[test]
    fn the_table_is_in_order_and_its_switches_are_words() {
        assert!(ACTIONS.is_sorted_by_key(Action::name));
        for action in &ACTIONS {
            for param in action.params() {
                assert_eq!(param.is(&SWITCHES), !param.words().is_empty(), "{}", action.name());
                let instead = param.instead().map(|name| action.params().iter().find(|p| p.name() == name));
                assert!(instead.is_none_or(|found| found.is_some_and(|param| !param.is_required())));
            }
        }
    }

    /// What only reads waits for nobody, and what works on one jail takes one.
    #[test]
    fn locks_go_with_access_and_keys() {
        for action in &ACTIONS {
            let (name, locks) = (action.name(), action.run().locks);
            // What is inside a jail, or where the host keeps it, is not for everybody, and looked at it is
            // not changed.
            let is_look = ["jaillog", "listmounts"].contains(&name);
            assert_eq!(action.access() == Full, locks != Lock::None || is_look, "{name}");
            let one = matches!(
                locks,
                Lock::Command | Lock::Jail | Lock::Update | Lock::Destroy | Lock::Clone | Lock::Template
            );
            let jail = action.params().iter().any(|param| param.is(&JAIL) && param.is_required());
            assert!(!one || jail, "{name}");
            let sets = matches!(locks, Lock::NewJail | Lock::Clone | Lock::Settings);
            assert_eq!(sets, action.has(&PROPS), "{name}");
        }
        let of =
            |lock| ACTIONS.iter().filter(|a| a.run().locks == lock).map(Action::name).collect::<Vec<_>>();
        assert_eq!((of(Lock::Command), of(Lock::Destroy)), (vec!["execjail"], vec!["destroyjail"]));
        assert_eq!(of(Lock::Clean), ["cleanall", "cleanjails", "cleanreleases", "cleantemplates"]);
    }

    /// Two lines of defence: today every action that takes properties needs full
    /// access, and one that did not would for those that reach the host.
    #[test]
    fn nobody_with_limited_access_sets_what_reaches_the_host() {
        for action in &ACTIONS {
            assert!(action.access() == Full || !action.has(&PROPS), "{}", action.name());
        }
        let create = find("createjail").expect("in the table");
        let limited = [Action::doing("createjail", *create.run()).takes(create.params())];
        for (props, needed) in [("tag=x", Limited), ("tag=x exec_prestart=/bin/true", Full)] {
            let args = json!({"action": "createjail", "props": props}).to_string();
            let mut request = Request::of(&limited, args.as_bytes(), Limited).expect("an object");
            let args = request.read().expect("valid");
            assert_eq!(
                (row::needs(&limited[0], &args), row::needs(create, &args)),
                (needed, Full),
                "{props}"
            );
        }
    }

    #[test]
    fn actions_are_compared_with_case() {
        assert!(find("listjails").is_some() && find("ListJails").is_none());
    }
}
