//! English rules for the tests of this folder, and plays as text.

use crate::lexicon::{Alphabet, Graph, GraphBuilder, LETTERS_MAX, Letter, Word};

use super::*;

const COUNTS: [u8; 27] =
    [2, 9, 2, 2, 4, 12, 2, 3, 2, 9, 1, 1, 4, 2, 6, 8, 2, 1, 6, 4, 6, 4, 2, 2, 1, 2, 1];
const VALUES: [u8; 27] =
    [0, 1, 3, 3, 2, 1, 4, 2, 4, 1, 8, 5, 1, 3, 1, 1, 3, 10, 1, 1, 1, 1, 4, 4, 8, 4, 10];

/// The board's upper left quarter with its middle lines: `=` and `-` triple and double words, `"` and
/// `'` triple and double letters.
const QUARTER: [&str; 8] = [
    "=  '   =",
    " -   \"  ",
    "  -   ' ",
    "'  -   '",
    "    -   ",
    " \"   \" \"",
    "  '   ' ",
    "=  '   -",
];

/// 15 by 15 squares, 100 tiles, words checked at once.
pub(crate) fn english() -> RuleSet {
    let letters: Vec<String> = ('A'..='Z').map(String::from).collect();
    let mut values = [0; LETTERS_MAX + 1];
    values[..27].copy_from_slice(&VALUES);
    let counts = (0..27_u8).flat_map(|index| {
        std::iter::repeat_n(
            Tile::from_index(index).unwrap(),
            usize::from(COUNTS[usize::from(index)]),
        )
    });
    let fold = |at: usize| if at < 8 { at } else { 14 - at };
    let premiums = (0..225).map(|at| {
        let (letter, word) = match QUARTER[fold(at / 15)].as_bytes()[fold(at % 15)] {
            b'=' => (1, 3),
            b'-' => (1, 2),
            b'"' => (3, 1),
            b'\'' => (2, 1),
            _ => (1, 1),
        };
        Premium { letter, word }
    });
    RuleSet {
        name: "test_english".into(),
        title: "English for tests".into(),
        language: "en".into(),
        alphabet: Alphabet::new(letters.iter().map(String::as_str), []).unwrap(),
        counts: counts.collect(),
        values,
        layout: Layout::new(premiums.collect()).unwrap(),
        rack_size: 7,
        bingo_bonus: 50,
        exchange_minimum: 7,
        scoreless: Scoreless { turns_each: 3, counts_exchanges: true },
        settlement: Settlement::Doubled,
        word_premiums: WordPremiums::Multiplied,
        words_repeat: true,
        challenge: ChallengeRule::Void,
        overtime_points: 10,
        overtime_minutes_max: Some(10),
        players: (2, 4),
    }
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
