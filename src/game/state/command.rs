//! What a player asks of a game.

use crate::game::{PLAYERS_MAX, Placement, Rack};

/// A player's request, with what the game cannot know by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// Who asks, from 0.
    pub seat: u8,
    /// For what.
    pub action: Action,
    /// By how many started minutes each player is over time by now. It counts if the game ends here.
    pub overtime_minutes: [u8; PLAYERS_MAX],
}

/// What a player can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Place tiles.
    Play(Placement),
    /// Give tiles for others from the bag.
    Exchange(Rack),
    /// Do nothing; under the final say, let the game end.
    Pass,
    /// Question all words of the play just before.
    Challenge,
    /// Leave the game. The only thing that may be done out of turn.
    Resign,
    /// Lose by the clock. The one who keeps the clock says so.
    TimeOut,
}

impl Command {
    /// Of a player who is not over time, and nobody else either.
    #[must_use]
    pub const fn new(seat: u8, action: Action) -> Self {
        Self { seat, action, overtime_minutes: [0; PLAYERS_MAX] }
    }
}
