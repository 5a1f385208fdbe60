//! Who uses the C door alone does not link `abi_stable`, nor the crates that come with
//! it: neither a class nor a host. Both are built far from this repository, as others
//! build theirs, and meet.

use std::path::Path;
use std::process::Command;

use sysadm_class::abi_stable::library::ROOT_MODULE_LOADER_NAME;
use sysadm_class::ffi;
use sysadm_class::host::{Door, Module};

use crate::support::{Folder, built_elsewhere, loadable, ours, root};

/// The crates that `package` links, their names alone.
fn linked(package: &str, more: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(["--package", package])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn without_the_feature_nothing_of_abi_stable_is_linked() {
    // Those that come with it alone, and are looked after by nobody or under another licence.
    let brought = ["abi_stable", "abi_stable_derive", "generational-arena", "parking_lot", "paste"];
    let one = "--no-default-features";
    let trials: [(&str, &[&str], &[&str]); 4] = [
        ("sysadm-class", &["--features", "module"], &[one, "--features", "module"]),
        ("sysadm-class", &["--features", "host"], &[one, "--features", "host"]),
        ("sysadm-host", &[], &[one]),
        ("echo-class", &[], &[one]),
    ];
    for (package, both, one) in trials {
        let (both, one) = (linked(package, both), linked(package, one));
        for name in brought {
            let is_in = |names: &[String]| names.iter().any(|n| n == name);
            assert!(is_in(&both) && !is_in(&one), "{package}: {name}: {both:?}, {one:?}");
        }
    }
}

const WORKSPACE: &str = r#"[workspace]
members = ["class", "host"]
resolver = "3"
"#;

const CLASS: &str = r#"[package]
name = "alone-class"
version = "1.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[dependencies]
serde_json = "1"
sysadm-class = { path = "@ROOT@/include/rust", default-features = false, features = ["module"] }
"#;

const HOST: &str = r#"[package]
name = "alone-host"
version = "1.0.0"
edition = "2024"

[dependencies]
sysadm-class = { path = "@ROOT@/include/rust", default-features = false, features = ["host"] }
sysadm-host = { path = "@ROOT@/include/host", default-features = false }
"#;

/// A host as a server has it, which loads the module twice: through the C door by way
/// of the registry, and in vain through the door that it has not.
const MAIN: &str = r##"use std::path::Path;
use std::sync::Arc;
use sysadm_class::Access;
use sysadm_class::host::{Door, Module, Request, Silent};
use sysadm_host::{Policy, Registry, Stage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let (module, stage) = (Path::new(&arguments[1]), Stage::open(Path::new(&arguments[2]))?);
    let registry = Registry::new(Policy::new(Door::C), stage, Arc::new(Silent));
    registry.load(module, "")?;
    let request = Request::new("example", "echo", r#"{"action":"echo","text":"hello"}"#, Access::Full);
    println!("{}", String::from_utf8_lossy(registry.dispatch(&request).args()));
    println!("{}", Module::load(module, Door::Rust).expect_err("there is no such door here"));
    Ok(())
}
"##;

#[test]
fn a_class_and_a_host_of_the_c_door_alone_are_built_elsewhere_and_meet() {
    let built = built_elsewhere(
        "one-door",
        &[
            ("Cargo.toml", WORKSPACE),
            ("class/Cargo.toml", CLASS),
            ("class/src/lib.rs", &ours("include/template/rust/src/lib.rs")),
            ("host/Cargo.toml", HOST),
            ("host/src/main.rs", MAIN),
        ],
    );
    let folder = Folder::new();
    let module = loadable(&built.join("libalone_class.so"));
    assert_eq!(exported(&module), [ffi::ENTRY]);
    let output = Command::new(built.join("alone-host"))
        .arg(&module)
        .arg(folder.0.join("stage"))
        .output()
        .expect("it runs");
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}{log}");
    assert_eq!(lines[0], r#"{"echo":"hello"}"#);
    let refused = "cannot be loaded through `abi_stable`: this host was built without it; use the C door, \
                   or build it with the feature `abi_stable`";
    assert_eq!(lines[1], format!("{} {refused}", module.display()));

    // A host that has both doors finds that the module has one.
    let refused = Module::load(&module, Door::Rust).expect_err("it has the C door alone").to_string();
    assert!(refused.contains(ROOT_MODULE_LOADER_NAME), "{refused}");
    assert!(Module::load(&module, Door::C).is_ok());
}

fn exported(module: &Path) -> Vec<String> {
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(module)
        .output()
        .expect("binutils are installed");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect()
}
