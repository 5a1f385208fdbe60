//! Dates as iocage stamps them, and UUIDs as `uuidgen` makes them.
//!
//! A state may pin its clock, so that a date in an answer is known beforehand; otherwise the time is UTC, the zone the
//! recordings were made in. UUIDs are version 1 in shape (time, clock sequence, node), the form iocage's own have.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment, as the two parts that iocage joins with `@` (tags) or `_` (`last_started`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Moment {
    date: String,
    time: String,
}

impl Moment {
    /// Now, in UTC.
    pub(crate) fn now() -> Moment {
        let seconds = since_epoch().as_secs();
        let (year, month, day) = civil(seconds / 86_400);
        let of_day = seconds % 86_400;
        Moment {
            date: format!("{year:04}-{month:02}-{day:02}"),
            time: format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60),
        }
    }

    /// Reads `YYYY-MM-DD HH:MM:SS`; `@`, `_` or `T` may stand for the blank.
    ///
    /// # Errors
    /// A sentence, where the text is not of that shape.
    pub(crate) fn parse(text: &str) -> Result<Moment, String> {
        let shape_is_right = text.len() == 19
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                10 => matches!(byte, b' ' | b'@' | b'_' | b'T'),
                13 | 16 => byte == b':',
                _ => byte.is_ascii_digit(),
            });
        if !shape_is_right {
            return Err(format!("`{text}` is not a moment like `2016-02-09 23:47:04`"));
        }
        Ok(Moment { date: text[..10].to_owned(), time: text[11..].to_owned() })
    }

    /// In seconds since 1970.
    pub(crate) fn seconds(&self) -> u64 {
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        let (year, month, day) =
            (number(&self.date[..4]), number(&self.date[5..7]), number(&self.date[8..10]));
        // The inverse of `civil`.
        let shifted_year = year - u64::from(month <= 2);
        let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let years = shifted_year % 400;
        let days = shifted_year / 400 * 146_097 + years * 365 + years / 4 - years / 100 + of_year - 719_468;
        let of_day =
            number(&self.time[..2]) * 3600 + number(&self.time[3..5]) * 60 + number(&self.time[6..8]);
        days * 86_400 + of_day
    }

    pub(crate) fn joined(&self, by: char) -> String {
        format!("{}{by}{}", self.date, self.time)
    }
}

/// A fresh UUID of version 1. Two processes cannot make the same one at the same tick: the process id is in it.
pub(crate) fn uuid() -> String {
    // 100 ns ticks since 1582-10-15, as RFC 4122 counts them.
    let ticks = (since_epoch().as_nanos() / 100) as u64 + 0x01B2_1DD2_1381_4000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-02fc{:08x}",
        ticks & 0xFFFF_FFFF,
        ticks >> 32 & 0xFFFF,
        0x1000 | ticks >> 48 & 0x0FFF,
        0x8000 | std::process::id() >> 16 & 0x3FFF,
        std::process::id(),
    )
}

fn since_epoch() -> Duration {
    // A clock before 1970 is a broken machine; the first of January will do for it.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`, for days that are not negative).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(16_840), (2016, 2, 9));
        assert_eq!(civil(16_860), (2016, 2, 29));
        assert_eq!(civil(20_819), (2027, 1, 1));
    }

    #[test]
    fn a_pinned_moment_is_held_to_its_shape() {
        let moment = Moment::parse("2016-02-09 23:48:15").expect("the shape is right");
        assert_eq!(moment.joined('@'), "2016-02-09@23:48:15");
        assert_eq!(moment.seconds(), 16_840 * 86_400 + 23 * 3600 + 48 * 60 + 15);
        assert!(Moment::parse("2016-02-09").is_err());
        assert!(Moment::parse("2016-02-09 23:48:1x").is_err());
    }

    #[test]
    fn uuids_have_the_shape_of_version_1() {
        let uuid = uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&uuid[14..15], "1");
    }
}
