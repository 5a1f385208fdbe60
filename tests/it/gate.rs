//! The gate's own promises: what it cannot prove it fails, and does not skip.

use std::process::{Command, Output};

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
        crate::support::skipped!("the gate is a script for bash, which is not here");
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

/// What the tests leave in the folder for temporary files fails them, by its name.
#[test]
fn what_is_left_in_the_temporary_folder_is_named() {
    let run = |script: &str| {
        let wrapped = root().join("tests/leaves-nothing");
        Command::new(wrapped).args(["sh", "-c", script]).output().expect("bash runs")
    };
    for (script, code, said) in [
        ("mktemp -d >&2", 1, "\n    tmp."),
        ("touch $TMPDIR/sysadm-iocage-test-7-1", 1, "\n    sysadm-iocage-test-7-1\n"),
        ("mkdir $TMPDIR/.one; exit 7", 7, ""),
        ("mkdir $TMPDIR/sysadm-iocage-it-work; rmdir $(mktemp -d)", 0, ""),
    ] {
        let output = run(script);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{script}: {told}");
        assert!(told.contains(said) && told.contains("left in") == (code == 1), "{script}: {told}");
    }
    let own = run("echo $TMPDIR").stdout;
    assert!(!std::path::Path::new(String::from_utf8_lossy(&own).trim()).exists());
}

/// What cargo runs in rustc's place, with these words for rustc, in a package's build.
fn in_rustcs_place(words: &[&str]) -> Output {
    Command::new(root().join(".cargo/rustc"))
        .args(["printf", "[%s]"])
        .args(words)
        .env("CARGO_MANIFEST_DIR", "/home/me/one two")
        .env("CARGO_PKG_NAME", "one")
        .env("CARGO_PKG_VERSION", "1.2.3")
        .env("OUT_DIR", "/home/me/target/out")
        .output()
        .expect("sh runs")
}

/// `tests/shipped` builds with it, which takes its time.
#[test]
fn what_is_stripped_goes_by_its_packages_name() {
    let config = std::fs::read_to_string(root().join(".cargo/config.toml")).expect("ours");
    assert!(config.contains("\nrustc-wrapper = \".cargo/rustc\"\n"), "{config}");
    let said = |words: &[&str]| String::from_utf8(in_rustcs_place(words).stdout).expect("UTF-8");
    let debug = ["--crate-name", "a b", "-C", "debuginfo=2"];
    assert_eq!(said(&debug), "[--crate-name][a b][-C][debuginfo=2]");
    assert_eq!(
        said(&["--crate-name", "a b", "-C", "strip=symbols"]),
        "[--crate-name][a b][-C][strip=symbols]\
         [--remap-path-prefix][/home/me/one two=one-1.2.3]\
         [--remap-path-prefix][/home/me/target/out=one-1.2.3/out]"
    );
    // What cargo asks rustc before it builds, and what rustc answers by its end.
    let asked = Command::new(root().join(".cargo/rustc"))
        .args(["sh", "-c", "echo $#; exit 7", "", "-C", "strip=symbols"])
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("OUT_DIR")
        .output()
        .expect("sh runs");
    assert_eq!((asked.stdout.as_slice(), asked.status.code()), (&b"2\n"[..], Some(7)));
}
