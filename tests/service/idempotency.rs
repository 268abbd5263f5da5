//! A request with an `Idempotency-Key` that is made again: it is done once, and answered the same.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{Answer, Database, Opened, TestApp, eventually};

const SESSIONS: &str = "/api/v1/internal/sessions";
const KEY: &str = "0192d5e8-7a44-7bd2-9c52-54a1c6e5d7f0";

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

fn opening(subject: &str) -> Value {
    json!({"identity": {"kind": "platform", "provider": "telegram", "subject": subject}})
}

async fn open(app: &TestApp, key: &str, subject: &str) -> Answer {
    let call = app.client.post(SESSIONS).header("idempotency-key", key);
    call.json(&opening(subject)).send().await
}

async fn count(database: &Database, table: &str) -> i64 {
    let count = format!("select count(*) from {table}");
    database.connect().await.query_one(&count, &[]).await.unwrap().get(0)
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

#[tokio::test]
async fn the_same_key_and_body_give_the_same_answer_on_every_replica() {
    let (clock, database) = (clock(), Database::migrated().await);
    let start = || TestApp::with().clock(&clock).database(&database).start();
    let (one, other) = (start().await, start().await);
    let first = open(&one, KEY, "1").await;
    first.expect(201);
    assert!(!is_replayed(&first));
    for app in [&one, &other] {
        let again = open(app, KEY, "1").await;
        assert_eq!(again.text, first.text);
        assert_eq!(again.status, 201);
        assert_eq!(again.header("content-type"), first.header("content-type"));
        assert!(is_replayed(&again));
        app.resolve(&Opened::new(&again.body).token).await.expect(200);
    }
    // The key as the standard's draft writes it.
    assert_eq!(open(&one, &format!("\"{KEY}\""), "1").await.text, first.text);
    assert_eq!(count(&database, "session").await, 1);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_key_stands_for_one_body_one_route_and_one_caller() {
    let app = TestApp::start().await;
    let opened = Opened::new(open(&app, KEY, "1").await.expect(201));
    open(&app, KEY, "2").await.expect_problem(422, "idempotency_key_reused");
    let rotate = async |token: &str| {
        let call = app.client.post("/api/v1/internal/sessions/current/rotate");
        call.bearer(token).header("idempotency-key", KEY).send().await
    };
    let other = app.opened("2").await;
    let (rotated, others) = (rotate(&opened.token).await, rotate(&other.token).await);
    assert_eq!(rotated.expect(200)["session"]["id"], opened.session_id);
    assert_eq!(others.expect(200)["session"]["id"], other.session_id);
    // The answer with the new token is there for whoever has lost it, though the old one is over.
    let again = rotate(&opened.token).await;
    assert_eq!((again.text.as_str(), is_replayed(&again)), (rotated.text.as_str(), true));
    let link = async |account_id: &str, subject: &str| {
        let body = json!({"kind": "platform", "provider": "vk", "subject": subject});
        let call = app.client.post("/api/v1/user/identities").user(account_id);
        call.header("idempotency-key", KEY).json(&body).send().await
    };
    let linked = link(&opened.account_id, "7").await;
    linked.expect(201);
    link(&other.account_id, "8").await.expect(201);
    let again = link(&opened.account_id, "7").await;
    assert_eq!((again.text.as_str(), is_replayed(&again)), (linked.text.as_str(), true));
    link(&opened.account_id, "9").await.expect_problem(422, "idempotency_key_reused");
    app.stop().await;
}

#[tokio::test]
async fn of_many_at_the_same_time_one_is_done_and_the_others_told_to_wait() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let lock = app.database.lock_account(&opened.account_id).await;
    let mut attempts: FuturesUnordered<_> = (0..32).map(|_| open(&app, KEY, "1")).collect();
    for _ in 0..31 {
        let refused = attempts.next().await.unwrap();
        refused.expect_problem(409, "request_in_flight");
        assert_eq!(refused.header("retry-after"), Some("1"));
    }
    lock.release().await;
    let done = attempts.next().await.unwrap();
    drop(attempts);
    done.expect(201);
    assert_eq!(open(&app, KEY, "1").await.text, done.text);
    assert_eq!(count(&app.database, "session").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn who_hangs_up_finds_the_answer_when_he_comes_again() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let lock = app.database.lock_account(&opened.account_id).await;
    let mut socket = tokio::net::TcpStream::connect(app.client.addr).await.unwrap();
    let body = opening("1").to_string();
    let request = format!(
        "POST {SESSIONS} HTTP/1.1\r\nHost: backend\r\nIdempotency-Key: {KEY}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    eventually("the request is being answered", async || {
        (count(&app.database, "idempotency_key").await == 1).then_some(())
    })
    .await;
    drop(socket);
    lock.release().await;
    let answer = eventually("the answer is kept", async || {
        let answer = open(&app, KEY, "1").await;
        (answer.status != 409).then_some(answer)
    })
    .await;
    let found = Opened::new(answer.expect(201));
    assert!(is_replayed(&answer));
    app.resolve(&found.token).await.expect(200);
    assert_eq!(count(&app.database, "session").await, 2);
    app.stop().await;
}

#[tokio::test]
async fn who_hangs_up_before_it_is_begun_finds_it_done() {
    let app = TestApp::start().await;
    let database = app.database.connect().await;
    database.batch_execute("begin; lock table idempotency_key").await.unwrap();
    let hung_up = tokio::time::timeout(Duration::from_millis(200), open(&app, KEY, "1")).await;
    assert!(hung_up.is_err(), "it waits for its claim");
    database.batch_execute("commit").await.unwrap();
    let answer = eventually("the answer is kept", async || {
        let answer = open(&app, KEY, "1").await;
        (answer.status != 409).then_some(answer)
    })
    .await;
    answer.expect(201);
    assert_eq!(count(&app.database, "session").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_player_is_the_same_caller_whatever_token_he_has_by_now() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let link = async |token: &str| {
        let body = json!({"kind": "platform", "provider": "vk", "subject": "7"});
        let call = app.client.post("/api/v1/user/identities").user(&opened.account_id);
        let call = call.header("x-session-id", &opened.session_id).bearer(token);
        call.header("idempotency-key", KEY).json(&body).send().await
    };
    let linked = link(&opened.token).await;
    let token = linked.expect(201)["token"].as_str().unwrap();
    let again = link(token).await;
    assert_eq!((again.text.as_str(), is_replayed(&again)), (linked.text.as_str(), true));
    app.stop().await;
}

#[tokio::test]
async fn after_a_failure_the_request_is_done_when_it_comes_again() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let suspend = json!({"reason": "cheating"});
    let suspension = |method: &str| {
        let path = format!("/api/v1/admin/accounts/{}/suspension", opened.account_id);
        app.client.call(method, &path)
    };
    let operator = app.opened("operator").await.account_id;
    app.admin
        .set_role(operator.parse().unwrap(), scrabble_backend::account::Role::Operator)
        .await
        .unwrap();
    suspension("PUT").user(&operator).json(&suspend).send().await.expect(200);
    for _ in 0..2 {
        open(&app, KEY, "1").await.expect_problem(403, "account_suspended");
    }
    suspension("DELETE").user(&operator).send().await;
    let answer = open(&app, KEY, "1").await;
    answer.expect(201);
    assert!(!is_replayed(&answer));
    app.stop().await;
}

#[tokio::test]
async fn a_token_is_given_again_for_ten_minutes_and_the_answer_for_a_day() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let first = open(&app, KEY, "1").await.expect(201).clone();
    clock.advance(Duration::from_secs(599));
    app.idempotency.prune().await.unwrap();
    assert_eq!(open(&app, KEY, "1").await.body, first);
    clock.advance(Duration::from_secs(1));
    let mut without_token = first.clone();
    without_token["token"] = Value::Null;
    // By the clock, whether it was cleared away already or not.
    assert_eq!(open(&app, KEY, "1").await.body, without_token);
    app.idempotency.prune().await.unwrap();
    assert_eq!(count(&app.database, "idempotency_key where token is not null").await, 0);
    clock.advance(Duration::from_secs(24 * 3600 - 601));
    app.idempotency.prune().await.unwrap();
    assert_eq!(open(&app, KEY, "1").await.body, without_token);
    clock.advance(Duration::from_secs(1));
    let anew = open(&app, KEY, "1").await;
    assert_ne!(Opened::new(anew.expect(201)).session_id, Opened::new(&first).session_id);
    assert!(!is_replayed(&anew));
    clock.advance(Duration::from_secs(24 * 3600));
    app.idempotency.prune().await.unwrap();
    assert_eq!(count(&app.database, "idempotency_key").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn a_request_whose_process_has_died_is_taken_over_after_a_minute() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    open(&app, KEY, "1").await.expect(201);
    let database = app.database.connect().await;
    database
        .batch_execute(
            "update idempotency_key set answer = null, token = null; delete from session",
        )
        .await
        .unwrap();
    clock.advance(Duration::from_secs(59));
    open(&app, KEY, "1").await.expect_problem(409, "request_in_flight");
    clock.advance(Duration::from_secs(1));
    let answers = join_all((0..8).map(|_| open(&app, KEY, "1"))).await;
    let opened: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
    assert!(opened.iter().all(|answer| answer.text == opened[0].text));
    assert_eq!(count(&app.database, "session").await, 1);
    app.stop().await;
}

#[tokio::test]
async fn a_malformed_key_is_refused_and_nothing_is_done() {
    let app = TestApp::start().await;
    for key in ["", "short", "fifteen-letters", "with a space in it", &"k".repeat(256)] {
        let answer = open(&app, key, "1").await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], "idempotency-key", "{answer:?}");
    }
    let twice = app.client.post(SESSIONS).header("idempotency-key", KEY);
    let twice = twice.header("idempotency-key", KEY).json(&opening("1")).send().await;
    twice.expect_problem(400, "invalid_input");
    assert_eq!(count(&app.database, "session").await, 0);
    app.stop().await;
}

#[tokio::test]
async fn neither_key_nor_token_can_be_read_from_the_database() {
    let app = TestApp::start().await;
    let opened = Opened::new(open(&app, KEY, "a-subject-of-its-own").await.expect(201));
    let row: String = app
        .database
        .connect()
        .await
        .query_one(
            "select concat_ws(' ', encode(key_hash, 'escape'), encode(body_hash, 'escape'),
                encode(answer, 'escape'), encode(token, 'escape')) from idempotency_key",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert!(row.len() > 300, "{row}");
    for secret in [KEY, opened.token.as_str(), "scrs_", "a-subject-of-its-own", &opened.account_id]
    {
        assert!(!row.contains(secret), "{secret}: {row}");
    }
    app.stop().await;
}
