//! What can go wrong, as one value: a stable code for programs, the key at
//! fault, and a sentence that a person can act on. Where a child failed, its
//! exit status and its own words go along.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use sysadm_class::kit::Failure;
pub use sysadm_class::kit::Quoted;

use crate::written;

/// Declares the codes once: the name in Rust, the word in a response, and what
/// it means, from which the description, and the table of `include/doc/actions.md`, are made.
macro_rules! codes {
    ($($name:ident = $word:literal: $meaning:literal),* $(,)?) => {
        /// The stable code of an error. Codes are added, never changed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $name),* }

        impl Code {
            /// Every code with its word and meaning.
            pub const ALL: &'static [(Code, &'static str, &'static str)] =
                &[$((Code::$name, $word, $meaning)),*];
        }
    };
}

codes! {
    BadRequest = "bad-request": "the args are no JSON object or name no action of this class (status 400)",
    AccessDenied = "access-denied": "the action needs full access (status 403)",
    Denied = "denied": "the configuration takes the action or the property away, whoever asks",
    MissingKey = "missing-key": "a key that the action needs is not there",
    WrongType = "wrong-type": "the value is of another JSON type than the key takes",
    ContradictoryKeys = "contradictory-keys": "these keys cannot be given together",
    TooLong = "too-long": "a value is longer than the class accepts",
    IllegalName = "illegal-name": "a name of a jail, pool, user, property or release that the class does not hand to iocage",
    IllegalValue = "illegal-value": "a value that the class does not hand to iocage",
    IllegalSwitch = "illegal-switch": "a switch that the action does not have",
    UnknownJail = "unknown-jail": "no jail has this UUID or tag",
    AmbiguousJail = "ambiguous-jail": "several jails have this tag, or iocage would take one for another",
    TagInUse = "tag-in-use": "another jail has the tag; iocage would take it away from that one",
    Busy = "busy": "another request changes the jail, or all jails, or an iocage that one started still runs, or too many requests of its kind are at work; it was waited for in vain",
    JailRunning = "jail-running": "the jail must be stopped first",
    JailNotRunning = "jail-not-running": "the jail must be started first",
    HasDependents = "has-dependents": "other jails were cloned from this one, or from what would be cleaned",
    CorruptJail = "corrupt-jail": "the jail's configuration is missing or cannot be read",
    UnknownPool = "unknown-pool": "there is no such pool",
    NoPool = "no-pool": "iocage finds no pool, and does nothing",
    PoolActive = "pool-active": "another pool is active, or several are; one has to be deactivated first",
    UnknownRelease = "unknown-release": "the release has not been fetched, or there is none to fetch",
    UnknownTemplate = "unknown-template": "there is no such template",
    UnknownSnapshot = "unknown-snapshot": "the jail has no such snapshot, or not of all of its datasets",
    UnknownMount = "unknown-mount": "the jail's fstab has no such entry",
    NewerSnapshots = "newer-snapshots": "newer snapshots would be destroyed, which the request does not name, or names that are none",
    SnapshotExists = "snapshot-exists": "the jail, or one of its datasets, has a snapshot of this name",
    ImageExists = "image-exists": "there is an image, or a part of one, that iocage would write over",
    UnknownImage = "unknown-image": "there is no such image",
    UnknownProperty = "unknown-property": "iocage knows no such property",
    UnknownUser = "unknown-user": "the jail has no such user",
    CommandNotFound = "command-not-found": "the jail has no such program",
    CommandFailed = "command-failed": "the command ran in the jail and failed",
    NotDone = "not-done": "iocage reported no failure, but what was asked for did not happen",
    IocageFailed = "iocage-failed": "iocage failed for a reason of its own",
    UnexpectedOutput = "unexpected-output": "iocage printed something that this class does not understand",
    UnknownIocage = "unknown-iocage": "the program is not a generation of iocage that this class knows",
    IocageChanged = "iocage-changed": "iocage was replaced while the request was answered; it was not carried on",
    CannotLock = "cannot-lock": "the folder or the files that keep requests apart cannot be used",
    UnsafeProgram = "unsafe-program": "others than root could replace the program that was to be run as root",
    CannotStart = "cannot-start": "iocage could not be started",
    TimedOut = "timed-out": "iocage did not end in time and was stopped, or cannot be, which the sentence says",
    Cancelled = "cancelled": "the caller or the host lost interest, and iocage was stopped",
    Killed = "killed": "iocage was ended by a signal",
    OutcomeUnknown = "outcome-unknown": "it ran, but its exit status was taken away by the host, which reaps all children, or something in the jail told another",
    NotDirect = "not-direct": "iocage would have to be asked, and `direct` is `only`",
    Unsupported = "unsupported": "this version of iocage has no way to do it",
}

impl Code {
    /// The word in a response.
    #[must_use]
    pub fn word(self) -> &'static str {
        // Every code is in the table, which is made by the same macro.
        Code::ALL.iter().find(|(code, ..)| *code == self).map_or("internal", |(_, word, _)| word)
    }
}

/// Why a request was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The stable code.
    pub code: Code,
    /// A sentence, lower case, with the thing at fault in quotes.
    pub message: String,
    /// The argument at fault, if it is one.
    pub key: Option<&'static str>,
    /// What became of the child, if one ran.
    pub child: Option<Box<Child>>,
    /// Does the sentence say already where the jail is now?
    pub says_where: bool,
}

/// The end of a child that failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Child {
    /// Its exit status.
    pub exit: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// What it said on standard error.
    pub stderr: String,
    /// What it said on standard output, where that is the caller's own.
    pub stdout: Option<String>,
}

/// How much of a child's text goes along with an error, in bytes as they are written.
const CARRIED: usize = 16 << 10;
/// How long a sentence is at most, likewise.
const SENTENCE: usize = 16 << 10;

impl Error {
    /// An error that is not about one argument.
    pub fn new(code: Code, message: impl Into<String>) -> Error {
        Error { code, message: message.into(), key: None, child: None, says_where: false }.bounded()
    }

    /// An error about the argument `key`.
    pub fn about(key: &'static str, code: Code, message: impl Into<String>) -> Error {
        Error { key: Some(key), ..Error::new(code, message) }
    }

    /// The error of what is done to no jail that runs, and why, in words that follow `is running` at once.
    #[must_use]
    pub fn running(jail: &str, why: &str) -> Error {
        Error::about(
            "jail",
            Code::JailRunning,
            format!("jail {} is running{why}; stop it first", Quoted(jail)),
        )
    }

    /// The keys that the documented text "Missing required keys" is about.
    #[must_use]
    pub fn missing(keys: &[&'static str]) -> Error {
        Failure::missing(keys).into()
    }

    /// The same error with the end of the child that it is about.
    #[must_use]
    pub fn with_child(mut self, child: Child) -> Error {
        self.child = Some(Box::new(child));
        self
    }

    /// The same error, whose sentence says where the jail is now.
    #[must_use]
    pub fn saying_where(self) -> Error {
        Error { says_where: true, ..self }
    }

    /// The same error with a sentence of sane length: it may repeat what was printed.
    #[must_use]
    pub fn bounded(mut self) -> Error {
        written::cut(&mut self.message, SENTENCE);
        self
    }
}

impl Child {
    /// As much of a child's text as goes along with an error.
    #[must_use]
    pub fn carried(text: &str) -> String {
        written::cut_copy(text, CARRIED)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.word(), self.message)
    }
}

impl std::error::Error for Error {}

/// What is wrong with an argument, as the kit tells it.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let failure = Failure::new(error.code.word(), error.message);
        match error.key {
            Some(key) => failure.at(key),
            None => failure,
        }
    }
}

/// And back: the kit's own codes are among this class's.
impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        let code = Code::ALL.iter().find(|(_, word, _)| *word == failure.code);
        let code = code.map_or(Code::BadRequest, |(code, ..)| *code);
        Error { key: failure.key, ..Error::new(code, failure.message) }
    }
}

/// The object of a response: keys in order, absent ones left out.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("code", self.code.word())?;
        map.serialize_entry("error", &self.message)?;
        let child = self.child.as_deref();
        if let Some(exit) = child.and_then(|c| c.exit) {
            map.serialize_entry("exit", &exit)?;
        }
        if let Some(key) = self.key {
            map.serialize_entry("key", key)?;
        }
        if let Some(signal) = child.and_then(|c| c.signal) {
            map.serialize_entry("signal", &signal)?;
        }
        if let Some(child) = child {
            map.serialize_entry("stderr", &child.stderr)?;
            if let Some(stdout) = &child.stdout {
                map.serialize_entry("stdout", stdout)?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_childs_text_is_cut_between_characters() {
        let stderr = Child::carried(&"ä".repeat(CARRIED));
        assert!(stderr.len() <= CARRIED + 3 && stderr.ends_with("ä..."));
        let sentence = Error::new(Code::IocageFailed, "\u{1}".repeat(CARRIED)).message;
        assert_eq!(written::length(&sentence), SENTENCE / 6 * 6 + 3);
    }

    #[test]
    fn codes_of_the_kit_are_codes_of_this_class_and_mean_the_same() {
        for (word, _, meaning) in sysadm_class::codes::OF_ACTIONS {
            let ours = Code::ALL.iter().find(|(_, ours, _)| *ours == word);
            let (code, _, means) = ours.unwrap_or_else(|| panic!("{word}"));
            assert_eq!(Error::from(Failure::new(word, "")).code, *code);
            // What this class does in the place of the kit, it says in its own words.
            let own = [Code::Cancelled, Code::TimedOut, Code::IllegalValue].contains(code);
            assert!(own || *means == meaning, "{word}: {means}; {meaning}");
        }
    }

    #[test]
    fn every_code_has_a_word_of_its_own() {
        let mut words: Vec<_> = Code::ALL.iter().map(|(code, ..)| code.word()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
