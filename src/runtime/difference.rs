//! In what a game can differ from what its steps come to.

use std::fmt;

use super::live_game::LiveGame;
use super::outage::Outages;
use super::postgres_storage::Unreadable;
use super::store::StepRow;
use super::verification_store::StoredGame;
use crate::id::GameId;
use crate::time::Timestamp;

/// Something of a game that is not as it should be.
#[derive(Debug)]
pub struct Finding {
    /// Of which game.
    pub game: GameId,
    /// What.
    pub difference: Difference,
}

/// What is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// The row can't be read here.
    #[error("its row can't be read")]
    Unreadable(#[source] Unreadable),
    /// The steps are no game.
    #[error("its steps can't be folded")]
    Unfoldable(#[source] Unreadable),
    /// A step is not what the rules make of what was asked.
    #[error("step {step} does not follow from what was asked")]
    Undecided {
        /// Which.
        step: u32,
    },
    /// A step is before the one before it.
    #[error("step {step} was taken before the one before it")]
    BackInTime {
        /// Which.
        step: u32,
    },
    /// The row has something else than the steps come to.
    #[error("{field} is {stored}, and its steps come to {folded}")]
    Field {
        /// Which column.
        field: &'static str,
        /// What it has.
        stored: String,
        /// What it should have.
        folded: String,
    },
    /// The position has other bytes, in which there are secrets.
    #[error("position differs from what its steps come to, from byte {byte} on")]
    Position {
        /// The first that is different.
        byte: usize,
    },
    /// Tiles are there that the set has not, or are missing.
    #[error("its tiles are not those of its rules")]
    Tiles,
    /// It is over for a player at another time than for the rest.
    #[error("it has ended at another time in a player's list")]
    PlayersEnd,
    /// Nobody would notice that the flag is to fall.
    #[error("check_at is {check_at}, and the flag falls at {flag_at}")]
    LateCheck {
        /// When its clock is looked at.
        check_at: String,
        /// When that is to be.
        flag_at: String,
    },
    /// There are steps, and no game.
    #[error("it has steps and no row")]
    NoGame,
}

/// Compares a row with what the steps come to.
pub(super) fn compare(
    stored: &StoredGame,
    steps: &[StepRow],
    folded: &LiveGame,
    differences: &mut Vec<Difference>,
) {
    let row = &stored.row;
    let position = folded.position();
    let is_over = folded.ending().is_some();
    let started_at = steps.first().map_or(stored.started_at, |step| step.at);
    differences.extend(
        [
            field("version", &row.version, &folded.version()),
            field("stepped_at", &row.stepped_at, &folded.stepped_at()),
            field("started_at", &stored.started_at, &started_at),
            field("progress", &row.progress, &folded.progress_text()),
            field("on_turn", &told(stored.on_turn), &told(folded.on_turn())),
            field(
                "ended_at",
                &told(stored.ended_at),
                &told(is_over.then_some(folded.stepped_at())),
            ),
            field("players", &row.players.len(), &usize::from(position.players())),
        ]
        .into_iter()
        .flatten(),
    );
    let bytes = position.to_bytes();
    if row.position != bytes {
        let same = row.position.iter().zip(&bytes).take_while(|(one, other)| one == other);
        differences.push(Difference::Position { byte: same.count() });
    }
    if position.tiles() != folded.terms().rules.counts {
        differences.push(Difference::Tiles);
    }
    if stored.differs_for_players {
        differences.push(Difference::PlayersEnd);
    }
}

/// Compares when the clock is looked at with when it is to be.
pub(super) fn compare_clock(
    stored: &StoredGame,
    game: &LiveGame,
    outages: &Outages,
    now: Timestamp,
    differences: &mut Vec<Difference>,
) {
    let (check_at, is_set_aside) = (stored.row.check_at, stored.row.set_aside_at.is_some());
    // Of a game that stands no clock is looked at.
    let flag_at = game.flag_at(outages, now).filter(|_| !is_set_aside);
    let is_in_time = match (check_at, flag_at) {
        (Some(check_at), Some(flag_at)) => check_at <= flag_at,
        (None, None) => true,
        _ => false,
    };
    if !is_in_time {
        differences
            .push(Difference::LateCheck { check_at: told(check_at), flag_at: told(flag_at) });
    }
}

fn field<T: PartialEq + fmt::Display>(
    field: &'static str,
    stored: &T,
    folded: &T,
) -> Option<Difference> {
    let differs = stored != folded;
    let (stored, folded) = (stored.to_string(), folded.to_string());
    differs.then_some(Difference::Field { field, stored, folded })
}

fn told<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}
