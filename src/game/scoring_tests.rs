//! Each rule of where a play may lie and what it counts.

use super::*;
use crate::game::test_rules::{english, placement};

/// A board after plays that all may lie there.
fn board(plays: &[&str]) -> Board {
    let mut board = Board::EMPTY;
    for text in plays {
        let play = ScoredPlay::of(&board, &english(), &placement(text)).unwrap();
        for (square, tile) in play.placement().placed() {
            board.set(square, Some(tile));
        }
    }
    board
}

fn play(plays: &[&str], text: &str) -> Result<ScoredPlay, Misplaced> {
    ScoredPlay::of(&board(plays), &english(), &placement(text))
}

fn score(plays: &[&str], text: &str) -> i32 {
    play(plays, text).unwrap().score()
}

/// `WORD@8D` for each word.
fn words(plays: &[&str], text: &str) -> Vec<String> {
    let words = play(plays, text).unwrap();
    let words = words.words().iter().map(|formed| {
        let word = english().alphabet.spell(&formed.word);
        format!("{word}@{}", formed.start.coordinate(formed.direction))
    });
    words.collect()
}

#[test]
fn the_first_play_covers_the_start_square() {
    assert_eq!(play(&[], "8I AT"), Err(Misplaced::StartSquareMissed(Square { row: 7, column: 7 })));
    assert!(play(&[], "8G AT").is_ok());
    assert!(play(&[], "H8 AT").is_ok());
}

#[test]
fn the_first_play_has_two_tiles_at_least() {
    assert_eq!(play(&[], "8H A"), Err(Misplaced::TooFewTiles));
}

#[test]
fn a_play_stays_on_the_board() {
    assert_eq!(play(&["8H AT"], "15N ATE"), Err(Misplaced::OffBoard));
    // Columns 16 to 21 are of the largest board only.
    assert_eq!(play(&["8H AT"], "8P AT"), Err(Misplaced::OffBoard));
    let column_u: String = "A".repeat(21);
    assert_eq!(play(&["8H AT"], &format!("21U {column_u}")), Err(Misplaced::OffBoard));
}

#[test]
fn a_square_takes_one_tile_only() {
    let occupied = Square { row: 7, column: 7 };
    assert_eq!(play(&["8H AT"], "8G AT"), Err(Misplaced::Occupied(occupied)));
}

#[test]
fn what_is_played_through_is_a_tile() {
    let gap = |column| Err(Misplaced::Gap(Square { row: 7, column }));
    assert_eq!(play(&["8H AT"], "8H ...E"), gap(9));
    assert_eq!(play(&["8H AT"], "8H ..E."), gap(10));
}

#[test]
fn a_blank_stands_for_a_letter_of_the_alphabet() {
    let foreign = [27, 1].map(|place| Letter::new(place).map(PlacedTile::blank));
    let start = Square { row: 7, column: 7 };
    let told = Placement::new(start, Direction::Across, foreign).unwrap();
    let error = ScoredPlay::of(&Board::EMPTY, &english(), &told);
    assert_eq!(error, Err(Misplaced::UnknownLetter(start)));
}

#[test]
fn a_later_play_touches_a_tile() {
    assert_eq!(play(&["8H AT"], "10H AT"), Err(Misplaced::NotConnected));
    // Corners are no neighbours.
    assert_eq!(play(&["8H AT"], "9J AT"), Err(Misplaced::NotConnected));
    assert!(play(&["8H AT"], "9H AT").is_ok());
}

#[test]
fn no_play_has_more_tiles_than_a_rack() {
    let error = Misplaced::TooManyTiles { placed: 8, rack_size: 7 };
    assert_eq!(play(&[], "8A ABCDEFGH"), Err(error));
}

#[test]
fn the_letters_played_through_may_be_left_out_at_both_ends() {
    let whole = play(&["8H AT"], "8G C..S").unwrap();
    assert_eq!(play(&["8H AT", "8G C"], "8J S").unwrap().placement(), &placement("8G ...S"));
    assert_eq!(*whole.placement(), placement("8G C..S"));
    assert_eq!(words(&["8H AT", "8G C"], "8H ..S"), ["CATS@8G"]);
}

#[test]
fn one_tile_is_a_play_in_the_direction_in_which_it_makes_a_word() {
    let down = play(&["8H AT"], "9H S").unwrap();
    assert_eq!(down.placement(), &placement("H8 .S"));
    assert_eq!(words(&["8H AT"], "9H S"), ["AS@H8"]);
}

#[test]
fn one_tile_that_makes_two_words_keeps_its_direction_and_counts_both() {
    let before = ["8H AT", "H8 .S"];
    assert_eq!(words(&before, "9I O"), ["SO@9H", "TO@I8"]);
    assert_eq!(words(&before, "I9 O"), ["TO@I8", "SO@9H"]);
    // 9I doubles the letter, whose value is 1, in both words.
    assert_eq!(score(&before, "9I O"), 1 + 2 + 1 + 2);
}

#[test]
fn every_word_across_the_line_counts() {
    assert_eq!(words(&["8H CAT"], "9H AXE"), ["AXE@9H", "CA@H8", "AX@I8", "TE@J8"]);
}

#[test]
fn premiums_count_under_new_tiles_only() {
    // The start square doubles the word.
    assert_eq!(score(&[], "8H CAT"), 10);
    assert_eq!(score(&["8H CAT"], "8H ...S"), 6);
    // 8L doubles a letter.
    assert_eq!(score(&["8H CAT"], "8K ER"), 7 + 1);
    assert_eq!(score(&["8H CAT"], "8H ...ER"), 5 + 1 + 2);
}

#[test]
fn a_blank_counts_nothing_but_its_square_multiplies_the_word() {
    assert_eq!(score(&[], "8H cAT"), 4);
    assert_eq!(score(&[], "8G ZoO"), 2 * 11);
}

#[test]
fn word_premiums_multiply_or_add_up() {
    let mut rules = english();
    rules.rack_size = 8;
    rules.bingo_bonus = 0;
    let board = board(&["8H ATOLLSE"]);
    let score =
        |rules: &RuleSet| ScoredPlay::of(&board, rules, &placement("O8 SEASIDES")).unwrap().score();
    // Column O has triple words in rows 8 and 15, and a double letter in row 12, under the I. Across
    // it the S makes ATOLLSES, eight points three times.
    assert_eq!(score(&rules), 3 * 8 + 3 * 3 * (9 + 1));
    rules.word_premiums = WordPremiums::Added;
    assert_eq!(score(&rules), 3 * 8 + (3 + 3) * (9 + 1));
}

#[test]
fn a_full_rack_gets_the_bonus() {
    let bingo = play(&[], "8D CASTING").unwrap();
    assert_eq!(bingo.bonus(), 50);
    // 8D doubles the C; the word is doubled.
    assert_eq!(bingo.score(), 50 + 2 * (6 + 1 + 1 + 1 + 1 + 1 + 2));
    assert_eq!(play(&[], "8D CASTIN").unwrap().bonus(), 0);
}

#[test]
fn a_misplaced_play_says_where_and_has_a_code() {
    let error = play(&["8H AT"], "8G AT").unwrap_err();
    assert_eq!((error.code(), &*error.to_string()), ("occupied", "8H has a tile already"));
}
