//! What a rating is for: a rule set at a pace, such as `english.rapid`.
//!
//! Owns how a category is written, in the database and over the API. Ignores which rule sets there are.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::game::RULES_NAME_MAX;

/// Games that are rated together: those of one rule set at one pace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category {
    rules: Box<str>,
    pace: Pace,
}

/// How fast a game is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pace {
    /// A player has some 2 minutes for the whole game at the most.
    UltraBlitz,
    /// Some 6 minutes.
    Blitz,
    /// Some 14 minutes.
    Rapid,
    /// More, in one sitting.
    Regular,
    /// Days for a turn.
    Correspondence,
}

/// A text that is no category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a rule set's name and a pace, such as english.rapid")]
pub struct InvalidCategory;

impl Category {
    /// The category of games by these rules at this pace.
    ///
    /// # Errors
    /// When a rule set can't have that name.
    pub fn new(rules: &str, pace: Pace) -> Result<Self, InvalidCategory> {
        let is_name = rules.len() <= RULES_NAME_MAX
            && rules.starts_with(|c: char| c.is_ascii_lowercase())
            && rules.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if is_name { Ok(Self { rules: rules.into(), pace }) } else { Err(InvalidCategory) }
    }

    /// The name of the rule set.
    #[must_use]
    pub fn rules(&self) -> &str {
        &self.rules
    }

    /// The pace.
    #[must_use]
    pub const fn pace(&self) -> Pace {
        self.pace
    }
}

impl FromStr for Category {
    type Err = InvalidCategory;

    fn from_str(text: &str) -> Result<Self, InvalidCategory> {
        let (rules, pace) = text.split_once('.').ok_or(InvalidCategory)?;
        let pace = Pace::ALL.into_iter().find(|known| known.as_str() == pace);
        Self::new(rules, pace.ok_or(InvalidCategory)?)
    }
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.rules, self.pace.as_str())
    }
}

impl Pace {
    /// All of them, the fastest first.
    pub const ALL: [Self; 5] =
        [Self::UltraBlitz, Self::Blitz, Self::Rapid, Self::Regular, Self::Correspondence];

    /// The pace of a game in one sitting, by the time that a player may spend on it: the initial time,
    /// all of the overtime, and 16 times the increment, for so many turns has a long game. The bounds
    /// are those of liwords (`pkg/entity/variants.go`).
    #[must_use]
    pub const fn of_estimate(estimate: Duration) -> Self {
        // Up to the bound itself, but not a moment longer.
        let is_over_second = estimate.subsec_nanos() > 0;
        match estimate.as_secs().saturating_add(is_over_second as u64) {
            0..=120 => Self::UltraBlitz,
            121..=360 => Self::Blitz,
            361..=840 => Self::Rapid,
            _ => Self::Regular,
        }
    }

    /// The pace as the database and the API write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UltraBlitz => "ultra_blitz",
            Self::Blitz => "blitz",
            Self::Rapid => "rapid",
            Self::Regular => "regular",
            Self::Correspondence => "correspondence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_reads_back_from_its_text() {
        for pace in Pace::ALL {
            let category = Category::new("english_super", pace).unwrap();
            assert_eq!(category.to_string().parse(), Ok(category));
        }
        assert_eq!(Category::new("english", Pace::Rapid).unwrap().to_string(), "english.rapid");
    }

    #[test]
    fn what_is_no_rule_set_at_a_pace_is_refused() {
        let long = format!("{}.rapid", "a".repeat(RULES_NAME_MAX + 1));
        for text in [
            "",
            "english",
            "english.",
            ".rapid",
            "english.fast",
            "English.rapid",
            "1.rapid",
            "english.rapid.",
            "a b.rapid",
            "english rapid",
            &long,
        ] {
            assert_eq!(text.parse::<Category>(), Err(InvalidCategory), "{text:?}");
        }
        assert!(long[1..].parse::<Category>().is_ok());
    }

    #[test]
    fn a_pace_ends_with_its_bound() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        let moment = Duration::from_nanos(1);
        for (bound, slower, faster) in [
            (minutes(2), Pace::Blitz, Pace::UltraBlitz),
            (minutes(6), Pace::Rapid, Pace::Blitz),
            (minutes(14), Pace::Regular, Pace::Rapid),
        ] {
            assert_eq!(Pace::of_estimate(bound), faster);
            assert_eq!(Pace::of_estimate(bound + moment), slower);
        }
        assert_eq!(Pace::of_estimate(Duration::ZERO), Pace::UltraBlitz);
        assert_eq!(Pace::of_estimate(Duration::MAX), Pace::Regular);
    }
}
