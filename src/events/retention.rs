//! Clears away what was told long ago.

use std::time::Duration;

use super::service::Events;
use super::store;
use crate::postgres;

/// How often it is looked for old rows, at the least.
const PRUNE_INTERVAL_MAX: Duration = Duration::from_secs(60);

/// How many rows leave at once, and how long is waited until the next do, so that players come first.
const PORTION_ROWS: i64 = 1_000;
const PORTION_PAUSE: Duration = Duration::from_millis(10);

impl Events {
    /// How often that is done.
    pub(super) fn prune_interval(&self) -> Duration {
        PRUNE_INTERVAL_MAX.min(self.shared.config.retention / 4)
    }

    /// Clears away what is older than the retention, in portions; tells how many rows that were. Whoever
    /// has not read them learns of it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn prune(&self) -> Result<u64, postgres::Error> {
        let before = self.shared.clock.now() - self.shared.config.retention;
        let mut pruned = 0;
        loop {
            let gone = store::prune(&self.shared.pool, before, PORTION_ROWS).await?;
            pruned += gone;
            if gone < PORTION_ROWS.unsigned_abs() {
                return Ok(pruned);
            }
            tokio::time::sleep(PORTION_PAUSE).await;
        }
    }
}
