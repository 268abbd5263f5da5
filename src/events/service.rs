//! Use cases: telling, waking those who read, and opening a stream to read from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, watch};

use super::cursor::{Cursor, RowId};
use super::store;
use super::subscription::Subscription;
use super::types::{Kinds, Message, Told};
use crate::config::EventsConfig;
use crate::id::random_bytes;
use crate::postgres::{self, Connection, Pool, Transaction};
use crate::telemetry::{Chain, Throttle};
use crate::time::Clock;

/// Fewer lines while the database is away.
const FAILURE_LINES_INTERVAL: Duration = Duration::from_secs(1);

/// The outbox, and the stream of what is in it; a clone is another handle on it.
#[derive(Debug, Clone)]
pub struct Events {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    pub(super) config: EventsConfig,
    /// The newest row that can be read, as far as this process knows.
    pub(super) newest: watch::Sender<RowId>,
    /// Something was told by any process, and nobody has looked since.
    pub(super) unseen: Notify,
    /// Something was told by this process, of which the others do not know.
    pub(super) unannounced: Notify,
    /// By which this process knows its own announcements.
    pub(super) name: String,
    /// One for each stream that may be open.
    slots: Arc<Semaphore>,
    /// In microseconds since the Unix epoch; 0 for none.
    waiting_since: AtomicI64,
    pub(super) failures: Throttle,
}

/// What a transaction tells, of which readers must learn once it is committed: they are woken when this is
/// dropped, which it is by committing the transaction.
#[derive(Debug)]
#[must_use = "readers are woken when this is dropped, and that is to be after the commit"]
pub struct Appended(Events);

/// How the stream stands, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventsStatus {
    /// Streams that are open at this process.
    pub streams: u64,
    /// How long the oldest row has waited that can't be read yet, as of the last look.
    pub lag_ms: u64,
}

/// Why a stream can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was told yet under this cursor.
    #[error("no event has this id yet")]
    NotTold,
    /// What comes after the cursor was cleared away, at least in part.
    #[error("the events after this one were cleared away")]
    Expired {
        /// Where to go on once all is read anew.
        present: Cursor,
    },
    /// As many are open as may be.
    #[error("too many streams are open")]
    TooManyStreams,
    /// The database failed.
    #[error("reading events failed")]
    Storage(#[from] postgres::Error),
}

impl Events {
    /// Events in a database. What is told by other processes is seen at once while this one
    /// [keeps up](Self::keep_up).
    #[must_use]
    pub fn new(pool: Pool, config: &EventsConfig, clock: Clock) -> Self {
        let name = u64::from_be_bytes(random_bytes());
        let shared = Shared {
            pool,
            clock,
            config: config.clone(),
            newest: watch::Sender::default(),
            unseen: Notify::new(),
            unannounced: Notify::new(),
            name: format!("{name:016x}"),
            slots: Arc::new(Semaphore::new(config.streams_max)),
            waiting_since: AtomicI64::new(0),
            failures: Throttle::new(FAILURE_LINES_INTERVAL),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Tells something, if and when the transaction commits. See the [module](super) for the locks that
    /// it must have taken before.
    ///
    /// # Errors
    /// When the statement fails.
    pub async fn append(
        &self,
        transaction: &Connection,
        told: &Told,
    ) -> Result<Appended, postgres::Error> {
        store::append(transaction, told, self.shared.clock.now()).await?;
        Ok(Appended(self.clone()))
    }

    /// Tells messages in order, however many, if and when the transaction commits: in as many rows as it
    /// takes. As [`append`](Self::append) otherwise.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn tell(
        &self,
        transaction: &Connection,
        messages: &[Message],
    ) -> Result<Appended, postgres::Error> {
        for told in Told::parts(messages) {
            store::append(transaction, &told, self.shared.clock.now()).await?;
        }
        Ok(Appended(self.clone()))
    }

    /// Has readers look at once, of this process and of the others: something that is told has been
    /// committed.
    pub fn wake(&self) {
        self.shared.unannounced.notify_one();
        self.shared.look();
    }

    /// Opens a stream of what was told after a cursor, or, without one, of what is told from now on; of
    /// these kinds only.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn open(
        &self,
        after: Option<Cursor>,
        kinds: Option<Kinds>,
    ) -> Result<Subscription, Error> {
        let slot = Arc::clone(&self.shared.slots).try_acquire_owned();
        let slot = slot.map_err(|_| Error::TooManyStreams)?;
        let bounds = store::bounds(&self.shared.pool).await?;
        let present = bounds.newest;
        let subscription = match after {
            None => Subscription::at(present, Arc::clone(&self.shared), kinds, slot),
            Some(cursor) if cursor.row > present.row => return Err(Error::NotTold),
            Some(cursor) if cursor < bounds.pruned => return Err(Error::Expired { present }),
            Some(cursor) => Subscription::within(cursor, Arc::clone(&self.shared), kinds, slot),
        };
        // Something may wait that nobody has looked for, as long as nobody read.
        self.shared.look();
        Ok(subscription)
    }

    /// How the stream stands.
    #[must_use]
    pub fn status(&self) -> EventsStatus {
        let lag_ms = match self.shared.waiting_since.load(Ordering::Relaxed) {
            0 => 0,
            since => self.shared.clock.now().as_micros().saturating_sub(since).max(0) / 1_000,
        };
        EventsStatus { streams: self.shared.streams() as u64, lag_ms: lag_ms.unsigned_abs() }
    }
}

impl Shared {
    /// Streams that are open.
    fn streams(&self) -> usize {
        self.config.streams_max.saturating_sub(self.slots.available_permits())
    }

    /// Has it looked whether there is something to be read; nobody need if nobody reads.
    pub(super) fn look(&self) {
        if self.streams() > 0 {
            self.unseen.notify_one();
        }
    }

    /// Takes note of what a look has shown; tells whether there is something new to be read.
    pub(super) fn seen(&self, look: &store::Look) -> bool {
        let since = look.waiting_since.map_or(0, |since| since.as_micros());
        self.waiting_since.store(since, Ordering::Relaxed);
        let row = look.newest.unwrap_or_default();
        self.newest.send_if_modified(|newest| {
            let is_news = row > *newest;
            *newest = row.max(*newest);
            is_news
        })
    }

    /// Tells the log, now and then, that events can't be read.
    pub(super) fn log_failure(&self, error: &postgres::Error) {
        if let Some(earlier) = self.failures.due(std::time::Instant::now()) {
            tracing::warn!(earlier, cause = %Chain(error), "events can't be read; they will be");
        }
    }
}

impl Appended {
    /// Commits, and wakes the readers.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self, transaction: Transaction<'_>) -> Result<(), postgres::Error> {
        transaction.commit().await
    }
}

impl Drop for Appended {
    /// Wakes the readers: also where it is not known whether it is committed, and where whoever waited for
    /// the commit has gone away.
    fn drop(&mut self) {
        self.0.wake();
    }
}
