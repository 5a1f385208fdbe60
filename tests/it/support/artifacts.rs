//! The built artefacts. `cargo test` of this package does not build the
//! binaries of the other ones, so cargo is asked to, once a process; where they
//! are up to date that takes a moment.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use super::folder::{Folder, root};

/// Where the artefacts of one build are.
pub struct Artifacts {
    /// The plugin.
    pub module: PathBuf,
    /// The example host.
    pub host: PathBuf,
    /// The simulator.
    pub simulator: PathBuf,
}

/// The target folder that this test runs from.
fn target() -> PathBuf {
    // The test's program is TARGET/PROFILE/deps/it-HASH.
    let program = std::env::current_exe().expect("the test's own path");
    program.ancestors().nth(3).expect("a target folder").to_path_buf()
}

fn build(target: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--target-dir"])
        .arg(target)
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The workspace as it is.
pub fn artifacts() -> &'static Artifacts {
    static BUILT: LazyLock<Artifacts> = LazyLock::new(|| {
        build(&target(), &["--workspace"]);
        let folder = target().join("debug");
        Artifacts {
            module: folder.join("libsysadm_iocage.so"),
            host: folder.join("host-example"),
            simulator: folder.join("iocage-sim"),
        }
    });
    &BUILT
}

/// The plugin in a build that panics when a request says `forced-panic`.
pub fn module_with_forced_panic() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = target().join("forced-panic");
        build(&target, &["-p", "sysadm-iocage", "--features", "forced-panic"]);
        target.join("debug/libsysadm_iocage.so")
    });
    &BUILT
}

/// A copy of the plugin, which a test may spoil. Not linked: the original would
/// change with it.
pub fn module_file(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.0.join(name);
    std::fs::copy(&artifacts().module, &path).expect("copied");
    path
}
