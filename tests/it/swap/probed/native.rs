//! The hosts in C and C++ have a module tried by another process as the one in Rust does, with the
//! same words, and replace theirs by what was well there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sysadm_class::host::Door;
use sysadm_class::trust;
use sysadm_host::Obstacle;

use super::super::stand::{CLASS, GOOD, registry, small};
use super::{SPOILED, tried};
use crate::support::{C11, CXX17, Folder, Running, artifacts, compile, write_program};

/// The hosts in C and C++ refuse it by the same program, in the same words.
#[test]
fn the_hosts_in_c_and_cpp_try_it_alike() {
    let folder = Folder::new();
    let [c, cpp, swapped] = [
        (C11, "host-example/c/host.c"),
        (CXX17, "host-example/cpp/host.cpp"),
        (CXX17, "tests/cpp/swapped.cpp"),
    ]
    .map(|(language, source)| {
        let program = folder.0.join(source.replace('/', "-"));
        compile(language, source, &program, &["-pthread", "-ldl"]);
        program
    });
    let good = small(&folder, CLASS, "1", GOOD);
    let (check, registry) = (&artifacts().check, registry(&folder, tried(Door::C)));
    registry.load(&good, "").expect("a good one");
    let rows: Vec<_> = SPOILED.iter().filter(|row| row.1 != Obstacle::Identity).collect();
    let paths: Vec<_> = rows.iter().map(|row| small(&folder, CLASS, "2", row.0)).collect();
    let output = Command::new(&swapped)
        .env("PROBE", check)
        .arg(&folder.0)
        .args(["", "{}"])
        .arg(&good)
        .args(&paths)
        .output()
        .expect("it runs");
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{log}");
    let expected: Vec<_> =
        paths.iter().map(|path| registry.swap(None, path).expect_err("it is spoiled").why).collect();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    // At their start they try what they do then.
    for program in [&c, &cpp] {
        let start = |path: &Path, check: &str| {
            let output = Command::new(program).args(["-p", check]).arg(path).args(["", "{}"]).output();
            let output = output.expect("it runs");
            (String::from_utf8_lossy(&output.stderr).trim_end().to_owned(), output.status.code())
        };
        let check = check.to_str().expect("our own");
        assert_eq!(start(&good, check), (String::new(), Some(0)));
        for (row, path) in rows.iter().zip(&paths).filter(|(row, _)| row.2.contains("loaded")) {
            let expected =
                format!("{} cannot be used: the process in which it was tried {}", path.display(), row.2);
            assert_eq!(start(path, check), (expected, Some(1)));
        }
        for (prober, part) in [
            ("/nonexistent/check", "which is not started as root: /nonexistent does not exist"),
            ("plugin-check", "which is no absolute path"),
            ("/bin/true", "which ended with exit status 0"),
            ("/bin/false", "which ended with exit status 1"),
        ] {
            let (said, code) = start(&good, prober);
            let part =
                if trust::effective_user() == 0 { part } else { part.split(':').next().expect("text") };
            assert!(said.contains(part) || part.contains("as root"), "{prober}: {said}");
            assert_eq!(code, Some(1), "{said}");
        }
    }
}

/// `tests/c/prober.c`: what sysadm_class_probe.h says of a module that a program tries.
fn in_c(folder: &Folder) -> impl Fn(&Path, &Path, &str) -> String {
    let asks = folder.0.join("asks");
    compile(C11, "tests/c/prober.c", &asks, &["-ldl"]);
    move |prober, module, limit| {
        let output = Command::new(&asks).arg(prober).arg(module).arg(limit).output().expect("it runs");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }
}

/// The header walks to the program alone, so root starts none that another interprets.
#[test]
fn in_c_no_script_tries_a_module_as_root() {
    if trust::effective_user() != 0 {
        crate::support::skipped!("whoever is not root may start what it likes");
        return;
    }
    let folder = Folder::new();
    let said = in_c(&folder);
    let (ran, theirs) = (folder.0.join("ran"), folder.0.join("theirs"));
    write_program(&theirs, &format!("#!/bin/sh\n: >{}\necho taken\n", ran.display()));
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o777)).expect("ours");
    let module = small(&folder, CLASS, "1", GOOD);
    for (name, text) in [("bare", format!("#!{}", theirs.display())), ("usual", "#!/bin/sh\n".to_owned())] {
        let prober = folder.0.join(name);
        write_program(&prober, &text);
        let expected = format!(
            "{} cannot be used: it was to be tried by {1}, which is not started as root: {1} is a script, \
             and what interprets it is not looked at",
            module.display(),
            prober.display()
        );
        assert_eq!(said(&prober, &module, "0"), expected);
    }
    assert!(!ran.exists());
    assert_eq!(said(&artifacts().check, &module, "0"), "taken");
}

/// The two seconds that are added to it make no small one of it.
#[test]
fn in_c_the_longest_limit_is_a_long_one() {
    let folder = Folder::new();
    let (said, module) = (in_c(&folder), small(&folder, CLASS, "1", GOOD));
    for limit in [u64::MAX - 1999, u64::MAX] {
        assert_eq!(said(&artifacts().check, &module, &limit.to_string()), "taken", "{limit}");
    }
    // Where it tells: what takes longer than what is left of them without that.
    let slow = small(&folder, CLASS, "1", "nanosleep(&(struct timespec){2, 500000000}, 0)");
    assert_eq!(said(&artifacts().check, &slow, &u64::MAX.to_string()), "taken");
}

/// And while they run, when they get a SIGHUP.
#[test]
fn the_hosts_in_c_and_cpp_replace_what_was_well_in_another_process() {
    let folder = Folder::new();
    let installed = folder.0.join("installed.so");
    let put = |version: &str, spoil: &str| {
        fs::rename(small(&folder, CLASS, version, spoil), &installed).expect("renamed");
    };
    for (language, source) in [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")] {
        let program = folder.0.join(language.0);
        compile(language, source, &program, &["-pthread", "-ldl"]);
        put("1", GOOD);
        let flags = ["-p", artifacts().check.to_str().expect("UTF-8")];
        let mut host = Running::new(&program, &flags, &installed, &folder.0);
        let answer = |version: &str| format!("200 {{\"version\":\"{version}\"}}\n");
        assert_eq!(host.ask(), answer("1"));
        let steps = [
            ("2", GOOD, "replaced by 2"),
            ("3", "fault = HEALTH_ABORTS", "was ended by SIGABRT when it was asked for its health"),
            ("3", "fault = IMPORT_ABORTS", "was ended by SIGABRT when it took over the state"),
        ];
        for (version, spoil, part) in steps {
            put(version, spoil);
            host.replace();
            let until = Instant::now() + Duration::from_secs(120);
            while !host.said().contains(part) {
                assert!(Instant::now() < until, "{source}: no {part:?}");
                std::thread::sleep(Duration::from_millis(20));
                host.ask();
            }
            assert_eq!(host.ask(), answer("2"), "{source}: {part}");
        }
        assert!(host.ends_well(), "{source}");
    }
    let left = fs::read_dir(&folder.0).expect("there").flatten();
    assert!(!left.into_iter().any(|entry| entry.file_name().to_string_lossy().contains(".sysadm-module")));
}
