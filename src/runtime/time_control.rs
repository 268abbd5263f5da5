//! How much time players have for a game.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The least and the most time that a player begins a real-time game with, in seconds.
const INITIAL_SECONDS: std::ops::RangeInclusive<u32> = 15..=3 * 3600;
/// The most that a turn adds.
const INCREMENT_SECONDS_MAX: u32 = 60;
/// The most minutes over time.
const OVERTIME_MINUTES_MAX: u8 = 10;
/// The least and the most time for a turn of a correspondence game, in seconds.
const TURN_SECONDS: std::ops::RangeInclusive<u32> = 3600..=14 * DAY_SECONDS;
/// The most time beside the turns.
const BANK_SECONDS_MAX: u32 = 30 * DAY_SECONDS;
const DAY_SECONDS: u32 = 24 * 3600;

/// How much time players have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TimeControl {
    /// Each player has so much time for the whole game, and either more for each turn, or minutes that
    /// cost points; not both.
    RealTime {
        /// Time to begin with.
        #[schemars(range(min = 15, max = 10_800))]
        initial_seconds: u32,
        /// What each turn adds.
        #[serde(default)]
        #[schemars(range(max = 60))]
        increment_seconds: u32,
        /// So many minutes a player may be over time, each at the price that the rules set; at the end
        /// of the last the game is lost.
        #[serde(default)]
        #[schemars(range(max = 10))]
        overtime_minutes: u8,
    },
    /// Each turn has its time. What a player needs beyond it is taken from a bank, as long as that has
    /// some.
    Correspondence {
        /// Time for a turn.
        #[schemars(range(min = 3_600, max = 1_209_600))]
        turn_seconds: u32,
        /// Time beside the turns, for the whole game.
        #[serde(default)]
        #[schemars(range(max = 2_592_000))]
        bank_seconds: u32,
    },
}

/// Why there is no such time control: the field, and what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expected}")]
pub struct InvalidTimeControl {
    /// Which field.
    pub field: &'static str,
    /// What it should be.
    pub expected: String,
}

impl TimeControl {
    /// Itself, if its values are within their bounds.
    ///
    /// # Errors
    /// [`InvalidTimeControl`] names the first that is not.
    pub fn checked(self) -> Result<Self, InvalidTimeControl> {
        let invalid = |field, expected: String| Err(InvalidTimeControl { field, expected });
        match self {
            Self::RealTime { initial_seconds, increment_seconds, overtime_minutes } => {
                if !INITIAL_SECONDS.contains(&initial_seconds) {
                    let (min, max) = INITIAL_SECONDS.into_inner();
                    return invalid("initial_seconds", format!("expected {min} to {max}"));
                }
                if increment_seconds > INCREMENT_SECONDS_MAX {
                    let expected = format!("expected at most {INCREMENT_SECONDS_MAX}");
                    return invalid("increment_seconds", expected);
                }
                if overtime_minutes > OVERTIME_MINUTES_MAX {
                    let expected = format!("expected at most {OVERTIME_MINUTES_MAX}");
                    return invalid("overtime_minutes", expected);
                }
                if increment_seconds > 0 && overtime_minutes > 0 {
                    let expected = "expected 0 beside increment_seconds";
                    return invalid("overtime_minutes", expected.to_owned());
                }
            }
            Self::Correspondence { turn_seconds, bank_seconds } => {
                if !TURN_SECONDS.contains(&turn_seconds) {
                    let (min, max) = TURN_SECONDS.into_inner();
                    return invalid("turn_seconds", format!("expected {min} to {max}"));
                }
                if bank_seconds > BANK_SECONDS_MAX {
                    return invalid("bank_seconds", format!("expected at most {BANK_SECONDS_MAX}"));
                }
            }
        }
        Ok(self)
    }

    /// Whether players sit before it together.
    #[must_use]
    pub const fn is_real_time(self) -> bool {
        matches!(self, Self::RealTime { .. })
    }

    /// How long a player is expected to think in a whole game of sixteen turns, for real time: what
    /// liwords sorts games by (`entity/variants.go`).
    #[must_use]
    pub fn estimate(self) -> Option<Duration> {
        match self {
            Self::RealTime { initial_seconds, increment_seconds, overtime_minutes } => {
                let seconds =
                    initial_seconds + 60 * u32::from(overtime_minutes) + 16 * increment_seconds;
                Some(Duration::from_secs(seconds.into()))
            }
            Self::Correspondence { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "time_control_tests.rs"]
mod tests;
