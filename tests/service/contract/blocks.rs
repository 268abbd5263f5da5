//! Codes that hang on whom an account has blocked.

use scrabble_backend::block::BLOCKS_MAX;

use super::NOBODY;
use super::codes::suspend;
use crate::support::TestApp;

/// What hangs on whom an account has blocked, and on whether it may.
pub(super) async fn provoke(app: &TestApp, operator: &str) {
    let client = &app.client;
    let (ann, bob) = (app.opened("blocker").await, app.opened("blocked").await);
    let block = async |blocker: &str, blocked: &str| {
        client.put(&format!("/api/v1/user/blocks/{blocked}")).user(blocker).send().await
    };
    block(&ann.account_id, NOBODY).await;
    client.get("/api/v1/user/blocks").user(NOBODY).send().await;
    client.get("/api/v1/user/blocks?limit=0").user(&ann.account_id).send().await;
    let others = app.database.strangers(BLOCKS_MAX).await;
    app.database.block(std::slice::from_ref(&ann.account_id), &others).await;
    block(&ann.account_id, &bob.account_id).await;
    suspend(app, operator, &ann.account_id).await;
    block(&ann.account_id, &bob.account_id).await;
    client.delete("/api/v1/user/account").user(&bob.account_id).send().await;
    block(&bob.account_id, &ann.account_id).await;
}
