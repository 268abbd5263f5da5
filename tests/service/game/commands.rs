//! What players ask of a game: once each, by its rules, at the turn that they mean.

use scrabble_backend::game::ChallengeRule;
use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use crate::support::{Table, TestApp, best_play, terms};

/// Plays the best play that there is, turn by turn, until the game is over; gives it as its players see
/// it then.
async fn play_on(app: &TestApp, table: &Table, terms: &Terms) -> Value {
    loop {
        let game = table.seen_by(app, 0).await;
        let Some(seat) = game["on_turn"].as_u64() else { return game };
        let seat = seat as usize;
        let own = table.seen_by(app, seat).await;
        let answer = table.ask(app, seat, &best_play(terms, &own)).await;
        let taken = answer.expect(200);
        assert_eq!(taken["step"]["by"], seat);
        assert_eq!(taken["game"]["version"], own["version"].as_u64().unwrap() + 1);
    }
}

#[tokio::test]
async fn a_game_is_played_from_its_first_turn_to_a_result_that_changes_ratings() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "whole", &terms).await;
    let game = play_on(&app, &table, &terms).await;
    assert_eq!(game["status"], "ended");
    // Hardly ever does nobody go out.
    assert!(["out", "scoreless"].contains(&game["result"]["reason"].as_str().unwrap()), "{game}");
    let score = |player: &Value| player["score"].as_i64().unwrap();
    let scores: Vec<i64> = game["players"].as_array().unwrap().iter().map(score).collect();
    let rank = |own: &i64| 1 + scores.iter().filter(|other| *other > own).count();
    assert_eq!(game["result"]["ranks"], json!(scores.iter().map(rank).collect::<Vec<_>>()));
    assert!(scores.iter().all(|score| *score > 150), "{scores:?}");
    // The seed is what the commitment had promised.
    let seed: scrabble_backend::game::Seed =
        game["result"]["seed"].as_str().unwrap().parse().unwrap();
    assert_eq!(seed.commitment().to_string(), game["commitment"].as_str().unwrap());
    for player in &table.players {
        let ratings = app.client.get("/api/v1/user/ratings").user(player).send().await;
        assert_eq!(ratings.expect(200)["ratings"][0]["games"], 1);
    }
    let late = table.ask(&app, 0, &json!({"turn": game["turn"], "action": "resign"})).await;
    late.expect_problem(409, "game_over");
    assert_eq!(late.body["game"]["status"], "ended");
    app.stop().await;
}

#[tokio::test]
async fn four_players_play_and_whoever_leaves_is_out() {
    let app = TestApp::start().await;
    let terms = Terms { players: 4, is_rated: false, ..terms() };
    let table = Table::of(&app, "four", &terms).await;
    // Out of turn.
    table.ask(&app, 2, &json!({"turn": 1, "action": "resign"})).await.expect(200);
    table
        .ask(&app, 2, &json!({"turn": 1, "action": "pass"}))
        .await
        .expect_problem(409, "dropped_out");
    let game = table.seen_by(&app, 0).await;
    assert_eq!(game["players"][2]["dropped_out"], "resigned");
    assert_eq!((&game["turn"], &game["on_turn"]), (&json!(1), &json!(0)));
    let game = play_on(&app, &table, &terms).await;
    assert_eq!(game["result"]["ranks"].as_array().unwrap().len(), 4);
    assert_eq!(game["result"]["ranks"][2], 4);
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_command_is_done_once_and_answered_as_at_first() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "repeated", &terms).await;
    let play = best_play(&terms, &table.seen_by(&app, 0).await);
    let (key, other) = ("1f0e4c1e-first-play", "1f0e4c1e-second-play");
    // Twenty at once: one is done, and all have its answer.
    let asked = (0..20).map(|_| table.ask_once(&app, 0, key, &play));
    let answers = futures_util::future::join_all(asked).await;
    let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_some());
    assert_eq!(replayed.count(), 19);
    for answer in &answers {
        assert_eq!(answer.expect(200), &answers[0].body);
    }
    // Much later, too, and it is not done to a later turn.
    for seat in [1, 0] {
        let play = best_play(&terms, &table.seen_by(&app, seat).await);
        table.ask(&app, seat, &play).await.expect(200);
    }
    let again = table.ask_once(&app, 0, key, &play).await;
    assert_eq!(again.expect(200), &answers[0].body);
    // The key stands for that play alone, and for that player's.
    let pass = json!({"turn": 4, "action": "pass"});
    table.ask_once(&app, 0, key, &pass).await.expect_problem(422, "idempotency_key_reused");
    table.ask_once(&app, 1, key, &pass).await.expect(200);
    table.ask_once(&app, 0, other, &json!({"turn": 5, "action": "pass"})).await.expect(200);
    let steps = app.client.get(&table.path("/steps")).user(&table.players[0]).send().await;
    assert_eq!(steps.expect(200)["version"], 6);
    app.stop().await;
}

#[tokio::test]
async fn of_commands_for_one_turn_one_is_done_and_the_others_learn_how_the_game_stands() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "turn", &terms).await;
    let play = best_play(&terms, &table.seen_by(&app, 0).await);
    let pass = json!({"turn": 1, "action": "pass"});
    let asked =
        (0..16).map(|number| table.ask(&app, 0, if number % 2 == 0 { &play } else { &pass }));
    let answers = futures_util::future::join_all(asked).await;
    let (done, stale): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(done.len(), 1);
    for answer in stale {
        answer.expect_problem(409, "stale_turn");
        assert_eq!(answer.body["game"]["turn"], 2);
        assert!(answer.body["game"]["rack"].is_string());
    }
    let early = json!({"turn": 3, "action": "pass"});
    table.ask(&app, 0, &early).await.expect_problem(409, "stale_turn");
    let others = json!({"turn": 2, "action": "pass"});
    table.ask(&app, 0, &others).await.expect_problem(422, "not_your_turn");
    app.stop().await;
}

#[tokio::test]
async fn what_the_rules_forbid_is_refused_with_the_reason_and_changes_nothing() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "illegal", &terms).await;
    let before = table.seen_by(&app, 0).await;
    let play = best_play(&terms, &before);
    let letters = play["tiles"].as_str().unwrap();
    let first = &letters[..1];
    let missing = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        .chars()
        .find(|letter| !before["rack"].as_str().unwrap().contains(*letter))
        .unwrap();
    let illegal =
        |at: &str, tiles: &str| json!({"turn": 1, "action": "play", "at": at, "tiles": tiles});
    for (body, code) in [
        (illegal("1A", letters), "start_square_missed"),
        (illegal("8H", first), "too_few_tiles"),
        (illegal("8O", letters), "off_board"),
        (illegal("8H", &missing.to_string().repeat(3)), "tiles_not_in_rack"),
        (json!({"turn": 1, "action": "challenge"}), "nothing_to_challenge"),
        (
            json!({"turn": 1, "action": "exchange", "tiles": missing.to_string()}),
            "tiles_not_in_rack",
        ),
        (json!({"turn": 1, "action": "exchange", "tiles": ""}), "no_tiles_to_exchange"),
    ] {
        let answer = table.ask(&app, 0, &body).await;
        answer.expect_problem(422, code);
        assert!(answer.body["detail"].as_str().unwrap().len() > 10, "{answer:?}");
    }
    assert_eq!(table.seen_by(&app, 0).await, before);
    app.stop().await;
}

#[tokio::test]
async fn what_can_not_be_meant_is_refused_by_the_name_of_its_field() {
    let app = TestApp::start().await;
    let table = Table::of(&app, "fields", &terms()).await;
    for (body, field) in [
        (json!({"turn": 1, "action": "play", "at": "8Z", "tiles": "AB"}), "at"),
        (json!({"turn": 1, "action": "play", "at": "8H"}), "tiles"),
        (json!({"turn": 1, "action": "play", "at": "8H", "tiles": "Ж"}), "tiles"),
        (json!({"turn": 1, "action": "play", "at": "8H", "tiles": ""}), "tiles"),
        (json!({"turn": 1, "action": "pass", "tiles": "A"}), "tiles"),
        (json!({"turn": 1, "action": "pass", "tiles": null}), "tiles"),
        (json!({"turn": 1, "action": "offer"}), "proposal"),
        (json!({"turn": 1, "action": "offer", "proposal": "peace"}), "proposal"),
        (json!({"turn": 1, "action": "exchange", "tiles": "ABCDEFGHIJ"}), "tiles"),
        (json!({"turn": 1, "action": "fold"}), "action"),
        (json!({"turn": "1", "action": "pass"}), "turn"),
        (json!({"turn": 1, "action": "pass", "seat": 0}), "seat"),
    ] {
        let answer = table.ask(&app, 0, &body).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    let stranger = app.opened("stranger").await.account_id;
    let pass = json!({"turn": 1, "action": "pass"});
    let call = app.client.post(&table.path("/commands")).user(&stranger).json(&pass);
    call.send().await.expect_problem(403, "not_a_player");
    let nowhere = "/api/v1/user/games/0190163d-8697-7a31-9c52-54a1c6e5d7f0/commands";
    let call = app.client.post(nowhere).user(&stranger).json(&pass);
    call.send().await.expect_problem(404, "game_unknown");
    app.stop().await;
}

#[tokio::test]
async fn a_phony_stands_until_it_is_challenged() {
    let app = TestApp::start().await;
    let terms = Terms { challenge: ChallengeRule::Double, ..terms() };
    let table = Table::of(&app, "phony", &terms).await;
    let own = table.seen_by(&app, 0).await;
    // Four tiles in the order of the alphabet hardly ever are a word; where they are, in the other order.
    let letters: Vec<char> =
        own["rack"].as_str().unwrap().chars().filter(|tile| *tile != '?').take(4).collect();
    let word = |letters: &[char]| letters.iter().collect::<String>();
    let is_word = |text: &str| {
        terms.lexicon.alphabet().parse(text).is_ok_and(|word| terms.lexicon.contains(&word))
    };
    let mut phony = word(&letters);
    if is_word(&phony) {
        phony = letters.iter().rev().collect();
    }
    assert!(!is_word(&phony), "{phony}");
    let play = json!({"turn": 1, "action": "play", "at": "8H", "tiles": phony});
    let played = table.ask(&app, 0, &play).await;
    assert!(played.expect(200)["game"]["players"][0]["score"].as_i64().unwrap() > 0);
    assert_eq!(table.seen_by(&app, 1).await["challengeable"], 0);
    let challenged = table.ask(&app, 1, &json!({"turn": 2, "action": "challenge"})).await;
    let game = &challenged.expect(200)["game"];
    assert_eq!(game["players"][0]["score"], 0);
    assert_eq!((&game["on_turn"], &game["bag_tiles"]), (&json!(1), &json!(86)));
    // The tiles are back where they were.
    assert_eq!(table.seen_by(&app, 0).await["rack"], own["rack"]);
    app.stop().await;
}
