//! The hosts in C and in C++, which take the same command line: all actions, under
//! valgrind and under a sanitizer, a file of requests, rights, the log, time limits,
//! cancellation, and for the C++ one the replacement of the module while it runs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::process::heeds_signals;
use crate::support::{
    C11, CXX17, Folder, Machine, STORY, artifacts, compile, is_installed, module_file, module_in_c, root,
    sanitizer, spoiled_table, without_tools, write_program,
};

/// A host's language, source, and how it calls itself here.
const HOSTS: [(crate::support::Language<'_>, &str); 2] =
    [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")];

/// Both hosts, compiled as their own comments say, with further flags.
fn hosts(folder: &Folder, flags: &[&str]) -> Vec<PathBuf> {
    let compiled = HOSTS.map(|(language, source)| {
        let program =
            folder.0.join(Path::new(source).file_name().expect("a name")).with_extension(language.0);
        compile(language, source, &program, &[flags, &["-pthread", "-ldl"]].concat());
        program
    });
    compiled.to_vec()
}

fn empty_machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}]}))
}

/// What is refused at every stage, from no JSON to what iocage itself would not do.
const MISTAKES: [&str; 8] = [
    "no JSON",
    "[]",
    r#"{"action":"nosuch"}"#,
    r#"{"action":"startjail"}"#,
    r#"{"action":"startjail","jail":5}"#,
    r#"{"action":"startjail","jail":"nosuch"}"#,
    r#"{"action":"createjail","props":"notes=$(x)"}"#,
    r#"{"action":"createjail","props":"release=nosuch"}"#,
];

/// The story and the mistakes, each told to a host that is started by this command
/// line: all is answered, and whatever watches over the host has nothing to say.
fn assert_tells(command: &[&OsStr]) {
    for requests in [&STORY[..], &MISTAKES] {
        let machine = empty_machine();
        let mut host = Command::new(command[0]);
        host.args(&command[1..]).arg(&artifacts().module).arg(machine.config()).args(requests);
        let output = host.output().expect("it runs");
        if requests.len() == STORY.len() {
            assert_told(&output);
        } else {
            let text = String::from_utf8_lossy(&output.stdout);
            let errors = text.lines().filter(|line| line.contains("\"error\":")).count();
            assert_eq!((errors, output.status.code()), (MISTAKES.len(), Some(1)), "{output:?}");
        }
        let refused = Command::new(command[0])
            .args(&command[1..])
            .arg(&artifacts().module)
            .args([r#"{"iocgae":1}"#, STORY[0]])
            .output()
            .expect("it runs");
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    }
}

/// Did a host answer the whole story well?
fn assert_told(output: &Output) {
    let (text, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && !text.contains("\"error\""), "{text}{log}");
    assert_eq!(text.lines().filter(|line| line.starts_with("200 {")).count(), STORY.len(), "{text}");
}

#[test]
fn both_run_all_actions_from_arguments_and_from_a_file() {
    let folder = Folder::new();
    let file = folder.0.join("requests");
    std::fs::write(&file, STORY.join("\n\n")).expect("written");
    for host in hosts(&folder, &[]) {
        for from_file in [false, true] {
            let machine = empty_machine();
            let mut command = Command::new(&host);
            if from_file {
                command.arg("-f").arg(&file);
            }
            command.arg(&artifacts().module).arg(machine.config());
            if !from_file {
                command.args(STORY);
            }
            assert_told(&command.output().expect("it runs"));
        }
    }
}

#[test]
fn valgrind_finds_nothing_in_them() {
    if !is_installed("valgrind") {
        crate::support::skipped!("valgrind is not installed");
        return;
    }
    let valgrind = [
        "valgrind",
        "--quiet",
        "--error-exitcode=99",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite",
    ];
    let folder = Folder::new();
    for host in hosts(&folder, &[]) {
        let command: Vec<_> = valgrind.iter().map(AsRef::as_ref).chain([host.as_os_str()]).collect();
        assert_tells(&command);
        if host.extension().is_some_and(|language| language == CXX17.0) {
            assert_replaces(&command);
        }
    }
}

#[test]
fn the_address_sanitizer_finds_nothing_in_them() {
    let Some(flags) = sanitizer("address") else { return };
    let folder = Folder::new();
    for host in hosts(&folder, &flags) {
        assert_tells(&[host.as_os_str()]);
        if host.extension().is_some_and(|language| language == CXX17.0) {
            assert_replaces(&[host.as_os_str()]);
        }
    }
}

#[test]
fn rights_log_levels_and_misuse() {
    let (folder, machine) = (Folder::new(), empty_machine());
    let run = |host: &Path, arguments: &[&str]| {
        let output = Command::new(host).args(arguments).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr), output.status.code())
    };
    let module = artifacts().module.to_str().expect("our own name");
    let config = machine.config();
    for host in hosts(&folder, &[]) {
        let (out, log, code) = run(&host, &["-r", module, &config, r#"{"action":"cleanall"}"#]);
        assert!(
            out.starts_with("403 ") && log.contains("refused: cleanall") && code == Some(1),
            "{out}{log}"
        );
        assert!(machine.calls().is_empty());
        let clean = r#"{"action":"cleantemplates"}"#;
        let (_, log, _) = run(&host, &[module, &config, clean]);
        assert_eq!(log, "", "warnings only");
        let (_, log, _) = run(&host, &["-v", module, &config, clean]);
        assert!(log.contains("info ") && log.contains("cleantemplates") && !log.contains("debug "), "{log}");
        let (_, log, _) = run(&host, &["-v", "-v", module, &config, clean]);
        assert!(log.contains("debug ") && log.contains("[\"clean\""), "{log}");
        machine.calls();

        for arguments in [&["-x"][..], &[module], &[module, ""]] {
            let (_, log, code) = run(&host, arguments);
            assert!(log.contains("usage:") && code == Some(2), "{arguments:?}: {log}");
        }
        let (out, log, code) = run(&host, &[module, r#"{"iocgae":1}"#, clean]);
        assert!((out + &log).contains("iocgae") && code == Some(1), "{log}");
        let (_, log, code) = run(&host, &["/nonexistent.so", "", clean]);
        assert!(log.contains("/nonexistent.so") && code == Some(1), "{log}");
    }
}

/// A class that says that all is well and gives no instance, and one that says not
/// even who it is: nothing was answered, so the exit status is not 0.
#[test]
fn a_class_that_breaks_its_word_is_no_success() {
    let folder = Folder::new();
    let mut number = 0;
    for (spoil, said) in [
        ("fault = CREATE_GIVES_NOTHING", ""),
        ("table.name.len = 0", "broken.so"),
        ("fault = DISPATCH_BREAKS_WORD", "broke the contract"),
    ] {
        number += 1;
        let module = spoiled_table(&folder, &format!("{number}-broken"), spoil);
        for host in hosts(&folder, &[]) {
            let output = Command::new(&host).arg(&module).args(["", "{}"]).output().expect("it runs");
            let log = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(1) && log.contains(said), "{spoil}: {output:?}");
        }
    }
}

/// An iocage that says which it is and then takes its time for everything, and the
/// configuration that names it.
fn slow_iocage(folder: &Folder, machine: &Machine) -> String {
    let program = folder.0.join("iocage");
    let real = machine.iocage_text();
    write_program(
        &program,
        &format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && exec {real} \"$@\"\n: > \"$0.began\"\nexec sleep 60\n"
        ),
    );
    without_tools(json!({"direct": "off", "iocage": program})).to_string()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}

fn wait_for(path: &Path) {
    let since = Instant::now();
    while !path.exists() {
        assert!(since.elapsed() < Duration::from_secs(20), "no {}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_time_limit_and_a_signal_end_a_request_that_takes_too_long() {
    let (folder, machine) = (Folder::new(), empty_machine());
    let config = slow_iocage(&folder, &machine);
    let began = folder.0.join("iocage.began");
    for host in hosts(&folder, &[]) {
        let start = |limit: &[&str]| {
            let _ = std::fs::remove_file(&began);
            heeds_signals(&mut Command::new(&host))
                .args(limit)
                .arg(&artifacts().module)
                .args([&config, r#"{"action":"df"}"#, r#"{"action":"listjails"}"#])
                .stdout(Stdio::piped())
                .spawn()
                .expect("it runs")
        };
        let since = Instant::now();
        let limited = start(&["-t", "300"]).wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&limited.stdout).into_owned();
        assert_eq!(text.matches("\"timed-out\"").count(), 2, "{text}");

        let child = start(&[]);
        wait_for(&began);
        signal(&child, "INT");
        let cancelled = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&cancelled.stdout).into_owned();
        assert!(
            text.contains("\"cancelled\"") && text.lines().count() == 1,
            "the second is left out: {text}"
        );
        assert_eq!(cancelled.status.code(), Some(128 + libc::SIGINT));
        assert!(since.elapsed() < Duration::from_secs(40), "nobody waited for the program");
    }
}

#[test]
fn the_cpp_host_replaces_its_module_on_sighup() {
    let folder = Folder::new();
    assert_replaces(&[hosts(&folder, &[]).remove(1).as_os_str()]);
}

/// The module's file is replaced by a rename, as an upgrade does; then by files that
/// must not take over.
fn assert_replaces(command: &[&OsStr]) {
    let (folder, machine) = (Folder::new(), empty_machine());
    let module = module_file(&folder, "module.so");
    let other = module_in_c(&folder, "include/template/c/echo.c", "other.so", &[]);
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .args(["-f", "-"])
        .arg(&module)
        .arg(machine.config())
        .env("TMPDIR", &folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = child.stdin.take().expect("piped");
    let mut out = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
    let maps = format!("/proc/{}/maps", child.id());
    let mut ask = || {
        writeln!(input, r#"{{"action":"listjails"}}"#).expect("it reads");
        let line = out.next().expect("a line").expect("UTF-8");
        assert!(line.starts_with("200 {\"listjails\""), "{line}");
    };
    ask();
    for (file, said) in [
        (Some(&artifacts().module), "replaced by "),
        (None, "replaced by "),
        (Some(&other), "it is another class: echo"),
        (Some(&machine.iocage()), "not an ELF file"),
        (Some(&artifacts().module), "replaced by "),
    ] {
        if let Some(file) = file {
            std::fs::copy(file, folder.0.join("fresh")).expect("copied");
            std::fs::rename(folder.0.join("fresh"), &module).expect("renamed");
        }
        signal(&child, "HUP");
        // Not what valgrind says of system calls that are newer than it is.
        let mut lines = log.by_ref().map(|line| line.expect("UTF-8"));
        let line = lines.find(|line| !line.starts_with("--")).expect("a line");
        assert!(line.contains(said), "{said}: {line}");
        ask();
        if let Ok(maps) = std::fs::read_to_string(&maps) {
            let copies: std::collections::BTreeSet<_> = maps
                .lines()
                .filter(|line| line.contains(".sysadm-module-") || line.contains("module.so"))
                .filter_map(|line| line.split_whitespace().nth(5))
                .collect();
            assert_eq!(copies.len(), 1, "one generation is mapped: {copies:?}");
        } else if file.is_none() {
            crate::support::skipped!("this system does not tell what another process has mapped");
        }
    }
    drop(input);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let left: Vec<_> = std::fs::read_dir(&folder.0)
        .expect("there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(".sysadm-module"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// As it is printed there.
#[test]
fn the_host_at_the_top_of_the_header_is_one() {
    let header = std::fs::read_to_string(root().join("include/sysadm_class.h")).expect("our own");
    let printed = header.split_once(" * A HOST,").and_then(|(_, rest)| rest.split_once(" *   A real one"));
    let lines = printed.expect("it begins with a host").0.lines().skip(1);
    let lines: Vec<_> =
        lines.map(|line| line.trim_start_matches(" *").strip_prefix("   ").unwrap_or("")).collect();
    assert!(lines.iter().filter(|line| !line.is_empty()).count() <= 20, "{lines:#?}");
    let folder = Folder::new();
    let source = folder.0.join("host.c");
    std::fs::write(&source, lines.join("\n") + "\n").expect("written");
    let program = folder.0.join("host");
    compile(C11, source.to_str().expect("our own name"), &program, &["-ldl"]);
    let machine = empty_machine();
    let output = Command::new(&program)
        .arg(&artifacts().module)
        .args([&machine.config(), r#"{"action":"listjails"}"#])
        .output()
        .expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "200 {\"listjails\":{}}\n");
    for (arguments, part) in [
        (&[][..], "host MODULE CONFIG ARGS"),
        (&["/nonexistent/module.so", "", "{}"], "/nonexistent/module.so"),
    ] {
        let output = Command::new(&program).args(arguments).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(part), "{said}");
    }
}

/// What close says is no answer: two requests have two lines, with a class whose close says something, too.
#[test]
fn each_line_of_theirs_is_an_answer() {
    let folder = Folder::new();
    let count = module_in_c(&folder, "include/template/c/count.c", "count.so", &["-pthread"]);
    for host in hosts(&folder, &[]) {
        let calls = [r#"{"action":"calls"}"#; 2];
        let output = Command::new(&host).arg(&count).arg("").args(calls).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let expected = "200 {\"calls\":{\"answered\":0}}\n200 {\"calls\":{\"answered\":1}}\n";
        assert!(output.status.success() && said == expected, "{}: {said}", host.display());
    }
}
