//! What is linked into the shipped module, and into the server, and under which licences: whoever ships them
//! on has to know. The page is made of what cargo says; `UPDATE=1` makes it again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use crate::support::root;

const PAGE: &str = "include/doc/licences.md";

/// Name, version and licence of each crate in what a package of ours links for FreeBSD, but for ours.
/// Not by `cargo metadata`, which tells the features of the whole workspace as one.
fn crates(of: &str) -> BTreeSet<(String, String, String)> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", of, "--target", "x86_64-unknown-freebsd"])
        .args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let read = |line: &str| {
        let (package, licence) = line.split_once('|').expect("two columns");
        // Ours have their folder behind the version.
        let (name, version) = package.split_once(" v").filter(|(_, rest)| !rest.contains(' '))?;
        Some((name.to_owned(), version.to_owned(), licence.to_owned()))
    };
    text.lines().filter_map(read).collect()
}

/// The licences that have been looked at. A crate under another one is not to come in
/// unnoticed.
const KNOWN: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 AND ISC",
    "Apache-2.0 OR ISC OR MIT",
    "Apache-2.0 OR MIT",
    "BSD-2-Clause OR Apache-2.0 OR MIT",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT AND BSD-3-Clause",
    "MIT OR Apache-2.0",
    "MIT/Apache-2.0",
    "MPL-2.0",
    "Unlicense OR MIT",
    "Zlib",
];

/// The table of these. What is linked at all has to be under a licence that is known.
fn table<'a>(page: &mut String, crates: impl IntoIterator<Item = &'a (String, String, String)>) {
    page.push_str("| crate | version | licence |\n|---|---|---|\n");
    for (name, version, licence) in crates {
        assert!(KNOWN.contains(&licence.as_str()), "{name} {version} is under {licence}: look at it first");
        let _ = writeln!(page, "| `{name}` | {version} | {licence} |");
    }
}

#[test]
fn what_is_linked_is_listed_with_its_licence() {
    let (crates, server) = (crates("sysadm-iocage"), crates("sysadmd"));
    let mut page = String::from(
        "# Licences of what is linked\n\n\
         The module `libsysadm_iocage.so` is BSD-2-Clause (`LICENSE`). Linked into it are Rust's standard library \
         (MIT or Apache-2.0) and these crates, unchanged, as cargo tells for FreeBSD. A test makes this page \
         (`UPDATE=1 cargo test --test it licences`).\n\n\
         What MPL-2.0 asks of whoever passes the module on: to say where the source of that crate can be had; it can \
         be had from crates.io under its name and version. It comes with `abi_stable`, and does not touch the licence of the rest.\n\n",
    );
    table(&mut page, &crates);
    page.push_str(
        "\n## The server\n\n\
         `sysadmd` and `sysadmctl` are BSD-2-Clause, too. Linked into them are the standard library, all crates above, and these, \
         unchanged. Whoever passes the programs on passes on the notices of these licences with them; each stands in the \
         source of its crate.\n\n",
    );
    assert!(
        crates.is_subset(&server),
        "what the module has and the server has not would be told of the server"
    );
    table(&mut page, server.difference(&crates));
    assert!(server.iter().any(|(name, ..)| name == "rustls"), "what the front brings is seen");
    assert!(crates.iter().any(|(name, ..)| name == "generational-arena"), "what abi_stable brings is seen");
    let path = root().join(PAGE);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "{PAGE} is not what cargo says; UPDATE=1 cargo test --test it licences");
}
