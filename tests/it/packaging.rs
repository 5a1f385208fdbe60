//! The install script: what it installs is what is here, uninstalling leaves what was there before, and what fails is
//! said. What can be built with what is installed is in `hosts`.

mod hosts;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sysadm_class::ffi;
use sysadm_host::INSTALLED;

use crate::support::{Folder, artifacts, is_installed, root, target};

const MODULE: &str = "lib/sysadm/modules/sysadm_iocage.so";
const CHECK: &str = "libexec/sysadm/plugin-check";
/// The other programs.
const PROGRAMS: [&str; 4] = [MODULE, CHECK, "sbin/sysadmd", "sbin/sysadmctl"];
const RC: &str = "etc/rc.d/sysadmd";

/// The install script with our module, as it runs on every system.
fn script(prefix: &Path, arguments: &[&str]) -> Command {
    script_by(&["sh"], prefix, arguments)
}

/// The same by another shell.
fn script_by(shell: &[&str], prefix: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(root().join("include/install")).args(arguments);
    command.env("PREFIX", prefix).env("MODULE", &artifacts().module).env("PKGCONFIGDIR", "lib/pkgconfig");
    command.env("CHECK", &artifacts().check).env("SERVICE", "rc");
    command.env("SERVER", target().join("debug/sysadmd")).env("CTL", target().join("debug/sysadmctl"));
    for name in ["DESTDIR", "MANIFEST"] {
        command.env_remove(name);
    }
    command
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{log}");
    output
}

/// Its complaint, and that it did not succeed.
fn complaint(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    assert!(!output.status.success(), "{command:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Everything under a folder: what is in a file, or that it is a folder.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("inside").to_path_buf();
            if path.is_dir() {
                found.insert(name, None);
                folders.push(path);
            } else {
                found.insert(name, Some(fs::read(&path).expect("readable")));
            }
        }
    }
    found
}

fn files(folder: &Path) -> Vec<String> {
    let files = tree(folder).into_iter().filter(|(_, content)| content.is_some());
    let mut names: Vec<_> = files.map(|(name, _)| name.to_str().expect("our own name").to_owned()).collect();
    names.sort();
    names
}

/// Where each of the headers comes from and goes to.
fn headers() -> Vec<(PathBuf, PathBuf)> {
    let include = root().join("include");
    let names = ["sysadm_class.h", "sysadm_class_host.h", "sysadm_class_probe.h", "sysadm_class.hpp"];
    let mut headers: Vec<PathBuf> = names.map(PathBuf::from).to_vec();
    for entry in fs::read_dir(include.join("sysadm_class")).expect("a folder") {
        headers.push(Path::new("sysadm_class").join(entry.expect("an entry").file_name()));
    }
    headers
        .into_iter()
        .map(|name: PathBuf| (include.join(&name), Path::new("include/sysadm").join(name)))
        .collect()
}

/// Where ports put what completes a command in bash, fish and zsh.
const COMPLETIONS: [&str; 3] = ["/completions/", "/vendor_completions.d/", "/site-functions/"];

#[test]
fn what_is_installed_is_what_is_here_and_in_the_ports_list() {
    let (stage, prefix) = (Folder::new(), Path::new("/usr/local"));
    let mut port = script(prefix, &[]);
    run(port.env("DESTDIR", &stage.0).env("MANIFEST", "no").env("PKGCONFIGDIR", "libdata/pkgconfig"));
    let list = fs::read_to_string(root().join("include/package/freebsd/pkg-plist")).expect("our own");
    let below = stage.0.join("usr/local");
    // The ports compress manual pages, list what starts the server themselves, and take the documents besides, and what a
    // shell completes its client with.
    let is_besides =
        |line: &str| line.starts_with("%%PORTDOCS%%") || COMPLETIONS.iter().any(|at| line.contains(at));
    let list = list.lines().filter(|line| !is_besides(line));
    let list = list.map(|line| line.rsplit("%%").next().expect("a last part"));
    let mut list: Vec<_> =
        list.map(|line| line.trim_start_matches("@sample ").trim_end_matches(".gz")).chain([RC]).collect();
    list.sort_unstable();
    assert_eq!(files(&below), list);
    for (from, to) in headers() {
        assert_eq!(fs::read(from).expect("ours"), fs::read(below.join(&to)).expect("installed"), "{to:?}");
    }
    assert_eq!(
        fs::read(&artifacts().module).expect("ours"),
        fs::read(below.join(MODULE)).expect("installed")
    );
    // Where hosts look for it.
    assert_eq!(Path::new(INSTALLED), prefix.join(CHECK));
    for file in files(&below) {
        let mode = fs::metadata(below.join(&file)).expect("there").permissions().mode() & 0o7777;
        let expected = match &*file {
            RC => 0o555,
            program if PROGRAMS.contains(&program) => 0o755,
            _ => 0o644,
        };
        assert_eq!(mode, expected, "{file}");
    }
    // Where it will be used from, not where it is put for now.
    for file in files(&below).iter().filter(|file| !PROGRAMS.contains(&file.as_str())) {
        let text = fs::read_to_string(below.join(file)).expect("text");
        assert!(!text.contains(stage.0.to_str().expect("our own name")), "{file}");
        assert!(
            !text.contains("@PREFIX@") && !text.contains("@VERSION@") && !text.contains("@LIBS@"),
            "{file}"
        );
    }
    let pc = fs::read_to_string(below.join("libdata/pkgconfig/sysadm-class.pc")).expect("installed");
    assert!(pc.starts_with("prefix=/usr/local\n"), "{pc}");
    assert!(pc.contains(&format!("\nVersion: {}.{}\n", ffi::ABI_MAJOR, ffi::ABI_MINOR)), "{pc}");
}

/// The server's own files are what they are for: a configuration that it takes, a script that a shell reads, and units that name
/// what was installed.
#[test]
fn the_server_starts_by_what_is_installed() {
    let folder = Folder::new();
    let prefix = folder.0.join("prefix");
    for (service, file, what, checked) in [
        ("rc", RC, "procname=\"@/sbin/sysadmd\"", "reload_precmd=\"sysadmd_check config\""),
        (
            "systemd",
            "lib/systemd/system/sysadmd.service",
            "ExecStart=@/sbin/sysadmd --config @/etc/sysadmd.json",
            "/sbin/sysadmd --check=config --config ",
        ),
    ] {
        run(script(&prefix, &["server"]).env("SERVICE", service));
        let text = fs::read_to_string(prefix.join(file)).expect("installed");
        assert!(text.contains(checked), "what is read again is looked at before: {text}");
        let what = what.replace('@', prefix.to_str().expect("our own name"));
        assert!(text.contains(&what) && !text.contains("@PREFIX@"), "{text}");
    }
    run(Command::new("sh").arg("-n").arg(prefix.join(RC)));
    let sample = prefix.join("etc/sysadmd.json.sample");
    // The groups are FreeBSD's, and the folder has no module yet.
    let text = fs::read_to_string(&sample).expect("installed").replace("wheel", "").replace("operator", "");
    fs::write(&sample, text).expect("written");
    run(&mut script(&prefix, &["module"]));
    let output = run(Command::new(prefix.join("sbin/sysadmd")).arg("--check").arg("--config").arg(&sample));
    assert!(String::from_utf8_lossy(&output.stdout).contains("is in order"));
    for program in ["sysadmd", "sysadmctl"] {
        run(Command::new(prefix.join("sbin").join(program)).arg("--help"));
    }
    if is_installed("mandoc") {
        for page in ["sysadmd.8", "sysadmctl.8"] {
            let mut mandoc = Command::new("mandoc");
            run(mandoc.args(["-T", "lint", "-W", "warning"]).arg(prefix.join("share/man/man8").join(page)));
        }
    }
}

#[test]
fn uninstall_leaves_what_was_there_before() {
    let folder = Folder::new();
    let prefix = folder.0.join("prefix");
    // Folders of ours that others have, too, one of them empty.
    for path in ["include/sysadm", "lib/cmake", "lib/sysadm/modules", "share"] {
        fs::create_dir_all(prefix.join(path)).expect("made");
    }
    for path in ["include/sysadm/other.h", "lib/sysadm/modules/sysadm_zfs.so", "include/x.h"] {
        fs::write(prefix.join(path), path).expect("written");
    }
    let before = tree(&prefix);
    // In parts, and twice, as upgrades do.
    for part in ["headers", "man", "module", "check", "server", "all", "all"] {
        run(&mut script(&prefix, &[part]));
    }
    assert!(files(&prefix).len() == before.values().flatten().count() + 23, "{:?}", files(&prefix));
    run(&mut script(&prefix, &["uninstall"]));
    assert_eq!(tree(&prefix), before);
    assert!(complaint(&mut script(&prefix, &["uninstall"])).contains("nothing is installed"));

    // A prefix that was not there is there, but empty.
    let fresh = folder.0.join("fresh");
    run(&mut script(&fresh, &[]));
    // What somebody put into a folder of ours stays, and so does the folder.
    fs::write(fresh.join("lib/sysadm/modules/mine.so"), "mine").expect("written");
    run(&mut script(&fresh, &["uninstall"]));
    assert_eq!(files(&fresh), ["lib/sysadm/modules/mine.so"]);
    assert!(!fresh.join("include").exists());
}

#[test]
fn a_list_that_somebody_changed_is_not_followed() {
    let folder = Folder::new();
    let prefix = folder.0.join("prefix");
    let victim = folder.0.join("victim");
    fs::write(&victim, "mine").expect("written");
    run(&mut script(&prefix, &["headers"]));
    let manifest = prefix.join("lib/sysadm/manifest");
    let good = fs::read_to_string(&manifest).expect("written");
    for line in ["file ../victim", "file include/../../victim", "file /etc/victim", "victim", "folder .."] {
        fs::write(&manifest, format!("{good}{line}\n")).expect("written");
        assert!(complaint(&mut script(&prefix, &["uninstall"])).contains("nothing is removed"), "{line}");
        assert!(victim.exists() && prefix.join("include/sysadm/sysadm_class.h").exists(), "{line}");
    }
}

/// A module that is mapped must not be written over.
#[test]
fn a_file_is_replaced_by_another_one() {
    let folder = Folder::new();
    run(&mut script(&folder.0, &["module"]));
    let path = folder.0.join(MODULE);
    let first = fs::metadata(&path).expect("there").ino();
    let mut open = fs::File::open(&path).expect("readable");
    let other = folder.0.join("other");
    fs::write(&other, "a newer one").expect("written");
    run(script(&folder.0, &["module"]).env("MODULE", &other));
    assert_ne!(fs::metadata(&path).expect("there").ino(), first);
    let mut old = Vec::new();
    open.read_to_end(&mut old).expect("readable");
    assert_eq!(old, fs::read(&artifacts().module).expect("ours"), "whoever has it open has it whole");
    assert_eq!(fs::read(&path).expect("there"), b"a newer one");
}

#[test]
fn what_fails_is_said_and_leaves_no_half_files() {
    let folder = Folder::new();
    let prefix = folder.0.join("prefix");
    let said = complaint(script(&prefix, &["module"]).env("MODULE", "/nonexistent/module.so"));
    assert!(said.contains("/nonexistent/module.so") && said.contains("cargo rustc"), "{said}");
    assert!(said.contains("MODULE=... names another"), "{said}");
    let said = complaint(script(&prefix, &["check"]).env("CHECK", "/nonexistent/check"));
    assert!(said.contains("/nonexistent/check") && said.contains("-p plugin-check"), "{said}");
    // Missed before anything is there.
    for missing in ["MODULE", "CHECK"] {
        let said = complaint(script(&prefix, &[]).env(missing, "/nonexistent/file"));
        assert!(said.contains("/nonexistent/file"), "{said}");
        assert!(!prefix.exists(), "{missing}");
    }
    for help in ["--help", "-h", "help"] {
        let output = run(&mut script(&prefix, &[help]));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.starts_with("usage: include/install [headers | man"), "{said}");
        // All that the script takes from its caller, a line each.
        let script = std::fs::read_to_string(root().join("include/install")).expect("ours");
        let taken: std::collections::BTreeSet<_> = script
            .split("${")
            .skip(1)
            .filter_map(|rest| rest.split_once(":-").map(|(name, _)| name))
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase()))
            .collect();
        assert!(taken.len() >= 9, "{taken:?}");
        for name in taken {
            let is_told = |line: &str| line.trim_start().split(['=', ' ', ',']).any(|word| word == name);
            assert!(said.lines().skip(1).any(is_told), "{name}: {said}");
        }
    }
    for wrong in ["relative", "/with blank", "/a&b"] {
        let said = complaint(script(Path::new(wrong), &["headers"]).current_dir(&folder.0));
        assert!(said.contains("not an absolute path"), "{wrong}: {said}");
    }
    assert!(complaint(&mut script(&prefix, &["instal"])).contains("usage:"));
    for several in [&["headers", "man"][..], &["headers", ""], &["uninstall", "man"], &["headers", "--", "x"]]
    {
        let said = complaint(&mut script(&prefix, several));
        assert!(said.contains("one of these at a time") && said.contains("usage:"), "{several:?}: {said}");
    }
    assert!(!prefix.exists());
    // As a full disk would.
    let small_files = ["sh", "-c", "ulimit -f 8; exec sh \"$0\" module"];
    let full = script_by(&small_files, &prefix, &[]).output().expect("it runs");
    assert!(!full.status.success(), "a file cannot be written to its end");
    let left: Vec<_> = files(&prefix).into_iter().filter(|name| name.contains("sysadm_iocage")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A folder of modules that others can write to would hand them the server, and one
/// that it cannot read none of them.
#[test]
fn the_callers_umask_decides_nothing() {
    for umask in ["000", "077"] {
        let folder = Folder::new();
        let umask_first = format!("umask {umask}; exec sh \"$0\"");
        run(script_by(&["sh", "-c", &umask_first], Path::new("/p"), &[]).env("DESTDIR", &folder.0));
        let prefix = folder.0.join("p");
        for (name, content) in tree(&prefix) {
            let mode = fs::metadata(prefix.join(&name)).expect("there").permissions().mode() & 0o777;
            let expected = match name.to_str() {
                Some(RC) => 0o555,
                Some(program) if content.is_none() || PROGRAMS.contains(&program) => 0o755,
                _ => 0o644,
            };
            assert_eq!(mode, expected, "{umask} {name:?}");
        }
    }
}

/// POSIX sh is what FreeBSD has; here it is dash, and busybox where that is.
#[test]
fn other_shells_run_it_alike() {
    let mut trees = Vec::new();
    for shell in [&["dash"][..], &["busybox", "sh"], &["bash", "--posix"], &["ksh"]] {
        if Command::new(shell[0]).args(&shell[1..]).args(["-c", "true"]).output().is_err() {
            continue;
        }
        let folder = Folder::new();
        run(script_by(shell, Path::new("/p"), &[]).env("DESTDIR", &folder.0));
        trees.push(tree(&folder.0));
    }
    assert!(trees.windows(2).all(|pair| pair[0] == pair[1]));
    assert!(!trees.is_empty(), "some shell is there");
}
