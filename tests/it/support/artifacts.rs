//! The built artefacts. `cargo test` of this package does not build the
//! binaries of the other ones, so cargo is asked to, once a process; where they
//! are up to date that takes a moment.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use sysadm_class::trust;

use super::folder::{Folder, root};

/// Where the artefacts of one build are.
pub struct Artifacts {
    /// The plugin.
    pub module: PathBuf,
    /// The example host.
    pub host: PathBuf,
    /// The simulator.
    pub simulator: PathBuf,
    /// The program that checks modules, and tries them for hosts.
    pub check: PathBuf,
}

/// The target folder that this test runs from.
pub fn target() -> PathBuf {
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
            module: loadable(&folder.join("libsysadm_iocage.so")),
            host: folder.join("host-example"),
            simulator: folder.join("iocage-sim"),
            check: loadable(&folder.join("plugin-check")),
        }
    });
    &BUILT
}

/// The plugin in a build that panics when a request says `forced-panic`.
pub fn module_with_forced_panic() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let target = target().join("forced-panic");
        build(&target, &["-p", "sysadm-iocage", "--features", "forced-panic"]);
        loadable(&target.join("debug/libsysadm_iocage.so"))
    });
    &BUILT
}

/// A library that was built, where hosts of root's take it.
pub fn loadable(built: &Path) -> PathBuf {
    let folder = roots(built.parent().expect("a folder"));
    let at = folder.join(built.file_name().expect("a name"));
    if at != built {
        let draft = folder.join(format!(".{}", std::process::id()));
        std::fs::copy(built, &draft).expect("copied");
        std::fs::rename(draft, &at).expect("renamed");
    }
    at
}

/// A folder for what hosts of root's load: this one, or where root tests in a checkout
/// of somebody else's, from which they load nothing, one that stands for it. The next
/// run uses it again.
pub fn roots(folder: &Path) -> PathBuf {
    if trust::effective_user() != 0 || trust::file(folder, 0).is_ok() {
        return folder.to_path_buf();
    }
    let name = folder.display().to_string().replace('/', "-");
    let own = std::env::temp_dir().join(format!("sysadm-iocage-it{name}"));
    DirBuilder::new().recursive(true).mode(0o700).create(&own).expect("a folder of our own");
    own
}

/// A copy of the plugin, which a test may spoil. Not linked: the original would
/// change with it.
pub fn module_file(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.0.join(name);
    std::fs::copy(&artifacts().module, &path).expect("copied");
    path
}
