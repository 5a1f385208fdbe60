//! Args that are no good request. Whatever they are, the class lives, says
//! something well-formed, and says it in time. All are sent with limited access:
//! should a class find a meaning in them, nothing is changed.

use crate::job::{Job, Outcome, Pass};
use crate::subject::{Instance, Subject};

fn survives<B: AsRef<[u8]>>(job: &Job, all: impl IntoIterator<Item = B>) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    for args in all {
        bear(&instance, args.as_ref())?;
    }
    // The next call works.
    instance.send("{}").well_formed("the request after that")?;
    instance.close()?;
    Ok(Pass::Passed)
}

fn bear(instance: &Instance<'_>, args: &[u8]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(&args[..args.len().min(40)]).into_owned();
    instance.send_garbage(args).well_formed(&format!("dispatch with the args {shown:?}"))
}

pub(crate) fn empty(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    // 403: limited access, and a class may look at that first.
    instance.send_garbage(b"").expect("dispatch with empty args", &[400, 403])?;
    let null = sysadm_class::ffi::Str::EMPTY;
    // SAFETY: a null pointer with length 0 is the empty text.
    let ask = instance.ask(unsafe { null.bytes() }, sysadm_class::ffi::ACCESS_LIMITED);
    instance.dispatch(&ask).expect("dispatch with empty args", &[400, 403])?;
    instance.close()?;
    Ok(Pass::Passed)
}

/// More than what a sensible class takes.
const HUGE: usize = (1 << 20) + 1;

pub(crate) fn huge(job: &Job) -> Outcome {
    let filled = |start: &str, fill: &str, end: &str| {
        let times = (HUGE - start.len() - end.len()).div_ceil(fill.len());
        format!("{start}{}{end}", fill.repeat(times))
    };
    survives(
        job,
        [
            filled("", " ", ""),
            filled("", "x", ""),
            filled("{\"action\":\"", "x", "\"}"),
            filled("{\"action\":\"", "\\u0000", "\"}"),
            filled("{", "\"k\":1,", "\"l\":2}"),
            filled("{\"action\":", "9", "}"),
        ],
    )
}

/// Texts that somebody has got wrong.
const BROKEN: [&str; 18] = [
    "{",
    "}",
    "[",
    "[]",
    "null",
    "true",
    "0",
    "-",
    "1e999999999",
    "\"",
    "{\"action\"",
    "{\"action\":",
    "{\"action\":}",
    "{\"action\":null}",
    "{\"action\":[]}",
    "{\"action\":\"\\ud800\"}",
    "{\"action\":\"a\",\"action\":\"b\"}",
    "{}{}",
];

pub(crate) fn garbage(job: &Job) -> Outcome {
    let broken = BROKEN.iter().map(|text| text.as_bytes().to_vec());
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        // xorshift64: the same garbage each time, so that what fails fails again.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let random: Vec<Vec<u8>> = (0..500)
        .map(|round| {
            let length = next() % 200;
            let printable = round % 2 == 0;
            let byte = |n: u64| {
                if printable { b"{}[]\":,\\ 0aeu\n"[(n % 14) as usize] } else { (n >> 32) as u8 }
            };
            (0..length).map(|_| byte(next())).collect()
        })
        .collect();
    survives(job, broken.chain(random))
}

pub(crate) fn not_utf8(job: &Job) -> Outcome {
    let all: [&[u8]; 7] = [
        b"\xff",
        b"{\"\xff\":1}",
        b"{\"action\":\"\xff\xfe\"}",
        b"{\"action\":\"\xc3\"}",
        b"{\"action\":\"\xc0\x80\"}",
        b"{\"action\":\"\xed\xa0\x80\"}",
        b"\xef\xbb\xbf{\"action\":\"x\"}",
    ];
    survives(job, all)
}

pub(crate) fn deep(job: &Job) -> Outcome {
    const DEPTH: usize = 100_000;
    let nested = |open: &str, close: &str| format!("{}1{}", open.repeat(DEPTH), close.repeat(DEPTH));
    let lists = nested("[", "]");
    survives(
        job,
        [
            format!("{{\"action\":{lists}}}"),
            format!("{{\"action\":\"x\",\"more\":{lists}}}"),
            nested("{\"action\":", "}"),
            "[".repeat(DEPTH),
            "{\"a\":".repeat(DEPTH),
            lists,
        ],
    )
}
