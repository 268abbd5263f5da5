//! A player's lists of games.

use scrabble_backend::runtime::Terms;
use serde_json::{Value, json};

use crate::support::{Table, TestApp, terms};

async fn page(app: &TestApp, player: &str, query: &str) -> Value {
    let path = format!("/api/v1/user/games{query}");
    app.client.get(&path).user(player).send().await.expect(200).clone()
}

fn ids(page: &Value) -> Vec<&str> {
    page["games"].as_array().unwrap().iter().map(|game| game["id"].as_str().unwrap()).collect()
}

/// Reads a list to its end, so many a page.
async fn walk(app: &TestApp, player: &str, status: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut query = format!("?status={status}&limit={limit}");
    loop {
        let page = page(app, player, &query).await;
        assert!(ids(&page).len() <= limit);
        found.extend(ids(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { return found };
        query = format!("?status={status}&limit={limit}&cursor={next}");
    }
}

#[tokio::test]
async fn running_games_are_listed_with_those_on_turn_first_and_finished_ones_apart() {
    let app = TestApp::start().await;
    let terms = Terms { is_rated: false, ..terms() };
    let table = Table::of(&app, "first", &terms).await;
    let players: Vec<_> = table.players.iter().map(|id| id.parse().unwrap()).collect();
    let mut games = vec![table.game.clone()];
    for _ in 0..6 {
        games.push(app.games.start_now(&terms, players.clone()).await.unwrap().to_string());
    }
    // In every other game the turn goes to the second player.
    for id in games.iter().step_by(2) {
        let path = format!("/api/v1/user/games/{id}/commands");
        let pass = json!({"turn": 1, "action": "pass"});
        app.client.post(&path).user(&table.players[0]).json(&pass).send().await.expect(200);
    }
    let on_turn = |first: usize| games.iter().skip(first).step_by(2).rev().cloned();
    let expected: Vec<String> = on_turn(1).chain(on_turn(0)).collect();
    for limit in [1, 2, 3, 50] {
        assert_eq!(walk(&app, &table.players[0], "running", limit).await, expected, "{limit}");
    }
    let first = page(&app, &table.players[0], "").await;
    assert_eq!(first["games"][0]["is_own_turn"], true);
    assert_eq!(first["games"][6]["is_own_turn"], false);

    for id in &games[..3] {
        let path = format!("/api/v1/user/games/{id}");
        let game = app.client.get(&path).user(&table.players[0]).send().await.body;
        let resign = json!({"turn": game["turn"], "action": "resign"});
        let path = format!("{path}/commands");
        app.client.post(&path).user(&table.players[1]).json(&resign).send().await.expect(200);
    }
    let finished: Vec<String> = games[..3].iter().rev().cloned().collect();
    for player in &table.players {
        assert_eq!(walk(&app, player, "finished", 2).await, finished);
        assert_eq!(walk(&app, player, "running", 2).await.len(), 4);
    }
    app.stop().await;
}

#[tokio::test]
async fn a_list_is_refused_where_it_is_asked_for_wrongly() {
    let app = TestApp::start().await;
    let player = app.opened("42").await.account_id;
    for (query, field) in [
        ("?status=lost", "status"),
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?cursor=x", "cursor"),
        ("?status=finished&cursor=tffffffff-ffff-ffff-ffff-ffffffffffff", "cursor"),
        ("?order=up", "order"),
    ] {
        let path = format!("/api/v1/user/games{query}");
        let answer = app.client.get(&path).user(&player).send().await;
        answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.body["field"], field, "{query}");
    }
    assert_eq!(page(&app, &player, "").await, json!({"games": []}));
    app.stop().await;
}

#[tokio::test]
async fn a_game_that_can_not_be_read_hides_none_of_those_behind_it() {
    let app = TestApp::start().await;
    let terms = Terms { is_rated: false, ..terms() };
    let table = Table::of(&app, "first", &terms).await;
    let players: Vec<_> = table.players.iter().map(|id| id.parse().unwrap()).collect();
    let mut games = vec![table.game.clone()];
    for _ in 0..4 {
        games.push(app.games.start_now(&terms, players.clone()).await.unwrap().to_string());
    }
    let broken = games.remove(2);
    let update = format!("update game set position = '' where game_id = '{broken}'");
    app.database.connect().await.execute(&update, &[]).await.unwrap();
    games.reverse();
    for limit in [1, 2, 50] {
        assert_eq!(walk(&app, &table.players[0], "running", limit).await, games, "{limit}");
    }
    app.stop().await;
}
