//! Durations as operators write them: `30m`, `1h30m`, `1.5h`, `500ms`.
//!
//! Owns both directions of the text form that Go's `time.ParseDuration` made customary. Signs are
//! refused, because no setting of ours can be negative.

use std::time::Duration;

/// Units from the longest to the shortest: spelling, length in nanoseconds.
///
/// Both signs for micro are here: U+00B5, as keyboards write it, and the Greek letter U+03BC.
const UNITS: [(&str, u64); 8] = [
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("\u{b5}s", 1_000),
    ("\u{3bc}s", 1_000),
    ("ns", 1),
];

/// Go keeps durations in a signed 64-bit count of nanoseconds, some 292 years; so do we, in order
/// that both sides of the platform refuse the same values.
const NANOSECONDS_MAX: u64 = i64::MAX as u64;

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDuration {
    /// There is nothing to read, or a unit stands without a number before it.
    #[error("is not a duration")]
    NoNumber,
    /// It begins with `+` or `-`.
    #[error("has a sign")]
    Signed,
    /// A number stands without a unit after it.
    #[error("lacks a unit (ns, us, ms, s, m or h)")]
    NoUnit,
    /// A unit is none of ns, us, ms, s, m, h.
    #[error("has an unknown unit (known are ns, us, ms, s, m and h)")]
    UnknownUnit,
    /// It is longer than 292 years.
    #[error("is too long")]
    Overflow,
}

/// Reads a duration: numbers with an optional fraction, a unit after each, or a bare `0`.
///
/// A fraction finer than a nanosecond is cut off.
///
/// # Errors
///
/// The first thing that is wrong, as [`InvalidDuration`].
pub fn parse(text: &str) -> Result<Duration, InvalidDuration> {
    if text.starts_with(['+', '-']) {
        return Err(InvalidDuration::Signed);
    }
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text.is_empty() {
        return Err(InvalidDuration::NoNumber);
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (nanoseconds, after) = parse_term(rest)?;
        total = total.checked_add(nanoseconds).ok_or(InvalidDuration::Overflow)?;
        rest = after;
    }
    if total > NANOSECONDS_MAX {
        return Err(InvalidDuration::Overflow);
    }
    Ok(Duration::from_nanos(total))
}

/// Writes a duration as Go prints it, without the units that are zero: `1h30m`, `1.5s`, `0s`.
///
/// [`parse`] reads back the same duration, unless it exceeds what `parse` accepts.
#[must_use]
pub fn format(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos();
    if nanoseconds == 0 {
        return "0s".to_owned();
    }
    if nanoseconds < 1_000 {
        return format!("{nanoseconds}ns");
    }
    if nanoseconds < 1_000_000 {
        return decimal(nanoseconds, 1_000, "\u{b5}s");
    }
    if nanoseconds < 1_000_000_000 {
        return decimal(nanoseconds, 1_000_000, "ms");
    }
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let below_a_minute = nanoseconds % 60_000_000_000;
    let mut text = String::new();
    if hours > 0 {
        text += &format!("{hours}h");
    }
    if minutes > 0 {
        text += &format!("{minutes}m");
    }
    if below_a_minute > 0 {
        text += &decimal(below_a_minute, 1_000_000_000, "s");
    }
    text
}

/// Reads one number with its unit; gives its nanoseconds and what follows.
fn parse_term(text: &str) -> Result<(u64, &str), InvalidDuration> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(InvalidDuration::NoNumber);
    }
    let unit_end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    if unit.is_empty() {
        return Err(InvalidDuration::NoUnit);
    }
    let Some((_, unit_nanoseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(InvalidDuration::UnknownUnit);
    };
    let whole = match whole {
        "" => 0,
        digits => digits.parse::<u64>().map_err(|_| InvalidDuration::Overflow)?,
    };
    let nanoseconds = whole
        .checked_mul(*unit_nanoseconds)
        .and_then(|whole| whole.checked_add(fraction_of(fraction, *unit_nanoseconds)))
        .ok_or(InvalidDuration::Overflow)?;
    Ok((nanoseconds, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// The nanoseconds in `0.<digits>` of a unit, rounded down.
fn fraction_of(digits: &str, unit_nanoseconds: u64) -> u64 {
    // An hour has 3.6e12 ns, so that digits past the fifteenth cannot add a whole nanosecond that
    // matters; and 15 digits times an hour still fit into 128 bits.
    let mut numerator: u128 = 0;
    let mut denominator: u128 = 1;
    for digit in digits.bytes().take(15) {
        numerator = numerator * 10 + u128::from(digit - b'0');
        denominator *= 10;
    }
    let nanoseconds = numerator * u128::from(unit_nanoseconds) / denominator;
    u64::try_from(nanoseconds).unwrap_or(unit_nanoseconds)
}

/// `nanoseconds` counted in a unit, with as many decimals as it takes to be exact.
fn decimal(nanoseconds: u128, unit_nanoseconds: u128, unit: &str) -> String {
    let whole = nanoseconds / unit_nanoseconds;
    let width = unit_nanoseconds.ilog10() as usize;
    let fraction = format!("{:0width$}", nanoseconds % unit_nanoseconds);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{whole}{unit}") } else { format!("{whole}.{fraction}{unit}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_go_accepts_is_accepted() {
        for (text, expected) in [
            ("0", Duration::ZERO),
            ("0s", Duration::ZERO),
            ("30m", Duration::from_secs(1800)),
            ("1h30m", Duration::from_secs(5400)),
            ("500ms", Duration::from_millis(500)),
            ("1.5h", Duration::from_secs(5400)),
            (".5s", Duration::from_millis(500)),
            ("1.s", Duration::from_secs(1)),
            ("1us", Duration::from_micros(1)),
            ("1\u{b5}s", Duration::from_micros(1)),
            ("1\u{3bc}s", Duration::from_micros(1)),
            ("1.9ns", Duration::from_nanos(1)),
            ("1m1h", Duration::from_secs(3660)),
            ("9223372036854775807ns", Duration::from_nanos(NANOSECONDS_MAX)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        for (text, expected) in [
            ("", InvalidDuration::NoNumber),
            (".", InvalidDuration::NoNumber),
            ("s", InvalidDuration::NoNumber),
            (".s", InvalidDuration::NoNumber),
            (" 1s", InvalidDuration::NoNumber),
            ("-1s", InvalidDuration::Signed),
            ("+1s", InvalidDuration::Signed),
            ("5", InvalidDuration::NoUnit),
            ("1h30", InvalidDuration::NoUnit),
            ("1.2.3s", InvalidDuration::NoUnit),
            ("1d", InvalidDuration::UnknownUnit),
            ("1 s", InvalidDuration::UnknownUnit),
            ("9223372036854775808ns", InvalidDuration::Overflow),
            ("99999999999999999999h", InvalidDuration::Overflow),
            ("3000000h", InvalidDuration::Overflow),
        ] {
            assert_eq!(parse(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn it_prints_as_go_does_without_zero_units() {
        for (duration, expected) in [
            (Duration::ZERO, "0s"),
            (Duration::from_secs(5400), "1h30m"),
            (Duration::from_secs(3601), "1h1s"),
            (Duration::from_secs(604_800), "168h"),
            (Duration::from_millis(500), "500ms"),
            (Duration::from_millis(1500), "1.5s"),
            (Duration::from_nanos(1_100), "1.1\u{b5}s"),
            (Duration::from_nanos(7), "7ns"),
        ] {
            assert_eq!(format(duration), expected);
        }
    }

    proptest! {
        #[test]
        fn every_duration_is_read_back_as_it_was_written(nanoseconds in 0..=NANOSECONDS_MAX) {
            let duration = Duration::from_nanos(nanoseconds);
            prop_assert_eq!(parse(&format(duration)), Ok(duration));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC*|[0-9.hmsnu\u{b5}]{0,40}") {
            let _ = parse(&text);
        }
    }
}
