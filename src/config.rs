//! The configuration of an instance: a JSON object, parsed once at create.
//!
//! Unknown keys are errors that list the valid ones, because a misspelt
//! `timeouts` that is silently ignored is found when it is needed.

mod at_once;
mod denied;
mod once;
mod timeouts;
mod value;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::error::Error;
use crate::policy::Denied;
pub use at_once::{AtOnce, Turn};
use once::Once;
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

/// Where today's packages install iocage.
const DEFAULT_IOCAGE: &str = "/usr/local/bin/iocage";
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
/// Emptied when the machine starts.
const DEFAULT_LOCK_DIR: &str = "/var/run/sysadm-iocage";
const DEFAULT_LOCK_WAIT_S: u64 = 10;
/// An hour.
const MAX_LOCK_WAIT_S: u64 = 3600;
const DEFAULT_AT_ONCE_WAIT_S: u64 = 60;
/// Every key with its default, as JSON, and what it means.
pub const KEYS: [(&str, &str, &str); 22] = [
    (
        "allow_props",
        "[]",
        "properties that may be set although a kind in `deny_props` holds them: names and kinds, as there",
    ),
    ("allow_unsafe_program", "false", "run a program as root that others can replace"),
    (
        "at_once",
        r#"{"read":4,"change":8,"long":2,"exec":16}"#,
        "requests of each kind that have programs running at once, 1 to 1024; `long` are cleanings and `createjail` \
         with `fetch`; the others wait their turn, and lookups that are equal wait for one answer",
    ),
    ("at_once_wait_s", "60", "seconds that a request waits its turn, if its own time limit is not shorter"),
    (
        "deny_actions",
        "[]",
        "actions that nobody may ask for; with `startjail` also the properties of the kind `starts`",
    ),
    (
        "deny_props",
        "[]",
        "properties that nobody may set: names, and the kinds `host`, `network`, `limits`, `starts`, `jail` and `all`",
    ),
    (
        "dialect",
        r#""auto""#,
        "the generation of iocage, `shell` or `python`, where it is not to be found out",
    ),
    (
        "direct",
        r#""auto""#,
        "`auto`: what is looked up is asked of `zfs`, `zpool` and `jls`, in milliseconds, and of iocage where these leave a doubt, \
         and a command in a jail is run by `jexec` with the jail's number; `only`: the same, and where iocage would be asked it is \
         an error; `off`: all through iocage, also `iocage exec`, where the jail's root can forge what came of it",
    ),
    ("grace_s", "5", "seconds that a process group has between TERM and KILL, 1 to 60"),
    ("iocage", r#""/usr/local/bin/iocage""#, "absolute path of the program"),
    ("jexec", r#""/usr/sbin/jexec""#, "absolute path; runs commands in jails, where `direct` is not `off`"),
    ("jls", r#""/usr/sbin/jls""#, "absolute path; tells which jails run"),
    (
        "lock_dir",
        r#""/var/run/sysadm-iocage""#,
        "folder of the locks; made (0700) if its parent is there; must belong to the user who runs the host, \
         and others must not be able to write to it or to replace it",
    ),
    ("lock_wait_s", "10", "seconds that a change waits for others"),
    (
        "max_answer",
        "67108864",
        "bytes of an answer, as it is written, 1 MiB to 1 GiB; and so much that with it a request takes no more \
         than four times the memory of what was read, and 3 MiB; what there is no room for is left out, \
         counted in `left_out` and told in `problems`",
    ),
    ("max_output", "16777216", "bytes kept of each output stream; of what is longer, also the last 64 KiB"),
    (
        "mount_sources",
        "[]",
        "folders of the host, as absolute paths, of which `addmount` may mount something into jails; without any it mounts nothing",
    ),
    ("ps", r#""/bin/ps""#, "absolute path; tells what the processes of jails take"),
    ("setfib", r#""/usr/sbin/setfib""#, "absolute path; runs `jexec` for a jail whose `exec_fib` is not 0"),
    (
        "timeouts_s",
        r#"{"read":120,"start":300,"create":900,"clean":3600,"exec":600,"fetch":3600}"#,
        "seconds that a program may run, by kind of action; then its process group gets TERM",
    ),
    (
        "zfs",
        r#""/sbin/zfs""#,
        "absolute path; tells of jails and what hangs on what, and does what iocage has no command for",
    ),
    ("zpool", r#""/sbin/zpool""#, "absolute path; tells which pool is iocage's"),
];

impl Default for Config {
    fn default() -> Config {
        Config {
            iocage: PathBuf::from(DEFAULT_IOCAGE),
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
        if let Some(value) = object.get("allow_unsafe_program") {
            let wrong =
                || bad("allow_unsafe_program", "`allow_unsafe_program` takes true or false".to_owned());
            config.allow_unsafe_program = value.as_bool().ok_or_else(wrong)?;
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
        assert_eq!(Config::parse(br#"{"grace_s":1}"#).expect("valid").grace, Duration::from_secs(1));
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
            (r#"{"dialect":"klingon"}"#, ["`dialect`", "\"auto\", \"shell\" or \"python\""]),
            (r#"{"zfs":"zfs"}"#, ["`zfs`", "absolute"]),
            (r#"{"mount_sources":"/data"}"#, ["`mount_sources`", "an array of absolute paths"]),
            (r#"{"mount_sources":["/data","data"]}"#, ["`mount_sources`", "an array of absolute paths"]),
            (r#"{"jls":5}"#, ["`jls`", "absolute"]),
            (r#"{"jexec":"jexec"}"#, ["`jexec`", "absolute"]),
            (r#"{"direct":"on"}"#, ["`direct`", "\"auto\", \"off\" or \"only\""]),
            (r#"{"lock_dir":"run"}"#, ["`lock_dir`", "absolute path of a folder"]),
            (r#"{"allow_unsafe_program":"yes"}"#, ["`allow_unsafe_program`", "true or false"]),
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
