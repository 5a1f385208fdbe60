//! The target `fields` of `fuzz-targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::find("fields").expect("a target").run)(bytes));
