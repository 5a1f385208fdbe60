//! The codes of errors that every class answers through this crate, whatever it is a
//! class of: one table, of which references are made.

use crate::Status;

/// A code, the status that it goes with, and what it means.
pub type Row = (&'static str, Status, &'static str);

/// The host's table is of another contract, or too short to be one.
pub const BAD_HOST: Row =
    ("bad-host", Status::BadRequest, "the host's own table cannot be used, and no instance was made");
/// Requests had to be cancelled by a close.
pub const CANCELLED: Row = (
    "cancelled",
    Status::Unavailable,
    "the answer of a close that had to end requests; `cancelled` holds their numbers",
);
/// The instance is being closed.
pub const CLOSING: Row = ("closing", Status::Unavailable, "the instance is being closed, and begins nothing");
/// A defect of the class.
pub const INTERNAL: Row =
    ("internal", Status::Internal, "the class failed by a defect of its own; the host's log says where");
/// The request names another class.
pub const NOT_THIS_CLASS: Row =
    ("not-this-class", Status::NotFound, "the request is for another namespace or name");

/// All that a class answers whatever it is.
pub const ALL: [Row; 5] = [BAD_HOST, CANCELLED, CLOSING, INTERNAL, NOT_THIS_CLASS];

/// The caller may not do it.
pub const ACCESS_DENIED: Row =
    ("access-denied", Status::Forbidden, "the action needs full access (status 403)");
/// No request of this class.
pub const BAD_REQUEST: Row = (
    "bad-request",
    Status::BadRequest,
    "the args are no JSON object or name no action of this class (status 400)",
);
/// Two keys of which one stands in the place of the other.
pub const CONTRADICTORY_KEYS: Row = ("contradictory-keys", Status::Ok, "these keys cannot be given together");
/// Nobody may do it.
pub const DENIED: Row =
    ("denied", Status::Ok, "the configuration takes the action or the property away, whoever asks");
/// A value that the class does not take.
pub const ILLEGAL_VALUE: Row = ("illegal-value", Status::Ok, "a value that the class does not take");
/// A key is not there.
pub const MISSING_KEY: Row = ("missing-key", Status::Ok, "a key that the action needs is not there");
/// Everybody has lost interest.
pub const NOT_WANTED: Row = ("cancelled", Status::Ok, "the caller or the host lost interest");
/// The caller's time is up.
pub const TIMED_OUT: Row = ("timed-out", Status::Ok, "it took longer than the caller waits");
/// A value is too long.
pub const TOO_LONG: Row = ("too-long", Status::Ok, "a value is longer than the class accepts");
/// A value is of another type.
pub const WRONG_TYPE: Row =
    ("wrong-type", Status::Ok, "the value is of another JSON type than the key takes");

/// Those of actions, which a class of the [`kit`](crate::kit) answers beside its own.
pub const OF_ACTIONS: [Row; 10] = [
    ACCESS_DENIED,
    BAD_REQUEST,
    CONTRADICTORY_KEYS,
    DENIED,
    ILLEGAL_VALUE,
    MISSING_KEY,
    NOT_WANTED,
    TIMED_OUT,
    TOO_LONG,
    WRONG_TYPE,
];
