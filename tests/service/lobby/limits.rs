//! How many seeks and invitations an account may open and send, whatever becomes of them.

use std::time::Duration;

use scrabble_backend::time::{Clock, Timestamp};
use serde_json::json;

use super::{INVITATIONS, SEEKS, accounts, delete, invite, post, seek, terms};
use crate::support::{Answer, TestApp};

const PER_HOUR: u32 = 300;

#[tokio::test]
async fn who_opens_seeks_or_sends_invitations_again_and_again_must_wait() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let [ann, bob] = accounts(&app, "player").await;
    let (taken_back, refused) =
        (seek(&app, &ann, terms(2)).await, invite(&app, &ann, &[&bob]).await);
    delete(&app, &ann, &format!("{SEEKS}/{taken_back}")).await.expect(204);
    delete(&app, &bob, &format!("{INVITATIONS}/{refused}")).await.expect(204);
    clock.advance(Duration::from_secs(600));
    for (table, id, columns) in [
        (
            "seek",
            "seek_id",
            "owner_id, terms, category, is_real_time, seats, owner_rating,
            owner_is_established, established_only, expires_at, closed_at, outcome",
        ),
        (
            "invitation",
            "invitation_id",
            "inviter_id, terms, is_real_time, expires_at, closed_at, outcome",
        ),
    ] {
        // All but two of those that there may be within an hour.
        let again = format!(
            "insert into {table} ({id}, opened_at, {columns})
                select gen_random_uuid(), '2026-11-24T12:10:00Z', {columns}
                    from {table}, generate_series(1, {PER_HOUR} - 2)"
        );
        app.database.connect().await.batch_execute(&again).await.unwrap();
    }
    let open = async || post(&app, &ann, SEEKS, &json!({"terms": terms(2)})).await;
    let send = async || {
        let body = json!({"terms": terms(2), "account_ids": [bob]});
        post(&app, &ann, INVITATIONS, &body).await
    };
    let must_wait = |answer: &Answer, seconds: &str| {
        answer.expect_problem(429, "lobby_throttled");
        assert_eq!(answer.header("retry-after"), Some(seconds));
    };
    open().await.expect(201);
    send().await.expect(201);
    // Until the first counts no more.
    must_wait(&open().await, "3000");
    must_wait(&send().await, "3000");
    clock.advance(Duration::from_secs(3000));
    open().await.expect(201);
    send().await.expect(201);
    must_wait(&open().await, "600");
    must_wait(&send().await, "600");
    app.stop().await;
}
