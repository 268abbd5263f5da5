//! The queue of mail: whatever befalls the mail server or the backend, every mail leaves, and once.

use std::time::Duration;

use futures_util::future::join_all;
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::json;

use crate::support::{
    Answer, At, Client, Database, MailServer, Process, Reply, TestApp, Tls, eventually,
};

const MINUTE: Duration = Duration::from_secs(60);

fn clock() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

/// Has a mail queued, which is a code in a language; each time for another client.
async fn send_in(client: &Client, email: &str, language: &str) -> Answer {
    let number: u32 = email.bytes().map(u32::from).sum();
    let body = json!({
        "email": email, "language": language,
        "client": {"ip": format!("203.0.{}.{}", number / 256 % 256, number % 256)},
    });
    client.post("/api/v1/internal/email-codes").json(&body).send().await
}

async fn send(client: &Client, email: &str) {
    send_in(client, email, "en").await.expect(202);
}

/// Waits until so many mails are queued.
async fn queued(database: &Database, count: i64) {
    let client = database.connect().await;
    eventually(&format!("{count} mails are queued"), async || {
        let row = client.query_one("select count(*) from mail", &[]).await.unwrap();
        (row.get::<_, i64>(0) == count).then_some(())
    })
    .await;
}

/// Waits until the queue's only mail was tried so often, and waits for the next time.
async fn tried(database: &Database, clock: &Clock, count: i32) {
    let client = database.connect().await;
    // Leased it is for a minute; once it has failed for less.
    let soon = clock.now() + Duration::from_secs(59);
    eventually(&format!("attempt {count} has failed"), async || {
        let query = "select attempts = $1 and next_attempt_at < $2 from mail";
        let row = client.query_opt(query, &[&count, &soon]).await.unwrap()?;
        row.get::<_, bool>(0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mail_is_a_message_that_says_where_it_is_from_and_that_a_machine_wrote_it() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    for (email, language, subject, words) in [
        ("ann@example.com", "en-GB", "Your Scrabble code", "Your code"),
        ("uwe@example.com", "de", "Ihr Scrabble-Code", "können"),
        ("ира@почта.example", "ru", "Ваш код для Scrabble", "Ваш код"),
    ] {
        send_in(&app.client, email, language).await.expect(202);
        let to = if email.is_ascii() { email } else { "ира@xn--80a1acny.example" };
        let mail = server.mails_to(to, 1).await.remove(0);
        let message = mail.message();
        let from = message.from().unwrap().first().unwrap();
        assert_eq!(from.address.as_deref(), Some("no-reply@scrabble.example"));
        assert_eq!(message.to().unwrap().first().unwrap().address.as_deref(), Some(to));
        assert_eq!(message.subject(), Some(subject));
        assert!(message.body_text(0).unwrap().contains(words));
        assert!(message.date().is_some());
        assert!(message.message_id().unwrap().ends_with("@scrabble.example"));
        assert_eq!(message.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        assert_eq!(mail.code().len(), 6);
    }
    queued(&app.database, 0).await;
    app.stop().await;
}

#[tokio::test]
async fn a_mail_server_that_is_down_delays_mail_and_loses_none() {
    let (mut server, clock) = (MailServer::start().await, clock());
    let app = TestApp::with().mail_by(&server).clock(&clock).start().await;
    server.down().await;
    send(&app.client, "ann@example.com").await;
    tried(&app.database, &clock, 1).await;
    clock.advance(Duration::from_secs(1));
    tried(&app.database, &clock, 2).await;
    server.up();
    clock.advance(Duration::from_secs(2));
    server.mails_to("ann@example.com", 1).await;
    queued(&app.database, 0).await;
    assert_eq!(server.received().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn what_the_server_cannot_do_now_is_tried_again_and_what_it_refuses_is_given_up() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = TestApp::with().mail_by(&server).clock(&clock).start().await;
    let transient = [
        (At::Greeting, "421 too busy"),
        // Trouble with the server as a whole may be mended, and is no fault of this mail.
        (At::Greeting, "554 no"),
        (At::Recipient, "450 come back later"),
        (At::Message, "451 disk trouble"),
        (At::Recipient, "is this SMTP?"),
    ];
    for (number, (at, line)) in transient.into_iter().enumerate() {
        server.reply(at, Reply::Line(line));
        let email = format!("ann{number}@example.com");
        send(&app.client, &email).await;
        tried(&app.database, &clock, 1).await;
        server.behave();
        clock.advance(Duration::from_secs(1));
        queued(&app.database, 0).await;
        let mails = server.mails_to(&email, 1).await;
        // Both times it is the same message.
        assert!(mails.iter().all(|mail| mail.raw == mails[0].raw), "{mails:?}");
        clock.advance(MINUTE);
    }
    for (at, line) in [(At::Recipient, "550 nobody"), (At::Message, "554 spam")] {
        let conversations = server.conversations();
        server.reply(at, Reply::Line(line));
        send(&app.client, &format!("{}@example.org", &line[4..])).await;
        queued(&app.database, 0).await;
        assert_eq!(server.conversations(), conversations + 1, "{line}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_mail_that_could_not_leave_while_anybody_wanted_it_is_dropped() {
    let (mut server, clock) = (MailServer::start().await, clock());
    let app = TestApp::with().mail_by(&server).clock(&clock).start().await;
    server.down().await;
    send(&app.client, "ann@example.com").await;
    tried(&app.database, &clock, 1).await;
    clock.advance(MINUTE * 10);
    queued(&app.database, 0).await;
    server.up();
    send(&app.client, "bob@example.com").await;
    server.mails_to("bob@example.com", 1).await;
    assert_eq!(server.received().len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_blocks_nobody_and_no_shutdown() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    server.reply(At::Greeting, Reply::Silence);
    // More than are sent at once.
    let emails: Vec<_> = (0..12).map(|n| format!("ann{n}@example.com")).collect();
    join_all(emails.iter().map(|email| send(&app.client, email))).await;
    eventually("the first are being sent", async || (server.conversations() == 8).then_some(()))
        .await;
    app.opened("1").await;
    let database = app.database.clone();
    app.stop().await;
    queued(&database, 12).await;
}

#[tokio::test]
async fn replicas_share_the_queue_and_send_each_mail_once() {
    let server = MailServer::start().await;
    let one = TestApp::with().mail_by(&server).start().await;
    let other = TestApp::with().mail_by(&server).database(&one.database).start().await;
    let emails: Vec<_> = (0..60).map(|n| format!("ann{n}@example{n}.com")).collect();
    let sending = emails.iter().enumerate();
    join_all(sending.map(|(n, email)| send(&[&one, &other][n % 2].client, email))).await;
    queued(&one.database, 0).await;
    let mut received: Vec<_> = server.received().into_iter().map(|mail| mail.to).collect();
    received.sort();
    let mut expected = emails.clone();
    expected.sort();
    assert_eq!(received, expected);
    let sent = |app: &TestApp| app.outbox.status().sent;
    assert_eq!(sent(&one) + sent(&other), 60);
    assert!(sent(&one) > 0 && sent(&other) > 0);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_mail_whose_sender_was_killed_is_sent_by_another_and_is_the_same_mail() {
    let (server, database) = (MailServer::start().await, Database::migrated().await);
    let variables = server.variables();
    let variables = [0, 1].map(|n: usize| (variables[n].0, variables[n].1.as_str()));
    let service = Process::start(&database.dsn(), &variables).await;
    // The server has the mail, and the sender never hears of it.
    server.reply(At::Message, Reply::Silence);
    send(&service.client, "ann@example.com").await;
    server.mails_to("ann@example.com", 1).await;
    service.kill();
    server.behave();
    let clock = Clock::manual(Clock::system().now());
    let app = TestApp::with().mail_by(&server).database(&database).clock(&clock).start().await;
    // The killed one's lease still holds.
    send(&app.client, "bob@example.com").await;
    server.mails_to("bob@example.com", 1).await;
    assert_eq!(server.received().len(), 2);
    clock.advance(MINUTE);
    let mails = server.mails_to("ann@example.com", 2).await;
    assert_eq!(mails[0].raw, mails[1].raw);
    queued(&database, 0).await;
    app.stop().await;
}

#[tokio::test]
async fn mail_that_was_queued_before_a_restart_leaves_after_it() {
    let mut server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    server.down().await;
    send(&app.client, "ann@example.com").await;
    let database = app.database.clone();
    app.stop().await;
    queued(&database, 1).await;
    server.up();
    let app = TestApp::with().mail_by(&server).database(&database).start().await;
    server.mails_to("ann@example.com", 1).await;
    queued(&database, 0).await;
    app.stop().await;
}

#[tokio::test]
async fn a_queue_of_a_hundred_thousand_takes_no_more() {
    let server = MailServer::start().await;
    let app = TestApp::with().mail_by(&server).start().await;
    let fill = "insert into mail (mail_id, recipient, subject, body, created_at, expires_at, next_attempt_at)
        select gen_random_uuid(), 'ann@example.com', '', '', now(), now() + interval '1 day', now() + interval '1 day'
            from generate_series(1, 100000)";
    let client = app.database.connect().await;
    client.batch_execute(fill).await.unwrap();
    let body = json!({"email": "ann@example.com", "client": {"ip": "203.0.113.7"}});
    let call = || app.client.post("/api/v1/internal/email-codes").json(&body);
    let refused = eventually("the queue is full", async || {
        Some(call().send().await).filter(|answer| answer.status == 503)
    });
    refused.await.expect_problem(503, "mail_queue_full");
    client.batch_execute("truncate mail").await.unwrap();
    eventually("there is room again", async || (call().send().await.status != 503).then_some(()))
        .await;
    app.stop().await;
}

#[tokio::test]
async fn the_queue_is_worked_on_again_when_the_database_is_back() {
    let (server, clock) = (MailServer::start().await, clock());
    let app = TestApp::with().mail_by(&server).clock(&clock).start().await;
    server.reply(At::Recipient, Reply::Line("450 later"));
    send(&app.client, "ann@example.com").await;
    tried(&app.database, &clock, 1).await;
    server.behave();
    app.database.refuse_connections().await;
    clock.advance(MINUTE);
    app.client.get("/readyz").send().await.expect(503);
    assert_eq!(server.received().len(), 0);
    app.database.accept_connections().await;
    server.mails_to("ann@example.com", 1).await;
    queued(&app.database, 0).await;
    app.stop().await;
}

#[tokio::test]
async fn over_tls_the_server_is_known_by_its_certificate_and_knows_us_by_our_password() {
    for tls in [Tls::Required, Tls::Implicit] {
        let server = MailServer::with(tls, "localhost").await;
        let app = TestApp::with().mail_by(&server).start().await;
        send(&app.client, "ann@example.com").await;
        server.mails_to("ann@example.com", 1).await;
        queued(&app.database, 0).await;
        app.stop().await;

        // One that is somebody else gets neither mail nor password.
        let (server, clock) = (MailServer::with(tls, "elsewhere.example").await, clock());
        let app = TestApp::with().mail_by(&server).clock(&clock).start().await;
        send(&app.client, "ann@example.com").await;
        tried(&app.database, &clock, 1).await;
        assert_eq!((server.received().len(), server.authentications()), (0, 0));
        app.stop().await;
    }
    // Nor does one that has no TLS, or from which somebody in between keeps it.
    let (server, clock) = (MailServer::start().await, clock());
    let [(_, url), _] = server.variables();
    let url = url.replace("127.0.0.1", "scrabble:hunter2@localhost").replace("tls=none", "");
    let app = TestApp::with().mail_by(&server).set("BACKEND_SMTP_URL", &url).clock(&clock);
    let app = app.start().await;
    send(&app.client, "ann@example.com").await;
    tried(&app.database, &clock, 1).await;
    assert_eq!((server.received().len(), server.authentications()), (0, 0));
    app.stop().await;
}
