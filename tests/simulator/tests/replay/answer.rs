//! What only the recorded answer can tell: fresh UUIDs, the time of day, sizes, and the ids of running jails.
//!
//! Nothing else is taken from it, or the replay would prove nothing.

use serde_json::{Value, json};

/// The text of an answer.
#[derive(Clone, Copy)]
pub(super) struct Answer<'a>(pub(super) &'a str);

impl<'a> Answer<'a> {
    /// The first moment in it, as `2026-11-23@13:30:52`.
    pub(super) fn moment(self) -> Option<&'a str> {
        let at = self.0.match_indices('@').find(|(at, _)| {
            let is_digit = |at: usize| self.0.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
            *at >= 10 && is_digit(at - 1) && is_digit(at - 10) && is_digit(at + 1) && is_digit(at + 8)
        });
        at.map(|(at, _)| &self.0[at - 10..at + 9])
    }

    /// UUIDs in it that no jail of the pool has, each once.
    pub(super) fn new_uuids(self, pool: &Value) -> Vec<&'a str> {
        let jails = pool["jails"].as_array().map_or(&[][..], Vec::as_slice);
        let mut uuids = Vec::new();
        for word in self.0.split([' ', '\n', '/', ':', '=', '@', '\'']).filter(|word| is_uuid(word)) {
            if !uuids.contains(&word) && jails.iter().all(|jail| jail["uuid"] != word) {
                uuids.push(word);
            }
        }
        uuids
    }

    /// Puts what was measured into the pool.
    pub(super) fn measure(self, pool: &mut Value) {
        self.identity_of_defaults(pool);
        let mut of_dataset = None;
        for line in self.0.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                // A row of df.
                [uuid, _, _, _, used, available, ..] if is_uuid(uuid) && used.ends_with(['K', 'M', 'G']) => {
                    measured(pool, uuid, "used", used);
                    measured(pool, uuid, "available", available);
                }
                // A row of `get -r used`.
                [uuid, _, used]
                    if is_uuid(uuid)
                        && self.0.lines().next().is_some_and(|head| head.ends_with("  used")) =>
                {
                    measured(pool, uuid, "used", used);
                }
                // A row of list.
                [jid, uuid, _, "up", ..] if is_uuid(uuid) => {
                    if let (Some(jail), Ok(jid)) = (dataset(pool, uuid), jid.parse::<u64>()) {
                        jail["jid"] = json!(jid);
                    }
                }
                _ => {}
            }
            // The lines of `get all` and `defaults`.
            match line.split_once([':', '=']) {
                Some(("host_hostuuid", uuid)) => of_dataset = Some(uuid),
                Some((name @ ("used" | "available" | "jail_zfs_dataset"), value)) => {
                    if let Some(uuid) = of_dataset {
                        measured(pool, uuid, name, value);
                    }
                }
                _ => {}
            }
        }
    }

    /// The UUID and tag of the dataset of defaults, which is the first row of `get -r` and what `defaults` shows.
    fn identity_of_defaults(self, pool: &mut Value) {
        let mut lines = self.0.lines();
        let first = lines.next().unwrap_or_default();
        let (uuid, tag) =
            if first.starts_with("UUID  ") && first.contains("  TAG  ") && !first.contains("  CRT  ") {
                let mut words = lines.next().unwrap_or_default().split_whitespace();
                (words.next(), words.next())
            } else if first.starts_with("interfaces=") {
                let mut of = |name| lines.find_map(|line| line.strip_prefix(name));
                (of("host_hostuuid="), of("tag="))
            } else {
                (None, None)
            };
        if let (Some(uuid), Some(tag)) = (uuid, tag) {
            pool["defaults"]["uuid"] = json!(uuid);
            pool["defaults"]["tag"] = json!(tag);
        }
    }
}

fn measured(pool: &mut Value, uuid: &str, name: &str, value: &str) {
    if let Some(dataset) = dataset(pool, uuid) {
        dataset["properties"][name] = json!(value);
    }
}

/// The jail of that UUID, or the defaults.
fn dataset<'a>(pool: &'a mut Value, uuid: &str) -> Option<&'a mut Value> {
    if pool["defaults"]["uuid"] == uuid {
        return Some(&mut pool["defaults"]);
    }
    pool["jails"].as_array_mut()?.iter_mut().find(|jail| jail["uuid"] == uuid)
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
