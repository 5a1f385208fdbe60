//! `--check`: what it looks at, and what it leaves.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::stand::{Folder, WAIT, kill};

/// A folder with what looks like a module, and a program that is to try it; `$1` of that is the folder.
fn with_prober(name: &str, lines: &str, mut more: Value) -> Folder {
    let folder = Folder::new(name);
    fs::copy(env!("CARGO_BIN_EXE_sysadmd"), folder.at("lib/one.so")).expect("copied");
    folder.program("prober", &format!("#!/bin/sh\nset -- {}\n{lines}\n", folder.0.display()));
    more["modules"] = json!({"prober": folder.at("prober")});
    folder.configure(&more);
    folder
}

fn check(folder: &Folder, word: &str) -> (Output, String) {
    let output = folder.command().arg(word).stderr(Stdio::piped()).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + WAIT;
    while !is_so() {
        assert!(Instant::now() < until, "it never {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The folders of processes in that of the copies.
fn copies(run: &Path) -> Vec<String> {
    let all = fs::read_dir(run.join("modules")).into_iter().flatten().flatten();
    all.filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn that_of_the_configuration_runs_nothing_and_finds_the_rest() {
    let folder =
        with_prober("check-config", "touch $1/tried; exit 2", json!({"limited_group": "no-such-group"}));
    let tried = folder.at("tried");
    let (output, said) = check(&folder, "--check=config");
    assert!(output.status.success() && said.contains("hint: `limited_group`"), "{said}");
    assert!(!said.contains("one.so") && !tried.exists() && !folder.at("run").exists(), "{said}");
    for word in ["--check", "--check=all"] {
        let (output, said) = check(&folder, word);
        assert!(output.status.success() && said.contains("hint: passed over: ") && tried.exists(), "{said}");
        assert!(!folder.at("run").exists(), "it leaves nothing");
        fs::remove_file(&tried).expect("it was there");
    }
    folder.write("accounts", "{");
    let (output, said) = check(&folder, "--check=config");
    assert!(output.status.success() && said.contains("nobody could log in"), "{said}");
    folder.write("config.json", "{");
    assert_eq!(check(&folder, "--check=config").0.status.code(), Some(1));
    assert_eq!(check(&folder, "--check=modules").0.status.code(), Some(2));
}

/// A server that serves reads its files again without these; what it would be refused for then refuses its check, too.
#[test]
fn what_a_reload_does_not_touch_does_not_refuse_it() {
    let folder = Folder::new("check-reload");
    folder.write("file", "somebody's");
    let tls = json!({
        "listen": ["127.0.0.1:0"], "user": "no-such-user", "certificate": folder.at("cert"), "key": folder.at("key"),
    });
    folder.configure(&json!({
        "socket": {"path": folder.at("file"), "group": "no-such-group"}, "run": folder.at("file"), "tls": tls,
        "modules": {"folders": [folder.at("none")]},
    }));
    let is_root = nix::unistd::geteuid().is_root();
    let of_root = if is_root { &["no-such-user", "`socket.group`"][..] } else { &[] };
    let keys = [&["`socket.path`", "`run`", "`modules.folders`"], of_root].concat();
    let has = |said: &str, word: &str, key: &str| {
        said.lines().any(|line| line.contains(&format!(": {word}: ")) && line.contains(key))
    };
    let (output, said) = check(&folder, "--check=config");
    assert!(output.status.success(), "{said}");
    assert!(
        keys.iter().all(|key| has(&said, "hint", key)) && said.contains("the next start would fail"),
        "{said}"
    );
    let (output, said) = check(&folder, "--check");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(keys.iter().all(|key| has(&said, "fault", key)), "{said}");
    folder.write("cert", "none");
    let (output, said) = check(&folder, "--check=config");
    assert!(output.status.code() == Some(1) && said.contains("fault: cannot read "), "{said}");
}

/// Links that lead nowhere are not written through, at a start, which a check is to tell before.
#[test]
fn a_certificate_and_a_key_that_lead_nowhere_are_faults() {
    let folder = Folder::new("check-links");
    let tls = json!({"listen": ["127.0.0.1:0"], "certificate": folder.at("cert"), "key": folder.at("key")});
    folder.configure(&json!({"tls": tls}));
    assert!(check(&folder, "--check=config").0.status.success(), "both would be made");
    for name in ["cert", "key"] {
        std::os::unix::fs::symlink(folder.at("none"), folder.at(name)).expect("a link");
    }
    let started = folder.command().stderr(Stdio::piped()).output().expect("it ends");
    let started = String::from_utf8_lossy(&started.stderr).into_owned();
    let why = format!("cannot read {}: ", folder.at("cert").display());
    assert!(started.contains(&why), "{started}");
    for word in ["--check", "--check=config"] {
        let (output, said) = check(&folder, word);
        assert!(output.status.code() == Some(1) && said.contains(&format!("fault: {why}")), "{said}");
    }
}

#[test]
fn what_a_killed_one_leaves_the_next_one_removes() {
    let lines = "[ -e $1/go-on ] && exit 2
        echo $$ > $1/tried.new; mv $1/tried.new $1/tried; exec sleep 600";
    let folder = with_prober("check-killed", lines, json!({}));
    let (deep, tried) = ("deep/er/run", folder.at("tried"));
    let run = folder.at(deep);
    folder.configure(&json!({"run": run, "modules": {"prober": folder.at("prober")}}));
    // Nothing is taken from the mask of whoever starts it.
    let mut open = Command::new("sh");
    open.args(["-c", "umask 0; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_sysadmd"), "--check", "--config"]);
    open.arg(folder.at("config.json")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = open.spawn().expect("it runs");
    until("tries", || tried.exists());
    for (path, mode) in [("deep", 0o755), ("deep/er", 0o755), (deep, 0o755), ("deep/er/run/modules", 0o700)] {
        let found = fs::metadata(folder.at(path)).expect("it was made").permissions().mode() & 0o777;
        assert_eq!(found, mode, "{path}: {found:o}");
    }
    child.kill().expect("our child");
    child.wait().expect("our child");
    let prober = fs::read_to_string(&tried).expect("its number");
    kill("KILL", prober.trim().parse().expect("a number"));
    let left = copies(&run);
    assert_eq!(left.len(), 1, "{left:?}");
    fs::write(folder.at("go-on"), "").expect("written");
    assert!(check(&folder, "--check").0.status.success());
    assert_eq!(copies(&run), [""; 0], "of {left:?}");
    assert!(run.exists(), "it was there before");
}

#[test]
fn in_a_folder_that_is_refused_nothing_is_touched() {
    let folder = with_prober("check-refused", "exit 2", json!({}));
    fs::create_dir(folder.at("run")).expect("made");
    fs::set_permissions(folder.at("run"), fs::Permissions::from_mode(0o777)).expect("its mode");
    if !nix::unistd::geteuid().is_root() {
        crate::skipped::tell("only root's folder is refused for who else could write in it");
        return;
    }
    // Of others' names none is to be guessed, not even one with its own number.
    let mut command = Command::new("sh");
    let lines = "mkdir -p \"$1/check-$$/x\" \"$1/modules/1-2\"; exec \"$2\" --check --config \"$3\"";
    command.args(["-c", lines, "sh"]).arg(folder.at("run")).arg(env!("CARGO_BIN_EXE_sysadmd"));
    let output = command.arg(folder.at("config.json")).output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("fault: `run`: "), "{said}");
    let kept = fs::read_dir(folder.at("run")).expect("there").count();
    assert!(kept == 2 && folder.at("run/modules/1-2").exists(), "{said}");
}

/// Beside the socket lies a lock, in whose place something else may lie.
#[test]
fn what_lies_in_the_place_of_the_lock_is_a_fault_as_at_a_start() {
    let folder = Folder::new("check-lock");
    folder.configure(&json!({}));
    let lock = folder.at("sock.lock");
    for what in ["link", "folder"] {
        let why = format!("cannot lock {}: ", lock.display());
        match what {
            "link" => std::os::unix::fs::symlink(folder.at("none"), &lock).expect("a link"),
            _ => fs::create_dir(&lock).expect("a folder"),
        }
        let started = folder.command().stderr(Stdio::piped()).output().expect("it ends");
        let started = String::from_utf8_lossy(&started.stderr).into_owned();
        let (_, rest) = started.split_once(&why).unwrap_or_else(|| panic!("{started}"));
        let rest = rest.lines().next().expect("why");
        assert!(what != "link" || rest == "a link is in its place", "{started}");
        let (output, said) = check(&folder, "--check");
        assert!(output.status.code() == Some(1) && said.contains(&format!("{why}{rest}")), "{said}");
        let (output, said) = check(&folder, "--check=config");
        assert!(output.status.success() && said.contains("; the next start would fail"), "{said}");
        let gone = if what == "link" { fs::remove_file(&lock) } else { fs::remove_dir(&lock) };
        gone.expect("it was there");
    }
    assert!(check(&folder, "--check").0.status.success() && !lock.exists());
}

/// What cannot be made where it is to be, or as it is to be called.
#[test]
fn what_a_start_cannot_make_is_a_fault_before_it() {
    let folder = Folder::new("check-made");
    let none = folder.at("none");
    let long = folder.at(&"x".repeat(200));
    let tls = |more: Value| {
        let mut tls =
            json!({"listen": ["127.0.0.1:0"], "certificate": folder.at("cert"), "key": folder.at("key")});
        tls.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        json!({ "tls": tls })
    };
    for (more, part) in [
        (json!({"socket": {"path": none.join("sock")}}), "cannot listen at"),
        (json!({"socket": {"path": long}}), "cannot listen at"),
        (json!({"run": folder.at(&"r".repeat(90)), "tls": tls(json!({}))["tls"]}), "front.sock"),
        (tls(json!({"certificate": none.join("cert")})), "cannot make a certificate"),
        (tls(json!({"key": none.join("key")})), "cannot make a certificate"),
        (tls(json!({"names": ["\u{fc}"]})), "cannot make a certificate: \"\u{fc}\""),
    ] {
        folder.configure(&more);
        let (output, said) = check(&folder, "--check");
        assert!(
            output.status.code() == Some(1) && said.contains("fault: ") && said.contains(part),
            "{more}: {said}"
        );
        let (output, said) = check(&folder, "--check=config");
        assert!(output.status.success() && said.contains("; the next start would fail"), "{more}: {said}");
        let started = folder.command().stderr(Stdio::piped()).output().expect("it ends");
        let started = String::from_utf8_lossy(&started.stderr).into_owned();
        assert!(started.contains(part), "{more}: {started}");
        for made in ["cert", "key"] {
            assert!(!folder.at(made).exists(), "{more}");
        }
    }
    // What a start makes before is there then.
    let run = folder.at("deep/run");
    let made = json!({"run": run, "socket": {"path": run.join("sock")}, "tls": tls(json!({"key": run.join("key")}))["tls"]});
    folder.configure(&made);
    let (output, said) = check(&folder, "--check");
    assert!(output.status.success() && !run.exists(), "{said}");
    folder.configure(&json!({"modules": {"prober": none}}));
    for word in ["--check", "--check=config"] {
        let (output, said) = check(&folder, word);
        assert!(output.status.success() && said.contains("hint: `modules.prober`: "), "{said}");
    }
}

/// Of a module that refuses its configuration the class is known, and there.
#[test]
fn a_class_whose_module_was_passed_over_is_not_called_one_that_there_is_not() {
    let beside = |name: &str| Path::new(env!("CARGO_BIN_EXE_sysadmd")).with_file_name(name);
    let (module, prober) = (beside("libsysadm_iocage.so"), beside("plugin-check"));
    if !module.exists() || !prober.exists() {
        crate::skipped::tell("module or plugin-check is not built");
        return;
    }
    let folder = Folder::new("check-passed");
    fs::copy(module, folder.at("lib/sysadm_iocage.so")).expect("copied");
    let told = |classes: &Value| {
        folder.configure(&json!({"modules": {"prober": prober, "classes": classes}}));
        let (output, said) = check(&folder, "--check");
        assert!(output.status.success(), "{said}");
        said
    };
    let said = told(&json!({"sysadm/iocage": {"mount_source": []}}));
    assert!(said.contains("hint: passed over: ") && said.contains("mount_source"), "{said}");
    let its = "\"sysadm/iocage\" does not serve, for its module was passed over (create-failed)";
    assert!(said.contains(its) && !said.contains("no module is of the class"), "{said}");
    let said = told(&json!({"sysadm/iocage": {"mount_source": []}, "sysadm/other": {}}));
    assert!(said.contains(its) && said.contains("no module is of the class \"sysadm/other\""), "{said}");
}
