//! What a request has been told by the tools of the system, and how that counts among what
//! it has run.

use crate::config::Turn;
use crate::iocage::output::Output;
use crate::iocage::session::{Program, Seen, Session};

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
        if matches!(self.turn, Turn::Read | Turn::Health) && !self.changed.get() {
            let args = args.iter().map(|&word| word.to_owned()).collect();
            self.seen.borrow_mut().push(Seen { program, args, output: output.clone() });
        }
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
}
