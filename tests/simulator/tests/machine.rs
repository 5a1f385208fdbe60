//! A simulated machine in a folder of its own, and how to run its iocage as the class does: cleared environment, cwd `/`,
//! a fixed stdin.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// The program, which cargo has built beside this one. Not by `CARGO_BIN_EXE_iocage-sim`: what runs in rustc's place
/// is a shell, which hands on no variable with a `-` in its name.
pub(crate) static SIMULATOR: LazyLock<PathBuf> = LazyLock::new(|| {
    let program = std::env::current_exe().expect("the test's own path");
    let built = program.ancestors().nth(2).expect("a target folder");
    let simulator = built.join("iocage-sim");
    assert!(simulator.is_file(), "{}", simulator.display());
    simulator
});

/// A folder that is gone when the test is.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sim-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("the target's own folder can be written");
        Folder { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn text(&self) -> &str {
        self.path.to_str().expect("the target folder has a UTF-8 name")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder left behind is no reason to fail a test that has passed.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What a program answered.
#[derive(Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) exit: i32,
}

/// Bytes as text; what is not UTF-8 as `\xNN`, the way the recordings write it.
fn text(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |text, chunk| {
        let invalid: String = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")).collect();
        text + chunk.valid() + &invalid
    })
}

/// A command as the class starts one.
fn bare(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().current_dir("/");
    command
}

/// Runs a prepared command with `stdin` to its end.
pub(crate) fn run(mut command: Command, stdin: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the simulator can be started");
    let mut pipe = child.stdin.take().expect("stdin was piped above");
    // A command that reads nothing may be gone before this is written.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("the simulator can be waited for");
    Ran {
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        exit: output.status.code().expect("the simulator exits by itself"),
    }
}

/// Runs the simulator under its own name.
pub(crate) fn simulator(words: &[&str]) -> Ran {
    let mut command = bare(&*SIMULATOR);
    command.args(words);
    run(command, "")
}

/// A machine that `iocage-sim init` has made.
pub(crate) struct Machine {
    folder: Folder,
    iocage: PathBuf,
}

impl Machine {
    /// One in this state, whose paths are as they are recorded, if it does not say otherwise.
    pub(crate) fn new(state: &Value) -> Machine {
        let mut state = state.clone();
        state.as_object_mut().expect("an object").entry("mounted").or_insert(false.into());
        let folder = Folder::new();
        let file = folder.path().join("given.json");
        fs::write(&file, state.to_string()).expect("the test's folder can be written");
        let path = file.to_str().expect("the target folder has a UTF-8 name");
        let made = simulator(&["init", "--state", path, folder.text()]);
        assert_eq!((made.exit, made.stderr.as_str()), (0, ""), "init failed");
        Machine { iocage: PathBuf::from(made.stdout.trim_end()), folder }
    }

    /// One active pool `tank` with a release, and these jails.
    pub(crate) fn with_jails(jails: Value) -> Machine {
        Machine::new(&serde_json::json!({
            "clock": "2016-02-09 23:47:04",
            "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails,
                       "defaults": {"uuid": "b67065a9-cfb9-11e5-8209-d05099728dbf", "tag": "2016-02-09@23:47:04"}}],
        }))
    }

    /// The same with the Python iocage.
    pub(crate) fn python(jails: Value) -> Machine {
        Machine::new(&serde_json::json!({
            "version": "1.13",
            "clock": "2026-11-23 12:13:11",
            "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE-p5"], "jails": jails}],
        }))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn zfs(&self, words: &[&str]) -> Ran {
        self.tool("zfs", words)
    }

    /// Runs another of the machine's programs.
    pub(crate) fn tool(&self, name: &str, words: &[&str]) -> Ran {
        run(self.tool_command(name, words), "")
    }

    pub(crate) fn tool_command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = bare(self.folder().join(name));
        command.args(words);
        command
    }

    pub(crate) fn command(&self) -> Command {
        bare(&self.iocage)
    }

    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, "")
    }

    pub(crate) fn run_with(&self, words: &[&str], stdin: &str) -> Ran {
        let mut command = self.command();
        command.args(words);
        run(command, stdin)
    }

    /// Runs a command that must say exactly this.
    #[track_caller]
    pub(crate) fn expect(&self, words: &[&str], exit: i32, stdout: &str, stderr: &str) {
        let ran = self.run(words);
        let expected = Ran { stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit };
        assert_eq!(ran, expected, "{words:?}");
    }

    pub(crate) fn state(&self) -> Value {
        let text = fs::read(self.folder().join("state.json")).expect("the machine has a state");
        serde_json::from_slice(&text).expect("the state is JSON")
    }

    pub(crate) fn write_state(&self, state: &Value) {
        fs::write(self.folder().join("state.json"), state.to_string())
            .expect("the test's folder can be written");
    }

    /// The jails of the first pool.
    pub(crate) fn jails(&self) -> Vec<Value> {
        self.state()["pools"][0]["jails"].as_array().cloned().unwrap_or_default()
    }
}
