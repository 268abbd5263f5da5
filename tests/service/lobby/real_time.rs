//! Games in real time, of which nobody begins two at once.

use serde_json::json;

use super::rematches::{ask, finished};
use super::{
    INVITATIONS, SEEKS, accept, accounts, after, by_correspondence, count, get, id, invite, join,
    post, seek, status, terms, told_of,
};
use crate::support::{TestApp, eventually};

#[tokio::test]
async fn a_real_time_game_takes_its_players_out_of_what_else_they_wait_for() {
    let app = TestApp::start().await;
    let [ann, bob, eve, max] = accounts(&app, "player").await;
    let taken = seek(&app, &ann, terms(2)).await;
    let [also, slow] =
        [seek(&app, &ann, terms(2)).await, seek(&app, &ann, by_correspondence()).await];
    let of_eve = seek(&app, &eve, terms(3)).await;
    join(&app, &bob, &of_eve).await.expect(200);
    let (to_max, of_max) = (invite(&app, &ann, &[&max]).await, invite(&app, &max, &[&bob]).await);
    let ticket = json!({"terms": terms(2)});
    post(&app, &ann, "/api/v1/user/matchmaking", &ticket).await.expect(201);
    join(&app, &bob, &taken).await.expect(200);
    assert_eq!(count(&app, "matchmaking_ticket").await, 0);
    assert_eq!(status(&app, &eve, &format!("{SEEKS}/{also}")).await, "withdrawn");
    assert_eq!(status(&app, &eve, &format!("{SEEKS}/{slow}")).await, "open");
    let left = get(&app, &eve, &format!("{SEEKS}/{of_eve}")).await;
    assert_eq!(left.expect(200)["member_ids"], json!([]));
    assert_eq!(status(&app, &max, &format!("{INVITATIONS}/{to_max}")).await, "withdrawn");
    // He may still answer, after the game.
    assert_eq!(status(&app, &max, &format!("{INVITATIONS}/{of_max}")).await, "open");
    accept(&app, &bob, &of_max).await.expect(200);
    assert_eq!(told_of(&app, &also).await, ["seek_opened", "seek_closed"]);
    assert_eq!(told_of(&app, &of_eve).await, ["seek_opened", "seek_changed", "seek_changed"]);
    app.stop().await;
}

#[tokio::test]
async fn who_waits_for_a_game_by_correspondence_still_does_when_one_in_real_time_begins() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let seek = seek(&app, &ann, terms(2)).await;
    let ticket = json!({"terms": by_correspondence()});
    post(&app, &ann, "/api/v1/user/matchmaking", &ticket).await.expect(201);
    join(&app, &bob, &seek).await.expect(200);
    assert_eq!(count(&app, "matchmaking_ticket").await, 1);
    // It counts for what it is for now.
    let mut ticket = ticket;
    ticket["terms"]["time_control"]["turn_seconds"] = 172_800.into();
    post(&app, &eve, "/api/v1/user/matchmaking", &ticket).await.expect(201);
    post(&app, &eve, "/api/v1/user/matchmaking", &json!({"terms": terms(2)})).await.expect(201);
    let of_eve = super::seek(&app, &eve, terms(2)).await;
    join(&app, &bob, &of_eve).await.expect(200);
    assert_eq!(count(&app, &format!("matchmaking_ticket where account_id = '{eve}'")).await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_real_time_game_of_two_who_were_given_each_other_does_so_as_well() {
    let app = TestApp::start().await;
    let [ann, bob, eve] = accounts(&app, "player").await;
    let [own, slow] =
        [seek(&app, &ann, terms(2)).await, seek(&app, &ann, by_correspondence()).await];
    let of_eve = seek(&app, &eve, terms(3)).await;
    join(&app, &bob, &of_eve).await.expect(200);
    let (to_eve, of_them) = (invite(&app, &ann, &[&eve]).await, invite(&app, &eve, &[&bob]).await);
    // By correspondence nothing else is left for it.
    for (terms, status_then) in [(by_correspondence(), "open"), (terms(2), "withdrawn")] {
        for player in [&ann, &bob] {
            let ticket = json!({"terms": terms});
            post(&app, player, "/api/v1/user/matchmaking", &ticket).await.expect(201);
        }
        eventually("they are given each other", async || {
            app.matchmaking.wave().await.unwrap();
            (count(&app, "matchmaking_ticket").await == 0).then_some(())
        })
        .await;
        app.database.connect().await.execute("delete from matchmaking_match", &[]).await.unwrap();
        assert_eq!(status(&app, &eve, &format!("{SEEKS}/{own}")).await, status_then);
    }
    assert_eq!(status(&app, &eve, &format!("{SEEKS}/{slow}")).await, "open");
    let left = get(&app, &eve, &format!("{SEEKS}/{of_eve}")).await;
    assert_eq!(left.expect(200)["member_ids"], json!([]));
    assert_eq!(status(&app, &eve, &format!("{INVITATIONS}/{to_eve}")).await, "withdrawn");
    assert_eq!(status(&app, &bob, &format!("{INVITATIONS}/{of_them}")).await, "open");
    assert_eq!(told_of(&app, &own).await, ["seek_opened", "seek_closed"]);
    app.stop().await;
}

#[tokio::test]
async fn of_seeks_of_one_player_that_are_taken_at_the_same_time_one_becomes_a_game() {
    const ROUNDS: usize = 20;
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let [ann, bob, eve] = accounts(&app, &format!("player-{round}")).await;
        let seeks = [seek(&app, &ann, terms(2)).await, seek(&app, &ann, terms(2)).await];
        let answers = tokio::join!(join(&app, &bob, &seeks[0]), join(&app, &eve, &seeks[1]));
        let mut answers = [answers.0, answers.1];
        answers.sort_by_key(|answer| answer.status);
        answers[0].expect(200);
        answers[1].expect_problem(404, "seek_unknown");
        assert_eq!(running(&app, &ann).await, 1);
        for seek in &seeks {
            assert_eq!(told_of(&app, seek).await, ["seek_opened", "seek_closed"]);
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn who_is_given_an_opponent_while_his_seek_is_taken_begins_one_game() {
    const ROUNDS: usize = 20;
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let [ann, bob, eve] = accounts(&app, &format!("player-{round}")).await;
        let seek = seek(&app, &ann, terms(2)).await;
        for player in [&ann, &eve] {
            let ticket = json!({"terms": terms(2)});
            post(&app, player, "/api/v1/user/matchmaking", &ticket).await.expect(201);
        }
        let (joined, begun) = tokio::join!(join(&app, &bob, &seek), app.matchmaking.wave());
        begun.unwrap();
        assert!(joined.status == 200 || joined.code() == "seek_unknown", "{joined:?}");
        eventually("one of the two games has begun", async || {
            (running(&app, &ann).await > 0).then_some(())
        })
        .await;
        assert_eq!(running(&app, &ann).await, 1);
        let leave = app.client.delete("/api/v1/user/matchmaking").user(&eve);
        leave.send().await.expect(204);
    }
    app.stop().await;
}

#[tokio::test]
async fn who_asks_for_a_game_while_another_of_his_begins_is_told_so() {
    let app = TestApp::start().await;
    let [bob, eve] = accounts(&app, "player").await;
    let table = finished(&app, "finished", 2).await;
    let ann = table.players[0].clone();
    let (own, of_eve) = (seek(&app, &ann, terms(2)).await, seek(&app, &eve, terms(2)).await);
    let by_eve = invite(&app, &eve, &[&ann]).await;
    let asked = id(ask(&app, &ann, &table.game).await.expect(200));
    // The beginning game waits for its player's account, and whoever asks waits for it.
    let holder = app.database.connect().await;
    let hold = format!("begin; select from account where account_id = '{ann}' for update");
    holder.batch_execute(&hold).await.unwrap();
    let invitation = json!({"terms": terms(2), "account_ids": [eve]});
    let wanted = json!({"terms": terms(2)});
    // Who asks again for a rematch comes first, and so finds open what he has asked for before.
    let (begun, again, joined, accepted, opened, invited, entered, ()) = tokio::join!(
        join(&app, &bob, &own),
        after(&app, 1, ask(&app, &ann, &table.game)),
        after(&app, 2, join(&app, &ann, &of_eve)),
        after(&app, 2, accept(&app, &ann, &by_eve)),
        after(&app, 2, post(&app, &ann, SEEKS, &wanted)),
        after(&app, 2, post(&app, &ann, INVITATIONS, &invitation)),
        after(&app, 2, post(&app, &ann, "/api/v1/user/matchmaking", &wanted)),
        after(&app, 7, async { holder.batch_execute("commit").await.unwrap() }),
    );
    assert_eq!(begun.expect(200)["status"], "taken");
    assert_eq!(status(&app, &ann, &format!("{INVITATIONS}/{asked}")).await, "withdrawn");
    for answer in [again, joined, accepted, opened, invited, entered] {
        answer.expect_problem(409, "already_playing");
    }
    assert_eq!(running(&app, &ann).await, 1);
    // Who knows of a game may play another one.
    join(&app, &ann, &of_eve).await.expect(200);
    app.stop().await;
}

/// How many games an account plays.
async fn running(app: &TestApp, account: &str) -> i64 {
    count(app, &format!("game_player where account_id = '{account}' and ended_at is null")).await
}
