//! What identifies a rule set: the hash of everything in it that matters to play.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::game::{Square, Tile};

use super::{RuleSet, Scoreless, Settlement, WordPremiums};

impl RuleSet {
    /// The SHA-256 of its [`content`](Self::content): rule sets by which the same is played have the
    /// same one, whatever they are called.
    #[must_use]
    pub fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(self.content()).into()
    }

    /// All that matters to play, as a text in UTF-8 that anybody can write. Each line ends with a line
    /// feed; what is named in small letters here stands there as it is, flags are `true` or `false`,
    /// and numbers are decimal:
    ///
    /// ```text
    /// scrabble-backend rules v1
    /// tile ? COUNT 0                 the blank, then each letter in the alphabet's order
    /// tile LETTER COUNT VALUE
    /// board SIDE
    /// L*W L*W …                      a row a line: by how much each square multiplies letter and word
    /// rack_size N
    /// bingo_bonus N
    /// exchange_minimum N
    /// scoreless TURNS_EACH COUNTS_EXCHANGES COUNTS_LOST_TURNS
    /// settlement doubled             or moved
    /// word_premiums multiplied       or added
    /// words_repeat FLAG
    /// overtime_points N
    /// overtime_minutes_max N         or none
    /// ```
    ///
    /// Names, titles and folded spellings change no play. How many play and how words are questioned is
    /// each game's own, within what the rule set offers.
    #[must_use]
    pub fn content(&self) -> String {
        let mut text = "scrabble-backend rules v1\n".to_owned();
        self.write_tiles(&mut text);
        self.write_board(&mut text);
        self.write_numbers(&mut text);
        text
    }

    fn write_tiles(&self, text: &mut String) {
        let letters = self.alphabet.letters().map(|letter| (self.alphabet.text(letter), letter));
        let tiles = letters.map(|(shown, letter)| (shown, Tile::of(letter)));
        for (shown, tile) in std::iter::once(("?", Tile::BLANK)).chain(tiles) {
            let (count, value) = (self.counts.of(tile), self.value(tile));
            let _ = writeln!(text, "tile {shown} {count} {value}");
        }
    }

    fn write_board(&self, text: &mut String) {
        let side = self.layout.side();
        let _ = writeln!(text, "board {side}");
        for row in 0..side {
            let premiums = (0..side).map(|column| self.layout.premium(Square { row, column }));
            let squares: Vec<String> =
                premiums.map(|premium| format!("{}*{}", premium.letter, premium.word)).collect();
            let _ = writeln!(text, "{}", squares.join(" "));
        }
    }

    fn write_numbers(&self, text: &mut String) {
        let Self { rack_size, bingo_bonus, exchange_minimum, words_repeat, .. } = self;
        let settlement = match self.settlement {
            Settlement::Doubled => "doubled",
            Settlement::Moved => "moved",
        };
        let word_premiums = match self.word_premiums {
            WordPremiums::Multiplied => "multiplied",
            WordPremiums::Added => "added",
        };
        let minutes =
            self.overtime_minutes_max.map_or_else(|| "none".to_owned(), |most| most.to_string());
        let _ = writeln!(text, "rack_size {rack_size}");
        let _ = writeln!(text, "bingo_bonus {bingo_bonus}");
        let _ = writeln!(text, "exchange_minimum {exchange_minimum}");
        let Scoreless { turns_each, counts_exchanges, counts_lost_turns } = self.scoreless;
        let _ = writeln!(text, "scoreless {turns_each} {counts_exchanges} {counts_lost_turns}");
        let _ = writeln!(text, "settlement {settlement}");
        let _ = writeln!(text, "word_premiums {word_premiums}");
        let _ = writeln!(text, "words_repeat {words_repeat}");
        let _ = writeln!(text, "overtime_points {}", self.overtime_points);
        let _ = writeln!(text, "overtime_minutes_max {minutes}");
    }
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
