//! One job: what it is, whose, what it has told, and its answer. Where it stands among the others,
//! and when it did what, is the table's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use sysadm_class::{Access, Status};

use super::time::Moment;
use super::told::Told;
use crate::place::lock;

/// Between two frames of a job whose programs only go on.
const PAUSE: u64 = 1000;

/// What a job answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: Status,
    /// JSON, if the class keeps the contract.
    pub(crate) args: Vec<u8>,
}

/// What it has told, and when that was last sent on.
#[derive(Default)]
struct Telling {
    told: Told,
    sent: Option<Moment>,
}

pub(crate) struct Job {
    pub(crate) id: String,
    /// Namespace and name of its class, in lower case.
    pub(crate) class: (String, String),
    pub(crate) action: String,
    /// Who has asked for it, and what he may.
    pub(crate) caller: String,
    pub(crate) access: Access,
    /// Until it begins.
    args: Mutex<String>,
    is_killed: AtomicBool,
    telling: Mutex<Telling>,
    answer: OnceLock<Answered>,
    moments: OnceLock<Moments>,
}

/// When a job was queued, begun and finished.
pub(crate) type Moments = [Option<Moment>; 3];

impl Job {
    pub(crate) fn new(
        id: String,
        class: (String, String),
        action: String,
        (caller, access): (&str, Access),
        args: String,
    ) -> Job {
        Job {
            id,
            class,
            action,
            caller: caller.to_owned(),
            access,
            args: Mutex::new(args),
            is_killed: AtomicBool::new(false),
            telling: Mutex::default(),
            answer: OnceLock::new(),
            moments: OnceLock::new(),
        }
    }

    /// May this caller see, await and kill it? Who has full access may so with all. Others have
    /// their own alone, and of these none that they asked for when they might do more. Who has no
    /// name is told from nobody else who has none.
    pub(crate) fn is_for(&self, caller: &str, access: Access) -> bool {
        access >= Access::Full || (self.caller == caller && self.access <= access)
    }

    /// Its args, once.
    pub(crate) fn take_args(&self) -> String {
        std::mem::take(&mut *lock(&self.args))
    }

    pub(crate) fn kill(&self) {
        self.is_killed.store(true, Ordering::Release);
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.is_killed.load(Ordering::Acquire)
    }

    /// Its answer, once it has one: then it is finished.
    pub(crate) fn answer(&self) -> Option<&Answered> {
        self.answer.get()
    }

    /// It has ended, and these are its moments for good.
    pub(crate) fn note(&self, moments: Moments) {
        let _ = self.moments.set(moments);
    }

    /// Those, once it has ended.
    pub(crate) fn moments(&self) -> Option<Moments> {
        self.moments.get().copied()
    }

    /// It ends so; what it ended with before stands. Tells for how many bytes it counts now.
    pub(crate) fn end(&self, answer: Answered) -> usize {
        let bytes = answer.args.len();
        let _ = self.answer.set(answer);
        drop(self.take_args());
        bytes.saturating_add(lock(&self.telling).told.bytes())
    }

    /// Its class tells how far it is. What is to be sent on of that is made by `frame`, with nothing
    /// sent twice, and at most once a second while nothing begins or ends.
    pub(crate) fn tells<T>(&self, json: &str, now: Moment, frame: impl FnOnce(&Told) -> T) -> Option<T> {
        let mut telling = lock(&self.telling);
        if self.answer.get().is_some() {
            return None;
        }
        let is_news = telling.told.add(json);
        if !is_news && telling.sent.is_some_and(|sent| now < sent.saturating_add(PAUSE)) {
            return None;
        }
        let made = frame(&telling.told);
        telling.told.sent();
        telling.sent = Some(now);
        Some(made)
    }

    /// What it has told.
    pub(crate) fn told<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        look(&lock(&self.telling).told)
    }

    /// All of it was sent on, and no more will come.
    pub(crate) fn is_told(&self) {
        lock(&self.telling).told.shrink();
    }
}
