//! A program in the place of iocage that fails as it is told to: `tests/c/faulty.c`,
//! where the plan's words are explained.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::compiler::{C11, compile};
use super::folder::Folder;

/// The compiled program. Compiled by each process that needs it and moved to its
/// place in one step, so that it is never an old one nor half of one.
fn program() -> &'static Path {
    static COMPILED: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let draft = folder.join(format!("faulty.{}", std::process::id()));
        compile::<&str>(C11, "tests/c/faulty.c", &draft, &[]);
        let program = folder.join("faulty");
        fs::rename(draft, &program).expect("renamed");
        program
    });
    &COMPILED
}

/// One in a folder of its own. The program is there by a link: a copy would be
/// open for writing here, while other threads start children that inherit that.
pub struct Faulty {
    folder: Folder,
}

impl Faulty {
    /// One that does well, if the plan says no more.
    pub fn new(plan: &str) -> Faulty {
        let faulty = Faulty { folder: Folder::in_memory() };
        faulty.plan(plan);
        faulty.put_back();
        faulty
    }

    /// From now on fail so.
    pub fn plan(&self, plan: &str) {
        fs::write(self.file("plan"), plan).expect("written");
    }

    /// Put the program to its place, whatever is there.
    pub fn put_back(&self) {
        for name in ["iocage", "jls", "ps", "zfs", "zpool"] {
            let draft = self.file("draft");
            std::os::unix::fs::symlink(program(), &draft).expect("linked");
            fs::rename(draft, self.file(name)).expect("renamed");
        }
    }

    /// A file beside the program.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.0.join(name)
    }

    /// The program to configure.
    pub fn path(&self) -> PathBuf {
        self.file("iocage")
    }

    /// A configuration with the same time limit for everything.
    pub fn config(&self, timeout_s: u64, max_output: usize) -> String {
        self.config_of("shell", timeout_s, max_output)
    }

    /// The same for the iocage of a dialect.
    pub fn config_of(&self, dialect: &str, timeout_s: u64, max_output: usize) -> String {
        let timeouts: Value = ["read", "start", "create", "clean", "exec", "fetch"]
            .map(|kind| (kind, timeout_s))
            .into_iter()
            .collect();
        json!({
            "dialect": dialect,
            "direct": "off",
            "grace_s": 1,
            "iocage": self.path(),
            "jls": self.file("jls"),
            "lock_dir": self.file("locks"),
            "max_output": max_output,
            "ps": self.file("ps"),
            "timeouts_s": timeouts,
            "zfs": self.file("zfs"),
            "zpool": self.file("zpool")
        })
        .to_string()
    }

    /// Each call so far: its process and its arguments.
    pub fn calls(&self) -> Vec<(i32, String)> {
        let calls = fs::read_to_string(self.file("calls")).unwrap_or_default();
        let call = |line: &str| {
            let (pid, arguments) = line.split_once(' ').unwrap_or((line, ""));
            (pid.parse().expect("a process id"), arguments.to_owned())
        };
        calls.lines().map(call).collect()
    }

    /// The process that it has left behind, if it was told to.
    pub fn daemon(&self) -> Option<i32> {
        fs::read_to_string(self.file("daemon")).ok()?.trim().parse().ok()
    }
}
