//! What happens to sessions as time goes by: their use is written behind, and at their end they leave
//! the table and every cache.

use std::time::Duration;

use scrabble_backend::time::{Clock, Timestamp};
use serde_json::json;

use crate::support::{Database, TestApp, eventually};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// So long that it does not happen by itself.
const NEVER: &str = "1h";
const SOON: &str = "100ms";

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

/// Two replicas that live by one clock and on one database.
async fn pair(clock: &Clock, last_seen_interval: &str, purge_interval: &str) -> (TestApp, TestApp) {
    let database = Database::migrated().await;
    let start = async || {
        TestApp::with()
            .clock(clock)
            .database(&database)
            .set("BACKEND_SESSION_LAST_SEEN_INTERVAL", last_seen_interval)
            .set("BACKEND_SESSION_PURGE_INTERVAL", purge_interval)
            .start()
            .await
    };
    (start().await, start().await)
}

/// The token of a session that [`fill`] has stored.
fn token(number: usize) -> String {
    format!("scrs_{number:043}")
}

/// Stores sessions for the tokens 0 to `count`, of one player, without anybody hearing of it.
async fn fill(database: &Database, account_id: &str, count: usize, expires_at: Timestamp) {
    let insert = format!(
        "insert into session (session_id, account_id, token_hash, role, created_at, last_seen_at, expires_at)
            select gen_random_uuid(), '{account_id}', sha256(convert_to('scrs_' || lpad(i::text, 43, '0'), 'UTF8')),
                'player', '2026-11-24T12:00:00Z', '2026-11-24T12:00:00Z', $1 from generate_series(0, {count} - 1) i"
    );
    database.connect().await.execute(&insert, &[&expires_at]).await.unwrap();
}

async fn count(database: &Database, what: &str) -> i64 {
    let count = format!("select count(*) from session where {what}");
    database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn the_use_of_many_sessions_is_written_behind_and_known_to_other_replicas() {
    let clock = clock();
    let (one, other) = pair(&clock, SOON, NEVER).await;
    let account_id = one.opened("1").await.account_id;
    fill(&one.database, &account_id, 2_500, clock.now() + DAY * 30).await;
    // Known to both.
    for app in [&one, &other] {
        for number in 0..2_500 {
            assert!(app.sessions.resolve(&token(number)).await.unwrap().is_some());
        }
    }
    clock.advance(DAY * 6);
    for number in 0..2_500 {
        one.sessions.resolve(&token(number)).await.unwrap().unwrap();
    }
    let seen = "last_seen_at = '2026-11-30T12:00:00Z'";
    eventually("all are written", async || {
        (count(&one.database, seen).await == 2_500).then_some(())
    })
    .await;
    clock.advance(DAY * 6);
    other.resolve(&token(7)).await.expect(200);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_shutdown_forgets_no_use() {
    let clock = clock();
    let (one, other) = pair(&clock, NEVER, NEVER).await;
    let opened = one.opened("1").await;
    clock.advance(DAY * 6);
    one.resolve(&opened.token).await.expect(200);
    let database = one.database.clone();
    assert_eq!(count(&database, "last_seen_at > created_at").await, 0);
    one.stop().await;
    assert_eq!(count(&database, "last_seen_at = '2026-11-30T12:00:00Z'").await, 1);
    clock.advance(DAY * 6);
    other.resolve(&opened.token).await.expect(200);
    other.stop().await;
}

#[tokio::test]
async fn what_could_not_be_written_is_written_when_the_database_is_back() {
    let clock = clock();
    let app = TestApp::with()
        .clock(&clock)
        .set("BACKEND_SESSION_LAST_SEEN_INTERVAL", SOON)
        .set("BACKEND_POSTGRES_OPERATION_TIMEOUT", "200ms")
        .start()
        .await;
    let opened = app.opened("1").await;
    clock.advance(DAY);
    app.database.refuse_connections().await;
    app.resolve(&opened.token).await.expect(200);
    assert!(app.sessions.write_last_seen().await.is_err());
    clock.advance(DAY);
    assert!(app.sessions.write_last_seen().await.is_err());
    app.database.accept_connections().await;
    let seen = "last_seen_at = '2026-11-25T12:00:00Z'";
    eventually("it is written", async || (count(&app.database, seen).await == 1).then_some(()))
        .await;
    app.stop().await;
}

#[tokio::test]
async fn sessions_at_their_end_leave_the_table_and_every_cache() {
    let clock = clock();
    let (one, other) = pair(&clock, SOON, SOON).await;
    let (unused, used) = (one.opened("unused").await, one.opened("used").await);
    fill(&one.database, &unused.account_id, 2_500, clock.now() + DAY).await;
    for app in [&one, &other] {
        for number in 0..2_500 {
            assert!(app.sessions.resolve(&token(number)).await.unwrap().is_some());
        }
        for opened in [&unused, &used] {
            app.resolve(&opened.token).await.expect(200);
        }
        assert_eq!(app.sessions.cache().len(), 2_502);
    }
    clock.advance(DAY * 5);
    one.resolve(&used.token).await.expect(200);
    let left = async |count_left: i64| {
        eventually("they are gone everywhere", async || {
            let is_gone = count(&one.database, "true").await == count_left
                && [&one, &other].iter().all(|app| app.sessions.cache().len() as i64 == count_left);
            is_gone.then_some(())
        })
        .await;
    };
    left(2).await;
    clock.advance(DAY * 3);
    left(1).await;
    assert_eq!(count(&one.database, &format!("session_id = '{}'", used.session_id)).await, 1);
    other.resolve(&used.token).await.expect(200);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_session_that_another_replica_may_have_seen_is_not_cleared_away() {
    let clock = clock();
    let (one, other) = pair(&clock, NEVER, NEVER).await;
    let opened = one.opened("1").await;
    clock.advance(DAY * 7 - Duration::from_secs(60));
    one.resolve(&opened.token).await.expect(200);
    // The table does not know of that, and the idle time is over by what it knows.
    clock.advance(Duration::from_secs(120));
    let config = crate::support::config(&one.database.dsn()).session;
    assert_eq!(other.sessions.purge(&config).await.unwrap(), 0);
    one.resolve(&opened.token).await.expect(200);
    one.stop().await;
    assert_eq!(count(&other.database, "true").await, 1);
    other.stop().await;
}

#[tokio::test]
async fn a_rotated_session_has_a_new_token_and_the_old_one_is_dead_everywhere() {
    const ROTATE: &str = "/api/v1/internal/sessions/current/rotate";
    let clock = clock();
    let (one, other) = pair(&clock, NEVER, NEVER).await;
    let opened = one.opened("1").await;
    other.resolve(&opened.token).await.expect(200);
    clock.advance(DAY);
    one.resolve(&opened.token).await.expect(200);
    let rotated = one.client.post(ROTATE).bearer(&opened.token).send().await;
    let body = rotated.expect(200);
    assert_eq!(body["session"]["id"], opened.session_id);
    assert_eq!(body["session"]["last_seen_at"], json!(clock.now()));
    let token = body["token"].as_str().unwrap();
    assert_ne!(token, opened.token);
    for app in [&one, &other] {
        assert_eq!(app.resolve(token).await.expect(200)["session_id"], opened.session_id);
    }
    one.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    eventually("the other replica hears of it", async || {
        (other.resolve(&opened.token).await.status == 401).then_some(())
    })
    .await;
    for dead in [opened.token.as_str(), "scrs_", &"x".repeat(48)] {
        let answer = one.client.post(ROTATE).bearer(dead).send().await;
        answer.expect_problem(401, "session_invalid");
    }
    // One that has not been used for too long is not revived by it.
    clock.advance(DAY * 7);
    one.client.post(ROTATE).bearer(token).send().await.expect_problem(401, "session_invalid");
    one.stop().await;
    other.stop().await;
}
