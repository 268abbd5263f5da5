//! CGP, the crossword game position: a board, racks and scores on one line, as FEN is for chess.
//!
//! Read and written here for any alphabet and board. Whether a position can come about, and whether
//! it has more tiles than the set, is not asked of the notation; [`Position::unseen`] tells the
//! second.
//!
//! # The format
//! From César Del Solar's description of it in macondo (`cgp/README.md`), with what MAGPIE's
//! `src/impl/cgp.c` does where that is silent. Fields are separated by spaces:
//!
//! ```text
//! 15/15/15/15/15/15/15/5COcHE5/15/15/15/15/15/15/15 AEINRST/?Q 24/0 0 lex FISE2; ld spanish;
//! └─────────────────────┬──────────────────────────┘ └────┬───┘ └┬─┘ ┬ └─────────┬─────────┘
//!                     board                             racks scores │       opcodes
//!                                                             turns without points
//! ```
//!
//! - **Board**: its rows from the top, between slashes. A number is so many empty squares, a capital
//!   a tile, lower case a blank that stands for that letter, `[CH]` a tile of several characters
//!   (`[ch]` a blank for it).
//! - **Racks**: of each player, between slashes, whoever is to move first; `?` is a blank. A rack may
//!   be known in part or not at all.
//! - **Scores**: in the same order. They may be negative.
//! - **Turns without points**: how many there were in succession, a number.
//! - **Opcodes**: `name value;` as in chess's EPD. Those in use are `lex` (the lexicon; `l1` and `l2`
//!   for one each), `ld` (letter distribution), `bdn` (board layout), `bb` (bingo bonus), `var`
//!   (variant), `mcnz` (how many turns without points end the game), `tmr` (time left), `gid` (game's
//!   id). All are kept in their order, known or not. MAGPIE's commands write a dash before the name,
//!   which is read and not written.

mod parse;

use std::fmt;

use crate::lexicon::Alphabet;

use super::tile_text::{write_squares, write_tiles};
use super::{Board, Rack, Square, Tile, TileCounts};

pub use parse::{InvalidCgp, InvalidRack, InvalidRow, opcodes};

/// The most bytes of a position: those of a full board with every tile in brackets, and room for
/// opcodes.
pub const BYTES_MAX: usize = 8192;

/// A position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Squares on a side of the board.
    pub side: u8,
    /// The tiles on it.
    pub board: Board,
    /// The players, 2 to [`PLAYERS_MAX`](crate::game::PLAYERS_MAX); the first is to move.
    pub players: Vec<Player>,
    /// How many turns without points there were in succession.
    pub scoreless_turns: u8,
    /// What else is told, in its order.
    pub opcodes: Vec<Opcode>,
}

/// What a position tells of a player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Player {
    /// The tiles that are known of the rack.
    pub rack: Rack,
    /// The points.
    pub score: i32,
}

/// An opcode such as `lex NWL23`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opcode {
    name: Box<str>,
    value: Box<str>,
}

/// A tile of which there are more in a position than in the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are more tiles of one kind than the set has")]
pub struct TooManyOf(pub Tile);

impl Opcode {
    /// With a name in one word and a value on one line, which may be empty and is trimmed; nothing
    /// where they are otherwise or have a `;`.
    #[must_use]
    pub fn new(name: &str, value: &str) -> Option<Self> {
        let value = value.trim();
        let is_word = !name.is_empty() && !name.starts_with('-');
        let is_clean = !name.contains(|c: char| c == ';' || c.is_whitespace() || c.is_control())
            && !value.contains(|c: char| c == ';' || c.is_control());
        (is_word && is_clean).then(|| Self { name: name.into(), value: value.into() })
    }

    /// Its name, such as `lex`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its value, such as `NWL23`.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl Position {
    /// The value of the first opcode with a name.
    #[must_use]
    pub fn opcode(&self, name: &str) -> Option<&str> {
        self.opcodes.iter().find(|opcode| opcode.name() == name).map(Opcode::value)
    }

    /// The position as text, which [`parse`](Self::parse) reads as the same position.
    #[must_use]
    pub fn display<'a>(&'a self, alphabet: &'a Alphabet) -> impl fmt::Display + 'a {
        fmt::from_fn(move |formatter| formatter.write_str(&self.write(alphabet)))
    }

    /// The tiles of the set that are neither on the board nor on a rack that is known.
    ///
    /// # Errors
    /// [`TooManyOf`] names the first tile that the set has not often enough.
    pub fn unseen(&self, set: &TileCounts) -> Result<TileCounts, TooManyOf> {
        let mut unseen = *set;
        let on_board = self.board.tiles().map(|(_, placed)| placed.tile());
        let on_racks = self.players.iter().flat_map(|player| player.rack.tiles().iter().copied());
        for tile in on_board.chain(on_racks) {
            if !unseen.remove(tile) {
                return Err(TooManyOf(tile));
            }
        }
        Ok(unseen)
    }

    fn write(&self, alphabet: &Alphabet) -> String {
        let mut text = String::new();
        for row in 0..self.side {
            if row > 0 {
                text.push('/');
            }
            self.write_row(alphabet, row, &mut text);
        }
        for (index, player) in self.players.iter().enumerate() {
            text.push(if index == 0 { ' ' } else { '/' });
            write_tiles(alphabet, player.rack.tiles(), &mut text);
        }
        for (index, player) in self.players.iter().enumerate() {
            text.push(if index == 0 { ' ' } else { '/' });
            text.push_str(&player.score.to_string());
        }
        text.push(' ');
        text.push_str(&self.scoreless_turns.to_string());
        for opcode in &self.opcodes {
            text.push(' ');
            text.push_str(&opcode.name);
            if !opcode.value.is_empty() {
                text.push(' ');
                text.push_str(&opcode.value);
            }
            text.push(';');
        }
        text
    }

    fn write_row(&self, alphabet: &Alphabet, row: u8, to: &mut String) {
        let squares = (0..self.side).map(|column| self.board.tile(Square { row, column }));
        write_squares(alphabet, squares, to, |empty, to| to.push_str(&empty.to_string()));
    }
}

#[cfg(test)]
mod tests;
