//! Every target for a moment, on inputs that the generator makes of its seeds.
//!
//! `FUZZ_SEED=N` repeats a run and `FUZZ_SECONDS=N` makes it longer. What fails is
//! shortened and printed as a literal, to be put into a test.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::time::{Duration, Instant};

use fuzz_targets::generate::{Random, mutate, shorten};
use fuzz_targets::{Target, find};

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

thread_local! {
    /// Is a panic expected here, and not to be printed?
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What the target says of `bytes`, if it panics.
fn failure(target: &Target, bytes: &[u8]) -> Option<String> {
    IS_QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    IS_QUIET.set(false);
    let payload = result.err()?;
    let text = payload.downcast_ref::<String>().cloned();
    Some(text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default())
}

fn smoke(name: &str) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_QUIET.get() {
                usual(info)
            }
        }));
    });
    let target = find(name).expect("a target");
    let seed = variable("FUZZ_SEED").unwrap_or_else(Random::moment);
    let time = Duration::from_secs(variable("FUZZ_SECONDS").unwrap_or(2));
    let mut random = Random::new(seed);
    let seeds = (target.seeds)();
    let start = Instant::now();
    let mut runs: u64 = 0;
    // The seeds as they are, then changed.
    while start.elapsed() < time || runs < seeds.len() as u64 {
        let input = match seeds.get(runs as usize) {
            Some(seed) => seed.clone(),
            None => {
                let seed = &seeds[random.below(seeds.len())];
                mutate(&mut random, seed, &seeds)
            }
        };
        if failure(target, &input).is_some() {
            let short = shorten(input, |bytes| failure(target, bytes).is_some());
            let said = failure(target, &short).unwrap_or_default();
            panic!("{name} with FUZZ_SEED={seed} after {runs} runs: b\"{}\"\n{said}", short.escape_ascii());
        }
        runs += 1;
    }
    println!("{name}: {runs} runs with FUZZ_SEED={seed}");
}

macro_rules! targets {
    ($($name:ident),*) => {$(
        #[test]
        fn $name() {
            smoke(stringify!($name));
        }
    )*

    #[test]
    fn none_is_left_out() {
        let names: Vec<_> = fuzz_targets::TARGETS.iter().map(|target| target.name).collect();
        assert_eq!(names, [$(stringify!($name)),*]);
    }};
}

targets!(args, shell, python, direct, split, columns, fields, keyed, mark, config);
