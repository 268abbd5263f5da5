//! `replay`: recorded games are followed to their end, or to the line where they differ.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{EXIT_USAGE, Said, run_in};

/// Where the recorded games are.
fn games() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "commands", "games"].iter().collect()
}

fn replay(arguments: &str) -> Said {
    let arguments = format!("replay {arguments}");
    run_in(&games(), &arguments.split(' ').collect::<Vec<_>>())
}

/// Replays a recorded game in which a text stands for another.
fn replay_altered(name: &str, from: &str, to: &str, arguments: &[&str]) -> Said {
    let directory = TempDir::new().unwrap();
    let text = fs::read_to_string(games().join(name)).unwrap();
    assert_eq!(text.matches(from).count(), 1, "{from} stands once in {name}");
    fs::write(directory.path().join("altered.gcg"), text.replace(from, to)).unwrap();
    run_in(directory.path(), &[&["replay", "altered.gcg"], arguments].concat())
}

#[test]
fn a_game_with_challenges_exchanges_and_a_time_penalty_is_followed_to_its_end() {
    let said = replay("challenges.gcg").expect_success();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "  1  Ada  8C UPROOT       +22     22");
    assert_eq!(lines[3], "  4  Ada  (challenge)      +5     92");
    assert_eq!(lines[5], "  6  Bob  --              -27     28");
    assert_eq!(lines.last(), Some(&"all 32 moves are right: Ada 483, Bob 317"));
}

#[test]
fn digraphs_and_other_encodings_are_followed_by_the_rules_that_the_file_names() {
    let said = replay("digraphs.gcg").expect_success();
    assert!(said.starts_with("  1  José    8E CO[CH]E  "), "{said}");
    assert!(said.ends_with("; the game is not over\n"), "{said}");
    let english = replay("digraphs.gcg --rules english").expect_failure(EXIT_USAGE);
    let expected = "scrabble-backend: digraphs.gcg: line 5: the tiles \"C[CH]EOAST\": [CH] is no tile \
                    of this alphabet\n";
    assert_eq!(english, expected);
}

#[test]
fn four_players_on_the_large_board_are_followed() {
    let said = replay("four_players.gcg").expect_success();
    assert!(said.contains("all 6 moves are right: Ada "), "{said}");
}

#[test]
fn a_single_move_is_told_as_one() {
    let directory = tempfile::tempdir().unwrap();
    let text = "#player1 Ada Ada\n#player2 Bob Bob\n>Ada: AT 8H AT +4 4\n";
    fs::write(directory.path().join("short.gcg"), text).unwrap();
    let said = run_in(directory.path(), &["replay", "short.gcg"]).expect_success();
    assert!(
        said.ends_with("\nthe only move is right: Ada 4, Bob 0; the game is not over\n"),
        "{said}"
    );
}

#[test]
fn the_first_difference_is_told_with_its_line() {
    let said = replay_altered("challenges.gcg", "+65 87", "+66 88", &[]);
    assert_eq!(said.out.lines().count(), 2, "what was right before is printed");
    let expected = "scrabble-backend: altered.gcg: line 11: expected +65 points, got +66\n";
    assert_eq!(said.expect_failure(1), expected);
    let said = replay_altered("challenges.gcg", "(AQV) +30 483", "(AQW) +30 483", &[]);
    let expected = "scrabble-backend: altered.gcg: line 42: expected the tiles \"AQV\" to be left, got \
                    \"AQW\"\n";
    assert_eq!(said.expect_failure(1), expected);
}

#[test]
fn what_is_clear_is_forgiven_on_request() {
    let alter = |arguments: &[&str]| {
        replay_altered("challenges.gcg", "UPROOT +22 22", "UPROOT 22", arguments)
    };
    let strict = alter(&[]).expect_failure(EXIT_USAGE);
    let expected = "altered.gcg: line 9: expected a sign before the points, + or -, got \"22\"\n";
    assert_eq!(strict, format!("scrabble-backend: {expected}"));
    let lenient = alter(&["--lenient"]);
    assert_eq!(lenient.code, Some(0));
    assert!(lenient.err.starts_with(expected), "{}", lenient.err);
    assert!(
        lenient
            .err
            .ends_with("altered.gcg: line 9: expected the total after the points, got nothing\n")
    );
}

#[test]
fn words_are_checked_where_a_lexicon_is_given() {
    let words = "replay challenges.gcg --lexicon default";
    let said = run_in(&games(), &words.split(' ').collect::<Vec<_>>());
    assert!(said.out.contains("I2 BIHE         +27     55  not valid: BIHE"), "{}", said.out);
    let from = "I2 BIHE +27 55\n>Bob: BBEHIIU -- -27 28";
    let to = "I2 BIBE +25 53\n>Bob: BBEHIIU -- -25 28";
    let said = replay_altered("challenges.gcg", from, to, &["--lexicon", "default"]);
    let valid = said.expect_failure(1);
    assert!(
        valid.contains("line 16: expected the play to stay, as its words are valid: BIBE"),
        "{valid}"
    );
    let foreign = replay("digraphs.gcg --lexicon default").expect_failure(EXIT_USAGE);
    assert!(foreign.starts_with("scrabble-backend: --lexicon: "), "{foreign}");
}

#[test]
fn what_is_no_game_is_told_as_wrong_input() {
    let missing = replay("missing.gcg").expect_failure(EXIT_USAGE);
    assert!(missing.starts_with("scrabble-backend: missing.gcg: "), "{missing}");
    let unknown = replay_altered("challenges.gcg", "#venue", "#tile-distribution", &[]);
    let expected = "scrabble-backend: altered.gcg: #tile-distribution The kitchen table: no rule set of \
                    that name is known; name one by --rules\n";
    assert_eq!(unknown.expect_failure(EXIT_USAGE), expected);
    let klingon = replay("challenges.gcg --rules klingon").expect_failure(EXIT_USAGE);
    assert!(klingon.contains("no rule set is called \"klingon\""), "{klingon}");
}

#[test]
fn where_no_rules_are_named_a_strange_tile_is_told_with_the_rules_that_were_assumed() {
    let directory = TempDir::new().unwrap();
    let text = "#character-encoding UTF-8\n#player1 a A\n#player2 b B\n>a: КОТ 8H КОТ +5 5\n";
    fs::write(directory.path().join("game.gcg"), text).unwrap();
    let said = run_in(directory.path(), &["replay", "game.gcg"]).expect_failure(EXIT_USAGE);
    let end = "; the file names no rules, so that english was assumed: --rules names others\n";
    assert!(
        said.starts_with("scrabble-backend: game.gcg: line 4: ") && said.ends_with(end),
        "{said}"
    );
}
