//! Moments and the clock: the only reader of the system's time.
//!
//! Everything that decides by time takes a [`Clock`] or a [`Timestamp`], so that a test says what
//! time it is. Ignores durations measured for telemetry, which use the monotonic clock.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in microseconds since 1970-01-01T00:00:00Z, which is what PostgreSQL resolves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down, within what 32 bits hold (until 2106).
    #[must_use]
    pub fn as_unix_seconds(self) -> u32 {
        u32::try_from(self.0.div_euclid(1_000_000).clamp(0, i64::from(u32::MAX)))
            .unwrap_or(u32::MAX)
    }

    /// From whole seconds since the Unix epoch.
    #[must_use]
    pub fn from_unix_seconds(seconds: u32) -> Self {
        Self(i64::from(seconds) * 1_000_000)
    }

    /// Reads RFC 3339, such as `2026-11-24T12:00:00Z`; any offset, the moment counts.
    ///
    /// # Errors
    /// When the text is no such moment.
    pub fn parse(text: &str) -> Result<Self, InvalidTimestamp> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| InvalidTimestamp)?;
        Ok(Self(moment.as_microsecond()))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// The length in bytes of the longest moment as text, `2026-11-24T12:00:00.123456Z`.
pub const TIMESTAMP_TEXT_BYTES: usize = 27;

impl Timestamp {
    /// Writes RFC 3339 in UTC into `buffer` without allocating, with as many digits of a second as it
    /// has. A moment outside the years 1970 to 9999 is written as the nearest within.
    pub fn encode(self, buffer: &mut [u8; TIMESTAMP_TEXT_BYTES]) -> &str {
        let micros = self.0.clamp(0, LAST_MICROS).unsigned_abs();
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil_date(days);
        buffer[..20].copy_from_slice(b"0000-00-00T00:00:00Z");
        digits(&mut buffer[..4], year);
        digits(&mut buffer[5..7], month);
        digits(&mut buffer[8..10], day);
        digits(&mut buffer[11..13], second / 3_600);
        digits(&mut buffer[14..16], second / 60 % 60);
        digits(&mut buffer[17..19], second % 60);
        let mut length = 20;
        if fraction != 0 {
            buffer[19] = b'.';
            digits(&mut buffer[20..26], fraction);
            let zeros = buffer[20..26].iter().rev().take_while(|digit| **digit == b'0').count();
            length = 27 - zeros;
            buffer[length - 1] = b'Z';
        }
        std::str::from_utf8(&buffer[..length]).expect("digits are ASCII")
    }
}

/// The last microsecond of the year 9999.
const LAST_MICROS: i64 = 253_402_300_799_999_999;

/// Year, month and day of a day counted from 1970-01-01: `civil_from_days` of Howard Hinnant's
/// "chrono-Compatible Low-Level Date Algorithms", for days from 1970 on.
const fn civil_date(days: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that the leap day is the last of one; eras are of 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// Writes a number into all of `place`, with leading zeros.
fn digits(place: &mut [u8], mut number: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.encode(&mut [0; TIMESTAMP_TEXT_BYTES]))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.encode(&mut [0; TIMESTAMP_TEXT_BYTES]))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A moment after RFC 3339; answered in UTC, to the microsecond.",
            "format": "date-time",
        })
    }
}

/// A text that is no RFC 3339 moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an RFC 3339 time such as 2026-11-24T12:00:00Z")]
pub struct InvalidTimestamp;

/// Tells what time it is: the system's, or the one that a test has set.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `now` until it is [advanced](Self::advance); its clones move with it.
    #[must_use]
    pub fn manual(now: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(now.as_micros()))))
    }

    /// The present moment, to the microsecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp(jiff::Timestamp::now().as_microsecond()),
            Source::Manual(micros) => Timestamp(micros.load(Ordering::Relaxed)),
        }
    }

    /// The present moment, late by up to the kernel's tick (1 to 10 ms): a fifth of the price, for
    /// the path on which every request is.
    #[must_use]
    pub fn now_coarse(&self) -> Timestamp {
        match &self.0 {
            Source::System => {
                let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
                Timestamp(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)
            }
            Source::Manual(micros) => Timestamp(micros.load(Ordering::Relaxed)),
        }
    }

    /// Moves a manual clock on, for this and every clone of it.
    ///
    /// # Panics
    /// When this is the system's clock.
    pub fn advance(&self, duration: Duration) {
        let Source::Manual(micros) = &self.0 else { panic!("the system's clock can't be moved") };
        let step = i64::try_from(duration.as_micros()).expect("a test's step fits");
        micros.fetch_add(step, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_back_from_its_text() {
        let moment = Timestamp::from_micros(1_764_000_000_123_456);
        assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
    }

    proptest::proptest! {
        #[test]
        fn the_text_of_a_moment_is_what_a_library_of_dates_writes(micros in 0..=LAST_MICROS, cut in 0..7_u32) {
            let micros = micros - micros % 10_i64.pow(cut);
            let library = jiff::Timestamp::from_microsecond(micros).unwrap();
            proptest::prop_assert_eq!(Timestamp(micros).to_string(), library.to_string());
        }
    }

    #[test]
    fn a_moment_beyond_what_is_written_is_the_nearest_within() {
        assert_eq!(Timestamp(i64::MIN).to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn an_offset_names_the_same_moment() {
        let utc = Timestamp::parse("2026-11-24T10:00:00Z").unwrap();
        assert_eq!(Timestamp::parse("2026-11-24T12:00:00+02:00"), Ok(utc));
        assert_eq!(Timestamp::parse("next Tuesday"), Err(InvalidTimestamp));
    }

    #[test]
    fn the_coarse_clock_is_within_a_tick_of_the_fine_one() {
        let clock = Clock::system();
        let (coarse, fine) = (clock.now_coarse().as_micros(), clock.now().as_micros());
        assert!(coarse <= fine && fine - coarse < 1_000_000, "{coarse} {fine}");
    }

    #[test]
    fn a_manual_clock_moves_with_its_clones() {
        let clock = Clock::manual(Timestamp::from_micros(0));
        let other = clock.clone();
        clock.advance(Duration::from_secs(2));
        assert_eq!(other.now(), Timestamp::from_micros(2_000_000));
        assert_eq!(other.now_coarse().as_unix_seconds(), 2);
    }
}
