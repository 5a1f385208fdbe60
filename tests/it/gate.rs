//! The gate's own promises: what it cannot prove it fails, and does not skip.

use std::process::Command;

use crate::support::{Folder, root};

/// A machine on which nothing can be installed: whoever tries the check there is told
/// that it was skipped, the gate is failed.
#[test]
fn what_cannot_be_proved_for_freebsd_fails_the_gate() {
    let folder = Folder::new();
    for tool in ["dirname", "mkdir", "id", "nm", "sed", "cut", "grep", "sort", "head"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().expect("sh runs");
        let path = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if path.starts_with('/') {
            std::os::unix::fs::symlink(path, folder.0.join(tool)).expect("linked");
        }
    }
    let bash = Command::new("sh").args(["-c", "command -v bash"]).output().expect("sh runs");
    let bash = String::from_utf8_lossy(&bash.stdout).trim().to_owned();
    if bash.is_empty() {
        eprintln!("skipped: the gate is a script for bash, which is not here");
        return;
    }
    for (ci, passes, said) in [("", true, "skipped: "), ("true", false, "failed: this is to be proved here")]
    {
        let output = Command::new(&bash)
            .arg(root().join("tests/freebsd/check"))
            .env_clear()
            .env("PATH", &folder.0)
            .env("CI", ci)
            .output()
            .expect("bash runs");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        assert!(text.contains(said), "CI={ci}: {text}");
        assert_eq!(output.status.success(), passes, "CI={ci}: {text}");
    }
}
