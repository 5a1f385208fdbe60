//! The reference, made from the things themselves: the table of actions, the
//! codes of errors, the keys of the configuration, and for every example what the
//! class ran and answered on the simulated machines of both generations. What the
//! files under `include/doc` say is therefore what happens; where they are not
//! current, a test fails, and
//!
//! ```text
//! UPDATE=1 cargo test --test it reference
//! ```
//!
//! writes them again. That the machines are simulated is said in them.

mod entry;
mod examples;
mod man;
mod markdown;
mod played;
mod text;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Folder, is_of_python, root};
use entry::entries;
use examples::has_shape;
use played::GENERATIONS;

const MARKDOWN: &str = "include/doc/sysadm-iocage.md";
const MAN: &str = "include/doc/sysadm-iocage.7";
const CONTRACT: &str = "include/doc/sysadm_class.3";

/// The file at `path` holds `text`, or is made to.
fn check(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, text).expect("written");
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    let line = stored.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        stored == text,
        "{path} is not current (line {}); run: UPDATE=1 cargo test --test it reference",
        line.unwrap_or(stored.lines().count().min(text.lines().count())) + 1
    );
}

#[test]
fn the_reference_is_current() {
    let entries = entries();
    for entry in &entries {
        for (example, played) in &entry.examples {
            let shape: Value = serde_json::from_str(example.shape).expect("JSON");
            for (generation, played) in GENERATIONS.iter().zip(played) {
                let answer = &played.answer[entry.action.name()];
                if is_of_python(entry.action.name()) && generation.name == "shell iocage" {
                    assert_eq!(answer["code"], "unsupported", "{}: {answer:#}", example.args);
                    continue;
                }
                assert!(
                    answer.get("code").is_none() && has_shape(answer, &shape),
                    "{} on the {}: {answer:#} has not the shape {shape}",
                    example.args,
                    generation.name
                );
                assert!(!played.calls.is_empty(), "{} ran nothing", example.args);
            }
        }
        assert!(!entry.examples.is_empty(), "{} has no example", entry.action.name());
    }
    check(MARKDOWN, &markdown::render(&entries));
    check(MAN, &man::render(&entries));
    check_mdoc(MAN);
}

/// The page of the contract, which is written by hand: it has each function of both
/// tables, each code, and the version.
#[test]
fn the_page_of_the_contract_has_what_the_header_has() {
    check_mdoc(CONTRACT);
    let read = |path: &str| fs::read_to_string(root().join(path)).expect("our own");
    let (page, header) = (read(CONTRACT), read("include/sysadm_class.h"));
    let functions = header.lines().filter_map(|line| {
        let name = line.trim_start().split_once("(*")?.1.split_once(')')?.0;
        line.starts_with("    ").then_some(name)
    });
    let codes = header.lines().filter_map(|line| line.strip_prefix("#define ")?.split([' ', '(']).next());
    let codes = codes.filter(|name| {
        ["STATUS_", "E_", "ACCESS_", "LOG_"].iter().any(|kind| name.starts_with(&format!("SYSADM_{kind}")))
    });
    let named: Vec<_> = functions.chain(codes).collect();
    assert!(named.len() > 35, "{named:?}");
    for name in named {
        let is_there = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name);
        assert!(is_there, "{CONTRACT} has no word of {name}");
    }
    let of = |part: &str| {
        let line =
            header.lines().find_map(|line| line.strip_prefix(&format!("#define SYSADM_CLASS_ABI_{part} ")));
        line.expect("a version").trim_end_matches('u').to_owned()
    };
    assert!(
        page.contains(&format!("ABI {}.{}", of("MAJOR"), of("MINOR"))),
        "{CONTRACT} is of another version"
    );
}

/// What mandoc complains of in a manual page; nothing where there is no mandoc.
fn complaints(page: &Path) -> Option<String> {
    let output = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(page).output();
    output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn check_mdoc(page: &str) {
    let Some(said) = complaints(&root().join(page)) else {
        crate::support::skipped!(
            "{page} is not looked through; there is no mandoc (Debian: apt-get install mandoc)"
        );
        return;
    };
    assert_eq!(said, "");
    // It is one that complains.
    let folder = Folder::new();
    let broken = folder.0.join("broken.4");
    fs::write(&broken, ".Dd January 1, 2026\n.Dt X 4\n.Os\n.Sh NAME\n.Bl -tag\n").expect("written");
    assert_ne!(complaints(&broken).as_deref(), Some(""));
}

#[test]
fn shapes_are_told_apart() {
    let shape = json!({"<uuid>": {"jid": "<jid>", "up?": ["<x>"]}, "ok": "pool <pool> done"});
    let good = json!({"a": {"jid": "1"}, "b": {"jid": "-", "up": ["y"]}, "ok": "pool tank done"});
    assert!(has_shape(&good, &shape));
    for (at, bad) in
        [("/ok", json!("pool tank")), ("/a/jid", json!(1)), ("/a", json!({})), ("/b/up", json!("y"))]
    {
        let mut value = good.clone();
        *value.pointer_mut(at).expect("there") = bad;
        assert!(!has_shape(&value, &shape), "{at}");
    }
    assert!(!has_shape(&json!({"a": {"jid": "1"}}), &shape));
    assert!(!has_shape(&json!({"x": 1}), &json!({})));
}
