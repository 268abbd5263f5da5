//! `autoplay`: the same seed gives the same games, and their records are right.

use crate::desk::Desk;

/// Words of two and three letters, so that games come to an end.
const WORDS: &str = "AA\nAD\nAE\nAN\nAR\nAS\nAT\nEN\nER\nES\nET\nIN\nIS\nIT\nNE\nNO\nON\nOR\nOS\nRE\nTO\nART\nATE\n\
                     EAR\nEAT\nERA\nNET\nONE\nORE\nRAT\nSEA\nSET\nTAR\nTEA\nTEN\nTIN\nTOE\nTON\n";

/// What does not depend on how long it took.
fn games(desk: &Desk, options: &str) -> String {
    let said = desk.run(&format!("autoplay --lexicon small.lex {options}")).expect_success();
    assert!(said.contains("\ngames a CPU second "), "{said}");
    said.lines().take_while(|line| !line.starts_with("CPU")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_seed_gives_the_same_games_whatever_the_threads_and_the_search() {
    let desk = Desk::with(WORDS);
    desk.build().expect_success();
    let one = games(&desk, "--games 6 --seed 5");
    assert!(one.starts_with("games                6\nturns "), "{one}");
    assert_eq!(games(&desk, "--games 6 --seed 5 --threads 3"), one);
    assert_eq!(games(&desk, "--games 6 --seed 5 --graph-only"), one);
    assert_ne!(games(&desk, "--games 6 --seed 6"), one);
}

#[test]
fn leaves_change_what_is_played() {
    let desk = Desk::with(WORDS);
    desk.build().expect_success();
    std::fs::write(desk.path().join("leaves.csv"), "# kept tiles and points\nS,50\n?,60\n")
        .unwrap();
    let without = games(&desk, "--games 4");
    let with = games(&desk, "--games 4 --leaves leaves.csv");
    assert_ne!(with, without);
    assert_eq!(games(&desk, "--games 4 --leaves leaves.csv --graph-only"), with);
}

#[test]
fn the_record_of_a_game_is_verified() {
    let desk = Desk::with(WORDS);
    desk.build().expect_success();
    games(&desk, "--games 1 --record game.json");
    let said = desk.run("verify-game game.json --lexicon small.lex").expect_success();
    assert!(said.ends_with("The result is right.\n"), "{said}");
}

#[test]
fn a_record_that_cannot_be_written_is_told_with_its_name() {
    let desk = Desk::with(WORDS);
    desk.build().expect_success();
    let options = "autoplay --lexicon small.lex --games 1 --record none/game.json";
    let complaint = desk.run(options).expect_failure(1);
    assert!(complaint.starts_with("scrabble-backend: none/game.json: "), "{complaint}");
}
