//! The target `shell` of `fuzz-targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::find("shell").expect("a target").run)(bytes));
