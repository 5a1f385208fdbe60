//! What a state file may leave out and a machine must have: the names of things.

use super::machine::{Defaults, Jail, Pool, State};
use super::version::Version;

impl State {
    /// Gives what has no name yet a name.
    pub(crate) fn complete(&mut self) {
        match self.version {
            Version::Shell => self.complete_shell(),
            Version::Python(_) => self.complete_python(),
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
            let pool = &mut self.pools[pool];
            share_jids(pool);
            let origins: Vec<String> = pool.jails.iter().flat_map(snapshots_of_origin).collect();
            pool.snapshots.extend(origins);
            pool.sort();
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
                Version::Python(_) => (
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
}

impl Pool {
    /// Whether the dataset of defaults exists without an identity.
    fn lacks_defaults(&self) -> bool {
        let Defaults { uuid, tag, .. } = &self.defaults;
        self.datasets.contains(".defaults") && (uuid.is_empty() || tag.is_empty())
    }
}

/// The snapshots that a clone of the shell iocage needs: one of the jail that it was cloned from, one of that one's
/// root. They were taken, and go, together.
pub(crate) fn snapshots_of_origin(jail: &Jail) -> Vec<String> {
    let Some(origin) = jail.properties.get("origin").filter(|origin| origin.contains('@')) else {
        return Vec::new();
    };
    let of_root = (!jail.is_hollow).then(|| origin.replacen('@', "/root@", 1));
    std::iter::once(origin.clone()).chain(of_root).collect()
}

/// Jails that have one UUID run or do not run together, in the eyes of iocage.
pub(crate) fn share_jids(pool: &mut Pool) {
    let own = |jail: &Jail| jail.properties.get("host_hostuuid").unwrap_or(&jail.uuid).clone();
    let running: Vec<(String, u64)> =
        pool.jails.iter().filter_map(|jail| jail.jid.map(|jid| (own(jail), jid))).collect();
    for jail in &mut pool.jails {
        if let Some((_, jid)) = running.iter().find(|(uuid, _)| *uuid == own(jail)) {
            jail.jid = jail.jid.or(Some(*jid));
        }
    }
}
