//! What a class leaves in the process it was a guest of. A tour through all its
//! functions is taken, and what there was before is compared with what there is
//! after it.

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use sysadm_class::ffi::{self, Str};

use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Subject, function};

/// Use everything the class has, well and badly.
///
/// # Errors
/// If that is not answered as it should be.
pub(crate) fn tour(subject: &Subject<'_>) -> Result<(), String> {
    // SAFETY: a text that is valid for the call.
    unsafe { function!(subject.class, get_extension)(Str::new(ffi::EXT_DESCRIBE)) };
    let predecessor = subject.create()?;
    let state = predecessor.export();
    let instance = subject.create()?;
    instance.import(state.bytes()).expect("import_state", &[200, 400])?;
    instance.log_level(3);
    for args in &subject.job.requests {
        instance.send(args).well_formed("dispatch")?;
    }
    for garbage in [&b""[..], b"[]", b"{\"action\":\"no such action\"}", b"\xff", &[b'['; 4096]] {
        instance.send_garbage(garbage).well_formed("dispatch")?;
    }
    instance.cancel(1);
    instance.health(0).expect("health", &[200, 503])?;
    drop(state);
    predecessor.close()?;
    instance.close()
}

/// What is written is looked at from outside, when the process has ended: also
/// what waited in a buffer is written then.
pub(crate) fn tour_only(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    tour(&subject)?;
    subject.unload()?;
    Ok(Pass::Passed)
}

pub(crate) fn processes(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    tour(&subject)?;
    // SAFETY: a null status is not written.
    let pid = unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) };
    ensure!(pid < 0, "a child process was left {}", if pid == 0 { "running" } else { "unreaped" });
    // A daemon is no child of ours: whoever runs this test looks for it.
    Ok(Pass::Passed)
}

type Facts = BTreeSet<String>;

fn differences(before: &Facts, after: &Facts) -> Option<String> {
    let list = |facts: Vec<&String>| facts.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let gone = list(before.difference(after).collect());
    let new = list(after.difference(before).collect());
    let parts = [("gone: ", gone), ("new: ", new)];
    let parts = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(head, text)| format!("{head}{text}"));
    let parts: Vec<_> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A thread takes a moment until the system has forgotten it.
const MOMENT: Duration = Duration::from_secs(1);

/// Wait until all is as before, for a moment at most.
fn settled(before: &Facts, now: impl Fn() -> Facts) -> Outcome {
    let begin = Instant::now();
    loop {
        match differences(before, &now()) {
            None => return Ok(Pass::Passed),
            Some(_) if begin.elapsed() < MOMENT => std::thread::sleep(Duration::from_millis(10)),
            Some(what) => return Err(what),
        }
    }
}

/// Looked at while the library is mapped: unmapped under a thread, it would only crash.
pub(crate) fn threads(job: &Job) -> Outcome {
    let tasks = || std::fs::read_dir("/proc/self/task").map(Iterator::count).ok();
    let Some(before) = tasks() else {
        return Ok(Pass::Skipped("this system does not show threads in /proc".to_owned()));
    };
    let count = |threads: usize| Facts::from([format!("threads: {threads}")]);
    let subject = Subject::load(job)?;
    tour(&subject)?;
    settled(&count(before), || count(tasks().unwrap_or(0)))
}

/// A class may hold these while it is mapped, if it gives them back.
pub(crate) fn leftovers(job: &Job) -> Outcome {
    let before = held();
    let subject = Subject::load(job)?;
    tour(&subject)?;
    subject.unload()?;
    settled(&before, held)
}

fn held() -> Facts {
    const MOST_DESCRIPTORS: i32 = 4096;
    let mut facts = Facts::new();
    for fd in 0..MOST_DESCRIPTORS {
        // SAFETY: takes numbers only.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0 {
            facts.insert(format!("descriptor {fd}"));
        }
    }
    for (name, timer) in
        [("real", libc::ITIMER_REAL), ("virtual", libc::ITIMER_VIRTUAL), ("profiling", libc::ITIMER_PROF)]
    {
        let mut value = MaybeUninit::<libc::itimerval>::zeroed();
        // SAFETY: writes one structure of ours, which holds numbers.
        let value = unsafe {
            libc::getitimer(timer, value.as_mut_ptr());
            value.assume_init()
        };
        if value.it_value.tv_sec != 0 || value.it_value.tv_usec != 0 {
            facts.insert(format!("{name} timer"));
        }
    }
    facts
}

/// Looked at while the library is mapped: these are never the class's to change.
pub(crate) fn surroundings(job: &Job) -> Outcome {
    let before = settings();
    let subject = Subject::load(job)?;
    tour(&subject)?;
    differences(&before, &settings()).map_or(Ok(Pass::Passed), Err)
}

fn settings() -> Facts {
    let mut facts: Facts = std::env::vars_os()
        .map(|(name, value)| format!("variable {}={}", name.display(), value.display()))
        .collect();
    facts.insert(format!("folder {}", std::env::current_dir().unwrap_or_default().display()));
    // SAFETY: takes a number and gives one; set back at once.
    let mask = unsafe {
        let mask = libc::umask(0);
        libc::umask(mask);
        mask
    };
    facts.insert(format!("umask {mask:o}"));
    // SAFETY: asks for a text, which is null or terminated and stays until the next call.
    let locale = unsafe {
        let text = libc::setlocale(libc::LC_ALL, std::ptr::null());
        if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
    };
    facts.insert(format!("locale {locale}"));
    facts.extend(signals());
    for (name, resource) in [
        ("descriptors", libc::RLIMIT_NOFILE),
        ("core", libc::RLIMIT_CORE),
        ("file size", libc::RLIMIT_FSIZE),
        ("stack", libc::RLIMIT_STACK),
    ] {
        let mut limit = MaybeUninit::<libc::rlimit>::zeroed();
        // SAFETY: writes one structure of ours, which holds numbers.
        let limit = unsafe {
            libc::getrlimit(resource, limit.as_mut_ptr());
            limit.assume_init()
        };
        facts.insert(format!("limit of {name} {}", limit.rlim_cur));
    }
    facts
}

fn signals() -> Facts {
    const HIGHEST: i32 = 64;
    let mut facts = Facts::new();
    let mut mask = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: asks only, and writes one structure of ours, which holds numbers.
    let mask = unsafe {
        libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr());
        mask.assume_init()
    };
    for signal in 1..=HIGHEST {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: as above; a number that is no signal is refused.
        let (code, action) = unsafe {
            let code = libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr());
            (code, action.assume_init())
        };
        if code == 0 {
            facts.insert(format!("signal {signal} -> {:#x} ({:#x})", action.sa_sigaction, action.sa_flags));
        }
        // SAFETY: reads one structure of ours.
        if unsafe { libc::sigismember(&raw const mask, signal) } == 1 {
            facts.insert(format!("signal {signal} blocked"));
        }
    }
    facts
}
