//! setfib(1): a program in another routing table. There is one program that it is asked for, jexec, and no routing.

use std::path::Path;

use crate::jexec;
use crate::session::{Session, Stop, not_simulated};
use crate::store::Store;

/// The routing tables that the machine has (`net.fibs`).
const FIBS: u32 = 4;

/// Runs one command line; answers the exit status.
pub(super) fn run(store: Store, program: &Path, words: &[String]) -> u8 {
    let fib = words.first().and_then(|word| word.parse::<u32>().ok());
    let utility = words.get(1).map(Path::new);
    match (fib, utility.and_then(Path::file_name)) {
        (Some(0..FIBS), Some(name)) if name == "jexec" => jexec::run(store, program, &words[2..]),
        (Some(FIBS..), Some(_)) => Session::run(store, program, |session| {
            session.output.err("setfib: setfib: Invalid argument\n");
            Err(Stop::Exit(1))
        }),
        _ => Session::run(store, program, |_| Err(not_simulated(&format!("setfib {}", words.join(" "))))),
    }
}
