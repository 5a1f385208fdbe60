//! What is no class module is refused with a sentence that says which file,
//! what was expected and what was found; never with a crash, a panic, or the
//! system's riddles. The broken modules are C, over the header alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sysadm_class::host::{Door, Fault, Module, Silent};

use crate::support::{
    C11, DOORS, FUNCTIONS, Folder, artifacts, compile, loadable, module_file, run_host_with, spoiled_table,
};

/// The sentence with which a file is refused. It names the file.
fn refusal(path: &Path, door: Door) -> String {
    let error = Module::load(path, door).expect_err("no class module");
    let text = error.to_string();
    assert_eq!(error.path(), path);
    assert!(text.contains(path.to_str().expect("our own name")), "{text}");
    assert!(!text.contains('\n') && !text.ends_with('.'), "one sentence: {text:?}");
    text
}

/// `sentence` has these parts, in this order.
fn assert_says(sentence: &str, parts: &[&str]) {
    let mut rest = sentence;
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("no {part:?} in its place: {sentence}")).1;
    }
}

/// Files that are no shared library for this host, and what is said of them.
fn other_files(folder: &Folder) -> Vec<(PathBuf, Vec<&'static str>)> {
    let file = |name: &str| folder.0.join(name);
    fs::create_dir(file("folder.so")).expect("made");
    fs::write(file("text.so"), "This is a text, and not a short one; it is no library at all.\n")
        .expect("written");
    fs::write(file("empty.so"), "").expect("written");
    std::os::unix::fs::symlink("nowhere", file("dangling.so")).expect("made");
    // Opening it would wait for somebody to write to it.
    assert!(Command::new("mkfifo").arg(file("pipe.so")).status().expect("mkfifo").success());
    compile(C11, "tests/c/alone.c", &file("object.so"), &["-c"]);
    let mut foreign = fs::read(&artifacts().module).expect("our module");
    // `e_machine`: 0x7777, which nobody has.
    foreign[18..20].copy_from_slice(&[0x77, 0x77]);
    fs::write(file("foreign.so"), foreign).expect("written");
    vec![
        (file("nosuch.so"), vec!["no such file"]),
        (file("dangling.so"), vec!["no such file"]),
        (file("text.so/inside.so"), vec!["cannot read", "Not a directory"]),
        (file("folder.so"), vec!["not a shared library", "not a regular file"]),
        (file("pipe.so"), vec!["not a shared library", "not a regular file"]),
        (file("empty.so"), vec!["not a shared library", "not an ELF file"]),
        (file("text.so"), vec!["not a shared library", "not an ELF file"]),
        (file("object.so"), vec!["not a shared library", "of kind 1", "expected 3"]),
        (file("foreign.so"), vec!["not a shared library", "code 30583", "expected", std::env::consts::ARCH]),
    ]
}

#[test]
fn other_files_are_told_apart_through_both_doors() {
    let folder = Folder::new();
    for (path, parts) in other_files(&folder) {
        for door in DOORS {
            assert_says(&refusal(&path, door), &parts);
        }
    }
}

#[test]
fn a_library_without_the_entry_of_its_door_is_no_module() {
    let folder = Folder::new();
    let path = folder.0.join("no_entry.so");
    compile(C11, "tests/c/broken/no_entry.c", &path, &["-shared", "-fPIC"]);
    assert_says(&refusal(&path, Door::C), &["no class module", "`sysadm_class_entry`"]);
    // A good module in C has not got the Rust door.
    let good = spoiled_table(&folder, "good", "(void)0");
    Module::load(&good, Door::C).expect("a good module");
    for path in [path, good] {
        let expected = format!("`{}`", sysadm_class::abi_stable::library::ROOT_MODULE_LOADER_NAME);
        assert_says(&refusal(&path, Door::Rust), &["no class module", "no entry symbol", &expected]);
    }
}

/// A program is an ELF file of the same kind as a library on most systems, so
/// it is the system's loader that refuses it.
#[test]
fn a_program_is_refused() {
    for door in DOORS {
        assert_says(&refusal(&loadable(&artifacts().host), door), &["cannot be loaded: "]);
    }
}

#[test]
fn a_table_of_another_contract_is_refused_with_what_was_expected_and_found() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("null", "return NULL", &["no class module", "null"]),
        ("major", "table.abi_major = 7", &["another major", "`abi_major` is 7", "expected 1"]),
        ("major0", "table.abi_major = 0", &["another major", "`abi_major` is 0", "expected 1"]),
        // Of another major nothing but the first two fields is known.
        ("both", "table.abi_major = 2; table.struct_size = 8", &["another major", "is 2", "expected 1"]),
        ("name", "table.name.len = 0", &["`name`", "empty or not UTF-8"]),
        ("space", "table.name_space.ptr = NULL", &["`name_space`", "empty or not UTF-8"]),
        ("version", "table.version.ptr = \"\\xff\\xff\\xff\\xff\\xff\"", &["`version`", "not UTF-8"]),
        (
            "description",
            "table.description.ptr = \"\\xc3 \"; table.description.len = 2",
            &["`description`", "not UTF-8"],
        ),
    ];
    let folder = Folder::new();
    for (name, statement, parts) in rows {
        assert_says(&refusal(&spoiled_table(&folder, name, statement), Door::C), parts);
    }
}

/// Fields of the table from which on it is cut off, and their offsets.
const CUTS: [(&str, usize); 6] = [
    ("abi_minor", std::mem::offset_of!(sysadm_class::ffi::Class, abi_minor)),
    ("version", std::mem::offset_of!(sysadm_class::ffi::Class, version)),
    ("create", std::mem::offset_of!(sysadm_class::ffi::Class, create)),
    ("dispatch", std::mem::offset_of!(sysadm_class::ffi::Class, dispatch)),
    ("close", std::mem::offset_of!(sysadm_class::ffi::Class, close)),
    ("get_extension", std::mem::offset_of!(sysadm_class::ffi::Class, get_extension)),
];

#[test]
fn a_short_table_names_the_first_field_that_is_missing() {
    let folder = Folder::new();
    let whole = size_of::<sysadm_class::ffi::Class>();
    for (field, offset) in CUTS {
        // One that is there but for its last byte is missing, too.
        let short = format!("table.struct_size = offsetof(sysadm_class_t, {field})");
        let cut = format!("{short} + sizeof table.{field} - 1");
        for (name, statement) in [("short", short), ("cut", cut)] {
            let path = spoiled_table(&folder, &format!("{name}_{field}"), &statement);
            let found = match Module::load(&path, Door::C).expect_err("short").fault() {
                Fault::ShortTable { found, .. } => *found,
                other => panic!("{other:?}"),
            };
            assert_eq!(found == offset, name == "short", "{field}");
            let parts = [
                "too short",
                &format!("`struct_size` is {found},"),
                &format!("at least {whole};"),
                &format!("`{field}`"),
            ];
            assert_says(&refusal(&path, Door::C), &parts);
        }
    }
    let path = spoiled_table(&folder, "nothing", "table.struct_size = 0");
    assert_says(&refusal(&path, Door::C), &["`struct_size` is 0,", "`struct_size` is the first"]);
}

#[test]
fn a_function_that_is_null_is_named() {
    let folder = Folder::new();
    for function in FUNCTIONS {
        let path = spoiled_table(&folder, function, &format!("table.{function} = NULL"));
        assert_says(&refusal(&path, Door::C), &[&format!("null for the function `{function}`"), "ABI 1.0"]);
    }
}

#[test]
fn a_class_that_breaks_its_word_at_create_is_told() {
    let folder = Folder::new();
    let module = Module::load(&spoiled_table(&folder, "word", "fault = CREATE_BREAKS_WORD"), Door::C)
        .expect("a good module");
    let error = module.create(Arc::new(Silent), "").err().expect("no instance");
    assert_says(&error.to_string(), &["broke the contract", "create answered -3"]);
}

/// Where the file's mapped part ends, by its program headers: of the two loads
/// that readelf prints last.
fn mapped_end(path: &Path) -> u64 {
    let output = Command::new("readelf").args(["-lW"]).arg(path).output().expect("readelf");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let number = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).expect("a number");
    let loads = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ends = loads.filter(|words| words.first() == Some(&"LOAD")).map(|w| number(w[1]) + number(w[4]));
    ends.max().expect("a segment")
}

/// Without the check of the file's length this test's process dies of SIGBUS.
#[test]
fn a_file_that_was_cut_short_is_refused_and_not_mapped() {
    let folder = Folder::new();
    let whole = module_file(&folder, "whole.so");
    let length = fs::metadata(&whole).expect("there").len();
    let mapped = mapped_end(&whole);
    assert!(mapped < length);
    for at in
        [1, 4, 17, 63, 64, 100, 4096, mapped / 4, mapped / 2, mapped - 1, mapped, length / 2, length - 1]
    {
        let path = folder.0.join(format!("{at}.so"));
        fs::copy(&whole, &path).expect("copied");
        fs::File::options().write(true).open(&path).expect("open").set_len(at).expect("cut");
        for door in DOORS {
            let found = format!("cut short: {at} bytes long, expected at least ");
            assert_says(&refusal(&path, door), &[if at < 4 { "not an ELF file" } else { &found }]);
        }
    }
    for door in DOORS {
        Module::load(&whole, door).expect("the whole file");
    }
}

/// Stripped modules are what is shipped: no symbols, no debug sections.
#[test]
fn a_stripped_module_is_whole() {
    let folder = Folder::new();
    let path = module_file(&folder, "stripped.so");
    assert!(Command::new("strip").arg(&path).status().expect("strip").success());
    for door in DOORS {
        assert_eq!(Module::load(&path, door).expect("our module").name(), "iocage");
    }
}

#[test]
fn the_example_host_says_one_sentence_and_ends_with_1() {
    let folder = Folder::new();
    let short = spoiled_table(&folder, "short", "table.struct_size = offsetof(sysadm_class_t, close)");
    let cut = module_file(&folder, "half.so");
    let half = mapped_end(&cut) / 2;
    fs::File::options().write(true).open(&cut).expect("open").set_len(half).expect("cut");
    let mut paths: Vec<_> = other_files(&folder).into_iter().map(|(path, _)| path).collect();
    paths.extend([short, cut]);
    for path in paths {
        for door in DOORS {
            let (out, log, code) = run_host_with(&path, door, &["call"], "{\"action\":\"df\"}\n");
            assert_eq!((out.as_str(), code), ("", Some(1)), "{log}");
            let expected = format!("host-example: {}\n", refusal(&path, door));
            assert_eq!(log, expected, "--door {}", door.word());
        }
    }
}
