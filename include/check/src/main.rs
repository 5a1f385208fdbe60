//! plugin-check: does a class module keep the contract of `sysadm_class.h`?
//!
//! It knows no class in particular. Each test runs in a process of its own that is
//! ended after a while, because what is tested for is just what would take the
//! tester down: crashes, hangs, a handler or a thread that stays behind. The
//! tests call the module's table raw, as a C host does; the safe wrapper of
//! `sysadm_class::host` cannot make the mistakes that a class has to bear.
//!
//! `catalogue` is the table of tests, `tests/` holds them by what they look at,
//! `subject` and `ears` are the two sides of the contract under them and `handshake`
//! stands before the former, `parent` starts a process for each test, which is
//! `child` and has its `job` from there, `orphans` is who ends with whom, `report`
//! tells the outcome. `probe` is the other use of all this: a host has a module tried
//! before it loads it.

mod catalogue;
mod child;
mod ears;
mod handshake;
mod job;
mod options;
mod orphans;
mod parent;
mod probe;
mod process;
mod report;
mod subject;
mod tests;

use std::io::Write;
use std::process::ExitCode;

use options::Parsed;

fn main() -> ExitCode {
    process::see_the_end_of_children();
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Parsed::Run(options)) => options,
        Ok(Parsed::Print(text)) => {
            // Whoever reads no further has seen enough.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return ExitCode::SUCCESS;
        }
        Ok(Parsed::Child(file)) => return child::perform(&file),
        Ok(Parsed::Probe) => return probe::run(),
        Ok(Parsed::Probed(file)) => return probe::perform(&file),
        Err(why) => {
            eprintln!("plugin-check: {why}\n`plugin-check --help` tells what there is");
            return ExitCode::from(2);
        }
    };
    match parent::run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("plugin-check: {why}");
            ExitCode::from(2)
        }
    }
}
