//! Codes that hang on how many games an account plays, and on whether it may begin one.

use scrabble_backend::runtime::RUNNING_GAMES_MAX;
use serde_json::json;

use super::codes::suspend;
use super::{KEY, NOBODY};
use crate::support::TestApp;

pub(super) async fn provoke(app: &TestApp, operator: &str) {
    let client = &app.client;
    let (ann, bob) = (app.opened("waiting").await, app.opened("busy").await);
    let enter = |id: &str, seconds: u32| {
        let time_control = json!({"kind": "real_time", "initial_seconds": seconds});
        let terms = json!({"rules": "english", "time_control": time_control});
        client.post("/api/v1/user/matchmaking").user(id).json(&json!({"terms": terms}))
    };
    enter(NOBODY, 600).send().await;
    for seconds in [600, 900] {
        enter(&ann.account_id, seconds).header("idempotency-key", KEY).send().await;
    }
    client.delete("/api/v1/user/matchmaking").user(&ann.account_id).send().await;
    client.post("/api/v1/user/matchmaking/renew").user(&ann.account_id).send().await;
    app.database.begin_games(&bob.account_id, RUNNING_GAMES_MAX).await;
    enter(&bob.account_id, 600).send().await;
    suspend(app, operator, &ann.account_id).await;
    enter(&ann.account_id, 600).send().await;
    let tom = app.opened("nobody-any-more").await;
    client.delete("/api/v1/user/account").user(&tom.account_id).send().await;
    enter(&tom.account_id, 600).send().await;
}
