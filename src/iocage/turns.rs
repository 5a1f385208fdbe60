//! A request's turn among the others that have programs running, and its end.

use std::time::{Duration, Instant};

use serde_json::json;
use sysadm_class::Status;

use crate::error::Error;
use crate::iocage::session::Session;
use crate::iocage::spent::On;
use crate::places::{Entered, Patience, Question, Told};

/// Who gives a request ten minutes makes a job of it: nobody stands and waits. A second of them
/// may have passed until this is asked.
const LONG: Duration = Duration::from_secs(599);
/// Of which it may wait this part for others.
const SHARE: u32 = 10;

impl Session<'_> {
    /// Wait until it is its turn, if it is not.
    ///
    /// # Errors
    /// If that did not come in time.
    pub fn enter(&self) -> Result<(), Error> {
        self.enter_with(None).map(drop)
    }

    /// The same for a question that others may have, too: then the answer of one of them.
    ///
    /// # Errors
    /// As above.
    pub fn enter_with(&self, question: Option<Question>) -> Result<Option<Told>, Error> {
        if self.place.borrow().is_some() {
            return Ok(None);
        }
        let until = self.waits_until(self.config.at_once_wait);
        let told = self.progress.as_ref().map(|progress| {
            let kind = self.turn.plural();
            move |running: usize, waiting: usize| {
                progress.waits(&|| json!({"place": kind, "running": running, "waiting": waiting}));
            }
        });
        let told = told.as_ref().map(|told| told as &dyn Fn(usize, usize));
        let patience = Patience { until, cancelled: self.cancelled, told };
        match self.spent.on(On::Place, || self.places.enter(self.turn, question, patience))? {
            Entered::Has(place) => self.place.replace(Some(place)),
            Entered::Told(told) => return Ok(Some(told)),
        };
        Ok(None)
    }

    /// Until when it waits for others, if that is `usual` for what somebody stands and waits for.
    #[must_use]
    pub fn waits_until(&self, usual: Duration) -> Instant {
        let now = Instant::now();
        let left = self.deadline.map(|deadline| deadline.saturating_duration_since(now));
        let wait = match left {
            Some(left) if left >= LONG => usual.max(left / SHARE),
            _ => usual,
        };
        now + left.map_or(wait, |left| left.min(wait))
    }

    /// Let another have its turn.
    pub fn step_back(&self) {
        drop(self.place.take());
    }

    /// Its turn is over, with this answer, which it also is of those who have asked the same.
    pub fn end(&self, answer: &(Status, Vec<u8>)) {
        if let Some(place) = self.place.take() {
            place.end(|| (!self.is_cut.get()).then(|| answer.clone().into()));
        }
    }
}
