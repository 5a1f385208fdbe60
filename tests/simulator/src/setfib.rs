//! setfib(1): a program in another routing table. There is one program that it is asked for, jexec, and no routing.

use std::path::Path;

use crate::jexec;
use crate::session::{Outcome, Session, Stop, not_simulated};

/// The routing tables that the machine has (`net.fibs`).
const FIBS: u32 = 4;

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let fib = words.first().and_then(|word| word.parse::<u32>().ok());
    let utility = words.get(1).map(Path::new);
    match (fib, utility.and_then(Path::file_name)) {
        (Some(0..FIBS), Some(name)) if name == "jexec" => jexec::run(session, &words[2..]),
        (Some(FIBS..), Some(_)) => {
            session.output.err("setfib: setfib: Invalid argument\n");
            Err(Stop::Exit(1))
        }
        _ => Err(not_simulated(&format!("setfib {}", words.join(" ")))),
    }
}
