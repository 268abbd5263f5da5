//! What sessions need now and then: the table is told of their use, and those at their end leave it.
//!
//! Owns when that is done, and in what portions. A use is written behind, never on the request that is
//! the use: a crash forgets those since the last round, a shutdown none. Whatever leaves the table is
//! announced like a revocation, and so leaves every cache.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::service::{Error, Sessions};
use super::store;
use super::token::TokenHash;
use crate::config::SessionConfig;
use crate::id::SessionId;
use crate::postgres;
use crate::task::sweep;
use crate::time::Timestamp;

/// How many sessions a statement writes, reads or deletes.
const PORTION_SESSIONS: usize = 1_000;

/// How long is waited between two portions, so that players come first.
const PORTION_PAUSE: Duration = Duration::from_millis(10);

impl Sessions {
    /// Writes uses behind and clears sessions away, for ever.
    pub async fn keep_up(self, config: SessionConfig) {
        let writing =
            sweep("the use of sessions", config.last_seen_interval, || self.write_last_seen());
        let purging = async {
            // A walk over the whole table is nothing for the moment at which players come back.
            tokio::time::sleep(config.purge_interval).await;
            let purge = async || {
                let purged = self.purge(&config).await?;
                if purged > 0 {
                    tracing::info!(purged, "sessions at their end were cleared away");
                }
                Ok::<(), Error>(())
            };
            sweep("sessions at their end", config.purge_interval, purge).await;
        };
        tokio::join!(writing, purging);
    }

    /// Tells the table of every use since the last time; tells how many sessions that were.
    ///
    /// # Errors
    /// When the table can't be written: all of it is told the next time.
    pub async fn write_last_seen(&self) -> Result<u64, postgres::Error> {
        let mut written_until = self.shared.last_seen_written_until.lock().await;
        let (since, now) = (*written_until, self.shared.clock.now());
        // The scan waits for the table, so that what is on its way is bounded.
        let (sender, mut portions) = mpsc::channel(1);
        let shared = Arc::clone(&self.shared);
        let scan = tokio::task::spawn_blocking(move || {
            let mut portion = Vec::with_capacity(PORTION_SESSIONS);
            shared.cache.for_each_seen_since(since, |seen| {
                portion.push(seen);
                if portion.len() < PORTION_SESSIONS {
                    return true;
                }
                let full = std::mem::replace(&mut portion, Vec::with_capacity(PORTION_SESSIONS));
                sender.blocking_send(full).is_ok()
            });
            let _ = sender.blocking_send(portion);
        });
        let mut written = 0;
        while let Some(portion) = portions.recv().await {
            written += self.write_portion(&portion).await?;
        }
        if scan.await.is_ok() {
            // The hot path's clock is late by a tick, so that a use may be put down to the second before.
            *written_until = Timestamp::from_unix_seconds(now.as_unix_seconds().saturating_sub(1));
        }
        Ok(written)
    }

    async fn write_portion(&self, seen: &[(TokenHash, Timestamp)]) -> Result<u64, postgres::Error> {
        if seen.is_empty() {
            return Ok(0);
        }
        store::update_last_seen(&self.shared.pool.get().await?, seen).await
    }

    /// Deletes sessions at their end, in one walk over the table; tells how many.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn purge(&self, config: &SessionConfig) -> Result<u64, Error> {
        let mut walked_to = SessionId::MIN;
        let mut purged = 0;
        loop {
            let over = self.over(config);
            let page = store::page(&self.shared.pool, &over, walked_to, PORTION_SESSIONS).await?;
            let Some((last, _)) = page.last() else { return Ok(purged) };
            walked_to = *last;
            let ids: Vec<SessionId> =
                page.iter().filter(|(_, is_over)| *is_over).map(|(id, _)| *id).collect();
            if !ids.is_empty() {
                purged += self.purge_portion(over, ids).await?;
            }
            tokio::time::sleep(PORTION_PAUSE).await;
        }
    }

    async fn purge_portion(&self, over: store::Over, ids: Vec<SessionId>) -> Result<u64, Error> {
        let mut connection = self.shared.pool.get().await?;
        let transaction = connection.begin().await?;
        let hashes = store::delete_over(&transaction, &over, &ids).await?;
        let purged = hashes.len() as u64;
        self.end(&transaction, hashes).await?.commit(transaction).await?;
        Ok(purged)
    }

    /// What is over by now. Another replica may know of a use that the table does not.
    fn over(&self, config: &SessionConfig) -> store::Over {
        let now = self.shared.clock.now();
        let grace = config.last_seen_interval * 2 + config.staleness_max;
        store::Over {
            expired_by: now,
            player_unseen_since: now - (config.idle_ttl + grace),
            operator_unseen_since: now - (config.operator_idle_ttl + grace),
        }
    }
}
