//! The program `sysadmctl`.

fn main() {}
