//! What players propose to each other.

use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use crate::support::{Answer, Table, TestApp, terms};

async fn act(app: &TestApp, table: &Table, seat: usize, action: &str) -> Answer {
    table.ask(app, seat, &json!({"turn": 1, "action": action})).await
}

async fn offer(app: &TestApp, table: &Table, seat: usize, proposal: &str) -> Answer {
    table.ask(app, seat, &json!({"turn": 1, "action": "offer", "proposal": proposal})).await
}

fn left(game: &Value) -> &Value {
    &game["clock"]["left_ms"]
}

#[tokio::test]
async fn a_game_is_aborted_when_all_players_want_it_and_is_rated_for_nobody() {
    let app = TestApp::start().await;
    let terms = Terms { players: 3, ..terms() };
    let table = Table::of(&app, "abort", &terms).await;
    act(&app, &table, 0, "accept").await.expect_problem(409, "no_offer");
    offer(&app, &table, 1, "abort").await.expect(200);
    offer(&app, &table, 0, "abort").await.expect_problem(409, "offer_stands");
    act(&app, &table, 1, "accept").await.expect_problem(409, "no_offer");
    act(&app, &table, 0, "withdraw").await.expect_problem(409, "no_own_offer");
    let one = act(&app, &table, 0, "accept").await;
    assert_eq!(
        one.expect(200)["game"]["offer"],
        json!({"seat": 1, "proposal": "abort", "agreed": [0, 1]})
    );
    let all = act(&app, &table, 2, "accept").await;
    let game = &all.expect(200)["game"];
    assert_eq!(
        (&game["status"], &game["result"]["reason"]),
        (&json!("aborted"), &json!("aborted"))
    );
    assert!(game["on_turn"].is_null() && game["clock"].get("flag_at").is_none());
    for player in &table.players {
        let ratings = app.client.get("/api/v1/user/ratings").user(player).send().await;
        assert_eq!(ratings.expect(200)["ratings"], json!([]));
    }
    act(&app, &table, 0, "pass").await.expect_problem(409, "game_over");
    app.stop().await;
}

#[tokio::test]
async fn an_offer_falls_when_it_is_declined_taken_back_or_the_turn_ends() {
    let app = TestApp::start().await;
    let table = Table::of(&app, "offers", &terms()).await;
    offer(&app, &table, 0, "abort").await.expect(200);
    act(&app, &table, 1, "decline").await.expect(200);
    offer(&app, &table, 0, "abort").await.expect(200);
    act(&app, &table, 0, "withdraw").await.expect(200);
    offer(&app, &table, 0, "abort").await.expect_problem(422, "offers_spent");
    offer(&app, &table, 1, "abort").await.expect(200);
    act(&app, &table, 0, "pass").await.expect(200);
    let game = table.seen_by(&app, 0).await;
    assert!(game.get("offer").is_none(), "{game}");
    let late = table.ask(&app, 0, &json!({"turn": 2, "action": "accept"})).await;
    late.expect_problem(409, "no_offer");
    app.stop().await;
}

#[tokio::test]
async fn more_time_is_for_everybody() {
    let app = TestApp::start().await;
    let table = Table::of(&app, "time", &terms()).await;
    assert_eq!(left(&table.seen_by(&app, 0).await), &json!([3_600_000, 3_600_000]));
    offer(&app, &table, 1, "more_time").await.expect(200);
    let given = act(&app, &table, 0, "accept").await;
    assert_eq!(left(&given.expect(200)["game"]), &json!([3_660_000, 3_660_000]));
    app.stop().await;
}
