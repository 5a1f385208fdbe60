//! What cannot be started answers at once and names the path and the reason.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Instant;

use super::stand::{Dir, SOON, refusal, run, sh};
use crate::process::{Command, StartError};

fn sentence(path: &Path) -> String {
    let start = Instant::now();
    let error = refusal(&Command::new(path, [""; 0])).to_string();
    assert!(start.elapsed() < SOON, "{error}: after {:?}", start.elapsed());
    assert!(error.contains(&path.display().to_string()), "{error}");
    error.replace(&path.display().to_string(), "PATH")
}

#[test]
fn a_program_that_is_not_named_absolutely_is_refused() {
    for path in ["true", "./true", "bin/true"] {
        assert_eq!(sentence(Path::new(path)), "the program `PATH` is not named by an absolute path");
    }
    let empty = Path::new("");
    assert_eq!(refusal(&Command::new(empty, [""; 0])), StartError::NotAbsolute { path: empty.to_owned() });
}

#[test]
fn a_missing_program_is_named() {
    let dir = Dir::new();
    let file = dir.file("file", "", "755");
    let dangling = dir.path("dangling");
    symlink("/nonexistent", &dangling).expect("the directory is ours");
    for path in [dir.path("missing"), file.join("below"), dangling] {
        assert_eq!(refusal(&Command::new(&path, [""; 0])), StartError::Missing { path: path.clone() });
        assert_eq!(sentence(&path), "the program `PATH` does not exist");
    }
}

#[test]
fn a_program_that_cannot_be_executed_is_named_with_the_reason() {
    let dir = Dir::new();
    let loops = dir.path("loops");
    symlink(&loops, &loops).expect("the directory is ours");
    let device = Path::new("/dev/null");
    let long = dir.path(&"x".repeat(5000));
    let cases = [
        (dir.file("plain", "#!/bin/sh\n", "644"), "no execute permission is set"),
        (dir.0.clone(), "it is not a regular file"),
        (device.to_owned(), "it is not a regular file"),
        (dir.file("text", "echo no interpreter line\n", "755"), "exec format error"),
        (dir.file("empty", "", "755"), "exec format error"),
        (loops, "too many levels of symbolic links"),
        (long, "file name too long"),
    ];
    for (path, reason) in &cases {
        assert_eq!(sentence(path), format!("the program `PATH` cannot be executed: {reason}"));
    }
}

#[test]
fn a_missing_interpreter_is_named_with_its_program() {
    let dir = Dir::new();
    let script = dir.file("script", "#! /nonexistent/python3.9 -B\nprint()\n", "755");
    assert_eq!(
        sentence(&script),
        "the interpreter `/nonexistent/python3.9` of the program `PATH` does not exist"
    );
    let plain = dir.file("plain", "", "644");
    let script = dir.file("second", &format!("#!{}\n", plain.display()), "755");
    assert_eq!(
        sentence(&script),
        format!(
            "the program `PATH` cannot be executed: permission denied, for it or for its interpreter `{}`",
            plain.display()
        )
    );
}

#[test]
fn arguments_over_the_limit_of_the_system_are_told_with_their_length() {
    let path = Path::new("/bin/sh");
    let word = "x".repeat(1_000_000);
    let error = refusal(&Command::new(path, [word.as_str()]));
    assert_eq!(error, StartError::TooLong { path: path.to_owned(), bytes: "/bin/sh".len() + 1 + 1_000_001 });
    assert_eq!(
        error.to_string(),
        "the arguments and environment for `/bin/sh` are longer than the system allows: 1000009 bytes"
    );
    // Many short ones, and the environment.
    assert!(matches!(refusal(&Command::new(path, vec!["xxxxxxxx"; 1_000_000])), StartError::TooLong { .. }));
    let env = [("A", word.as_str())];
    assert!(matches!(
        refusal(&Command { env: &env, ..Command::new(path, [""; 0]) }),
        StartError::TooLong { .. }
    ));
}

#[test]
fn a_string_no_program_can_be_given_is_refused() {
    let refusal = |command| refusal(&command).to_string();
    let path = Path::new("/bin/sh");
    assert_eq!(refusal(Command::new(path, ["a", "te\0st"])), "argument 2 holds a NUL byte");
    assert_eq!(
        refusal(Command::new(Path::new("/bin/tr\0ue"), ["a"])),
        "the path of the program holds a NUL byte"
    );
    let env = |env| Command { env, ..Command::new(path, ["a"]) };
    assert_eq!(refusal(env(&[("A", "\0")])), "the environment variable `A` holds a NUL byte");
    assert_eq!(refusal(env(&[("", "x")])), "`` cannot be the name of an environment variable");
    assert_eq!(refusal(env(&[("A=B", "x")])), "`A=B` cannot be the name of an environment variable");
}

#[test]
fn a_cancelled_request_starts_nothing() {
    let dir = Dir::new();
    let mark = dir.path("mark");
    let script = format!("touch '{}'", mark.display());
    assert_eq!(refusal(&Command { cancel: &|| true, ..sh(&script) }), StartError::Cancelled);
    assert!(!mark.exists());
    run(&sh(&script));
    assert!(mark.exists());
}
