//! Use cases: telling, and waking those who read.

use std::sync::Arc;

use tokio::sync::Notify;

use super::store;
use super::types::Told;
use crate::postgres::{self, Connection, Transaction};
use crate::time::Clock;

/// The outbox; a clone is another handle on it.
#[derive(Debug, Clone)]
pub struct Events {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) clock: Clock,
    /// Something was told by this process, and its reader has not looked since.
    pub(super) told: Notify,
}

/// What a transaction tells, of which readers must learn once it is committed.
#[derive(Debug)]
#[must_use = "readers are woken when the transaction is committed by this"]
pub struct Appended(Events);

impl Events {
    /// Events, told in the transactions of whoever has some to tell.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { shared: Arc::new(Shared { clock, told: Notify::new() }) }
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

    /// Has readers look at once: something that is told has been committed.
    pub fn wake(&self) {
        self.shared.told.notify_one();
    }
}

impl Appended {
    /// Commits, and wakes the readers.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self, transaction: Transaction<'_>) -> Result<(), postgres::Error> {
        let outcome = transaction.commit().await;
        // Also where it is not known whether it is committed.
        self.0.wake();
        outcome
    }
}
