//! Sessions: opened for an identity, resolved by their token, listed, ended.

use std::collections::HashSet;
use std::time::Duration;

use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Answer, Opened, TestApp};

const RESOLVE: &str = "/api/v1/internal/sessions/resolve";
const CURRENT: &str = "/api/v1/internal/sessions/current";
const SESSIONS: &str = "/api/v1/internal/sessions";
const OWN: &str = "/api/v1/user/sessions";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

/// A 401 as it is answered to every token that is not a live session's, but for its request's id.
fn as_refused(answer: &Answer) -> (u16, Option<String>, Value) {
    let mut body = answer.body.clone();
    body.as_object_mut().unwrap().remove("request_id").unwrap();
    (answer.status, answer.header("www-authenticate").map(ToOwned::to_owned), body)
}

#[tokio::test]
async fn opening_a_session_answers_token_session_and_account() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let body = json!({
        "identity": {"kind": "platform", "provider": "telegram", "subject": "42"},
        "profile": {"display_name": "  Zoe\u{308} ", "language": "PT-br", "time_zone": "europe/riga"},
        "client": {"user_agent": "Scrabble/1.0", "ip": "2001:db8::1"},
    });
    let answer = app.client.post(SESSIONS).json(&body).send().await;
    let opened = Opened::new(answer.expect(201));
    let now = "2026-11-24T12:00:00Z";
    let expected = json!({
        "token": opened.token,
        "session": {
            "id": opened.session_id,
            "account_id": opened.account_id,
            "created_at": now,
            "last_seen_at": now,
            "idle_expires_at": "2026-12-01T12:00:00Z",
            "expires_at": "2026-12-24T12:00:00Z",
            "client": {"user_agent": "Scrabble/1.0", "ip": "2001:db8::1"},
        },
        "account": {
            "id": opened.account_id,
            "display_name": "Zoë",
            "language": "pt-BR",
            "time_zone": "Europe/Riga",
            "role": "player",
            "status": "active",
            "created_at": now,
            "updated_at": now,
        },
        "account_created": true,
    });
    assert_eq!(answer.body, expected);
    app.stop().await;
}

#[tokio::test]
async fn a_device_is_described_as_far_as_can_be_kept_and_an_address_must_be_one() {
    let app = TestApp::start().await;
    let open = |client: Value| {
        let body = json!({"identity": {"kind": "guest"}, "client": client});
        app.client.post(SESSIONS).json(&body).send()
    };
    let long = open(json!({"user_agent": format!("a\n{}", "b".repeat(900))})).await;
    let kept = long.expect(201)["session"]["client"]["user_agent"].as_str().unwrap().to_owned();
    assert_eq!(kept, format!("a{}", "b".repeat(511)));
    let refused = open(json!({"ip": "localhost"})).await;
    refused.expect_problem(400, "invalid_input");
    assert_eq!(refused.body["field"], "client.ip");
    app.stop().await;
}

#[tokio::test]
async fn two_authorization_headers_are_as_good_as_none() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let call = app.client.get(RESOLVE).bearer(&opened.token).bearer(&opened.token);
    call.send().await.expect_problem(401, "session_invalid");
    app.stop().await;
}

#[tokio::test]
async fn a_known_identity_keeps_its_account_and_its_profile() {
    let app = TestApp::start().await;
    let first = app.open("7").await;
    let body = json!({
        "identity": {"kind": "platform", "provider": "telegram", "subject": "7"},
        "profile": {"display_name": "Somebody else"},
    });
    let second = app.client.post(SESSIONS).json(&body).send().await;
    assert_eq!(second.expect(201)["account_created"], false);
    assert_eq!(second.body["account"], first.body["account"]);
    assert_ne!(second.body["token"], first.body["token"]);
    app.stop().await;
}

#[tokio::test]
async fn every_guest_is_a_new_account_with_a_name() {
    let app = TestApp::start().await;
    let mut accounts = HashSet::new();
    for _ in 0..3 {
        let answer =
            app.client.post(SESSIONS).json(&json!({"identity": {"kind": "guest"}})).send().await;
        assert_eq!(answer.expect(201)["account_created"], true);
        assert!(answer.body["account"]["display_name"].as_str().unwrap().starts_with("Player "));
        accounts.insert(Opened::new(&answer.body).account_id);
    }
    assert_eq!(accounts.len(), 3);
    app.stop().await;
}

#[tokio::test]
async fn sixty_four_first_logins_at_once_make_one_account() {
    let app = TestApp::start().await;
    let logins = (0..64).map(|_| app.open("64"));
    let answers = futures_util::future::join_all(logins).await;
    let mut accounts = HashSet::new();
    let mut tokens = HashSet::new();
    let mut created = 0;
    for answer in &answers {
        let opened = Opened::new(answer.expect(201));
        accounts.insert(opened.account_id);
        tokens.insert(opened.token);
        created += u32::from(answer.body["account_created"] == true);
    }
    assert_eq!((accounts.len(), tokens.len(), created), (1, 64, 1));
    let database = app.database.connect().await;
    let rows = database.query_one("select count(*) from account", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 1, "no account is left over");
    for token in &tokens {
        app.resolve(token).await.expect(200);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_token_resolves_by_get_head_and_post() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    for method in ["GET", "HEAD", "POST"] {
        let answer = app.client.call(method, RESOLVE).bearer(&opened.token).send().await;
        assert_eq!(answer.status, 200, "{method}");
        assert_eq!(answer.header("x-user-id"), Some(opened.account_id.as_str()));
        assert_eq!(answer.header("x-session-id"), Some(opened.session_id.as_str()));
        if method == "HEAD" {
            assert_eq!(answer.text, "");
        } else {
            assert_eq!(answer.body["session_id"], opened.session_id);
            assert_eq!(answer.body["account_id"], opened.account_id);
            assert_eq!(answer.body["role"], "player");
            assert!(answer.body["expires_at"].is_string());
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_the_answer_is_the_same() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let idle = app.opened("idle").await;
    clock.advance(DAY * 6);
    let revoked = app.opened("revoked").await;
    app.client.delete(CURRENT).bearer(&revoked.token).send().await.expect(204);
    clock.advance(DAY);
    let unknown = format!("scrs_{}", "A".repeat(43));
    let refused = as_refused(&app.resolve(&unknown).await);
    assert_eq!(refused.0, 401);
    assert_eq!(refused.2["code"], "session_invalid");
    assert!(refused.1.as_deref().unwrap().starts_with("Bearer"));
    let malformed = format!("scrs_{}", "!".repeat(43));
    for token in [&idle.token, &revoked.token, &malformed, "", "x", &"x".repeat(5_000)] {
        assert_eq!(as_refused(&app.resolve(token).await), refused, "{token}");
    }
    let headers =
        [None, Some("Basic QTpC".to_owned()), Some("Bearer".to_owned()), Some(idle.token.clone())];
    for value in headers {
        let call = app.client.get(RESOLVE);
        let call = match &value {
            Some(value) => call.header("authorization", value),
            None => call,
        };
        assert_eq!(as_refused(&call.send().await), refused, "{value:?}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_session_in_use_lives_until_its_absolute_expiry_and_no_longer() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let opened = app.opened("1").await;
    for _ in 0..5 {
        clock.advance(DAY * 6 - Duration::from_secs(1));
        app.resolve(&opened.token).await.expect(200);
    }
    let listed = app.client.get(OWN).user(&opened.account_id).send().await;
    assert_eq!(
        listed.expect(200)["sessions"].as_array().unwrap().len(),
        1,
        "a session in use is listed"
    );
    clock.advance(Duration::from_secs(5));
    app.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    app.stop().await;
}

#[tokio::test]
async fn the_lifetimes_are_settable_and_shorter_for_operators() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).set("BACKEND_SESSION_IDLE_TTL", "2h").start().await;
    let player = app.opened("player").await;
    let operator = app.opened("operator").await.account_id.parse().unwrap();
    app.admin.set_role(operator, scrabble_backend::account::Role::Operator).await.unwrap();
    let answer = app.open("operator").await;
    assert_eq!(answer.body["account"]["role"], "operator");
    assert_eq!(answer.body["session"]["idle_expires_at"], "2026-11-24T13:00:00Z");
    assert_eq!(answer.body["session"]["expires_at"], "2026-11-25T12:00:00Z");
    let operator = Opened::new(&answer.body);
    clock.advance(Duration::from_secs(3600));
    app.resolve(&operator.token).await.expect_problem(401, "session_invalid");
    app.resolve(&player.token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_warm_token_and_a_malformed_one_need_no_database() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let database = app.database.connect().await;
    database.batch_execute("alter table session rename to hidden").await.unwrap();
    app.resolve(&opened.token).await.expect(200);
    app.resolve(&format!("scrs_{}", "!".repeat(43))).await.expect_problem(401, "session_invalid");
    // One that could be a token, and is not in the cache, does need it.
    app.resolve(&format!("scrs_{}", "A".repeat(43))).await.expect_problem(500, "internal_error");
    app.stop().await;
}

#[tokio::test]
async fn sessions_outlive_a_restart() {
    let app = TestApp::start().await;
    let (kept, closed) = (app.opened("kept").await, app.opened("closed").await);
    app.client.delete(CURRENT).bearer(&closed.token).send().await.expect(204);
    let database = app.database.clone();
    app.stop().await;
    let again = TestApp::with().database(&database).start().await;
    assert_eq!(again.sessions.cache().len(), 1, "the cache is warm before the service is ready");
    let answer = again.resolve(&kept.token).await;
    assert_eq!(answer.expect(200)["session_id"], kept.session_id);
    again.resolve(&closed.token).await.expect_problem(401, "session_invalid");
    again.stop().await;
}

#[tokio::test]
async fn a_session_opened_elsewhere_is_asked_for_once_and_then_known() {
    let app = TestApp::start().await;
    let other = TestApp::with().database(&app.database).start().await;
    let opened = other.opened("1").await;
    let before = app.sessions.cache().misses();
    for _ in 0..3 {
        app.resolve(&opened.token).await.expect(200);
    }
    assert_eq!(app.sessions.cache().misses() - before, 1);
    other.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn closing_a_session_twice_is_as_good_as_once() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    for _ in 0..2 {
        app.client.delete(CURRENT).bearer(&opened.token).send().await.expect(204);
        app.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    }
    app.client.delete(CURRENT).send().await.expect_problem(401, "session_invalid");
    app.stop().await;
}

#[tokio::test]
async fn the_list_shows_ones_own_sessions_and_no_secret() {
    let app = TestApp::start().await;
    let (first, second, stranger) =
        (app.opened("1").await, app.opened("1").await, app.opened("2").await);
    let answer = app.client.get(OWN).user(&first.account_id).send().await;
    let listed: Vec<_> = answer.expect(200)["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["id"].clone())
        .collect();
    assert_eq!(listed, [json!(second.session_id), json!(first.session_id)], "the newest first");
    for opened in [&first, &second, &stranger] {
        assert!(!answer.text.contains(&opened.token));
    }
    assert!(!answer.text.contains("hash"));
    app.stop().await;
}

#[tokio::test]
async fn one_session_is_ended_and_only_by_its_owner() {
    let app = TestApp::start().await;
    let (mine, theirs) = (app.opened("1").await, app.opened("2").await);
    let path = format!("{OWN}/{}", mine.session_id);
    app.client
        .delete(&path)
        .user(&theirs.account_id)
        .send()
        .await
        .expect_problem(404, "session_unknown");
    app.resolve(&mine.token).await.expect(200);
    app.client.delete(&path).user(&mine.account_id).send().await.expect(204);
    app.resolve(&mine.token).await.expect_problem(401, "session_invalid");
    app.client
        .delete(&path)
        .user(&mine.account_id)
        .send()
        .await
        .expect_problem(404, "session_unknown");
    app.stop().await;
}

#[tokio::test]
async fn ending_all_sessions_spares_the_one_that_is_named_and_other_accounts() {
    let app = TestApp::start().await;
    let (kept, ended, stranger) =
        (app.opened("1").await, app.opened("1").await, app.opened("2").await);
    let call =
        app.client.delete(OWN).user(&kept.account_id).header("x-session-id", &kept.session_id);
    call.send().await.expect(204);
    app.resolve(&kept.token).await.expect(200);
    app.resolve(&ended.token).await.expect_problem(401, "session_invalid");
    app.client.delete(OWN).user(&kept.account_id).send().await.expect(204);
    app.resolve(&kept.token).await.expect_problem(401, "session_invalid");
    app.resolve(&stranger.token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_database_holds_a_tokens_hash_and_never_the_token() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let database = app.database.connect().await;
    let hash = Sha256::digest(&opened.token).to_vec();
    let row = database
        .query_one("select count(*) from session where token_hash = $1", &[&hash])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
    for table in ["account", "identity", "session"] {
        for row in database.query(&format!("select t::text from {table} t"), &[]).await.unwrap() {
            assert!(!row.get::<_, String>(0).contains(&opened.token[5..]), "{table}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn to_keep_a_session_by_a_malformed_id_ends_none() {
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let call = app.client.delete(OWN).user(&opened.account_id).header("x-session-id", "mine");
    let answer = call.send().await;
    answer.expect_problem(400, "invalid_input");
    assert_eq!(answer.body["field"], "x-session-id");
    app.resolve(&opened.token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn the_list_leaves_out_what_has_expired_and_knows_the_last_use() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    app.opened("1").await;
    clock.advance(DAY * 6);
    let used = app.opened("1").await;
    clock.advance(DAY);
    app.resolve(&used.token).await.expect(200);
    let answer = app.client.get(OWN).user(&used.account_id).send().await;
    let sessions = answer.expect(200)["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1, "{answer:?}");
    assert_eq!(sessions[0]["id"], used.session_id);
    assert_eq!(sessions[0]["last_seen_at"], json!(clock.now()));
    assert_eq!(sessions[0]["idle_expires_at"], json!(clock.now() + DAY * 7));
    app.stop().await;
}

#[tokio::test]
async fn a_session_at_its_absolute_end_is_over_without_a_question_to_the_database() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let opened = app.opened("1").await;
    app.database.refuse_connections().await;
    for _ in 0..4 {
        clock.advance(DAY * 6);
        app.resolve(&opened.token).await.expect(200);
    }
    clock.advance(DAY * 6);
    app.resolve(&opened.token).await.expect_problem(401, "session_invalid");
    app.database.accept_connections().await;
    app.stop().await;
}

#[tokio::test]
async fn a_session_that_was_not_used_here_is_over_unless_it_was_used_elsewhere() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let (unused, elsewhere) = (app.opened("1").await, app.opened("2").await);
    clock.advance(DAY * 6);
    let database = app.database.connect().await;
    let seen = "update session set last_seen_at = $1 where session_id = $2::text::uuid";
    database.execute(seen, &[&clock.now(), &elsewhere.session_id]).await.unwrap();
    clock.advance(DAY);
    for _ in 0..3 {
        app.resolve(&unused.token).await.expect_problem(401, "session_invalid");
        app.resolve(&elsewhere.token).await.expect(200);
    }
    assert_eq!(app.sessions.cache().misses(), 2, "each was asked for once");
    app.stop().await;
}

#[tokio::test]
async fn a_token_that_is_no_sessions_is_asked_for_once_in_a_while() {
    let clock = clock();
    let app = TestApp::with().clock(&clock).start().await;
    let unknown = format!("scrs_{}", "a".repeat(43));
    for _ in 0..5 {
        app.resolve(&unknown).await.expect_problem(401, "session_invalid");
    }
    assert_eq!(app.sessions.cache().misses(), 1);
    clock.advance(Duration::from_secs(5));
    app.resolve(&unknown).await.expect_problem(401, "session_invalid");
    assert_eq!(app.sessions.cache().misses(), 2);
    app.stop().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_login_is_named_and_makes_no_account() {
    let app = TestApp::start().await;
    let identity = json!({"kind": "platform", "provider": "telegram", "subject": "42"});
    let with = |part: &str, value: Value| json!({"identity": identity, part: value});
    for (body, field) in [
        (
            json!({"identity": {"kind": "platform", "provider": "T", "subject": "42"}}),
            "identity.provider",
        ),
        (
            json!({"identity": {"kind": "platform", "provider": "t", "subject": ""}}),
            "identity.subject",
        ),
        (json!({"identity": {"kind": "platform", "provider": "t"}}), "identity"),
        (json!({"identity": {"kind": "guest", "subject": "42"}}), "identity"),
        (json!({"identity": {"kind": "ghost"}}), "identity.kind"),
        (json!({}), "body"),
        (with("profile", json!({"display_name": "a\u{202e}b"})), "profile.display_name"),
        (with("profile", json!({"display_name": null})), "profile.display_name"),
        (with("profile", json!({"language": "english!"})), "profile.language"),
        (with("profile", json!({"time_zone": "Mars/Olympus"})), "profile.time_zone"),
        (with("client", json!({"ip": "localhost"})), "client.ip"),
        (with("client", json!({"user_agent": 3})), "client.user_agent"),
    ] {
        let answer = app.client.post(SESSIONS).json(&body).send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{body}");
    }
    let database = app.database.connect().await;
    let rows = database.query_one("select count(*) from account", &[]).await.unwrap();
    assert_eq!(rows.get::<_, i64>(0), 0);
    app.stop().await;
}
