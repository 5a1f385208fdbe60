//! What a request costs.
//!
//! Starting a program is the floor of every request, and on another machine it is
//! another one. So the class is measured against it in the same process, in turns:
//! a round of plain `posix_spawn` from C, a round of requests, and so on; of the
//! rounds' ratios the median counts. The program is a static one that prints a
//! file, the harshest case, as the real iocage takes a thousand times longer.
//!
//!     cargo run --release -p bench            the table of include/doc/costs.md
//!     cargo run --release -p bench -- --quick less exact, and fails beyond three times the aims
//!
//! The last rows are what the worst that can come in costs, alone with `--bounds`; `--search [SIZE [EVERY]]`
//! tries every shape of output wherever it can come in, and tells which those are.
//!
//! Lookups without iocage have a table of their own, `--without`, or of so many jails alone, `--without JAILS`; what a listener costs is `--listening`, what is
//! saved by who asks for a page of a list `--limited`. For a
//! profiler, `--asking (shell|Python) JAILS QUESTION TIMES` does nothing else than to ask one of them,
//! and tells the processor time of the thread, the tools' not in it.
//!
//! `--smoke` only goes through all of it once, for the tests: times taken beside
//! other tests and without optimisation say nothing. A missed aim is printed, and is no failure.

mod bounds;
mod installed;
mod measure;
mod tables;
mod without;

// What the tests use, too; there all is `pub`.
#[allow(unreachable_pub)]
#[path = "../../it/bounds/heap.rs"]
mod heap;
#[allow(unreachable_pub)]
#[path = "../../it/bounds/machine.rs"]
mod machine;
#[allow(unreachable_pub)]
#[path = "../../it/bounds/processor.rs"]
mod processor;
#[allow(unreachable_pub)]
#[path = "../../it/bounds/shapes.rs"]
mod shapes;

use std::process::ExitCode;
use std::time::Duration;

use installed::Machine;
use measure::{Ratio, nanoseconds};
use sysadm_iocage::config::Generation;

/// A measurement that should stay below a bound.
struct Line {
    what: String,
    value: f64,
    unit: &'static str,
    /// The aim, and whether more is better.
    aim: Option<(f64, bool)>,
}

impl Line {
    fn met(&self, slack: f64) -> bool {
        match self.aim {
            Some((aim, true)) => self.value >= aim / slack,
            Some((aim, false)) => self.value <= aim * slack,
            None => true,
        }
    }
}

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

fn main() -> ExitCode {
    let word = std::env::args().nth(1);
    if word.as_deref() == Some("--search") {
        let number = |at| std::env::args().nth(at).and_then(|word| word.parse().ok());
        bounds::search(number(2).unwrap_or(64 << 10), number(3).unwrap_or(1));
        return ExitCode::SUCCESS;
    }
    let (is_smoke, is_quick) = (word.as_deref() == Some("--smoke"), word.is_some());
    let mut lines = Vec::new();
    if word.as_deref() == Some("--asking") {
        return asking(&std::env::args().skip(2).collect::<Vec<_>>());
    }
    if word.as_deref() == Some("--bounds") {
        worst(&mut lines, 1 << 20);
        return tell(&lines, 1.0);
    }
    if word.as_deref() == Some("--listening") {
        listening(&mut lines, 15, 128);
        return tell(&lines, 1.0);
    }
    if word.as_deref() == Some("--limited") {
        limited(&mut lines, 15, 32);
        return tell(&lines, 1.0);
    }
    if word.as_deref() == Some("--without") {
        let only: Option<usize> = std::env::args().nth(2).and_then(|word| word.parse().ok());
        for jails in
            [1, 100, 1_000, 10_000].into_iter().filter(|jails| only.is_none_or(|only| only == *jails))
        {
            without_iocage(&mut lines, &[jails], 15);
            tell(&std::mem::take(&mut lines), 1.0);
        }
        return ExitCode::SUCCESS;
    }
    // First, while the process is small.
    memory(&mut lines);
    trivial(&mut lines, if is_quick { 10_000 } else { 300_000 });
    parsing(&mut lines, Duration::from_millis(if is_quick { 100 } else { 1500 }));
    let (rounds, requests) = if is_smoke { (1, 1) } else { (if is_quick { 3 } else { 15 }, 128) };
    spawning(&mut lines, rounds, requests);
    listening(&mut lines, rounds, requests);
    limited(&mut lines, rounds, requests.div_ceil(4));
    without_iocage(&mut lines, if is_smoke { &[1, 20] } else { &[100] }, rounds.min(5));
    worst(&mut lines, if is_smoke { 64 << 10 } else { 1 << 20 });

    // On other people's machines, and beside other tests, times are what they are.
    let slack = if is_quick { 3.0 } else { 1.0 };
    let is_good = tell(&lines, slack);
    // The aims are told, not enforced, but for the loose ones.
    if is_smoke || !is_quick { ExitCode::SUCCESS } else { is_good }
}

/// Print the lines; a failure, if an aim is missed by more than the slack.
fn tell(lines: &[Line], slack: f64) -> ExitCode {
    let mut is_good = true;
    for line in lines {
        let aim = line.aim.map_or(String::new(), |(aim, more)| {
            format!("  (aim: {} {aim})", if more { "at least" } else { "at most" })
        });
        let verdict = if line.met(slack) { "" } else { "  MISSED" };
        println!("{:<58} {:>10.2} {}{aim}{verdict}", line.what, line.value, line.unit);
        is_good &= line.met(slack);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the worst that can come in costs: time by its size, and memory by what it is.
fn worst(lines: &mut Vec<Line>, unit: usize) {
    let mut line = |what: String, value: f64, unit: &'static str, aim: Option<f64>| {
        lines.push(Line { what, value, unit, aim: aim.map(|aim| (aim, false)) });
    };
    let mut before: Option<f64> = None;
    for size in [1, 4, 16] {
        let (time, peak) = bounds::worst(size * unit);
        let time = time.as_secs_f64() * 1e3;
        line(format!("{size} MiB of the worst output: time"), time, "ms", None);
        if let Some(before) = before {
            // By its square it would be sixteen times.
            let what = format!("{size} MiB of the worst output, by a fourth of it");
            line(what, time / before, "times", Some(6.0));
        }
        before = Some(time);
        line(format!("{size} MiB of the worst output: peak - 3 MiB, by it"), peak, "times", Some(4.0));
    }
    line("1 MiB of the worst args: peak, by it".to_owned(), bounds::args(), "times", Some(3.0));
}

/// Lookups that need no iocage, by the same tools alone.
fn without_iocage(lines: &mut Vec<Line>, sizes: &[usize], rounds: usize) {
    for (generation, name) in [(Generation::Shell, "shell"), (Generation::Python, "Python")] {
        for &jails in sizes {
            let machine = without::Machine::new(generation, jails);
            let aim = match jails {
                ..10 => 1.2,
                10..1_000 => 1.3,
                1_000..10_000 => 1.6,
                _ => 2.5,
            };
            for question in machine.questions() {
                let what = |what: &str| format!("{name}, {jails} jails, {}: {what}", question.what);
                let aim_memory = (jails >= 1_000).then_some((2.0, false));
                let peak = machine.peak(&question);
                lines.push(Line {
                    what: what("printed and read"),
                    value: question.bytes as f64 / 1e3,
                    unit: "KB",
                    aim: None,
                });
                lines.push(Line { what: what("peak, by that"), value: peak, unit: "times", aim: aim_memory });
                for threads in [1, 2] {
                    let requests = (2_000 / jails).clamp(2, 16);
                    let Ratio { ratio, alone, request } = machine.ratio(&question, rounds, threads, requests);
                    let what = |word: &str| what(&format!("{threads} threads, {word}"));
                    lines.push(Line { what: what("tools alone"), value: alone, unit: "us", aim: None });
                    lines.push(Line { what: what("a request"), value: request, unit: "us", aim: None });
                    lines.push(Line {
                        what: what("ratio"),
                        value: ratio,
                        unit: "times",
                        aim: Some((aim, false)),
                    });
                }
            }
        }
    }
}

/// Ask one question again and again.
fn asking(words: &[String]) -> ExitCode {
    let [generation, jails, what, times] = words else { return ExitCode::FAILURE };
    let generation = if generation == "shell" { Generation::Shell } else { Generation::Python };
    let (Ok(jails), Ok(times)) = (jails.parse(), times.parse()) else { return ExitCode::FAILURE };
    let machine = without::Machine::new(generation, jails);
    for question in machine.questions().iter().filter(|question| question.what == what || what == "every") {
        let (alone, own) = machine.processor(question, times);
        println!("{}: {alone:.0} us of the thread alone, {own:.0} us with a request", question.what);
    }
    ExitCode::SUCCESS
}

fn memory(lines: &mut Vec<Line>) {
    let machine = Machine::new(10_000);
    machine.warm_up();
    let size = machine.text.len() as f64;
    for threads in [1, 8] {
        let bytes = measure::peak(|| measure::on_threads(threads, || machine.request()));
        let what = format!("peak memory a request, 10,000 jails, {threads} threads, by its text");
        lines.push(Line { what, value: bytes as f64 / threads as f64 / size, unit: "times", aim: None });
    }
}

fn trivial(lines: &mut Vec<Line>, times: u32) {
    let machine = Machine::new(1);
    for (door, instance) in machine.doors() {
        let args = r#"{"action":"nosuch"}"#;
        let time = nanoseconds(times, || drop(installed::send(instance, args)));
        lines.push(Line { what: format!("a refused request, {door}"), value: time, unit: "ns", aim: None });
    }
}

fn parsing(lines: &mut Vec<Line>, time: Duration) {
    for case in tables::cases(10_000) {
        let speed = measure::megabytes_a_second(time, &case);
        let what = format!("parse and serialise, {}", case.what);
        lines.push(Line { what, value: speed, unit: "MB/s", aim: Some((200.0, true)) });
    }
}

/// What it costs that somebody listens.
fn listening(lines: &mut Vec<Line>, rounds: usize, requests: usize) {
    let machine = Machine::new(1);
    machine.warm_up();
    let Ratio { ratio, .. } =
        measure::ratio(rounds, 1, requests * 4, || machine.request(), || machine.heard());
    let what = "1 jail: a request with a listener to one without".to_owned();
    lines.push(Line { what, value: ratio, unit: "times", aim: Some((1.05, false)) });
}

/// What a page of a list costs, by all of it.
fn limited(lines: &mut Vec<Line>, rounds: usize, requests: usize) {
    let machine = Machine::new(10_000);
    machine.warm_up();
    for (what, more, aim) in [
        ("limit 50", r#""limit":50"#, Some((1.0, false))),
        ("sort tag, limit 50", r#""sort":"tag","limit":50"#, None),
        ("state up, select tag", r#""filter":["state=up"],"select":["tag"]"#, None),
    ] {
        let args = format!(r#"{{"action":"listjails",{more}}}"#);
        let Ratio { ratio, .. } =
            measure::ratio(rounds, 1, requests, || machine.request(), || machine.ask(&args));
        let what = format!("10,000 jails: listjails with {what}, by all of it");
        lines.push(Line { what, value: ratio, unit: "times", aim });
    }
}

fn spawning(lines: &mut Vec<Line>, rounds: usize, requests: usize) {
    for (jails, aim) in [(1, None), (100, Some(1.15)), (1_000, None), (10_000, Some(2.0))] {
        let machine = Machine::new(jails);
        machine.warm_up();
        let requests = if jails < 10_000 { requests } else { requests.div_ceil(2) };
        let mut at_8 = 0.0;
        for threads in [1, 8, 64] {
            let Ratio { ratio, alone, request } =
                measure::ratio(rounds, threads, requests, || machine.spawn_alone(), || machine.request());
            let what = |what: &str| format!("{jails} jails, {threads} threads: {what}");
            lines.push(Line { what: what("spawn alone"), value: alone, unit: "us", aim: None });
            lines.push(Line { what: what("a request"), value: request, unit: "us", aim: None });
            let aim = aim.map(|aim| (aim, false));
            lines.push(Line { what: what("ratio"), value: ratio, unit: "times", aim });
            if threads == 8 {
                at_8 = request;
            } else if threads == 64 {
                let value = request / at_8;
                // What two equal measurements differ by on a busy machine.
                let aim = Some((1.05, false));
                lines.push(Line { what: what("a request, by 8 threads"), value, unit: "times", aim });
            }
        }
    }
}
