//! What the port has of Cargo.lock: the list of crates, and the digest of each.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{port, read, rules};
use crate::support::{Folder, needed, root};

/// What `crates` makes of Cargo.lock is what is there, which `UPDATE=1` makes again; and it is what Cargo.lock has.
#[test]
fn version_and_crates_are_this_workspaces() {
    let version = rules::value(&read("Makefile"), "DISTVERSION");
    assert_eq!(version, env!("CARGO_PKG_VERSION"), "of the port");
    let python = Command::new("python3").arg("--version").output().ok();
    if needed(python, "python3, so that the list of crates is not made again").is_none() {
        return;
    }
    let folder = Folder::new();
    let update = std::env::var_os("UPDATE").is_some();
    let crates = |into: &Path, home: Option<&Path>| {
        let mut command = Command::new("python3");
        command.arg(root().join("include/package/crates")).arg(into).env_remove("SOURCE_DATE_EPOCH");
        if let Some(home) = home {
            command.env("CARGO_HOME", home);
        }
        let output = command.output().expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    if update {
        crates(&port(), None);
    }
    // With what cargo has fetched, and without.
    for home in [None, Some(&*folder.0)] {
        crates(&folder.0, home);
        for name in ["Makefile.crates", "distinfo"] {
            let made = fs::read_to_string(folder.0.join(name)).expect("made");
            assert_eq!(read(name), made, "{name} is not current; run: UPDATE=1 cargo test --test it port");
        }
    }
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("our own");
    let of = |package: &str, key: &str| {
        let start = format!("{key} = \"");
        package.lines().find_map(|line| Some(line.strip_prefix(&start)?.trim_end_matches('"').to_owned()))
    };
    let taken = lock.split("[[package]]\n").filter(|package| of(package, "source").is_some());
    let lines: Vec<_> = taken
        .map(|package| {
            let [name, version, sum] =
                ["name", "version", "checksum"].map(|key| of(package, key).expect("there"));
            format!("SHA256 (rust/crates/{name}-{version}.crate) = {sum}")
        })
        .collect();
    let distinfo = read("distinfo");
    let sums: Vec<_> = distinfo.lines().filter(|line| line.starts_with("SHA256")).collect();
    assert_eq!(sums, lines);
    assert!(lines.len() > 100, "{lines:?}");
}
