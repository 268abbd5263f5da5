//! Rules by chance, which whoever takes this file in has beside the dice.

use super::{Dice, RuleSet, Scoreless, Tile};

/// How many letters of the alphabet a small set has.
pub(crate) const SMALL_LETTERS: usize = 6;

/// English rules with a small set of tiles, and much else by chance: games by them come to their end
/// soon.
pub(crate) fn small_rules(dice: &mut Dice) -> RuleSet {
    let mut rules = RuleSet::named("english").expect("English is built in").clone();
    let of_each = 3 + dice.roll(6) as usize;
    let letters = rules.alphabet.letters().take(SMALL_LETTERS);
    let tiles = letters.flat_map(|letter| std::iter::repeat_n(Tile::of(letter), of_each));
    rules.counts = tiles.chain([Tile::BLANK; 2]).collect();
    rules.rack_size = 4 + dice.roll(2) as u8;
    rules.exchange_minimum = 1 + dice.roll(7) as u8;
    rules.scoreless = Scoreless {
        turns_each: 2 + dice.roll(2) as u8,
        counts_exchanges: dice.roll(2) == 0,
        counts_lost_turns: dice.roll(2) == 0,
    };
    rules.words_repeat = dice.roll(4) != 0;
    rules
}
