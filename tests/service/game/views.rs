//! Who sees what of a game.

use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use crate::support::{Table, TestApp, best_play, terms};

async fn get(app: &TestApp, table: &Table, rest: &str, viewer: &str) -> Value {
    app.client.get(&table.path(rest)).user(viewer).send().await.expect(200).clone()
}

/// Plays so many turns.
async fn play(app: &TestApp, table: &Table, terms: &Terms, turns: usize) {
    for turn in 0..turns {
        let seat = turn % table.players.len();
        let play = best_play(terms, &table.seen_by(app, seat).await);
        table.ask(app, seat, &play).await.expect(200);
    }
}

#[tokio::test]
async fn players_see_their_own_tiles_and_onlookers_none_until_the_game_is_over() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "view", &terms).await;
    play(&app, &table, &terms, 3).await;
    let onlooker = app.opened("onlooker").await.account_id;
    let [one, other] = [table.seen_by(&app, 0).await, table.seen_by(&app, 1).await];
    assert_ne!(one["rack"], other["rack"]);
    let seen = get(&app, &table, "", &onlooker).await;
    assert!(seen.get("rack").is_none(), "{seen}");
    assert_eq!(seen["board"], one["board"]);
    let has_tiles = |event: &Value| {
        event.get("drawn").is_some()
            || event
                .get("racks")
                .is_some_and(|racks| racks.as_array().unwrap().iter().any(|rack| !rack.is_null()))
    };
    let steps = get(&app, &table, "/steps", &onlooker).await;
    let events = |steps: &Value| -> Vec<Value> {
        let steps = steps["steps"].as_array().unwrap();
        steps.iter().flat_map(|step| step["events"].as_array().unwrap().clone()).collect()
    };
    assert!(!events(&steps).iter().any(has_tiles), "{steps}");
    let own = get(&app, &table, "/steps", &table.players[0]).await;
    for event in events(&own).iter().filter(|event| has_tiles(event)) {
        let is_own = event["seat"] == 0 || event["racks"][1].is_null();
        assert!(is_own, "{event}");
    }
    assert_eq!(events(&own).iter().filter(|event| has_tiles(event)).count(), 3);

    let turn = table.seen_by(&app, 1).await["turn"].clone();
    table.ask(&app, 1, &json!({"turn": turn, "action": "resign"})).await.expect(200);
    let seen = get(&app, &table, "", &onlooker).await;
    assert_eq!(seen["players"][0]["rack"], one["rack"]);
    assert_eq!(seen["players"][1]["rack"], other["rack"]);
    let steps = get(&app, &table, "/steps", &onlooker).await;
    // The start, three plays, and the end, which shows what is left.
    assert_eq!(events(&steps).iter().filter(|event| has_tiles(event)).count(), 5, "{steps}");
    app.stop().await;
}

#[tokio::test]
async fn a_game_is_shown_as_it_stood_at_any_turn() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "turns", &terms).await;
    let mut seen = vec![table.seen_by(&app, 0).await];
    for turns in 0..6 {
        let seat = turns % 2;
        let play = best_play(&terms, &table.seen_by(&app, seat).await);
        table.ask(&app, seat, &play).await.expect(200);
        seen.push(table.seen_by(&app, 0).await);
    }
    for then in &seen {
        let turn = then["turn"].as_u64().unwrap();
        let now = get(&app, &table, &format!("?turn={turn}"), &table.players[0]).await;
        for field in ["board", "rack", "players", "bag_tiles", "version", "on_turn"] {
            assert_eq!(now[field], then[field], "{field} at turn {turn}");
        }
    }
    let path = table.path("?turn=8");
    let beyond = app.client.get(&path).user(&table.players[0]).send().await;
    beyond.expect_problem(404, "turn_unknown");
    let path = table.path("?turn=x");
    let beyond = app.client.get(&path).user(&table.players[0]).send().await;
    beyond.expect_problem(400, "invalid_input");
    assert_eq!(beyond.body["field"], "turn");
    app.stop().await;
}

#[tokio::test]
async fn steps_come_in_portions_after_the_one_that_is_known() {
    let app = TestApp::start().await;
    let terms = terms();
    let table = Table::of(&app, "steps", &terms).await;
    play(&app, &table, &terms, 4).await;
    let portion = get(&app, &table, "/steps?after=1&limit=2", &table.players[0]).await;
    let numbers: Vec<u64> = portion["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!(portion["version"], 5);
    let rest = get(&app, &table, "/steps?after=5", &table.players[0]).await;
    assert_eq!(rest["steps"], json!([]));
    app.stop().await;
}
