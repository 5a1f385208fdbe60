//! A Rust host with hot swap in few lines, built far from this repository against
//! `sysadm-host` alone, which serves a class in C and one in Rust at once.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::host::Request;
use sysadm_class::{Access, Status};
use sysadm_host::{Host, Listener, Obstacle, Setup};

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

/// A host whose listener panics is answered all the same; what who may only read sends costs no
/// more than that, in memory and in the log; and what has ended begins nothing.
#[test]
fn what_it_promises_it_keeps_for_odd_listeners_args_and_ends() {
    let folder = Folder::new();
    let lines = Arc::new(Mutex::new(Vec::<usize>::new()));
    let noted = Arc::clone(&lines);
    let listener = Listener::new().on_log(move |_, _, message, _| {
        noted.lock().expect("no panic").push(message.len());
        panic!("the listener's own");
    });
    let setup = Setup::new(folder.0.join("stage")).file(&artifacts().module).services(Arc::new(listener));
    let host = Host::open(setup).expect("it opens");
    let ask = |name: &str, args: &str| {
        let (namespace, name) = name.split_once('/').expect("both");
        host.ask(&Request::new(namespace, name, args, Access::Limited).of_caller("eve"))
    };
    let long = "\u{200b}".repeat(300_000);
    let answer = ask("sysadm/iocage", &format!("\"{long}\""));
    assert!(answer.status == Status::BadRequest && answer.text().len() < 500, "{}", answer.text().len());
    let list = format!(r#"{{"action":"list","x":"{}"}}"#, "x".repeat(5000));
    assert_eq!(ask("rpc/modules", &list).status, Status::BadRequest);
    let load = format!(r#"{{"action":"load","path":"/{}"}}"#, "x".repeat(3000));
    assert_eq!(ask("rpc/modules", &load).status, Status::Forbidden);
    assert_eq!(ask("rpc/modules", r#"{"action":"list"}"#).status, Status::Ok);
    let lines = lines.lock().expect("no panic").clone();
    assert!(lines.len() >= 3 && lines.iter().all(|length| *length < 1000), "{lines:?}");

    assert!(host.shut_down(Duration::MAX));
    let refused = host.modules().load(&artifacts().module, "").expect_err("it has ended");
    assert_eq!(refused.obstacle, Obstacle::Busy);
    assert!(host.modules().classes().is_empty());
}
