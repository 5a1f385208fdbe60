//! What a class answers with, to the contract: a status and JSON text.

use crate::{Status, codes};

/// An answer: a status and the response args, JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// How the request fared.
    pub status: Status,
    /// A JSON object, or nothing.
    pub args: Vec<u8>,
}

impl Reply {
    /// An answer without args.
    #[must_use]
    pub const fn bare(status: Status) -> Reply {
        Reply { status, args: Vec::new() }
    }

    /// An answer of the contract's own, with a sentence.
    pub(super) fn of((code, status, _): codes::Row, error: &str) -> Reply {
        Reply::error(status, code, error)
    }

    /// An answer that consists of a stable code and a sentence.
    #[must_use]
    pub fn error(status: Status, code: &str, error: &str) -> Reply {
        let args = serde_json::json!({ "code": code, "error": error });
        Reply { status, args: args.to_string().into_bytes() }
    }
}
