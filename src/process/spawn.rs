//! Starting one child with `posix_spawn`: the strings, the attributes and the file actions.
//!
//! Its group is its own, and so is its session where `posix_spawn` can say that (not on FreeBSD); no signal is
//! ignored or blocked (a Rust host ignores SIGPIPE, a daemon SIGHUP, and both would be inherited); its directory is
//! `/var/empty` or `/`; it has descriptors 0, 1 and 2 and no other.
//!
//! What `posix_spawn` has no attribute for is the host's and is inherited: the umask, resource limits, the nice value
//! and the like. They could be set by code between fork and exec, or in the whole host for a moment, and
//! this room has neither; so the contract's header says how a host should have them.

use std::ffi::{CStr, CString, OsStr};
use std::fs::{self, File};
use std::io;
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::ptr;

use libc::{c_char, c_int, c_short, pid_t, posix_spawn_file_actions_t, posix_spawnattr_t, sigset_t};

use super::{Command, StartError, fd, platform};

/// A child that is executing its program, and our ends of its output.
#[derive(Debug)]
pub(super) struct Spawned {
    pub(super) pid: pid_t,
    pub(super) stdout: File,
    pub(super) stderr: File,
}

pub(super) fn spawn(command: &Command<'_>) -> Result<Spawned, StartError> {
    let path = command.program;
    if !path.is_absolute() {
        return Err(StartError::NotAbsolute { path: path.to_owned() });
    }
    let argv = Strings::new(argv(command)?);
    let env = Strings::new(env(command)?);

    let os = |call| move |error: io::Error| StartError::os(path, call, &error);
    let stdin = fd::stdin(command.stdin).map_err(os("standard input"))?;
    let (stdout, child_stdout) = fd::pipe().map_err(os("pipe"))?;
    let (stderr, child_stderr) = fd::pipe().map_err(os("pipe"))?;

    let attributes = Attributes::new().map_err(os("posix_spawnattr"))?;
    let actions = FileActions::new([stdin.as_raw_fd(), child_stdout.as_raw_fd(), child_stderr.as_raw_fd()])
        .map_err(os("posix_spawn_file_actions"))?;

    let mut pid: pid_t = 0;
    // SAFETY: `argv` and `env` are null-terminated arrays of NUL-terminated strings, and `argv[0]` exists;
    // `actions` and `attributes` are initialised. All of them, and `pid`, live through the call, which keeps no
    // pointer: it returns once the child executes its program or has failed to.
    let errno = unsafe {
        libc::posix_spawn(
            &raw mut pid,
            argv.first(),
            &raw const actions.0,
            &raw const attributes.0,
            argv.pointers(),
            env.pointers(),
        )
    };
    if errno != 0 {
        return Err(StartError::from_spawn(path, argv.bytes() + env.bytes(), errno));
    }
    Ok(Spawned { pid, stdout, stderr })
}

fn argv(command: &Command<'_>) -> Result<Vec<CString>, StartError> {
    let program = string(command.program.as_os_str().as_bytes(), || "the path of the program".to_owned());
    let args = command.args.iter().enumerate();
    let args = args.map(|(index, arg)| string(arg.as_bytes(), || format!("argument {}", index + 1)));
    std::iter::once(program).chain(args).collect()
}

fn env(command: &Command<'_>) -> Result<Vec<CString>, StartError> {
    let variable = |&(name, value): &(&str, &str)| {
        if name.is_empty() || name.contains('=') {
            return Err(StartError::BadVariable { name: name.to_owned() });
        }
        let text = format!("{name}={value}");
        string(text.as_bytes(), || format!("the environment variable `{}`", name.escape_debug()))
    };
    command.env.iter().map(variable).collect()
}

fn string(bytes: &[u8], what: impl Fn() -> String) -> Result<CString, StartError> {
    CString::new(bytes).map_err(|_| StartError::NulByte { what: what() })
}

/// An array of strings in the form of `execve`.
struct Strings {
    strings: Vec<CString>,
    pointers: Vec<*mut c_char>,
}

impl Strings {
    fn new(strings: Vec<CString>) -> Self {
        // The type says `*mut` for historical reasons; posix_spawn does not write to the strings.
        let pointers = strings.iter().map(|string| string.as_ptr().cast_mut());
        let pointers = pointers.chain([ptr::null_mut()]).collect();
        Self { strings, pointers }
    }

    fn first(&self) -> *const c_char {
        self.pointers[0]
    }

    fn pointers(&self) -> *const *mut c_char {
        self.pointers.as_ptr()
    }

    fn bytes(&self) -> usize {
        self.strings.iter().map(|string| string.as_bytes_with_nul().len()).sum()
    }
}

struct Attributes(posix_spawnattr_t);

impl Attributes {
    fn new() -> io::Result<Self> {
        let mut attributes = MaybeUninit::uninit();
        // SAFETY: the pointer is to writable memory of the right type; the call initialises it or fails.
        done(unsafe { libc::posix_spawnattr_init(attributes.as_mut_ptr()) })?;
        // SAFETY: the call above succeeded, so the value is initialised. Neither libc's type refers to its own
        // address: glibc's is plain data and FreeBSD's a pointer, so it may move.
        let mut this = Self(unsafe { attributes.assume_init() });

        let flags = platform::OWN_GROUP
            | libc::POSIX_SPAWN_SETSIGDEF as c_int
            | libc::POSIX_SPAWN_SETSIGMASK as c_int;
        let flags = c_short::try_from(flags).expect("the flags are below 256 in both systems");
        // SAFETY: `this.0` is initialised.
        done(unsafe { libc::posix_spawnattr_setflags(&raw mut this.0, flags) })?;
        // SAFETY: as above. Group 0 means the child's own process id. It, or the session, whose number is the same,
        // is set in the child before it executes anything, so there is no moment at which a signal to the group
        // would miss it.
        done(unsafe { libc::posix_spawnattr_setpgroup(&raw mut this.0, 0) })?;
        let none = signals(false);
        // SAFETY: `this.0` and the set are initialised, and the set is copied.
        done(unsafe { libc::posix_spawnattr_setsigmask(&raw mut this.0, &raw const none) })?;
        let all = signals(true);
        // SAFETY: as above.
        done(unsafe { libc::posix_spawnattr_setsigdefault(&raw mut this.0, &raw const all) })?;
        Ok(this)
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new` and destroyed only here. It cannot fail on an initialised value.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}

/// No signal, or every one whose action can be set.
fn signals(all: bool) -> sigset_t {
    // SAFETY: a signal set is an array of integers, for which zero is a value.
    let mut set: sigset_t = unsafe { mem::zeroed() };
    if all {
        // SAFETY: `set` is valid for writing, and the call fails on no valid pointer.
        unsafe { libc::sigfillset(&raw mut set) };
        // The action of these two cannot be set; libcs differ in whether trying to is an error.
        for signal in [libc::SIGKILL, libc::SIGSTOP] {
            // SAFETY: `set` is initialised, and both are signals.
            unsafe { libc::sigdelset(&raw mut set, signal) };
        }
    } else {
        // SAFETY: as for sigfillset.
        unsafe { libc::sigemptyset(&raw mut set) };
    }
    set
}

/// FreeBSD's folder in which there is nothing, and in which nobody makes anything.
const EMPTY: &CStr = c"/var/empty";

/// Where a child begins: in that folder if it is root's and nobody writes to it, otherwise in `/`. A program that
/// takes its words for paths, as the Python iocage takes the names of datasets, finds there what is called like a
/// pool: it then starts nine more programs each time.
fn folder(empty: &CStr) -> &CStr {
    let metadata = fs::symlink_metadata(OsStr::from_bytes(empty.to_bytes()));
    let is_fit = |at: &fs::Metadata| at.is_dir() && at.uid() == 0 && at.mode() & 0o022 == 0;
    if metadata.is_ok_and(|at| is_fit(&at)) { empty } else { c"/" }
}

struct FileActions(posix_spawn_file_actions_t);

impl FileActions {
    /// `sources` become 0, 1 and 2; all of them are above 2, so that no step overwrites the source of a
    /// later one, and each is really duplicated, which is what takes close-on-exec off.
    fn new(sources: [RawFd; 3]) -> io::Result<Self> {
        let mut actions = MaybeUninit::uninit();
        // SAFETY: the pointer is to writable memory of the right type; the call initialises it or fails.
        done(unsafe { libc::posix_spawn_file_actions_init(actions.as_mut_ptr()) })?;
        // SAFETY: the call above succeeded; the type may move, as for the attributes.
        let mut this = Self(unsafe { actions.assume_init() });

        for (target, source) in (0..).zip(sources) {
            debug_assert!(source > 2, "descriptor {source} would be overwritten");
            // SAFETY: `this.0` is initialised.
            done(unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut this.0, source, target) })?;
        }
        // SAFETY: `this.0` is initialised, and the path is a NUL-terminated string.
        done(unsafe { platform::add_chdir(&raw mut this.0, folder(EMPTY).as_ptr()) })?;
        // SAFETY: `this.0` is initialised.
        done(unsafe { platform::add_closefrom(&raw mut this.0, 3) })?;
        Ok(this)
    }
}

impl Drop for FileActions {
    fn drop(&mut self) {
        // SAFETY: initialised in `new` and destroyed only here. It cannot fail on an initialised value.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// The convention of the `posix_spawn` family: 0 or an error number; FreeBSD has one that answers -1 and sets errno.
fn done(code: c_int) -> io::Result<()> {
    match code {
        0 => Ok(()),
        -1 => Err(io::Error::last_os_error()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_that_is_roots_alone_is_taken() {
        // As on any system: root's, and nobody else writes to it.
        assert_eq!(folder(c"/usr"), c"/usr");
        for unfit in [c"/nonexistent", c"/etc/passwd", c"/tmp"] {
            assert_eq!(folder(unfit), c"/", "{unfit:?}");
        }
    }
}
