//! Another game after the last.

use std::time::Duration;

use scrabble_backend::runtime::Terms;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use super::{INVITATIONS, NOBODY, accept, block, count, delete, players, status, told_of};
use crate::support::{Answer, Table, TestApp, terms};

/// A game that its first player has resigned.
pub(super) async fn finished(app: &TestApp, name: &str, players: u8) -> Table {
    let table = Table::of(app, name, &Terms { players, ..terms() }).await;
    finish(app, &table.game, &table.players).await;
    table
}

/// Has all but the last player of a game resign.
async fn finish(app: &TestApp, game: &str, players: &[String]) {
    let path = format!("/api/v1/user/games/{game}/commands");
    for (turn, player) in (1..players.len()).zip(players) {
        let body = json!({"turn": turn, "action": "resign"});
        app.client.post(&path).user(player).json(&body).send().await.expect(200);
    }
}

pub(super) async fn ask(app: &TestApp, player: &str, game: &str) -> Answer {
    app.client.post(&format!("/api/v1/user/games/{game}/rematch")).user(player).send().await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn in_a_rematch_the_other_begins_by_the_same_terms() {
    let app = TestApp::start().await;
    let table = finished(&app, "rematch", 2).await;
    let [first, second] = [&table.players[0], &table.players[1]];
    let asked = ask(&app, first, &table.game).await;
    assert_eq!(asked.expect(200)["status"], "open");
    assert_eq!(asked.body["rematch_of"], *table.game);
    assert_eq!(asked.body["terms"], table.seen_by(&app, 0).await["terms"]);
    // Who asks twice has asked once.
    assert_eq!(ask(&app, first, &table.game).await.expect(200)["id"], asked.body["id"]);
    let accepted = ask(&app, second, &table.game).await;
    assert_eq!(accepted.expect(200)["status"], "accepted");
    assert_eq!(players(&app, &accepted.body["game_id"]).await, [second.clone(), first.clone()]);
    // And who asks after that gets the same game.
    assert_eq!(ask(&app, first, &table.game).await.expect(200), &accepted.body);
    // The one after that begins as the first did.
    let next = text(&accepted.body["game_id"]);
    finish(&app, &next, &[second.clone(), first.clone()]).await;
    let asked = ask(&app, second, &next).await;
    let accepted = accept(&app, first, &text(&asked.expect(200)["id"])).await;
    assert_eq!(players(&app, &accepted.expect(200)["game_id"]).await, table.players);
    app.stop().await;
}

#[tokio::test]
async fn two_who_ask_at_the_same_time_get_exactly_one_game() {
    const ROUNDS: usize = 10;
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let table = finished(&app, &format!("round-{round}"), 2).await;
        let [first, second] = [&table.players[0], &table.players[1]];
        let (one, other) =
            tokio::join!(ask(&app, first, &table.game), ask(&app, second, &table.game));
        assert_eq!(one.expect(200)["id"], other.expect(200)["id"]);
        let begun = [&one.body["game_id"], &other.body["game_id"]];
        assert_eq!(begun.iter().filter(|game| game.is_string()).count(), 1, "{one:?} {other:?}");
        let kinds = told_of(&app, &text(&one.body["id"])).await;
        assert_eq!(kinds, ["invitation_opened", "invitation_closed"]);
    }
    assert_eq!(count(&app, "game").await, 2 * ROUNDS as i64);
    app.stop().await;
}

#[tokio::test]
async fn three_players_move_on_a_seat_and_all_must_agree() {
    let app = TestApp::start().await;
    let table = finished(&app, "three", 3).await;
    let [a, b, c] = [&table.players[0], &table.players[1], &table.players[2]];
    let asked = ask(&app, c, &table.game).await;
    let invitation = text(&asked.expect(200)["id"]);
    ask(&app, a, &table.game).await.expect(200);
    let accepted = ask(&app, b, &table.game).await;
    let seated = players(&app, &accepted.expect(200)["game_id"]).await;
    assert_eq!(seated, [b.clone(), c.clone(), a.clone()]);
    assert_eq!(accepted.body["id"], *invitation);
    app.stop().await;
}

#[tokio::test]
async fn there_is_a_rematch_of_a_game_that_is_over_and_ones_own() {
    let app = TestApp::start().await;
    let running = Table::of(&app, "running", &terms()).await;
    ask(&app, &running.players[0], &running.game).await.expect_problem(409, "game_running");
    let table = finished(&app, "finished", 2).await;
    ask(&app, &running.players[0], &table.game).await.expect_problem(403, "not_a_player");
    ask(&app, &table.players[0], NOBODY).await.expect_problem(404, "game_unknown");
    block(&app, &table.players[0], &table.players[1]).await;
    for player in &table.players {
        ask(&app, player, &table.game).await.expect_problem(403, "not_possible");
    }
    app.stop().await;
}

#[tokio::test]
async fn who_declines_or_lets_it_expire_may_be_asked_again() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let table = finished(&app, "again", 2).await;
    let [first, second] = [&table.players[0], &table.players[1]];
    let declined = text(&ask(&app, first, &table.game).await.expect(200)["id"]);
    delete(&app, second, &format!("{INVITATIONS}/{declined}")).await.expect(204);
    let expired = text(&ask(&app, first, &table.game).await.expect(200)["id"]);
    assert_ne!(expired, declined);
    clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(status(&app, second, &format!("{INVITATIONS}/{expired}")).await, "expired");
    accept(&app, second, &expired).await.expect_problem(409, "invitation_closed");
    // Whether it has been swept already or not.
    let third = ask(&app, second, &table.game).await;
    assert_eq!(third.expect(200)["inviter_id"], *second.as_str());
    assert_eq!(told_of(&app, &expired).await, ["invitation_opened", "invitation_closed"]);
    ask(&app, first, &table.game).await.expect(200);
    assert_eq!(count(&app, "game").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn whoever_an_account_has_become_finds_the_rematch_that_it_had() {
    let app = TestApp::start().await;
    let table = finished(&app, "merged", 2).await;
    let [first, second] = [&table.players[0], &table.players[1]];
    ask(&app, first, &table.game).await.expect(200);
    let agreed = ask(&app, second, &table.game).await;
    let opened = app.opened("merged-0").await;
    assert!(table.players.contains(&opened.account_id));
    let winner = app.opened("winner").await.account_id;
    let merge = app.client.post("/api/v1/user/account/merge").user(&winner);
    merge.json(&json!({"token": opened.token})).send().await.expect(200);
    let found = ask(&app, &winner, &table.game).await;
    assert_eq!(found.expect(200)["game_id"], agreed.expect(200)["game_id"]);
    assert_eq!(found.body["id"], agreed.body["id"]);
    assert!(!found.body.to_string().contains(&opened.account_id), "{found:?}");
    app.stop().await;
}
