//! The fault loop, as SQLite does it: every step of every action fails in every
//! way a program can. An action runs iocage several times (it looks the jail up
//! first); each of those runs is a step. Whatever happens at one, the answer
//! comes in time, is well-formed, tells the truth, nothing of the program and
//! no descriptor is left, and the next request is served.

mod crowd;
mod rows;
mod table;

use rows::{Batch, Row};
use table::{DAEMONS, Fault, HANGS, LONG, OUTPUTS, SIGNALS, STARTS, STRANGE_WITHIN};

use crate::support::{REQUESTS, alone, is_long};

/// Rows at once: most of them wait.
const THREADS: usize = 32;

/// A time limit that no row reaches.
const AMPLE_S: u64 = 60;
/// One that is to be reached.
const SHORT_S: u64 = 1;
/// More than a child prints that prints sanely.
const AMPLE: usize = 16 << 20;

/// Every fault of `faults` at each place, step and action.
fn each(faults: &[Fault], timeout_s: u64, max_output: usize) {
    each_on(THREADS, 1, faults, timeout_s, max_output);
}

/// Of what is no business of the action, but of the process alone, each step of each action has
/// one in so many, and each of them some step; all of them in the long form.
fn one_in(share: usize, faults: &[Fault], timeout_s: u64, max_output: usize) {
    each_on(THREADS, if is_long() { 1 } else { share }, faults, timeout_s, max_output);
}

fn each_on(threads: usize, share: usize, faults: &[Fault], timeout_s: u64, max_output: usize) {
    for dialect in ["shell", "python"] {
        let batch = Batch::new(dialect, timeout_s, max_output);
        let mut rows = Vec::new();
        let places = faults.iter().flat_map(|fault| fault.places.iter().map(move |place| (fault, place)));
        for (number, (fault, place)) in places.enumerate() {
            for action in 0..REQUESTS.len() {
                let steps = batch.steps(action).filter(|step| (number + action + step) % share == 0);
                rows.extend(steps.map(|step| Row { fault, place, action, step }));
            }
        }
        batch.run(&rows, threads);
    }
}

#[test]
fn an_iocage_that_cannot_start() {
    alone("faults::an_iocage_that_cannot_start", || each(&STARTS, AMPLE_S, AMPLE));
}

#[test]
fn an_iocage_that_dies_of_a_signal() {
    alone("faults::an_iocage_that_dies_of_a_signal", || one_in(3, &SIGNALS, AMPLE_S, AMPLE));
}

#[test]
fn an_iocage_that_does_not_end() {
    alone("faults::an_iocage_that_does_not_end", || one_in(2, &HANGS, SHORT_S, 1 << 20));
}

#[test]
fn an_iocage_that_prints_something_else() {
    alone("faults::an_iocage_that_prints_something_else", || {
        each(&OUTPUTS, AMPLE_S, AMPLE);
        each(&STRANGE_WITHIN, AMPLE_S, AMPLE);
        // These do not wait but work.
        each_on(2, 1, &LONG, AMPLE_S, AMPLE);
    });
}

#[test]
fn an_iocage_that_leaves_a_daemon_behind() {
    alone("faults::an_iocage_that_leaves_a_daemon_behind", || each(&DAEMONS, AMPLE_S, AMPLE));
}
