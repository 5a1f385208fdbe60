//! The configuration of an instance: a JSON object, parsed once at create.
//!
//! Unknown keys are errors that list the valid ones, because a misspelt
//! `timeouts` that is silently ignored is found when it is needed.

mod at_once;
mod denied;
mod keys;
mod timeouts;
mod value;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::once::Once;

use crate::error::Error;
use crate::policy::Denied;
pub use at_once::{AtOnce, Turn};
pub use keys::KEYS;
pub use timeouts::{Kind, Timeouts};
use value::{absolute, absolutes, bad, known_keys, number};

/// What an instance needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The iocage program, an absolute path.
    pub iocage: PathBuf,
    /// Which generation it is, if it is not to be asked.
    pub dialect: Option<Generation>,
    /// The zfs program, an absolute path: what hangs on what is asked of it, and
    /// what iocage has no command for.
    pub zfs: PathBuf,
    /// The zpool program.
    pub zpool: PathBuf,
    /// The jls program, an absolute path: which jails run is asked of it.
    pub jls: PathBuf,
    /// The jexec program, an absolute path: it runs commands in jails.
    pub jexec: PathBuf,
    /// The ps program, an absolute path: what the processes of jails take is asked of it.
    pub ps: PathBuf,
    /// The setfib program, an absolute path: it runs jexec for jails that have
    /// another routing table than the host's first.
    pub setfib: PathBuf,
    /// What goes past iocage, where that is safer.
    pub direct: Direct,
    /// How long a program may run, by kind of action.
    pub timeouts: Timeouts,
    /// How long a process group has between TERM and KILL.
    pub grace: Duration,
    /// How much of each output stream is kept, in bytes.
    pub max_output: usize,
    /// How long an answer is at most, in bytes as it is written.
    pub max_answer: usize,
    /// Is a program run as root that others can replace?
    pub allow_unsafe_program: bool,
    /// Are jails packed into files, and made of such?
    pub images: bool,
    /// The folder of the files that keep requests apart, an absolute path.
    pub lock_dir: PathBuf,
    /// How long is waited for a lock.
    pub lock_wait: Duration,
    /// How many requests may have programs running at once.
    pub at_once: AtOnce,
    /// How long is waited to be one of them.
    pub at_once_wait: Duration,
    /// What nobody may do here.
    pub denied: Denied,
    /// The folders of the host of which something may be mounted into jails.
    pub mount_sources: Vec<PathBuf>,
}

/// A generation of iocage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// The shell program of 2016 and before.
    Shell,
    /// The Python program, which today's ports install.
    Python,
}

impl Generation {
    /// Both.
    pub const ALL: [Generation; 2] = [Generation::Shell, Generation::Python];

    /// The word for it in the configuration and in `health`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Generation::Shell => "shell",
            Generation::Python => "python",
        }
    }
}

/// What goes past iocage, straight to the system's own tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// What is looked up, as far as it is known so; and commands in jails: `jexec` takes a
    /// jail's number, which is no other's.
    Auto,
    /// Nothing.
    Off,
    /// As `Auto`, and what is not known so is an error: iocage is run for changes alone.
    Only,
}

impl Direct {
    /// The word in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Direct::Auto => "auto",
            Direct::Off => "off",
            Direct::Only => "only",
        }
    }
}

/// Where today's packages install iocage, and where those of the shell iocage did (`sbin`).
const DEFAULT_IOCAGES: [&str; 2] = ["/usr/local/bin/iocage", "/usr/local/sbin/iocage"];
/// Where FreeBSD has it.
const DEFAULT_ZFS: &str = "/sbin/zfs";
const DEFAULT_ZPOOL: &str = "/sbin/zpool";
const DEFAULT_JLS: &str = "/usr/sbin/jls";
const DEFAULT_JEXEC: &str = "/usr/sbin/jexec";
const DEFAULT_PS: &str = "/bin/ps";
const DEFAULT_SETFIB: &str = "/usr/sbin/setfib";
const DEFAULT_MAX_OUTPUT: usize = 16 << 20;
/// What a command prints, twice where `detail` is wanted.
const DEFAULT_MAX_ANSWER: usize = 64 << 20;
const DEFAULT_GRACE_S: u64 = 5;
/// A request may be late by this much, so it is no time limit of its own.
const MAX_GRACE_S: u64 = 60;
/// Emptied when the machine starts, by rc.d/cleanvar on FreeBSD, which removes files and sockets and leaves folders. Who
/// says `service cleanvar restart` by hand does that under a server that runs, and takes the names of its locks away.
const DEFAULT_LOCK_DIR: &str = "/var/run/sysadm-iocage";
const DEFAULT_LOCK_WAIT_S: u64 = 10;
/// An hour.
const MAX_LOCK_WAIT_S: u64 = 3600;
const DEFAULT_AT_ONCE_WAIT_S: u64 = 60;

impl Default for Config {
    fn default() -> Config {
        Config {
            iocage: installed(DEFAULT_IOCAGES),
            dialect: None,
            zfs: PathBuf::from(DEFAULT_ZFS),
            zpool: PathBuf::from(DEFAULT_ZPOOL),
            jls: PathBuf::from(DEFAULT_JLS),
            jexec: PathBuf::from(DEFAULT_JEXEC),
            ps: PathBuf::from(DEFAULT_PS),
            setfib: PathBuf::from(DEFAULT_SETFIB),
            direct: Direct::Auto,
            timeouts: Timeouts::default(),
            grace: Duration::from_secs(DEFAULT_GRACE_S),
            max_output: DEFAULT_MAX_OUTPUT,
            max_answer: DEFAULT_MAX_ANSWER,
            allow_unsafe_program: false,
            images: false,
            lock_dir: PathBuf::from(DEFAULT_LOCK_DIR),
            lock_wait: Duration::from_secs(DEFAULT_LOCK_WAIT_S),
            at_once: AtOnce::default(),
            at_once_wait: Duration::from_secs(DEFAULT_AT_ONCE_WAIT_S),
            denied: Denied::default(),
            mount_sources: Vec::new(),
        }
    }
}

impl Config {
    /// Parse `text`, a JSON object, or nothing for the defaults.
    ///
    /// # Errors
    /// Which key is wrong, and what it takes.
    pub fn parse(text: &[u8]) -> Result<Config, Error> {
        let mut config = Config::default();
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(config);
        }
        let Once(value) = serde_json::from_slice(text).map_err(|e| {
            let what = if e.is_data() { "cannot be used" } else { "is not JSON" };
            bad("config", format!("the configuration {what}: {e}"))
        })?;
        let Value::Object(object) = value else {
            return Err(bad("config", "the configuration is not a JSON object".to_owned()));
        };
        known_keys("config", &object, &KEYS.map(|(key, ..)| key))?;
        if let Some(value) = object.get("iocage") {
            config.iocage = absolute("iocage", "the program", value)?;
        }
        for (key, program) in [
            ("zfs", &mut config.zfs),
            ("zpool", &mut config.zpool),
            ("jls", &mut config.jls),
            ("jexec", &mut config.jexec),
            ("ps", &mut config.ps),
            ("setfib", &mut config.setfib),
        ] {
            if let Some(value) = object.get(key) {
                *program = absolute(key, "the program", value)?;
            }
        }
        if let Some(value) = object.get("direct") {
            config.direct = match value.as_str() {
                Some("auto") => Direct::Auto,
                Some("off") => Direct::Off,
                Some("only") => Direct::Only,
                _ => {
                    let message = "`direct` takes \"auto\", \"off\" or \"only\"".to_owned();
                    return Err(bad("direct", message));
                }
            };
        }
        for (key, switch) in
            [("allow_unsafe_program", &mut config.allow_unsafe_program), ("images", &mut config.images)]
        {
            if let Some(value) = object.get(key) {
                let wrong = || bad(key, format!("`{key}` takes true or false"));
                *switch = value.as_bool().ok_or_else(wrong)?;
            }
        }
        if let Some(value) = object.get("lock_dir") {
            config.lock_dir = absolute("lock_dir", "a folder", value)?;
        }
        if let Some(value) = object.get("at_once") {
            config.at_once = AtOnce::parse(value)?;
        }
        if let Some(value) = object.get("at_once_wait_s") {
            config.at_once_wait = Duration::from_secs(number("at_once_wait_s", value, 1, MAX_LOCK_WAIT_S)?);
        }
        if let Some(value) = object.get("lock_wait_s") {
            config.lock_wait = Duration::from_secs(number("lock_wait_s", value, 1, MAX_LOCK_WAIT_S)?);
        }
        if let Some(value) = object.get("dialect") {
            config.dialect = generation(value)?;
        }
        if let Some(value) = object.get("grace_s") {
            config.grace = Duration::from_secs(number("grace_s", value, 1, MAX_GRACE_S)?);
        }
        if let Some(value) = object.get("max_output") {
            config.max_output = number("max_output", value, 4096, 1 << 30)? as usize;
        }
        if let Some(value) = object.get("max_answer") {
            config.max_answer = number("max_answer", value, 1 << 20, 1 << 30)? as usize;
        }
        if let Some(value) = object.get("timeouts_s") {
            config.timeouts = Timeouts::parse(value)?;
        }
        if let Some(value) = object.get("mount_sources") {
            config.mount_sources = absolutes("mount_sources", "folders", value)?;
        }
        config.denied = denied::read(&object)?;
        Ok(config)
    }
}

/// The second, if it is there and the first is not. Where neither is, the first is what is told to be missing.
fn installed(places: [&str; 2]) -> PathBuf {
    let [first, second] = places.map(Path::new);
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    if !is_there(first) && is_there(second) { second } else { first }.to_owned()
}

fn generation(value: &Value) -> Result<Option<Generation>, Error> {
    match value.as_str() {
        Some("auto") => Ok(None),
        Some("shell") => Ok(Some(Generation::Shell)),
        Some("python") => Ok(Some(Generation::Python)),
        _ => Err(bad("dialect", "`dialect` takes \"auto\", \"shell\" or \"python\"".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iocage_is_found_where_either_generation_was_installed() {
        let (there, missing) = ("/bin/sh", "/nonexistent/iocage");
        assert_eq!(installed([missing, there]), Path::new(there));
        assert_eq!(installed([there, "/bin/cat"]), Path::new(there));
        assert_eq!(installed([missing, "/nonexistent/other"]), Path::new(missing));
        let config = Config::parse(br#"{"iocage":"/nonexistent/other"}"#).expect("fine");
        assert_eq!(
            config.iocage,
            Path::new("/nonexistent/other"),
            "what is said is not looked for elsewhere"
        );
    }

    #[test]
    fn nothing_means_the_defaults() {
        assert_eq!(Config::parse(b" \n"), Ok(Config::default()));
        assert_eq!(Config::parse(b"{}"), Ok(Config::default()));
    }

    /// Every default is one that can be written, and is the one that holds.
    #[test]
    fn the_defaults_of_the_table_are_the_defaults() {
        for (key, default, _) in KEYS {
            let text = format!(r#"{{"{key}":{default}}}"#);
            assert_eq!(Config::parse(text.as_bytes()), Ok(Config::default()), "{key}");
        }
        let (.., timeouts, _) = KEYS.into_iter().find(|(key, ..)| *key == "timeouts_s").expect("a key");
        for (_, kind, seconds) in Kind::ALL {
            assert!(timeouts.contains(&format!(r#""{kind}":{seconds}"#)), "{kind}");
        }
    }

    #[test]
    fn each_kind_has_its_own_number_at_its_own_place() {
        for (turn, key, default) in Turn::CONFIGURED {
            assert_eq!(Config::default().at_once.of(turn), default, "{key}");
            let text = format!(r#"{{"at_once":{{"{key}":77}}}}"#);
            let at_once = Config::parse(text.as_bytes()).expect("valid").at_once;
            assert_eq!(at_once, AtOnce::default().with(turn, 77), "{key}");
        }
        assert!(Turn::ALL.iter().enumerate().all(|(at, turn)| *turn as usize == at));
    }

    #[test]
    fn the_grace_is_five_seconds_or_what_is_said() {
        assert_eq!(Config::default().grace, Duration::from_secs(5));
        for one in ["1", "1.0", "10e-1"] {
            let text = format!(r#"{{"grace_s":{one}}}"#);
            assert_eq!(Config::parse(text.as_bytes()).expect("valid").grace, Duration::from_secs(1), "{one}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (text, parts) in [
            (r#"{"iocgae":"/x"}"#, ["iocgae", "iocage, jexec"]),
            (r#"{"iocage":"iocage"}"#, ["`iocage`", "absolute"]),
            (r#"{"timeouts_s":{"raed":1}}"#, ["raed", "read, start"]),
            (r#"{"timeouts_s":{"read":0}}"#, ["`timeouts_s`", "from 1 to"]),
            (r#"{"grace_s":0}"#, ["`grace_s`", "from 1 to 60"]),
            (r#"{"grace_s":1.5}"#, ["`grace_s`", "whole numbers"]),
            (r#"{"grace_s":-1.0}"#, ["`grace_s`", "whole numbers"]),
            (r#"{"grace_s":1e300}"#, ["`grace_s`", "from 1 to 60"]),
            (r#"{"dialect":"klingon"}"#, ["`dialect`", "\"auto\", \"shell\" or \"python\""]),
            (r#"{"zfs":"zfs"}"#, ["`zfs`", "absolute"]),
            (r#"{"mount_sources":"/data"}"#, ["`mount_sources`", "an array of absolute paths"]),
            (r#"{"mount_sources":["/data","data"]}"#, ["`mount_sources`", "an array of absolute paths"]),
            (r#"{"jls":5}"#, ["`jls`", "absolute"]),
            (r#"{"jexec":"jexec"}"#, ["`jexec`", "absolute"]),
            (r#"{"direct":"on"}"#, ["`direct`", "\"auto\", \"off\" or \"only\""]),
            (r#"{"lock_dir":"run"}"#, ["`lock_dir`", "absolute path of a folder"]),
            (r#"{"allow_unsafe_program":"yes"}"#, ["`allow_unsafe_program`", "true or false"]),
            (r#"{"images":"/tmp"}"#, ["`images`", "true or false"]),
            (r#"{"lock_wait_s":0}"#, ["`lock_wait_s`", "from 1 to"]),
            (r#"{"at_once":4}"#, ["`at_once`", "object of numbers"]),
            (r#"{"at_once":{"reads":4}}"#, ["reads", "read, change, long, exec"]),
            (r#"{"at_once":{"exec":0}}"#, ["`at_once`", "from 1 to 1024"]),
            (r#"{"at_once_wait_s":0}"#, ["`at_once_wait_s`", "from 1 to"]),
            ("[]", ["object", "configuration"]),
            (r#"{"iocage":"/a","grace_s":1,"iocage":"/b"}"#, ["iocage", "twice"]),
            (r#"{"timeouts_s":{"read":1,"read":2}}"#, ["read", "twice"]),
            ("{", ["JSON", "configuration"]),
        ] {
            let message = Config::parse(text.as_bytes()).expect_err(text).message;
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }
}
