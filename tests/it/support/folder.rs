//! Where the tests read and write: the workspace, and a folder for each test.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Once};
use std::thread::{panicking, sleep};
use std::time::{Duration, Instant};

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Write a program. Another process copies it to its place: a descriptor that is
/// open for writing here would be inherited by whatever other tests are just
/// starting, and a program that is open for writing cannot be started.
pub fn write_program(path: &Path, text: &str) {
    let draft = path.with_extension("draft");
    fs::write(&draft, text).expect("written");
    let status = Command::new("install").args(["-m", "755"]).arg(&draft).arg(path).status();
    assert!(status.expect("install runs").success());
}

/// Where Linux has a file system in memory; `tests/leaves-nothing` names a folder of its own there.
fn memory() -> PathBuf {
    std::env::var_os("SYSADM_TEST_MEMORY").map_or_else(|| PathBuf::from("/dev/shm"), PathBuf::from)
}

/// How long a folder may take to be let go by who writes there.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the folders of tests begin, and no others.
const BEGINS: &str = "sysadm-iocage-test-";

/// How the name of the file ends that is locked for a folder. It stands beside that, for what is
/// in a folder of a test, and whether the folder itself is locked, is the test's affair.
const LOCK: &str = ".lock";

/// A folder of the test's own, private, removed at its end. A file beside it is locked as long:
/// the folder of a test that was killed, and so removed nothing, is known by the lock, which the
/// system has let go.
pub struct Folder(pub PathBuf, #[expect(dead_code, reason = "held, and let go with the folder")] File);

impl Folder {
    pub fn new() -> Folder {
        Folder::below(&std::env::temp_dir())
    }

    /// One in memory, where the system has a place for that and starts programs there: for who
    /// makes files by the thousand.
    pub fn in_memory() -> Folder {
        static STARTS: LazyLock<bool> = LazyLock::new(|| starts(&memory()));
        if *STARTS { Folder::below(&memory()) } else { Folder::new() }
    }

    pub fn below(folder: &Path) -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| [&std::env::temp_dir(), &memory()].into_iter().for_each(|folder| sweep(folder)));
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{BEGINS}{}-{number}", std::process::id()));
        let beside = lock_of(&path);
        loop {
            let lock = File::create(&beside).expect("a file of our own");
            lock.lock().expect("nobody has it, or only who removes it");
            // Who sweeps may have come between, and has removed it.
            if is_at(&lock, &beside) {
                let _ = fs::remove_dir_all(&path);
                fs::create_dir_all(&path).expect("a folder of our own");
                return Folder(path, lock);
            }
        }
    }
}

impl Drop for Folder {
    /// A program that was told to end may still write its last there, which stops a removal
    /// half-way: it is tried until nothing is left.
    fn drop(&mut self) {
        let until = Instant::now() + PATIENCE;
        while let Err(why) = remove(&self.0) {
            if Instant::now() < until {
                sleep(Duration::from_millis(20));
            } else if panicking() {
                break;
            } else {
                panic!("{} cannot be removed: {why}", self.0.display());
            }
        }
    }
}

/// Are programs started that lie in this folder? Containers often have one where none are.
fn starts(folder: &Path) -> bool {
    if !folder.is_dir() {
        return false;
    }
    let own = Folder::below(folder);
    let program = own.0.join("starts");
    write_program(&program, "#!/bin/sh\n");
    Command::new(program).status().is_ok_and(|status| status.success())
}

fn lock_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(LOCK);
    name.into()
}

/// Remove a folder whose lock is held; the file of that last, for without it nobody would find the folder.
fn remove(path: &Path) -> io::Result<()> {
    let removed = fs::remove_dir_all(path);
    // By what is there: that something in it went by itself is an error of that kind, too.
    if fs::symlink_metadata(path).is_ok() {
        return removed.and(Err(ErrorKind::DirectoryNotEmpty.into()));
    }
    match fs::remove_file(lock_of(path)) {
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Is this what is at the path?
fn is_at(file: &File, path: &Path) -> bool {
    let itself = file.metadata().expect("an open file");
    fs::symlink_metadata(path).is_ok_and(|at| (at.dev(), at.ino()) == (itself.dev(), itself.ino()))
}

/// Remove the tests' folders whose lock nobody has. What cannot be removed stays.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let Some(name) = name.strip_suffix(LOCK).filter(|name| is_file && name.starts_with(BEGINS)) else {
            continue;
        };
        if let Ok(lock) = File::open(entry.path())
            && lock.try_lock().is_ok()
        {
            let _ = remove(&folder.join(name));
        }
    }
}
