//! What a simulated machine is: host, pools and the jails on them, and which iocage it has.
//!
//! The state file is one JSON object, meant to be written by hand. Everything has a default; a key that is not
//! known is an error, for it is a slip of the pen. All keys, each shown with its default or an example:
//!
//! ```text
//! {
//!   "version": "2016-02-10",                 // the iocage of the machine; or "1.13", see below
//!   "clock": "2016-02-09 23:48:15",          // pinned time; without it, the time of day in UTC
//!   "uuids": ["611c89ae-..."],               // handed out to the next jails, in order; then fresh ones are made
//!   "next_jid": 1,
//!   "host": {
//!     "release": "10.2-RELEASE",             // uname -r
//!     "hostname": "sim.example.org",
//!     "hostid": "4145fbb8-c5b6-11e5-9f2f-fcaa14deb15d",
//!     "racct": true,                         // kern.racct.enable: limits can be applied
//!     "vimage": false,                       // the kernel has VNET
//!     "old_jexec": false                     // jexec of before FreeBSD 10.3, which writes `execvp():`
//!   },
//!   "pools": [{                              // in the order in which `zpool list` shows them
//!     "name": "tank",
//!     "active": true,                        // its comment is `iocage`; default false
//!     "datasets": true,                      // all made; false: none; or a list, as ["", ".defaults", "jails"]
//!                                            // where "" is POOL/iocage itself; default: the value of "active"
//!     "available": "83.4G",
//!     "releases": ["10.2-RELEASE"],
//!     "defaults": {
//!       "uuid": "b67065a9-...", "tag": "2016-02-09@23:47:04",
//!       "properties": {"vnet": "on", "available": "426G"}
//!     },
//!     "jails": [{
//!       "uuid": "9b8e1033-...",              // made by `init` where absent, as is the tag
//!       "tag": "test",
//!       "type": "basejail",                  // or emptyjail, clonejail, template
//!       "jid": 1,                            // up, with this jail id; absent: down
//!       "properties": {"boot": "on", "used": "1.69M", "compressratio": "2.30x",
//!                      "origin": "tank/iocage/jails/UUID@SNAPSHOT"},   // what differs from iocage's own defaults
//!       "rc_exit": 0,                        // what /etc/rc in it exits with
//!       "shutdown_exit": 0,                  // the same of /etc/rc.shutdown
//!       "files": {"/etc/motd": "hello\n"},   // laid over the files that every simulated jail has
//!       "half_made": false                   // only its dataset exists: what a killed create leaves behind
//!     }]
//!   }],
//!   "foreign": [{"jid": 77, "path": "/usr/jails/www", "ip4": "10.9.9.9", "hostname": "www.example.org"}]
//! }
//! ```
//!
//! Values of ZFS (`used`, `available`, `compressratio`, `quota`, `origin`) are properties like all others.
//!
//! A machine of the Python iocage, 1.13, has no UUIDs and tags beside names, and a few things that can go wrong with a
//! jail. What differs, or is there in addition:
//!
//! ```text
//! {
//!   "version": "1.13",
//!   "uuids": [...],                          // for jails that are made without a name
//!   "host": {
//!     "rulesets": [1003],                    // of devfs, taken by others
//!     "dhcp": true,                          // who asks for a lease gets 192.0.2.(100 + JID); false: nobody does
//!   },
//!   "pools": [{
//!     "deactivated": true,                   // it was active once, and says so; default false
//!     "datasets": true,                      // a list is of "", "download", "images", "jails", "log", "releases",
//!                                            // "templates", and "defaults.json", the file
//!     "releases": ["14.3-RELEASE-p5"],       // the dataset's name is without the patch level
//!     "rc_conf": true,                       // iocage has made its rc.conf; default: whether there are jails
//!     "snapshots": ["tank/iocage/releases/14.3-RELEASE/root@gone"],    // over and above those that jails come from
//!     "defaults": {"corrupt": true, "properties": {...}},
//!     "jails": [{
//!       "name": "test",                      // made by `init` where absent; `uuid` and `tag` are not known
//!       "type": "jail",                      // or template, pluginv2; basejail and emptyjail are jails with
//!                                            // basejail=1 and with the release EMPTY
//!       "release": "14.3-RELEASE-p5",        // default: the first of the pool
//!       "template": "base",                  // the template it was made from
//!       "origin": "tank/iocage/jails/a/root@test",   // default: what `template` or `release` says; "-" for thick jails
//!       "ruleset": 1000,                     // of devfs, where it is up; default: the lowest that is free
//!       "corrupt": true,                     // config.json is cut off; or "missing", or "empty" (`{}`)
//!       "hollow": false                      // its root is gone: what `clean -fr` leaves
//!     }]
//!   }]
//! }
//! ```
//!
//! `properties` of such a jail are what is in its config.json, and `used`, `available` and `compressratio`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::clock::{self, Moment};

mod fields;
mod json;
pub(crate) mod python;
mod version;

pub(crate) use version::Version;

/// Names of properties and their values.
pub(crate) type Properties = BTreeMap<String, String>;

/// A whole machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) version: Version,
    pub(crate) clock: Option<Moment>,
    pub(crate) uuids: VecDeque<String>,
    pub(crate) next_jid: u64,
    pub(crate) host: Host,
    pub(crate) pools: Vec<Pool>,
    pub(crate) foreign: Vec<Foreign>,
}

/// Facts about the host that show in answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Host {
    pub(crate) release: String,
    pub(crate) hostname: String,
    pub(crate) hostid: String,
    pub(crate) racct: bool,
    pub(crate) vimage: bool,
    pub(crate) old_jexec: bool,
    pub(crate) dhcp: bool,
    pub(crate) rulesets: BTreeSet<u64>,
}

/// One ZFS pool and what iocage keeps on it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pool {
    pub(crate) name: String,
    pub(crate) active: bool,
    /// Python only: not active, and marked as such.
    pub(crate) deactivated: bool,
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) available: String,
    pub(crate) releases: Vec<String>,
    pub(crate) defaults: Defaults,
    pub(crate) jails: Vec<Jail>,
    /// Python only: full names, in no order.
    pub(crate) snapshots: BTreeSet<String>,
    /// Python only: iocage has made its rc.conf.
    pub(crate) rc_conf: bool,
}

/// The defaults: a dataset that has a UUID and a tag like a jail, or a file that has neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Defaults {
    pub(crate) uuid: String,
    pub(crate) tag: String,
    pub(crate) properties: Properties,
    /// Python only: the file is no JSON.
    pub(crate) is_corrupt: bool,
}

/// What is wrong with the config.json of a jail.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Damage {
    #[default]
    None,
    /// It is no JSON.
    CutOff,
    Missing,
    /// It holds `{}`.
    Empty,
}

/// One jail or template. A jail of the Python iocage has its name as UUID and as tag, for it is used as both.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Jail {
    pub(crate) uuid: String,
    pub(crate) tag: String,
    pub(crate) kind: String,
    pub(crate) jid: Option<u64>,
    pub(crate) properties: Properties,
    pub(crate) rc_exit: u64,
    pub(crate) shutdown_exit: u64,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) half_made: bool,
    /// Python only, as all below: of its root, with the patch level, or `EMPTY`.
    pub(crate) release: String,
    /// The template it was made from, or "".
    pub(crate) template: String,
    /// The devfs ruleset while it is up.
    pub(crate) ruleset: Option<u64>,
    pub(crate) damage: Damage,
    /// Its root dataset is gone.
    pub(crate) is_hollow: bool,
}

/// A running jail that is not iocage's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Foreign {
    pub(crate) jid: u64,
    pub(crate) path: String,
    pub(crate) ip4: String,
    pub(crate) hostname: String,
}

impl State {
    /// The machine that `init` makes where no state is given: `tank` is active, nothing was created yet.
    pub(crate) fn fresh(version: Version) -> State {
        let releases: &[&str] = match version {
            Version::Shell => &["10.2-RELEASE", "10.1-RELEASE"],
            Version::Python => &["14.3-RELEASE"],
        };
        let tank = Pool {
            active: true,
            datasets: version.datasets().iter().map(|made| (*made).to_owned()).collect(),
            releases: releases.iter().map(|release| (*release).to_owned()).collect(),
            ..Pool::new("tank")
        };
        State { version, pools: vec![tank, Pool::new("zroot")], ..State::default() }
    }

    /// Gives what has no name yet a name.
    pub(crate) fn complete(&mut self) {
        match self.version {
            Version::Shell => self.complete_shell(),
            Version::Python => self.complete_python(),
        }
    }

    /// UUIDs and tags.
    fn complete_shell(&mut self) {
        let now = self.now().joined('@');
        for pool in 0..self.pools.len() {
            if self.pools[pool].lacks_defaults() {
                self.complete_defaults(pool);
            }
            for jail in 0..self.pools[pool].jails.len() {
                if self.pools[pool].jails[jail].uuid.is_empty() {
                    self.pools[pool].jails[jail].uuid = self.fresh_uuid();
                }
                if self.pools[pool].jails[jail].tag.is_empty() {
                    self.pools[pool].jails[jail].tag.clone_from(&now);
                }
            }
            self.pools[pool].sort();
        }
    }

    /// Gives the dataset of defaults of one pool the identity it has not got yet.
    pub(crate) fn complete_defaults(&mut self, pool: usize) {
        let (uuid, tag) = (self.fresh_uuid(), self.now().joined('@'));
        let defaults = &mut self.pools[pool].defaults;
        if defaults.uuid.is_empty() {
            defaults.uuid = uuid;
        }
        if defaults.tag.is_empty() {
            defaults.tag = tag;
        }
    }

    /// # Errors
    /// A sentence, where something has no name: readers change nothing, so they cannot invent one.
    pub(crate) fn check_complete(&self) -> Result<(), String> {
        for pool in &self.pools {
            let (is_complete, lacking) = match self.version {
                Version::Shell => (
                    pool.jails.iter().all(|jail| !jail.uuid.is_empty() && !jail.tag.is_empty())
                        && !pool.lacks_defaults(),
                    "no uuid or no tag",
                ),
                Version::Python => (
                    pool.jails.iter().all(|jail| !jail.uuid.is_empty() && !jail.release.is_empty()),
                    "no name or no release",
                ),
            };
            if !is_complete {
                return Err(format!(
                    "something on pool `{}` has {lacking}; let `iocage-sim init` complete it",
                    pool.name
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.clone().unwrap_or_else(Moment::now)
    }

    /// The UUID of the next jail: the next of the queue, or a fresh one.
    pub(crate) fn next_uuid(&mut self) -> String {
        self.uuids.pop_front().unwrap_or_else(|| self.fresh_uuid())
    }

    fn fresh_uuid(&self) -> String {
        loop {
            let uuid = clock::uuid();
            let taken = self
                .pools
                .iter()
                .any(|pool| pool.defaults.uuid == uuid || pool.jails.iter().any(|jail| jail.uuid == uuid));
            if !taken {
                return uuid;
            }
        }
    }

    /// Marks a jail as running, with the next jail id.
    pub(crate) fn next_jid(&mut self) -> u64 {
        let taken =
            self.pools.iter().flat_map(|pool| &pool.jails).filter_map(|jail| jail.jid).max().unwrap_or(0);
        let jid = self.next_jid.max(taken + 1);
        self.next_jid = jid + 1;
        jid
    }
}

impl Default for State {
    fn default() -> State {
        State {
            version: Version::Shell,
            clock: None,
            uuids: VecDeque::new(),
            next_jid: 1,
            host: Host::default(),
            pools: Vec::new(),
            foreign: Vec::new(),
        }
    }
}

impl Default for Host {
    fn default() -> Host {
        Host {
            release: "10.2-RELEASE".to_owned(),
            hostname: "sim.example.org".to_owned(),
            hostid: "4145fbb8-c5b6-11e5-9f2f-fcaa14deb15d".to_owned(),
            racct: true,
            vimage: false,
            old_jexec: false,
            dhcp: true,
            rulesets: BTreeSet::new(),
        }
    }
}

impl Pool {
    pub(crate) fn new(name: &str) -> Pool {
        Pool {
            name: name.to_owned(),
            active: false,
            deactivated: false,
            datasets: BTreeSet::new(),
            available: "83.4G".to_owned(),
            releases: Vec::new(),
            defaults: Defaults::default(),
            jails: Vec::new(),
            snapshots: BTreeSet::new(),
            rc_conf: false,
        }
    }

    /// The dataset of a jail, under which ZFS and iocage know it.
    pub(crate) fn dataset(&self, jail: &Jail) -> String {
        format!("{}/iocage/{}", self.name, jail.place())
    }

    /// Whether the dataset of defaults exists without an identity.
    fn lacks_defaults(&self) -> bool {
        let Defaults { uuid, tag, .. } = &self.defaults;
        self.datasets.contains(".defaults") && (uuid.is_empty() || tag.is_empty())
    }

    /// Puts the jails in the order in which ZFS lists their datasets: by name, templates after jails.
    pub(crate) fn sort(&mut self) {
        self.jails.sort_by_cached_key(Jail::place);
    }
}

impl Jail {
    pub(crate) fn is_template(&self) -> bool {
        self.kind == "template"
    }

    pub(crate) fn is_up(&self) -> bool {
        self.jid.is_some()
    }

    /// Where the jail lies under `POOL/iocage` and `/iocage`.
    pub(crate) fn place(&self) -> String {
        if self.is_template() { format!("templates/{}", self.tag) } else { format!("jails/{}", self.uuid) }
    }

    /// The jail from whose snapshot this one was cloned, as a dataset.
    pub(crate) fn origin_dataset(&self) -> Option<&str> {
        self.properties.get("origin").and_then(|origin| origin.split_once('@')).map(|(dataset, _)| dataset)
    }
}
