//! `sysadm_class.hpp`: it compiles alone and everywhere, refuses what the Rust host
//! refuses in the same words, keeps its promises about ownership, and swaps modules
//! under load. The tests themselves are C++ programs in `tests/cpp`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sysadm_class::host::{Door, Module};

use crate::support::{
    CXX17, FUNCTIONS, Folder, compile, compiler, compilers, module_in_c, root, sanitizer, spoiled_table,
};

const HEADERS: [&str; 6] = [
    "sysadm_class_host.h",
    "sysadm_class_probe.h",
    "sysadm_class.hpp",
    "sysadm_class/types.hpp",
    "sysadm_class/library.hpp",
    "sysadm_class/hot_slot.hpp",
];

/// What a careful project may turn on.
const STRICT: [&str; 4] = ["-Wshadow", "-Wold-style-cast", "-Wnon-virtual-dtor", "-Wextra-semi"];

#[test]
fn every_header_stands_alone() {
    let folder = Folder::new();
    let source = folder.0.join("alone.cpp");
    for (_, cxx) in compilers() {
        for header in HEADERS {
            std::fs::write(&source, format!("#include \"{header}\"\n")).expect("written");
            for (standard, without) in [
                ("-std=c++17", &[][..]),
                ("-std=c++20", &[]),
                ("-std=c++17", &["-fno-exceptions", "-fno-rtti"]),
            ] {
                let arguments = [&STRICT[..], without, &["-fsyntax-only"]].concat();
                compile(
                    (cxx, standard),
                    source.to_str().expect("our own"),
                    &folder.0.join("out"),
                    &arguments,
                );
            }
        }
    }
}

#[test]
fn two_units_of_one_program_may_include_it() {
    for (_, cxx) in compilers() {
        let folder = Folder::new();
        let units = ["first", "second"].map(|name| folder.0.join(format!("{name}.o")));
        for (unit, define) in units.iter().zip(["-DFIRST", "-DSECOND"]) {
            compile((cxx, "-std=c++17"), "tests/cpp/alone.cpp", unit, &["-c", define]);
        }
        let program = folder.0.join("alone");
        let linked = Command::new(cxx).args(&units).args(["-ldl", "-pthread", "-o"]).arg(&program).output();
        let linked = linked.expect("it runs");
        assert!(linked.status.success(), "{cxx}: {}", String::from_utf8_lossy(&linked.stderr));
        assert!(Command::new(program).status().expect("it runs").success(), "{cxx}");
    }
}

/// The lines of the page on the contract, in a function that returns what `fail` does.
#[test]
fn the_page_on_the_contract_is_true() {
    let folder = Folder::new();
    let readme = std::fs::read_to_string(root().join("include/doc/contract.md")).expect("our own");
    let blocks = readme.split("```cpp\n").skip(1).filter_map(|block| block.split_once("```"));
    let lines =
        blocks.map(|(lines, _)| lines).find(|lines| lines.contains("Module::load")).expect("an example");
    let source = folder.0.join("readme.cpp");
    let text = format!(
        "#include <sysadm_class.hpp>\n#include <cstdio>\n\
         static int fail(const std::string &why) {{ return std::puts(why.c_str()), 1; }}\n\
         static void use(sysadm::modules::Status, std::string_view) {{}}\n\
         int main() {{\n{lines}}}\n"
    );
    std::fs::write(&source, text).expect("written");
    compile(CXX17, source.to_str().expect("our own"), &folder.0.join("readme"), &["-ldl"]);
}

#[test]
fn it_says_that_it_needs_cpp17() {
    let output = compiler("c++")
        .args(["-std=c++14", "-fsyntax-only", "-x", "c++", "-I"])
        .arg(root().join("include"))
        .arg(root().join("include/sysadm_class.hpp"))
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("needs C++17"), "{said}");
}

#[test]
fn no_answer_can_be_thrown_away_unseen() {
    let compile = |number: usize| {
        compiler("c++")
            .args(["-std=c++17", "-Wall", "-Werror", "-fsyntax-only", "-I"])
            .arg(root().join("include"))
            .arg(format!("-DNUMBER={number}"))
            .arg(root().join("tests/cpp/discarded.cpp"))
            .output()
            .expect("it runs")
    };
    assert!(compile(0).status.success(), "the first says so");
    for number in 1..=6 {
        let output = compile(number);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("nodiscard"), "{number}: {said}");
    }
}

/// Modules with one thing spoiled, as `loading` has them, and other files.
fn refused(folder: &Folder) -> Vec<PathBuf> {
    let null = FUNCTIONS.map(|name| format!("table.{name} = NULL"));
    let short = ["abi_minor", "version", "create", "dispatch", "get_extension"]
        .map(|field| format!("table.struct_size = offsetof(sysadm_class_t, {field}) + 1"));
    let other = [
        "return NULL",
        "table.abi_major = 7",
        "table.abi_major = 0",
        "table.abi_major = 2; table.struct_size = 8",
        "table.struct_size = 0",
        "table.name.len = 0",
        "table.name_space.ptr = NULL",
        // Text that ends in the middle of a character, an overlong form, a surrogate,
        // and what lies beyond the last code point.
        "table.version.ptr = \"1.0.\\xc3\"",
        "table.version.ptr = \"1.\\xc0\\xaf.\"",
        "table.version.ptr = \"1\\xed\\xa0\\x80.\"",
        "table.version.ptr = \"1\\xf4\\x90\\x80\\x80\"",
        "table.description.ptr = \"\\xc3 \"; table.description.len = 2",
        "table.description.ptr = NULL",
    ];
    let statements = null.into_iter().chain(short).chain(other.map(str::to_owned));
    let made = statements
        .enumerate()
        .map(|(number, statement)| spoiled_table(folder, &number.to_string(), &statement));
    let mut paths: Vec<_> = made.collect();
    paths.push(module_in_c(folder, "tests/c/broken/no_entry.c", "no_entry.so", &["-fvisibility=default"]));
    paths.extend(elf_with_one_number_changed(folder));
    paths.push(folder.0.join("nosuch.so"));
    paths.push(paths[0].join("inside.so"));
    let pipe = folder.0.join("pipe.so");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    paths.push(pipe);
    paths.push(folder.0.clone());
    paths
}

/// A module with one number of its ELF header changed each time, as far as that is
/// refused before the system's loader sees it: what follows lies beyond every file,
/// or is of another kind.
fn elf_with_one_number_changed(folder: &Folder) -> Vec<PathBuf> {
    let good = module_in_c(folder, "tests/c/broken/table.c", "whole.so", &[]);
    let good = std::fs::read(good).expect("there");
    let mut paths = Vec::new();
    let far = [&[0xff; 8][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], &[0, 0, 0, 0, 1]];
    let rows = [(4, &[1][..]), (5, &[2]), (16, &[2]), (18, &[3]), (18, &[0x77, 0x77]), (54, &[1]), (0, b"?")];
    // Where the program headers and the section headers are, and of the first program
    // header where its part of the file is and how long.
    let rows =
        rows.into_iter().chain([32, 40, 64 + 8, 64 + 32].into_iter().flat_map(|at| far.map(|n| (at, n))));
    for (number, (at, bytes)) in rows.enumerate().filter(|_| cfg!(target_pointer_width = "64")) {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        let path = folder.0.join(format!("elf-{number}.so"));
        std::fs::write(&path, file).expect("written");
        paths.push(path);
    }
    paths
}

/// Only what the system itself says may differ, and how an error number is shown.
#[test]
fn what_the_rust_host_refuses_is_refused_in_the_same_words() {
    let folder = Folder::new();
    let program = folder.0.join("refused");
    compile(CXX17, "tests/cpp/refused.cpp", &program, &["-ldl"]);
    let paths = refused(&folder);
    let good = [
        module_in_c(&folder, "tests/c/broken/table.c", "good.so", &[]),
        // Every length of a character, at its bounds.
        module_in_c(
            &folder,
            "tests/c/broken/table.c",
            "texts.so",
            &["-DSPOIL=table.description.ptr = NULL; table.description.len = 0; \
               table.version.ptr = \"\\x7f\\xf4\\x8f\\xbf\\xbf\"; \
               table.name.ptr = \"\\xc2\\x80\\xe0\\xa0\\x80.\"; \
               table.name_space.ptr = \"\\xed\\x9f\\xbf.\""],
        ),
    ];
    let output = Command::new(&program).args(&paths).args(&good).output().expect("it runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let mut said = said.lines();
    for path in &paths {
        let rust = Module::load(path, Door::C).expect_err("refused").to_string();
        let rust = rust.split(" (os error").next().expect("a beginning");
        assert_eq!(said.next(), Some(rust));
    }
    for path in &good {
        Module::load(path, Door::C).expect("a good module");
        assert_eq!(said.next(), Some("loaded"));
    }
}

/// Compile a C++ program and the modules it works on with these flags, and run it.
fn run(cxx: &str, program: &str, flags: &[&str]) -> Output {
    let folder = Folder::new();
    let path = folder.0.join(program);
    // On every system, if nothing else is said: these are the proof that it can be.
    let unmaps: &[&str] =
        if flags.iter().any(|flag| flag.contains("UNMAPS")) { &[] } else { &["-DSYSADM_CLASS_UNMAPS=1"] };
    let arguments = [flags, unmaps, &["-pthread", "-ldl"]].concat();
    compile((cxx, "-std=c++17"), &format!("tests/cpp/{program}.cpp"), &path, &arguments);
    let in_c: Vec<_> = flags.iter().copied().filter(|flag| flag.contains("sanitize")).collect();
    let mut command = Command::new(&path);
    command.arg(module_in_c(&folder, "tests/c/probe.c", "probe.so", &in_c));
    if program == "hot_slot" {
        command.arg(module_in_c(&folder, "include/template/c/echo.c", "echo.so", &in_c));
    }
    let output = command.arg(&folder.0).output().expect("it runs");
    let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.ends_with("well\n"), "{program} {flags:?}: {out}{log}");
    assert!(
        !std::fs::read_dir(&folder.0).expect("there").any(|entry| is_copy(&entry.expect("there").path()))
    );
    output
}

fn is_copy(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(".sysadm-module"))
}

#[test]
fn the_wrapper_keeps_its_promises() {
    for (_, cxx) in compilers() {
        for flags in [&["-O2"][..], &["-fno-exceptions", "-fno-rtti"]] {
            run(cxx, "wrapper", flags);
        }
    }
}

#[test]
fn modules_are_swapped_under_four_threads() {
    let output = run("c++", "hot_slot", &["-O2"]);
    println!("{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn replaced_modules_stay_mapped_where_nothing_is_unmapped() {
    run("c++", "hot_slot", &["-O2", "-DSYSADM_CLASS_UNMAPS=0"]);
}

#[test]
fn the_address_sanitizer_finds_nothing() {
    let Some(flags) = sanitizer("address") else { return };
    run("c++", "wrapper", &flags);
    run("c++", "hot_slot", &flags);
}

#[test]
fn the_thread_sanitizer_finds_nothing() {
    let Some(flags) = sanitizer("thread") else { return };
    run("c++", "wrapper", &flags);
    run("c++", "hot_slot", &flags);
}
