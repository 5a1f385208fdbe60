//! A module's file that is not whole: no host may map it, at its start or at a swap,
//! for the first touch of what is missing is the end of the process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use sysadm_class::host::{Door, Module};

use crate::support::{C11, CXX17, Folder, artifacts, compile};

/// In how many places a module is cut.
const CUTS: u64 = 50;

/// The plugin as it is shipped, and copies of it that are cut short.
fn cut(folder: &Folder) -> (PathBuf, Vec<PathBuf>) {
    let whole = folder.0.join("whole.so");
    let done = Command::new("strip").arg("-o").arg(&whole).arg(&artifacts().module).status().expect("strip");
    assert!(done.success());
    let length = fs::metadata(&whole).expect("there").len();
    let cuts = (0..CUTS).map(|number| {
        // From the first byte to the last, most of them within a page.
        let at = (length - 1) * number / (CUTS - 1);
        let path = folder.0.join(format!("{at}.so"));
        fs::copy(&whole, &path).expect("copied");
        fs::File::options().write(true).open(&path).expect("ours").set_len(at).expect("cut");
        path
    });
    let cuts = cuts.collect();
    (whole, cuts)
}

/// What the Rust host says of it.
fn refusal(path: &Path) -> String {
    let said = Module::load(path, Door::C).expect_err("it is cut").to_string();
    assert!(said.contains("cut short") || said.contains("not an ELF file"), "{said}");
    said
}

#[test]
fn a_module_that_is_cut_anywhere_is_refused_by_the_hosts_in_c_and_cpp() {
    let folder = Folder::new();
    let (_, cuts) = cut(&folder);
    for (language, source) in [(C11, "c/host.c"), (CXX17, "cpp/host.cpp")] {
        let host = folder.0.join(format!("host-{}", language.0));
        compile(language, &format!("host-example/{source}"), &host, &["-pthread", "-ldl"]);
        for path in &cuts {
            let output = Command::new(&host).arg(path).args(["", "{}"]).output().expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(
                (said.trim_end(), output.status.code()),
                (refusal(path).as_str(), Some(1)),
                "{source}"
            );
        }
    }
}

#[test]
fn a_module_that_is_cut_anywhere_takes_no_ones_place() {
    let folder = Folder::new();
    let (whole, cuts) = cut(&folder);
    let program = folder.0.join("swapped");
    compile(CXX17, "tests/cpp/swapped.cpp", &program, &["-pthread", "-ldl"]);
    // It answers without an iocage.
    let config = json!({"iocage": "/nonexistent/iocage", "lock_dir": folder.0.join("locks")}).to_string();
    let request = r#"{"action":"getjailsettings","jail":5}"#;
    let output =
        Command::new(&program).arg(&folder.0).args([&config, request]).arg(&whole).args(&cuts).output();
    let output = output.expect("it runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let expected: Vec<_> = cuts.iter().map(|path| refusal(path)).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}
