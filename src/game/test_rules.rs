//! Rules for the tests of this folder, and plays as text.

use crate::lexicon::{Graph, GraphBuilder, Letter, Word};

use super::*;

/// The English rules, but words are checked at once.
pub(crate) fn english() -> RuleSet {
    let english = RuleSet::named("english").expect("English is built in");
    RuleSet { challenge: ChallengeRule::Void, ..english.clone() }
}

/// A tile from a letter; `?` is the blank.
pub(crate) fn tile(text: char) -> Tile {
    if text == '?' { Tile::BLANK } else { Tile::of(letter(text)) }
}

/// A rack of such tiles.
pub(crate) fn rack(text: &str) -> Rack {
    Rack::new(text.chars().map(tile)).unwrap()
}

/// A word in capitals.
pub(crate) fn word(text: &str) -> Word {
    let letters: Vec<Letter> = text.chars().map(letter).collect();
    Word::new(&letters).unwrap()
}

/// A placement such as `8D .AT`: capitals are tiles, small letters blanks, dots played through.
pub(crate) fn placement(text: &str) -> Placement {
    let (coordinate, tiles) = text.split_once(' ').unwrap();
    let (start, direction) = Square::parse_coordinate(coordinate).unwrap();
    let tiles = tiles.chars().map(|c| match c {
        '.' => None,
        'a'..='z' => Some(PlacedTile::blank(letter(c.to_ascii_uppercase()))),
        _ => Some(PlacedTile::natural(letter(c))),
    });
    Placement::new(start, direction, tiles).unwrap()
}

/// A graph of words in capitals.
pub(crate) fn graph(words: &[&str]) -> Graph {
    let words: Vec<Word> = words.iter().map(|text| word(text)).collect();
    GraphBuilder::build(&words, |_| ()).unwrap()
}

fn letter(text: char) -> Letter {
    Letter::new(text as u8 - b'A' + 1).unwrap()
}
