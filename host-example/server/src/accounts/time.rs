//! A moment as the file has it: RFC 3339 in UTC, to the second. It is written by the one function that writes the times of jobs, and read in the
//! one form that this writes.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sysadm_host::rfc3339;

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String", into = "String")]
pub struct When(u64);

impl When {
    /// This moment; of a clock that stands before 1970, then.
    #[must_use]
    pub fn of(time: SystemTime) -> When {
        When(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs())
    }

    /// So much later.
    #[must_use]
    pub fn after(self, span: Duration) -> When {
        When(self.0.saturating_add(span.as_secs()))
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&rfc3339(self.0))
    }
}

impl From<When> for String {
    fn from(when: When) -> String {
        when.to_string()
    }
}

impl TryFrom<String> for When {
    type Error = String;
    fn try_from(text: String) -> Result<When, String> {
        // What is written from it anew tells whether there is such a day at all.
        let when = seconds(&text).map(When).filter(|when| when.to_string() == text);
        when.ok_or_else(|| format!("{text:?} is no time: they are written as 2026-11-26T18:30:00Z"))
    }
}

/// The seconds since 1970 that these digits are, without a look at what stands between them.
fn seconds(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hours, minutes, seconds) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Years that begin in March, as in what writes it.
    let year = if month > 2 { year } else { year.checked_sub(1)? };
    let month = (month + 9) % 12;
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    Some(days.checked_sub(719_469)? * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for seconds in
            (0..4_200_000_000_u64).step_by(86_399 * 7).chain([951_782_400, 951_868_800, 4_107_542_400])
        {
            let text = When(seconds).to_string();
            assert_eq!(When::try_from(text.clone()), Ok(When(seconds)), "{text}");
        }
        for text in [
            "",
            "2026-11-26",
            "2026-11-26T18:30:00",
            "2026-11-26 18:30:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-26T24:00:00Z",
            "2026-11-26T18:30:00+01:00",
            "1969-12-31T23:59:59Z",
            "0000-00-00T00:00:00Z",
            "2026-1\u{e9}-26T18:30:00Z",
        ] {
            let why = When::try_from(text.to_owned()).expect_err(text);
            assert!(why.contains("2026-11-26T18:30:00Z"), "{why}");
        }
    }
}
