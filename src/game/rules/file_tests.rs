//! What is said of files that are no rule sets: one mistake after the other in the Spanish file.

use proptest::prelude::*;

use super::built_in::FILES;
use super::*;

/// A row of the Spanish file.
const Y: &str = "[\"Y\",   1,  4],";

/// What is put for what in the Spanish file, and what is said of it on the line of the first.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "name = \"spanish\"",
        "name = \"Spanish\"",
        "name: expected 1 to 40 of a-z, 0-9 and _, a letter first, got \"Spanish\"",
    ),
    (
        "title = \"Scrabble in Spanish\"",
        "title = \" \"",
        "title: expected a line of 1 to 80 characters, got \" \"",
    ),
    (
        "language = \"es\"",
        "language = \"e\"",
        "language: expected a BCP 47 tag such as en or pt-BR, got \"e\"",
    ),
    (
        "board = \"standard\"",
        "board = \"round\"",
        "board: expected one of standard, super, erudit, got \"round\"",
    ),
    (
        "players = [2, 4]",
        "players = [1, 4]",
        "players: expected the fewest and the most, from 2 to 4, got 1 and 4",
    ),
    (
        "players = [2, 4]",
        "players = [3, 2]",
        "players: expected the fewest and the most, from 2 to 4, got 3 and 2",
    ),
    (
        "players = [2, 4]",
        "players = [2, 5]",
        "players: expected the fewest and the most, from 2 to 4, got 2 and 5",
    ),
    ("players = [2, 4]", "players = [2]", "invalid length 1, expected two numbers, such as [2, 4]"),
    ("rack_size = 7", "rack_size = 9", "rack_size: expected 1 to 8, got 9"),
    ("rack_size = 7", "rack_size = 0", "rack_size: expected 1 to 8, got 0"),
    (
        "bingo_bonus = 50",
        "bingo_bonus = 256",
        "invalid value: integer `256`, expected a whole number from 0 to 255",
    ),
    (
        "bingo_bonus = 50",
        "bingo_bonus = \"50\"",
        "invalid type: string \"50\", expected a whole number from 0 to 255",
    ),
    (
        "tile_total = 100",
        "tile_total = -1",
        "invalid value: integer `-1`, expected a whole number, 0 or more",
    ),
    (
        "word_premiums = \"multiplied\"",
        "word_premiums = \"times\"",
        "unknown variant `times`, expected `multiplied` or `added`",
    ),
    ("words_repeat = true", "words_repeat = 1", "invalid type: integer `1`, expected a boolean"),
    ("exchange_minimum = 1", "exchange_minimum = 0", "exchange_minimum: expected 1 to 200, got 0"),
    (
        "scoreless = { turns_each = 2,",
        "scoreless = { turns_each = 0,",
        "turns_each: expected 1 to 10, got 0",
    ),
    (
        "challenge = \"single\"",
        "challenge = { points_per_word = 0 }",
        "points_per_word: expected 1 to 100, got 0",
    ),
    (
        "overtime_points = 10",
        "overtime_points = 101",
        "overtime_points: expected 0 to 100, got 101",
    ),
    (
        "overtime_points = 10",
        "overtime_minutes_max = 0\novertime_points = 10",
        "overtime_minutes_max: expected 1 to 60, got 0",
    ),
    ("overtime_points = 10", "overtime = 10", "unknown field `overtime`, expected one of"),
    ("overtime_points = 10", "overtime_points 10", "key with no value, expected `=`"),
    ("tile_total = 100", "tile_total = 99", "tile_total: 99 is stated, but the tiles come to 100"),
    (
        "points_total = 192",
        "points_total = 193",
        "points_total: 193 is stated, but the tiles come to 192",
    ),
    (
        Y,
        "[\"Y\", 1],",
        "invalid length 2, expected a letter, how many tiles and the points of each, such as [\"A\", 9, 1]",
    ),
    (Y, "[\"Y\", 300, 4],", "invalid value: integer `300`, expected a whole number from 0 to 255"),
    (
        "[\"Á\", \"A\"],",
        "[\"Á\"],",
        "invalid length 1, expected characters and what each is played as, such as [\"ÈÉ\", \"E\"]",
    ),
    (
        Y,
        "[\"y\", 1, 4],",
        "expected a letter of 1 to 4 characters in capitals (Unicode normalisation form C), got \"y\"",
    ),
    (Y, "[\"X\", 1, 4],", "the letter \"X\" stands there twice"),
    (Y, "[\"Y\", 1, 100],", "Y: expected a value of 0 to 99, got 100"),
    (
        "[\"ÚÜ\", \"U\"]",
        "[\"ÚÜ\", \"W\"]",
        "expected a spelling in capitals without spaces, other than a letter, that is folded into letters of the alphabet, got \"Ú\" folded into \"W\"",
    ),
    (
        "[\"ÚÜ\", \"U\"]",
        "[\"Úü\", \"U\"]",
        "expected a spelling in capitals without spaces, other than a letter, that is folded into letters of the alphabet, got \"ü\" folded into \"U\"",
    ),
    (
        "[\"ÚÜ\", \"U\"]",
        "[\"ÚY\", \"U\"]",
        "expected a spelling in capitals without spaces, other than a letter, that is folded into letters of the alphabet, got \"Y\" folded into \"U\"",
    ),
    (
        "[\"ÚÜ\", \"U\"]",
        "[\"ÚÁ\", \"U\"]",
        "expected characters that are folded into \"U\" and nothing else, got \"ÚÁ\"",
    ),
    (
        "[\"ÚÜ\", \"U\"]",
        "[\"\", \"U\"]",
        "expected characters that are folded into \"U\" and nothing else, got \"\"",
    ),
];

#[test]
fn each_mistake_is_told_with_the_line_on_which_it_stands() {
    for (from, to, said) in MISTAKES {
        // A key that is put before another stands on its line.
        let line = line_of(from);
        let got = mistake(from, to);
        let expected = format!("wrong.toml:{line}: {said}");
        assert!(got.starts_with(&expected), "expected {expected}\n     got {got}");
    }
}

#[test]
fn what_is_wrong_with_all_tiles_is_told_where_they_begin() {
    let line = line_of("tiles = [");
    assert_eq!(
        mistake("[\"E\",  12,  1]", "[\"E\", 113, 1]"),
        format!("wrong.toml:{line}: expected at most 200 tiles, got 201")
    );
    let few = "tile_total = 20\npoints_total = 18\ntiles = [[\"A\", 18, 1]]\nfolds = []";
    let with_few = format!("{}{few}", &spanish()[..spanish().find("tile_total").unwrap()]);
    let said = RuleSet::parse(&with_few, "few.toml").unwrap_err();
    assert_eq!(
        said.mistake.to_string(),
        "4 players with racks of 7 need more than the 20 tiles there are"
    );
    let none = with_few.replace("[[\"A\", 18, 1]]", "[]");
    let said = RuleSet::parse(&none, "none.toml").unwrap_err();
    assert_eq!(said.mistake.to_string(), "expected 1 to 62 letters, got 0");
}

#[test]
fn a_key_that_is_missing_or_there_twice_is_told() {
    assert!(mistake("bingo_bonus = 50\n", "").contains("missing field `bingo_bonus`"));
    let twice = mistake("bingo_bonus = 50\n", "bingo_bonus = 50\nbingo_bonus = 15\n");
    assert_eq!(twice, format!("wrong.toml:{}: duplicate key", line_of("bingo_bonus") + 1));
}

#[test]
fn a_text_that_nobody_writes_by_hand_is_refused_unread() {
    let said = RuleSet::parse(&" ".repeat(65_537), "long.toml").unwrap_err().to_string();
    assert_eq!(said, "long.toml:1: expected at most 65536 bytes, got 65537");
}

#[test]
fn a_text_that_is_nested_deeply_does_not_overflow_the_stack() {
    for nest in ["[", "{ a = ", "[{ a = "] {
        let text = format!("tiles = {}", nest.repeat(60_000 / nest.len()));
        let said = RuleSet::parse(&text, "deep.toml").unwrap_err();
        assert!(matches!(said.mistake, RulesMistake::Form(_)), "{said}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        text in any::<String>(),
        file in 0..FILES.len(),
        cut in any::<(prop::sample::Index, prop::sample::Index)>(),
        put in "[\\[\\]{}=\",.#\n a-zA-ZÉ0-9_-]{0,12}",
    ) {
        let _ = RuleSet::parse(&text, "any.toml");
        // What is almost right gets further than noise does.
        let characters: Vec<char> = FILES[file].1.chars().collect();
        let (from, to) = (cut.0.index(characters.len()), cut.1.index(characters.len()));
        let (from, to) = (from.min(to), from.max(to).min(from.min(to) + 20));
        let spoilt: String = characters[..from].iter().copied()
            .chain(put.chars())
            .chain(characters[to..].iter().copied())
            .collect();
        if let Err(said) = RuleSet::parse(&spoilt, "spoilt.toml") {
            prop_assert!((1..=spoilt.lines().count() + 1).contains(&said.line), "{said}");
        }
    }
}

fn spanish() -> &'static str {
    FILES.iter().find(|(name, _)| *name == "spanish.toml").unwrap().1
}

/// What becomes of the file `wrong.toml`: the Spanish one with one text put for another.
fn mistake(from: &str, to: &str) -> String {
    assert_eq!(spanish().matches(from).count(), 1, "{from}");
    RuleSet::parse(&spanish().replace(from, to), "wrong.toml").unwrap_err().to_string()
}

/// The line of the Spanish file on which a text begins.
fn line_of(part: &str) -> usize {
    spanish()[..spanish().find(part).unwrap()].matches('\n').count() + 1
}
