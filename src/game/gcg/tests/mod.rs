//! GCG files are read as they are meant, and written so that they are read the same.

mod faults;
mod pragmas;
mod round_trip;

use crate::game::{PlacedTile, RuleSet, Square, Tile, TileCounts};

use super::*;

const PLAYERS: &str = "#player1 Ada Ada Lovelace\n#player2 Bob Bob Smith\n";

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

fn read_as(text: &str, rules: &RuleSet, mode: Mode) -> Result<Reading, Mistake> {
    Source::decode(text.as_bytes(), mode).and_then(|source| Game::read(&source, rules, mode))
}

/// A game that must be right, in English.
fn game(text: &str) -> Game {
    let reading = read_as(text, &english(), Mode::Strict);
    reading.unwrap_or_else(|mistake| panic!("{mistake}\n{text}")).game
}

/// The last of the moves in these lines.
fn last_move(lines: &str) -> Move {
    game(&format!("{PLAYERS}{lines}")).moves.pop().unwrap()
}

fn tile(letter: &str) -> Tile {
    english().alphabet.letter(letter).map_or(Tile::BLANK, Tile::of)
}

fn rack(letters: &str) -> Rack {
    Rack::new(letters.chars().map(|letter| tile(&letter.to_string()))).unwrap()
}

fn counts(letters: &str) -> TileCounts {
    rack(letters).tiles().iter().copied().collect()
}

/// A placement's squares, as a play across would begin there, with its letters.
fn placed(action: &Action) -> Vec<(String, String)> {
    let Action::Play(placement) = action else { panic!("{action:?}") };
    let show = |(square, placed): (Square, PlacedTile)| {
        let alphabet = english().alphabet;
        let letter = alphabet.text(placed.letter());
        let letter = if placed.is_blank() { letter.to_lowercase() } else { letter.to_owned() };
        (square.coordinate(crate::game::Direction::Across), letter)
    };
    placement.placed().map(show).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[test]
fn a_play_has_a_rack_a_coordinate_a_word_points_and_a_total() {
    let one = last_move(">Bob: ?BINOT 8G BIt +8 8\n");
    assert_eq!((one.seat, one.rack, one.score, one.total), (1, rack("?BINOT"), 8, 8));
    assert_eq!(placed(&one.action), pairs(&[("8G", "B"), ("8H", "I"), ("8I", "t")]));
    let down = last_move(">Bob: BIT h7 BIT +8 8\n");
    assert_eq!(placed(&down.action), pairs(&[("7H", "B"), ("8H", "I"), ("9H", "T")]));
}

#[test]
fn dots_and_letters_in_parentheses_are_played_through() {
    let expected = pairs(&[("8F", "O"), ("8J", "S")]);
    for word in ["O...S", "O(BIT)S", "O(BI).S", "O(B.T)S"] {
        let one = last_move(&format!(">Ada: BIT 8G BIT +8 8\n>Bob: OS 8F {word} +8 8\n"));
        assert_eq!(placed(&one.action), expected, "{word}");
    }
}

#[test]
fn a_pass_and_exchanges_are_told_apart_by_what_follows_the_dash() {
    assert_eq!(last_move(">Ada: ABC - +0 0").action, Action::Pass);
    assert_eq!(last_move(">Ada: ABC -CA +0 0").action, Action::Exchange(rack("AC")));
    assert_eq!(last_move(">Ada: ABC -? +0 0").action, Action::Exchange(rack("?")));
    assert_eq!(last_move(">Ada: ABC -5 +0 0").action, Action::ExchangeUnseen(5));
    assert_eq!(last_move(">Ada: -5 +0 0").rack, Rack::EMPTY);
}

#[test]
fn a_play_that_is_taken_back_leaves_its_squares_free() {
    let lines = ">Ada: QQ 8H QQ +40 40\n>Ada: QQ -- -40 0\n>Bob: AT 8H AT +4 4\n";
    let game = game(&format!("{PLAYERS}{lines}"));
    assert_eq!(game.moves[1].action, Action::TakeBack);
    assert_eq!((game.moves[1].score, game.moves[1].total), (-40, 0));
    assert_eq!(placed(&game.moves[2].action), pairs(&[("8H", "A"), ("8I", "T")]));
}

#[test]
fn points_beside_plays_are_told_apart_by_parentheses_rack_and_sign() {
    for (line, action, score) in [
        (">Ada: ABC (challenge) +5 5", Action::ChallengeBonus, 5),
        (">Ada:  (challenge) +5 5", Action::ChallengeBonus, 5),
        (">Ada: ABC (time) -10 -10", Action::TimePenalty, -10),
        (">Ada: (time) -10 -10", Action::TimePenalty, -10),
        (">Ada: (Q?) +20 20", Action::RackPoints(counts("Q?")), 20),
        (">Ada: (?) +0 0", Action::RackPoints(counts("?")), 0),
        (">Ada: QI (QI) -11 -11", Action::RackPenalty(counts("QI")), -11),
        (">Ada: ? (?) -0 0", Action::RackPenalty(counts("?")), 0),
    ] {
        let one = last_move(line);
        assert_eq!((one.action, one.score, one.total), (action, score, score), "{line}");
    }
}

#[test]
fn spaces_and_line_ends_may_be_of_any_kind() {
    let expected = game(&format!("{PLAYERS}>Ada: AT 8H AT +4 4\n"));
    for text in [
        "#player1 Ada Ada Lovelace\r\n#player2 Bob Bob Smith\r\n>Ada: AT 8H AT +4 4\r\n",
        "#player1 Ada Ada Lovelace\r#player2 Bob Bob Smith\r\r>Ada: AT 8H AT +4 4",
        "\n\n #player1\tAda   Ada Lovelace \n#player2 Bob Bob Smith\n>  Ada:AT   8h\tAT  +4   4  \n",
    ] {
        assert_eq!(game(text), expected, "{text:?}");
    }
}

#[test]
fn a_nickname_may_have_a_colon() {
    let text = "#player1 a A\n#player2 a:b B\n>a:b: AT 8H AT +4 4\n>a: - +0 0\n";
    let seats: Vec<usize> = game(text).moves.iter().map(|one| one.seat).collect();
    assert_eq!(seats, [1, 0]);
}

#[test]
fn four_players_have_numbers_and_each_move_its_line() {
    let text =
        "#player1 a A\n#player2 b B\n\n#player3 c C\n#player4 d D\n>d: - +0 0\n\n>c: - +0 0\n";
    let reading = read_as(text, &english(), Mode::Strict).unwrap();
    assert_eq!(reading.game.players.len(), 4);
    assert_eq!(reading.lines, [6, 8]);
}

#[test]
fn a_tile_of_two_characters_is_one_in_racks_words_and_exchanges() {
    let rules = spanish(15);
    let lines = ">Ada: [CH]OEAI 8G CO[CH]E +10 10\n>Ada: L[LL]R -[LL]L +0 10\n\
                 >Bob: ?O I7 [ch]. +1 1\n>Bob: CH (C[CH]) -8 -7\n";
    let reading = read_as(&format!("{PLAYERS}{lines}"), &rules, Mode::Strict).unwrap();
    let written = reading.game.display(&rules.alphabet).to_string();
    let expected = ">Ada: A[CH]EIO 8G CO[CH]E +10 10\n>Ada: L[LL]R -L[LL] +0 10\n\
                    >Bob: ?O I7 [ch]. +1 1\n>Bob: [C]H (C[CH]) -8 -7\n";
    assert!(written.ends_with(expected), "{written}");
    assert_eq!(reading.game.moves[1].action.tiles_used(), 2);
    // Without any bracket, the two characters mean the one tile.
    let plain = read_as(&format!("{PLAYERS}>Ada: CHOEAI 8G COCHE +10 10"), &rules, Mode::Strict);
    assert_eq!(plain.unwrap().game.moves[0], reading.game.moves[0]);
}
