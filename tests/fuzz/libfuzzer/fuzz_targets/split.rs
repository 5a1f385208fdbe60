//! The target `split` of `fuzz-targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::find("split").expect("a target").run)(bytes));
