//! The parts of a machine, and what each is where nothing is said about it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::version::Version;
use crate::clock::{self, Moment};

/// The comment of an active pool of the shell iocage.
pub(crate) const COMMENT: &str = "iocage";

/// When everything was made of which it is not known.
pub(crate) const BEFORE: u64 = 1_454_976_000;

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
    /// What can be fetched, and how many milliseconds that takes.
    pub(crate) mirror: BTreeMap<String, u64>,
    /// The latest patch level of a release, or 0 where it cannot be asked for.
    pub(crate) patches: BTreeMap<String, u64>,
    /// What lies in files lies in real ones.
    pub(crate) mounted: bool,
    /// Where the pools are mounted then: the store's to say, and not in the file.
    pub(crate) root: String,
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
    /// Empty where there is none.
    pub(crate) comment: String,
    pub(crate) datasets: BTreeSet<String>,
    pub(crate) available: String,
    pub(crate) releases: Vec<String>,
    pub(crate) defaults: Defaults,
    pub(crate) jails: Vec<Jail>,
    /// Full names.
    pub(crate) snapshots: BTreeSet<String>,
    /// When those were made that somebody has asked for, in seconds since 1970; the others were there before.
    pub(crate) made: BTreeMap<String, u64>,
    /// Python only: iocage has made its rc.conf.
    pub(crate) rc_conf: bool,
    /// Python only: what is in the folder of images, by name.
    pub(crate) images: BTreeMap<String, String>,
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
    /// What /etc/rc and /etc/rc.shutdown in it say on stderr.
    pub(crate) rc_stderr: String,
    pub(crate) shutdown_stderr: String,
    /// What its root has called it since it was started, or "".
    pub(crate) hostname: String,
    pub(crate) files: BTreeMap<String, String>,
    /// Programs that are not in it, by path.
    pub(crate) lacks: BTreeSet<String>,
    pub(crate) half_made: bool,
    /// Its root dataset is gone.
    pub(crate) is_hollow: bool,
    /// Python only, as all below: of its root, with the patch level, or `EMPTY`.
    pub(crate) release: String,
    /// The template it was made from, or "".
    pub(crate) template: String,
    /// The devfs ruleset while it is up.
    pub(crate) ruleset: Option<u64>,
    pub(crate) damage: Damage,
    /// What is in its config.json as JSON, over all else.
    pub(crate) raw: BTreeMap<String, serde_json::Value>,
    /// Its dataset is not mounted, though it has a place to be.
    pub(crate) is_unmounted: bool,
}

/// A running jail that is not iocage's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Foreign {
    pub(crate) jid: u64,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) ip4: String,
    pub(crate) hostname: String,
}

impl State {
    /// The machine that `init` makes where no state is given: `tank` is active, nothing was created yet.
    pub(crate) fn fresh(version: Version) -> State {
        let releases: &[&str] = match version {
            Version::Shell => &["10.2-RELEASE", "10.1-RELEASE"],
            Version::Python(_) => &["14.3-RELEASE"],
        };
        let tank = Pool {
            active: true,
            comment: if version == Version::Shell { COMMENT.to_owned() } else { String::new() },
            datasets: version.datasets().iter().map(|made| (*made).to_owned()).collect(),
            releases: releases.iter().map(|release| (*release).to_owned()).collect(),
            ..Pool::new("tank")
        };
        let mounted = version.is_python();
        State { version, mounted, pools: vec![tank, Pool::new("zroot")], ..State::default() }
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock.clone().unwrap_or_else(Moment::now)
    }

    /// The UUID of the next jail: the next of the queue, or a fresh one.
    pub(crate) fn next_uuid(&mut self) -> String {
        self.uuids.pop_front().unwrap_or_else(|| self.fresh_uuid())
    }

    pub(super) fn fresh_uuid(&self) -> String {
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
            mirror: BTreeMap::new(),
            patches: BTreeMap::new(),
            mounted: false,
            root: String::new(),
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
            comment: String::new(),
            datasets: BTreeSet::new(),
            available: "83.4G".to_owned(),
            releases: Vec::new(),
            defaults: Defaults::default(),
            jails: Vec::new(),
            snapshots: BTreeSet::new(),
            made: BTreeMap::new(),
            rc_conf: false,
            images: BTreeMap::new(),
        }
    }

    /// Makes a snapshot of each of these datasets at once, later than all that are there.
    pub(crate) fn snapshot(&mut self, datasets: &[String], name: &str, now: &Moment) {
        let last = self.snapshots.iter().filter_map(|snapshot| self.made.get(snapshot)).max();
        let made = now.seconds().max(last.map_or(0, |last| last + 1));
        for dataset in datasets {
            let snapshot = format!("{dataset}@{name}");
            self.snapshots.insert(snapshot.clone());
            self.made.insert(snapshot, made);
        }
    }

    /// When a snapshot was made.
    pub(crate) fn made(&self, snapshot: &str) -> u64 {
        self.made.get(snapshot).copied().unwrap_or(BEFORE)
    }

    /// Its comment, as zpool shows it.
    pub(crate) fn remark(&self) -> &str {
        if self.comment.is_empty() { "-" } else { &self.comment }
    }

    /// The dataset of a jail, under which ZFS and iocage know it.
    pub(crate) fn dataset(&self, jail: &Jail) -> String {
        format!("{}/iocage/{}", self.name, jail.place())
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

    /// Whether its dataset has no place in the file system (`mountpoint=none`).
    pub(crate) fn is_unmountable(&self) -> bool {
        self.properties.get("mountpoint").is_some_and(|mountpoint| mountpoint == "none")
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
