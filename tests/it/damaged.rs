//! A module's file that is not whole: no host may map it, at its start or at a swap,
//! for the first touch of what is missing is the end of the process. And one in which
//! a bit was flipped, which a digest tells.

mod flips;
mod regions;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use sysadm_class::host::{Door, Module, Silent};
use sysadm_class::trust;
use sysadm_host::{Obstacle, Policy, Registry, Stage};

use crate::support::{C11, CXX17, Folder, artifacts, compile, is_long, run_host_with, without_tools};

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
    let config = json!({"iocage": "/nonexistent/iocage", "lock_dir": folder.0.join("locks")});
    let config = without_tools(config).to_string();
    let request = r#"{"action":"getjailsettings","jail":5}"#;
    let output =
        Command::new(&program).arg(&folder.0).args([&config, request]).arg(&whole).args(&cuts).output();
    let output = output.expect("it runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let expected: Vec<_> = cuts.iter().map(|path| refusal(path)).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}

/// What lies behind a module differs from process to process, so no trial tells what a
/// loader does that writes there.
#[test]
fn a_relocation_beyond_the_module_is_refused_by_every_host() {
    if cfg!(not(all(target_pointer_width = "64", target_endian = "little", target_os = "linux"))) {
        crate::support::skipped!("the places in the file are looked for on Linux with 64 bits");
        return;
    }
    let folder = Folder::new();
    let (whole, _) = cut(&folder);
    let hosts = [(C11, "c/host.c"), (CXX17, "cpp/host.cpp")].map(|(language, source)| {
        let host = folder.0.join(format!("host-{}", language.0));
        compile(language, &format!("host-example/{source}"), &host, &["-pthread", "-ldl"]);
        host
    });
    let mut bytes = fs::read(&whole).expect("there");
    let [_, _, (_, relocations), _] = regions::regions(&bytes);
    let last = relocations.len() / 24 - 1;
    for number in [0, last / 2, last] {
        let entry = relocations.start + 24 * number;
        let place = std::array::from_fn(|at| bytes[entry + at]);
        // As far as one flipped bit takes it.
        let stray = u64::from_le_bytes(place) ^ 1 << 28;
        bytes[entry..entry + 8].copy_from_slice(&stray.to_le_bytes());
        let path = folder.0.join("stray.so");
        fs::write(&path, &bytes).expect("written");
        bytes[entry..entry + 8].copy_from_slice(&place);
        let said = Module::load(&path, Door::C).expect_err("it would write anywhere").to_string();
        let part = format!("it is damaged: a relocation writes to {stray:#x}, where it has nothing");
        assert!(said.ends_with(&part), "{said}");
        for host in &hosts {
            let output = Command::new(host).arg(&path).args(["", "{}"]).output().expect("it runs");
            let log = String::from_utf8_lossy(&output.stderr);
            assert_eq!((log.trim_end(), output.status.code()), (said.as_str(), Some(1)));
        }
    }
}

/// `FILE.sha256`, as the system's own program makes it.
fn write_digest(path: &Path) {
    let output = Command::new("sha256sum").arg(path).output().expect("sha256sum");
    fs::write(path.with_added_extension("sha256"), output.stdout).expect("written");
}

/// Where the digest is demanded no flipped bit is taken, wherever it is: in headers,
/// the dynamic section, relocations, code or data.
#[test]
fn no_flipped_bit_is_taken_where_the_digest_is_demanded() {
    let folder = Folder::new();
    let (whole, _) = cut(&folder);
    let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
    let registry =
        Registry::new(Policy { demand_digest: true, ..Policy::new(Door::C) }, stage, Arc::new(Silent));
    let config = json!({"iocage": "/nonexistent/iocage", "lock_dir": folder.0.join("locks")});
    let config = without_tools(config).to_string();
    write_digest(&whole);
    registry.load(&whole, &config).expect("it has its digest");
    let mut bytes = fs::read(&whole).expect("there");
    let path = folder.0.join("flipped.so");
    fs::copy(&whole, &path).expect("copied");
    write_digest(&path);
    let flips = if is_long() { 2_000 } else { 200 };
    let (mut random, mut by_digest) = (0x2545_f491_4f6c_dd1d_u64, 0);
    for flip in 0..flips {
        // Xorshift, with a seed: the same bits each time.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        // The first of them are in the headers.
        let room = if flip < flips / 4 { 1024 } else { bytes.len() as u64 };
        let (at, bit) = (usize::try_from(random % room).expect("small"), 1 << (random >> 61));
        bytes[at] ^= bit;
        fs::write(&path, &bytes).expect("written");
        bytes[at] ^= bit;
        let refused = registry.swap(None, &path).expect_err("a bit was flipped");
        assert!(matches!(refused.obstacle, Obstacle::File | Obstacle::Load), "{at} {bit}: {refused}");
        by_digest += u32::from(refused.why.contains("its SHA-256 is "));
    }
    assert_eq!(registry.generations().len(), 1, "none was mapped");
    println!("{flips} flips, none taken: {by_digest} by the digest, the others by their headers");
    assert!(by_digest > flips / 2);
    fs::write(&path, &bytes).expect("written");
    let refused = registry.swap(None, &path).expect_err("the health of a class without an iocage");
    assert_eq!(refused.obstacle, Obstacle::Health, "but its digest is the right one: {refused}");
}

#[test]
fn a_digest_that_is_demanded_has_to_be_there_and_right() {
    let folder = Folder::new();
    let (whole, _) = cut(&folder);
    let beside = whole.with_added_extension("sha256");
    let told = |said: &str| {
        let (_, log, code) = run_host_with(&whole, Door::C, &["--demand-digest", "call"], "");
        assert_eq!(code, Some(if said.is_empty() { 0 } else { 1 }), "{log}");
        assert!(log.contains(said), "{said}: {log}");
    };
    told("whole.so.sha256 cannot be read: No such file or directory");
    fs::write(&beside, "nothing\n").expect("written");
    told("whole.so.sha256 names no SHA-256");
    fs::write(&beside, format!("{}\n", "0".repeat(64))).expect("written");
    told(&format!("whole.so.sha256 has {}", "0".repeat(64)));
    write_digest(&whole);
    told("");
}

/// Who can write the digest can write one that fits another file.
#[test]
fn a_digest_that_others_can_replace_is_not_believed_by_root() {
    let folder = Folder::new();
    let (whole, _) = cut(&folder);
    write_digest(&whole);
    let beside = whole.with_added_extension("sha256");
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o666)).expect("ours");
    let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
    let policy = Policy { demand_digest: true, ..Policy::new(Door::C) };
    let taken = stage.take(&whole, &policy);
    if trust::effective_user() == 0 {
        let why = taken.expect_err("anybody can replace it").why;
        let part = format!("its digest {} is not trusted: others than its owner", beside.display());
        assert!(why.contains(&part), "{why}");
    } else {
        taken.expect("whoever is not root may believe what it likes");
    }
    stage.take(&whole, &Policy { allow_unsafe_module: true, ..policy }).expect("that is allowed");
}
