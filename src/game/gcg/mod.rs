//! GCG, the notation in which recorded games are kept: read, and written.
//!
//! Owns the text and what it says, up to which tile is meant to lie where. Whether a play was allowed
//! and what it was worth is a matter of the rules, which a replay asks.
//!
//! # The format
//! From John Chew's description (<https://www.poslfit.com/scrabble/gcg/>, version 1.3), with what
//! Quackle (`quackleio/gcgio.cpp`), macondo (`gcgio/gcg.go`) and MAGPIE (`src/impl/gcg.c`) write and
//! accept beyond it. A file is lines of words between spaces; any sequence of carriage returns and
//! line feeds ends a line, and empty lines mean nothing.
//!
//! ```text
//! #character-encoding UTF-8
//! #player1 Ada Ada Lovelace          nickname, full name
//! #player2 Bob Bob Smith
//! #lexicon NWL23
//! >Ada: AEHORST 8D EARTH +18 18      rack, where, what, points, total
//! >Bob: ?EILNQU D8 .QUaLINE +84 84   . is a tile that lay there, a lower case letter a blank
//! #note Not EQUALINE, it seems.      about the move before
//! >Bob: ?EILNQU -- -84 0             the play before is challenged and taken back
//! ```
//!
//! **Moves** begin with `>`, a nickname and a colon, and end with points and the total after them.
//! The rack may be told in part or not at all.
//!
//! | between nickname and points | meaning |
//! | --- | --- |
//! | `RACK 8D WORD` | a play across from row 8, column D; `D8` is down |
//! | `RACK -` | a pass, also a turn lost by a wrong challenge |
//! | `RACK -ABC`, `RACK -3` | an exchange of these tiles; of three that nobody saw |
//! | `RACK --` | the play just before is taken back, with its points |
//! | `RACK (challenge)` | points for having been challenged wrongly |
//! | `(ABC)` | points for the tiles that others have left |
//! | `RACK (RACK)` | points lost for one's own tiles that are left |
//! | `RACK (time)` | points lost for time |
//!
//! In a word, `.` or letters in parentheses are played through, lower case letters are blanks, and a
//! tile of several characters is in brackets: `8D CO[CH]E`. On a rack a blank is `?`.
//!
//! **Pragmas** begin with `#`. [`Game::players`] has `#player1` to `#player4`. [`Pragma`] has those
//! with tiles or with a meaning for moves: `#note` (all lines after it that begin with neither `#` nor
//! `>` belong to it), `#rack1` to `#rack4` (what is known of a rack where the record ends) and
//! `#incomplete` (the record ends before the game does, with this rack). All others are kept as they
//! are, in their place, known or not: `#title`, `#description`, `#id` (who gave it, and what),
//! `#lexicon`, `#tile-set`, `#tile-distribution`, `#tile-declaration`, `#tile` (capitals and lower case
//! of a tile of several characters), `#game-type`, `#game-board`, `#board-layout`, `#style`. A line
//! `#- …` goes on with the pragma before it.
//!
//! **Characters**: `#character-encoding` in the first line, or else ISO 8859-1, says the description;
//! yet UTF-8 without it is common, and told apart with near certainty ([`Source::decode`]). What is
//! read is brought into Unicode normalisation form C. What is written is UTF-8.
//!
//! # Strict and lenient
//! A [`Mistake`] has a line and a reason. Where the meaning is clear in spite of it, as without a
//! total or with letters where `.` belongs, [`Mode::Lenient`] goes on and hands it back as a warning
//! ([`Fault::is_forgivable`] tells which).

mod fault;
mod hints;
mod moves;
mod prose;
mod read;
mod replay;
mod source;
mod write;

use super::{Placement, Rack, TileCounts};

pub use fault::{Fault, Mistake};
pub use hints::UnknownTiles;
pub use prose::{Keyword, Nickname, Prose};
pub use read::{Mode, Reading};
pub use replay::{Difference, Extent, Replay, Turn};
pub use source::Source;

/// The most bytes of a file. A game of four on the largest board has some 300 moves; the rest is for
/// notes.
pub const BYTES_MAX: usize = 1 << 20;

/// A recorded game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Game {
    /// The players, 2 to [`PLAYERS_MAX`](super::PLAYERS_MAX), by their numbers.
    pub players: Vec<Player>,
    /// What is told before the first move.
    pub pragmas: Vec<Pragma>,
    /// The moves, in their order.
    pub moves: Vec<Move>,
}

/// Who plays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// What moves call the player.
    pub nickname: Nickname,
    /// The full name, which may be left out; on one line.
    pub name: Prose,
}

/// One line of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The player's place in [`Game::players`].
    pub seat: usize,
    /// The tiles that are known of the rack before the move.
    pub rack: Rack,
    /// What was done.
    pub action: Action,
    /// The points for it, which are negative where they are lost.
    pub score: i32,
    /// The player's points after it.
    pub total: i32,
    /// What is told after it and before the next.
    pub pragmas: Vec<Pragma>,
}

/// What a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Tiles placed.
    Play(Placement),
    /// Nothing, also where a wrong challenge costs the turn.
    Pass,
    /// These tiles exchanged.
    Exchange(Rack),
    /// So many tiles exchanged, which nobody saw.
    ExchangeUnseen(u8),
    /// The player's play just before is taken back: it was challenged, and wrong.
    TakeBack,
    /// Points because the player's play was challenged, and right.
    ChallengeBonus,
    /// Points lost for time.
    TimePenalty,
    /// Points for tiles that others have left.
    RackPoints(TileCounts),
    /// Points lost for the player's own tiles that are left.
    RackPenalty(TileCounts),
}

/// A pragma other than a player and the encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pragma {
    /// What somebody says of the move before.
    Note(Prose),
    /// What is known of a player's rack where the record ends.
    Rack {
        /// The player's place in [`Game::players`].
        seat: usize,
        /// The tiles.
        rack: Rack,
    },
    /// The record ends before the game, and whoever is to move has this rack.
    Incomplete(Rack),
    /// Any other.
    Other {
        /// What comes after `#`, as it stands there.
        keyword: Keyword,
        /// The rest, as it stands there.
        text: Prose,
    },
}

impl Game {
    /// The text of the first pragma before the moves that has this keyword, in capitals or not.
    #[must_use]
    pub fn pragma(&self, name: &str) -> Option<&str> {
        self.pragmas.iter().find_map(|pragma| match pragma {
            Pragma::Other { keyword, text } if keyword.is(name) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Every pragma, before the moves and after each.
    pub fn all_pragmas(&self) -> impl Iterator<Item = &Pragma> {
        self.pragmas.iter().chain(self.moves.iter().flat_map(|one| &one.pragmas))
    }

    /// Whether the record says that it ends before the game.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.all_pragmas().any(|pragma| matches!(pragma, Pragma::Incomplete(_)))
    }

    /// What `#rack1` to `#rack4` tell of a player's rack where the record ends.
    #[must_use]
    pub fn last_rack(&self, of: usize) -> Option<Rack> {
        self.all_pragmas().find_map(|pragma| match pragma {
            Pragma::Rack { seat, rack } if *seat == of => Some(*rack),
            _ => None,
        })
    }
}

impl Action {
    /// Whether its points are written with a minus even if there are none.
    #[must_use]
    pub const fn is_loss(&self) -> bool {
        matches!(self, Self::TakeBack | Self::TimePenalty | Self::RackPenalty(_))
    }

    /// How many tiles it takes from the rack.
    #[must_use]
    pub fn tiles_used(&self) -> usize {
        match self {
            Self::Play(placement) => placement.tiles().flatten().count(),
            Self::Exchange(tiles) => tiles.len(),
            Self::ExchangeUnseen(count) => usize::from(*count),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
