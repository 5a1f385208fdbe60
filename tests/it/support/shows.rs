//! What the system shows of processes: their relations, descriptors, threads, memory, and what is mapped.
//!
//! In two ways. Linux tells in /proc, exactly and at once. Everywhere, and so on FreeBSD, `ps`,
//! fcntl(2), fstat(2) and dl_iterate_phdr(3) tell as much, slower or in coarser units. A test asks
//! here and does not know which way is gone; on Linux both are, and `both_ways.rs` holds them against each other.

pub mod everywhere;
#[cfg(target_os = "linux")]
pub mod proc;
mod shown;

pub use shown::Shown;

#[cfg(not(target_os = "linux"))]
use everywhere as system;
#[cfg(target_os = "linux")]
use proc as system;

/// Now, in hundredths of a second of the system's life, as [`Shown::start`].
pub fn now() -> u64 {
    system::now()
}

/// All processes.
pub fn processes() -> Vec<Shown> {
    system::processes()
}

/// The process ids of those that have these words on their command line.
pub fn called(words: &str) -> Vec<i32> {
    let lines = system::command_lines().into_iter();
    lines.filter(|(_, line)| line.contains(words)).map(|(pid, _)| pid).collect()
}

/// The process ids of those that have these words on the command line or in the environment with which they were
/// started.
pub fn started_with(words: &str) -> Vec<i32> {
    let all = system::environments().into_iter();
    all.filter(|(_, all)| all.contains(words)).map(|(pid, _)| pid).collect()
}

/// The open descriptors of this process with what they lead to, but that by
/// which they are looked up.
pub fn descriptors() -> Vec<String> {
    system::descriptors()
}

/// The threads of this process.
pub fn threads() -> usize {
    system::threads()
}

/// What of this process is in memory, in bytes.
pub fn resident() -> u64 {
    resident_of(std::process::id())
}

/// What of another process is in memory, in bytes.
pub fn resident_of(pid: u32) -> u64 {
    system::resident(pid)
}

/// The libraries that are mapped in this process and whose path begins so, each once, in order.
/// By the loader, which knows none any more that it has let go; and where the system tells, by the
/// mappings as well, which may be there without one.
pub fn mapped(path: &str) -> Vec<String> {
    #[cfg(target_os = "linux")]
    let all = proc::mapped().into_iter().chain(everywhere::mapped());
    #[cfg(not(target_os = "linux"))]
    let all = everywhere::mapped().into_iter();
    let mut all: Vec<_> = all.filter(|one| one.starts_with(path)).collect();
    all.sort();
    all.dedup();
    all
}
