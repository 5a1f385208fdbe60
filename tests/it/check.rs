//! plugin-check, checked: it finds nothing in modules that keep the contract, and
//! in each spoiled one what was spoiled, by the name of the test that has to see
//! it. Every test of its list is seen to fail once.

mod spoiled;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use sysadm_class::abi_stable::library::ROOT_MODULE_LOADER_NAME;

use crate::support::process::called;
use crate::support::{
    C11, Folder, Machine, artifacts, compile, module_file, module_in_c, module_with_forced_panic,
    spoiled_table,
};
use spoiled::{FAULTS, TABLES};

/// The program beside the example host.
fn check(arguments: &[&str], module: &Path) -> Output {
    let program = artifacts().host.with_file_name("plugin-check");
    // Twice as long as by default: the tests beside this one want the processor, too.
    let arguments = [&["--timeout", "20"], arguments].concat();
    Command::new(program).args(arguments).arg(module).output().expect("it runs")
}

/// Its outcome as a program reads it, and its exit status.
fn outcome(arguments: &[&str], module: &Path) -> (Value, Option<i32>) {
    let output = check(&[&["--json"], arguments].concat(), module);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let value = serde_json::from_str(&text)
        .unwrap_or_else(|e| panic!("{e}: {text}{}", String::from_utf8_lossy(&output.stderr)));
    (value, output.status.code())
}

/// The tests of this result, and what is said of each.
fn those(outcome: &Value, result: &str) -> Vec<(String, String)> {
    let tests = outcome["tests"].as_array().expect("an array").iter().filter(|test| test["result"] == result);
    let word = |test: &Value, key: &str| test[key].as_str().expect("a string").to_owned();
    tests.map(|test| (word(test, "test"), word(test, "why"))).collect()
}

fn names(tests: &[(String, String)]) -> Vec<&str> {
    tests.iter().map(|(name, _)| name.as_str()).collect()
}

/// What cannot be asked of a class that describes no action.
const UNDESCRIBED: [&str; 7] = [
    "described-actions",
    "described-access",
    "described-keys",
    "described-types",
    "described-once",
    "described-numbers",
    "described-others",
];

/// What is tried with requests that take long alone.
const LONG: [&str; 3] = ["long-cancelled", "long-timed-out", "long-drained"];

/// Nothing fails, and exactly these are not run, but for those of [`LONG`].
fn assert_passes(arguments: &[&str], module: &Path, skipped: &[&str]) {
    let (outcome, code) = outcome(arguments, module);
    assert_eq!((those(&outcome, "failed"), code), (vec![], Some(0)), "{}", module.display());
    let left_out = those(&outcome, "skipped");
    let left_out: Vec<_> = names(&left_out).into_iter().filter(|name| !LONG.contains(name)).collect();
    assert_eq!(left_out, skipped, "{}", module.display());
}

/// By a request that takes long none of these fails; how each of them ended, which is the same for all.
fn ends_long(arguments: &[&str], module: &Path) -> (String, Vec<String>) {
    let only = LONG.map(|test| ["--only", test]).concat();
    let (outcome, code) = outcome(&[&only, arguments].concat(), module);
    let tests = outcome["tests"].as_array().expect("an array");
    let result = |test: &Value| test["result"].as_str().expect("a string").to_owned();
    assert!(tests.len() == LONG.len() && code == Some(0), "{}: {outcome}", module.display());
    assert!(tests.iter().all(|test| test["result"] == tests[0]["result"]), "{}: {outcome}", module.display());
    let why = tests.iter().map(|test| test["why"].as_str().expect("a string").to_owned()).collect();
    (result(&tests[0]), why)
}

#[test]
fn requests_that_take_long_are_ended() {
    let folder = Folder::new();
    let count = module_in_c(&folder, "include/template/c/count.c", "count.so", &["-pthread"]);
    let rust = artifacts().module.with_file_name("libecho_class.so");
    let small = spoiled(&folder, "NOTHING", &[]);
    let (long, wait) = (r#"{"action":"count","to":1000}"#, r#"{"action":"wait"}"#);
    for (request, module) in [(long, &count), (long, &rust), (wait, &small)] {
        let (result, why) = ends_long(&["--request", request], module);
        assert_eq!((result.as_str(), why), ("passed", vec![String::new(); 3]), "{}", module.display());
    }
    // What is done in a moment, and what is not described as long, says nothing.
    let soon = r#"{"action":"count","to":2}"#;
    for (request, module, part) in [
        (soon, &count, "was done before"),
        (r#"{"action":"calls"}"#, &count, "no given request is of an action that is described as long"),
        ("{}", &small, "no given request is of an action that is described as long"),
    ] {
        let (result, why) = ends_long(&["--request", request], module);
        assert!(result == "skipped" && why.iter().all(|why| why.contains(part)), "{why:?}");
    }
}

/// A download, of a release that takes longer than anybody waits here.
#[test]
fn a_download_of_the_plugin_is_ended() {
    let machine = Machine::new(&json!({"version": "1.13", "mirror": {"12.4-RELEASE": 600_000},
        "pools": [{"name": "tank", "active": true}]}));
    let request = r#"{"action":"createjail","fetch":true,"props":"tag=new release=12.4-RELEASE"}"#;
    let arguments = ["--config", &machine.config(), "--request", request];
    let (result, why) = ends_long(&arguments, &artifacts().module);
    assert_eq!((result.as_str(), why), ("passed", vec![String::new(); 3]));
}

/// All tests, as `--list` has them.
fn list() -> Vec<String> {
    let output = check(&["--list"], Path::new("any"));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| line.split(' ').next().expect("a name").to_owned()).collect()
}

#[test]
fn the_plugin_passes_all_of_it_over_the_simulator() {
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let config = machine.config();
    let requests = [r#"{"action":"listjails"}"#, r#"{"action":"df"}"#, r#"{"action":"getdefaultsettings"}"#];
    let requests = requests.map(|request| ["--request", request]).concat();
    // Each of its requests starts programs.
    let arguments = [&["--config", &config, "--timeout", "60"], &requests[..]].concat();
    for module in [&artifacts().module, module_with_forced_panic()] {
        assert_passes(&arguments, module, &[]);
    }
    let said = machine.shown();
    assert!(said.contains("tank"), "and the machine is what it was: {said}");
    // A panic is an answer with 500: it is a defect, and the process lives.
    let forced = ["--request", r#"{"action":"listjails","x":"forced-panic"}"#, "--only", "requests"];
    let (outcome, code) =
        outcome(&[&["--config", &config], &forced[..]].concat(), module_with_forced_panic());
    assert_eq!((names(&those(&outcome, "failed")), code), (vec!["requests"], Some(1)));
    assert!(those(&outcome, "failed")[0].1.contains("answered 500, which is a defect"), "{outcome}");
    // The configuration may be in a file.
    let folder = Folder::new();
    let file = folder.0.join("config.json");
    fs::write(&file, &config).expect("written");
    let at = format!("@{}", file.display());
    assert_passes(&["--config", &at, "--only", "create"], &artifacts().module, &[]);
    fs::write(&file, "{\"nosuch\":1}").expect("written");
    assert_fails(&["--config", &at, "--only", "create"], &artifacts().module, "create", "answered 400");
}

#[test]
fn the_templates_pass() {
    let folder = Folder::new();
    let echo = folder.0.join("echo.so");
    compile(C11, "include/template/c/echo.c", &echo, &["-shared", "-fPIC", "-fvisibility=hidden"]);
    let count = module_in_c(&folder, "include/template/c/count.c", "count.so", &["-pthread"]);
    assert_passes(&["--request", r#"{"action":"count","to":2}"#], &count, &["rust-door"]);
    // It asks nothing of its host, so nothing can be held up in it.
    assert_passes(&[], &echo, &[&["rust-door", "close-waits", "close-inside"], &UNDESCRIBED[..]].concat());
    let rust = artifacts().module.with_file_name("libecho_class.so");
    assert_passes(&["--config", r#"{"prefix":"> "}"#], &rust, &["close-waits", "close-inside"]);
    let request = ["--request", r#"{"action":"echo","text":"x"}"#];
    // Nor does this action.
    assert_passes(&request, &rust, &["close-waits", "close-inside"]);
}

#[test]
fn the_frozen_module_passes() {
    let folder = Folder::new();
    let path = folder.0.join("frozen.so");
    let frozen = ("cc", "-std=c99");
    compile(frozen, "tests/abi/v1/module.c", &path, &["-shared", "-fPIC", "-fvisibility=hidden"]);
    assert_passes(&[], &path, &[&["rust-door", "close-inside"], &UNDESCRIBED[..]].concat());
}

fn assert_fails(arguments: &[&str], module: &Path, test: &str, part: &str) {
    let (outcome, code) = outcome(arguments, module);
    let failed = those(&outcome, "failed");
    assert!(
        names(&failed) == [test] && code == Some(1),
        "{}: not `{test}` alone: {outcome}",
        module.display()
    );
    assert!(failed[0].1.contains(part), "{}: no {part:?} in {:?}", module.display(), failed[0].1);
}

/// That test alone, for a second if it hangs.
fn arguments<'a>(test: &'a str, part: &str) -> Vec<&'a str> {
    let mut arguments = vec!["--only", test];
    if part.contains("within 1 s") {
        arguments.extend(["--timeout", "1"]);
    }
    if LONG.contains(&test) {
        arguments.extend(["--request", r#"{"action":"wait"}"#]);
    }
    arguments
}

#[test]
fn a_table_that_is_spoiled_fails_by_the_test_for_it() {
    let folder = Folder::new();
    for (number, (statement, test, part)) in TABLES.into_iter().enumerate() {
        let path = spoiled_table(&folder, &number.to_string(), statement);
        assert_fails(&arguments(test, part), &path, test, part);
    }
    // What a later minor may have is not spoiled.
    let later = "table.abi_minor = 9; table.struct_size = sizeof table + 8; table.flags |= 0x10";
    let path = spoiled_table(&folder, "later", later);
    for test in ["entry", "version", "size", "functions", "identity", "create"] {
        assert_passes(&["--only", test], &path, &[]);
    }
}

fn spoiled(folder: &Folder, fault: &str, more: &[&str]) -> PathBuf {
    let path = folder.0.join(format!("{fault}{}.so", more.len()));
    let fault = format!("-DFAULT={fault}");
    let arguments = ["-shared", "-fPIC", "-fvisibility=hidden", "-pthread", &fault];
    compile(C11, "tests/c/broken/spoiled.c", &path, &[&arguments, more].concat());
    path
}

#[test]
fn the_small_class_passes_unspoiled() {
    let folder = Folder::new();
    assert_passes(&[], &spoiled(&folder, "NOTHING", &[]), &["rust-door"]);
    assert_passes(&["--request", "{}"], &spoiled(&folder, "NOTHING", &[]), &["rust-door"]);
    // White space before an answer is JSON.
    assert_passes(&["--request", "{}"], &spoiled(&folder, "ANSWERS_WITH_SPACE", &[]), &["rust-door"]);
    // A class that stays mapped may keep the last of its requests, as soon as there are so many.
    let keeps = spoiled(&folder, "KEEPS_THE_LAST", &[]);
    assert_passes(&["--only", "cycles"], &keeps, &[]);
}

/// Of a class that refuses the value of another key first nothing is learnt, and that is no fault; nor is it one to take
/// a number once, however it is written.
#[test]
fn a_grammar_of_a_class_of_its_own_is_no_fault() {
    let folder = Folder::new();
    for lawful in ["HAS_A_BOUND", "HAS_A_GRAMMAR", "HAS_A_SECRET_GRAMMAR", "TAKES_A_NUMBER_ONCE"] {
        assert_passes(&[], &spoiled(&folder, lawful, &[]), &["rust-door"]);
    }
}

#[test]
fn a_class_that_is_spoiled_fails_by_the_test_for_it() {
    let folder = Folder::new();
    for (fault, test, part) in FAULTS {
        let path = spoiled(&folder, fault, &[]);
        if test == "file" {
            fs::File::options().write(true).open(&path).expect("open").set_len(5000).expect("cut");
        }
        assert_fails(&arguments(test, part), &path, test, part);
    }
}

/// The one who gives a request knows of an action that the description does not tell of.
#[test]
fn a_request_that_is_given_is_described() {
    let folder = Folder::new();
    let path = spoiled(&folder, "HAS_A_SECRET_ACTION", &[]);
    assert_passes(&["--only", "described-others"], &path, &[]);
    let hidden = ["--request", r#"{"action":"hide"}"#, "--only", "described-others"];
    assert_fails(&hidden, &path, "described-others", "its action is not described");
    let known = ["--request", r#"{"action":"look","what":"x"}"#, "--only", "described-others"];
    assert_passes(&known, &path, &[]);
}

#[test]
fn what_the_linker_spoils_is_seen() {
    let folder = Folder::new();
    let pinned = spoiled(&folder, "NOTHING", &["-Wl,-z,nodelete"]);
    assert_fails(&["--only", "unload"], &pinned, "unload", "it stays mapped");
    // The symbol of the Rust door, over something else.
    let name = format!("-DRUST_DOOR={ROOT_MODULE_LOADER_NAME}");
    let door = spoiled(&folder, "NOTHING", &[&name, "-g"]);
    assert_fails(&[], &door, "rust-door", "cannot be used");
    let no_entry = folder.0.join("no_entry.so");
    compile(C11, "tests/c/broken/no_entry.c", &no_entry, &["-shared", "-fPIC"]);
    let (outcome, _) = outcome(&[], &no_entry);
    assert_eq!(names(&those(&outcome, "failed")), ["entry"]);
    let (name, why) = &those(&outcome, "skipped")[0];
    assert_eq!((name.as_str(), why.as_str()), ("version", "the test `entry` failed"));
    let text = folder.0.join("text.so");
    fs::write(&text, "a text\n").expect("written");
    assert_fails(&[], &text, "file", "not an ELF file");
}

#[test]
fn every_test_is_seen_to_fail() {
    let seen: BTreeSet<&str> =
        FAULTS.iter().map(|row| row.1).chain(TABLES.map(|row| row.1)).chain(["rust-door"]).collect();
    let all = list();
    assert_eq!(seen, all.iter().map(String::as_str).collect());
}

/// Also what has left the process group of its test.
#[test]
fn nothing_survives_a_test_that_is_killed() {
    let folder = Folder::new();
    let module = spoiled(&folder, "HANGS_WITH_CHILDREN", &[]);
    let program = artifacts().host.with_file_name("plugin-check");
    let arguments = ["--timeout", "1", "--only", "requests", "--only", "cancel"];
    let mut child = Command::new(program)
        .args(arguments)
        .arg(&module)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    // Its tests' processes, and what they fork, have this on their command line.
    let mark = format!("plugin-check-{}.", child.id());
    let alive = || called(&mark).len();
    let mut most = 0;
    let status = loop {
        most = most.max(alive());
        if let Some(status) = child.try_wait().expect("it is ours") {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    assert_eq!(status.code(), Some(1));
    assert!(most >= 2, "the test and its daemon were seen: {most}");
    assert_eq!(alive(), 0);
    let left = fs::read_dir(std::env::temp_dir()).expect("there").flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().contains(&mark)));
}

#[test]
fn people_get_lines_and_wrong_use_ends_with_2() {
    let folder = Folder::new();
    let module = spoiled(&folder, "SERVES_ANYBODY", &[]);
    let output = check(&["--only", "identity", "--only", "other-class", "--skip", "identity"], &module);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines[0], "skipped  identity: --skip");
    assert!(
        lines[1].starts_with("FAILED   other-class: dispatch for \"nobody/spoiled\" answered 200"),
        "{text}"
    );
    assert_eq!(lines[2..], [format!("{}: 0 passed, 1 failed, 1 skipped", module.display())]);
    for (arguments, part) in [
        (&["--only", "nosuch"][..], "no test \"nosuch\""),
        (&["--timeout", "never"], "whole seconds"),
        (&["--config", "@/nosuch/file"], "cannot read /nosuch/file"),
    ] {
        let output = check(arguments, &module);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains(part), "{said}");
    }
    let output = check(&[], &folder.0.join("nosuch.so"));
    assert_eq!(output.status.code(), Some(2));
    assert!(list().len() >= 25);
}

/// Nobody reads what it says: that is no crash, and not an outcome either.
#[test]
fn a_reader_that_has_gone_ends_it_with_2() {
    let folder = Folder::new();
    let module = spoiled(&folder, "NOTHING", &[]);
    for arguments in [&["--only", "entry"][..], &["--only", "entry", "--json"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let program = artifacts().host.with_file_name("plugin-check");
        let output = Command::new(program)
            .args(arguments)
            .arg(&module)
            .stdout(writer)
            .stderr(std::process::Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with("plugin-check: cannot tell the outcome: "), "{said}");
    }
}

/// A whole run goes on behind a test that takes its process down.
#[test]
fn a_crash_ends_one_test_alone() {
    let folder = Folder::new();
    let (outcome, code) = outcome(&[], &spoiled(&folder, "DIES_OF_SIZE", &[]));
    assert_eq!((names(&those(&outcome, "failed")), code), (vec!["args-huge", "args-deep"], Some(1)));
    assert_eq!(outcome["tests"].as_array().map(Vec::len), Some(list().len()));
    assert_eq!(outcome["failed"], 2);
    // Cut off from what the loader wants, nothing can be tried.
    let cut = module_file(&folder, "cut.so");
    fs::File::options().write(true).open(&cut).expect("open").set_len(5000).expect("cut");
    let (outcome, _) = self::outcome(&[], &cut);
    assert_eq!(names(&those(&outcome, "failed")), ["file"]);
    assert_eq!(outcome["skipped"], list().len() - 1);
}
