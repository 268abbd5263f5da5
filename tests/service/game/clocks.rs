//! Clocks: what turns take, flags that fall by themselves, and time that nobody has to answer for.

use std::time::{Duration, Instant};

use scrabble_backend::runtime::{Terms, TimeControl};
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Database, Table, TestApp, eventually, terms};

/// How late a flag may fall.
const LATE_MAX: Duration = Duration::from_secs(1);

const HOUR: Duration = Duration::from_secs(3600);

fn noon() -> Clock {
    Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap())
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn real_time(initial_seconds: u32, increment_seconds: u32, overtime_minutes: u8) -> TimeControl {
    TimeControl::RealTime { initial_seconds, increment_seconds, overtime_minutes }
}

/// A game of two under a clock that stands until it is moved.
async fn table(app: &TestApp, name: &str, time_control: TimeControl) -> Table {
    Table::of(app, name, &Terms { time_control, ..terms() }).await
}

async fn pass(app: &TestApp, table: &Table, seat: usize, turn: u32) -> Answer {
    table.ask(app, seat, &json!({"turn": turn, "action": "pass"})).await
}

fn left(game: &Value) -> Vec<i64> {
    game["clock"]["left_ms"].as_array().unwrap().iter().map(|left| left.as_i64().unwrap()).collect()
}

/// Waits until the flag has fallen, without asking for it; gives the game then.
async fn fallen(app: &TestApp, table: &Table) -> Value {
    eventually("the flag falls", async || {
        Some(table.seen_by(app, 0).await).filter(|game| game["status"] == "ended")
    })
    .await
}

#[tokio::test]
async fn a_turn_takes_its_time_and_earns_its_increment() {
    let clock = noon();
    let app = TestApp::with().clock(&clock).start().await;
    let table = table(&app, "increment", real_time(60, 5, 0)).await;
    let game = table.seen_by(&app, 0).await;
    assert_eq!(game["clock"]["flag_at"], "2026-11-24T12:01:00Z");
    clock.advance(seconds(20));
    let passed = pass(&app, &table, 0, 1).await;
    assert_eq!(left(&passed.expect(200)["game"]), [45_000, 60_000]);
    assert_eq!(passed.body["game"]["clock"]["turn_began_at"], "2026-11-24T12:00:20Z");
    clock.advance(seconds(59));
    let passed = pass(&app, &table, 1, 2).await;
    assert_eq!(left(&passed.expect(200)["game"]), [45_000, 6_000]);
    app.stop().await;
}

#[tokio::test]
async fn a_flag_falls_without_anybody_asking_and_the_game_is_lost() {
    let clock = noon();
    let app = TestApp::with().clock(&clock).start().await;
    let games = [
        table(&app, "short", real_time(60, 0, 0)).await,
        table(&app, "long", real_time(7200, 0, 0)).await,
    ];
    // A turn later the clock of the other player runs.
    clock.advance(seconds(59));
    pass(&app, &games[0], 0, 1).await.expect(200);
    clock.advance(seconds(60));
    let game = fallen(&app, &games[0]).await;
    assert_eq!(game["players"][1]["dropped_out"], "timed_out");
    assert_eq!(game["result"]["ranks"], json!([1, 2]));
    assert_eq!(left(&game), [1_000, 0]);
    assert_eq!(games[1].seen_by(&app, 0).await["status"], "running");
    pass(&app, &games[0], 1, 2).await.expect_problem(409, "game_over");
    app.stop().await;
}

#[tokio::test]
async fn whoever_comes_too_late_has_lost_even_if_nobody_has_looked_at_the_clock() {
    let clock = noon();
    let app = TestApp::with().clock(&clock).start().await;
    let table = table(&app, "late", real_time(15, 0, 0)).await;
    clock.advance(seconds(15));
    pass(&app, &table, 0, 1).await.expect_problem(409, "game_over");
    assert_eq!(table.seen_by(&app, 1).await["players"][0]["dropped_out"], "timed_out");
    app.stop().await;
}

#[tokio::test]
async fn overtime_costs_points_by_the_minute_and_then_the_game() {
    let clock = noon();
    let app = TestApp::with().clock(&clock).start().await;
    let [penalty, lost] = [
        table(&app, "penalty", real_time(60, 0, 2)).await,
        table(&app, "lost", real_time(60, 0, 2)).await,
    ];
    clock.advance(seconds(121));
    // A second into the second minute.
    assert_eq!(left(&pass(&app, &penalty, 0, 1).await.expect(200)["game"]), [-61_000, 60_000]);
    for turn in 2..=6 {
        pass(&app, &penalty, (turn as usize - 1) % 2, turn).await.expect(200);
    }
    let game = penalty.seen_by(&app, 0).await;
    assert_eq!(game["result"]["reason"], "scoreless");
    let steps = app.client.get(&penalty.path("/steps")).user(&penalty.players[0]).send().await;
    let last = steps.expect(200)["steps"].as_array().unwrap().last().unwrap()["events"].clone();
    let overtime: Vec<&Value> =
        last.as_array().unwrap().iter().filter(|event| event["reason"] == "overtime").collect();
    assert_eq!(overtime.len(), 1, "{last}");
    for (field, expected) in [("seat", 0), ("minutes", 2), ("points", -20)] {
        assert_eq!(overtime[0][field], expected);
    }
    clock.advance(seconds(59));
    assert_eq!(fallen(&app, &lost).await["players"][0]["dropped_out"], "timed_out");
    app.stop().await;
}

#[tokio::test]
async fn correspondence_has_days_for_a_turn_and_a_bank_beside_them() {
    let clock = noon();
    let app = TestApp::with().clock(&clock).start().await;
    let control = TimeControl::Correspondence { turn_seconds: 24 * 3600, bank_seconds: 7200 };
    let table = table(&app, "days", control).await;
    clock.advance(23 * HOUR);
    assert_eq!(left(&pass(&app, &table, 0, 1).await.expect(200)["game"]), [7_200_000; 2]);
    clock.advance(25 * HOUR);
    assert_eq!(left(&pass(&app, &table, 1, 2).await.expect(200)["game"]), [7_200_000, 3_600_000]);
    pass(&app, &table, 0, 3).await.expect(200);
    clock.advance(25 * HOUR - seconds(1));
    assert_eq!(table.seen_by(&app, 0).await["status"], "running");
    clock.advance(seconds(1));
    assert_eq!(fallen(&app, &table).await["players"][1]["dropped_out"], "timed_out");
    app.stop().await;
}

/// Makes it so long ago that a replica gave a sign of life.
async fn nobody_was_up_for(database: &Database, outage: Duration) {
    let update =
        format!("update uptime set seen_at = seen_at - interval '{} seconds'", outage.as_secs());
    database.connect().await.execute(&update, &[]).await.unwrap();
}

#[tokio::test]
async fn time_in_which_no_replica_was_up_is_nobodys() {
    let (clock, database) = (noon(), Database::migrated().await);
    let app = TestApp::with().clock(&clock).database(&database).start().await;
    let games = [
        table(&app, "real-time", real_time(60, 0, 0)).await,
        table(
            &app,
            "correspondence",
            TimeControl::Correspondence { turn_seconds: 3600, bank_seconds: 0 },
        )
        .await,
    ];
    clock.advance(seconds(10));
    app.games.give_sign_of_life().await.unwrap();
    app.stop().await;
    clock.advance(5 * HOUR);
    nobody_was_up_for(&database, 5 * HOUR).await;

    let app = TestApp::with().clock(&clock).database(&database).start().await;
    clock.advance(seconds(20));
    let game = games[0].seen_by(&app, 0).await;
    assert_eq!(game["clock"]["flag_at"], "2026-11-24T17:01:00Z");
    assert_eq!(left(&pass(&app, &games[0], 0, 1).await.expect(200)["game"]), [30_000, 60_000]);
    assert_eq!(games[1].seen_by(&app, 0).await["clock"]["flag_at"], "2026-11-24T18:00:00Z");
    // Once: what comes after is counted again.
    clock.advance(seconds(60));
    assert_eq!(fallen(&app, &games[0]).await["players"][1]["dropped_out"], "timed_out");
    clock.advance(HOUR);
    assert_eq!(fallen(&app, &games[1]).await["players"][0]["dropped_out"], "timed_out");
    app.stop().await;
}

#[tokio::test]
async fn no_flag_falls_while_the_only_replica_drains_and_nobody_can_reach_it() {
    let (clock, database) = (noon(), Database::migrated().await);
    let replica = || TestApp::with().clock(&clock).database(&database);
    let app = replica().set("BACKEND_SHUTDOWN_TIMEOUT", "1s").start().await;
    let table = table(&app, "drain", real_time(60, 0, 0)).await;
    app.games.give_sign_of_life().await.unwrap();
    // A body that never comes to its end has the drain take all of its time.
    let addr = app.client.addr;
    let mut slow = TcpStream::connect(addr).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: test\r\nX-User-Id: {}\r\nContent-Type: application/json\r\n\
         Content-Length: 30\r\nExpect: 100-continue\r\n\r\n",
        table.path("/commands"),
        table.players[0]
    );
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut going_on = [0; 12];
    slow.read_exact(&mut going_on).await.unwrap();
    assert_eq!(&going_on, b"HTTP/1.1 100");
    let unreachable = async {
        eventually("nobody is let in", async || TcpStream::connect(addr).await.err()).await;
        clock.advance(seconds(60));
    };
    tokio::join!(app.stop(), unreachable);
    nobody_was_up_for(&database, seconds(60)).await;

    let app = replica().start().await;
    let game = table.seen_by(&app, 0).await;
    assert_eq!((&game["status"], left(&game)), (&json!("running"), vec![60_000; 2]));
    app.stop().await;
}

#[tokio::test]
async fn flags_fall_by_whichever_replica_is_up() {
    let (clock, database) = (noon(), Database::migrated().await);
    let first = TestApp::with().clock(&clock).database(&database).start().await;
    let second = TestApp::with().clock(&clock).database(&database).start().await;
    let games = [
        table(&first, "one", real_time(60, 0, 0)).await,
        table(&first, "two", real_time(120, 0, 0)).await,
    ];
    clock.advance(seconds(60));
    assert_eq!(fallen(&second, &games[0]).await["players"][0]["dropped_out"], "timed_out");
    first.stop().await;
    clock.advance(seconds(60));
    assert_eq!(fallen(&second, &games[1]).await["players"][0]["dropped_out"], "timed_out");
    second.stop().await;
}

#[tokio::test]
async fn a_flag_that_somebody_holds_up_holds_up_no_other() {
    let clock = noon();
    let long = ("BACKEND_POSTGRES_OPERATION_TIMEOUT", "60s");
    let app = TestApp::with().clock(&clock).set(long.0, long.1).start().await;
    let games = [
        table(&app, "held", real_time(60, 0, 0)).await,
        table(&app, "free", real_time(120, 0, 0)).await,
    ];
    // Whom the end of the first game is to rate.
    let lock = app.database.lock_account(&games[0].players[0]).await;
    clock.advance(seconds(60));
    app.database.until_waiting(1, "").await;
    clock.advance(seconds(60));
    assert_eq!(fallen(&app, &games[1]).await["players"][0]["dropped_out"], "timed_out");
    assert_eq!(games[0].seen_by(&app, 0).await["status"], "running");
    lock.release().await;
    fallen(&app, &games[0]).await;
    app.stop().await;
}

#[tokio::test]
async fn a_flag_falls_within_a_second_of_real_time_and_is_told_though_nobody_asks() {
    // Words that are made later would keep the replicas of this process from giving signs of life.
    let terms = Terms { time_control: real_time(15, 0, 0), ..terms() };
    let database = Database::migrated().await;
    let replicas = [
        TestApp::with().database(&database).start().await,
        TestApp::with().database(&database).start().await,
    ];
    let (clock, began) = (Clock::manual(Clock::system().now() - seconds(12)), Instant::now());
    let behind = TestApp::with().clock(&clock).database(&database).start().await;
    let mut events = replicas[0].events_from_now().await;
    // Begun by a third, whose clock stands, so that its first player has thought for 12 s of 15 already.
    clock.advance(began.elapsed());
    let table = Table::of(&behind, "nobody-asks", &terms).await;
    let started = events.wait_for("game_started", |event| event.data["id"] == *table.game).await;
    let flag_at = Timestamp::parse(started.data["clock"]["flag_at"].as_str().unwrap()).unwrap();
    events.wait_for("game_ended", |event| event.data["game_id"] == *table.game).await;
    let heard_at = Clock::system().now();
    let is_in_time = flag_at <= heard_at && heard_at <= flag_at + LATE_MAX;
    assert!(is_in_time, "the flag was to fall at {flag_at:?}, and that was told at {heard_at:?}");
    for app in replicas.into_iter().chain([behind]) {
        app.stop().await;
    }
}
