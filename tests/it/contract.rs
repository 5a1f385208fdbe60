//! The contract is said three times: in the header, for C and C++, and in
//! `sysadm_class::ffi`. Here the three are held against each other, item by
//! item: a C program tells how its compiler lays out the header, and the names
//! are also read from the text of both sources, so that an item which is
//! missing from one of the lists fails like one that differs.
//!
//! Also what the built module shows to the system's loader: two symbols, and no
//! library that a bare system has not got.

use std::fs;
use std::process::Command;

use sysadm_class::{Level, Status, ffi, later};

use crate::support::{C11, CXX17, Folder, Language, artifacts, compile, compiler, compilers, root};

/// The size of a field, of which only the name is written down.
fn size_by<T, F>(_: fn(&T) -> &F) -> usize {
    size_of::<F>()
}

/// The lines of `layout.c` for structures of `ffi`, and of `later` for fields behind a
/// `+`. The patterns have no `..`: a field that is missing from a list does not compile.
macro_rules! structures {
    (@size $type:ident) => { (size_of::<ffi::$type>(), align_of::<ffi::$type>()) };
    (@size $type:ident $($more:ident)+) => { (size_of::<later::$type>(), align_of::<later::$type>()) };
    (@more $lines:ident $type:ident $name:literal) => {};
    (@more $lines:ident $type:ident $name:literal $($more:ident)+) => {
        let _ = |later::$type { first: _, $($more: _),+ }: later::$type| ();
        $($lines.push(format!(
            "field {}.{} {} {}",
            $name,
            stringify!($more),
            std::mem::offset_of!(later::$type, $more),
            size_by(|value: &later::$type| &value.$more),
        ));)+
    };
    ($($type:ident = $name:literal { $($field:ident),* $(; + $($more:ident),*)? })*) => {{
        let mut lines = Vec::new();
        $(
            let _ = |ffi::$type { $($field: _),* }: ffi::$type| ();
            let (size, align) = structures!(@size $type $($($more)*)?);
            lines.push(format!("struct {} {size} {align}", $name));
            $(lines.push(format!(
                "field {}.{} {} {}",
                $name,
                stringify!($field),
                std::mem::offset_of!(ffi::$type, $field),
                size_by(|value: &ffi::$type| &value.$field),
            ));)*
            structures!(@more lines $type $name $($($more)*)?);
        )*
        lines
    }};
}

fn structures() -> Vec<String> {
    structures! {
        Str = "sysadm_str" { ptr, len }
        Request = "sysadm_request" { struct_size, access, name_space, name, args, request_id, timeout_ms; + caller }
        Response = "sysadm_response" { struct_size, status, args, owner }
        Host = "sysadm_host" {
            struct_size, abi_major, abi_minor, flags, user,
            log_enabled, log, is_cancelled, progress, emit_event, get_extension
        }
        Class = "sysadm_class" {
            struct_size, abi_major, abi_minor, flags, name_space, name, version, description,
            create, dispatch, cancel, health, export_state, import_state, set_log_level, close,
            release, get_extension
        }
        Describe = "sysadm_describe" { struct_size, flags, describe; + describe_here }
    }
}

/// Constants of the header with what Rust says for them.
fn constants() -> Vec<(&'static str, String)> {
    let mut codes: Vec<(&str, i64)> = vec![
        ("CLASS_ABI_MAJOR", ffi::ABI_MAJOR.into()),
        ("CLASS_ABI_MINOR", ffi::ABI_MINOR.into()),
        ("OK", ffi::OK.into()),
        ("E_NULL", ffi::E_NULL.into()),
        ("E_SIZE", ffi::E_SIZE.into()),
        ("E_CLOSED", ffi::E_CLOSED.into()),
        ("E_INSIDE", ffi::E_INSIDE.into()),
        ("ACCESS_LIMITED", ffi::ACCESS_LIMITED.into()),
        ("ACCESS_FULL", ffi::ACCESS_FULL.into()),
        ("LOG_OFF", (0..).find(|code| Level::from_code(*code).is_none()).unwrap_or(0).into()),
        ("CLASS_UNLOAD_SAFE", ffi::UNLOAD_SAFE.into()),
    ];
    codes.extend(Status::ALL.map(|status| {
        let name = match status {
            Status::Ok => "STATUS_OK",
            Status::BadRequest => "STATUS_BAD_REQUEST",
            Status::Unauthorized => "STATUS_UNAUTHORIZED",
            Status::Forbidden => "STATUS_FORBIDDEN",
            Status::NotFound => "STATUS_NOT_FOUND",
            Status::Internal => "STATUS_INTERNAL",
            Status::Unavailable => "STATUS_UNAVAILABLE",
            other => panic!("{other:?} has no name here"),
        };
        (name, status.code().into())
    }));
    codes.extend(Level::ALL.map(|level| {
        let name = match level {
            Level::Error => "LOG_ERROR",
            Level::Warn => "LOG_WARN",
            Level::Info => "LOG_INFO",
            Level::Debug => "LOG_DEBUG",
            Level::Trace => "LOG_TRACE",
        };
        (name, level.code().into())
    }));
    let texts = [("CLASS_ENTRY", ffi::ENTRY), ("EXT_DESCRIBE", ffi::EXT_DESCRIBE)];
    let codes = codes.into_iter().map(|(name, value)| (name, format!("code SYSADM_{name} {value}")));
    codes.chain(texts.map(|(name, value)| (name, format!("text SYSADM_{name} {value}")))).collect()
}

/// What `layout.c` says as this language.
fn layout(language: Language) -> Vec<String> {
    let folder = Folder::new();
    let program = folder.0.join("layout");
    compile::<&str>(language, "tests/c/layout.c", &program, &[]);
    let output = Command::new(program).output().expect("it runs");
    assert!(output.status.success(), "SYSADM_HAS_FIELD is wrong in {language:?}");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort();
    items
}

#[test]
fn three_languages_agree_on_every_structure_and_constant() {
    let rust: Vec<_> =
        structures().into_iter().chain(constants().into_iter().map(|(_, line)| line)).collect();
    for language in [C11, CXX17] {
        assert_eq!(sorted(layout(language)), sorted(rust.clone()), "{language:?}");
    }
}

/// A padding byte could become a field that nobody notices, and its value
/// differs between compilers: the contract has none.
#[test]
fn fields_fill_their_structures() {
    let (mut end, mut size) = (0, 0);
    for line in structures() {
        let words: Vec<_> = line.split(' ').collect();
        let [first, second] = [words[2], words[3]].map(|word| word.parse::<usize>().expect("a number"));
        if words[0] == "struct" {
            assert_eq!(end, size, "before {line}");
            (end, size) = (0, first);
        } else {
            assert_eq!(first, end, "{line}");
            end += second;
        }
    }
    assert_eq!(end, size, "at the end of the last structure");
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect("a file of this repository")
}

/// The header without its comments.
fn header() -> String {
    let text = read("include/sysadm_class.h");
    let mut parts = text.split("/*");
    let first = parts.next().expect("at least one").to_owned();
    parts.fold(first, |code, part| code + part.split_once("*/").expect("a comment's end").1)
}

fn word_at_end(text: &str) -> &str {
    let start = text.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    &text[start..]
}

/// Every structure and field that the header's text defines, in its order, as
/// the lines of `layout.c` begin.
fn names_in_header() -> Vec<String> {
    let header = header();
    let mut names = Vec::new();
    // A body's end is the next brace: structures of the contract hold no other.
    for definition in header.split("struct ").skip(1) {
        let Some((name, body)) = definition.split_once('{') else { continue };
        let Some((body, _)) = body.split_once('}').filter(|_| !name.contains([';', ')'])) else { continue };
        let name = name.trim();
        names.push(format!("struct {name}"));
        for field in body.split(';').map(str::trim).filter(|field| !field.is_empty()) {
            // A function's name stands in its own parentheses.
            let field = field
                .split_once("(*")
                .map_or(word_at_end(field), |(_, rest)| rest.split_once(')').expect("a function's name").0);
            names.push(format!("field {name}.{field}"));
        }
    }
    names
}

#[test]
fn no_structure_or_field_of_the_header_is_forgotten() {
    let names = |lines: Vec<String>| -> Vec<String> {
        lines.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect()
    };
    let header = names_in_header();
    assert_eq!(header, names(structures()), "the header, and the list for Rust");
    let structures = layout(C11).into_iter().filter(|line| line.starts_with(['s', 'f'])).collect();
    assert_eq!(header, names(structures), "the header, and layout.c");
}

/// The names after `start` at the beginning of a line.
fn names_after(text: &str, start: &str) -> Vec<String> {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let rests = text.lines().filter_map(|line| line.strip_prefix(start));
    rests.map(|rest| rest.chars().take_while(is_part).collect()).collect()
}

#[test]
fn no_constant_of_the_header_is_forgotten() {
    // What is no value of the contract: the include guard and helpers.
    let helpers = ["CLASS_H", "HAS_FIELD", "CLASS_EXPORT", "CLASS_ABI_AT_LEAST", "LAYOUT"];
    let mut defined = names_after(&header(), "#define SYSADM_");
    defined.retain(|name| !helpers.contains(&name.as_str()));
    assert_eq!(sorted(defined), sorted(constants().into_iter().map(|(name, _)| name.to_owned())));
}

#[test]
fn nothing_in_rust_is_missing_from_the_header() {
    let rust = read("include/rust/src/ffi.rs");
    let structures = names_after(&rust, "pub struct ").into_iter();
    let structures = structures.map(|name| format!("struct sysadm_{}", name.to_ascii_lowercase()));
    let known = names_in_header().into_iter().filter(|name| name.starts_with("struct "));
    assert_eq!(sorted(structures), sorted(known));

    // Statuses and levels are enums in `types`, listed by matches without `_`.
    let known = constants().into_iter().map(|(name, _)| name);
    let known = known.filter(|name| !name.starts_with("STATUS_") && !name.starts_with("LOG_"));
    let known = known.map(|name| name.strip_prefix("CLASS_").unwrap_or(name).to_owned());
    assert_eq!(sorted(names_after(&rust, "pub const ")), sorted(known));
}

#[test]
fn the_header_stands_alone_twice_and_in_two_units() {
    // C99 is what it promises; each later language is in use somewhere.
    let standards = ["c99", "c11", "c17", "c++11", "c++17", "c++20"].map(|name| format!("-std={name}"));
    for (c, cxx) in compilers() {
        for standard in &standards {
            let compiler = if standard.contains("++") { cxx } else { c };
            let folder = Folder::new();
            let units = ["first", "second"].map(|name| folder.0.join(format!("{name}.o")));
            for (unit, define) in units.iter().zip(["-DFIRST", "-DSECOND"]) {
                compile((compiler, standard), "tests/c/alone.c", unit, &["-c", define]);
            }
            let program = folder.0.join("alone");
            let linked =
                Command::new(compiler).args(&units).arg("-o").arg(&program).output().expect("a compiler");
            assert!(linked.status.success(), "{standard}: {}", String::from_utf8_lossy(&linked.stderr));
            assert!(Command::new(program).status().expect("it runs").success(), "{compiler} {standard}");
        }
    }
}

/// The header's own checks, each made to fail: another layout, and a version
/// macro that is derived wrongly.
#[test]
fn the_header_refuses_to_be_compiled_into_something_else() {
    let folder = Folder::new();
    let header = read("include/sysadm_class.h");
    let spoiled = [
        ("    uint32_t access;      /*", "    uint64_t access;      /*", "sysadm_layout_request"),
        ("    void *owner; ", "    ", "sysadm_layout_response"),
        ("SYSADM_CLASS_ABI_MINOR >= (minor)", "SYSADM_CLASS_ABI_MINOR > (minor)", "AT_LEAST"),
        ("SYSADM_CLASS_ABI_MAJOR == (major) && ", "", "AT_LEAST"),
    ];
    for (from, to, expected) in spoiled {
        assert_eq!(header.matches(from).count(), 1, "{from}");
        std::fs::write(folder.0.join("sysadm_class.h"), header.replace(from, to)).expect("written");
        for (name, standard) in [C11, CXX17] {
            let mut command = compiler(name);
            command.args([standard, "-fsyntax-only", "-DFIRST", "-I"]).arg(&folder.0);
            if name == "c++" {
                command.args(["-x", "c++"]);
            }
            let said = command.arg(root().join("tests/c/alone.c")).output().expect("a compiler");
            let said = (said.status.success(), String::from_utf8_lossy(&said.stderr).into_owned());
            assert!(!said.0 && said.1.contains(expected), "{from}: {}", said.1);
        }
    }
}

/// What a program of the binutils says of the built module.
fn of_module(program: &str, argument: &[&str]) -> String {
    let output = Command::new(program).args(argument).arg(&artifacts().module).output();
    let output = output.unwrap_or_else(|e| panic!("{program}, which comes with the compiler: {e}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_module_exports_its_two_doors_and_nothing_else() {
    let symbols = of_module("nm", &["-D", "--defined-only"]);
    let names = symbols.lines().map(word_at_end);
    assert_eq!(
        sorted(names),
        sorted([ffi::ENTRY, sysadm_class::abi_stable::library::ROOT_MODULE_LOADER_NAME])
    );
}

#[test]
fn the_module_needs_only_what_every_system_has() {
    let dynamic = of_module("readelf", &["-d", "-W"]);
    let needed = dynamic.lines().filter(|line| line.contains("(NEEDED)"));
    let names = needed.map(|line| line.split(['[', ']']).nth(1).expect("a name in brackets"));
    // On FreeBSD libm, libpthread (libthr) and libgcc_s are libraries of the base system, too.
    let base = ["libc", "libgcc_s", "libm", "libpthread", "libthr"];
    let (mut libc, mut other) = (false, Vec::new());
    for name in names {
        let stem = name.split(".so").next().unwrap_or(name);
        libc |= stem == "libc";
        if !base.contains(&stem) && !name.starts_with("ld-") {
            other.push(name);
        }
    }
    assert!(libc && other.is_empty(), "{dynamic}");
}
