//! The program `sysadmctl`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sysadmd::ctl::main()
}
