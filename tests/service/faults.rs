//! What is promised for the time when something breaks, shown by breaking it.
//!
//! A listener that the server ends is in `replicas`, a database that was never there in `boot`.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    Answer, Database, Ledger, OwnPostgres, Process, Proxy, Table, TestApp, TestAppBuilder,
    eventually, terms,
};

const OPERATION_TIMEOUT: Duration = Duration::from_secs(1);
const CURRENT: &str = "/api/v1/internal/sessions/current";

/// A replica that waits for its database for no longer than is promised.
fn impatient(database: &Database) -> TestAppBuilder {
    TestApp::with().database(database).set("BACKEND_POSTGRES_OPERATION_TIMEOUT", "1s")
}

/// The same, which reaches its database through a proxy.
async fn behind(proxy: &Proxy, database: &Database, staleness_max: &str) -> TestApp {
    impatient(database)
        .set("BACKEND_POSTGRES_DSN", &proxy.dsn())
        .set("BACKEND_SESSION_STALENESS_MAX", staleness_max)
        .start()
        .await
}

async fn readyz(app: &TestApp) -> Answer {
    app.client.get("/readyz").send().await
}

async fn ready(app: &TestApp) {
    eventually("it is ready", async || (readyz(app).await.status == 200).then_some(())).await;
}

async fn over(app: &TestApp, token: &str) {
    eventually("it is over", async || (app.resolve(token).await.status == 401).then_some(())).await;
}

/// Sees that a request is refused for want of the database, and as soon as is promised.
async fn refused_in_time(what: &str, request: impl Future<Output = Answer>) {
    let began = Instant::now();
    request.await.expect_problem(503, "database_unavailable");
    let promised = OPERATION_TIMEOUT + Duration::from_secs(1);
    assert!(began.elapsed() < promised, "{what}: {:?}", began.elapsed());
}

/// Everything that needs the database.
async fn all_is_refused_in_time(app: &TestApp, account_id: &str, unknown: &str) {
    let (client, token) = (&app.client, format!("scrs_{unknown:0>43}"));
    let read =
        || refused_in_time("read", client.get("/api/v1/user/account").user(account_id).send());
    let change = client.patch("/api/v1/user/account").user(account_id);
    let change = change.json(&json!({"language": "lv"})).send();
    tokio::join!(
        refused_in_time("open", app.open("42")),
        refused_in_time("resolve", app.resolve(&token)),
        refused_in_time("close", client.delete(CURRENT).bearer(&token).send()),
        refused_in_time("change", change),
        // More than connections are kept.
        futures_util::future::join_all((0..50).map(|_| read())),
    );
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_process() {
    let database = Database::migrated().await;
    let mut ledgers = Vec::new();
    for round in 0..3 {
        let process = Process::start(&database.dsn(), &[]).await;
        let mut ledger = Ledger::of(&process.client, &format!("round-{round}"));
        ledger.grow(100).await;
        process.kill();
        ledger.close().await;
        ledgers.push(ledger);
    }
    let process = Process::start(&database.dsn(), &[]).await;
    for ledger in ledgers {
        assert!(ledger.holds(&process.client).await >= 100);
    }
}

#[tokio::test]
async fn what_was_acknowledged_outlives_the_postmaster() {
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let app = TestApp::with().database(&database).start().await;
    let mut ledger = Ledger::of(&app.client, "42");
    for _ in 0..2 {
        ledger.grow(100).await;
        postgres.kill().await;
        // The same process goes on.
        ledger.grow(100).await;
        ready(&app).await;
    }
    ledger.close().await;
    // To a replica that knows nothing but the table.
    let other = TestApp::with().database(&database).start().await;
    let sessions = [app.opened("1").await, other.opened("2").await];
    for opened in &sessions {
        app.resolve(&opened.token).await.expect(200);
        other.resolve(&opened.token).await.expect(200);
    }
    assert!(ledger.holds(&other.client).await >= 400);
    // The listener, too, is there again.
    app.client.delete(CURRENT).bearer(&sessions[1].token).send().await.expect(204);
    over(&other, &sessions[1].token).await;
    other.client.delete(CURRENT).bearer(&sessions[0].token).send().await.expect(204);
    over(&app, &sessions[0].token).await;
    other.stop().await;
    app.stop().await;
}

#[tokio::test]
async fn while_the_line_is_cut_sessions_resolve_and_what_was_missed_is_made_up_for() {
    let database = Database::migrated().await;
    let mut proxy = Proxy::open_before(&database);
    let (app, other) =
        (behind(&proxy, &database, "1h").await, TestApp::with().database(&database).start().await);
    let (kept, lost) = (app.opened("kept").await, app.opened("lost").await);
    for _ in 0..2 {
        proxy.cut();
        app.resolve(&kept.token).await.expect(200);
        assert_eq!(readyz(&app).await.body["missing"], json!(["database"]));
        app.client.get("/healthz").send().await.expect(200);
        all_is_refused_in_time(&app, &kept.account_id, "cut").await;
        // Nobody can tell it.
        other.client.delete(CURRENT).bearer(&lost.token).send().await.expect(204);
        proxy.open();
        over(&app, &lost.token).await;
        ready(&app).await;
        app.resolve(&kept.token).await.expect(200);
        app.opened("new").await;
    }
    // And hears again what comes now.
    other.client.delete(CURRENT).bearer(&kept.token).send().await.expect(204);
    over(&app, &kept.token).await;
    app.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_line_that_goes_mute_is_noticed_and_believed_no_longer_than_the_bound() {
    let database = Database::migrated().await;
    let mut proxy = Proxy::open_before(&database);
    let app = behind(&proxy, &database, "3s").await;
    let (kept, lost) = (app.opened("kept").await, app.opened("lost").await);
    proxy.mute();
    let deleted = "delete from session where token_hash = sha256(convert_to($1, 'UTF8'))";
    database.connect().await.execute(deleted, &[&lost.token]).await.unwrap();
    app.resolve(&kept.token).await.expect(200);
    all_is_refused_in_time(&app, &kept.account_id, "mute").await;
    let stale = eventually("the cache is believed no more", async || {
        let answer = app.resolve(&lost.token).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    stale.expect_problem(503, "sessions_stale");
    assert_eq!(readyz(&app).await.body["missing"], json!(["database", "session_cache"]));
    proxy.open();
    ready(&app).await;
    app.resolve(&kept.token).await.expect(200);
    over(&app, &lost.token).await;
    app.stop().await;
}

#[tokio::test]
async fn a_line_that_goes_mute_while_the_table_is_read_again_is_given_up() {
    let database = Database::migrated().await;
    let mut proxy = Proxy::open_before(&database);
    let app = behind(&proxy, &database, "3s").await;
    let kept = app.opened("kept").await;
    // More than passes before the line stalls.
    let many = format!(
        "insert into session (session_id, account_id, token_hash, role, created_at, last_seen_at, expires_at)
            select gen_random_uuid(), '{}', sha256(convert_to(i::text, 'UTF8')), 'player', now(), now(),
                now() + interval '1 day' from generate_series(1, 5000) i",
        kept.account_id
    );
    database.connect().await.batch_execute(&many).await.unwrap();
    proxy.stall();
    let listeners = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                     where datname = current_database() and query = 'listen session_revoked'";
    database.connect().await.batch_execute(listeners).await.unwrap();
    eventually("the cache is believed no more", async || {
        (app.resolve(&kept.token).await.status == 503).then_some(())
    })
    .await;
    assert_eq!(readyz(&app).await.body["missing"], json!(["session_cache"]));
    proxy.open();
    ready(&app).await;
    app.resolve(&kept.token).await.expect(200);
    app.stop().await;
}

#[tokio::test]
async fn a_postgresql_that_hangs_hangs_nobody() {
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let app = impatient(&database).start().await;
    let opened = app.opened("1").await;
    let mut tables = Vec::new();
    for number in 0..6 {
        tables.push(Table::of(&app, &format!("table-{number}"), &terms()).await);
    }
    let pass = |turn: usize| json!({"turn": turn, "action": "pass"});
    for (round, unknown) in ["first", "second"].into_iter().enumerate() {
        // From now on they are remembered.
        for table in &tables {
            table.ask(&app, round, &pass(round + 1)).await.expect(200);
        }
        let stopped = postgres.stop(&database).await;
        // At first on connections that were good, and then without any.
        for attempt in ["once", "twice"] {
            let unknown = format!("{unknown}{attempt}");
            all_is_refused_in_time(&app, &opened.account_id, &unknown).await;
        }
        // It is too long ago by now that the database was heard of to judge clocks.
        let ask = async |table: &Table| {
            refused_in_time("command", table.ask(&app, 1 - round, &pass(round + 2))).await;
        };
        futures_util::future::join_all(tables.iter().map(ask)).await;
        app.resolve(&opened.token).await.expect(200);
        app.client.get("/healthz").send().await.expect(200);
        assert_eq!(readyz(&app).await.body["missing"], json!(["database"]));
        drop(stopped);
        ready(&app).await;
        eventually("it opens sessions", async || (app.open("2").await.status == 201).then_some(()))
            .await;
    }
    app.stop().await;
}

#[tokio::test]
async fn time_in_which_the_database_stands_still_is_nobodys() {
    const THINKING_TIME: Duration = Duration::from_secs(3600);
    let postgres = OwnPostgres::start().await;
    let database = postgres.database().await;
    let app = impatient(&database).start().await;
    let began = Instant::now();
    let table = Table::of(&app, "table", &terms()).await;
    let pass = json!({"turn": 1, "action": "pass"});
    let stopped = postgres.stop(&database).await;
    let stands_since = Instant::now();
    // A second each, and signs of life wait meanwhile with a server that goes on with them later.
    for _ in 0..4 {
        refused_in_time("command", table.ask(&app, 0, &pass)).await;
    }
    let stood = stands_since.elapsed();
    drop(stopped);
    let passed = eventually("it is played on", async || {
        let answer = table.ask(&app, 0, &pass).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    let left_ms = passed.body["game"]["clock"]["left_ms"][0].as_u64().unwrap();
    let thought = THINKING_TIME.saturating_sub(Duration::from_millis(left_ms));
    let most = began.elapsed().saturating_sub(stood);
    assert!(thought <= most, "{thought:?} of at most {most:?}; it stood for {stood:?}");
    app.stop().await;
}

#[tokio::test]
async fn a_revocation_whose_commit_was_not_heard_of_revives_nothing() {
    let database = Database::migrated().await;
    let mut proxy = Proxy::open_before(&database);
    let app = behind(&proxy, &database, "1h").await;
    for round in 0..8 {
        let opened = app.opened(&format!("round-{round}")).await;
        app.resolve(&opened.token).await.expect(200);
        proxy.cut_at_commit();
        let closed = app.client.delete(CURRENT).bearer(&opened.token).send().await;
        closed.expect_problem(503, "database_unavailable");
        proxy.is_cut().await;
        // Whether it is over is not known, so nobody says that it is live.
        app.resolve(&opened.token).await.expect_problem(503, "database_unavailable");
        proxy.open();
        over(&app, &opened.token).await;
        ready(&app).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn a_disk_that_is_full_loses_nothing_and_all_goes_on_when_there_is_room() {
    let Some(postgres) = OwnPostgres::start_on_small_disk(160).await else {
        let _ = writeln!(std::io::stderr(), "no disk was filled: this user may mount none");
        return;
    };
    let database = postgres.database().await;
    let app = TestApp::with().database(&database).start().await;
    let opened = app.opened("before").await;
    let mut ledger = Ledger::of(&app.client, "42");
    ledger.grow(50).await;
    let ballast = postgres.data_dir().join("ballast");
    fill(&ballast);
    let refused = eventually("nothing more is taken", async || {
        let answer = app.open(&format!("refused-{}", random())).await;
        (answer.status != 201).then_some(answer)
    })
    .await;
    refused.expect_problem(503, "database_unavailable");
    app.resolve(&opened.token).await.expect(200);
    std::fs::remove_file(&ballast).unwrap();
    ledger.grow(50).await;
    ready(&app).await;
    ledger.close().await;
    let other = TestApp::with().database(&database).start().await;
    assert!(ledger.holds(&other.client).await >= 100);
    other.resolve(&opened.token).await.expect(200);
    other.stop().await;
    app.stop().await;
}

/// Writes until there is no room.
fn fill(path: &std::path::Path) {
    let mut file = File::create(path).unwrap();
    let zeros = vec![0; 1 << 16];
    while file.write_all(&zeros).is_ok() {}
}

/// So that no two names are alike.
fn random() -> u64 {
    getrandom::u64().unwrap()
}
