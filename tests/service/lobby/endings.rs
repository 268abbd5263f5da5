//! What becomes of an account's games, seeks and invitations when the account ends.

use serde_json::{Value, json};

use super::{
    INVITATIONS, SEEKS, accounts, by_correspondence, count, delete, get, invite, join, operator,
    post, seek, status, terms, told_of,
};
use crate::support::{Opened, Table, TestApp};

async fn merge(app: &TestApp, winner: &str, loser: &Opened) -> crate::support::Answer {
    post(app, winner, "/api/v1/user/account/merge", &json!({"token": loser.token})).await
}

#[tokio::test]
async fn who_erases_himself_resigns_his_games_and_leaves_the_lobby() {
    let app = TestApp::start().await;
    let table = Table::of(&app, "game", &crate::support::terms()).await;
    let [gone, left] = [&table.players[0], &table.players[1]];
    let own = seek(&app, gone, terms(3)).await;
    let invitation = invite(&app, left, &[gone]).await;
    delete(&app, gone, "/api/v1/user/account").await.expect(204);
    let game = table.seen_by(&app, 1).await;
    assert_eq!(game["status"], "ended", "{game}");
    assert_eq!(status(&app, left, &format!("{SEEKS}/{own}")).await, "withdrawn");
    assert_eq!(status(&app, left, &format!("{INVITATIONS}/{invitation}")).await, "declined");
    assert_eq!(told_of(&app, &own).await, ["seek_opened", "seek_closed"]);
    // The one who is left was rated against who he has played.
    let ratings = get(&app, left, "/api/v1/user/ratings").await;
    assert_eq!(ratings.expect(200)["ratings"][0]["games"], 1);
    join(&app, left, &own).await.expect_problem(404, "seek_unknown");
    app.stop().await;
}

#[tokio::test]
async fn who_is_merged_brings_his_games_and_leaves_the_lobby() {
    let app = TestApp::start().await;
    let (winner, loser) = (app.opened("winner").await, app.opened("loser").await);
    let [eve] = accounts(&app, "other").await;
    let own = seek(&app, &loser.account_id, terms(2)).await;
    let taken = join(&app, &eve, &own).await;
    let game = format!("/api/v1/user/games/{}", taken.expect(200)["game_id"].as_str().unwrap());
    let open = seek(&app, &loser.account_id, terms(2)).await;
    merge(&app, &winner.account_id, &loser).await.expect(200);
    assert_eq!(status(&app, &eve, &format!("{SEEKS}/{open}")).await, "withdrawn");
    let seen = get(&app, &winner.account_id, &game).await;
    let players = seen.expect(200)["players"].as_array().unwrap();
    let is_in = |id: &str| players.iter().any(|player: &Value| player["account_id"] == *id);
    assert!(is_in(&winner.account_id) && is_in(&eve) && !is_in(&loser.account_id), "{players:?}");
    let resign = json!({"turn": seen.body["turn"], "action": "resign"});
    post(&app, &winner.account_id, &format!("{game}/commands"), &resign).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn whom_a_merger_brings_a_game_in_real_time_waits_for_no_other_one() {
    let app = TestApp::start().await;
    let (winner, loser) = (app.opened("winner").await, app.opened("loser").await);
    let [eve, max] = accounts(&app, "other").await;
    let own = [
        seek(&app, &winner.account_id, terms(2)).await,
        seek(&app, &winner.account_id, by_correspondence()).await,
    ];
    let of_max = seek(&app, &max, terms(3)).await;
    join(&app, &winner.account_id, &of_max).await.expect(200);
    let ticket = json!({"terms": terms(2)});
    post(&app, &winner.account_id, "/api/v1/user/matchmaking", &ticket).await.expect(201);
    let taken = seek(&app, &loser.account_id, terms(2)).await;
    join(&app, &eve, &taken).await.expect(200);
    merge(&app, &winner.account_id, &loser).await.expect(200);
    for (seek, expected) in own.iter().zip(["withdrawn", "open"]) {
        assert_eq!(status(&app, &eve, &format!("{SEEKS}/{seek}")).await, expected);
        let told = told_of(&app, seek).await;
        assert_eq!(told.len(), if expected == "open" { 1 } else { 2 }, "{told:?}");
    }
    let left = get(&app, &max, &format!("{SEEKS}/{of_max}")).await;
    assert_eq!(left.expect(200)["member_ids"], json!([]));
    assert_eq!(count(&app, "matchmaking_ticket").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_game_is_told_to_and_rated_for_who_has_become_its_player() {
    let app = TestApp::start().await;
    let (winner, loser) = (app.opened("winner").await, app.opened("loser").await);
    let [eve] = accounts(&app, "other").await;
    let rated = json!({"rules": "english", "rated": true, "time_control": {"kind": "real_time", "initial_seconds": 600}});
    let own = seek(&app, &loser.account_id, rated).await;
    let taken = join(&app, &eve, &own).await;
    let game = format!("/api/v1/user/games/{}", taken.expect(200)["game_id"].as_str().unwrap());
    // So that it is remembered with the loser as its player.
    let more_time = json!({"turn": 1, "action": "offer", "proposal": "more_time"});
    post(&app, &eve, &format!("{game}/commands"), &more_time).await.expect(200);
    merge(&app, &winner.account_id, &loser).await.expect(200);
    // The other acts first.
    let resign = json!({"turn": 1, "action": "resign"});
    let ended = post(&app, &eve, &format!("{game}/commands"), &resign).await;
    let players = ended.expect(200)["game"]["players"].as_array().unwrap();
    let ids: Vec<&str> =
        players.iter().map(|player| player["account_id"].as_str().unwrap()).collect();
    assert!(ids.contains(&&*winner.account_id) && !ids.contains(&&*loser.account_id), "{ids:?}");
    for player in [&winner.account_id, &eve] {
        let ratings = get(&app, player, "/api/v1/user/ratings").await;
        assert_eq!(ratings.expect(200)["ratings"][0]["games"], 1, "{ratings:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn who_play_each_other_do_not_become_one() {
    let app = TestApp::start().await;
    let operator = operator(&app).await;
    let (ann, bob) = (app.opened("ann").await, app.opened("bob").await);
    let own = seek(&app, &ann.account_id, terms(2)).await;
    let taken = join(&app, &bob.account_id, &own).await;
    let open = seek(&app, &bob.account_id, terms(2)).await;
    merge(&app, &ann.account_id, &bob).await.expect_problem(409, "opponents");
    let path = format!("/api/v1/admin/accounts/{}/merge", ann.account_id);
    let refused = post(&app, &operator, &path, &json!({"loser_id": bob.account_id})).await;
    refused.expect_problem(409, "opponents");
    // And nothing has come of it.
    assert_eq!(status(&app, &ann.account_id, &format!("{SEEKS}/{open}")).await, "open");
    let game = taken.expect(200)["game_id"].as_str().unwrap();
    let resign = json!({"turn": 1, "action": "resign"});
    let game = format!("/api/v1/user/games/{game}/commands");
    post(&app, &ann.account_id, &game, &resign).await.expect(200);
    merge(&app, &ann.account_id, &bob).await.expect(200);
    app.stop().await;
}
