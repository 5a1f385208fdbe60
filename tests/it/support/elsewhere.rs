//! A workspace of somebody else's, far from this repository.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::artifacts::target;
use super::folder::{Folder, root};

/// Write these files, in which `@ROOT@` is this checkout, and build them without the
/// network: the crates of our versions are here already. Where the programs are: beside
/// what cargo builds of ours, under this name, for the next run.
pub fn built_elsewhere(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Folder::new();
    let put = |name: &str, text: &str| {
        let path = folder.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text.replace("@ROOT@", root().to_str().expect("UTF-8"))).expect("written");
    };
    put("Cargo.lock", &ours("Cargo.lock"));
    for (name, text) in files {
        put(name, text);
    }
    let built = target().join(name);
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--target-dir"])
        .arg(&built)
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .current_dir(&folder.0)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    built.join("debug")
}

/// A file of this checkout.
pub fn ours(name: &str) -> String {
    fs::read_to_string(root().join(name)).expect("ours")
}
