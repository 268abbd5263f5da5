//! In what a record differs from the rules.

use crate::game::gcg::Nickname;
use crate::game::{Misplaced, Tile};
use crate::lexicon::Alphabet;

use super::racks::RackFault;

/// In what a move differs from what the rules say. Tiles are named as they look, the blank `?`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// Somebody else was to move.
    #[error("expected a move of {0}")]
    OffTurn(Nickname),
    /// A turn after the game's end.
    #[error("the game was over before this move")]
    AfterEnd,
    /// Tiles that are left are counted before the game's end.
    #[error("tiles that are left do not count before the game is over")]
    BeforeEnd,
    /// Points for others' tiles for somebody who has tiles too.
    #[error("the tiles that others have left count only for who has none")]
    NotOut,
    /// A play that may not lie there.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// Words that are none, where that is not allowed.
    #[error("not valid: {}", .0.join(", "))]
    InvalidWords(Vec<String>),
    /// Words that were made before, where that is not allowed.
    #[error("made before in this game: {}", .0.join(", "))]
    WordsRepeated(Vec<String>),
    /// A play that is taken back by mistake.
    #[error("expected the play to stay, as its words are valid: {}", .0.join(", "))]
    ValidWords(Vec<String>),
    /// Other points.
    #[error("expected {expected:+} points, got {got:+}")]
    Score {
        /// By the rules.
        expected: i32,
        /// In the record.
        got: i32,
    },
    /// Points for a challenge that no rule gives.
    #[error("expected 5 or 10 points for a challenge, or for each of {words} words, got {got:+}")]
    ChallengeBonus {
        /// How many words the play made.
        words: usize,
        /// In the record.
        got: i32,
    },
    /// A challenge of nothing.
    #[error("expected a play of the same player just before")]
    NothingChallenged,
    /// Points for time that are no whole number of minutes.
    #[error("expected to lose a multiple of {per_minute} points for time, got {got:+}")]
    TimePenalty {
        /// Points for each minute.
        per_minute: u8,
        /// In the record.
        got: i32,
    },
    /// Another total.
    #[error("expected the total {expected}, got {got}")]
    Total {
        /// The total before and the points.
        expected: i32,
        /// In the record.
        got: i32,
    },
    /// An exchange with too few tiles in the bag.
    #[error("an exchange needs {needed} tiles in the bag, and it has {bag}")]
    BagTooSmall {
        /// How many tiles the bag must have.
        needed: u8,
        /// How many it has.
        bag: usize,
    },
    /// More tiles than the player has.
    #[error("expected at most {has} tiles, as many as the player has, got {got}")]
    TooManyTiles {
        /// How many the player has.
        has: usize,
        /// In the record.
        got: usize,
    },
    /// A tile that the player does not have.
    #[error("the rack has too few of the tile {0} for this")]
    NotOnRack(String),
    /// A tile that was kept, and is gone.
    #[error("the player kept a tile {0} before, which is not on the rack")]
    NotKept(String),
    /// More of a tile than there are.
    #[error("board and racks have more of the tile {0} than the set")]
    BeyondSet(String),
    /// What tiles that are left count by another rule than this rule set's.
    #[error("expected {expected:+} points for the tiles that are left, got {got:+}, as elsewhere")]
    Settlement {
        /// By the rules.
        expected: i32,
        /// In the record.
        got: i32,
    },
    /// Other tiles left than there are.
    #[error("expected the tiles {expected:?} to be left, got {got:?}")]
    TilesLeft {
        /// As far as they are known.
        expected: String,
        /// In the record.
        got: String,
    },
}

impl Difference {
    /// Whether the record can be followed in spite of it: it is about what a rack was said to have,
    /// and neither about the board nor points, or about how the tiles that are left are shared out,
    /// where the difference between two players is the same.
    #[must_use]
    pub const fn is_forgivable(&self) -> bool {
        matches!(self, Self::NotKept(_) | Self::BeyondSet(_) | Self::Settlement { .. })
    }

    pub(super) fn of(fault: RackFault, alphabet: &Alphabet) -> Self {
        let show =
            |tile: Tile| tile.letter().map_or("?", |letter| alphabet.text(letter)).to_owned();
        match fault {
            RackFault::TooManyTiles { has, got } => Self::TooManyTiles { has, got },
            RackFault::NotOnRack(tile) => Self::NotOnRack(show(tile)),
            RackFault::NotKept(tile) => Self::NotKept(show(tile)),
            RackFault::BeyondSet(tile) => Self::BeyondSet(show(tile)),
        }
    }
}
