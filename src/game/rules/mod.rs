//! Rule sets: what differs between languages and editions, as data.

use crate::lexicon::{Alphabet, LETTERS_MAX};

use super::{Layout, Tile, TileCounts};

/// Everything that a game's rules leave to its language and edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// What it is called in commands and over the API: `english`, `english_super`.
    pub name: Box<str>,
    /// What it is called before people: `Scrabble in English`.
    pub title: Box<str>,
    /// The language of its words, a BCP 47 tag.
    pub language: Box<str>,
    /// Its letters.
    pub alphabet: Alphabet,
    /// How many tiles there are of each, at most [`SET_TILES_MAX`](super::SET_TILES_MAX) together.
    pub counts: TileCounts,
    /// What a tile counts, by [`Tile::index`]; the blank 0.
    pub values: [u8; LETTERS_MAX + 1],
    /// Its board.
    pub layout: Layout,
    /// Tiles on a full rack, 1 to [`RACK_TILES_MAX`](super::RACK_TILES_MAX).
    pub rack_size: u8,
    /// Points for placing a full rack's number of tiles in one turn.
    pub bingo_bonus: u8,
    /// How many tiles the bag must have for an exchange, at least 1.
    pub exchange_minimum: u8,
    /// When turns without points end the game.
    pub scoreless: Scoreless,
    /// Who gets the points of the tiles that are left when somebody goes out.
    pub settlement: Settlement,
    /// How several premium words in one word count.
    pub word_premiums: WordPremiums,
    /// Whether a word may be made that was made before in the game.
    pub words_repeat: bool,
    /// How words are questioned where a game does not say otherwise.
    pub challenge: ChallengeRule,
    /// Points off for each minute or part of one over time.
    pub overtime_points: u8,
    /// Minutes over time at which the game is lost; none where it is not lost so.
    pub overtime_minutes_max: Option<u8>,
    /// The fewest and the most players.
    pub players: (u8, u8),
}

impl RuleSet {
    /// What a tile counts.
    #[must_use]
    pub const fn value(&self, tile: Tile) -> u8 {
        self.values[tile.index()]
    }
}

/// When turns without points end the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scoreless {
    /// How many successive ones of each player end it.
    pub turns_each: u8,
    /// Whether an exchange is one. Where it is not, it begins the count anew.
    pub counts_exchanges: bool,
}

/// Who gets the points of the tiles that are left when somebody goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// Of two players, who goes out gets twice what the other has left (NASPA). With more players, or
    /// where nobody goes out, as [`Moved`](Self::Moved).
    Doubled,
    /// Everybody loses what they have left, and who goes out gets all of it (WESPA, box rules).
    Moved,
}

/// How several word premiums that one play covers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordPremiums {
    /// Two doubles count four times.
    Multiplied,
    /// Two doubles count four times too, a double and a triple five times.
    Added,
}

/// How words are questioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChallengeRule {
    /// They are checked at once: a play with an invalid word is illegal, and nothing is challenged.
    Void,
    /// A wrong challenge costs nothing.
    Single,
    /// A wrong challenge costs the turn.
    Double,
    /// A wrong challenge gives the challenged player points for the play.
    PointsPerPlay(u8),
    /// A wrong challenge gives the challenged player points for each word that was challenged.
    PointsPerWord(u8),
    /// Whoever is wrong loses the game.
    Triple,
}
