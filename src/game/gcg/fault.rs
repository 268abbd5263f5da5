//! What can be wrong with a GCG file, and which of it leaves the meaning clear.

use crate::game::tile_text::NotATile;
use crate::game::{BOARD_SIDE_MAX, PLAYERS_MAX};

use super::BYTES_MAX;

/// What is wrong, and in which line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A file that is too long.
    #[error("expected at most {BYTES_MAX} bytes, got {0}")]
    TooLong(usize),
    /// An encoding that nobody knows.
    #[error("{0:?} is no character encoding that is known here")]
    UnknownEncoding(String),
    /// Bytes that the encoding does not have.
    #[error("the file is not in the encoding that it says, {0}")]
    NotInEncoding(String),
    /// UTF-8 without a word of it.
    #[error("expected #character-encoding UTF-8 in the first line, as the file is in UTF-8")]
    EncodingMissing,
    /// An encoding that is told too late.
    #[error("expected #character-encoding in the first line only")]
    EncodingLate,
    /// A `#` alone.
    #[error("expected a keyword after #, got {0:?}")]
    NoKeyword(String),
    /// What goes on with no pragma.
    #[error("#- goes on with the pragma of the line before, and there is none")]
    NothingToContinue,
    /// Text that is no part of anything.
    #[error("expected a move, which begins with >, or a pragma, which begins with #; got {0:?}")]
    Stray(String),
    /// A player whose number no player has.
    #[error("expected a player's number from 1 to {PLAYERS_MAX}, got {0:?}")]
    PlayerNumber(String),
    /// A player without a nickname.
    #[error("expected a nickname and a name after #player{0}")]
    NoNickname(usize),
    /// A player who is told twice.
    #[error("#player{0} stands there twice")]
    PlayerTwice(usize),
    /// A nickname that two have.
    #[error("two players have the nickname {0:?}")]
    NicknameTwice(String),
    /// Numbers of players that leave one out.
    #[error("expected #player1 to #player{0} without a gap, at least two")]
    PlayersMissing(usize),
    /// A player who comes after moves.
    #[error("expected #player{0} before the first move")]
    PlayerLate(usize),
    /// A player whom no pragma told of.
    #[error("no #player has the nickname {0:?}")]
    UnknownPlayer(String),
    /// A move without a player.
    #[error("expected >, a nickname and a colon, got {0:?}")]
    NoPlayer(String),
    /// A move that says nothing.
    #[error(
        "expected a coordinate such as 8D, or -, --, (challenge), (time) or tiles in parentheses, \
         got {0:?}"
    )]
    NoAction(String),
    /// A play without tiles.
    #[error("expected the word that is played at {0}")]
    NoWord(String),
    /// A word that is none.
    #[error("the word {word:?}: {fault}")]
    Word {
        /// As it stands there.
        word: String,
        /// What is wrong with it.
        fault: InvalidWord,
    },
    /// A tile on a square that has another.
    #[error("the word {word:?}: the square {square} has a {there} already, not a {placed}")]
    Occupied {
        /// As it stands there.
        word: String,
        /// As a play across would begin there.
        square: String,
        /// What lies there.
        there: String,
        /// What the word has there.
        placed: String,
    },
    /// A letter that lay there, told as if it was placed.
    #[error("expected . for each tile that lay on the board, got the letters {0:?}")]
    LettersForDots(String),
    /// Letters in parentheses where others lie.
    #[error("the word {word:?}: {square} has no {expected} to play through")]
    PlayedThrough {
        /// As it stands there.
        word: String,
        /// As a play across would begin there.
        square: String,
        /// What the word has there.
        expected: String,
    },
    /// Tiles that are none.
    #[error("the tiles {tiles:?}: {fault}")]
    Tiles {
        /// As they stand there.
        tiles: String,
        /// What is wrong with them.
        fault: NotATile,
    },
    /// More tiles than a rack holds.
    #[error("expected at most {max} tiles, got {got} in {tiles:?}")]
    TooManyTiles {
        /// As they stand there.
        tiles: String,
        /// How many a rack holds.
        max: usize,
        /// How many there are.
        got: usize,
    },
    /// An exchange of a number of tiles that no rack holds.
    #[error("expected 1 to {max} tiles to be exchanged, got {count:?}")]
    ExchangeCount {
        /// As it stands there.
        count: String,
        /// How many a rack holds.
        max: usize,
    },
    /// A play to take back that is not there.
    #[error("expected -- right after a play of the same player")]
    NothingToTakeBack,
    /// No points.
    #[error("expected the points with a sign, such as +24, got {0:?}")]
    NoScore(String),
    /// Points without a sign, or with two.
    #[error("expected a sign before the points, + or -, got {0:?}")]
    Sign(String),
    /// No total.
    #[error("expected the total after the points, got nothing")]
    NoTotal,
    /// A total that is no number.
    #[error("expected the total after the points, a whole number, got {0:?}")]
    Total(String),
    /// More than a move has.
    #[error("expected nothing after the total, got {0:?}")]
    Trailing(String),
}

/// Why text is no word on the board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWord {
    /// What is no tile.
    #[error(transparent)]
    Tile(#[from] NotATile),
    /// A parenthesis that is not closed.
    #[error("expected a closing parenthesis ) after (")]
    Unclosed,
    /// No tile of the player's, or too many squares.
    #[error("expected a tile or more on at most {BOARD_SIDE_MAX} squares")]
    Length,
}

impl Fault {
    /// Whether the meaning is clear in spite of it.
    #[must_use]
    pub const fn is_forgivable(&self) -> bool {
        matches!(
            self,
            Self::NotInEncoding(_)
                | Self::EncodingMissing
                | Self::EncodingLate
                | Self::NoKeyword(_)
                | Self::Stray(_)
                | Self::NothingToContinue
                | Self::PlayersMissing(_)
                | Self::PlayerLate(_)
                | Self::UnknownPlayer(_)
                | Self::LettersForDots(_)
                | Self::PlayedThrough { .. }
                | Self::Sign(_)
                | Self::NoTotal
                | Self::Trailing(_)
        )
    }
}
