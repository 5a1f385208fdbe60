//! What the server costs under load, held against the same requests in the process itself, in one run: a time alone means nothing.
//!
//!     cargo test --release -p sysadmd --test load -- 2            a table, 2 s a row
//!     cargo test --release -p sysadmd --test load -- --soak 3600  an hour of load with 100 swaps, and what memory does
//!
//! Without words, as the tests run it, it goes through both in a few seconds and judges no time: every request has its answer, through
//! swaps, and memory stays. The class is `example/echo`, which does nothing, so that what is measured is the server.

#![expect(clippy::disallowed_methods, reason = "threads of a program, which nobody unloads")]

mod clients;
#[path = "../shows.rs"]
mod shows;
mod stand;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clients::{Client, Inside, Unix, Wss};
use stand::{Stand, inside};

const CLIENTS: [usize; 3] = [1, 8, 64];
/// In the long form, and in the short one.
const SWAPS: [u32; 2] = [100, 20];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--test")).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<f64>().ok());
    if words.first().is_some_and(|word| word == "--soak") {
        return soak(Duration::from_secs_f64(number(1).unwrap_or(3600.0)), SWAPS[0]);
    }
    let seconds = number(0);
    table(Duration::from_secs_f64(seconds.unwrap_or(0.3)));
    if seconds.is_none() {
        soak(Duration::from_secs(4), SWAPS[1]);
    }
}

/// So many of one kind, for so long: requests a second, and the times of half and of nearly all of them.
fn row<C: Client>(count: usize, time: Duration, connect: impl Fn() -> C + Sync) -> (f64, Duration, Duration) {
    let over = AtomicBool::new(false);
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let work = || {
            let mut client = connect();
            client.ask();
            let mut times = Vec::new();
            // Once at least, for the time may be over before one has connected.
            loop {
                let begun = Instant::now();
                client.ask();
                times.push(begun.elapsed());
                if over.load(Ordering::Relaxed) {
                    break times;
                }
            }
        };
        let clients: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        std::thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().expect("every request has its answer")).collect()
    });
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    (times.len() as f64 / time.as_secs_f64(), at(50), at(99))
}

fn table(time: Duration) {
    let stand = Stand::new();
    let host = inside();
    println!(
        "{:<22} {:>7} {:>12} {:>10} {:>10} {:>8}",
        "", "clients", "requests/s", "p50 us", "p99 us", "share"
    );
    for count in CLIENTS {
        let within = row(count, time, || Inside(&host));
        let unix = row(count, time, || Unix::connect(&stand));
        let wss = row(count, time, || Wss::connect(&stand));
        for (what, (rate, half, most)) in
            [("in the process", within), ("Unix socket", unix), ("TLS WebSocket", wss)]
        {
            let (half, most) = (half.as_secs_f64() * 1e6, most.as_secs_f64() * 1e6);
            println!("{what:<22} {count:>7} {rate:>12.0} {half:>10.1} {most:>10.1} {:>8.3}", rate / within.0);
        }
    }
}

/// Load by both ways, with swaps under it.
fn soak(time: Duration, swaps: u32) {
    let stand = Stand::new();
    let (over, begun) = (AtomicBool::new(false), Instant::now());
    let asked = std::thread::scope(|scope| {
        let work = |connect: fn(&Stand) -> Box<dyn Client>| {
            let mut client = connect(&stand);
            let mut asked = 0_u64;
            while !over.load(Ordering::Relaxed) {
                client.ask();
                asked += 1;
            }
            asked
        };
        let mut clients = Vec::new();
        for _ in 0..4 {
            clients.push(scope.spawn(move || work(|stand| Box::new(Unix::connect(stand)))));
            clients.push(scope.spawn(move || work(|stand| Box::new(Wss::connect(stand)))));
        }
        let mut root = Unix::connect(&stand);
        let mut first = None;
        for swap in 1..=swaps {
            std::thread::sleep((begun + time * swap / swaps).saturating_duration_since(Instant::now()));
            root.swap();
            let memory = stand.memory();
            // What is warm by then is what it needs.
            if swap == swaps / 10 {
                first = Some(memory);
            }
            if swap % (swaps / 10) == 0 {
                println!(
                    "{:>6.0} s, {swap} swaps: {} and {} KiB",
                    begun.elapsed().as_secs_f64(),
                    memory[0],
                    memory[1]
                );
            }
            let grown = first.is_some_and(|first| {
                memory.iter().zip(first).any(|(now, first)| *now > first * 3 / 2 + (16 << 10))
            });
            assert!(!grown, "memory grows: {memory:?} KiB, {first:?} after a tenth");
        }
        over.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().expect("every request has its answer")).sum::<u64>()
    });
    println!("{asked} requests in {:.0} s, {swaps} swaps, none lost", begun.elapsed().as_secs_f64());
}
