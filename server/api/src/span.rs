//! Spans of time as people write and read them: `90s`, `30m`, `12h`, `7d`, `2w`, `1h30m`.

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

const UNITS: [(char, u64); 5] = [
    ('w', 7 * 86_400),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

/// Reads a span such as `30m` or `1h30m`. The error is a sentence for people.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "{:?} is not a span of time: write 90s, 30m, 12h, 7d, 2w or 1h30m",
            crate::text::clean(text)
        )
    };
    if text.is_empty() {
        return Err(wrong());
    }
    let (mut seconds, mut number) = (0_u64, None::<u64>);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|n| n.checked_add(u64::from(digit)));
            if number.is_none() {
                return Err(wrong());
            }
        } else {
            let unit = UNITS
                .iter()
                .find(|(name, _)| *name == c)
                .ok_or_else(wrong)?
                .1;
            let amount = number
                .take()
                .and_then(|n| n.checked_mul(unit))
                .ok_or_else(wrong)?;
            seconds = seconds.checked_add(amount).ok_or_else(wrong)?;
        }
    }
    // A hundred years: more is a typing error, and could not be added to a date.
    if number.is_some() || seconds > 100 * 365 * 86_400 {
        Err(wrong())
    } else {
        Ok(Duration::from_secs(seconds))
    }
}

/// The span from one moment to another, zero when the other came first: two machines' clocks differ a little.
pub fn between(from: OffsetDateTime, to: OffsetDateTime) -> Duration {
    (to - from).try_into().unwrap_or(Duration::ZERO)
}

/// A moment in milliseconds since 1970, as [`crate::View`] counts.
pub fn millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1_000 + i64::from(at.millisecond())
}

/// Writes a moment for people: `2026-11-23 12:04:45 UTC`.
pub fn utc(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{} {hour:02}:{minute:02}:{second:02} UTC", at.date())
}

/// Writes a span in at most two units: `42s`, `23m`, `3h12m`, `2d4h`, `30d`, `5w`.
pub fn short(span: Duration) -> String {
    let seconds = span.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600, seconds / 60);
    if days >= 14 && days.is_multiple_of(7) {
        format!("{}w", days / 7)
    } else if days >= 14 {
        format!("{days}d")
    } else if days >= 1 {
        two(days, 'd', hours % 24, 'h')
    } else if hours >= 1 {
        two(hours, 'h', minutes % 60, 'm')
    } else if minutes >= 1 {
        format!("{minutes}m")
    } else {
        format!("{seconds}s")
    }
}

/// Writes the time that is left, rounded up to the unit that is shown: a limit of 30 minutes begins as `30m`.
pub fn left(span: Duration) -> String {
    let unit = if span >= Duration::from_secs(60) {
        60
    } else {
        1
    };
    let seconds = span.as_millis().div_ceil(unit * 1_000) * unit;
    short(Duration::from_secs(
        u64::try_from(seconds).unwrap_or(u64::MAX),
    ))
}

fn two(large: u64, large_unit: char, small: u64, small_unit: char) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit}{small}{small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("30m", 1_800),
            ("12h", 43_200),
            ("1h30m", 5_400),
            ("2w", 1_209_600),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused_with_examples() {
        for text in [
            "",
            "10",
            "m",
            "10x",
            "-5m",
            "5 m",
            "99999999999999999999s",
            "300000w",
            "1h30",
            "\u{663}m",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("30m"), "{text:?}: {error}");
        }
    }

    #[test]
    fn what_is_left_is_rounded_up() {
        for (millis, text) in [
            (0, "0s"),
            (1, "1s"),
            (59_001, "1m"),
            (60_001, "2m"),
            (1_799_990, "30m"),
            (43_199_000, "12h"),
        ] {
            assert_eq!(left(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn spans_are_written_in_two_units_at_most() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (11_520, "3h12m"),
            (187_200, "2d4h"),
            (1_209_600, "2w"),
            (2_592_000, "30d"),
            (3_024_000, "5w"),
        ] {
            assert_eq!(short(Duration::from_secs(seconds)), text);
        }
    }
}
