//! The target `mark` of `fuzz-targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::find("mark").expect("a target").run)(bytes));
