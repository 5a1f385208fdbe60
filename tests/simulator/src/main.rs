//! The program; what it does is in the library of this crate.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = PathBuf::from(words.next().unwrap_or_default());
    // iocage's words are UTF-8 in every recording; what is not is shown with the replacement character.
    let words: Vec<String> = words.map(|word: OsString| word.to_string_lossy().into_owned()).collect();
    ExitCode::from(iocage_sim::run(&program, &words))
}
