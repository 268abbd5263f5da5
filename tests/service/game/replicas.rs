//! Any game on any replica at any time.

use serde_json::{Value, json};

use crate::support::{Database, Table, TestApp, best_play, terms};

#[tokio::test]
async fn a_game_is_played_at_two_replicas_in_turns() {
    let database = Database::migrated().await;
    let one = TestApp::with().database(&database).start().await;
    let other = TestApp::with().database(&database).start().await;
    let terms = terms();
    let table = Table::of(&one, "turns", &terms).await;
    // What each remembers is behind by every turn of the other's.
    for turn in 1..=12_usize {
        let (app, seat) = (if turn % 3 == 0 { &one } else { &other }, (turn + 1) % 2);
        let play = best_play(&terms, &table.seen_by(app, seat).await);
        let taken = table.ask(app, seat, &play).await;
        assert_eq!(taken.expect(200)["game"]["turn"], turn + 1);
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn of_the_same_command_at_two_replicas_one_is_done() {
    let database = Database::migrated().await;
    let one = TestApp::with().database(&database).start().await;
    let other = TestApp::with().database(&database).start().await;
    let table = Table::of(&one, "same", &terms()).await;
    for turn in 1..=5_u32 {
        let (seat, key) = ((turn as usize + 1) % 2, format!("the-same-command-{turn}"));
        let pass = json!({"turn": turn, "action": "pass"});
        let asked = (0..8).map(|number| {
            table.ask_once(if number % 2 == 0 { &one } else { &other }, seat, &key, &pass)
        });
        let answers = futures_util::future::join_all(asked).await;
        let bodies: Vec<&Value> = answers.iter().map(|answer| answer.expect(200)).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
        let is_new =
            |answer: &&crate::support::Answer| answer.header("idempotency-replayed").is_none();
        assert_eq!(answers.iter().filter(is_new).count(), 1);
        let stale = table.ask(&other, seat, &pass).await;
        stale.expect_problem(409, "stale_turn");
    }
    let steps = one.client.get(&table.path("/steps")).user(&table.players[0]).send().await;
    assert_eq!(steps.expect(200)["version"], 6);
    one.stop().await;
    other.stop().await;
}
