//! This project as it was at the last commit before ABI 1.1, built: its module and its
//! example host, for what is out there and is not compiled again. Through the C door
//! `tests/abi/v1` stands for that; what `abi_stable` compares is made by the compiler of
//! types with these very names, so there is no other way than to build them once more.
//! It is built once, beside what cargo builds, and only where git has that commit.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use super::artifacts::{loadable, target};
use super::folder::root;

/// The commit.
pub const FORMER: &str = "3633cbc";

/// What was built of it.
pub struct Former {
    /// The plugin, of ABI 1.0.
    pub module: PathBuf,
    /// The example host.
    pub host: PathBuf,
}

/// It, or nothing, which is said aloud, where the history does not go back so far.
pub fn former() -> Option<&'static Former> {
    static BUILT: LazyLock<Option<Former>> = LazyLock::new(built);
    if BUILT.is_none() {
        crate::support::skipped!(
            "git has no commit {FORMER} here, and nothing was tried with what it is the source of"
        );
    }
    BUILT.as_ref()
}

fn built() -> Option<Former> {
    let commit = format!("{FORMER}^{{commit}}");
    let known = Command::new("git").args(["cat-file", "-e", &commit]).current_dir(root()).output();
    if !known.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let folder = target().join(format!("former-{FORMER}"));
    fs::create_dir_all(&folder).expect("made");
    // Two runs of the tests at once wait for each other.
    let turn = File::create(folder.join("turn")).expect("ours");
    turn.lock().expect("locked");
    let (source, target) = (folder.join("source"), folder.join("target"));
    let made = target.join("debug");
    if !folder.join("done").exists() {
        let _ = fs::remove_dir_all(&source);
        fs::create_dir_all(&source).expect("made");
        let archive = folder.join("source.tar");
        let run = |command: &mut Command| {
            let output = command.output().expect("it runs");
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        };
        run(Command::new("git").args(["archive", "-o"]).arg(&archive).arg(FORMER).current_dir(root()));
        run(Command::new("tar").arg("-xf").arg(&archive).current_dir(&source));
        run(Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "sysadm-iocage",
                "-p",
                "host-example",
                "--target-dir",
            ])
            .arg(&target)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .current_dir(&source));
        fs::write(folder.join("done"), "").expect("written");
    }
    Some(Former { module: loadable(&made.join("libsysadm_iocage.so")), host: made.join("host-example") })
}
