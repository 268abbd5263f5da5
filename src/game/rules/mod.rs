//! Rule sets: what differs between languages and editions, as data.
//!
//! Scrabble is one game with many editions. What is the same in all of them is code: how tiles are
//! placed, how words are scored, in what order players take turns. What differs is a [`RuleSet`], and
//! each one that comes with the program is a file beside this one, which names its sources and says
//! which was followed where they disagree:
//!
//! | What differs | How much | Where it is written |
//! | --- | --- | --- |
//! | The letters, how many tiles each has and what they count | 24 to 33 letters, 100 to 200 tiles | `tiles` |
//! | Letters of two characters | Spanish: CH, LL, RR | `tiles` |
//! | Spellings that are played as others | É as E in French, ß as SS in German, Ё as Е in Erudit | `folds` |
//! | Blanks | 2; 3 in Portuguese and Erudit, 4 in Super Scrabble | `blanks` |
//! | The board and its premiums | 15 by 15; 21 by 21 in Super Scrabble; no premium in the middle in Erudit | `board`, a picture in `boards/` |
//! | Points for placing a full rack | 50; 15 in Erudit | `bingo_bonus` |
//! | How premium words in one word combine | They multiply; in Erudit they add | `word_premiums` |
//! | Whether a word may be made twice in a game | It may; not in Erudit | `words_repeat` |
//! | Tiles in the bag for an exchange | 7; 3 in Italian, 1 in Spanish and Erudit | `exchange_minimum` |
//! | How many turns without points end the game | 2 or 3 of each player, with exchanges and lost turns or without | `scoreless` |
//! | Who gets the points of the tiles that are left | Doubled in English tournaments, moved elsewhere | `settlement` |
//! | What a wrong challenge costs | Nothing, the turn, or points | `challenge` |
//! | What overtime costs | Mostly 10 points a minute, and the game after 10 | `overtime_points`, `overtime_minutes_max` |
//!
//! Some rules of editions are left out, for no field says them: that a star of Erudit may be taken from
//! the board for its letter, the Italian exchange that costs no turn (cambio secco), and that a French
//! game ends with a player's time. The files say so where it concerns them. Which words there are is the
//! lexicon's affair.
//!
//! An operator's own edition is a file of the same form. It is checked as the built-in ones are: see
//! [`RuleSet::parse`].

mod built_in;
mod content;
mod file;
mod mistake;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lexicon::{Alphabet, LETTERS_MAX};

use super::{Layout, Tile, TileCounts};

pub use file::RULES_BYTES_MAX;
pub use mistake::{ForeignAlphabet, InvalidRules, RulesMistake};

/// Everything that a game's rules leave to its language and edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSet {
    /// What it is called in commands and over the API, as `english_super`: small letters, digits and
    /// underscores, at most [`RULES_NAME_MAX`] of them, a letter first.
    pub name: Box<str>,
    /// What it is called before people: `Scrabble in English`. One line.
    pub title: Box<str>,
    /// The language of its words, a BCP 47 tag.
    pub language: Box<str>,
    /// Its letters.
    pub alphabet: Alphabet,
    /// How many tiles there are of each, at most [`SET_TILES_MAX`](super::SET_TILES_MAX) together, and
    /// enough to fill the racks of all players. A letter may have none: only a blank stands for it.
    pub counts: TileCounts,
    /// What a tile counts, by [`Tile::index`], at most [`TILE_VALUE_MAX`]; the blank 0.
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
    /// Minutes over time at which the game is lost, at least 1; none where it is not lost so. A game
    /// has no clock and never applies this itself: whoever keeps the clock must send
    /// [`TimeOut`](super::Action::TimeOut) at that minute.
    pub overtime_minutes_max: Option<u8>,
    /// The fewest and the most players, from 2 to [`PLAYERS_MAX`](super::PLAYERS_MAX).
    pub players: (u8, u8),
}

/// The most characters of a rule set's name.
pub const RULES_NAME_MAX: usize = 40;

/// The most that a tile counts.
pub const TILE_VALUE_MAX: u8 = 99;

impl RuleSet {
    /// The built-in rule set of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|rules| &*rules.name == name)
    }

    /// All built-in rule sets: the English ones, the Russian ones, then those of other languages.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &built_in::RULE_SETS
    }

    /// From a file's text, which must be of the form that the built-in files show: all keys there, no
    /// others, the sums of tiles and points as it states them. `file_name` is for errors only.
    ///
    /// # Errors
    /// [`InvalidRules`] names the first line that is wrong.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, InvalidRules> {
        file::parse(text, file_name)
    }

    /// Whether a lexicon can be played with: it must have been built for just these letters in this
    /// order, since a letter is but a number in both.
    ///
    /// # Errors
    /// [`ForeignAlphabet`] names the letters that differ.
    pub fn admits(&self, lexicon: &Alphabet) -> Result<(), ForeignAlphabet> {
        let missing = |from: &Alphabet, to: &Alphabet| {
            let missing: Vec<&str> = (from.letters().map(|letter| from.text(letter)))
                .filter(|text| to.letter(text).is_none())
                .collect();
            missing.join(" ")
        };
        let rules = self.name.clone();
        let without_tile = missing(lexicon, &self.alphabet);
        if !without_tile.is_empty() {
            return Err(ForeignAlphabet::WithoutTile { rules, letters: without_tile });
        }
        let without_word = missing(&self.alphabet, lexicon);
        if !without_word.is_empty() {
            return Err(ForeignAlphabet::Unknown { rules, letters: without_word });
        }
        let is_in_order =
            lexicon.letters().all(|letter| lexicon.text(letter) == self.alphabet.text(letter));
        if is_in_order { Ok(()) } else { Err(ForeignAlphabet::Order { rules }) }
    }

    /// How many tiles the bag must have for an exchange of so many, at most a rack's.
    #[must_use]
    pub fn exchange_needs(&self, tiles: usize) -> u8 {
        self.exchange_minimum.max(tiles.min(crate::game::RACK_TILES_MAX) as u8)
    }

    /// What a tile counts.
    #[must_use]
    pub const fn value(&self, tile: Tile) -> u8 {
        self.values[tile.index()]
    }
}

/// When turns without points end the game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoreless {
    /// How many successive ones of each player end it, 1 to 10.
    pub turns_each: u8,
    /// Whether an exchange is one. Where it is not, it begins the count anew.
    pub counts_exchanges: bool,
    /// Whether a play that is taken back, and a turn that a wrong challenge costs, is one. Where it is
    /// not, it begins the count anew. A pass always is one.
    pub counts_lost_turns: bool,
}

/// Who gets the points of the tiles that are left when somebody goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// Of two players, who goes out gets twice what the other has left (NASPA). With more players, or
    /// where nobody goes out, as [`Moved`](Self::Moved).
    Doubled,
    /// Everybody loses what they have left, and who goes out gets all of it (WESPA, box rules).
    Moved,
}

/// How several word premiums that one play covers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WordPremiums {
    /// Two doubles count four times.
    Multiplied,
    /// Two doubles count four times too, a double and a triple five times.
    Added,
}

/// How words are questioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
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

#[cfg(test)]
mod tests;
