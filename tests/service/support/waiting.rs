//! Statements that wait for locks of others, which tell a test how far these have come.

use super::{Database, eventually};

impl Database {
    /// How many statements that say this wait for others.
    pub(crate) async fn count_waiting(&self, text: &str) -> i64 {
        count_waiting(&self.connect().await, text).await
    }

    /// Waits until at least so many statements that say this wait for others.
    pub(crate) async fn until_waiting(&self, count: i64, text: &str) {
        let client = self.connect().await;
        eventually("statements wait for others", async || {
            (count_waiting(&client, text).await >= count).then_some(())
        })
        .await;
    }
}

async fn count_waiting(client: &tokio_postgres::Client, text: &str) -> i64 {
    let count = format!(
        "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%{text}%'"
    );
    client.query_one(&count, &[]).await.expect("it is counted").get(0)
}
