//! Why nothing was started. Each sentence names the path and the reason, because the reader is an
//! administrator who has to mend it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::iter;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Why a command was not started. Nothing of it has run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartError {
    /// The program's path is not absolute.
    NotAbsolute {
        /// The path as given.
        path: PathBuf,
    },
    /// There is nothing at the path.
    Missing {
        /// The path.
        path: PathBuf,
    },
    /// There is something at the path that cannot be executed.
    NotExecutable {
        /// The path.
        path: PathBuf,
        /// Why not, as the rest of a sentence after a colon.
        reason: String,
    },
    /// The program is there, but what it names to interpret or load it is not.
    NoInterpreter {
        /// The path of the program.
        path: PathBuf,
        /// What stands in its `#!` line; none if it is not a script.
        interpreter: Option<String>,
    },
    /// Arguments and environment are longer than the system takes, all together or one of them.
    TooLong {
        /// The path of the program.
        path: PathBuf,
        /// How long they are, in bytes.
        bytes: usize,
    },
    /// A string holds a NUL byte and cannot be handed to a program.
    NulByte {
        /// Which one, as `argument 2`.
        what: String,
    },
    /// The name of an environment variable is empty or holds `=`.
    BadVariable {
        /// The name.
        name: String,
    },
    /// The caller's cancellation was set before the start.
    Cancelled,
    /// The system refused something else that the start needs: a descriptor, a process, memory.
    Os {
        /// The path of the program.
        path: PathBuf,
        /// What was refused.
        call: &'static str,
        /// The system's error number.
        errno: i32,
    },
}

impl StartError {
    pub(super) fn os(path: &Path, call: &'static str, error: &io::Error) -> Self {
        // An error without a number cannot come from the calls made here; 0 would print as "Success".
        Self::Os { path: path.to_owned(), call, errno: error.raw_os_error().unwrap_or(libc::EIO) }
    }

    /// What `errno` from starting `path` with `bytes` of arguments means. The file is looked at afterwards
    /// and not before: a look before the start would cost every start and could be wrong by the time of it.
    pub(super) fn from_spawn(path: &Path, bytes: usize, errno: i32) -> Self {
        let file = fs::metadata(path);
        let path = path.to_owned();
        match (errno, file) {
            // From 512 KiB of all words and the environment on FreeBSD; on Linux a quarter of the stack (2 MiB, as a
            // rule), and 128 KiB for each.
            (libc::E2BIG, _) => Self::TooLong { path, bytes },
            (libc::ENOENT | libc::ENOTDIR, Err(_)) => Self::Missing { path },
            (libc::ENOENT, Ok(_)) => {
                let interpreter = interpreter(&path);
                Self::NoInterpreter { path, interpreter }
            }
            (libc::EACCES | libc::EPERM | libc::EISDIR, Ok(file)) => {
                let reason = if !file.is_file() {
                    "it is not a regular file".to_owned()
                } else if file.permissions().mode() & 0o111 == 0 {
                    "no execute permission is set".to_owned()
                } else if let Some(interpreter) = interpreter(&path) {
                    format!("permission denied, for it or for its interpreter `{interpreter}`")
                } else {
                    "permission denied".to_owned()
                };
                Self::NotExecutable { path, reason }
            }
            (
                libc::ENOEXEC | libc::EACCES | libc::EPERM | libc::ETXTBSY | libc::ELOOP | libc::ENAMETOOLONG,
                _,
            ) => Self::NotExecutable { path, reason: reason(errno) },
            _ => Self::Os { path, call: "posix_spawn", errno },
        }
    }
}

/// The interpreter in the `#!` line of the script at `path`, if it is a script that can be read.
fn interpreter(path: &Path) -> Option<String> {
    let mut line = Vec::new();
    File::open(path).ok()?.take(256).read_to_end(&mut line).ok()?;
    let line = line.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    line.split_whitespace().next().map(str::to_owned)
}

/// The system's words for an error number, beginning in lower case as our sentences go on.
fn reason(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut rest = text.chars();
    rest.next().map(|first| iter::once(first.to_ascii_lowercase()).chain(rest).collect()).unwrap_or_default()
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAbsolute { path } => {
                write!(f, "the program `{}` is not named by an absolute path", path.display())
            }
            Self::Missing { path } => write!(f, "the program `{}` does not exist", path.display()),
            Self::NotExecutable { path, reason } => {
                write!(f, "the program `{}` cannot be executed: {reason}", path.display())
            }
            Self::NoInterpreter { path, interpreter: Some(interpreter) } => {
                write!(
                    f,
                    "the interpreter `{interpreter}` of the program `{}` does not exist",
                    path.display()
                )
            }
            Self::NoInterpreter { path, interpreter: None } => {
                write!(f, "the interpreter or loader of the program `{}` does not exist", path.display())
            }
            Self::TooLong { path, bytes } => write!(
                f,
                "the arguments and environment for `{}` are longer than the system allows: {bytes} bytes",
                path.display()
            ),
            Self::NulByte { what } => write!(f, "{what} holds a NUL byte"),
            Self::BadVariable { name } => {
                write!(f, "`{}` cannot be the name of an environment variable", name.escape_debug())
            }
            Self::Cancelled => f.write_str("cancelled before the start"),
            Self::Os { path, call, errno } => {
                write!(f, "cannot start `{}`: {call}: {}", path.display(), reason(*errno))
            }
        }
    }
}

impl std::error::Error for StartError {}
