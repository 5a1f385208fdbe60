//! A Rust host with hot swap in few lines, built far from this repository against
//! `sysadm-host` alone, which serves a class in C and one in Rust at once.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::process::eventually;
use crate::support::{C11, Folder, artifacts, built_elsewhere, compile, ours};

const HOST: &str = r#"[package]
name = "my-server"
version = "1.0.0"
edition = "2024"

[dependencies]
sysadm-host = { path = "@ROOT@/include/host" }
"#;

const EXAMPLE: &str = "include/host/examples/hot_swap.rs";

/// The echo of the template in a version of its own.
fn echo(folder: &Folder, version: &str) -> PathBuf {
    let (source, module) = (folder.0.join("echo.c"), folder.0.join(format!("echo-{version}.so")));
    let text = ours("include/template/c/echo.c");
    assert!(text.contains("\"1.0.0\""), "the version is somewhere else");
    fs::write(&source, text.replace("\"1.0.0\"", &format!("\"{version}\""))).expect("written");
    let flags = ["-shared", "-fPIC", "-fvisibility=hidden"];
    compile(C11, source.to_str().expect("ours"), &module, &flags);
    module
}

#[test]
fn sixty_lines_serve_c_and_rust_and_replace_them() {
    let text = ours(EXAMPLE);
    assert!(text.lines().count() <= 60, "{} lines", text.lines().count());
    let program =
        built_elsewhere("three-verbs", &[("Cargo.toml", HOST), ("src/main.rs", &text)]).join("my-server");

    let (folder, installed) = (Folder::new(), Folder::new());
    let put = |from: &PathBuf, name: &str| {
        fs::copy(from, installed.0.join(".new")).expect("copied");
        fs::rename(installed.0.join(".new"), installed.0.join(name)).expect("renamed");
    };
    put(&artifacts().module, "iocage.so");
    put(&echo(&folder, "1.0.0"), "echo.so");
    fs::write(installed.0.join("text.so"), "no module").expect("written");
    fs::write(installed.0.join("notes"), "no module").expect("written");

    let mut host = Command::new(program)
        .args([folder.0.join("stage"), installed.0.clone()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut input = host.stdin.take().expect("piped");
    let mut output = BufReader::new(host.stdout.take().expect("piped"));
    let mut ask = |line: &str| {
        writeln!(input, "{line}").expect("it reads");
        let mut answer = String::new();
        output.read_line(&mut answer).expect("it answers");
        answer.trim_end().to_owned()
    };
    assert_eq!(ask(r#"example echo {"action":"x"}"#), r#"200 {"echo":"{\"action\":\"x\"}"}"#);
    assert!(ask(r#"sysadm iocage {"action":"jump"}"#).contains("no action"), "the class in Rust answers");
    assert!(ask("no such {}").starts_with("404 "));
    let mut versions = || {
        let list = ask(r#"rpc modules {"action":"list"}"#);
        let list: Value = serde_json::from_str(&list["200 ".len()..]).expect("JSON");
        let all = list["list"]["generations"].as_array().expect("an array").clone();
        let current = all.iter().filter(|g| g["state"] == "current");
        current.map(|g| format!("{} {}", g["door"], g["version"]).replace('"', "")).collect::<Vec<_>>()
    };
    let ours = format!("rust {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(versions(), ["c 1.0.0", &ours]);
    put(&echo(&folder, "2.0.0"), "echo.so");
    eventually("the new version serves", || versions().contains(&"c 2.0.0".to_owned()));
    let back = ask(r#"rpc modules {"action":"rollback","class":"example/echo"}"#);
    assert!(back.starts_with("200 ") && back.contains("\"version\":\"1.0.0\""), "{back}");

    drop(input);
    let log = host.wait_with_output().expect("it ends");
    assert!(log.status.success());
    let log = String::from_utf8_lossy(&log.stderr);
    let told = |part: &str| assert!(log.lines().any(|line| line.contains(part)), "{part}: {log}");
    told("text.so is not a shared library");
    told("notes is no *.so");
    told("info modules [");
    told("rollback class \"example/echo\" done, full access of \"console\"");
}
