//! The integer codes of the contract as Rust types, and what a class says of
//! itself. Codes that come from the other side are never trusted to be known:
//! each conversion says what an unknown one means.

use crate::ffi;

/// How a request fared, as the sysadm envelope knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Status {
    /// The action was run, or refused, and the args tell which.
    Ok = 200,
    /// The args are no object, or name no action of this class.
    BadRequest = 400,
    /// The host does not know the caller.
    Unauthorized = 401,
    /// The action needs [`Access::Full`].
    Forbidden = 403,
    /// The request is for another class.
    NotFound = 404,
    /// A defect in the class.
    Internal = 500,
    /// The instance is closing, or the class cannot work now.
    Unavailable = 503,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 7] = [
        Status::Ok,
        Status::BadRequest,
        Status::Unauthorized,
        Status::Forbidden,
        Status::NotFound,
        Status::Internal,
        Status::Unavailable,
    ];

    /// The number in the contract.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// An unknown number is [`Status::Internal`]: whoever sent it is at fault.
    #[must_use]
    pub fn from_code(code: u32) -> Status {
        Status::ALL.into_iter().find(|s| s.code() == code).unwrap_or(Status::Internal)
    }

    /// The phrase that goes with the number in an HTTP status line and in the
    /// sysadm error envelope.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::BadRequest => "Bad Request",
            Status::Unauthorized => "Unauthorized",
            Status::Forbidden => "Forbidden",
            Status::NotFound => "Not Found",
            Status::Internal => "Internal Server Error",
            Status::Unavailable => "Service Unavailable",
        }
    }
}

/// What the caller of a request may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Read.
    Limited,
    /// Read, change and run.
    Full,
}

impl Access {
    /// The number in the contract.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Access::Limited => ffi::ACCESS_LIMITED,
            Access::Full => ffi::ACCESS_FULL,
        }
    }

    /// An unknown number is [`Access::Limited`].
    #[must_use]
    pub const fn from_code(code: u32) -> Access {
        if code == ffi::ACCESS_FULL { Access::Full } else { Access::Limited }
    }

    /// The word for it in descriptions and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Access::Limited => "limited",
            Access::Full => "full",
        }
    }
}

/// The level of a log message; greater is more talkative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Level {
    /// Something failed.
    Error = 1,
    /// Something is not as it should be.
    Warn = 2,
    /// What was changed, one line each. No secrets, as above this level.
    Info = 3,
    /// What was run, in full: this and below may hold secrets of requests.
    Debug = 4,
    /// Everything.
    Trace = 5,
}

impl Level {
    /// All of them, the least talkative first.
    pub const ALL: [Level; 5] = [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace];

    /// The number in the contract.
    #[must_use]
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// 0 is no level at all; an unknown number is [`Level::Trace`].
    #[must_use]
    pub fn from_code(code: u32) -> Option<Level> {
        if code == 0 {
            return None;
        }
        Some(Level::ALL.into_iter().find(|l| l.code() == code).unwrap_or(Level::Trace))
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }
}

/// Who a class is. Made by [`Identity::new`], for fields may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The namespace of the requests it answers.
    pub namespace: &'static str,
    /// The name of the requests it answers.
    pub name: &'static str,
    /// The version of the module.
    pub version: &'static str,
    /// A sentence.
    pub description: &'static str,
    /// May the library be unmapped once every instance is closed?
    pub unload_safe: bool,
}

impl Identity {
    /// A class of this namespace and name, in this version, with a sentence on what it is. Its library
    /// is not unmapped, until that is said to be safe.
    #[must_use]
    pub const fn new(
        namespace: &'static str,
        name: &'static str,
        version: &'static str,
        description: &'static str,
    ) -> Identity {
        Identity { namespace, name, version, description, unload_safe: false }
    }

    /// The same, whose library may be unmapped once every instance is closed: it leaves no thread,
    /// no handler and no thread-local with a destructor behind.
    #[must_use]
    pub const fn unload_safe(self) -> Identity {
        Identity { unload_safe: true, ..self }
    }
}
