//! The time of jobs: milliseconds since the host was opened, which only go on, for what is
//! decided; and for people the time of day that this is, as it was when the host was opened.
//!
//! A clock that is set while a host runs ends no job and keeps none for ever.

use std::time::{Duration, Instant, SystemTime};

/// Milliseconds since the host was opened.
pub(crate) type Moment = u64;

/// A span of time in them.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What tells them.
pub(crate) struct Clock {
    begun: Instant,
    day: Duration,
}

impl Clock {
    pub(crate) fn new() -> Clock {
        let day = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Clock { begun: Instant::now(), day }
    }

    pub(crate) fn now(&self) -> Moment {
        millis(self.begun.elapsed())
    }

    /// As RFC 3339 in UTC, to the second: what a person reads, sorts as a text and is the same
    /// wherever it is read.
    pub(crate) fn told(&self, moment: Moment) -> String {
        rfc3339(self.day.saturating_add(Duration::from_millis(moment)).as_secs())
    }
}

/// A time of day, in seconds since 1970, as RFC 3339 in UTC: `2025-11-25T21:06:33Z`, as the times of jobs are told.
#[must_use]
pub fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March end with the day that some of them have not, and 400 of them are
    // always as long.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hours, minutes) = (rest / 3_600, rest / 60 % 60);
    format!("{:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z", era * 400 + year + later, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_is_that_of_the_calendar() {
        // As date -u -d @N has them.
        for (seconds, told) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_764_104_793, "2025-11-25T21:06:33Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(seconds), told);
        }
    }
}
