//! Does the process grow with each instance? What has been opened, asked and closed has given back
//! all that it took, and its answers were released.
//!
//! Where the allocator tells how much of the heap is in use, growth is seen to the byte, and is a
//! fault where every round of several has left something: what a class keeps for ever but once, it
//! has soon. One that stays mapped may keep more, such as the last of its requests: it is tried for
//! much longer, and is at fault if not one round was without. Elsewhere, and for what does not lie
//! in the heap, it is the most that was resident.
//!
//! Of what is freed glibc keeps some pieces of each size for the thread, and counts them as in use: a
//! class that needs now this, now that would seem to grow for long. So it is told to keep none, and
//! where it does all the same, nothing is said by the byte.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use sysadm_class::ffi::Host;
use sysadm_host::is_mapped;

use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::Subject;

const CYCLES: usize = 200;
/// Until then caches fill and the allocator takes what it needs.
const WARM: usize = 50;
/// How many cycles are a round of which the heap is looked at.
const ROUND: usize = 25;
/// What the process may grow by after that: 27 KiB a cycle.
const GROWTH_KIB: i64 = 4 << 10;

/// The given requests may take long: the rounds of these are as many as fit into this, and at most so many.
const A_WHILE: Duration = Duration::from_secs(3);
const ROUNDS: usize = 8;
/// From so many rounds on something can be said.
const TELLING: usize = 4;
/// Of a class that stays mapped, after so many.
const MANY: usize = 60;

/// The least that a cycle leaves if it leaves anything: the smallest piece that allocators give.
const PIECE: usize = 16;

pub(crate) fn cycles(job: &Job) -> Outcome {
    let ears = Ears::new();
    let host = ears.table();
    let is_exact = is_exact();
    let life = |requests: &[String]| {
        let safe = life(job, host, requests);
        ears.forget();
        safe
    };
    let in_use = || if is_exact { in_use() } else { None };
    let mut warm = 0;
    let mut heap = Vec::with_capacity(MANY);
    let mut safe = true;
    for cycle in 0..CYCLES {
        safe = life(&[]).map_err(|why| format!("in cycle {cycle}, {why}"))?;
        if cycle == WARM {
            warm = peak_kib();
        }
        if cycle >= WARM && (cycle - WARM).is_multiple_of(ROUND) {
            heap.extend(in_use());
        }
    }
    let growth = peak_kib() - warm;
    goes_on(&mut heap, ROUND, safe, || life(&[]))?;
    grows(&heap, ROUND, safe, "created and closed")?;
    ensure!(
        growth <= GROWTH_KIB,
        "the process grew by {growth} KiB in {} cycles, expected at most {GROWTH_KIB}",
        CYCLES - WARM
    );
    let begin = Instant::now();
    heap.clear();
    // The first fills what is filled once.
    for round in 0..=ROUNDS {
        life(&job.requests)?;
        if round > 0 {
            heap.extend(in_use());
        }
        if begin.elapsed() > A_WHILE {
            break;
        }
    }
    goes_on(&mut heap, 1, safe, || life(&job.requests))?;
    grows(&heap, 1, safe, "sent the given requests and closed")?;
    Ok(Pass::Passed)
}

/// The whole life of an instance, and of the library where it may be unmapped; which is answered.
fn life(job: &Job, host: &'static Host, requests: &[String]) -> Result<bool, String> {
    let subject = Subject::load(job)?;
    let instance = subject.create_with(host)?;
    for args in [&b"{}"[..], b"[]"] {
        instance.send_garbage(args).well_formed("dispatch")?;
    }
    for args in requests {
        instance.send(args).well_formed("dispatch")?;
    }
    instance.export().expect("export_state", &[200])?;
    instance.close()?;
    let safe = subject.is_unload_safe();
    subject.unload()?;
    ensure!(!safe || !is_mapped(&job.module), "the class stays mapped");
    Ok(safe)
}

/// More rounds, for as long as each leaves something, of a class that stays mapped.
fn goes_on(
    heap: &mut Vec<usize>,
    cycles: usize,
    safe: bool,
    life: impl Fn() -> Result<bool, String>,
) -> Result<(), String> {
    let begin = Instant::now();
    while !safe
        && !heap.is_empty()
        && all_grew(heap, cycles)
        && heap.len() <= MANY
        && begin.elapsed() < A_WHILE
    {
        for _ in 0..cycles {
            life()?;
        }
        heap.extend(in_use());
    }
    Ok(())
}

/// Has each of the rounds left something?
fn all_grew(heap: &[usize], cycles: usize) -> bool {
    heap.windows(2).all(|pair| pair[1] >= pair[0] + cycles * PIECE)
}

/// Has each of enough rounds, of so many cycles, left something in the heap?
fn grows(heap: &[usize], cycles: usize, safe: bool, what: &str) -> Result<(), String> {
    let (Some(first), Some(last)) = (heap.first(), heap.last()) else { return Ok(()) };
    let enough = if safe { TELLING } else { MANY };
    ensure!(
        heap.len() <= enough || !all_grew(heap, cycles),
        "each instance that was {what} has left memory: {} bytes in {} cycles",
        last - first,
        cycles * (heap.len() - 1)
    );
    Ok(())
}

/// By what the allocator of a process keeps nothing that was freed apart.
pub(crate) fn variable() -> (&'static str, String) {
    const NAME: &str = "GLIBC_TUNABLES";
    // Of two of the same the last one counts.
    let others = std::env::var(NAME).map(|others| others + ":").unwrap_or_default();
    (NAME, others + "glibc.malloc.tcache_count=0")
}

/// Is what was freed no longer counted as in use? Seen in pieces of many sizes, as one may have been kept.
fn is_exact() -> bool {
    let before = in_use();
    let pieces: Vec<_> = (20..60).map(|size| Vec::<u8>::with_capacity(size * 16)).collect();
    drop(black_box(pieces));
    before == in_use()
}

/// How much of the heap is in use, in bytes, where the allocator says it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn in_use() -> Option<usize> {
    // SAFETY: takes nothing.
    let info = unsafe { libc::mallinfo2() };
    Some(info.uordblks + info.hblkhd)
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn in_use() -> Option<usize> {
    None
}

/// The most memory the process has had resident.
fn peak_kib() -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: writes one structure of ours, which holds numbers.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_maxrss
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn only_what_grows_with_every_round_is_a_leak() {
        for (heap, leaks) in [
            (&[100, 116, 132, 148, 164][..], true),
            // A cache that was filled; less than a piece; too few rounds; nothing.
            (&[100, 900, 900, 916, 932], false),
            (&[100, 108, 116, 124, 132], false),
            (&[100, 116, 132, 148], false),
            (&[100, 100, 100, 100, 100], false),
            (&[], false),
        ] {
            assert_eq!(grows(heap, 1, true, "tried").is_err(), leaks, "{heap:?}");
            assert!(grows(heap, 1, false, "tried").is_ok(), "what stays mapped may keep something: {heap:?}");
        }
        let long: Vec<_> = (0..=MANY).map(|round| round * PIECE).collect();
        assert!(grows(&long, 1, false, "tried").is_err());
    }
}
