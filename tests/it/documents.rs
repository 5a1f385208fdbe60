//! The documents hold: README is short, each link leads somewhere, and each block of
//! commands is run as it is printed, or stands below with who runs it or why nobody can.

mod host;
mod tried;

use std::fs;
use std::process::Command;

use crate::support::{links, root};

/// What is done with a block.
#[derive(Clone, Copy)]
enum Block {
    /// Run as it is printed, in the checkout, it prints each of these.
    Runs(&'static [&'static str]),
    /// This file, in which the words stand, does the same.
    By(&'static str, &'static str),
    /// Nothing to be run.
    Text(&'static str),
    /// It cannot be run in a test.
    Not(&'static str),
}
use Block::{By, Not, Runs, Text};

/// By the page and how the block begins. A block that is not here fails the test, and so
/// does a row without one.
const BLOCKS: &[(&str, &str, Block)] = &[
    (
        "README.md",
        "cargo build --workspace && target/debug/host-example demo",
        Runs(&["24 as documented, 0 not"]),
    ),
    (
        "README.md",
        "ask() {",
        Runs(&[
            "\"Successfully created\"",
            "\"* Starting ",
            "\"execjail\":{\"success\":{",
            "\"state\":\"up\"",
        ]),
    ),
    (
        "README.md",
        "cargo build --workspace && target/debug/sysadmd",
        By("host-example/server/tests/ctl/server.rs", "--sim"),
    ),
    ("README.md", "cargo test --workspace", By(".ci/run", "cargo test --workspace --locked")),
    ("README.md", "cargo rustc --release", By("tests/it/packaging.rs", "include/install")),
    ("README.md", "host -> include/rust", Text("how data flows")),
    ("include/doc/actions.md", "jail \"db\" is busy:", Text("an error")),
    (
        "include/doc/actions.md",
        "{\"action\": \"listjails\", \"filter\"",
        By("tests/it/lists.rs", "\"sort\": \"tag\", \"offset\": 1"),
    ),
    (
        "include/doc/actions.md",
        "{\"destroyjail\": {\"datasets\"",
        By("tests/it/dryrun.rs", "told[\"destroyjail\"][\"datasets\"]"),
    ),
    ("include/doc/actions.md", "{\"destroyjail\":", Text("an error")),
    (
        "include/doc/check.md",
        "cargo run -p plugin-check",
        By(".ci/run", "/plugin-check\" --config \"$config\" --request \"$request\" \"$module\""),
    ),
    (
        "include/doc/check.md",
        "plugin-check --request '{\"action\":\"count\",\"to\":1000}'",
        By("tests/it/check.rs", "\"action\":\"count\",\"to\":1000"),
    ),
    ("include/doc/class.md", "cp -R include/template/rust", By("tests/it/template.rs", "[patch.crates-io]")),
    ("include/doc/class.md", "cargo run -p plugin-check", By("tests/it/template.rs", "libecho_class.so")),
    (
        "include/doc/class.md",
        "const ACTIONS",
        By("include/template/rust/src/lib.rs", "const ACTIONS: &[Row<Echo>]"),
    ),
    ("include/doc/class.md", "const TEXT", By("include/template/rust/src/lib.rs", "const TEXT: Key<String>")),
    (
        "include/doc/class.md",
        "struct Loud(String);",
        By("include/rust/tests/kit/main.rs", "impl Argument for Loud"),
    ),
    ("include/doc/configuration.md", "startjail \"web\" done", Text("a line of the log")),
    ("include/doc/contract.md", "use std::", By("tests/it/documents/host.rs", "Module::load")),
    ("include/doc/contract.md", "let host = Host::open", By("tests/it/documents/host.rs", "Host::open")),
    ("include/doc/contract.md", "cc -std=c11", By("tests/it/native.rs", "host-example/c/host.c")),
    ("include/doc/contract.md", "at=/tmp/machine;", By("tests/it/documents/tried.rs", "iocage-sim init")),
    ("include/doc/contract.md", "using namespace", By("tests/it/cpp.rs", "the_page_on_the_contract_is_true")),
    (
        "include/doc/costs.md",
        "cargo test --release -p sysadmd --test load",
        By("host-example/server/Cargo.toml", "name = \"load\""),
    ),
    ("include/doc/freebsd.md", "tests/freebsd/run", By("tests/it/gate.rs", "tests/freebsd/run")),
    (
        "include/doc/freebsd.md",
        "include/package/crates",
        By("tests/it/port/crates.rs", "include/package/crates"),
    ),
    ("include/doc/freebsd.md", "poudriere jail", Not("there is no poudriere here")),
    ("include/doc/freebsd.md", "cd /usr/local/overlay", Not("nor a ports tree")),
    ("include/doc/install.md", "cargo rustc --release", By("tests/it/packaging.rs", "include/install")),
    (
        "include/doc/install.md",
        "include/package/linux/make",
        By("tests/it/linux_package.rs", "include/package/linux/make"),
    ),
    ("include/doc/install.md", "c++ -std=c++17 host.cpp", By("tests/it/packaging/hosts.rs", "pkg-config")),
    ("include/doc/install.md", "cargo rustc --release", By(".ci/run", "cargo rustc --release --locked")),
    ("include/doc/jobs.md", "> {\"action\":\"createjail\"", Text("a request and its answer")),
    ("include/doc/jobs.md", "{\"action\":\"iocage_createjail\"", Text("a frame")),
    (
        "include/doc/jobs.md",
        "// \"dispatcher\"",
        By("tests/it/documents/host.rs", "jobs(JobLimits::default())"),
    ),
    ("include/doc/long-work.md", "{\"action\":\"createjail\"", Text("what is told")),
    ("include/doc/long-work.md", "{\"action\":\"stopjail\"", Text("an event")),
    (
        "include/doc/long-work.md",
        "target/debug/host-example --sim=/tmp/slow",
        By("tests/it/documents/tried.rs", "## To try it"),
    ),
    (
        "include/doc/long-work.md",
        "{\"action\":\"createjail\",\"fetch\"",
        By("tests/it/documents/tried.rs", "blocks[1]"),
    ),
    ("include/doc/long-work.md", "alice >", By("tests/it/long_work.rs", "UPDATE")),
    ("include/doc/security.md", "{\"deny_props\":", Text("a configuration")),
    (
        "include/doc/server.md",
        "cargo build --workspace && target/debug/sysadmd",
        By("host-example/server/tests/ctl/server.rs", "--sim"),
    ),
    ("include/doc/server.md", "\"tls\": {", By("tests/it/served/stand.rs", "\"tls\": {\"listen\"")),
    ("include/doc/server.md", "cp -n /usr/local/etc/sysadmd.json.sample", Not("on FreeBSD, as root")),
    (
        "include/doc/server.md",
        "> {\"namespace\":\"rpc\",\"name\":\"auth\"",
        By("tests/it/served/exchanges.rs", "\"name\": \"auth\""),
    ),
    ("include/doc/server.md", "scrape_configs:", Not("there is no Prometheus here")),
    (
        "include/doc/server.md",
        "cp FOLDER/cert.pem",
        By("tests/it/served/documented.rs", "\"token\", \"add\""),
    ),
    ("include/doc/server.md", "set -e\n(umask 077", By("tests/it/served/documented.rs", "example.sh")),
    ("include/doc/server.md", "curl -sSN", Not("the first ends by Ctrl-C, and the last wants nc(1)")),
    (
        "include/doc/server.md",
        "import json, os, ssl\nfrom websockets",
        By("tests/it/served/documented.rs", "listen.py"),
    ),
    ("include/doc/server.md", "import json, os, ssl, sys", By("tests/it/served/documented.rs", "example.py")),
    ("include/doc/server.md", "- hosts: localhost", By("tests/it/served/documented.rs", "example.yaml")),
    (
        "include/doc/swap.md",
        "sysadmctl modules swap",
        By(
            "host-example/server/tests/ctl/server.rs",
            "\"modules\", \"swap\", \"sysadm/iocage\", \"sysadm_iocage.so\"",
        ),
    ),
    ("include/doc/swap.md", "cd /usr/local/lib/sysadm/modules", Not("it replaces the installed module")),
    ("include/doc/swap.md", "{\"namespace\":\"rpc\"", Text("a request")),
    (
        "include/doc/swap.md",
        "cp target/debug",
        By("tests/it/support/artifacts.rs", "\"--features\", \"forced-panic\""),
    ),
    ("include/doc/sysadm-server.md", "cargo rustc --release", By("tests/it/packaging.rs", "include/install")),
    ("include/doc/sysadm-server.md", "include(/path", By("tests/it/qt.rs", "class_modules.pri")),
    ("include/doc/sysadm-server.md", "#include", By("tests/cpp/qt_server.cpp", "//@ #include")),
    (
        "include/doc/sysadm-server.md",
        "ClassModules *MODULES",
        By("tests/cpp/qt_server.cpp", "//@ ClassModules *MODULES"),
    ),
    ("include/doc/sysadm-server.md", "MODULES->onLog", By("tests/cpp/qt_server.cpp", "//@ MODULES->onLog")),
    ("include/doc/sysadm-server.md", "MODULES->list", By("tests/cpp/qt_server.cpp", "//@ MODULES->list")),
    (
        "include/doc/sysadm-server.md",
        "void EvaluateModule",
        By("tests/cpp/qt_server.cpp", "//@ void EvaluateModule"),
    ),
    ("include/doc/sysadm-server.md", "if(MODULES->has", By("tests/cpp/qt_server.cpp", "//@ if(MODULES->has")),
    ("include/doc/sysadm-server.md", "  Answer(out);", By("tests/cpp/qt_server.cpp", "//@   Answer(out);")),
    (
        "include/doc/sysadm-server.md",
        "ClassModules::quitOnSignals",
        By("tests/cpp/qt_server.cpp", "//@ ClassModules::quitOnSignals"),
    ),
    ("include/doc/sysadm-server.md", "MODULES->stop", By("tests/cpp/qt_server.cpp", "//@ MODULES->stop")),
    ("include/doc/versions.md", "cargo publish", By(".ci/run", "cargo package --workspace")),
    ("tests/fuzz/README.md", "FUZZ_SEED=1", By("tests/fuzz/targets/tests/smoke.rs", "FUZZ_SEED")),
    ("tests/fuzz/README.md", "cargo run -p fuzz-targets", Not("it wants a nightly toolchain and cargo-fuzz")),
];

/// The pages, with what is in them; but for that which is made from the code with the
/// answers in it.
fn pages() -> Vec<(String, String)> {
    let mut names = vec!["README.md".to_owned(), "tests/fuzz/README.md".to_owned()];
    let folder = fs::read_dir(root().join("include/doc")).expect("a folder");
    let found = folder.map(|file| file.expect("a file").file_name().into_string().expect("our own name"));
    names.extend(found.filter(|name| name.ends_with(".md")).map(|name| format!("include/doc/{name}")));
    names.sort_unstable();
    let read = |name: String| (fs::read_to_string(root().join(&name)).expect("UTF-8"), name);
    names.into_iter().map(read).map(|(text, name)| (name, text)).collect()
}

/// What stands in a page with four blanks before it, or between fences.
fn blocks(text: &str) -> Vec<String> {
    let (mut blocks, mut block, mut is_fenced, mut is_after_blank) = (Vec::new(), String::new(), false, true);
    for line in text.lines().chain([""]) {
        let is_fence = line.starts_with("```");
        let is_indented = !is_fenced && line.starts_with("    ") && (is_after_blank || !block.is_empty());
        if (is_fenced && !is_fence) || is_indented {
            block.push_str(line.strip_prefix("    ").unwrap_or(line));
            block.push('\n');
        } else if !block.is_empty() {
            blocks.push(std::mem::take(&mut block));
        }
        is_fenced ^= is_fence;
        is_after_blank = line.is_empty();
    }
    blocks
}

#[test]
fn each_block_is_run_or_accounted_for() {
    let mut left: Vec<_> = BLOCKS.iter().collect();
    for (page, text) in pages().iter().filter(|(page, _)| page != "include/doc/sysadm-iocage.md") {
        for block in blocks(text) {
            let is_it = |row: &&(&str, &str, Block)| row.0 == page && block.starts_with(row.1);
            let at = left.iter().position(is_it);
            let at = at.unwrap_or_else(|| panic!("{page} has a block that nobody runs:\n{block}"));
            match left.remove(at).2 {
                Runs(printed) => runs(&block, printed),
                By(file, words) => {
                    let other = fs::read_to_string(root().join(file)).expect(file);
                    assert!(other.contains(words), "{page}: {file} does not have {words:?} any more");
                }
                Text(what) | Not(what) => assert!(!what.is_empty()),
            }
        }
    }
    assert!(left.is_empty(), "{} has no block any more that begins with {}", left[0].0, left[0].1);
}

/// A shell in the checkout gets it; nothing of it is left.
fn runs(block: &str, printed: &[&str]) {
    let machine = root().join("target/machine");
    let _ = fs::remove_dir_all(&machine);
    fs::create_dir_all(root().join("target")).expect("our own folder");
    let output = Command::new("sh").args(["-euc", block]).current_dir(root()).output().expect("a shell");
    let _ = fs::remove_dir_all(&machine);
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{block}\n{said}");
    for words in printed {
        assert!(said.contains(words), "{block}\ndid not print {words}, but\n{said}");
    }
}

#[test]
fn the_rust_of_the_pages_for_hosts_is_true() {
    let page = |name| fs::read_to_string(root().join("include/doc").join(name)).expect("a page");
    let pages = page("contract.md") + &page("jobs.md");
    let examples = pages.split("```rust\n").skip(1).filter_map(|rest| rest.split_once("```"));
    let lines: Vec<&str> = examples.flat_map(|(lines, _)| lines.lines()).collect();
    assert!(lines.len() > 10, "{lines:?}");
    let compiled = fs::read_to_string(root().join("tests/it/documents/host.rs")).expect("ours");
    let compiled: Vec<_> = compiled.lines().map(str::trim).collect();
    for line in lines.into_iter().filter(|line| !line.is_empty()) {
        assert!(compiled.contains(&line.trim()), "{line}");
    }
    assert!(host::host().is_err(), "there is no such file here");
    let nowhere = std::path::Path::new("/dev/null/nothing");
    assert!(host::server(nowhere, nowhere, nowhere).is_err());
    let request = sysadm_class::host::Request::new("", "", "", sysadm_class::Access::Limited);
    assert!(host::jobs(nowhere, nowhere, |_, _| (), request).is_err());
}

/// A stranger looks with `ls`: each folder there is named.
#[test]
fn readme_names_each_folder() {
    let readme = fs::read_to_string(root().join("README.md")).expect("ours");
    let (_, house) = readme.split_once("\n## A house").expect("a chapter");
    let (house, _) = house.split_once("\n## ").expect("the next chapter");
    for folder in [".", "include", "src"] {
        let listed =
            Command::new("git").args(["ls-files", "-z", "."]).current_dir(root().join(folder)).output();
        let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
            crate::support::skipped!("this is no checkout");
            return;
        };
        let listed = String::from_utf8(listed.stdout).expect("UTF-8");
        let folders = listed.split('\0').filter_map(|file| Some(file.split_once('/')?.0));
        for name in folders.filter(|name| !name.starts_with('.')) {
            assert!(house.contains(&format!("`{name}/`")), "README does not say what {folder}/{name}/ is");
        }
    }
}

#[test]
fn readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).expect("ours").lines().count();
    assert!(lines < 150, "{lines} lines");
}

/// A heading's name in a link.
fn anchor(heading: &str) -> String {
    let plain = heading.to_lowercase();
    plain.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}

#[test]
fn each_link_leads_somewhere() {
    let mut seen = 0;
    for (page, text) in pages() {
        let folder = root().join(&page).parent().expect("a folder").to_path_buf();
        for target in links(&text) {
            seen += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(&page) } else { folder.join(file) };
            assert!(path.exists(), "{page}: nothing at {target}");
            if !heading.is_empty() {
                let there = fs::read_to_string(&path).expect("a page");
                let mut headings = there.lines().filter(|line| line.starts_with('#'));
                let is_there = headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading);
                assert!(is_there, "{page}: no heading for {target}");
            }
        }
    }
    assert!(seen > 20, "{seen}");
}
