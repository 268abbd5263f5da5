//! What is wrong with a file of rules, or with a lexicon for them, said to an operator.

use crate::game::{PLAYERS_MAX, SET_TILES_MAX};
use crate::lexicon::InvalidAlphabet;

use super::built_in::BOARD_NAMES;
use super::file::RULES_BYTES_MAX;
use super::{RULES_NAME_MAX, TILE_VALUE_MAX};

/// Why a text is no rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {mistake}")]
pub struct InvalidRules {
    /// The file's name, as whoever reads it knows it.
    pub file: String,
    /// The line, from 1. A key that is missing is missed in line 1.
    pub line: usize,
    /// What is wrong there.
    pub mistake: RulesMistake,
}

/// What is wrong with a rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesMistake {
    /// A text that nobody would write by hand.
    #[error("expected at most {RULES_BYTES_MAX} bytes, got {0}")]
    TooLarge(usize),
    /// No TOML, a key that is missing, unknown or there twice, or a value of another type.
    #[error("{0}")]
    Form(String),
    /// A name that can't be one.
    #[error("name: expected 1 to {RULES_NAME_MAX} of a-z, 0-9 and _, a letter first, got {0:?}")]
    Name(String),
    /// A title that can't be one.
    #[error("title: expected a line of 1 to 80 characters, got {0:?}")]
    Title(String),
    /// No BCP 47 tag.
    #[error("language: expected a BCP 47 tag such as en or pt-BR, got {0:?}")]
    Language(String),
    /// No board of ours.
    #[error("board: expected one of {}, got {got:?}", BOARD_NAMES.join(", "))]
    Board {
        /// What is written there.
        got: String,
    },
    /// A number out of its range.
    #[error("{key}: expected {least} to {most}, got {got}")]
    Range {
        /// Whose value it is.
        key: &'static str,
        /// The least that it may be.
        least: usize,
        /// The most that it may be.
        most: usize,
        /// What it is.
        got: usize,
    },
    /// Numbers of players that make no range.
    #[error("players: expected the fewest and the most, from 2 to {PLAYERS_MAX}, got {0} and {1}")]
    Players(u8, u8),
    /// Tiles that count too much.
    #[error("{letter}: expected a value of 0 to {TILE_VALUE_MAX}, got {got}")]
    Value {
        /// Whose value it is.
        letter: String,
        /// What it is.
        got: u8,
    },
    /// Letters or folds that make no alphabet.
    #[error(transparent)]
    Alphabet(#[from] InvalidAlphabet),
    /// A fold of nothing, or of a character that is folded already.
    #[error("expected characters that are folded into {to:?} and nothing else, got {from:?}")]
    Fold {
        /// What is folded.
        from: String,
        /// Into what.
        to: String,
    },
    /// More tiles than a set may have.
    #[error("expected at most {SET_TILES_MAX} tiles, got {0}")]
    TooManyTiles(usize),
    /// Tiles that do not suffice to begin with.
    #[error(
        "{players} players with racks of {rack_size} need more than the {tiles} tiles there are"
    )]
    TooFewTiles {
        /// The most players.
        players: u8,
        /// Tiles on a full rack.
        rack_size: u8,
        /// Tiles of the set.
        tiles: usize,
    },
    /// A sum that is not what the tiles come to.
    #[error("{key}: {stated} is stated, but the tiles come to {counted}")]
    Total {
        /// Which sum.
        key: &'static str,
        /// What the file states.
        stated: usize,
        /// What its tiles come to.
        counted: usize,
    },
}

/// Why a lexicon can't be played with a rule set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ForeignAlphabet {
    /// The lexicon has letters that the rules do not know.
    #[error("the lexicon was built for another alphabet: {rules} has no tile for {letters}")]
    WithoutTile {
        /// The rule set's name.
        rules: Box<str>,
        /// The letters, in the lexicon's order, with spaces between.
        letters: String,
    },
    /// The rules have letters that the lexicon does not know.
    #[error(
        "the lexicon was built for another alphabet: {rules} has {letters}, which it does not know"
    )]
    Unknown {
        /// The rule set's name.
        rules: Box<str>,
        /// The letters, in the rules' order, with spaces between.
        letters: String,
    },
    /// The same letters in another order.
    #[error(
        "the lexicon was built for another alphabet: it has the letters of {rules} in another order"
    )]
    Order {
        /// The rule set's name.
        rules: Box<str>,
    },
}
