//! The licences that the port names, held against those of the crates that are linked in.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::{read, rules};
use crate::support::root;

/// The ports' names of licences.
const LICENCES: [(&str, &str); 8] = [
    ("APACHE20", "Apache-2.0"),
    ("BSD2CLAUSE", "BSD-2-Clause"),
    ("BSD3CLAUSE", "BSD-3-Clause"),
    ("ISCL", "ISC"),
    ("MIT", "MIT"),
    ("MPL20", "MPL-2.0"),
    ("UNLICENSE", "Unlicense"),
    ("ZLIB", "Zlib"),
];

/// Each crate that is linked in is under one of the port's licences, none is named for nothing, and the file of each is
/// in the source of the crate that is named for it.
#[test]
fn the_licences_are_those_of_what_is_linked() {
    let makefile = read("Makefile");
    let named = rules::value(&makefile, "LICENSE");
    let named: BTreeSet<_> = named.split_whitespace().collect();
    let name = |spdx: &str| LICENCES.iter().find(|(_, other)| *other == spdx).expect("one that is known").0;
    let page = fs::read_to_string(root().join("include/doc/licences.md")).expect("ours");
    let rows =
        page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").nth(2));
    let mut needed = BTreeSet::from(["BSD2CLAUSE"]);
    for row in rows.map(|row| row.trim_end_matches(" |").replace('/', " OR ")) {
        for all in row.split(" AND ") {
            let any: Vec<_> = all.split(" OR ").map(name).filter(|name| named.contains(name)).collect();
            assert!(!any.is_empty(), "{row} is under none of {named:?}");
            if !all.contains(" OR ") {
                needed.extend(any);
            }
        }
    }
    assert_eq!(needed, named);
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).unwrap_or_default();
    let sources: Vec<_> = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten().collect();
    for licence in named {
        let file = rules::value(&makefile, &format!("LICENSE_FILE_{licence}"));
        if file == "${WRKSRC}/LICENSE" {
            assert!(root().join("LICENSE").exists());
            continue;
        }
        let (of, file) =
            file.strip_prefix("${WRKSRC_crate_").and_then(|file| file.split_once("}/")).expect("a crate's");
        let crates = read("Makefile.crates");
        let of = crates.split_whitespace().find(|name| {
            name.strip_prefix(of).is_some_and(|rest| {
                rest.strip_prefix('-').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()))
            })
        });
        let of = of.expect("one that is listed");
        let there = sources.iter().any(|source| source.path().join(of).join(file).is_file());
        assert!(there || sources.is_empty(), "{licence}: there is no {file} in {of}");
    }
}
