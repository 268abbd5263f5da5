//! A seek: what is looked for, and who may join.

use std::ops::RangeInclusive;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::id::{AccountId, GameId, SeekId};
use crate::lobby::Error;
use crate::rating::{Category, Rating};
use crate::time::Timestamp;

/// What the bounds of a rating may be, in points.
pub(super) const RATING_BOUNDS: RangeInclusive<u16> = 0..=4000;

/// The most that a deviation may be for a rating to count as established, in points: lichess's, which our
/// well known players keep for a year without a game.
const ESTABLISHED_DEVIATION_MAX: f64 = 110.0;

/// Somebody who looks for a game.
#[derive(Debug, Clone)]
pub struct Seek {
    /// Its name.
    pub id: SeekId,
    /// Who has opened it, and plays in any case.
    pub owner: AccountId,
    /// How strong the owner was when it was opened.
    pub owner_strength: Strength,
    /// What the game is to be played by: [`TermsTold`](crate::runtime::TermsTold) as JSON.
    pub terms: Box<RawValue>,
    /// What players of such a game are rated in, the text of a category.
    pub category: String,
    /// Whether players sit before it together.
    pub is_real_time: bool,
    /// How many players there are to be.
    pub seats: u8,
    /// Who may join.
    pub admission: Admission,
    /// Who has joined, in this order, without the owner.
    pub members: Vec<AccountId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// From when on nobody joins any more.
    pub expires_at: Timestamp,
    /// What became of it.
    pub closed: Option<SeekOutcome>,
}

/// How a seek has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeekOutcome {
    /// All seats were taken, and the game has begun.
    Taken(GameId),
    /// Its owner has left.
    Withdrawn,
    /// Nobody came in time.
    Expired,
}

/// How a seek stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SeekStatus")]
pub(crate) enum Status {
    /// There are seats left.
    Open,
    /// The game has begun.
    Taken,
    /// Its owner has left.
    Withdrawn,
    /// Nobody came in time.
    Expired,
}

/// Who may join a seek.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Admission {
    /// The least rating, in points.
    pub rating_min: Option<u16>,
    /// The greatest.
    pub rating_max: Option<u16>,
    /// Whose rating is known well enough.
    pub who: WhoMayJoin,
}

/// How well a player must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhoMayJoin {
    /// Not at all.
    #[default]
    Everybody,
    /// So well that the rating says something: its deviation is at most 110.
    Established,
}

/// Which seeks are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SeekList")]
pub(super) enum Listed {
    /// Those of others that the caller may join.
    Joinable,
    /// Those that the caller has opened or joined.
    Own,
}

/// A text that names no list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected joinable or own")]
pub(super) struct UnknownList;

/// How strong a player is, as others see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Strength")]
pub struct Strength {
    /// The rating, in whole points.
    #[schemars(range(min = 0, max = 4000))]
    pub rating: u16,
    /// Whether it is known well enough to say something.
    pub is_established: bool,
}

/// Why a player may not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// The rating is not within the bounds.
    #[error("a rating of {rating} is not within the bounds of this seek")]
    Rating {
        /// The player's.
        rating: u16,
    },
    /// The rating is not known well enough.
    #[error("this seek is for players with an established rating")]
    NotEstablished,
}

impl FromStr for Listed {
    type Err = UnknownList;

    fn from_str(text: &str) -> Result<Self, UnknownList> {
        match text {
            "joinable" => Ok(Self::Joinable),
            "own" => Ok(Self::Own),
            _ => Err(UnknownList),
        }
    }
}

impl Strength {
    /// That of a rating at a moment.
    #[must_use]
    pub fn of(rating: &Rating, now: Timestamp) -> Self {
        Self {
            // Ratings are positive and have four digits.
            rating: rating.value.round() as u16,
            is_established: rating.deviation_at(now) <= ESTABLISHED_DEVIATION_MAX,
        }
    }

    /// That of a player with these ratings; of a newcomer, where there is none in the category.
    pub(crate) fn in_category(
        ratings: &[(Category, Rating)],
        category: &str,
        now: Timestamp,
    ) -> Self {
        let found = ratings.iter().find(|(other, _)| other.to_string() == category);
        Self::of(&found.map_or_else(Rating::default, |(_, rating)| *rating), now)
    }
}

impl Admission {
    /// Whether a player of this strength may join.
    ///
    /// # Errors
    /// [`Ineligible`]
    pub fn admits(&self, strength: Strength) -> Result<(), Ineligible> {
        let Strength { rating, is_established } = strength;
        let (min, max) = (self.rating_min.unwrap_or(0), self.rating_max.unwrap_or(u16::MAX));
        if !(min..=max).contains(&rating) {
            return Err(Ineligible::Rating { rating });
        }
        match self.who {
            WhoMayJoin::Established if !is_established => Err(Ineligible::NotEstablished),
            WhoMayJoin::Established | WhoMayJoin::Everybody => Ok(()),
        }
    }
}

impl Seek {
    /// Everybody who is in it, the owner first.
    #[must_use]
    pub fn players(&self) -> Vec<AccountId> {
        std::iter::once(self.owner).chain(self.members.iter().copied()).collect()
    }

    /// Whether the account is in it.
    #[must_use]
    pub fn has(&self, account: AccountId) -> bool {
        self.owner == account || self.members.contains(&account)
    }

    /// Whether any of the accounts is in it.
    pub(in crate::lobby) fn has_any(&self, accounts: &[AccountId]) -> bool {
        accounts.iter().any(|account| self.has(*account))
    }

    /// Whether nobody else can join.
    #[must_use]
    pub fn is_full(&self) -> bool {
        1 + self.members.len() >= usize::from(self.seats)
    }

    /// How it stands at a moment: it expires also before it is swept.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        match self.closed {
            Some(SeekOutcome::Taken(_)) => Status::Taken,
            Some(SeekOutcome::Withdrawn) => Status::Withdrawn,
            Some(SeekOutcome::Expired) => Status::Expired,
            None if self.expires_at <= now => Status::Expired,
            None => Status::Open,
        }
    }

    /// Whether an account of this strength is in it already; otherwise it may join.
    pub(super) fn has_joined(
        &self,
        account: AccountId,
        strength: Strength,
        now: Timestamp,
    ) -> Result<bool, Error> {
        match self.status(now) {
            Status::Open | Status::Taken if self.members.contains(&account) => Ok(true),
            Status::Open if self.owner == account => Err(Error::OwnSeek),
            Status::Open => Ok(self.admission.admits(strength).map(|()| false)?),
            Status::Taken => Err(Error::SeekTaken),
            Status::Withdrawn | Status::Expired => Err(Error::SeekUnknown),
        }
    }

    /// The game that has come of it.
    #[must_use]
    pub const fn game_id(&self) -> Option<GameId> {
        match self.closed {
            Some(SeekOutcome::Taken(id)) => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(rating: u16, is_established: bool) -> Strength {
        Strength { rating, is_established }
    }

    #[test]
    fn the_bounds_of_a_rating_belong_to_it_and_each_may_be_left_out() {
        let bounds = |rating_min, rating_max| Admission {
            rating_min,
            rating_max,
            who: WhoMayJoin::Everybody,
        };
        let both = bounds(Some(1400), Some(1600));
        for (rating, admits) in [(1399, false), (1400, true), (1600, true), (1601, false)] {
            assert_eq!(both.admits(strength(rating, false)).is_ok(), admits, "{rating}");
        }
        assert!(bounds(None, Some(1600)).admits(strength(400, false)).is_ok());
        assert!(bounds(Some(1400), None).admits(strength(4000, false)).is_ok());
        assert_eq!(
            bounds(Some(1400), None).admits(strength(1000, true)),
            Err(Ineligible::Rating { rating: 1000 })
        );
    }

    #[test]
    fn a_newcomer_has_the_first_rating_and_none_that_is_established() {
        let newcomer = Strength::of(&Rating::default(), Timestamp::from_micros(0));
        assert_eq!(newcomer, strength(1500, false));
        let established = Admission { who: WhoMayJoin::Established, ..Admission::default() };
        assert_eq!(established.admits(newcomer), Err(Ineligible::NotEstablished));
        assert!(established.admits(strength(1500, true)).is_ok());
        assert!(Admission::default().admits(newcomer).is_ok());
    }
}
