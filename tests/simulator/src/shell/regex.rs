//! Extended regular expressions as `grep -iE` understands them: the C library's own, for that is what it uses.

use std::ffi::CString;
use std::mem::MaybeUninit;

/// A compiled expression that ignores case.
pub(super) struct Regex {
    compiled: libc::regex_t,
}

impl Regex {
    /// `None` where the expression is not one, as for a lone bracket.
    pub(super) fn new(expression: &str) -> Option<Regex> {
        let expression = CString::new(expression).ok()?;
        let mut compiled = MaybeUninit::<libc::regex_t>::uninit();
        let flags = libc::REG_EXTENDED | libc::REG_ICASE | libc::REG_NOSUB;
        // SAFETY: both pointers live through the call, the expression ends in a nul, and regcomp only writes to the
        // first one.
        let refused = unsafe { libc::regcomp(compiled.as_mut_ptr(), expression.as_ptr(), flags) };
        if refused != 0 {
            return None;
        }
        // SAFETY: regcomp answered 0, and then it has filled the whole structure.
        Some(Regex { compiled: unsafe { compiled.assume_init() } })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        let Ok(text) = CString::new(text) else { return false };
        // SAFETY: the expression was compiled by regcomp and not yet freed, the text ends in a nul, and with REG_NOSUB
        // and a count of 0 no match array is touched.
        unsafe { libc::regexec(&self.compiled, text.as_ptr(), 0, std::ptr::null_mut(), 0) == 0 }
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: compiled by regcomp, freed once, and not reachable afterwards.
        unsafe { libc::regfree(&mut self.compiled) }
    }
}
