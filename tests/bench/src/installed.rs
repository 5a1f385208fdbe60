//! A machine of so many jails: the program, the module through both doors, and
//! the bare start to measure it against.

use std::ffi::{CString, c_char, c_long};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use libloading::{Library, Symbol};
use sysadm_class::host::{Door, Instance, Module, Request, Response, Services, Silent};
use sysadm_class::{Access, Level, Status};

use crate::tables;

/// Send args through an instance.
pub(crate) fn send(instance: &Instance, args: &str) -> Response {
    let request = Request::new("sysadm", "iocage", args, Access::Full);
    instance.dispatch(&request).expect("the contract is kept")
}

/// A host that is told how requests go on, and does nothing with it.
struct Listens;

impl Services for Listens {
    fn log_enabled(&self, _: Level, _: &str) -> bool {
        false
    }

    fn log(&self, _: Level, _: &str, _: &str, _: u64) {}
}

/// Where the program and its text are, and all that is measured.
pub(crate) struct Machine {
    folder: PathBuf,
    program: CString,
    /// What the program prints.
    pub(crate) text: String,
    doors: [(&'static str, Instance); 2],
    heard: Instance,
    spawn: Library,
}

impl Machine {
    /// A machine of so many jails. Compiles what it needs.
    pub(crate) fn new(jails: usize) -> Machine {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("sysadm-iocage-bench-{}-{number}", std::process::id()));
        // Nobody else's business, as a program for root should be.
        fs::DirBuilder::new().mode(0o700).create(&folder).expect("a folder of our own");
        let program = folder.join("iocage");
        compile("iocage.c", &program, &["-static"]);
        let library = folder.join("spawn.so");
        compile("spawn.c", &library, &["-shared", "-fPIC"]);
        let text = tables::shell_list(jails);
        fs::write(folder.join("iocage.out"), &text).expect("written");
        // What is measured is iocage being asked, also on a machine that has a ZFS.
        let config = serde_json::json!({"iocage": &program, "direct": "off"}).to_string();
        let instance = |door, services| {
            let module = Module::load_untrusted(&module(), door).expect("our module");
            module.create(services, &config).expect("a good configuration")
        };
        let silent = |door| instance(door, Arc::new(Silent));
        let doors = [("C door", silent(Door::C)), ("Rust door", silent(Door::Rust))];
        let heard = instance(Door::C, Arc::new(Listens));
        // SAFETY: our own library, just compiled; it has no initialisers.
        let spawn = unsafe { Library::new(&library) }.expect("our library");
        let program = CString::new(program.as_os_str().as_bytes()).expect("our own name");
        Machine { folder, program, text, doors, heard, spawn }
    }

    /// The instances.
    pub(crate) fn doors(&self) -> impl Iterator<Item = (&'static str, &Instance)> {
        self.doors.iter().map(|(door, instance)| (*door, instance))
    }

    /// One request that lists the jails, through the C door.
    pub(crate) fn request(&self) {
        self.request_of(&self.doors[0].1);
    }

    /// The same by a host that listens to progress and events.
    pub(crate) fn heard(&self) {
        self.request_of(&self.heard);
    }

    /// Another request of the first instance, which is answered well.
    pub(crate) fn ask(&self, args: &str) {
        let response = send(&self.doors[0].1, args);
        assert!(
            response.status() == Status::Ok && !response.text().contains("\"code\":"),
            "{}",
            response.text()
        );
    }

    fn request_of(&self, instance: &Instance) {
        let response = send(instance, r#"{"action":"listjails"}"#);
        assert_eq!(response.status(), Status::Ok);
        // An error would be fast.
        assert!(response.args().len() > self.text.len() / 2, "{}", response.text());
    }

    /// The same program started and read from C.
    pub(crate) fn spawn_alone(&self) {
        // SAFETY: the function's type in spawn.c, which is what was compiled.
        let spawn: Symbol<'_, unsafe extern "C" fn(*const c_char) -> c_long> =
            unsafe { self.spawn.get(b"spawn_and_read\0") }.expect("it is there");
        // SAFETY: a NUL-terminated string that lives through the call.
        let size = unsafe { spawn(self.program.as_ptr()) };
        assert_eq!(usize::try_from(size), Ok(self.text.len()));
    }

    /// Have the version asked and the files read once.
    pub(crate) fn warm_up(&self) {
        for _ in 0..5 {
            self.request();
            self.heard();
            self.spawn_alone();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(crate) fn compile(source: &str, output: &Path, flags: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c").join(source);
    let mut command = Command::new("cc");
    command
        .args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o"])
        .arg(output)
        .args(flags)
        .arg(source);
    assert!(command.status().expect("a C compiler").success(), "{command:?}");
}

/// The module of this build's profile, built if it is not up to date: alone, as it is
/// shipped, for only then is it optimised as a whole. Or the one that MODULE names, to hold two of
/// them against each other.
pub(crate) fn module() -> PathBuf {
    if let Some(named) = std::env::var_os("MODULE") {
        return named.into();
    }
    let program = std::env::current_exe().expect("our own path");
    let folder = program.ancestors().find(|folder| folder.ends_with("release") || folder.ends_with("debug"));
    let folder = folder.expect("a folder of cargo's");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args([
        "rustc",
        "--quiet",
        "-p",
        "sysadm-iocage",
        "--lib",
        "--crate-type",
        "cdylib",
        "--target-dir",
    ]);
    command.arg(folder.parent().expect("a target folder"));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(command.status().expect("cargo runs").success(), "{command:?}");
    folder.join("libsysadm_iocage.so")
}
