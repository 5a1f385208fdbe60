//! The end of this host by a signal.
//!
//! The signals are blocked in every thread, and one thread waits for them: there is no
//! handler, in which next to nothing may be done. (The crate `signal-hook` does more,
//! and is one more to look after; three calls of libc are all that this takes.) What runs is
//! cancelled by what a class asks its host anyway: is this request still wanted? So a
//! request cannot slip through between its taking and its beginning, of whichever generation
//! it is. Who waits for input is woken by a pipe whose other end is closed, once and for all.
//!
//! A signal that was ignored when this program was started stays so: by `nohup`, or in
//! the background of a shell without job control.

use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::folders;

/// What ends this host. After the first of these nothing runs on; after the others what runs has its time.
const AT_ONCE: libc::c_int = libc::SIGINT;
const SIGNALS: [libc::c_int; 3] = [AT_ONCE, libc::SIGTERM, libc::SIGHUP];

/// How long what was cancelled is waited for, and the classes' end. A class gives its programs some
/// seconds between TERM and KILL, and may look for what they have left.
const CANCELLED: Duration = Duration::from_secs(30);

/// From the cancelling to a hard end: a class asks its host every few milliseconds, and its programs are
/// to have heard of it before there is nobody left to tell them.
const LAST_WORD: Duration = Duration::from_millis(250);

/// Whether this host is to end, and what is waited for then.
pub(crate) struct Ending {
    state: Mutex<State>,
    /// Readable as soon as it is.
    woken: PipeReader,
}

struct State {
    signal: Option<libc::c_int>,
    cancel_at: Option<Instant>,
    wakes: Option<PipeWriter>,
}

impl Ending {
    /// Wait for signals from now on. To be called before there is another thread.
    ///
    /// # Errors
    /// What the system said: no pipe, or no thread.
    pub(crate) fn watch(drain: Duration) -> io::Result<Arc<Ending>> {
        let (woken, wakes) = io::pipe()?;
        let state = State { signal: None, cancel_at: None, wakes: Some(wakes) };
        let ending = Arc::new(Ending { state: Mutex::new(state), woken });
        let signals = block();
        let watched = Arc::clone(&ending);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let signal = wait(&signals, None).unwrap_or(libc::SIGTERM);
            let drain = if signal == AT_ONCE { Duration::ZERO } else { drain };
            watched.begin(signal, drain);
            let again = wait(&signals, Some(drain + CANCELLED));
            watched.end_hard(signal, again.is_none());
        })?;
        Ok(ending)
    }

    fn begin(&self, signal: libc::c_int, drain: Duration) {
        match drain.as_secs() {
            0 => say("ending; what runs is cancelled (a second signal: without waiting)"),
            seconds => say(&format!(
                "ending; what runs is cancelled in {seconds} s (a second signal: without waiting)"
            )),
        }
        let mut state = self.state();
        state.signal = Some(signal);
        state.cancel_at = Some(Instant::now() + drain);
        state.wakes = None;
    }

    /// There is no way back out of here, whatever hangs: nothing is dropped, no class is closed.
    fn end_hard(&self, signal: libc::c_int, is_late: bool) -> ! {
        self.state().cancel_at = Some(Instant::now());
        let why = if is_late { "it took too long" } else { "a second signal" };
        say(&format!("ended without waiting: {why}; programs may still run"));
        std::thread::sleep(LAST_WORD);
        folders::remove_all();
        // SAFETY: ends the process; what other threads are about is of no account any more.
        unsafe { libc::_exit(status(signal).into()) }
    }

    /// Is nothing new to be taken?
    pub(crate) fn has_begun(&self) -> bool {
        self.state().signal.is_some()
    }

    /// Is what runs to end?
    pub(crate) fn is_cancelling(&self) -> bool {
        self.state().cancel_at.is_some_and(|at| at <= Instant::now())
    }

    /// The exit status, which is that of a signal if one has ended this.
    pub(crate) fn exit(&self, otherwise: ExitCode) -> ExitCode {
        self.state().signal.map_or(otherwise, |signal| ExitCode::from(status(signal)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Say something, if that need not wait: for who reads it, or for a thread that waits for that
/// reader and has the standard error to itself meanwhile.
fn say(text: &str) {
    let Ok(stderr) = io::stderr().as_fd().try_clone_to_owned() else { return };
    let mut asked = libc::pollfd { fd: stderr.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one entry that is ours.
    if unsafe { libc::poll(&raw mut asked, 1, 0) } == 1 {
        let _ = File::from(stderr).write_all(format!("host-example: {text}\n").as_bytes());
    }
}

/// As a shell tells of a program that a signal has ended.
fn status(signal: libc::c_int) -> u8 {
    128 + u8::try_from(signal).unwrap_or(libc::SIGTERM as u8)
}

/// Block the signals in this thread and those that it starts, but for what is ignored.
fn block() -> libc::sigset_t {
    // SAFETY: plain data, of which all zeros is a value.
    let mut signals: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: all pointers are to our own, and the signals are ones.
    unsafe {
        libc::sigemptyset(&raw mut signals);
        for signal in SIGNALS {
            let mut now: libc::sigaction = std::mem::zeroed();
            libc::sigaction(signal, std::ptr::null(), &raw mut now);
            if now.sa_sigaction != libc::SIG_IGN {
                libc::sigaddset(&raw mut signals, signal);
            }
        }
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const signals, std::ptr::null_mut());
    }
    signals
}

/// Wait for one of them; `None` if none came in time.
fn wait(signals: &libc::sigset_t, limit: Option<Duration>) -> Option<libc::c_int> {
    let until = limit.map(|limit| Instant::now() + limit);
    loop {
        // An hour, where there is no limit: then once more.
        let left = until.map_or(Duration::from_secs(3600), |until| until - Instant::now().min(until));
        let time = libc::timespec {
            tv_sec: left.as_secs() as libc::time_t,
            tv_nsec: left.subsec_nanos() as libc::c_long,
        };
        // SAFETY: the set and the time are our own; what it was is not asked.
        let signal = unsafe { libc::sigtimedwait(signals, std::ptr::null_mut(), &raw const time) };
        if signal > 0 {
            return Some(signal);
        }
        if until.is_some_and(|until| until <= Instant::now()) {
            return None;
        }
    }
}

/// The standard input until this host is to end, which is the end of it, too.
pub(crate) struct Input {
    file: File,
    ending: Arc<Ending>,
}

impl Input {
    /// # Errors
    /// What the system said: no descriptor.
    pub(crate) fn new(ending: &Arc<Ending>) -> io::Result<Input> {
        Ok(Input { file: io::stdin().as_fd().try_clone_to_owned()?.into(), ending: Arc::clone(ending) })
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let ask = |fd: &dyn AsRawFd| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let mut asked = [ask(&self.file), ask(&self.ending.woken)];
        // SAFETY: two entries that are ours, and their number.
        while unsafe { libc::poll(asked.as_mut_ptr(), 2, -1) } < 0 {
            let why = io::Error::last_os_error();
            if why.kind() != io::ErrorKind::Interrupted {
                return Err(why);
            }
        }
        if self.ending.has_begun() { Ok(0) } else { self.file.read(buffer) }
    }
}
