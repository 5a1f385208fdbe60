//! Waiting for a lock: asking again every few milliseconds, for as long as somebody is
//! interested, and telling in the end who was in the way.
//!
//! Under steady load that is not one other request but many, each for a moment, and
//! whoever has it in the moment when the time is over tells little, or nobody has. So
//! it is looked at on the way, too, and counted.

use std::fs::File;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::line::Found;
use crate::error::{Code, Error};

/// How long between two looks at a lock that is not free.
const LOOK: Duration = Duration::from_millis(25);
/// How long between two looks through the folder for those who share it.
const SEARCH: Duration = Duration::from_millis(250);

/// How long one request waits.
pub(super) struct Patience<'a> {
    pub(super) until: Instant,
    /// Has everybody lost interest?
    pub(super) cancelled: &'a dyn Fn() -> bool,
    /// Called before it is waited.
    pub(super) idle: &'a dyn Fn(),
    /// Told at each look what is waited for.
    pub(super) told: Option<&'a dyn Fn(&Awaited<'_>)>,
}

/// What is waited for.
pub struct Awaited<'a> {
    what: &'a str,
    last: Option<&'a (File, Found)>,
    survivor: Option<&'a str>,
}

impl Awaited<'_> {
    /// What, and who has it, as far as that is known: the process and the request of his host's.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut told = json!({ "lock": self.what });
        match (self.survivor, self.last) {
            (Some(who), _) => told["who"] = json!(who),
            (None, Some((file, found))) => {
                told["who"] = json!(found.holder(file));
                (told["process"], told["request"]) = (json!(found.pid), json!(found.request));
            }
            (None, None) => {}
        }
        told
    }
}

/// One wait.
pub(super) struct Wait<'a, 'b> {
    patience: &'a Patience<'b>,
    /// What is busy.
    what: &'a str,
    /// Who was seen last, and where.
    last: Option<(File, Found)>,
    /// How many others were seen before.
    others: u32,
    searched: Option<Instant>,
    pub(super) has_begun: bool,
}

/// Who is in the way.
pub(super) enum InTheWay<'a> {
    /// Who holds this file, or else is found by a search.
    Holder(&'a File, &'a dyn Fn() -> Option<(File, Found)>),
    /// What is left of somebody, a sentence.
    Survivor(&'a str),
}

impl<'a, 'b> Wait<'a, 'b> {
    pub(super) fn new(patience: &'a Patience<'b>, what: &'a str) -> Wait<'a, 'b> {
        Wait { patience, what, last: None, others: 0, searched: None, has_begun: false }
    }

    /// Wait until the next look. The last one that was seen is told of, too.
    pub(super) fn once(&mut self, who: &InTheWay<'_>) -> Result<(), Error> {
        if !std::mem::replace(&mut self.has_begun, true) {
            (self.patience.idle)();
        }
        if (self.patience.cancelled)() {
            let message = format!("the request was cancelled while {} was busy; nothing was done", self.what);
            return Err(Error::new(Code::Cancelled, message));
        }
        let left = self.patience.until.saturating_duration_since(Instant::now());
        if let InTheWay::Holder(file, search) = who {
            self.see(file, *search, left.is_zero());
        }
        if left.is_zero() {
            return Err(self.busy(who));
        }
        if let Some(told) = self.patience.told {
            let survivor = if let InTheWay::Survivor(who) = who { Some(*who) } else { None };
            told(&Awaited { what: self.what, last: self.last.as_ref(), survivor });
        }
        std::thread::sleep(LOOK.min(left));
        Ok(())
    }

    /// Is it an older version of this class that is in the way?
    pub(super) fn is_older(&self) -> bool {
        self.last.as_ref().is_some_and(|(_, found)| found.is_older)
    }

    fn see(&mut self, file: &File, search: &dyn Fn() -> Option<(File, Found)>, is_last: bool) {
        let own = Found::read(file).and_then(|found| Some((file.try_clone().ok()?, found)));
        let is_due = is_last || self.searched.is_none_or(|at| at.elapsed() >= SEARCH);
        let seen = own.or_else(|| {
            if !is_due {
                return None;
            }
            self.searched = Some(Instant::now());
            search()
        });
        if let Some(seen) = seen {
            let before = self.last.replace(seen);
            let is_another =
                |(_, now): &(File, Found)| before.as_ref().is_some_and(|(_, then)| !then.is_of(now));
            self.others += u32::from(self.last.as_ref().is_some_and(is_another));
        }
    }

    fn busy(&self, who: &InTheWay<'_>) -> Error {
        let who = match (who, &self.last) {
            (InTheWay::Survivor(who), _) => (*who).to_owned(),
            (_, Some((file, found))) => found.holder(file),
            (_, None) => "another request is at it".to_owned(),
        };
        let others = match self.others {
            0 => String::new(),
            1 => ", after another one while this waited".to_owned(),
            many => format!(", after {many} others while this waited"),
        };
        Error::new(Code::Busy, format!("{} is busy: {who}{others}; nothing was done", self.what))
    }
}
