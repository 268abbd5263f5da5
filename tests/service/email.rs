//! Logging in and linking by a code that was sent to an e-mail address.

use std::time::Duration;

use futures_util::future::join_all;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};

use crate::support::{
    Answer, At, Client, Database, MailServer, Opened, Process, Reply, TestApp, eventually,
};

const CODES: &str = "/api/v1/internal/email-codes";
const SESSIONS: &str = "/api/v1/internal/sessions";
const MINUTE: Duration = Duration::from_secs(60);

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

async fn start(server: &MailServer, clock: &Clock) -> TestApp {
    TestApp::with().mail_by(server).clock(clock).start().await
}

/// Asks for a code from a client's address.
async fn request_from(client: &Client, email: &str, ip: &str) -> Answer {
    let body = json!({"email": email, "client": {"ip": ip}});
    client.post(CODES).json(&body).send().await
}

async fn request(app: &TestApp, email: &str) -> Answer {
    request_from(&app.client, email, "203.0.113.7").await
}

/// The challenge of a code that is on its way.
async fn challenge_for(app: &TestApp, email: &str) -> String {
    request(app, email).await.expect(202)["challenge"].as_str().unwrap().to_owned()
}

fn identity(challenge: &str, code: &str) -> Value {
    json!({"kind": "email", "challenge": challenge, "code": code})
}

async fn log_in(app: &TestApp, challenge: &str, code: &str) -> Answer {
    let body = json!({"identity": identity(challenge, code)});
    app.client.post(SESSIONS).json(&body).send().await
}

async fn link(app: &TestApp, to: &Opened, challenge: &str, code: &str) -> Answer {
    let call = app.client.post("/api/v1/user/identities").user(&to.account_id);
    let call = call.header("x-session-id", &to.session_id);
    call.json(&identity(challenge, code)).send().await
}

async fn identities(app: &TestApp, of: &Opened) -> Value {
    let call = app.client.get("/api/v1/user/identities").user(&of.account_id);
    call.send().await.expect(200)["identities"].clone()
}

/// Any code but this one.
fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

#[tokio::test]
async fn a_code_logs_in_and_the_address_finds_its_account_again_however_it_is_spelt() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let requested = request(&app, "Ann@Example.COM").await;
    assert_eq!(requested.expect(202)["expires_at"], "2026-11-24T12:10:00Z");
    let challenge = requested.body["challenge"].as_str().unwrap();
    let first = log_in(&app, challenge, &server.code_to("ann@example.com", 1).await).await;
    assert_eq!(first.expect(201)["account_created"], true);
    let first = Opened::new(&first.body);
    app.resolve(&first.token).await.expect(200);
    let known = identities(&app, &first).await;
    assert_eq!(
        (&known[0]["kind"], &known[0]["email"]),
        (&json!("email"), &json!("ann@example.com"))
    );

    clock.advance(MINUTE);
    let challenge = challenge_for(&app, "ann@example.com").await;
    let again = log_in(&app, &challenge, &server.code_to("ann@example.com", 2).await).await;
    assert_eq!(again.expect(201)["account_created"], false);
    assert_eq!(Opened::new(&again.body).account_id, first.account_id);
    app.stop().await;
}

#[tokio::test]
async fn a_code_links_an_address_and_who_linked_is_no_guest_any_more() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let body = json!({"identity": {"kind": "guest"}});
    let guest = app.client.post(SESSIONS).json(&body).send().await;
    let guest = Opened::new(guest.expect(201));
    let challenge = challenge_for(&app, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    let linked = link(&app, &guest, &challenge, &code).await;
    assert_eq!(linked.expect(201)["email"], "ann@example.com");
    let token = linked.body["token"].as_str().unwrap();
    app.resolve(&guest.token).await.expect_problem(401, "session_invalid");
    assert_eq!(app.resolve(token).await.expect(200)["account_id"], guest.account_id);
    let left = identities(&app, &guest).await;
    assert_eq!((left.as_array().unwrap().len(), &left[0]["kind"]), (1, &json!("email")));

    // The same again changes nothing, and another account can't have it.
    clock.advance(MINUTE);
    let challenge = challenge_for(&app, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 2).await;
    let stranger = app.opened("stranger").await;
    link(&app, &stranger, &challenge, &code).await.expect_problem(409, "identity_taken");
    app.resolve(&stranger.token).await.expect(200);
    // Nothing came of it, and so the code is as good as before.
    let again = link(&app, &guest, &challenge, &code).await;
    assert_eq!(again.expect(201)["id"], linked.body["id"]);
    assert_eq!(again.body.get("token"), None);
    app.resolve(token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn an_erased_player_leaves_no_address_behind() {
    let (mut server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let challenge = challenge_for(&app, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    let opened = Opened::new(log_in(&app, &challenge, &code).await.expect(201));
    clock.advance(Duration::from_secs(60));
    server.down().await;
    challenge_for(&app, "ann@example.com").await;
    let database = app.database.connect().await;
    let mentions = async || -> i64 {
        let count = "select (select count(*) from mail) + (select count(*) from email_challenge)
            + (select count(*) from identity)";
        database.query_one(count, &[]).await.unwrap().get(0)
    };
    assert_eq!(mentions().await, 3);
    app.client.delete("/api/v1/user/account").user(&opened.account_id).send().await.expect(204);
    assert_eq!(mentions().await, 0);
    app.stop().await;
}

#[tokio::test]
async fn the_fifth_wrong_code_ends_a_challenge() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    for (number, wrong_tries, status) in [(1, 4, 201), (2, 5, 403)] {
        let challenge = challenge_for(&app, "ann@example.com").await;
        let code = server.code_to("ann@example.com", number).await;
        for _ in 0..wrong_tries {
            let wrong = log_in(&app, &challenge, other_than(&code)).await;
            wrong.expect_problem(403, "email_code_invalid");
        }
        assert_eq!(log_in(&app, &challenge, &code).await.status, status);
        clock.advance(MINUTE);
    }
    app.stop().await;
}

#[tokio::test]
async fn guesses_at_the_same_time_on_two_replicas_are_five_together() {
    let (server, clock) = (MailServer::start().await, clock());
    let one = start(&server, &clock).await;
    let other =
        TestApp::with().mail_by(&server).clock(&clock).database(&one.database).start().await;
    let challenge = challenge_for(&one, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    let wrong = other_than(&code);
    let guesses = (0..32).map(|n| log_in([&one, &other][n % 2], &challenge, wrong));
    for answer in join_all(guesses).await {
        answer.expect_problem(403, "email_code_invalid");
    }
    let row = one.database.connect().await;
    let row = row.query_one("select tries from email_challenge", &[]).await.unwrap();
    assert_eq!(row.get::<_, i32>(0), 5);
    log_in(&other, &challenge, &code).await.expect_problem(403, "email_code_invalid");
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_code_works_once_also_when_it_is_shown_many_times_at_the_same_time() {
    let (server, clock) = (MailServer::start().await, clock());
    let one = start(&server, &clock).await;
    let other =
        TestApp::with().mail_by(&server).clock(&clock).database(&one.database).start().await;
    let challenge = challenge_for(&one, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    let logins = (0..5).map(|n| log_in([&one, &other][n % 2], &challenge, &code));
    let answers = join_all(logins).await;
    let opened = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(opened, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(403, "email_code_invalid");
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn two_first_logins_of_one_address_make_one_account() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let mut shown = Vec::new();
    for number in 1..=3 {
        let challenge = challenge_for(&app, "ann@example.com").await;
        shown.push((challenge, server.code_to("ann@example.com", number).await));
        clock.advance(MINUTE);
    }
    let logins = shown.iter().map(|(challenge, code)| log_in(&app, challenge, code));
    let answers = join_all(logins).await;
    let created = answers.iter().filter(|it| it.expect(201)["account_created"] == true).count();
    assert_eq!(created, 1);
    let account = |answer: &Answer| Opened::new(&answer.body).account_id;
    assert!(answers.iter().all(|answer| account(answer) == account(&answers[0])));
    app.stop().await;
}

#[tokio::test]
async fn a_code_holds_for_ten_minutes_and_then_leaves_the_table() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let early = challenge_for(&app, "early@example.com").await;
    let late = challenge_for(&app, "late@example.com").await;
    let early_code = server.code_to("early@example.com", 1).await;
    let late_code = server.code_to("late@example.com", 1).await;
    clock.advance(MINUTE * 10 - Duration::from_millis(1));
    log_in(&app, &early, &early_code).await.expect(201);
    clock.advance(Duration::from_millis(1));
    log_in(&app, &late, &late_code).await.expect_problem(403, "email_code_invalid");
    let database = app.database.clone();
    app.stop().await;
    // Whoever starts clears away what nobody can use any more.
    clock.advance(MINUTE * 60 * 24);
    let app = TestApp::with().clock(&clock).database(&database).start().await;
    let count =
        "select (select count(*) from email_challenge) + (select count(*) from email_throttle)";
    let client = database.connect().await;
    eventually("the tables are empty", async || {
        (client.query_one(count, &[]).await.unwrap().get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    app.stop().await;
}

#[tokio::test]
async fn an_address_gets_one_code_a_minute_whichever_replica_is_asked() {
    let (server, clock) = (MailServer::start().await, clock());
    let one = start(&server, &clock).await;
    let other =
        TestApp::with().mail_by(&server).clock(&clock).database(&one.database).start().await;
    // All at once, from everywhere.
    let requests = (0..16).map(|n| {
        let (client, ip) = (&[&one, &other][n % 2].client, format!("203.0.113.{n}"));
        async move { request_from(client, "ann@example.com", &ip).await }
    });
    let answers = join_all(requests).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 202).count(), 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != 202) {
        answer.expect_problem(429, "email_throttled");
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    clock.advance(MINUTE - Duration::from_millis(1));
    let early = request(&other, "Ann@example.com").await;
    early.expect_problem(429, "email_throttled");
    assert_eq!(early.header("retry-after"), Some("1"));
    clock.advance(Duration::from_millis(1));
    request(&other, "ann@example.com").await.expect(202);
    // Five an hour.
    for _ in 0..3 {
        clock.advance(MINUTE);
        request(&one, "ann@example.com").await.expect(202);
    }
    clock.advance(MINUTE);
    let sixth = request(&one, "ann@example.com").await;
    sixth.expect_problem(429, "email_throttled");
    assert_eq!(sixth.header("retry-after"), Some("3300"));
    request(&one, "bob@example.com").await.expect(202);
    server.code_to("ann@example.com", 5).await;
    assert_eq!(server.distinct_to("ann@example.com").len(), 5);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_network_gets_ten_codes_a_minute_whichever_replica_is_asked() {
    let (server, clock) = (MailServer::start().await, clock());
    let one = start(&server, &clock).await;
    let other =
        TestApp::with().mail_by(&server).clock(&clock).database(&one.database).start().await;
    let ask = async |count: usize, ip: &str, of: &str| {
        let requests = (0..count).map(|n| {
            let (client, email) = (&[&one, &other][n % 2].client, format!("{of}{n}@example.com"));
            async move { request_from(client, &email, ip).await }
        });
        let answers = join_all(requests).await;
        let allowed = answers.iter().filter(|answer| answer.status == 202).count();
        for answer in answers.iter().filter(|answer| answer.status != 202) {
            answer.expect_problem(429, "email_throttled");
        }
        allowed
    };
    assert_eq!(ask(24, "2001:db8:1:2::7", "a").await, 10);
    // Whoever has one address of a network has all of them.
    assert_eq!(ask(2, "2001:db8:1:2:ffff::1", "b").await, 0);
    assert_eq!(ask(2, "2001:db8:1:3::7", "c").await, 2);
    clock.advance(MINUTE);
    assert_eq!(ask(2, "2001:db8:1:2::7", "d").await, 2);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_known_address_is_answered_as_an_unknown_one() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let challenge = challenge_for(&app, "known@example.com").await;
    let code = server.code_to("known@example.com", 1).await;
    log_in(&app, &challenge, &code).await.expect(201);
    clock.advance(MINUTE);
    let shape = |answer: &Answer| {
        let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        let fields: Vec<_> = answer.body.as_object().unwrap().keys().cloned().collect();
        (answer.status, headers, fields, answer.text.len())
    };
    let [known, unknown] =
        [request(&app, "known@example.com").await, request(&app, "unkno@example.com").await];
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(known.status, 202);
    let wrong =
        [known, unknown].map(|answer| answer.body["challenge"].as_str().unwrap().to_owned());
    let code = server.code_to("known@example.com", 2).await;
    let wrong_code = other_than(&code);
    let (known, unknown) =
        (log_in(&app, &wrong[0], wrong_code).await, log_in(&app, &wrong[1], wrong_code).await);
    assert_eq!(shape(&known), shape(&unknown));
    assert_eq!(known.body["detail"], unknown.body["detail"]);
    // Both get their mail.
    server.mails_to("unkno@example.com", 1).await;
    app.stop().await;
}

#[tokio::test]
async fn a_code_without_its_challenge_is_worth_nothing() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let ann = challenge_for(&app, "ann@example.com").await;
    let bob = challenge_for(&app, "bob@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    let unknown = "0".repeat(ann.len());
    for challenge in [bob.as_str(), &unknown, "", "x"] {
        // One in a million is Bob's as well.
        if challenge == bob && code == server.code_to("bob@example.com", 1).await {
            continue;
        }
        log_in(&app, challenge, &code).await.expect_problem(403, "email_code_invalid");
    }
    for malformed in ["", "12345", "1234567", "12345x"] {
        let answer = log_in(&app, &ann, malformed).await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], "identity.code");
    }
    log_in(&app, &ann, &code).await.expect(201);
    app.stop().await;
}

#[tokio::test]
async fn what_cannot_be_sent_to_is_refused_by_its_field() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    let good = json!({"email": "ann@example.com", "client": {"ip": "203.0.113.7"}});
    for (pointer, wrong, field) in [
        ("/email", "ann", "email"),
        ("/email", "ann@localhost", "email"),
        ("/email", "ann@example.com\r\nBcc: bob@example.com", "email"),
        ("/client/ip", "next door", "client.ip"),
        ("/language", "not a language", "language"),
    ] {
        let mut body = good.clone();
        body["language"] = json!("en");
        *body.pointer_mut(pointer).unwrap() = json!(wrong);
        let answer = app.client.post(CODES).json(&body).send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{answer:?}");
    }
    let anonymous = app.client.post(CODES).json(&json!({"email": "ann@example.com"}));
    anonymous.send().await.expect_problem(400, "invalid_input");
    assert_eq!(server.received().len(), 0);
    app.stop().await;
}

#[tokio::test]
async fn without_a_mail_server_codes_are_refused_and_all_else_works() {
    let app = TestApp::start().await;
    request(&app, "ann@example.com").await.expect_problem(503, "mail_not_configured");
    app.opened("1").await;
    app.stop().await;
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_sends_one_mail() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    let body = json!({"email": "ann@example.com", "client": {"ip": "203.0.113.7"}});
    let ask = async || {
        let call = app.client.post(CODES).header("idempotency-key", "5f0c2f0e-aa11-4a0c-9d3e");
        call.json(&body).send().await
    };
    let (first, again) = (ask().await, ask().await);
    assert_eq!(first.expect(202), again.expect(202));
    let code = server.code_to("ann@example.com", 1).await;
    let opened = log_in(&app, first.body["challenge"].as_str().unwrap(), &code).await;
    opened.expect(201);
    assert_eq!(server.received().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_suspended_player_does_not_use_the_code_up() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = start(&server, &clock).await;
    let player = app.opened("player").await;
    let challenge = challenge_for(&app, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 1).await;
    link(&app, &player, &challenge, &code).await.expect(201);
    clock.advance(MINUTE);
    let challenge = challenge_for(&app, "ann@example.com").await;
    let code = server.code_to("ann@example.com", 2).await;
    let operator = app.opened("operator").await.account_id;
    let role = scrabble_backend::account::Role::Operator;
    app.admin.set_role(operator.parse().unwrap(), role).await.unwrap();
    let path = format!("/api/v1/admin/accounts/{}/suspension", player.account_id);
    let reason = json!({"reason": "test"});
    app.client.put(&path).user(&operator).json(&reason).send().await.expect(200);
    log_in(&app, &challenge, &code).await.expect_problem(403, "account_suspended");
    app.client.delete(&path).user(&operator).send().await.expect(204);
    let opened = log_in(&app, &challenge, &code).await;
    assert_eq!(Opened::new(opened.expect(201)).account_id, player.account_id);
    app.stop().await;
}

#[tokio::test]
async fn neither_code_nor_challenge_nor_address_is_in_the_log_or_left_in_the_database() {
    let (server, database) = (MailServer::start().await, Database::migrated().await);
    let mut variables = vec![
        ("BACKEND_LOG_LEVEL", "debug"),
        ("BACKEND_OTEL_TRACES_EXPORTER", "stdout"),
        ("BACKEND_OTEL_METRICS_EXPORTER", "stdout"),
    ];
    let mail = server.variables();
    variables.extend(mail.iter().map(|(name, value)| (*name, value.as_str())));
    let service = Process::start(&database.dsn(), &variables).await;
    let requested = request_from(&service.client, "rosalind@example.com", "203.0.113.7").await;
    let challenge = requested.expect(202)["challenge"].as_str().unwrap().to_owned();
    let code = server.code_to("rosalind@example.com", 1).await;
    let client = database.connect().await;
    eventually("the mail has left the queue", async || {
        let count = client.query_one("select count(*) from mail", &[]).await.unwrap();
        (count.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    let kept = "select string_agg(t, '') from (select e::text as t from email_challenge e
        union all select e::text from email_throttle e union all select i::text from identity i) all_rows";
    let kept: String = client.query_one(kept, &[]).await.unwrap().get(0);
    assert!(!kept.contains(&code) && !kept.contains(&challenge), "{kept}");
    for shown in [other_than(&code), &code] {
        let body = json!({"identity": identity(&challenge, shown)});
        service.client.post(SESSIONS).json(&body).send().await;
    }
    // A server that repeats the address in what it says.
    let refusal = Reply::Line("550 rosalind@example.org is nobody");
    server.reply(At::Recipient, refusal);
    request_from(&service.client, "rosalind@example.org", "203.0.113.7").await.expect(202);
    eventually("the server was asked", async || (server.conversations() == 2).then_some(())).await;
    let (exit_code, output) = service.end().await;
    assert_eq!(exit_code, Some(0));
    assert!(output.contains("mail sent") && output.contains("mail given up"), "{output}");
    for secret in [code.as_str(), &challenge, "rosalind", "hunter2"] {
        let line = output.lines().find(|line| line.to_lowercase().contains(secret));
        assert_eq!(line, None, "{secret} was printed");
    }
}
