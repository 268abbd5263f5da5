//! What expires, and what is forgotten.

use std::time::Duration;

use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use super::{
    INVITATIONS, SEEKS, accept, accounts, by_correspondence, count, get, invite, join, joinable,
    post, seek, seek_with, status, terms, told, told_of,
};
use crate::support::{TestApp, eventually};

const HOUR: Duration = Duration::from_secs(3600);

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

#[tokio::test]
async fn each_stands_as_long_as_its_pace_or_its_owner_wants() {
    let app = TestApp::with().clock(&clock()).start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let expiry = async |path: &str, body: Value| {
        let answer = post(&app, &ann, path, &body).await;
        answer.expect(201)["expires_at"].as_str().unwrap().to_owned()
    };
    for (body, at) in [
        (json!({"terms": terms(2)}), "2026-11-24T14:00:00Z"),
        (json!({"terms": by_correspondence()}), "2026-11-27T00:00:00Z"),
        (json!({"terms": terms(2), "expires_in_seconds": 60}), "2026-11-24T12:01:00Z"),
    ] {
        assert_eq!(expiry(SEEKS, body).await, at);
    }
    for (terms, at) in
        [(terms(2), "2026-11-25T12:00:00Z"), (by_correspondence(), "2026-12-01T12:00:00Z")]
    {
        let body = json!({"terms": terms, "account_ids": [bob]});
        assert_eq!(expiry(INVITATIONS, body).await, at);
    }
    app.stop().await;
}

#[tokio::test]
async fn what_has_expired_is_over_at_once_and_everybody_hears_of_it_soon() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let other = TestApp::with().clock(&clock).database(&app.database).start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let short = json!({"terms": terms(2), "expires_in_seconds": 60});
    let (expiring, lasting) =
        (seek_with(&app, &ann, short).await, seek(&app, &ann, terms(2)).await);
    clock.advance(Duration::from_secs(60));
    assert_eq!(joinable(&app, &bob).await, [lasting]);
    join(&app, &bob, &expiring).await.expect_problem(404, "seek_unknown");
    assert_eq!(status(&app, &bob, &format!("{SEEKS}/{expiring}")).await, "expired");
    let invitation = invite(&app, &ann, &[&bob]).await;
    clock.advance(24 * HOUR);
    accept(&app, &bob, &invitation).await.expect_problem(409, "invitation_closed");
    for (id, closed) in [(&expiring, "seek_closed"), (&invitation, "invitation_closed")] {
        eventually("it is told", async || {
            told_of(&app, id).await.contains(&closed.to_owned()).then_some(())
        })
        .await;
        // Once, though two replicas look.
        assert_eq!(told_of(&app, id).await.len(), 2);
    }
    let told = told(&app).await;
    let of = |id: &str| &told.iter().rfind(|it| it["data"]["id"] == *id).unwrap()["data"];
    assert_eq!(of(&expiring), &json!({"id": expiring, "status": "expired"}));
    assert_eq!(of(&invitation), &json!({"id": invitation, "status": "expired"}));
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn however_many_expire_at_once_all_are_told_and_after_a_day_forgotten() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let owners: [String; 32] = accounts(&app, "owner").await;
    for owner in &owners {
        for _ in 0..8 {
            seek(&app, owner, terms(2)).await;
        }
    }
    clock.advance(2 * HOUR);
    eventually("all are closed", async || {
        (count(&app, "seek where closed_at is not null").await == 256).then_some(())
    })
    .await;
    let closed = told(&app).await.iter().filter(|it| it["kind"] == "seek_closed").count();
    assert_eq!(closed, 256);
    let last = seek(&app, &owners[0], by_correspondence()).await;
    clock.advance(25 * HOUR);
    eventually("all are forgotten", async || (count(&app, "seek").await == 1).then_some(())).await;
    get(&app, &owners[1], &format!("{SEEKS}/{last}")).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn what_can_t_be_played_any_more_begins_no_game() {
    let app = TestApp::start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let seek = seek(&app, &ann, terms(2)).await;
    let gone = r#"update seek set terms = regexp_replace(terms, '"hash":"[0-9a-f]{8}', '"hash":"00000000', 'g')"#;
    app.database.connect().await.execute(gone, &[]).await.unwrap();
    let refused = join(&app, &bob, &seek).await;
    refused.expect_problem(409, "terms_unplayable");
    assert_eq!(status(&app, &bob, &format!("{SEEKS}/{seek}")).await, "open");
    app.stop().await;
}
