//! The server's one configuration file: JSON, of which every key may be left out, and none may be there that is not known.
//!
//! What it says is typed here and nowhere else looked at as text. Which keys take effect when the file is read again
//! (SIGHUP) and which want another start is said by [`Config::needs_restart`].

mod restart;
mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sysadm_class::trust;

use crate::wire::start::Limits as NetworkLimits;

/// Where it is, if nobody says where.
pub const INSTALLED: &str = "/usr/local/etc/sysadmd.json";
/// The most that any number of it may be: of seconds 31 years. Beyond it no clock could count.
const MOST: u64 = 1_000_000_000;

/// The most bytes of a file that is read here.
const LARGEST: u64 = 1 << 20;

/// What the server is started with.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The socket for this machine's own people and scripts.
    pub socket: Socket,
    /// The system's group whose members have full access at that socket; nobody but root if empty.
    pub full_group: String,
    /// The one whose members have limited access there; nobody if empty.
    pub limited_group: String,
    /// The file of the accounts, which `sysadmctl` writes.
    pub accounts: PathBuf,
    /// The class modules.
    pub modules: Modules,
    /// The network; without it there is none.
    pub tls: Option<Tls>,
    /// What is bounded.
    pub limits: Limits,
    /// Up to which level there are lines in the log: `error`, `warn`, `info`, `debug`.
    pub log: LogLevel,
    /// A folder of the server's own, emptied at a start: private copies of modules, and the socket of its front.
    pub run: PathBuf,
}

/// The socket for this machine.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Socket {
    /// Where.
    pub path: PathBuf,
    /// The group that may connect, beside root; what its members may do there is another question. Without it, `full_group`.
    pub group: Option<String>,
}

/// The class modules.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Modules {
    /// Where they are: every `*.so` of these folders. Only what is here can be loaded or swapped by a request.
    pub folders: Vec<PathBuf>,
    /// What the class `NAMESPACE/NAME` is configured with.
    #[serde(deserialize_with = "shape::classes")]
    pub classes: BTreeMap<String, Value>,
    /// Take only files whose SHA-256 stands in `FILE.sha256` beside them?
    pub demand_digest: bool,
    /// Through which door modules are loaded. What came through that of Rust stays mapped when it was replaced, and of such a
    /// server keeps 32; through that of C it goes, where the system lets it (not on FreeBSD).
    pub door: DoorWord,
    /// The program by which a module is tried before it is loaded; without it the one that is installed.
    pub prober: Option<PathBuf>,
}

/// The network.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// Where it listens: addresses with ports.
    pub listen: Vec<SocketAddr>,
    /// The user that the process becomes which reads from the network.
    pub user: String,
    /// The certificates, PEM. Where this file and that of the key are both missing, they are made, self-signed.
    pub certificate: PathBuf,
    /// Their private key, PEM.
    pub key: PathBuf,
    /// Names and addresses for a certificate that is made, beside this machine's name and `listen`.
    pub names: Vec<String>,
    /// Of which pages a browser may call, beside the server's own.
    pub origins: Vec<String>,
    /// What is bounded there.
    pub limits: NetworkLimits,
}

/// What the part that is root bounds. Each is a number of at least 1.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at the socket for this machine.
    pub connections: usize,
    /// How long somebody may take to log in, in seconds.
    pub login_s: u64,
    /// How long a connection may be idle, in seconds.
    pub idle_s: u64,
    /// How long a login without use lasts, in seconds.
    pub session_s: u64,
    /// Requests of one caller in work or waiting, over all of his connections.
    pub per_caller: usize,
    /// How many wait for each kind of work before one more is told to come again.
    pub waiting: usize,
    /// Work that only reads, at once.
    pub reads: usize,
    /// Changes that are no long work, at once.
    pub changes: usize,
    /// Long work that somebody waits for, at once. What is asked for with `async` does not count here.
    pub long: usize,
    /// Who waits for a job, at once.
    pub waits: usize,
    /// How long requests and jobs in flight may go on when the server is to end, in seconds.
    pub drain_s: u64,
}

/// A door, as a word.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum DoorWord {
    /// The one that a module has; that of Rust, if it has both.
    #[default]
    Auto,
    /// That of C.
    C,
    /// That of Rust.
    Rust,
}

/// A level, as a word.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What went wrong.
    Error,
    /// And what is odd.
    Warn,
    /// And changes, logins, and whoever comes by.
    #[default]
    Info,
    /// And everything.
    Debug,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            socket: Socket::default(),
            full_group: "wheel".to_owned(),
            limited_group: "operator".to_owned(),
            accounts: "/usr/local/etc/sysadmd.accounts".into(),
            modules: Modules::default(),
            tls: None,
            limits: Limits::default(),
            log: LogLevel::Info,
            run: "/var/run/sysadmd".into(),
        }
    }
}

impl Default for Socket {
    fn default() -> Socket {
        Socket { path: "/var/run/sysadmd/sysadmd.sock".into(), group: None }
    }
}

impl Default for Modules {
    fn default() -> Modules {
        Modules {
            folders: vec!["/usr/local/lib/sysadm/modules".into()],
            classes: BTreeMap::new(),
            demand_digest: false,
            door: DoorWord::Auto,
            prober: None,
        }
    }
}

impl Default for Tls {
    fn default() -> Tls {
        Tls {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 12150))],
            user: "nobody".to_owned(),
            certificate: "/usr/local/etc/sysadmd.crt".into(),
            key: "/usr/local/etc/sysadmd.key".into(),
            names: Vec::new(),
            origins: Vec::new(),
            limits: NetworkLimits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 128,
            login_s: 30,
            idle_s: 1800,
            session_s: 900,
            per_caller: 64,
            waiting: 64,
            reads: 16,
            changes: 8,
            long: 8,
            waits: 32,
            drain_s: 60,
        }
    }
}

/// Where a configuration comes from, each time that it is read.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file.
    pub file: PathBuf,
    /// The level of the log, in the place of the file's.
    pub log: Option<LogLevel>,
}

impl Source {
    /// Read it: see [`Config::read`].
    ///
    /// # Errors
    /// The file, the place in it, and what is wrong there.
    pub fn read(&self) -> Result<Config, ConfigError> {
        let mut config = Config::read(&self.file)?;
        config.log = self.log.unwrap_or(config.log);
        Ok(config)
    }
}

/// Why a configuration is none.
#[derive(Debug)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// The text of a regular file, and what the system says of it. Without waiting for the other end of what is a pipe: a server that is
/// told to read again would wait for it, and hear nothing more.
///
/// # Errors
/// The system's, or it is something else or too large.
pub(crate) fn regular(path: &Path) -> io::Result<(String, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if about.len() > LARGEST {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
    }
    let mut text = String::new();
    file.take(LARGEST).read_to_string(&mut text)?;
    Ok((text, about))
}

impl Config {
    /// The group of the socket, and the key that says so.
    #[must_use]
    pub fn group_of_socket(&self) -> (&'static str, &str) {
        let own = self.socket.group.as_deref().map(|group| ("socket.group", group));
        own.unwrap_or(("full_group", &self.full_group))
    }

    /// Read the file. Who can write the configuration of a server that is root's is root: of such a server it has to be root's
    /// alone, and each folder on the way to it.
    ///
    /// # Errors
    /// The file, the place in it, and what is wrong there.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let named = |why: &dyn fmt::Display| ConfigError(format!("cannot read {}: {why}", path.display()));
        let (text, _) = regular(path).map_err(|why| named(&why))?;
        if trust::effective_user() == 0 {
            let path = std::path::absolute(path).map_err(|why| named(&why))?;
            let others = |why| ConfigError(format!("{} is not taken: {why}", path.display()));
            trust::file(&path, 0).map_err(others)?;
        }
        Config::parse(&text).map_err(|why| ConfigError(format!("{}: {why}", path.display())))
    }

    /// The same of its text.
    ///
    /// # Errors
    /// The place, and what is wrong there.
    pub fn parse(text: &str) -> Result<Config, ConfigError> {
        let config: Config = serde_json::from_str(text)
            .map_err(|why| ConfigError(shape::named(text, &why, &Config::usual())))?;
        if let Some(key) = shape::no_object(&serde_json::from_str(text).unwrap_or_default()) {
            return Err(ConfigError(format!("{key} takes an object")));
        }
        match config.fault() {
            Some(fault) => Err(ConfigError(fault)),
            None => Ok(config),
        }
    }

    /// What each key is without being there, with a network.
    fn usual() -> Value {
        let usual = Config { tls: Some(Tls::default()), ..Config::default() };
        serde_json::to_value(usual).unwrap_or_default()
    }

    /// What is wrong with values that are of the right type.
    fn fault(&self) -> Option<String> {
        let Limits {
            connections,
            login_s,
            idle_s,
            session_s,
            per_caller,
            waiting,
            reads,
            changes,
            long,
            waits,
            ..
        } = &self.limits;
        let counts = [connections, per_caller, waiting, reads, changes, long, waits];
        let seconds = [login_s, idle_s, session_s];
        if counts.into_iter().any(|count| *count == 0) || seconds.into_iter().any(|time| *time == 0) {
            return Some("`limits`: only `drain_s` may be 0".to_owned());
        }
        if self.modules.classes.values().any(|config| !config.is_object()) {
            return Some("`modules.classes`: each takes an object".to_owned());
        }
        let beyond = |limits: &Value| {
            let (key, _) = limits.as_object()?.iter().find(|(_, value)| value.as_u64() > Some(MOST))?;
            Some(key.clone())
        };
        if let Some(key) = beyond(&serde_json::to_value(&self.limits).unwrap_or_default()) {
            return Some(format!("`limits.{key}` is more than {MOST}"));
        }
        let tls = self.tls.as_ref()?;
        if tls.listen.is_empty() {
            return Some("`tls.listen` names no address; leave `tls` away for no network".to_owned());
        }
        // Port 0 is each time another.
        let again =
            |(at, address): (usize, &SocketAddr)| address.port() != 0 && tls.listen[..at].contains(address);
        if let Some(at) = tls.listen.iter().enumerate().position(again) {
            return Some(format!("`tls.listen` names {} twice", tls.listen[at]));
        }
        let shown = serde_json::to_value(&tls.limits).unwrap_or_default();
        if let Some(key) = beyond(&shown) {
            return Some(format!("`tls.limits.{key}` is more than {MOST}"));
        }
        let zero = shown.as_object()?.iter().find(|(_, value)| **value == 0)?;
        Some(format!("`tls.limits.{}` is 0", zero.0))
    }
}
