//! Spans of time down to microseconds, as people write and read them: `250us`, `1.5ms`, `2.5s`.

use std::time::Duration;

use sessctl_api::{span, text::clean};

/// A minute is `m` as everywhere.
const UNITS: [(&str, f64); 5] = [
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
];

/// Reads one number and unit, or a span as other commands take it: `1h30m`. The error is a sentence for people.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    if let Some((number, unit)) = unit.map(|at| text.split_at(at))
        && let Some((_, seconds)) = UNITS.iter().find(|(name, _)| *name == unit)
        && let Ok(number) = number.parse::<f64>()
        && let Ok(span) = Duration::try_from_secs_f64(number * seconds)
        // What other commands take for a typing error is one here too.
        && span <= Duration::from_secs(100 * 365 * 86_400)
    {
        return Ok(span);
    }
    span::parse(text).map_err(|_| {
        format!(
            "{:?} is not a span of time: write 500us, 250ms, 1.5s, 90s, 30m or 1h30m",
            clean(text)
        )
    })
}

/// Writes a span with three digits: `812us`, `1.23ms`, `45.6s`.
pub(super) fn show(span: Duration) -> String {
    let micros = span.as_secs_f64() * 1e6;
    // By what is shown, so that nothing is ever written as 1000us.
    match micros {
        ..999.5 => format!("{micros:.0}us"),
        ..9_995.0 => format!("{:.2}ms", micros / 1e3),
        ..99_950.0 => format!("{:.1}ms", micros / 1e3),
        ..999_500.0 => format!("{:.0}ms", micros / 1e3),
        ..9_995_000.0 => format!("{:.2}s", micros / 1e6),
        ..99_950_000.0 => format!("{:.1}s", micros / 1e6),
        _ => format!("{:.0}s", micros / 1e6),
    }
}

/// Writes a count with its thousands apart: `12,345`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

/// Writes what happens a second: `0.25`, `12.3`, `12,345`.
pub(super) fn rate(per_second: f64) -> String {
    match per_second {
        0.0 => "0".to_owned(),
        ..9.995 => format!("{per_second:.2}"),
        ..99.95 => format!("{per_second:.1}"),
        _ => count(per_second.round() as u64),
    }
}

/// Writes a share: `0.3 %`; what is not nothing is never written as 0.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_owned(),
        ..0.05 => "below 0.1 %".to_owned(),
        _ => format!("{percent:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_down_to_microseconds() {
        for (text, micros) in [
            ("500us", 500),
            ("500µs", 500),
            ("1.5ms", 1_500),
            ("50ms", 50_000),
            ("2.5s", 2_500_000),
            ("0s", 0),
            ("90s", 90_000_000),
            ("2m", 120_000_000),
            ("1h30m", 5_400_000_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_micros(micros)), "{text}");
        }
        for text in [
            "",
            "5",
            "ms",
            "-5ms",
            "1.2.3ms",
            ".",
            "5 ms",
            "1e3s",
            "99999999999999s",
            "5x",
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("250ms"), "{text:?}: {error}");
        }
    }

    #[test]
    fn three_digits_are_written_and_thousands_stand_apart() {
        for (nanos, shown) in [
            (0, "0us"),
            (999_400, "999us"),
            (999_600, "1.00ms"),
            (1_234_000, "1.23ms"),
            (45_600_000, "45.6ms"),
            (999_600_000, "1.00s"),
            (12_340_000_000, "12.3s"),
            (3_600_000_000_000, "3600s"),
        ] {
            assert_eq!(show(Duration::from_nanos(nanos)), shown);
        }
        for (number, shown) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), shown);
        }
        assert_eq!(
            [0.0, 0.25, 12.34, 12_345.6].map(rate),
            ["0", "0.25", "12.3", "12,346"]
        );
        assert_eq!(
            [0.0, 0.000_1, 0.123].map(percent),
            ["0 %", "below 0.1 %", "12.3 %"]
        );
    }
}
