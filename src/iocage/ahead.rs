//! Programs that are started before anybody asks what they tell, so that those of which none
//! needs the words of another work at the same time: a request takes as long as the slowest
//! of them, not as all together.
//!
//! Only questions are begun so, and only in requests that change nothing. What cannot be begun
//! is asked when it is its turn, and fails then, if it does; what was begun and is not asked for
//! is ended, and nobody hears of it.

use crate::iocage::program::{Ahead, Program, Run};
use crate::iocage::session::Session;
use crate::iocage::spent::On;
use crate::process::Begun;

impl Session<'_> {
    /// Start a program that will be asked for in these words; says whether it is, or has told it already.
    pub fn begin(&self, run: Run<'_>, args: &[&str]) -> bool {
        // Somebody has to know of each program that is run for a change.
        if !self.does_hold() || self.watch.get().is_some() {
            return false;
        }
        let is_begun = self.ahead.borrow().iter().any(|ahead| ahead.is_it(run.program, args));
        if is_begun || self.seen(run.program, args).is_some() {
            return true;
        }
        if self.refuse_changed().is_err() || self.trust(run.program).is_err() {
            return false;
        }
        let Ok(deadline) = self.limit(run) else { return false };
        let args: Vec<_> = args.iter().map(|&word| word.to_owned()).collect();
        log::debug!("begin {} {args:?}", self.path(run.program).display());
        let command = self.command(run, args.clone(), deadline, self.cancelled);
        let Ok(Some(begun)) = self.spent.on(On::Programs, || self.runner.begin(&command)) else {
            return false;
        };
        self.ahead.borrow_mut().push(Ahead { program: run.program, args, deadline, begun });
        true
    }

    /// One that was begun in these words, for who asks now.
    pub(super) fn begun(&self, program: Program, args: &[String]) -> Option<Ahead> {
        let mut all = self.ahead.borrow_mut();
        let at = all.iter().position(|ahead| ahead.is_it(program, args))?;
        Some(all.swap_remove(at))
    }

    /// End those that nobody has asked for.
    pub fn end_ahead(&self) {
        let all: Vec<_> = self.ahead.take().into_iter().map(|ahead| ahead.begun).collect();
        if all.is_empty() {
            return;
        }
        log::debug!("programs that nobody asks for are ended: {}", all.len());
        for pid in self.spent.on(On::Programs, || Begun::end_all(all)) {
            log::warn!(
                "process {pid}, which was to tell something for a lookup, cannot be ended and still runs"
            );
        }
    }
}
