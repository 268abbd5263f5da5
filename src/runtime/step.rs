//! Steps of a game: what was asked, by whom, and what happened.

use super::clocks::Clocks;
use super::offer::Proposal;
use crate::game::{self, Illegal};
use crate::time::Timestamp;

/// What a player asks of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Who asks.
    pub seat: u8,
    /// The number of the turn that the player means: who asks for something in one turn does not want
    /// it done in the next.
    pub turn: u32,
    /// For what.
    pub act: Act,
}

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// What the rules of play know. A time-out is the clock's to ask for.
    Move(game::Action),
    /// To propose something to the others.
    Offer(Proposal),
    /// To agree to what another has proposed.
    Accept,
    /// Not to.
    Decline,
    /// To take one's own proposal back.
    Withdraw,
}

/// What happened to a game in one go: stored as a whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which, from 1 for the start.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// Who asked for it, and for what; nothing for the start, and where the game goes on again.
    pub cause: Option<Cause>,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The clocks after it.
    pub clocks: Clocks,
}

/// Why a step was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause {
    /// Of whom; of who is on turn, where it was the clock.
    pub seat: u8,
    /// What was asked.
    pub act: Act,
    /// The minutes over time that it was decided by.
    pub overtime_minutes: [u8; game::PLAYERS_MAX],
}

impl Cause {
    /// Whether it was nobody's wish.
    #[must_use]
    pub fn is_of_the_clock(&self) -> bool {
        self.act == Act::Move(game::Action::TimeOut)
    }
}

/// Something that happened in a game.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most events are plays, and few are kept at a time")]
pub enum Event {
    /// By the rules of play.
    Game(game::Event),
    /// A player proposed something.
    Offered {
        /// Who.
        seat: u8,
        /// What.
        proposal: Proposal,
    },
    /// A player agreed to it.
    Accepted {
        /// Who.
        seat: u8,
    },
    /// A player did not.
    Declined {
        /// Who.
        seat: u8,
    },
    /// The proposal was taken back.
    Withdrawn {
        /// By whom.
        seat: u8,
    },
    /// Everybody has more time.
    TimeGiven,
    /// The game is over, and without a result.
    Aborted,
    /// The game goes on, after a while in which it could not be read and its clock stood.
    Resumed,
}

/// Why nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing can be done any more.
    #[error("the game is over")]
    GameOver,
    /// The game is not at the turn that the player means.
    #[error("the game is at turn {0}")]
    StaleTurn(u32),
    /// The rules do not allow it.
    #[error(transparent)]
    Illegal(#[from] Illegal),
    /// There is a proposal already.
    #[error("a proposal stands already")]
    OfferStands,
    /// There is none, or none of another player.
    #[error("there is no proposal of another player to answer")]
    NothingToAnswer,
    /// The player has none.
    #[error("there is no proposal of the player's own")]
    NothingToWithdraw,
    /// The player has proposed it too often.
    #[error("the player has proposed this too often in this game")]
    OffersSpent,
    /// The player is out of the game.
    #[error("the player is out of the game")]
    DroppedOut,
}
