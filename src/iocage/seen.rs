//! What a request has been told by the tools of the system, and how that counts among what
//! it has run.

use std::rc::Rc;

use crate::config::{Direct, Turn};
use crate::iocage::direct::Listing;
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Seen};
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;

impl Session<'_> {
    /// What a tool has told before in this request, if it holds.
    pub fn seen(&self, program: Program, args: &[&str]) -> Option<Output> {
        let seen = self.seen.borrow();
        let is_it = |seen: &&Seen| seen.program == program && seen.args == args;
        seen.iter().find(is_it).map(|seen| seen.output.clone())
    }

    /// Keep what a tool has told, if it holds until the end of the request: in one that
    /// changes something it is to be looked again.
    pub fn see(&self, program: Program, args: &[&str], output: &Output) {
        if self.does_hold() {
            let args = args.iter().map(|&word| word.to_owned()).collect();
            self.seen.borrow_mut().push(Seen { program, args, output: output.clone() });
        }
    }

    /// What is there of a listing is read once while it is the same text: by `read`, if it
    /// was not.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn listed<E>(
        &self,
        is_it: impl Fn(&Listing) -> bool,
        read: impl FnOnce() -> Result<Listing, E>,
    ) -> Result<Rc<Listing>, E> {
        if let Some(known) = self.listings.borrow().iter().find(|known| is_it(known)) {
            return Ok(Rc::clone(known));
        }
        let listing = Rc::new(read()?);
        if self.does_hold() {
            self.listings.borrow_mut().push(Rc::clone(&listing));
        }
        Ok(listing)
    }

    /// Is it a matter of milliseconds to look again at what a change did? So it is where all was
    /// told without iocage so far: nothing is believed then that can be looked at.
    #[must_use]
    pub fn looks_again(&self) -> bool {
        self.config.direct != Direct::Off && self.by_iocage.borrow().is_none()
    }

    /// Does what was told hold until the end of the request?
    pub(super) fn does_hold(&self) -> bool {
        matches!(self.turn, Turn::Read | Turn::Health) && !self.changed.get()
    }

    /// From here on all is to be looked at again.
    pub fn forget(&self) {
        self.seen.borrow_mut().clear();
        self.listings.borrow_mut().clear();
    }

    /// Count what was told without iocage as what it is in place of; `read` bytes were read
    /// for it.
    pub fn told(&self, output: &Output, read: usize, own: bool) {
        if own {
            self.exit.set(output.exit);
            self.was_ended.set(false);
            self.make_room(read, output.stdout.len() + output.stderr.len());
            if self.keep {
                self.last.replace(Some(output.clone()));
            }
        }
    }

    /// The same for rows that were told in place of what is printed, which is the action itself.
    pub fn told_rows<const N: usize>(&self, rows: &Rows<N>, stderr: &str, read: usize) {
        self.exit.set(Some(0));
        self.was_ended.set(false);
        self.make_room(read, rows.text().len() + stderr.len());
    }
}
