//! `plays`: the plays of a position, as another engine would count them.

use crate::desk::Desk;
use crate::program::EXIT_USAGE;

const EMPTY: &str = "15/15/15/15/15/15/15/15/15/15/15/15/15/15/15";

fn desk(list: &str) -> Desk {
    let desk = Desk::with(list);
    desk.build().expect_success();
    desk
}

fn plays(desk: &Desk, options: &str, position: &str) -> String {
    let options: Vec<&str> = options.split(' ').collect();
    let arguments = [&["plays", "--lexicon", "small.lex"], &options[..], &[position]].concat();
    desk.run_each(&arguments).expect_success()
}

#[test]
fn on_an_empty_board_words_lie_across_and_all_of_them_are_counted() {
    let said = plays(&desk("AT\nTAT\n"), "--all", &format!("{EMPTY} AT?/ 0/0 0"));
    // AT, At, aT on two starts each; TAT with a blank for either T on three.
    assert_eq!(said.lines().last(), Some("12 plays"), "{said}");
    assert!(said.starts_with("8F TAt 4\n"), "{said}");
    assert!(said.contains("\n8G aT 2\n") && said.contains("\n8H At 2\n"), "{said}");
}

#[test]
fn the_best_come_first_and_a_tile_that_makes_words_both_ways_is_one_play() {
    let board = "15/15/15/15/15/15/15/7A7/6A8/15/15/15/15/15/15";
    let said = plays(&desk("AT\nTA\n"), "--best 3", &format!("{board} T/ 0/0 0"));
    assert_eq!(said, "8G TA 4\n9G AT 4\nH7 TA 2\n3 plays of 6\n");
}

#[test]
fn wrong_positions_lexicons_and_rules_are_told() {
    let desk = desk("AT\n");
    let bad = |arguments: &[&str]| {
        let all = [&["plays", "--lexicon", "small.lex"], arguments].concat();
        desk.run_each(&all).expect_failure(EXIT_USAGE)
    };
    let position = format!("{EMPTY} AT/ 0/0 0");
    assert!(bad(&["14 AT/ 0/0 0"]).starts_with("scrabble-backend: the position: "));
    assert_eq!(
        bad(&[&format!("{EMPTY} ZZ/ 0/0 0")]),
        "scrabble-backend: the position: expected at most 1 of the tile Z, got more\n"
    );
    let russian = bad(&["--rules", "russian", &position]);
    assert!(russian.starts_with("scrabble-backend: --lexicon: "), "{russian}");
    std::fs::write(desk.path().join("leaves.csv"), "A,1\nT;2\n").unwrap();
    let leaves = bad(&["--leaves", "leaves.csv", &position]);
    assert!(leaves.starts_with("scrabble-backend: leaves.csv: line 2: "), "{leaves}");
}

#[test]
fn a_position_may_name_its_rules_itself() {
    let desk = desk("AT\n");
    let run = |position: &str| desk.run_each(&["plays", "--lexicon", "small.lex", position]);
    let large = "21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21/21 AT/ 0/0 0";
    let said = run(&format!("{large} ld english; bdn SuperCrosswordGame;")).expect_success();
    assert_eq!(said, "11J AT 4\n11K AT 4\n2 plays of 2\n");
    let russian = run(&format!("{EMPTY} ТА/ 0/0 0 ld russian;")).expect_failure(EXIT_USAGE);
    assert!(russian.starts_with("scrabble-backend: --lexicon: "), "{russian}");
    let unknown = run(&format!("{EMPTY} AT/ 0/0 0 ld klingon;")).expect_failure(EXIT_USAGE);
    assert!(unknown.contains("\"klingon\", as its opcode ld says"), "{unknown}");
}
