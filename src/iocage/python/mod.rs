//! The Python generation of iocage, 0.9.8 to 1.13: what today's ports install.
//!
//! Jails have one name, which here fills the place of the UUID and of the tag.
//! It addresses a jail also by a unique beginning of its name, takes a name that
//! holds `ALL` for every jail, and one with `.` for the same with `_`; so names
//! are resolved by equality before, and where an exact name is no safe one the
//! action is refused. Two of the document's commands it has not (`deactivate`,
//! `cap`): here is what does the same.
//!
//! Its exit status is mostly honest; where it is known to lie, the state is read
//! again. It writes errors on standard error, and lines of its own before the
//! data on standard output.
//!
//! Here: what its complaints and its notices mean. `reads` and `changes` say how
//! each question and each change is spelt; `outcome` what came of it, `output` how
//! it is printed, and `words` what the document's words are here.

mod changes;
mod outcome;
mod output;
mod properties;
mod reads;
mod words;

use crate::error::Code;

/// The dialect. It keeps nothing; what is known, iocage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Python;

/// It does not start without the locale, and prints colours if it is told to.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("LANG", "en_US.UTF-8"),
    ("LC_ALL", "en_US.UTF-8"),
    ("NO_COLOR", "1"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
    ("TERM", "dumb"),
];

/// What a complaint means: a part of the text, the code, the argument at fault.
const COMPLAINTS: &[(&str, Code, Option<&str>)] = &[
    ("is still running, please stop", Code::JailRunning, Some("jail")),
    ("has dependent jails", Code::HasDependents, Some("jail")),
    ("is not running! Please supply", Code::JailNotRunning, Some("jail")),
    ("has a corrupt configuration", Code::CorruptJail, Some("jail")),
    ("is missing its configuration", Code::CorruptJail, Some("jail")),
    ("is not a valid property!", Code::UnknownProperty, None),
    ("is not a valid value for", Code::IllegalValue, Some("props")),
    ("Please provide a valid ip", Code::IllegalValue, Some("props")),
    ("ZFS pool '", Code::UnknownPool, Some("pool")),
    ("Template: ", Code::UnknownTemplate, Some("props")),
    ("Please supply a valid RELEASE", Code::UnknownRelease, Some("props")),
    ("You cannot clone a template", Code::Unsupported, Some("jail")),
    ("convert back to a jail", Code::Unsupported, Some("jail")),
    ("already exists!", Code::TagInUse, Some("props")),
    ("poolsmarked active", Code::NoPool, None),
    ("No zpools found", Code::NoPool, None),
    ("not activating a pool", Code::NoPool, None),
    ("jail '", Code::UnknownJail, Some("jail")),
];

/// How lines begin that it prints by itself before the data.
const NOTICES: &[&str] = &[
    "Setting up zpool [",
    "If you wish to change please use \"iocage activate\"",
    "Default configuration missing, creating one",
    "Missing default rc.conf, creating it",
    BANNER[0],
    BANNER[1],
    BANNER[2],
];

/// How the lines begin that versions up to 1.8 print before everything else, where
/// /dev/fd is no fdescfs; an empty one ends them.
const BANNER: [&str; 5] =
    ["********", "mount -t fdescfs null /dev/fd", "fdescfs /dev/fd  fdescfs  rw  0  0", "********", ""];
/// And on standard error.
const OF_BANNER: [&str; 2] = ["fdescfs(5) is not mounted", "You can also permanently mount"];
