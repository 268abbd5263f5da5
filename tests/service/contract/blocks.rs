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
    let database = app.database.connect().await;
    let fill = format!(
        "with other as (
            insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
                select gen_random_uuid(), 'other', 'en', 'UTC', 'player', now(), now()
                    from generate_series(1, {BLOCKS_MAX}) returning account_id
        )
        insert into block select '{}', account_id, now() from other",
        ann.account_id
    );
    database.execute(&fill, &[]).await.unwrap();
    block(&ann.account_id, &bob.account_id).await;
    suspend(app, operator, &ann.account_id).await;
    block(&ann.account_id, &bob.account_id).await;
    client.delete("/api/v1/user/account").user(&bob.account_id).send().await;
    block(&bob.account_id, &ann.account_id).await;
}
