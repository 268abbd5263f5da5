//! Games that can't be read: each stops its own clock and nobody else's game.

use std::time::Duration;

use scrabble_backend::lexicon::Lexicon;
use scrabble_backend::library::default_english;
use scrabble_backend::runtime::{Terms, TimeControl};
use scrabble_backend::time::{Clock, Timestamp};
use serde_json::json;

use super::refuse_steps;
use crate::support::{Database, Table, TestApp, eventually, terms};

/// A minute for each of two.
fn short() -> Terms {
    let time_control =
        TimeControl::RealTime { initial_seconds: 60, increment_seconds: 0, overtime_minutes: 0 };
    Terms { time_control, ..terms() }
}

async fn reason(database: &Database, table: &Table) -> Option<String> {
    let select = format!("select set_aside_reason from game where game_id = '{}'", table.game);
    database.connect().await.query_one(&select, &[]).await.unwrap().get(0)
}

/// Has the database keep a byte too many of the position, or takes it away again.
async fn set_broken(database: &Database, table: &Table, is_broken: bool) {
    let position = if is_broken {
        "position || '\\x00'::bytea"
    } else {
        "substring(position for length(position) - 1)"
    };
    let update = format!("update game set position = {position} where game_id = '{}'", table.game);
    assert_eq!(database.connect().await.execute(&update, &[]).await.unwrap(), 1);
}

async fn ended(app: &TestApp, table: &Table) {
    eventually("the flag falls", async || {
        (table.seen_by(app, 0).await["status"] == "ended").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_game_that_can_not_be_read_is_set_aside_and_goes_on_where_it_stood() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let terms = short();
    let broken = Table::of(&app, "broken", &terms).await;
    let unnoticed = Table::of(&app, "unnoticed", &terms).await;
    let whole = Table::of(&app, "whole", &terms).await;
    for table in [&broken, &unnoticed] {
        set_broken(&app.database, table, true).await;
    }
    clock.advance(Duration::from_secs(30));
    // Whoever meets it first stops its clock.
    let pass = json!({"turn": 1, "action": "pass"});
    broken.ask(&app, 0, &pass).await.expect_problem(503, "game_set_aside");
    let seen = app.client.get(&broken.path("")).user(&broken.players[0]).send().await;
    seen.expect_problem(503, "game_set_aside");
    let list = app.client.get("/api/v1/user/games").user(&broken.players[0]).send().await;
    assert_eq!(list.expect(200)["games"], json!([]));
    assert!(reason(&app.database, &broken).await.unwrap().contains("position"));
    // The sweep meets the other, which does not keep it from the third.
    clock.advance(Duration::from_secs(30));
    eventually("it is set aside", || reason(&app.database, &unnoticed)).await;
    ended(&app, &whole).await;

    // An hour later somebody has mended them.
    clock.advance(Duration::from_secs(3600));
    for table in [&broken, &unnoticed] {
        set_broken(&app.database, table, false).await;
    }
    let passed = broken.ask(&app, 0, &pass).await;
    assert_eq!(passed.expect(200)["game"]["clock"]["left_ms"], json!([30_000, 60_000]));
    assert_eq!(reason(&app.database, &broken).await, None);
    clock.advance(Duration::from_secs(60));
    ended(&app, &broken).await;
    app.stop().await;
}

#[tokio::test]
async fn a_game_whose_flag_can_not_fall_is_set_aside_too() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let terms = short();
    let refused = Table::of(&app, "refused", &terms).await;
    let whole = Table::of(&app, "whole", &terms).await;
    refuse_steps(&app.database, &refused).await;
    clock.advance(Duration::from_secs(61));
    eventually("it is set aside", || reason(&app.database, &refused)).await;
    ended(&app, &whole).await;

    let allow = "alter table game_step drop constraint refused";
    app.database.connect().await.batch_execute(allow).await.unwrap();
    clock.advance(Duration::from_secs(3600));
    // It stood when its player was out of time already.
    refused.ask(&app, 0, &json!({"turn": 1, "action": "pass"})).await;
    ended(&app, &refused).await;
    app.stop().await;
}

#[tokio::test]
async fn a_game_that_another_replica_has_set_aside_is_not_played_on_from_memory() {
    let clock = Clock::manual(Timestamp::parse("2026-11-24T12:00:00Z").unwrap());
    let app = TestApp::with().clock(&clock).start().await;
    let table = Table::of(&app, "remembered", &short()).await;
    table.ask(&app, 0, &json!({"turn": 1, "action": "pass"})).await.expect(200);
    let set_aside = format!(
        "update game set set_aside_at = '2026-11-24T12:00:00Z', set_aside_reason = 'a test', check_at = null
            where game_id = '{}'",
        table.game
    );
    assert_eq!(app.database.connect().await.execute(&set_aside, &[]).await.unwrap(), 1);
    clock.advance(Duration::from_secs(30));
    let passed = table.ask(&app, 1, &json!({"turn": 2, "action": "pass"})).await;
    assert_eq!(passed.expect(200)["game"]["clock"]["left_ms"], json!([60_000, 60_000]));
    let steps = app.client.get(&table.path("/steps")).user(&table.players[0]).send().await;
    assert_eq!(steps.expect(200)["steps"][2]["events"][0]["event"], "resumed");
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_command_of_which_a_step_can_not_be_read_is_not_refused_as_if_it_were_new() {
    let app = TestApp::start().await;
    let table = Table::of(&app, "newer", &terms()).await;
    let [pass, resign] = ["pass", "resign"].map(|action| json!({"turn": 1, "action": action}));
    let taken = table.ask_once(&app, 0, "1f0e4c1e-newer-step", &pass).await.expect(200).clone();
    // As by a replica that is newer.
    let steps = async |told: &str| {
        let update = format!(
            "update game_step set told = {told} where game_id = '{}' and number = 2",
            table.game
        );
        assert_eq!(app.database.connect().await.execute(&update, &[]).await.unwrap(), 1);
    };
    steps("'{\"weather\": \"fair\", ' || substring(told from 2)").await;
    table
        .ask_once(&app, 0, "1f0e4c1e-newer-step", &pass)
        .await
        .expect_problem(503, "answer_unreadable");
    let other = table.ask_once(&app, 0, "1f0e4c1e-newer-step", &resign).await;
    other.expect_problem(422, "idempotency_key_reused");
    // Nobody's clock stands for it.
    assert_eq!(reason(&app.database, &table).await, None);
    table.ask(&app, 1, &json!({"turn": 2, "action": "pass"})).await.expect(200);
    steps("replace(told, '\"weather\": \"fair\", ', '')").await;
    assert_eq!(*table.ask_once(&app, 0, "1f0e4c1e-newer-step", &pass).await.expect(200), taken);
    app.stop().await;
}

#[tokio::test]
async fn a_game_waits_unharmed_for_the_lexicon_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::migrated().await;
    let with_folder = || {
        TestApp::with()
            .database(&database)
            .set("BACKEND_LEXICON_DIR", folder.path().to_str().unwrap())
    };
    let english = default_english();
    let words = ["AT", "CAT", "TEA"].map(|word| english.alphabet().parse(word).unwrap()).to_vec();
    let small = Lexicon::build("Small", english.alphabet().clone(), words, |_| ()).unwrap();
    std::fs::write(folder.path().join("small.lex"), small.to_bytes()).unwrap();

    let app = with_folder().start().await;
    let offered = app.games.library().offered();
    let lexicon = offered.iter().find(|lexicon| lexicon.name() == "Small").cloned().unwrap();
    let table = Table::of(&app, "small", &Terms { lexicon, ..terms() }).await;
    let before = table.seen_by(&app, 0).await;
    assert_eq!(before["terms"]["lexicon"]["name"], "Small");
    app.stop().await;

    let app = TestApp::with().database(&database).start().await;
    let pass = json!({"turn": 1, "action": "pass"});
    let refused = table.ask(&app, 0, &pass).await;
    refused.expect_problem(503, "game_set_aside");
    assert!(refused.body["detail"].as_str().unwrap().contains("Small"), "{refused:?}");
    app.stop().await;

    let app = with_folder().start().await;
    let taken = table.ask(&app, 0, &pass).await;
    assert_eq!(taken.expect(200)["game"]["rack"], before["rack"]);
    app.stop().await;
}
