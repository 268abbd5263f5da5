//! Signs of life, from whose absence outages are known.
//!
//! Every replica says that it is alive, several times a second, in one row for all. Whoever finds that
//! the last sign is too old, by the database's clock, enters the time since as an outage; that it was
//! just this is decided by one statement, so that it is entered once.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::outage_book::{OUTAGE_MIN, OutageBook};
use super::store;
use crate::postgres::{self, Pool};
use crate::time::Clock;

/// How often a replica says that it is alive: four times before its silence counts.
pub const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// How long outages are of interest: longer than any turn, with its bank and all time that can be given.
const OUTAGES_KEPT: Duration = Duration::from_secs(180 * 24 * 3600);

/// The signs of life of this replica.
#[derive(Debug)]
pub struct Uptime {
    pool: Pool,
    clock: Clock,
    book: OutageBook,
    /// When the last sign was given; held by whoever is giving one.
    last: Mutex<Option<Instant>>,
}

impl Uptime {
    /// Over a pool; what it learns of outages is in the book.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, book: OutageBook) -> Self {
        Self { pool, clock, book, last: Mutex::default() }
    }

    /// Gives a sign of life, and reads which outages there were. Of many who want to at the same time one
    /// does, for all.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn beat(&self) -> Result<(), postgres::Error> {
        let asked_at = Instant::now();
        let mut last = self.last.lock().await;
        if last.is_some_and(|last| last >= asked_at) {
            return Ok(());
        }
        // From before the statement: when it took place exactly is not known.
        let (alive_at, now) = (Instant::now(), self.clock.now());
        let outage_min_us = i64::try_from(OUTAGE_MIN.as_micros()).unwrap_or(i64::MAX);
        let kept_since = now - OUTAGES_KEPT;
        store::beat(&self.pool, now, outage_min_us, kept_since).await?;
        let outages = store::list_outages(&self.pool, kept_since).await?;
        self.book.enter(outages, (alive_at, now));
        *last = Some(alive_at);
        Ok(())
    }
}
