//! Places in the lists of a player's games, as cursors name them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;

use crate::id::{GameId, ID_TEXT_BYTES};
use crate::time::Timestamp;

/// A place in either list, for its form alone.
pub(super) struct Cursor;

/// Which games are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "GameList")]
pub(super) enum Listed {
    /// Those that are played.
    Running,
    /// Those that are over.
    Finished,
}

/// A text that names no list.
#[derive(Debug, thiserror::Error)]
#[error("expected running or finished")]
pub(super) struct UnknownList;

/// A text that is no place in a list.
#[derive(Debug, thiserror::Error)]
#[error("expected the `next` of a page of the same list")]
pub(super) struct InvalidPlace;

/// A place among running games, which are listed from the last place to the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunningPlace {
    pub(super) is_on_turn: bool,
    pub(super) id: GameId,
}

/// A place among finished games, likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FinishedPlace {
    pub(super) ended_at: Timestamp,
    pub(super) id: GameId,
}

impl FromStr for Listed {
    type Err = UnknownList;

    fn from_str(text: &str) -> Result<Self, UnknownList> {
        match text {
            "running" => Ok(Self::Running),
            "finished" => Ok(Self::Finished),
            _ => Err(UnknownList),
        }
    }
}

impl RunningPlace {
    /// Before all of them.
    pub(super) const FIRST: Self = Self { is_on_turn: true, id: GameId::MAX };
}

impl FinishedPlace {
    /// Before all of them. No later moment has a text.
    pub(super) const FIRST: Self =
        Self { ended_at: Timestamp::from_micros(253_402_300_799_999_999), id: GameId::MAX };
}

impl fmt::Display for RunningPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", if self.is_on_turn { 't' } else { 'w' }, self.id)
    }
}

impl FromStr for RunningPlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let is_on_turn = text.starts_with('t');
        let id = text.strip_prefix(if is_on_turn { 't' } else { 'w' }).ok_or(InvalidPlace)?;
        Ok(Self { is_on_turn, id: id.parse().map_err(|_| InvalidPlace)? })
    }
}

impl fmt::Display for FinishedPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.id, self.ended_at)
    }
}

impl FromStr for FinishedPlace {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let (id, ended_at) = text.split_at_checked(ID_TEXT_BYTES).ok_or(InvalidPlace)?;
        let id = id.parse().map_err(|_| InvalidPlace)?;
        Ok(Self { ended_at: Timestamp::parse(ended_at).map_err(|_| InvalidPlace)?, id })
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
