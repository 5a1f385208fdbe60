//! The program `sysadmd`.

fn main() {}
