//! Taking times and peaks.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::processor::processor;
use crate::tables::Case;

/// Two costs of the same work, in microseconds each.
pub(crate) struct Ratio {
    pub(crate) ratio: f64,
    pub(crate) alone: f64,
    pub(crate) request: f64,
}

/// Run `f` on so many threads at once.
pub(crate) fn on_threads(threads: usize, f: impl Fn() + Sync) {
    if threads == 1 {
        return f();
    }
    // The module itself must start no threads; this is a host.
    #[allow(clippy::disallowed_methods)]
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(&f);
        }
    });
}

/// Both in turns, `requests` a round shared among the threads.
pub(crate) fn ratio(
    rounds: usize,
    threads: usize,
    requests: usize,
    alone: impl Fn() + Sync,
    request: impl Fn() + Sync,
) -> Ratio {
    let each = (requests / threads).max(1);
    let time = |f: &(dyn Fn() + Sync)| {
        let start = Instant::now();
        on_threads(threads, || (0..each).for_each(|_| f()));
        start.elapsed().as_secs_f64() * 1e6 / (each * threads) as f64
    };
    let pairs: Vec<_> = (0..rounds).map(|_| (time(&alone), time(&request))).collect();
    Ratio {
        ratio: median(pairs.iter().map(|(alone, request)| request / alone)),
        alone: median(pairs.iter().map(|(alone, _)| *alone)),
        request: median(pairs.iter().map(|(_, request)| *request)),
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The cost of one `f`, the median of ten parts.
pub(crate) fn nanoseconds(times: u32, f: impl Fn()) -> f64 {
    let part = times / 10;
    median((0..10).map(|_| {
        let start = Instant::now();
        (0..part).for_each(|_| f());
        start.elapsed().as_secs_f64() * 1e9 / f64::from(part)
    }))
}

/// How much of iocage's output a second of the processor's time is turned into a
/// response: no other program's turn counts.
pub(crate) fn megabytes_a_second(time: Duration, case: &Case) -> f64 {
    let start = Instant::now();
    let mut speeds = Vec::new();
    while start.elapsed() < time || speeds.is_empty() {
        let start = processor();
        black_box(case.answer());
        speeds.push(case.bytes as f64 / 1e6 / (processor() - start).as_secs_f64());
    }
    median(speeds.into_iter())
}

/// By how many bytes the process grows at most while `f` runs.
pub(crate) fn peak(f: impl FnOnce()) -> usize {
    // What was freed before would be taken again, and not be seen.
    #[cfg(target_env = "gnu")]
    // SAFETY: takes a number, and gives free memory back to the system.
    unsafe {
        libc::malloc_trim(0)
    };
    // 5: forget the highest resident size so far.
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let before = status("VmRSS:");
    f();
    status("VmHWM:").saturating_sub(before)
}

fn status(line: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let found = status.lines().find_map(|l| l.strip_prefix(line)).expect("it is there");
    found.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}
