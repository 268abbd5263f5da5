//! `rules`: rule sets for people, and files of rules that are checked by line.

use std::fs;

use crate::desk::Desk;
use crate::program::EXIT_USAGE;

const ENGLISH: &str = include_str!("../../src/game/rules/english.toml");

#[test]
fn rule_sets_are_listed_and_printed() {
    let desk = Desk::with("");
    let all = desk.run("rules").expect_success();
    assert!(all.contains("erudit         Erudit, 131 tiles, 15 by 15\n"), "{all}");
    let spanish = desk.run("rules spanish").expect_success();
    for line in [
        "Scrabble in Spanish (spanish, es)",
        "100 tiles, 192 points",
        "   5  CH×1 Q×1",
        "Played: Á as A, É as E, Í as I, Ó as O, ÚÜ as U",
        "  8 = . . ' . . . - . . . ' . . =",
        "Exchange         with 1 or more tiles in the bag",
        "Scoreless end    after 2 turns of each player, exchanges not counted, turns lost by challenges \
         not counted",
    ] {
        assert!(spanish.lines().any(|printed| printed == line), "{line}\n{spanish}");
    }
    let unknown = desk.run("rules klingon").expect_failure(EXIT_USAGE);
    assert!(unknown.contains("no rule set is called \"klingon\": expected english, "), "{unknown}");
}

#[test]
fn an_operators_file_is_checked_by_line() {
    let desk = Desk::with("");
    let write = |size: &str| {
        fs::write(desk.path().join("own.toml"), ENGLISH.replace("rack_size = 7", size)).unwrap();
    };
    write("rack_size = 8");
    let own = desk.run("rules own.toml").expect_success();
    assert!(own.contains("\nRack             8 tiles; 50 points"), "{own}");
    write("rack_size = 9");
    let line = ENGLISH.lines().position(|line| line == "rack_size = 7").unwrap() + 1;
    let complaint = desk.run("rules own.toml").expect_failure(EXIT_USAGE);
    let expected = format!("own.toml:{line}: rack_size: expected 1 to 8, got 9\n");
    assert!(complaint.ends_with(&expected), "{complaint}");
    let missing = desk.run("rules other.toml").expect_failure(EXIT_USAGE);
    assert!(missing.starts_with("scrabble-backend: other.toml: No such file"), "{missing}");
}
