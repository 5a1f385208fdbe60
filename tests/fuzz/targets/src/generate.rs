//! Inputs without a fuzzer: a small generator of random numbers, and changes that
//! know what the texts are made of: lines, words, cells, separators.

use std::time::{SystemTime, UNIX_EPOCH};

/// xorshift64*: fast, and the same everywhere for the same seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers that follow from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Random {
        // The state must not be 0, and near seeds should not begin alike.
        Random((seed ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9) | 1)
    }

    /// A seed of the moment.
    #[must_use]
    pub fn moment() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_nanos() as u64)
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which must not be 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.number() % end as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// A part of `length`, from a place to a later one, mostly short.
    fn span(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length - start } else { (length - start).min(8) };
        start..start + self.below(most + 1)
    }
}

/// What the texts are made of, and what has no business in them.
const TOKENS: &[&str] = &[
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    " ",
    "  ",
    "     ",
    ":",
    "=",
    "|",
    "+",
    "-",
    "'",
    "\"",
    "\\",
    "\0",
    "\u{1a}",
    "\u{1b}[0m",
    "\u{1e}",
    "\u{1f}",
    "\u{e4}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{10ffff}",
    "ERROR",
    "  ERROR: ",
    "FAILED",
    "OK",
    "None",
    "none",
    "N/A",
    "UUID",
    "TAG",
    "JID",
    "NAME",
    "test",
    "web",
    "base",
    "ALL",
    "up",
    "down",
    "CORRUPT",
    "on",
    "off",
    "all",
    "default",
    "0a1b2c3d-0001-11e6-9602-54ee75595566",
    "0a1b2c3d-0009-11e6-9602-54ee75595566",
    "* Starting ",
    "* Stopping ",
    " is already up",
    " is already down",
    " is already running!",
    " is not running!",
    "Destroying: ",
    "Destroying ",
    "y[N]:",
    "Successfully created: ",
    " successfully created!",
    " successfully cloned!",
    "done!",
    "been destroyed.",
    "Setting up zpool [",
    "INFO: creating ",
    "+----+----+----+----+",
    "+====+====+====+====+",
    "| a | b | c | d |",
    "--- non iocage jails",
    "1.00x",
    "exit-status-",
    "Traceback (most recent call last)",
    "error",
    "code",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\":\"",
    "true",
    "\"detail\":true",
    "\\u0000",
    "\\ud800",
    "-1",
    "99999999999999999999",
    "\u{1e}list 0\n",
    "\u{1e}df 1\n",
    "\u{1e}df -lh 0\n",
    "\u{1e}get x\n",
    " u\n",
    " 0+\n",
    "\u{ff}",
];

/// `seed` with some changes; `others` are what parts may be taken from.
#[must_use]
pub fn mutate(random: &mut Random, seed: &[u8], others: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + random.below(6) {
        change(random, &mut bytes, others);
    }
    bytes.truncate(1 << 16);
    bytes
}

fn change(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    match random.below(12) {
        0 => {
            if !bytes.is_empty() {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
        }
        1 => drop(bytes.drain(random.span(bytes.len()))),
        2 => {
            let at = random.below(bytes.len() + 1);
            bytes.splice(at..at, random.pick(TOKENS).bytes());
        }
        3 => {
            let span = random.span(bytes.len());
            bytes.splice(span, random.pick(TOKENS).bytes());
        }
        4 => {
            // A part of it again, once or very often.
            let part = bytes[random.span(bytes.len())].to_vec();
            let times = if random.below(16) == 0 { 200 } else { 1 };
            let at = random.below(bytes.len() + 1);
            bytes.splice(at..at, part.repeat(times));
        }
        5 => bytes.truncate(random.below(bytes.len() + 1)),
        6 => {
            let other = &others[random.below(others.len())];
            let part = other[random.span(other.len())].to_vec();
            let at = random.below(bytes.len() + 1);
            bytes.splice(at..at, part);
        }
        7 => {
            // The second half of a scenario, or what comes after any line.
            let other = &others[random.below(others.len())];
            let breaks: Vec<_> = (0..other.len()).filter(|&at| [0x1e, b'\n'].contains(&other[at])).collect();
            if let Some(&at) = breaks.get(random.below(breaks.len().max(1))) {
                bytes.extend_from_slice(&other[at..]);
            }
        }
        8 => lines(random, bytes, b'\n'),
        9 => lines(random, bytes, b' '),
        10 => lines(random, bytes, b'\t'),
        _ => lines(random, bytes, 0x1e),
    }
}

/// Take the parts between separators for what they are: leave one out, have one
/// twice, exchange two, have one from another's place.
fn lines(random: &mut Random, bytes: &mut Vec<u8>, separator: u8) {
    let mut parts: Vec<_> = bytes.split(|&b| b == separator).map(<[u8]>::to_vec).collect();
    let (a, b) = (random.below(parts.len()), random.below(parts.len()));
    match random.below(4) {
        0 => drop(parts.remove(a)),
        1 => parts.insert(b, parts[a].clone()),
        2 => parts.swap(a, b),
        _ => parts[a] = parts[b].clone(),
    }
    *bytes = parts.join(&separator);
}

/// The shortest input that `fails` still, by leaving out parts as long as it helps.
#[must_use]
pub fn shorten(mut bytes: Vec<u8>, fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut part = bytes.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < bytes.len() {
            let without = [&bytes[..at], &bytes[bytes.len().min(at + part)..]].concat();
            if fails(&without) { bytes = without } else { at += part }
        }
        part /= 2;
    }
    bytes
}
