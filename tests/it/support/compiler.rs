//! The C and C++ compilers, called so that a warning is a failure, and their
//! sanitizers.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use super::folder::{Folder, root};

/// A compiler and the language it is to take the source for.
pub type Language<'a> = (&'a str, &'a str);

/// The C in which this repository's C is written.
pub const C11: Language<'_> = ("cc", "-std=c11");
/// The C++ in which it must be valid, too.
pub const CXX17: Language<'_> = ("c++", "-std=c++17");

/// What every source has to bear without a word.
const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"];

/// Is this program there?
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// This compiler, which has to be there: what is written in C and C++ is not skipped.
pub fn compiler(name: &str) -> Command {
    assert!(
        is_installed(name),
        "there is no compiler `{name}` here; the tests need one for C and one for C++"
    );
    Command::new(name)
}

#[test]
#[should_panic(
    expected = "there is no compiler `no-such-c++` here; the tests need one for C and one for C++"
)]
fn a_compiler_that_is_missing_is_told() {
    let _ = compiler("no-such-c++");
}

/// The compilers of this machine for C and for C++: the system's own, and clang,
/// which is FreeBSD's, where there is one.
pub fn compilers() -> Vec<(&'static str, &'static str)> {
    let mut all = vec![("cc", "c++")];
    if is_installed("clang") && is_installed("clang++") {
        all.push(("clang", "clang++"));
    } else {
        super::skipped!("clang is not installed, so nothing is compiled by it");
    }
    all
}

/// Compile a file of this repository over `include/` alone. The arguments come
/// after the source, where the linker wants libraries. What is made of our own files
/// alone is the same for each test, and a host in C++ takes seconds: it is compiled once.
pub fn compile<S: AsRef<OsStr>>(
    (name, standard): Language<'_>,
    source: &str,
    output: &Path,
    arguments: &[S],
) {
    let mut command = compiler(name);
    command.arg(standard).args(WARNINGS).args(["-g", "-I"]);
    command.arg(root().join("include"));
    if name.ends_with("++") {
        // Whatever the file is called.
        command.args(["-x", "c++"]);
    } else {
        command.arg("-Wstrict-prototypes");
    }
    command.arg(root().join(source)).args(["-x", "none"]).args(arguments);
    let names_a_file = |word: &S| word.as_ref().as_encoded_bytes().contains(&b'/');
    if Path::new(source).is_absolute() || arguments.iter().any(names_a_file) {
        return make(&mut command, output);
    }
    // By a program, as in `write_program`; and what was there may be mapped, and is not written into.
    let made = made_once(command);
    let copied = Command::new("install").args(["-m", "755"]).arg(made).arg(output).status();
    assert!(copied.expect("install runs").success());
}

fn make(command: &mut Command, output: &Path) {
    let said = command.arg("-o").arg(output).output().expect("it runs");
    assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
}

/// What this command of a compiler makes, which reads nothing that a test changes. Made by each process that needs
/// it, once, and moved to its place in one step, so that it is never an old one nor half of one.
pub fn made_once(mut command: Command) -> PathBuf {
    static MADE: Mutex<BTreeMap<String, Arc<OnceLock<PathBuf>>>> = Mutex::new(BTreeMap::new());
    let key = format!("{command:?}");
    let made = Arc::clone(MADE.lock().expect("no panic in here").entry(key.clone()).or_default());
    // Others wait for this one alone.
    let path = made.get_or_init(|| {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("made-{:016x}", hasher.finish()));
        let draft = path.with_extension(std::process::id().to_string());
        make(&mut command, &draft);
        fs::rename(draft, &path).expect("renamed");
        path
    });
    path.clone()
}

/// A class module, compiled as the contract's header advises.
pub fn module_in_c(folder: &Folder, source: &str, name: &str, flags: &[&str]) -> PathBuf {
    let path = folder.0.join(name);
    compile(C11, source, &path, &[&["-shared", "-fPIC", "-fvisibility=hidden"], flags].concat());
    path
}

/// The flags that turn a sanitizer on, if it is really on with them: a program with
/// a defect for it has to be caught. `None` where a machine has not got it, or it
/// cannot run here, which is said.
pub fn sanitizer(name: &str) -> Option<[&'static str; 2]> {
    let (flag, defect, expected) = match name {
        "address" => ("-fsanitize=address,undefined", "tests/cpp/overflow.cpp", "heap-buffer-overflow"),
        "thread" => ("-fsanitize=thread", "tests/cpp/race.cpp", "data race"),
        other => panic!("no sanitizer {other}"),
    };
    let folder = Folder::new();
    let empty = folder.0.join("empty.cpp");
    std::fs::write(&empty, "int main() {}\n").expect("written");
    let program = folder.0.join("program");
    let built = Command::new("c++").arg(flag).arg(&empty).arg("-o").arg(&program).output();
    if !built.is_ok_and(|output| output.status.success())
        || !Command::new(&program).output().is_ok_and(|output| output.status.success())
    {
        crate::support::skipped!("the {name} sanitizer does not work here");
        return None;
    }
    compile(CXX17, defect, &program, &[flag, "-pthread"]);
    let output = Command::new(&program).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(expected), "the {name} sanitizer is not on: {said}");
    Some([flag, "-fno-sanitize-recover=all"])
}
