//! `suggest`: what the best player does with a game as the API shows it.

use serde_json::{Value, json};

use crate::desk::Desk;
use crate::program::EXIT_USAGE;

/// A game that begins, with this rack.
fn game(rack: &str) -> Value {
    json!({
        "terms": {"rules": {"name": "english", "hash": "0"}},
        "turn": 1,
        "on_turn": 0,
        "board": vec!["...............".to_owned(); 15],
        "rack": rack,
        "bag_tiles": 86,
        "has_final_say": false,
        "commitment": "what it does not need",
    })
}

fn with(mut game: Value, field: &str, value: Value) -> Value {
    game[field] = value;
    game
}

#[test]
fn the_best_command_is_printed_as_the_api_takes_it() {
    let desk = Desk::with("AT\nTEA\n");
    desk.build().expect_success();
    let suggest = |game: &Value| {
        let said = desk.run_on(game.to_string().as_bytes(), "suggest --lexicon small.lex");
        serde_json::from_str::<Value>(&said.expect_success()).unwrap()
    };
    let play = json!({"turn": 1, "action": "play", "at": "8F", "tiles": "TEA"});
    assert_eq!(suggest(&game("AETZ")), play);
    // Through a tile that lies there.
    let mut board = game("")["board"].clone();
    board[7] = json!(".......E.......");
    let through = suggest(&with(game("ATZ"), "board", board));
    assert_eq!((&through["action"], &through["tiles"]), (&json!("play"), &json!("T.A")));
    assert_eq!(suggest(&game("ZZ"))["action"], "exchange");
    let pass = json!({"turn": 1, "action": "pass"});
    assert_eq!(suggest(&with(game("ZZ"), "bag_tiles", json!(6))), pass);
    assert_eq!(suggest(&with(game("AT"), "has_final_say", json!(true))), pass);
}

#[test]
fn what_is_no_game_of_a_player_on_turn_is_told() {
    let desk = Desk::with("AT\n");
    desk.build().expect_success();
    let rules = json!({"rules": {"name": "klingon"}});
    for (input, complaint) in [
        ("{".to_owned(), "the game: EOF"),
        ("{}".to_owned(), "the game: missing field"),
        (with(game("AT"), "on_turn", Value::Null).to_string(), "the game: it is over"),
        (with(game("AT"), "rack", Value::Null).to_string(), "the game: expected it as one of its"),
        (with(game("AT"), "rack", json!("A!")).to_string(), "the game: `rack`: '!' is no tile"),
        (with(game("AT"), "board", json!(["."])).to_string(), "the game: `board`: expected 15"),
        (with(game("AT"), "terms", rules).to_string(), "the game: no rule set is called"),
    ] {
        let said = desk.run_on(input.as_bytes(), "suggest --lexicon small.lex");
        let told = said.expect_failure(EXIT_USAGE);
        assert!(told.starts_with(&format!("scrabble-backend: {complaint}")), "{told}");
    }
}
