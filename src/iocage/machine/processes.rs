//! What the processes of jails take, as ps(1) tells: one run for all of them, whatever their number.
//!
//! It is asked for numbers alone. What a process is called is its own to say, and could hold anything.
//! All processes are asked for, and not those of some jails: of a jail that has just ended ps would
//! say that there is none, and tell nothing of the others.

use std::collections::BTreeMap;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

use super::{run, whole};

/// No column has a header, so there is no line of them.
const WORDS: [&str; 9] = ["-ax", "-o", "jid=", "-o", "rss=", "-o", "%cpu=", "-o", "time="];

/// What the processes of one jail take together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many there are.
    pub processes: u64,
    /// Resident, in bytes; what several share counts for each.
    pub memory: u64,
    /// Of one processor, in tenths of a percent.
    pub cpu: u64,
    /// Of a processor since they were started, in hundredths of a second.
    pub time: u64,
}

/// Add to each of these jails, by its number, what its processes take. Those of others, and of the
/// host, which is 0, are not kept.
///
/// # Errors
/// If ps cannot be run, fails, or prints what is not understood.
pub fn add(session: &Session<'_>, jails: &mut BTreeMap<u32, Taken>) -> Result<(), Error> {
    let output = whole(run(session, Program::Ps, Kind::Read, false, &WORDS)?, "ps")?;
    parse(&output.stdout, jails).map_err(|line| {
        let message = format!("ps printed a line that is not understood: {}", kept(line));
        output.error(Code::UnexpectedOutput, message)
    })
}

/// A line for each process; the first that is none is the error.
fn parse<'t>(text: &'t str, jails: &mut BTreeMap<u32, Taken>) -> Result<(), &'t str> {
    for line in text.lines() {
        let (jid, one) = process(line).ok_or(line)?;
        if let Some(of) = jails.get_mut(&jid) {
            of.processes += 1;
            of.memory = of.memory.saturating_add(one.memory);
            of.cpu = of.cpu.saturating_add(one.cpu);
            of.time = of.time.saturating_add(one.time);
        }
    }
    // The one that tells is one itself.
    if text.is_empty() { Err("nothing") } else { Ok(()) }
}

/// `  7  12345  1.5  12:34.56`: columns are as wide as they have to be, and none is cut.
fn process(line: &str) -> Option<(u32, Taken)> {
    let mut words = line.split_ascii_whitespace();
    let mut word = || words.next();
    let (jid, kilobytes, cpu, time) = (word()?, word()?, word()?, word()?);
    let kilobytes: u64 = number(kilobytes)?;
    let memory = kilobytes.saturating_mul(1024);
    let one = Taken { processes: 1, memory, cpu: parted(cpu, 1)?, time: time_of(time)? };
    let jid = jid.parse().ok()?;
    words.next().is_none().then_some((jid, one))
}

/// Minutes, and seconds in hundredths: `12:34.56`. Of a process that is only just being made there
/// is none.
fn time_of(text: &str) -> Option<u64> {
    if text == "-" {
        return Some(0);
    }
    let (minutes, seconds) = text.split_once(':')?;
    let seconds = parted(seconds, 2).filter(|seconds| *seconds < 60 * 100)?;
    Some(number(minutes)?.saturating_mul(60 * 100).saturating_add(seconds))
}

/// A number with so many digits behind its point, without that. The point is a comma in some
/// languages; ps is run in none, and it costs nothing to know both.
fn parted(text: &str, digits: usize) -> Option<u64> {
    let (whole, part) = text.split_once(['.', ','])?;
    let scale = 10_u64.pow(u32::try_from(digits).ok()?);
    let part = number(part).filter(|_| part.len() == digits)?;
    Some(number(whole)?.saturating_mul(scale).saturating_add(part))
}

/// Digits, and nothing but those.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<BTreeMap<u32, Taken>, &str> {
        let mut jails = BTreeMap::from([7, 12, 999_999].map(|jid| (jid, Taken::default())));
        parse(text, &mut jails).map(|()| jails)
    }

    #[test]
    fn lines_are_summed_up_by_jail() {
        let text = "  0  1200   0.0     0:00.42\n  7  9000  99.9  1234:59.99\n  7    24   0,1     0:00,01\n 12     0   0.0           -\n";
        let found = of(text).expect("lines");
        assert_eq!(found[&7], Taken { processes: 2, memory: 9024 * 1024, cpu: 1000, time: 7_410_000 });
        assert_eq!(found[&12], Taken { processes: 1, ..Taken::default() });
        assert_eq!((found[&999_999], found.len()), (Taken::default(), 3));
    }

    /// Columns grow with what stands in them, and sums end where numbers do.
    #[test]
    fn no_number_is_too_long() {
        let long = "9".repeat(30);
        let text = format!("999999 {long} {long}.9 {long}:59.99\n").repeat(2);
        let found = of(&text).expect("lines");
        let most = Taken { processes: 2, memory: u64::MAX, cpu: u64::MAX, time: u64::MAX };
        assert_eq!(found[&999_999], most);
    }

    #[test]
    fn what_is_not_understood_is_not_left_out() {
        for line in [
            "JID RSS %CPU TIME",
            "7 1 0.0",
            "7 1 0.0 0:00.00 sh",
            "-1 1 0.0 0:00.00",
            "7 -1 0.0 0:00.00",
            "7 1K 0.0 0:00.00",
            "7 1 0 0:00.00",
            "7 1 0.00 0:00.00",
            "7 1 - 0:00.00",
            "7 1 0.0 0:60.00",
            "7 1 0.0 00.00",
            "7 1 0.0 1:0:00.00",
            "7 1 0.0 0:00.0",
            "4294967296 1 0.0 0:00.00",
            "",
        ] {
            assert_eq!(of(&format!("7 1 0.0 0:00.00\n{line}\n")), Err(line));
        }
        assert!(of("").is_err());
    }
}
