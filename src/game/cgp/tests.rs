//! Positions in CGP are read as they are meant, and written so that they are read the same.

use proptest::prelude::*;

use crate::game::{NotATile, PlacedTile, RuleSet};
use crate::lexicon::Letter;

use super::*;

const EMPTY: &str = "15/15/15/15/15/15/15/15/15/15/15/15/15/15/15";

fn english() -> RuleSet {
    RuleSet::named("english").unwrap().clone()
}

/// Where a tile may have two characters; on a board of 15 or 21 squares a side.
fn spanish(side: u8) -> RuleSet {
    let spanish = RuleSet::named("spanish").unwrap();
    let mut boards = RuleSet::all().iter().map(|rules| &rules.layout);
    let layout = boards.find(|layout| layout.side() == side).unwrap();
    RuleSet { layout: layout.clone(), ..spanish.clone() }
}

/// Reads a position that must be right, and writes it.
fn canonical(text: &str, rules: &RuleSet) -> String {
    let position = Position::parse(text, rules).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    position.display(&rules.alphabet).to_string()
}

fn fault(text: &str) -> String {
    Position::parse(text, &english()).unwrap_err().to_string()
}

#[test]
fn a_position_has_a_board_racks_scores_turns_and_opcodes() {
    let text =
        "15/15/15/15/15/15/15/7CaT5/15/15/15/15/15/15/15 ?AB/ 12/-3 1 lex NWL23; ld english;";
    let rules = english();
    let position = Position::parse(text, &rules).unwrap();
    let letter = |text| rules.alphabet.letter(text).unwrap();
    let tiles: Vec<_> = position.board.tiles().collect();
    let row = 7;
    assert_eq!(
        tiles,
        [
            (Square { row, column: 7 }, PlacedTile::natural(letter("C"))),
            (Square { row, column: 8 }, PlacedTile::blank(letter("A"))),
            (Square { row, column: 9 }, PlacedTile::natural(letter("T"))),
        ]
    );
    let rack = [Tile::BLANK, Tile::of(letter("A")), Tile::of(letter("B"))];
    assert_eq!(
        position.players,
        [
            Player { rack: Rack::new(rack).unwrap(), score: 12 },
            Player { rack: Rack::EMPTY, score: -3 }
        ]
    );
    assert_eq!((position.scoreless_turns, position.opcode("lex")), (1, Some("NWL23")));
    assert_eq!(canonical(text, &rules), text);
}

#[test]
fn two_to_four_players_and_either_board_are_read() {
    for players in ["A/B 1/2", "A/B/C 1/2/3", "A//C/ 1/2/3/4"] {
        let text = format!("{EMPTY} {players} 0");
        assert_eq!(canonical(&text, &english()), text);
    }
    let text = format!("{} A/B 0/0 0", ["21"; 21].join("/"));
    assert_eq!(canonical(&text, &spanish(21)), text);
}

#[test]
fn a_digraph_is_read_with_brackets_and_without_and_written_with_them() {
    let board = |row: &str| format!("{row}/15/15/15/15/15/15/15/15/15/15/15/15/15/15 A/B 0/0 0");
    for (row, expected) in [
        ("CO[CH]E11", "CO[CH]E11"),
        ("COCHE11", "CO[CH]E11"),
        ("co[ch]e11", "co[ch]e11"),
        ("coche11", "co[ch]e11"),
        // Case tells tiles apart: a C, and a blank for an H.
        ("COChE10", "COChE10"),
        // Brackets anywhere mean that digraphs have them everywhere.
        ("[CH]CH12", "[CH][C]H12"),
        ("[C]H13", "[C]H13"),
    ] {
        assert_eq!(canonical(&board(row), &spanish(15)), board(expected), "{row}");
    }
    let text = format!("{EMPTY} [L]LRR/[LL][RR] 0/0 0");
    assert_eq!(canonical(&text, &spanish(15)), format!("{EMPTY} [L]L[R]R/[LL][RR] 0/0 0"));
}

#[test]
fn opcodes_are_kept_whether_known_or_not_with_a_dash_or_without() {
    let text = format!("  {EMPTY}   /  0/0 0  -lex CSW21;ld  english ;; zzz;  tmr 1/2 ");
    let expected = format!("{EMPTY} / 0/0 0 lex CSW21; ld english; zzz; tmr 1/2;");
    assert_eq!(canonical(&text, &english()), expected);
    assert_eq!(opcodes(&text).unwrap()[1].value(), "english");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let first = |row: &str| format!("{row}/15/15/15/15/15/15/15/15/15/15/15/15/15/15 A/B 0/0 0");
    for (text, expected) in [
        (
            String::new(),
            "expected a board, racks, scores and a number of turns without points; all of them are missing",
        ),
        (
            format!("{EMPTY} A/B 0/0"),
            "expected a board, racks, scores and a number of turns without points; the turns without points are missing",
        ),
        ("15/15 A/B 0/0 0".into(), "expected 15 rows of the board, separated by /, got 2"),
        (first("14"), "row 1 of the board: expected 15 squares, got 14"),
        (first("A15"), "row 1 of the board: expected 15 squares, got 16"),
        (first(""), "row 1 of the board: expected 15 squares, got 0"),
        (
            first("015"),
            "row 1 of the board: expected a number of empty squares without a zero before it, got \"015\"",
        ),
        (first("7Ñ7"), "row 1 of the board: 'Ñ' is no tile of this alphabet"),
        (first("7?7"), "row 1 of the board: '?' is no tile of this alphabet"),
        (first("7[A7"), "row 1 of the board: expected a closing bracket ] after ["),
        (first("7[CH]7"), "row 1 of the board: [CH] is no tile of this alphabet"),
        (format!("{EMPTY} A 0 0"), "expected the racks of 2 to 4 players, separated by /, got 1"),
        (
            format!("{EMPTY} A/B/C/D/E 0 0"),
            "expected the racks of 2 to 4 players, separated by /, got 5",
        ),
        (
            format!("{EMPTY} A/AAAAAAAA 0/0 0"),
            "the rack of player 2: expected at most 7 tiles, got 8",
        ),
        (
            format!("{EMPTY} a/B 0/0 0"),
            "the rack of player 1: \"a\" is in lower case, which is a blank on the board; on a rack a blank is ?",
        ),
        (format!("{EMPTY} A/B 0 0"), "expected 2 scores, as many as racks, got 1"),
        (format!("{EMPTY} A/B 0/x 0"), "the score of player 2: expected a whole number, got \"x\""),
        (
            format!("{EMPTY} A/B 0/0 -1"),
            "the turns without points: expected a number from 0 to 255, got \"-1\"",
        ),
        (
            format!("{EMPTY} A/B 0/0 0 --;"),
            "expected an opcode's name and value before each ;, got \"--\"",
        ),
        ("9".repeat(BYTES_MAX + 1), "expected at most 8192 bytes, got 8193"),
    ] {
        assert_eq!(fault(&text), expected, "{text}");
    }
    let tiles = crate::game::TileText::new(&english().alphabet, false).tiles("A_");
    assert_eq!(tiles, Err(NotATile::Unknown('_')));
}

#[test]
fn unseen_tiles_are_those_of_the_set_that_are_nowhere_to_be_seen() {
    let rules = english();
    let text = format!("14a/{} A?/ 0/0 0", ["15"; 14].join("/"));
    let position = Position::parse(&text, &rules).unwrap();
    let a = Tile::of(Letter::new(1).unwrap());
    let set: TileCounts = [Tile::BLANK, Tile::BLANK, a, a].into_iter().collect();
    assert_eq!(position.unseen(&set), Ok([a].into_iter().collect()));
    let set: TileCounts = [Tile::BLANK, a, a].into_iter().collect();
    assert_eq!(position.unseen(&set), Err(TooManyOf(Tile::BLANK)));
}

fn positions(letters: u8, side: u8) -> impl Strategy<Value = Position> {
    let letter = (1..=letters).prop_map(|place| Letter::new(place).unwrap());
    let placed = (letter, any::<bool>()).prop_map(|(letter, is_blank)| {
        if is_blank { PlacedTile::blank(letter) } else { PlacedTile::natural(letter) }
    });
    let squares = prop::collection::vec(prop::option::of(placed), usize::from(side).pow(2));
    let rack = prop::collection::vec(0..=letters, 0..=7).prop_map(|tiles| {
        Rack::new(tiles.into_iter().map(|index| Tile::from_index(index).unwrap())).unwrap()
    });
    let player = (rack, any::<i32>()).prop_map(|(rack, score)| Player { rack, score });
    let opcode = ("[a-z0-9]{1,5}", "[A-Za-z0-9/\\[é]{0,5}( [a-z]{1,3})?")
        .prop_map(|(name, value)| Opcode::new(&name, &value).unwrap());
    let opcodes = prop::collection::vec(opcode, 0..4);
    (squares, prop::collection::vec(player, 2..=4), any::<u8>(), opcodes).prop_map(
        move |(squares, players, scoreless_turns, opcodes)| {
            let mut board = Board::EMPTY;
            for (index, tile) in (0..).zip(squares) {
                board.set(Square { row: index / side, column: index % side }, tile);
            }
            Position { side, board, players, scoreless_turns, opcodes }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back_the_same(position in positions(28, 15)) {
        let rules = spanish(15);
        let text = position.display(&rules.alphabet).to_string();
        prop_assert_eq!(Position::parse(&text, &rules), Ok(position), "{}", text);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "([0-9A-Za-z?/\\[\\] ;ñÑ]|\\PC){0,60}") {
        let _ = Position::parse(&text, &spanish(15));
        let _ = Position::parse(&format!("{EMPTY} {text}"), &spanish(15));
        let _ = opcodes(&text);
    }
}
