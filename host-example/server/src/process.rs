//! What this process is to the system: no image of its memory is written to the disk, for passwords pass through it; and which
//! signals it was told to ignore.

/// Was this signal ignored when the process was started, as it is by `nohup`, or in the background of a script? Then it stays so.
pub(crate) fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: plain data, of which all zeros is a value.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: nothing is set, and what is told is written to what is ours.
    let is_told = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut now) } == 0;
    is_told && now.sa_sigaction == libc::SIG_IGN
}

/// No core dumps of this process. (A limit of size zero would be inherited by all that runs in jails, which may want theirs.)
pub(crate) fn no_core_dumps() {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes a number and touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    #[cfg(target_os = "freebsd")]
    {
        let mut trace: libc::c_int = libc::PROC_TRACE_CTL_DISABLE;
        // It ends with the next exec, so that nothing is changed for whatever is started.
        // SAFETY: of this process, with a number of ours that lives for the call, as procctl(2) has it.
        unsafe {
            let process = libc::id_t::from(std::process::id());
            libc::procctl(libc::P_PID, process, libc::PROC_TRACE_CTL, (&raw mut trace).cast());
        }
    }
}
