//! The target `config` of `fuzz-targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzz_targets::find("config").expect("a target").run)(bytes));
