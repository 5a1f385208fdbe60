//! What a machine of the Python iocage is completed with: names, releases, where roots come from, and the snapshots
//! that those need.

use super::machine::{Jail, Pool, State};

/// Where nothing else says which release a jail is made from.
const RELEASE: &str = "14.3-RELEASE";

/// The lowest devfs ruleset that iocage takes for a jail.
const FIRST_RULESET: u64 = 1000;

impl State {
    pub(super) fn complete_python(&mut self) {
        for pool in 0..self.pools.len() {
            for jail in 0..self.pools[pool].jails.len() {
                if self.pools[pool].jails[jail].uuid.is_empty() {
                    let uuid = self.next_uuid();
                    let jail = &mut self.pools[pool].jails[jail];
                    jail.tag.clone_from(&uuid);
                    jail.uuid = uuid;
                }
            }
            self.pools[pool].complete_jails();
        }
        for pool in 0..self.pools.len() {
            for jail in 0..self.pools[pool].jails.len() {
                if self.pools[pool].jails[jail].is_up() && self.pools[pool].jails[jail].ruleset.is_none() {
                    self.pools[pool].jails[jail].ruleset = Some(self.free_ruleset());
                }
            }
        }
    }

    /// The lowest devfs ruleset that no running jail has.
    pub(crate) fn free_ruleset(&self) -> u64 {
        let jails = || self.pools.iter().flat_map(|pool| &pool.jails).filter(|jail| jail.is_up());
        (FIRST_RULESET..)
            .filter(|ruleset| !self.host.rulesets.contains(ruleset))
            .find(|ruleset| jails().all(|jail| jail.ruleset != Some(*ruleset)))
            .expect("there are more numbers than jails")
    }
}

impl Pool {
    fn complete_jails(&mut self) {
        let release = self.releases.first().map_or(RELEASE, String::as_str).to_owned();
        let name = self.name.clone();
        for jail in &mut self.jails {
            match jail.kind.as_str() {
                "basejail" => drop(jail.properties.insert("basejail".to_owned(), "1".to_owned())),
                "emptyjail" => "EMPTY".clone_into(&mut jail.release),
                _ => {}
            }
            if matches!(jail.kind.as_str(), "basejail" | "emptyjail" | "clonejail") {
                "jail".clone_into(&mut jail.kind);
            }
            if jail.release.is_empty() {
                jail.release.clone_from(&release);
            }
            jail.complete_origin(&name);
            let is_copied = jail.properties["origin"] == "-" && jail.release != "EMPTY" && !jail.is_hollow;
            if !is_copied {
                let release = without_patch(&jail.release).to_owned();
                jail.properties.entry("cloned_release".to_owned()).or_insert(release);
            }
        }
        let snapshots: Vec<String> = self.jails.iter().flat_map(Jail::snapshots_of_origin).collect();
        self.snapshots.extend(snapshots);
        self.sort();
    }
}

impl Jail {
    /// Thick jails, which are copied, have the origin `-`.
    fn complete_origin(&mut self, pool: &str) {
        let origin = match self.properties.get("origin") {
            Some(origin) => match origin.split_once('@') {
                // The jail itself is meant where its root must be.
                Some((dataset, snapshot)) if !dataset.ends_with("/root") => {
                    format!("{dataset}/root@{snapshot}")
                }
                _ => return,
            },
            None if self.properties.get("basejail").is_some_and(|value| value == "1") => "-".to_owned(),
            None if self.release == "EMPTY" || self.is_hollow => "-".to_owned(),
            None if !self.template.is_empty() => {
                format!("{pool}/iocage/templates/{}/root@{}", self.template, self.uuid)
            }
            None => {
                format!("{pool}/iocage/releases/{}/root@{}", without_patch(&self.release), self.uuid)
            }
        };
        self.properties.insert("origin".to_owned(), origin);
    }

    /// The snapshots that the origin of this jail's root means: that one, and the one of the whole jail that was taken
    /// together with it.
    pub(crate) fn snapshots_of_origin(&self) -> Vec<String> {
        let Some(origin) = self.properties.get("origin").filter(|origin| origin.contains('@')) else {
            return Vec::new();
        };
        let mut snapshots = vec![origin.clone()];
        if !origin.contains("/iocage/releases/") {
            snapshots.push(origin.replacen("/root@", "@", 1));
        }
        snapshots
    }
}

/// A release as its dataset is named: `14.3-RELEASE` of `14.3-RELEASE-p5`.
pub(crate) fn without_patch(release: &str) -> &str {
    match release.rsplit_once("-p") {
        Some((name, level)) if level.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => release,
    }
}
