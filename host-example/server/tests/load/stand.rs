//! A server with the class `example/echo`, and the same class in this process.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use sysadm_host::{Door, Host, Policy, Prober, Setup};
use sysadmd::accounts::{Editor, Name, Role};

use crate::shows;

pub(crate) struct Stand {
    folder: PathBuf,
    child: Child,
    address: String,
}

/// The class's module of this build.
fn module() -> PathBuf {
    let program = std::env::current_exe().expect("our own path");
    let folder = program.ancestors().nth(2).expect("a folder of cargo's");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "-p", "echo-class", "-p", "plugin-check", "--target-dir"]);
    cargo.arg(folder.parent().expect("a target folder"));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(cargo.status().expect("cargo runs").success());
    folder.join("libecho_class.so")
}

fn policy() -> Policy {
    Policy { prober: Prober::None, allow_unsafe_module: true, ..Policy::new(Door::C) }
}

/// A host in this process.
pub(crate) fn inside() -> Host {
    let folder = std::env::temp_dir().join(format!("sysadmd-load-inside-{}", std::process::id()));
    let host = Host::open(Setup::new(&folder).policy(policy()).file(module())).expect("a host");
    // The copy is mapped.
    std::fs::remove_dir_all(folder).expect("removed");
    host
}

impl Stand {
    pub(crate) fn new() -> Stand {
        let module = module();
        let folder = std::env::temp_dir().join(format!("sysadmd-load-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let at = |name: &str| folder.join(name);
        std::fs::create_dir_all(at("lib")).expect("a folder");
        std::fs::copy(&module, at("lib/echo.so")).expect("copied");
        let mut editor = Editor::open(&at("accounts")).expect("a file of accounts");
        let name = Name::try_from("load".to_owned()).expect("a name");
        editor.add(name.clone(), Role::Full).expect("added");
        editor.set_password(&name, Some("load-secret")).expect("set");
        editor.save().expect("written");
        let config = json!({
            "socket": {"path": at("sysadmd.sock")}, "full_group": "", "limited_group": "",
            "accounts": at("accounts"), "run": at("run"), "log": "info",
            "limits": {"per_caller": 1000},
            "modules": {"folders": [at("lib")], "door": "c", "prober": module.with_file_name("plugin-check")},
            "tls": {"listen": ["127.0.0.1:0"], "certificate": at("cert.pem"), "key": at("key.pem"), "limits": {"per_address": 1000}},
        });
        std::fs::write(at("config.json"), config.to_string()).expect("written");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sysadmd"))
            .arg("--config")
            .arg(at("config.json"))
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut seen = String::new();
        let address = loop {
            let line = log.next().unwrap_or_else(|| panic!("it ended: {seen}")).expect("a line");
            if let Some((_, rest)) = line.split_once("listens at https://") {
                break rest.trim_end_matches('/').to_owned();
            }
            seen.push_str(&line);
        };
        // Read on, or it would be held up by its own log.
        std::thread::spawn(move || log.for_each(drop));
        let stand = Stand { folder, child, address };
        let begun = Instant::now();
        while !stand.socket().exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "there is no socket");
            std::thread::sleep(Duration::from_millis(5));
        }
        stand
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("sysadmd.sock")
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn login(&self) -> String {
        json!({"namespace": "rpc", "name": "auth", "id": "a", "args": {"username": "load", "password": "load-secret"}}).to_string()
    }

    /// What is resident of the part that is root, and of its front, in KiB.
    pub(crate) fn memory(&self) -> [u64; 2] {
        let root = self.child.id();
        [root, front_of(root)].map(shows::resident)
    }
}

/// Beside it a module may be tried just then.
fn front_of(root: u32) -> u32 {
    let output = Command::new("pgrep").args(["-P", &root.to_string(), "-f", "sysadmd front"]).output();
    let told = String::from_utf8(output.expect("every system has pgrep").stdout).expect("a number");
    told.trim().parse().unwrap_or_else(|_| panic!("it has one front: {told:?}"))
}

impl Drop for Stand {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
