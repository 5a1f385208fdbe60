//! The package for Debian and the tarball: what is in them, that both are the same to the byte whoever makes them, that the
//! package goes into a system and out of it again and leaves that as it was, and that what it installed is enough for a host
//! in C, and for who reads.
//!
//! Files stand in for the programs, which would take a release build; `packaging` runs the real ones, as installed by the
//! same script.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::{Folder, compiler, is_installed, lead_somewhere, needed, root, skipped, write_program};

/// What is in both, under /usr/local, but for the documents.
const FILES: [&str; 26] = [
    "etc/sysadmd.json.sample",
    "include/sysadm/sysadm_class.h",
    "include/sysadm/sysadm_class.hpp",
    "include/sysadm/sysadm_class/hot_slot.hpp",
    "include/sysadm/sysadm_class/library.hpp",
    "include/sysadm/sysadm_class/types.hpp",
    "include/sysadm/sysadm_class_host.h",
    "include/sysadm/sysadm_class_probe.h",
    "lib/cmake/SysadmClass/SysadmClassConfig.cmake",
    "lib/cmake/SysadmClass/SysadmClassConfigVersion.cmake",
    "lib/pkgconfig/sysadm-class.pc",
    "lib/sysadm/modules/sysadm_iocage.so",
    "lib/systemd/system/sysadmd.service",
    "libexec/sysadm/plugin-check",
    "sbin/sysadmctl",
    "sbin/sysadmd",
    "share/bash-completion/completions/sysadmctl",
    "share/doc/sysadm-iocage/copyright",
    "share/fish/vendor_completions.d/sysadmctl.fish",
    "share/man/man3/sysadm_class.3",
    "share/man/man7/sysadm-iocage.7",
    "share/man/man8/sysadmctl.8",
    "share/man/man8/sysadmd.8",
    "share/sysadm/schema/event.json",
    "share/sysadm/schema/progress.json",
    "share/zsh/site-functions/_sysadmctl",
];

/// Those, and all documents, as paths in the package.
fn expected() -> BTreeSet<String> {
    let pages = fs::read_dir(root().join("include/doc")).expect("a folder");
    let pages = pages.map(|page| page.expect("an entry").file_name().into_string().expect("our own name"));
    let pages =
        pages.filter(|page| page.ends_with(".md")).map(|page| format!("share/doc/sysadm-iocage/{page}"));
    let files = FILES.iter().map(|file| (*file).to_owned());
    files.chain(pages).map(|file| format!("usr/local/{file}")).collect()
}

/// Debian's tools, which in the gate have to be there.
fn is_debian() -> bool {
    let found = is_installed("dpkg-deb") && is_installed("dpkg");
    needed(found.then_some(()), "dpkg-deb, so that no package is made").is_some()
}

fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (out, log) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {out}{log}");
    out.into_owned()
}

/// What stands in for the programs. The newest glibc that they name is what the package is to depend on.
fn built(folder: &Path) -> Command {
    let built = folder.join("built");
    if !built.exists() {
        fs::create_dir(&built).expect("made");
        for (name, text) in [("module", "GLIBC_2.34 GLIBC_2.9"), ("check", "GLIBC_2.36"), ("server", "none")]
        {
            write_program(&built.join(name), text);
        }
        write_program(&built.join("ctl"), "#!/bin/sh\n[ $# = 2 ] && echo \"$@\"\n");
    }
    let mut command = Command::new(root().join("include/package/linux/make"));
    for (variable, file) in [("MODULE", "module"), ("CHECK", "check"), ("SERVER", "server"), ("CTL", "ctl")] {
        command.env(variable, built.join(file));
    }
    command.env("SOURCE_DATE_EPOCH", "1000000000").env_remove("MAINTAINER");
    command
}

/// The package and the tarball that are in a folder, and nothing else.
fn made(out: &Path) -> [PathBuf; 2] {
    let mut names: Vec<_> =
        fs::read_dir(out).expect("made").map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    let found = names.try_into().unwrap_or_else(|names| panic!("{names:?}"));
    let [tarball, package]: [PathBuf; 2] = found;
    assert!(tarball.to_string_lossy().ends_with(".tar.gz") && package.to_string_lossy().ends_with(".deb"));
    [package, tarball]
}

#[test]
fn package_and_tarball_hold_what_is_listed_and_are_the_same_whoever_makes_them() {
    if !is_debian() {
        return;
    }
    let folder = Folder::new();
    let (first, second) = (folder.0.join("first"), folder.0.join("second/of two"));
    run(built(&folder.0).arg(&first));
    let script = built(&folder.0);
    let mut other = Command::new("sh");
    other.args(["-c", "umask 077; exec \"$0\" \"$1\""]).arg(script.get_program()).arg(&second);
    other.envs(script.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TZ", "Asia/Tokyo");
    run(&mut other);
    let [package, tarball] = made(&first);
    for (one, same) in [&package, &tarball].into_iter().zip(made(&second)) {
        assert_eq!(one.file_name(), same.file_name());
        assert!(fs::read(one).expect("made") == fs::read(&same).expect("made"), "{} differs", same.display());
    }
    let version = env!("CARGO_PKG_VERSION");
    let field =
        |name: &str| run(Command::new("dpkg-deb").arg("-f").arg(&package).arg(name)).trim().to_owned();
    assert_eq!(field("Version"), version);
    assert_eq!(field("Depends"), "libc6 (>= 2.36), libgcc-s1");
    assert!(tarball.to_string_lossy().contains(&format!("sysadm-iocage-{version}-linux-")));
    for (listed, is_package) in [
        (run(Command::new("dpkg-deb").arg("-c").arg(&package)), true),
        (run(Command::new("tar").arg("-tvzf").arg(&tarball)), false),
    ] {
        let mut files = BTreeSet::new();
        for line in listed.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [mode, owner, _, day, _, path] = words[..] else { panic!("{line}") };
            assert!(["root/root", "0/0"].contains(&owner) && day == "2001-09-09", "{line}");
            if mode.starts_with('d') {
                assert!(is_package && mode == "drwxr-xr-x", "{line}");
                continue;
            }
            let runs = ["/sbin/", "/libexec/", "/modules/"].iter().any(|part| path.contains(part));
            assert_eq!(mode, if runs { "-rwxr-xr-x" } else { "-rw-r--r--" }, "{line}");
            assert!(files.insert(path.trim_start_matches("./").to_owned()), "{line}");
        }
        assert_eq!(files, expected());
    }
}

/// The folders under /usr/local that Debian has from the start, and no package.
const OF_THE_SYSTEM: [&str; 10] =
    ["bin", "etc", "games", "include", "lib", "sbin", "share", "share/man", "src", "share/info"];

/// A system with nothing in it but those folders, for `dpkg`.
fn a_system(at: &Path, folders: &[&str]) {
    for path in ["usr", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
        fs::create_dir_all(at.join(path)).expect("made");
    }
    fs::write(at.join("var/lib/dpkg/status"), "").expect("written");
    for path in folders {
        fs::create_dir_all(at.join("usr/local").join(path)).expect("made");
    }
}

fn dpkg(system: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("dpkg");
    command.arg(format!("--root={}", system.display())).args(["--log=/dev/null", "--force-not-root"]);
    // It has no libc that anybody would have installed there, and no shell.
    command.args(["--force-depends", "--force-bad-path", "--force-script-chrootless", "--no-triggers"]);
    run(command.args(arguments))
}

/// All that is in a folder.
fn inside(folder: &Path) -> BTreeSet<String> {
    let found = run(Command::new("find").arg(folder).args(["-mindepth", "1", "-printf", "%P %m\n"]));
    found.lines().map(str::to_owned).collect()
}

/// Folders that are nobody's stay as they are, and where one is not there it is made and stays.
#[test]
fn what_was_there_is_there_when_it_has_gone() {
    if !is_debian() {
        return;
    }
    let folder = Folder::new();
    run(built(&folder.0).arg(folder.0.join("out")));
    let [package, _] = made(&folder.0.join("out"));
    let package = package.to_str().expect("our own name");
    let of_zsh = [&OF_THE_SYSTEM[..], &["share/zsh", "share/zsh/site-functions", "../share/zsh"]].concat();
    for (name, folders) in [("debian", &OF_THE_SYSTEM[..]), ("with zsh", &of_zsh), ("bare", &[])] {
        let system = folder.0.join(name);
        a_system(&system, folders);
        let before = inside(&system.join("usr"));
        dpkg(&system, &["-i", package]);
        dpkg(&system, &["-i", package]);
        dpkg(&system, &["--remove", "sysadm-iocage"]);
        dpkg(&system, &["--purge", "sysadm-iocage"]);
        let after = inside(&system.join("usr"));
        assert!(before.is_subset(&after), "{name}: {before:?} and then {after:?}");
        let made: Vec<_> = after.difference(&before).map(String::as_str).collect();
        let bare = ["", "/etc", "/include", "/lib", "/sbin", "/share", "/share/man"];
        let expected =
            if name == "bare" { bare.map(|path| format!("local{path} 755")).to_vec() } else { Vec::new() };
        assert_eq!(made, expected, "{name}");
        // At once, too.
        dpkg(&system, &["-i", package]);
        dpkg(&system, &["--purge", "sysadm-iocage"]);
        assert_eq!(inside(&system.join("usr")), after, "{name}");
    }
}

/// When the package goes, the server does; not when another version comes, nor when it goes from a system that does not run.
#[test]
fn a_server_does_not_outlive_its_package() {
    if !is_debian() {
        return;
    }
    let folder = Folder::new();
    run(built(&folder.0).arg(folder.0.join("out")));
    let [package, _] = made(&folder.0.join("out"));
    run(Command::new("dpkg-deb").arg("-e").arg(&package).arg(folder.0.join("control")));
    write_program(&folder.0.join("systemctl"), "#!/bin/sh\necho \"$@\"\nexit 1\n");
    let path = format!("{}:{}", folder.0.display(), std::env::var("PATH").expect("a PATH"));
    let prerm = |root: &str, words: &[&str]| {
        let mut command = Command::new(folder.0.join("control/prerm"));
        run(command.args(words).env("PATH", &path).env("DPKG_ROOT", root))
    };
    assert_eq!(prerm("", &["remove"]), "disable --now sysadmd.service\n");
    assert_eq!(prerm("", &["upgrade", "0.2.0"]), "");
    assert_eq!(prerm("/nonexistent", &["remove"]), "");
}

/// Into a system in which there is nothing, and out of it.
#[test]
fn it_is_installed_and_removed_and_a_host_in_c_is_built_with_it() {
    if !is_debian() {
        return;
    }
    let folder = Folder::new();
    run(built(&folder.0).arg(folder.0.join("out")));
    let [package, _] = made(&folder.0.join("out"));
    let system = folder.0.join("system");
    a_system(&system, &[]);
    let dpkg = |arguments: &[&str]| dpkg(&system, arguments);
    dpkg(&["-i", package.to_str().expect("our own name")]);
    let local = system.join("usr/local");
    for file in expected() {
        assert!(system.join(&file).is_file(), "{file}");
    }
    assert_eq!(dpkg(&["--verify", "sysadm-iocage"]), "", "each file has the digest that the package says");
    // What the administrator has changed stays, whether the package comes again or goes.
    let sample = local.join("etc/sysadmd.json.sample");
    let text = fs::read_to_string(&sample).expect("installed");
    assert!(!text.contains('@') && !text.contains("wheel") && !text.contains("operator"), "{text}");
    fs::write(&sample, "mine").expect("written");
    dpkg(&["--force-confold", "-i", package.to_str().expect("our own name")]);
    assert_eq!(fs::read_to_string(&sample).expect("still there"), "mine");
    let unit = fs::read_to_string(local.join("lib/systemd/system/sysadmd.service")).expect("installed");
    assert!(
        unit.contains("ExecStart=/usr/local/sbin/sysadmd --config /usr/local/etc/sysadmd.json\n"),
        "{unit}"
    );
    for (file, shell) in [
        ("bash-completion/completions/sysadmctl", "bash"),
        ("fish/vendor_completions.d/sysadmctl.fish", "fish"),
        ("zsh/site-functions/_sysadmctl", "zsh"),
    ] {
        let text = fs::read_to_string(local.join("share").join(file)).expect("installed");
        assert_eq!(text, format!("completion {shell}\n"));
    }
    lead_somewhere(&local.join("share/doc/sysadm-iocage"));
    builds_in_c(&folder.0, &system);
    dpkg(&["-r", "sysadm-iocage"]);
    let left: Vec<_> = expected().into_iter().filter(|file| system.join(file).exists()).collect();
    assert_eq!(left, ["usr/local/etc/sysadmd.json.sample"], "what one has changed");
    dpkg(&["--purge", "sysadm-iocage"]);
    assert!(!local.join("etc/sysadmd.json.sample").exists());
}

/// By what pkg-config and CMake are told, where those are.
fn builds_in_c(folder: &Path, system: &Path) {
    let mut flags = vec![format!("-I{}", system.join("usr/local/include/sysadm").display())];
    if is_installed("pkg-config") {
        let mut command = Command::new("pkg-config");
        command.args(["--cflags", "--libs", "sysadm-class"]).env("PKG_CONFIG_SYSROOT_DIR", system);
        command.env("PKG_CONFIG_LIBDIR", system.join("usr/local/lib/pkgconfig"));
        flags = run(&mut command).split_whitespace().map(str::to_owned).collect();
        let header = system.join("usr/local/include/sysadm");
        assert!(flags.contains(&format!("-I{}", header.display())), "{flags:?}");
    }
    let mut cc = compiler("cc");
    cc.args(["-std=c11", "-pthread", "-o"])
        .arg(folder.join("host"))
        .arg(root().join("host-example/c/host.c"));
    run(cc.args(flags));
    if !is_installed("cmake") {
        skipped!("cmake is not installed, so what the package has for it is not tried");
        return;
    }
    let project = folder.join("project");
    fs::create_dir(&project).expect("made");
    let text = "cmake_minimum_required(VERSION 3.16)\nproject(none NONE)\nfind_package(SysadmClass 1.0 REQUIRED)\n\
                get_target_property(headers SysadmClass::headers INTERFACE_INCLUDE_DIRECTORIES)\n\
                message(STATUS \"headers in ${headers}\")\n";
    fs::write(project.join("CMakeLists.txt"), text).expect("written");
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(&project).arg("-B").arg(project.join("build"));
    let said = run(cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", system.join("usr/local").display())));
    let headers = system.join("usr/local/include/sysadm");
    assert!(said.contains(&format!("headers in {}\n", headers.display())), "{said}");
}

/// What is not built, or does not print what it is to print, is said, and nothing is left.
#[test]
fn what_is_missing_is_said_and_leaves_nothing() {
    if !is_debian() {
        return;
    }
    let folder = Folder::new();
    let out = folder.0.join("out");
    let ctl = folder.0.join("mute");
    write_program(&ctl, "#!/bin/sh\nexit 3\n");
    for (variable, path, said) in [
        ("MODULE", Path::new("/nonexistent/module"), "/nonexistent/module"),
        ("SERVER", Path::new("/nonexistent/sysadmd"), "/nonexistent/sysadmd"),
        ("CTL", &ctl, "does not print what completes it for bash"),
    ] {
        let output = built(&folder.0).env(variable, path).arg(&out).output().expect("sh runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(said), "{variable}: {told}");
        assert_eq!(fs::read_dir(&out).expect("made").count(), 0, "{variable}");
    }
    let output = built(&folder.0).output().expect("sh runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage: include/package/linux/make OUT"));
}
