//! What is wrong is told with its line, and forgiven where the meaning is clear.

use super::*;

/// What is said of a text that is wrong, strictly and leniently.
fn said(text: &[u8]) -> (String, Result<Vec<String>, String>) {
    let rules = english();
    let read =
        |mode| Source::decode(text, mode).and_then(|source| Game::read(&source, &rules, mode));
    let strict = read(Mode::Strict).map(|reading| reading.game).unwrap_err().to_string();
    let lenient = read(Mode::Lenient)
        .map(|reading| reading.warnings.iter().map(ToString::to_string).collect())
        .map_err(|mistake| mistake.to_string());
    (strict, lenient)
}

/// Holds lines after those of two players to what is said of them in either mode.
fn assert_unforgiven(cases: &[(&str, &str)]) {
    for (lines, expected) in cases {
        let text = format!("{PLAYERS}{lines}\n");
        let expected = (*expected).to_owned();
        assert_eq!(said(text.as_bytes()), (expected.clone(), Err(expected)));
    }
}

#[test]
fn pragmas_that_cannot_be_meant_are_errors_in_either_mode() {
    assert_unforgiven(&[
        ("#player1 Cid Cid", "line 3: #player1 stands there twice"),
        ("#player3 Bob Bob", "line 3: two players have the nickname \"Bob\""),
        ("#player5 Cid Cid", "line 3: expected a player's number from 1 to 4, got \"5\""),
        ("#player Cid Cid", "line 3: expected a player's number from 1 to 4, got \"\""),
        ("#player3", "line 3: expected a nickname and a name after #player3"),
        ("#rack0 ABC", "line 3: expected a player's number from 1 to 4, got \"0\""),
        ("#rack1 A1", "line 3: the tiles \"A1\": '1' is no tile of this alphabet"),
        (
            "#incomplete abc",
            "line 3: the tiles \"abc\": \"a\" is in lower case, which is a blank on the board; on a \
             rack a blank is ?",
        ),
    ]);
}

#[test]
fn moves_that_cannot_be_meant_are_errors_in_either_mode() {
    assert_unforgiven(&[
        (">", "line 3: expected >, a nickname and a colon, got \"\""),
        (">Ada AB - +0 0", "line 3: expected >, a nickname and a colon, got \"Ada AB - +0 0\""),
        (
            ">Ada:",
            "line 3: expected a coordinate such as 8D, or -, --, (challenge), (time) or tiles in \
             parentheses, got \"\"",
        ),
        (
            ">Ada: AB 8P9 AB +1 1",
            "line 3: expected a coordinate such as 8D, or -, --, (challenge), (time) or tiles in \
             parentheses, got \"8P9\"",
        ),
        (
            ">Ada: AB 22A AB +1 1",
            "line 3: expected a coordinate such as 8D, or -, --, (challenge), (time) or tiles in \
             parentheses, got \"22A\"",
        ),
        (">Ada: AB 8D +1 1", "line 3: expected the word that is played at 8D"),
        (">Ada: AB 8D", "line 3: expected the word that is played at 8D"),
        (">Ada: AB 8D A*B +1 1", "line 3: the word \"A*B\": '*' is no tile of this alphabet"),
        (
            ">Ada: AB 8D A(B +1 1",
            "line 3: the word \"A(B\": expected a closing parenthesis ) after (",
        ),
        (
            ">Ada: AB 8D .. +1 1",
            "line 3: the word \"..\": expected a tile or more on at most 21 squares",
        ),
        (
            ">Ada: AB 8D AAAAAAAAAAAAAAAAAAAAAA +1 1",
            "line 3: the word \"AAAAAAAAAAAAAAAAAAAAAA\": expected a tile or more on at most 21 \
             squares",
        ),
        (">Ada: ABCDEFGH 8D AB +1 1", "line 3: expected at most 7 tiles, got 8 in \"ABCDEFGH\""),
        (">Ada: ABC -9 +0 0", "line 3: expected 1 to 7 tiles to be exchanged, got \"9\""),
        (">Ada: ABC -0 +0 0", "line 3: expected 1 to 7 tiles to be exchanged, got \"0\""),
        (">Ada: ABC -- -5 0", "line 3: expected -- right after a play of the same player"),
        (">Ada: ABC (A+) -5 0", "line 3: the tiles \"A+\": '+' is no tile of this alphabet"),
        (">Ada: ABC -", "line 3: expected the points with a sign, such as +24, got \"\""),
        (">Ada: AB 8D AB x 1", "line 3: expected the points with a sign, such as +24, got \"x\""),
        (
            ">Ada: AB 8D AB +1234567 1",
            "line 3: expected the points with a sign, such as +24, got \"+1234567\"",
        ),
        (
            ">Ada: AB 8D AB +1 x1",
            "line 3: expected the total after the points, a whole number, got \"x1\"",
        ),
    ]);
}

#[test]
fn plays_that_fit_no_board_are_errors_in_either_mode() {
    let first = ">Ada: BIT 8G BIT +8 8\n";
    for (lines, expected) in [
        (
            ">Bob: OUT 8F OUT +8 8",
            "line 4: the word \"OUT\": the square 8G has a B already, not a U",
        ),
        (">Bob: BIT -- -8 0", "line 4: expected -- right after a play of the same player"),
    ] {
        let text = format!("{PLAYERS}{first}{lines}\n");
        assert_eq!(said(text.as_bytes()), (expected.to_owned(), Err(expected.to_owned())));
    }
}

#[test]
fn what_is_clear_in_spite_of_it_is_forgiven_by_a_lenient_reader() {
    let first = ">Ada: BIT 8G BIT +8 8\n";
    for (lines, expected) in [
        (
            ">Bob: OS 8F OBITS +7 7",
            "expected . for each tile that lay on the board, got the letters \"OBITS\"",
        ),
        (">Bob: OS 8F O(BAT)S +7 7", "the word \"O(BAT)S\": 8H has no A to play through"),
        (">Bob: OS 8F O...S 7 7", "expected a sign before the points, + or -, got \"7\""),
        (">Bob: OS (time) +-7 -7", "expected a sign before the points, + or -, got \"+-7\""),
        (">Bob: OS 8F O...S +7", "expected the total after the points, got nothing"),
        (">Bob: OS 8F O...S +7 7 well done", "expected nothing after the total, got \"well done\""),
        (">Cid: OS 8F O...S +7 7", "no #player has the nickname \"Cid\""),
        ("#player3 Cid Cid", "expected #player3 before the first move"),
        ("#player4 Cid Cid", "expected #player4 before the first move"),
        ("#rack3 ABC", "expected #player1 to #player3 without a gap, at least two"),
        (
            "hello",
            "expected a move, which begins with >, or a pragma, which begins with #; got \"hello\"",
        ),
        ("#", "expected a keyword after #, got \"\""),
        ("#- more", "#- goes on with the pragma of the line before, and there is none"),
        ("#character-encoding UTF-8", "expected #character-encoding in the first line only"),
    ] {
        let (strict, lenient) = said(format!("{PLAYERS}{first}{lines}\n").as_bytes());
        let expected = format!("line 4: {expected}");
        assert_eq!(strict, expected, "{lines}");
        assert_eq!(lenient.unwrap()[0], expected, "{lines}");
    }
}

#[test]
fn what_is_forgiven_is_read_as_it_is_meant() {
    let text = ">Ada: BIT 8G BIT 8 good start\n>Bob: OS 8F OBITS +7\n>Ada: - 0\n";
    let reading = read_as(text, &english(), Mode::Lenient);
    assert!(reading.is_err(), "a total that is no number may not be guessed");
    let text =
        ">Ada: BIT 8G BIT 8 8 good start\n>Bob: OS 8F OBITS +7\n>Ada: - +0\n#player1 Ada A L\n";
    let reading = read_as(text, &english(), Mode::Lenient).unwrap();
    let plain = "#player1 Ada A L\n#player2 Bob\n>Ada: BIT 8G BIT +8 8\n#note good start\n\
                 >Bob: OS 8F O...S +7 7\n>Ada: - +0 8\n";
    assert_eq!(reading.game, game(plain));
    assert_eq!(reading.warnings.len(), 8);
}

#[test]
fn seats_of_which_nothing_is_told_get_a_name() {
    let reading = read_as("#player2 player1 Bob\n", &english(), Mode::Lenient).unwrap();
    let names: Vec<&str> = reading.game.players.iter().map(|p| p.nickname.as_str()).collect();
    assert_eq!(names, ["player1_", "player1"]);
}

#[test]
fn a_fifth_player_is_no_player() {
    let text = ">a: - +0 0\n>b: - +0 0\n>c: - +0 0\n>d: - +0 0\n>e: - +0 0\n";
    let mistake = read_as(text, &english(), Mode::Lenient).unwrap_err();
    assert_eq!(mistake.to_string(), "line 5: no #player has the nickname \"e\"");
}

#[test]
fn wrong_encodings_are_told() {
    let utf8_missing = "line 1: expected #character-encoding UTF-8 in the first line, as the file is \
                        in UTF-8";
    let text = "#player1 José José\n#player2 b B\n";
    let (strict, lenient) = said(text.as_bytes());
    assert_eq!((strict, lenient.unwrap()), (utf8_missing.into(), vec![utf8_missing.to_owned()]));

    let (strict, lenient) = said(b"#character-encoding UTF-8\n#player1 Jos\xe9 J\n#player2 b B\n");
    let expected = "line 1: the file is not in the encoding that it says, UTF-8";
    assert_eq!((strict, lenient.unwrap()), (expected.into(), vec![expected.to_owned()]));

    let (strict, lenient) = said(b"#character-encoding klingon\n");
    let expected = "line 1: \"klingon\" is no character encoding that is known here".to_owned();
    assert_eq!((strict, lenient), (expected.clone(), Err(expected)));

    let (strict, _) = said(&vec![b'\n'; BYTES_MAX + 1]);
    assert_eq!(strict, "line 1: expected at most 1048576 bytes, got 1048577");
    assert_eq!(said(b"").0, "line 1: expected #player1 to #player2 without a gap, at least two");
}
