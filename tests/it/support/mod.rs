//! What the integration tests share: the built artefacts, a simulated machine
//! with a spy before it, an iocage that fails to order, a host that keeps its
//! log, the compilers, and what the system shows of processes.

mod alone;
mod artifacts;
mod compiler;
mod faulty;
mod host;
mod machine;
pub mod process;
mod requests;
pub mod stand;

pub use alone::alone;
pub use artifacts::{artifacts, module_file, module_with_forced_panic};
pub use compiler::{C11, CXX17, Language, compile, compilers, is_installed, module_in_c, sanitizer};
pub use faulty::Faulty;
pub use host::{DOORS, Host, door_word, run_host, run_host_with, spawn_host};
pub use machine::Machine;
pub use requests::{REQUESTS, STORY, action_of, request};

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Are the long forms of the tests wanted?
pub fn is_long() -> bool {
    std::env::var_os("SYSADM_SOAK").is_some_and(|word| word == "long")
}

/// Write a program. Another process copies it to its place: a descriptor that is
/// open for writing here would be inherited by whatever other tests are just
/// starting, and a program that is open for writing cannot be started.
pub fn write_program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    std::fs::write(&draft, text).expect("written");
    let status = Command::new("install").args(["-m", "755"]).arg(&draft).arg(path).status();
    assert!(status.expect("install runs").success());
}

/// A folder of the test's own, private, removed at its end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sysadm-iocage-it-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder of our own");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
