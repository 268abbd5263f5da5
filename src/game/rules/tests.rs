//! Rule sets: the built-in ones against what is published, and what is said of wrong files.

use proptest::prelude::*;

use crate::game::{Premium, Square};
use crate::lexicon::Word;

use super::built_in::{BOARD_NAMES, FILES, board};
use super::*;

fn rules(name: &str) -> &'static RuleSet {
    RuleSet::named(name).unwrap()
}

#[test]
fn every_built_in_rule_set_is_found_by_the_name_of_its_file() {
    assert_eq!(RuleSet::all().len(), FILES.len());
    for (file, _) in FILES {
        let name = file.strip_suffix(".toml").unwrap();
        assert_eq!(&*rules(name).name, name);
    }
    assert_eq!(RuleSet::named("klingon"), None);
    assert_eq!(RuleSet::named("english.toml"), None);
}

/// After the tables of Wikipedia and of the sources that the files name; the points of Erudit, Italian
/// and Portuguese are published nowhere that we found, and follow from the values.
#[test]
fn each_set_has_as_many_letters_tiles_blanks_and_points_as_published() {
    for (name, letters, tiles, blanks, points) in [
        ("english", 26, 100, 2, 187),
        ("english_super", 26, 200, 4, 381),
        ("russian", 33, 104, 2, 224),
        ("erudit", 32, 131, 3, 315),
        ("german", 29, 102, 2, 202),
        ("french", 26, 102, 2, 197),
        ("spanish", 28, 100, 2, 192),
        ("polish", 32, 100, 2, 190),
        ("dutch", 26, 102, 2, 230),
        ("italian", 26, 120, 2, 293),
        ("portuguese", 24, 120, 3, 204),
    ] {
        let rules = rules(name);
        let counted: usize = rules.counts.tiles().map(|tile| rules.value(tile) as usize).sum();
        assert_eq!(
            (rules.alphabet.len(), rules.counts.total(), rules.counts.of(Tile::BLANK), counted),
            (letters, tiles, blanks, points),
            "{name}"
        );
    }
}

#[test]
fn tiles_that_tell_editions_apart_are_as_published() {
    for (name, letter, count, value) in [
        ("english", "Q", 1, 10),
        ("english_super", "V", 3, 4),
        ("russian", "Ё", 1, 3),
        ("russian", "Ф", 1, 10),
        ("erudit", "О", 10, 1),
        ("erudit", "Щ", 1, 10),
        ("german", "Ö", 1, 8),
        ("french", "K", 1, 10),
        ("spanish", "CH", 1, 5),
        ("spanish", "Ñ", 1, 8),
        ("polish", "Ź", 1, 9),
        ("dutch", "E", 18, 1),
        ("italian", "O", 15, 1),
        ("italian", "J", 0, 0),
        ("portuguese", "Ç", 2, 3),
    ] {
        let rules = rules(name);
        let tile = Tile::of(rules.alphabet.letter(letter).unwrap());
        assert_eq!((rules.counts.of(tile), rules.value(tile)), (count, value), "{name} {letter}");
    }
    assert_eq!(rules("erudit").alphabet.letter("Ё"), None);
}

#[test]
fn russian_letters_are_cyrillic_and_all_others_are_latin() {
    for rules in RuleSet::all() {
        let is_russian = &*rules.language == "ru";
        for letter in rules.alphabet.letters() {
            let text = rules.alphabet.text(letter);
            let is_cyrillic = text.chars().all(|c| ('А'..='Я').contains(&c) || c == 'Ё');
            let is_latin = text.chars().all(|c| ('A'..='ż').contains(&c));
            assert_eq!((is_cyrillic, is_latin), (is_russian, !is_russian), "{} {text}", rules.name);
        }
        for (from, to) in rules.alphabet.folds() {
            assert_eq!(from == "Ё" && to == "Е", is_russian, "{} {from}", rules.name);
        }
    }
}

#[test]
fn words_become_tiles_as_each_language_has_it() {
    for (name, text, tiles) in [
        ("english", "café", "C A F E"),
        ("russian", "ёлка", "Ё Л К А"),
        ("erudit", "ёлка", "Е Л К А"),
        ("german", "straße", "S T R A S S E"),
        ("german", "STRAẞE", "S T R A S S E"),
        ("german", "Käse", "K Ä S E"),
        ("german", "Café", "C A F E"),
        ("french", "cœur", "C O E U R"),
        ("french", "garçon", "G A R C O N"),
        // An accent that is a character of its own.
        ("french", "e\u{301}te\u{301}", "E T E"),
        ("spanish", "coche", "C O CH E"),
        ("spanish", "pingüino", "P I N G U I N O"),
        ("spanish", "llamó", "LL A M O"),
        ("spanish", "carro", "C A RR O"),
        ("spanish", "niño", "N I Ñ O"),
        ("polish", "źdźbło", "Ź D Ź B Ł O"),
        ("dutch", "ĳs", "I J S"),
        ("dutch", "reünie", "R E U N I E"),
        ("italian", "perché", "P E R C H E"),
        ("portuguese", "coração", "C O R A Ç A O"),
    ] {
        let alphabet = &rules(name).alphabet;
        let word: Word = alphabet.parse(text).unwrap();
        let split: Vec<&str> = word.letters().map(|letter| alphabet.text(letter)).collect();
        assert_eq!(split.join(" "), tiles, "{name}");
    }
    for (name, text) in
        [("spanish", "kiwi"), ("polish", "vel"), ("english", "ёлка"), ("erudit", "cat")]
    {
        assert!(rules(name).alphabet.parse(text).is_err(), "{name} {text}");
    }
}

#[test]
fn every_board_is_the_same_however_it_is_turned_or_mirrored() {
    for name in BOARD_NAMES {
        let board = board(name).unwrap();
        let last = board.side() - 1;
        for (row, column) in (0..=last).flat_map(|row| (0..=last).map(move |column| (row, column)))
        {
            let here = board.premium(Square { row, column });
            // These two make all eight.
            let mirrored = board.premium(Square { row, column: last - column });
            let transposed = board.premium(Square { row: column, column: row });
            assert_eq!((mirrored, transposed), (here, here), "{name} {row} {column}");
        }
    }
}

/// Standard as the Italian rules count it; Super Scrabble as it is drawn in three sources.
#[test]
fn boards_have_as_many_premiums_of_each_kind_as_their_sources() {
    let letter = |times| Premium { letter: times, ..Premium::NONE };
    let word = |times| Premium { word: times, ..Premium::NONE };
    for (name, side, expected) in [
        // Double, triple and quadruple letters, then words. The middle is a double word.
        ("standard", 15, [24, 12, 0, 17, 8, 0]),
        ("erudit", 15, [24, 12, 0, 16, 8, 0]),
        ("super", 21, [36, 20, 8, 41, 16, 4]),
    ] {
        let board = board(name).unwrap();
        let squares = (0..side).flat_map(|row| (0..side).map(move |column| Square { row, column }));
        let premiums: Vec<Premium> = squares.map(|square| board.premium(square)).collect();
        let kinds = [letter(2), letter(3), letter(4), word(2), word(3), word(4)];
        let counted = kinds.map(|kind| premiums.iter().filter(|premium| **premium == kind).count());
        assert_eq!((board.side(), counted), (side, expected), "{name}");
    }
    assert_eq!(rules("erudit").layout.premium(Square { row: 7, column: 7 }), Premium::NONE);
    assert_eq!(rules("english").layout.premium(Square { row: 7, column: 7 }), word(2));
}

#[test]
fn a_lexicon_is_admitted_only_with_the_letters_of_the_rules_in_their_order() {
    let english = rules("english");
    for rules in RuleSet::all() {
        assert_eq!(rules.admits(&rules.alphabet), Ok(()));
    }
    assert_eq!(english.admits(&rules("french").alphabet), Ok(()), "the same letters");
    let refused = |lexicon: &Alphabet| english.admits(lexicon).unwrap_err().to_string();
    let foreign = "the lexicon was built for another alphabet: ";
    assert_eq!(
        refused(&rules("german").alphabet),
        format!("{foreign}english has no tile for Ä Ö Ü")
    );
    assert_eq!(
        refused(
            &Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWX".split("").filter(|l| !l.is_empty()), [])
                .unwrap()
        ),
        format!("{foreign}english has Y Z, which it does not know")
    );
    assert_eq!(
        refused(
            &Alphabet::new("ZYXWVUTSRQPONMLKJIHGFEDCBA".split("").filter(|l| !l.is_empty()), [])
                .unwrap()
        ),
        format!("{foreign}it has the letters of english in another order")
    );
    assert_eq!(
        rules("erudit").admits(&rules("russian").alphabet).unwrap_err().to_string(),
        format!("{foreign}erudit has no tile for Ё")
    );
}

/// What becomes of the file `wrong.toml`: the Spanish one with one text put for another.
fn mistake(from: &str, to: &str) -> String {
    let (_, text) = FILES.iter().find(|(name, _)| *name == "spanish.toml").unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    RuleSet::parse(&text.replace(from, to), "wrong.toml").unwrap_err().to_string()
}

/// The line of the Spanish file on which a text begins.
fn line_of(part: &str) -> usize {
    let (_, text) = FILES.iter().find(|(name, _)| *name == "spanish.toml").unwrap();
    text[..text.find(part).unwrap()].matches('\n').count() + 1
}

#[test]
fn each_mistake_is_told_with_the_line_on_which_it_stands() {
    let y = "[\"Y\",   1,  4],";
    for (from, to, said) in [
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
        ("players = [2, 4]", "players = [2]", "invalid length 1, expected a tuple of size 2"),
        ("rack_size = 7", "rack_size = 9", "rack_size: expected 1 to 8, got 9"),
        ("rack_size = 7", "rack_size = 0", "rack_size: expected 1 to 8, got 0"),
        ("bingo_bonus = 50", "bingo_bonus = 256", "invalid value: integer `256`, expected u8"),
        ("bingo_bonus = 50", "bingo_bonus = \"50\"", "invalid type: string \"50\", expected u8"),
        (
            "word_premiums = \"multiplied\"",
            "word_premiums = \"times\"",
            "unknown variant `times`, expected `multiplied` or `added`",
        ),
        (
            "words_repeat = true",
            "words_repeat = 1",
            "invalid type: integer `1`, expected a boolean",
        ),
        (
            "exchange_minimum = 1",
            "exchange_minimum = 0",
            "exchange_minimum: expected 1 to 200, got 0",
        ),
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
        (
            "tile_total = 100",
            "tile_total = 99",
            "tile_total: 99 is stated, but the tiles come to 100",
        ),
        (
            "points_total = 192",
            "points_total = 193",
            "points_total: 193 is stated, but the tiles come to 192",
        ),
        (y, "[\"Y\", 1],", "invalid length 2, expected tuple struct TileRow with 3 elements"),
        (
            y,
            "[\"y\", 1, 4],",
            "expected a letter of 1 to 4 characters in capitals (Unicode normalisation form C), got \"y\"",
        ),
        (y, "[\"X\", 1, 4],", "the letter \"X\" stands there twice"),
        (y, "[\"Y\", 1, 100],", "Y: expected a value of 0 to 99, got 100"),
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
    ] {
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
    let (_, text) = FILES.iter().find(|(name, _)| *name == "spanish.toml").unwrap();
    let with_few = format!("{}{few}", &text[..text.find("tile_total").unwrap()]);
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
