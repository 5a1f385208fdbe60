//! Whose rights this process has.

/// The effective user's number; 0 is root.
#[must_use]
pub fn effective_user() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}
