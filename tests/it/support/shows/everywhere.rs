//! What every system shows: by ps(1), with nothing but the words that FreeBSD's and Linux' have both, and by
//! what a process may ask of itself.
//!
//! Each column of ps is asked for by a `-o` of its own: in one with several, as POSIX has it, all behind the
//! first `=` is that column's head.

use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::process::{Command, Stdio};

use super::shown::Shown;

pub fn now() -> u64 {
    let mut now = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: it writes one timespec, for which there is room.
    let done = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, now.as_mut_ptr()) };
    assert_eq!(done, 0, "every system has this clock");
    // SAFETY: it was written, as the call has succeeded; and all of it is integers.
    let now = unsafe { now.assume_init() };
    u64::try_from(now.tv_sec).expect("since the start") * 100
        + u64::try_from(now.tv_nsec).expect("positive") / 10_000_000
}

/// What ps prints, and its own process id, for it shows itself.
fn ps(words: &[&str], columns: &[&str]) -> (i32, String) {
    let mut command = Command::new("ps");
    command.args(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    for column in columns {
        command.arg("-o").arg(format!("{column}="));
    }
    let child = command.spawn().expect("every system has ps");
    let pid = i32::try_from(child.id()).expect("a process id");
    let output = child.wait_with_output().expect("it ends");
    (pid, String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The next word of a line, and the rest.
fn word(line: &str) -> Option<(&str, &str)> {
    line.trim_start().split_once(' ').or_else(|| Some((line.trim(), ""))).filter(|(word, _)| !word.is_empty())
}

pub fn processes() -> Vec<Shown> {
    let (own, text) = ps(&["-ax"], &["pid", "ppid", "pgid", "state", "etimes", "comm"]);
    let since = now();
    let shown = text.lines().filter_map(|line| {
        let (pid, rest) = word(line)?;
        let (parent, rest) = word(rest)?;
        let (group, rest) = word(rest)?;
        let (state, rest) = word(rest)?;
        let (elapsed, name) = word(rest)?;
        // Whole seconds, rounded down, of a clock that may be some of another one's off.
        let elapsed = elapsed.parse::<u64>().ok()?.saturating_mul(100).saturating_add(200);
        Some(Shown {
            pid: pid.parse().ok()?,
            parent: parent.parse().ok()?,
            group: group.parse().ok()?,
            state: state.chars().next()?,
            name: name.trim().trim_end_matches(" <defunct>").to_owned(),
            start: since.saturating_sub(elapsed),
        })
    });
    shown.filter(|process| process.pid != own).collect()
}

pub fn command_lines() -> Vec<(i32, String)> {
    lines(&["-axww"])
}

fn lines(words: &[&str]) -> Vec<(i32, String)> {
    let (own, text) = ps(words, &["pid", "args"]);
    let lines = text.lines().filter_map(|line| {
        let (pid, rest) = word(line)?;
        Some((pid.parse().ok()?, rest.trim().to_owned()))
    });
    lines.filter(|(pid, _)| *pid != own).collect()
}

/// Command lines with the environment behind them, which no word with a dash asks of both systems.
pub fn environments() -> Vec<(i32, String)> {
    lines(&["axeww"])
}

/// Of a process, a number.
fn number<T: std::str::FromStr>(pid: u32, column: &str) -> T {
    let (_, text) = ps(&["-p", &pid.to_string()], &[column]);
    text.trim().parse().unwrap_or_else(|_| panic!("ps tells {column}: {text:?}"))
}

pub fn threads() -> usize {
    number(std::process::id(), "nlwp")
}

pub fn resident(pid: u32) -> u64 {
    number::<u64>(pid, "rss") * 1024
}

/// Each that fcntl(2) knows, and of which kind it is; of a file or a folder which one.
pub fn descriptors() -> Vec<String> {
    let shown = (0..4096).filter_map(|fd: c_int| {
        let mut found = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: fcntl takes integers here; fstat writes one stat, for which there is room.
        let done = unsafe {
            if libc::fcntl(fd, libc::F_GETFD) == -1 {
                return None;
            }
            libc::fstat(fd, found.as_mut_ptr())
        };
        if done != 0 {
            return Some(format!("{fd} unknown"));
        }
        // SAFETY: it was written, as the call has succeeded; and all of it is integers.
        let found = unsafe { found.assume_init() };
        let kind = found.st_mode & libc::S_IFMT;
        let is_file = kind == libc::S_IFREG || kind == libc::S_IFDIR;
        let which = if is_file { format!(" {} {}", found.st_dev, found.st_ino) } else { String::new() };
        Some(format!("{fd} {kind:o}{which}"))
    });
    shown.collect()
}

/// The libraries that the loader has, by the path that each was loaded from.
pub fn mapped() -> Vec<String> {
    unsafe extern "C" fn add(found: *mut libc::dl_phdr_info, _: usize, paths: *mut c_void) -> c_int {
        // SAFETY: the loader hands over one that is whole for as long as this is called, and the pointer is
        // the one that it was given below; its name is null or ends with a NUL.
        unsafe {
            if !(*found).dlpi_name.is_null() {
                let path = CStr::from_ptr((*found).dlpi_name).to_string_lossy().into_owned();
                (*paths.cast::<Vec<String>>()).push(path);
            }
        }
        0
    }
    let mut paths = Vec::<String>::new();
    // SAFETY: `add` is called before this returns, and is the only one who uses the vector meanwhile.
    unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut paths).cast()) };
    paths
}
