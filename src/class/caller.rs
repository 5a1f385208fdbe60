//! Who asks, as far as the class is told: what he may do, how long he waits, and who hears how it goes on.
//!
//! It lies apart from the instance so that what writes the log can know him without knowing that.

use std::time::Instant;

use serde_json::Value;
use sysadm_class::Access;

/// What the class knows of the caller of a request.
pub struct Caller<'a> {
    /// What it may do.
    pub access: Access,
    /// Who it is, as the host says; empty where it does not. For the log alone.
    pub name: &'a str,
    /// The host's number for the request.
    pub request: u64,
    /// When it stops waiting.
    pub deadline: Option<Instant>,
    /// Has everybody lost interest?
    pub cancelled: &'a dyn Fn() -> bool,
    /// Who is told how the request goes on, if anybody is: JSON objects of the convention in
    /// the header.
    pub progress: Option<&'a dyn Fn(&Value)>,
    /// Who is told of what has changed, if anybody is: JSON objects, see `action::events`.
    pub event: Option<&'a dyn Fn(&Value)>,
}

impl Caller<'_> {
    /// One with full access who waits for ever and listens to nothing, for what is asked
    /// without a host.
    pub const ANYBODY: Caller<'static> = Caller {
        access: Access::Full,
        name: "",
        request: 1,
        deadline: None,
        cancelled: &|| false,
        progress: None,
        event: None,
    };
}
