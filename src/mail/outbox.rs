//! The queue as other features see it, and as metrics do.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::smtp::{Relay, SetUpError};
use super::store;
use super::types::NewMail;
use crate::config::MailConfig;
use crate::email_address::EmailAddress;
use crate::postgres::{self, Connection, Pool, Transaction};
use crate::telemetry::Throttle;
use crate::time::{Clock, Timestamp};

/// As many mails may wait. It is held by the last count, which is seconds old: a bound, not a limit.
const QUEUE_MAILS_MAX: u64 = 100_000;

/// Fewer lines while a mail server is away.
const FAILURE_LINES_INTERVAL: Duration = Duration::from_secs(1);

/// The way out for mail; a clone is another handle on the same one.
#[derive(Debug, Clone)]
pub struct Outbox {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) delivery: Delivery,
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    /// A mail was queued by this process; those of others are found by looking now and then.
    pub(super) queued: Notify,
    pub(super) counters: Counters,
    pub(super) failures: Throttle,
}

/// Where mail goes.
#[derive(Debug)]
pub(super) enum Delivery {
    /// Nowhere; none is taken.
    Off,
    /// To the terminal of whoever develops.
    Printed,
    /// To a server that passes it on.
    Relay(Box<Relay>),
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) depth: AtomicU64,
    /// In microseconds since the Unix epoch; 0 for none.
    pub(super) oldest_created_at: AtomicI64,
    pub(super) sent: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) given_up: AtomicU64,
}

/// How the queue stands, for metrics: the first two as of the last look at the table, the others by
/// this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxStatus {
    /// Mails that wait or are on their way.
    pub depth: u64,
    /// How long the oldest of them has.
    pub age_seconds: u64,
    /// Mails that a server has taken.
    pub sent: u64,
    /// Attempts that failed and are repeated.
    pub failed: u64,
    /// Mails that were refused, or that nobody wants any more.
    pub given_up: u64,
}

/// Why a mail can't be queued.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No mail server is configured.
    #[error("this service sends no mail: BACKEND_SMTP_URL is not set")]
    Off,
    /// Too many wait already.
    #[error("too much mail waits to be sent")]
    Full,
    /// The database failed.
    #[error("queueing mail failed")]
    Storage(#[from] postgres::Error),
}

/// A mail that leaves if and when the transaction is committed.
#[derive(Debug)]
#[must_use = "without this commit the mail leaves late"]
pub struct Queued {
    shared: Arc<Shared>,
}

impl Outbox {
    /// The queue in a database.
    ///
    /// # Errors
    /// [`SetUpError`] when the certificates of the mail server can't be checked as configured.
    pub fn new(pool: Pool, clock: Clock, config: &MailConfig) -> Result<Self, SetUpError> {
        let delivery = match &config.relay {
            Some(relay) => Delivery::Relay(Box::new(Relay::new(relay)?)),
            None if config.is_printed => Delivery::Printed,
            None => Delivery::Off,
        };
        Ok(Self::with(delivery, pool, clock))
    }

    /// A queue that takes nothing.
    #[must_use]
    pub fn off(pool: Pool, clock: Clock) -> Self {
        Self::with(Delivery::Off, pool, clock)
    }

    fn with(delivery: Delivery, pool: Pool, clock: Clock) -> Self {
        let shared = Shared {
            delivery,
            pool,
            clock,
            queued: Notify::new(),
            counters: Counters::default(),
            failures: Throttle::new(FAILURE_LINES_INTERVAL),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Whether mail can be queued, to be asked before any work is done for one.
    ///
    /// # Errors
    /// [`Error::Off`], [`Error::Full`].
    pub fn require_open(&self) -> Result<(), Error> {
        match self.shared.delivery {
            Delivery::Off => Err(Error::Off),
            _ if self.status().depth >= QUEUE_MAILS_MAX => Err(Error::Full),
            Delivery::Printed | Delivery::Relay(_) => Ok(()),
        }
    }

    /// Queues a mail in the caller's transaction, which is then to be committed by what is returned.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn queue(&self, transaction: &Connection, mail: &NewMail) -> Result<Queued, Error> {
        self.require_open()?;
        store::insert(transaction, mail, self.shared.clock.now()).await?;
        Ok(Queued { shared: Arc::clone(&self.shared) })
    }

    /// Takes back, in the caller's transaction, what is still to be sent to some addresses.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget(
        &self,
        transaction: &Connection,
        recipients: &[&EmailAddress],
    ) -> Result<(), postgres::Error> {
        store::delete_to(transaction, recipients).await
    }

    /// How the queue stands.
    #[must_use]
    pub fn status(&self) -> OutboxStatus {
        let Counters { depth, oldest_created_at, sent, failed, given_up } = &self.shared.counters;
        let age_seconds = match oldest_created_at.load(Ordering::Relaxed) {
            0 => 0,
            oldest => self.shared.clock.now().as_micros().saturating_sub(oldest).max(0) / 1_000_000,
        };
        OutboxStatus {
            depth: depth.load(Ordering::Relaxed),
            age_seconds: age_seconds.unsigned_abs(),
            sent: sent.load(Ordering::Relaxed),
            failed: failed.load(Ordering::Relaxed),
            given_up: given_up.load(Ordering::Relaxed),
        }
    }
}

impl Queued {
    /// Commits, and has the mail sent at once.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self, transaction: Transaction<'_>) -> Result<(), postgres::Error> {
        transaction.commit().await?;
        self.shared.queued.notify_one();
        Ok(())
    }
}

impl Counters {
    pub(super) fn measured(&self, depth: u64, oldest_created_at: Option<Timestamp>) {
        self.depth.store(depth, Ordering::Relaxed);
        let oldest = oldest_created_at.map_or(0, Timestamp::as_micros);
        self.oldest_created_at.store(oldest, Ordering::Relaxed);
    }
}
