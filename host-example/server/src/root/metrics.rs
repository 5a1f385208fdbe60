//! What the server counts. By hand: it is a few sums, and crates that do it bring between 16 and 39 others.
//!
//! Labels are names that are known, so that no client makes more of them; class and action of anything else are `other`.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use sysadm_host::Status;

/// The upper ends of the times that are told apart, in seconds.
pub(crate) const TIMES: [f64; 9] = [0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 600.0];

/// Class and action, as they are called here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Label {
    pub(crate) class: String,
    pub(crate) action: String,
}

/// Counts.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<Counts>);

#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) answers: BTreeMap<(Label, u32), u64>,
    pub(crate) times: BTreeMap<Label, Times>,
    pub(crate) refused: BTreeMap<u16, u64>,
    /// By the socket of this machine, and by the front.
    pub(crate) connections: [u64; 2],
    /// That have ended, for requests and for jobs, as far as classes tell of them.
    pub(crate) programs: [u64; 2],
}

/// Of so many answers how many took no longer than each of [`TIMES`], and all together in seconds.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) below: [u64; TIMES.len()],
    pub(crate) count: u64,
    pub(crate) sum: f64,
}

impl Metrics {
    /// A class or the host has answered.
    pub(crate) fn answered(&self, label: Label, status: Status, time: Duration) {
        let mut counts = self.counts();
        let times = counts.times.entry(label.clone()).or_default();
        let seconds = time.as_secs_f64();
        times.count += 1;
        times.sum += seconds;
        for (below, end) in times.below.iter_mut().zip(TIMES) {
            *below += u64::from(seconds <= end);
        }
        *counts.answers.entry((label, status.code())).or_default() += 1;
    }

    /// The server has refused one before it came so far.
    pub(crate) fn refused(&self, code: u16) {
        *self.counts().refused.entry(code).or_default() += 1;
    }

    /// Somebody has connected, to the socket of this machine or by the front.
    pub(crate) fn connected(&self, is_front: bool) {
        self.counts().connections[usize::from(is_front)] += 1;
    }

    /// What a class tells of how far a request is: a program that has ended is one.
    pub(crate) fn progress(&self, json: &str) {
        // Within a text a quote is escaped, so that these are keys.
        if json.contains("\"exit\":") || json.contains("\"signal\":") {
            self.counts().programs[0] += 1;
        }
    }

    /// An event; the last of a job has each of its command lines, and how that ended.
    pub(crate) fn event(&self, name: &str, args: &str) {
        if name != "dispatcher" || !args.contains("\"state\":\"finished\"") {
            return;
        }
        let args: Value = serde_json::from_str(args).unwrap_or_default();
        let details = args["process_details"].as_object().into_iter().flatten();
        let ended = details.filter(|(key, _)| key.starts_with("return_codes/")).count();
        self.counts().programs[1] += ended as u64;
    }

    pub(crate) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
