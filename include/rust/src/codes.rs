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

/// All of them.
pub const ALL: [Row; 5] = [BAD_HOST, CANCELLED, CLOSING, INTERNAL, NOT_THIS_CLASS];
