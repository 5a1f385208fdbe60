//! The page in a real browser: `story.py` is what is done there, `browser.py` drives Debian's chromium, both with Python's standard
//! library alone. Here the server is started for it, on a simulated machine, and ended.
//!
//! Where no browser is this is skipped, aloud, but in the gate. axe-core, which `.ci/run` fetches, is used where it is; pictures of each
//! view are left in `target/page`.

#[path = "../../../../tests/it/support/skipped.rs"]
mod skipped;

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use skipped::needed;

/// A server on a simulated machine, and what it says of itself.
struct Server {
    child: Child,
    welcome: String,
}

impl Server {
    fn start() -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmd"));
        command.args(["--sim", "--listen", "127.0.0.1:0"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let welcome = lines.take_while(|line| !line.contains("Ctrl-C")).map(|line| line + "\n").collect();
        Server { child, welcome }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id().cast_signed());
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

/// A program by its name, as a shell finds it.
fn found(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.exists())
}

#[test]
fn an_administrator_works_with_the_page() {
    let beside = Path::new(env!("CARGO_BIN_EXE_sysadmd")).parent().unwrap();
    for file in ["libsysadm_iocage.so", "iocage-sim", "plugin-check"] {
        let path = Some(beside.join(file)).filter(|path| path.exists());
        if needed(path, &format!("{file} (`cargo build --workspace` makes it)")).is_none() {
            return;
        }
    }
    let Some(chromium) = needed(found("chromium"), "chromium") else { return };
    let Some(python) = needed(found("python3"), "python3") else { return };
    let target = beside.parent().unwrap();
    let axe = Some(target.join("axe-core/axe.min.js")).filter(|path| path.exists());
    let axe = needed(axe, "target/axe-core/axe.min.js, so that what axe-core finds is not looked for");
    let pictures = target.join("page");
    fs::create_dir_all(&pictures).unwrap();

    let server = Server::start();
    let mut story = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/page/story.py"))
        .arg(chromium)
        .arg(axe.unwrap_or_default())
        .arg(pictures)
        .arg(env!("CARGO_BIN_EXE_sysadmctl"))
        .arg(server.child.id().to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    story.stdin.take().unwrap().write_all(server.welcome.as_bytes()).unwrap();
    let status = story.wait().unwrap();
    assert!(status.success(), "the story broke off, see above: {status}");
}
