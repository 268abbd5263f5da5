//! `verify-game`: a record is right, or differs somewhere, which is told.

use std::fs;

use scrabble_backend::game::{Action, ChallengeRule, Command, Record, RuleSet, Seed, Setup};
use scrabble_backend::lexicon::Lexicon;

use crate::desk::Desk;
use crate::program::{EXIT_USAGE, Said};

/// A desk with a lexicon and the record of a short game.
fn desk() -> (Desk, String) {
    let desk = Desk::with("AT\n");
    desk.build().expect_success();
    let lexicon = Lexicon::load(&desk.path().join("small.lex")).unwrap();
    let setup = Setup { players: 2, challenge: ChallengeRule::Double, seed: Seed::new([9; 32]) };
    let commands = [Action::Pass, Action::Resign].map(|action| Command::new(0, action));
    let rules = RuleSet::named("english").unwrap();
    let record = Record::of(rules, &lexicon, &["Ann", "Bob"], &setup, &commands).unwrap();
    (desk, record.to_json())
}

fn verify(desk: &Desk, record: &str) -> Said {
    verify_with(desk, record, "")
}

fn verify_with(desk: &Desk, record: &str, options: &str) -> Said {
    fs::write(desk.path().join("game.json"), record).unwrap();
    desk.run(format!("verify-game game.json --lexicon small.lex {options}").trim_end())
}

#[test]
fn a_right_record_is_told_what_was_checked() {
    let (desk, record) = desk();
    let said = verify(&desk, &record).expect_success();
    let commitment = Seed::new([9; 32]).commitment();
    let expected = format!(
        "The seed is the one that this commitment was made for: {commitment}\nCompare it with the one \
         that was published before the game, or name that one by --commitment.\n"
    );
    assert!(said.starts_with(&expected), "{said}");
    assert!(
        said.contains("\nThe racks and all draws of the only shuffle follow from it.\n"),
        "{said}"
    );
}

#[test]
fn the_commitment_that_was_published_before_the_game_is_compared() {
    let (desk, record) = desk();
    let verify =
        |commitment: &str| verify_with(&desk, &record, &format!("--commitment {commitment}"));
    let published = Seed::new([9; 32]).commitment();
    let said = verify(&published.to_string()).expect_success();
    assert!(
        said.starts_with("The seed is the one that was committed to before the game.\n"),
        "{said}"
    );
    let other = Seed::new([8; 32]).commitment();
    let expected = format!(
        "scrabble-backend: game.json: commitment: the record tells {published}, and {other} was published\n"
    );
    assert_eq!(verify(&other.to_string()).expect_failure(1), expected);
    let malformed = verify("12ab").expect_failure(EXIT_USAGE);
    assert!(malformed.contains("expected 64 hexadecimal digits"), "{malformed}");
}

#[test]
fn the_first_difference_is_told() {
    let (desk, record) = desk();
    let wrong = record.replace("\"turn\":2", "\"turn\":3");
    let expected = "scrabble-backend: game.json: turn 1, command 1: events[1].turn: the record tells 3, \
                    and the rules give 2\n";
    assert_eq!(verify(&desk, &wrong).expect_failure(1), expected);
}

#[test]
fn rules_that_are_not_those_of_the_game_are_the_callers_mistake() {
    let (desk, record) = desk();
    let english = include_str!("../../src/game/rules/english.toml");
    let own = english.replace("bingo_bonus = 50", "bingo_bonus = 49");
    fs::write(desk.path().join("own.toml"), own).unwrap();
    let said = verify_with(&desk, &record, "--rules own.toml").expect_failure(EXIT_USAGE);
    assert!(said.contains("the record was made with rules of the content "), "{said}");
}

#[test]
fn what_is_no_record_is_the_callers_mistake() {
    let (desk, _) = desk();
    let expected = "scrabble-backend: game.json: missing field `format` at line 1 column 2\n";
    assert_eq!(verify(&desk, "{}").expect_failure(EXIT_USAGE), expected);
    let missing = desk.run("verify-game none.json").expect_failure(EXIT_USAGE);
    assert!(missing.contains("No such file"), "{missing}");
    fs::write(desk.path().join("game.json"), b"{\"\xff\"}").unwrap();
    let latin = desk.run("verify-game game.json").expect_failure(EXIT_USAGE);
    assert!(latin.starts_with("scrabble-backend: game.json: not UTF-8: "), "{latin}");
    fs::write(desk.path().join("game.json"), " ".repeat((1 << 22) + 1)).unwrap();
    let long = desk.run("verify-game game.json").expect_failure(EXIT_USAGE);
    assert_eq!(long, "scrabble-backend: game.json: has more than 4194304 bytes\n");
    fs::write(desk.path().join("own.toml"), " ".repeat(65_537)).unwrap();
    let long = desk.run("rules own.toml").expect_failure(EXIT_USAGE);
    assert_eq!(long, "scrabble-backend: own.toml: has more than 65536 bytes\n");
}

#[test]
fn a_file_that_only_the_record_names_is_not_opened() {
    let (desk, record) = desk();
    let english = include_str!("../../src/game/rules/english.toml");
    let own = english.replace("name = \"english\"", "name = \"own\"");
    fs::write(desk.path().join("own.toml"), &own).unwrap();
    let of = |rules: &str| record.replace("\"english\"", &format!("\"{rules}\""));
    let expected = "scrabble-backend: game.json: the record names the rules \"own.toml\"; give them \
                    by --rules\n";
    assert_eq!(verify(&desk, &of("own.toml")).expect_failure(EXIT_USAGE), expected);
    verify(&desk, &of("own")).expect_failure(EXIT_USAGE);
    desk.run("verify-game game.json --lexicon small.lex --rules own.toml").expect_success();
}
