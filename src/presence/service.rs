//! The use cases of presence.

use std::collections::BTreeSet;
use std::time::Duration;

use super::message;
use super::store::{self, Moved};
use super::types::Report;
use crate::block::Blocks;
use crate::config::PresenceConfig;
use crate::events::Events;
use crate::id::AccountId;
use crate::lobby::Lobby;
use crate::matchmaking::Matchmaking;
use crate::postgres::advisory::{lock_presence, lock_real_time};
use crate::postgres::{self, Pool, Transaction};
use crate::task::{CutOff, complete, sweep};
use crate::telemetry::Chain;
use crate::time::{Clock, Timestamp};

/// How often it is looked for what has expired.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How much of it is taken out at once: as much as a report may bring.
const PORTION: i64 = 1_000;

/// How many are taken out of the lobby at once: what they wait for is locked together.
const RELEASED_AT_ONCE: usize = 20;

/// Who is here.
#[derive(Debug, Clone)]
pub struct Presence {
    pool: Pool,
    events: Events,
    blocks: Blocks,
    lobby: Lobby,
    ttl: Duration,
    clock: Clock,
}

/// Why a report could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error("storing presence failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl Presence {
    /// The service over a pool.
    #[must_use]
    pub const fn new(
        pool: Pool,
        events: Events,
        blocks: Blocks,
        lobby: Lobby,
        config: &PresenceConfig,
        clock: Clock,
    ) -> Self {
        Self { pool, events, blocks, lobby, ttl: config.ttl, clock }
    }

    /// Takes a gateway's report, and gives the moment until which it holds. Accounts that there are not,
    /// or that may not be used, are not here.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn report(&self, report: Report) -> Result<Timestamp, Error> {
        let presence = self.clone();
        // To its end, even if the gateway hangs up, as one does that tells before it ends who was there.
        complete(async move {
            let (moved, expires_at) = presence.enter(&report).await?;
            presence.release(&moved.gone).await;
            Ok(expires_at)
        })
        .await?
    }

    /// Has an account be here no more that may not be used from now on, whatever gateways have of it. To be
    /// called when that is committed, and without a connection. What fails is told to the log: nobody who may
    /// not be here stays for longer than a report holds.
    pub async fn end(&self, id: AccountId) {
        match self.take_out(id).await {
            Ok(true) => self.release(&[id]).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(account_id = %id, cause = %Chain(&error), "an account that is over is here still");
            }
        }
    }

    /// Takes out whom no gateway has reported for too long; gives how many are gone by that.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn sweep(&self) -> Result<usize, Error> {
        let mut swept = 0;
        while store::is_due(&self.pool, self.clock.now()).await? {
            let presence = self.clone();
            // To its end, though the drain ends sweeps: nobody else finds who is out already.
            let portion = complete(async move {
                let gone = presence.take_out_expired().await?;
                presence.release(&gone).await;
                Ok::<_, Error>(gone.len())
            });
            swept += portion.await??;
        }
        Ok(swept)
    }

    /// Takes out whom no gateway reports any more, for ever.
    pub async fn keep_up(self) {
        sweep("who has gone", SWEEP_INTERVAL, || self.sweep()).await;
    }

    /// Those of the accounts that are here, in the order of their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(&self, ids: &[AccountId]) -> Result<Vec<AccountId>, postgres::Error> {
        store::find(&self.pool, ids, self.clock.now()).await
    }

    /// The same as a player may know it: without those who have blocked him.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_for(
        &self,
        viewer: AccountId,
        ids: &[AccountId],
    ) -> Result<Vec<AccountId>, postgres::Error> {
        let mut here = self.find(ids).await?;
        let blockers: BTreeSet<_> =
            self.blocks.find_blockers(viewer, &here).await?.into_iter().collect();
        here.retain(|id| !blockers.contains(id));
        Ok(here)
    }

    /// How many accounts are here.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count(&self) -> Result<u64, postgres::Error> {
        Ok(store::count(&self.pool, self.clock.now()).await?.unsigned_abs())
    }

    async fn enter(&self, report: &Report) -> Result<(Moved, Timestamp), postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_presence(&transaction).await?;
        // Not before the lock: who has waited for it for long would report what is nearly over.
        let now = self.clock.now();
        let expires_at = now + self.ttl;
        let moved = store::report(&transaction, report, now, expires_at).await?;
        self.tell(transaction, &moved).await?;
        Ok((moved, expires_at))
    }

    /// Tells whether the account was here.
    async fn take_out(&self, id: AccountId) -> Result<bool, postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_presence(&transaction).await?;
        let was_here = store::delete_of_account(&transaction, id).await?;
        let gone = if was_here { vec![id] } else { Vec::new() };
        self.tell(transaction, &Moved { came: Vec::new(), gone }).await?;
        Ok(was_here)
    }

    /// Takes a portion out; gives who is gone by that.
    async fn take_out_expired(&self) -> Result<Vec<AccountId>, postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        lock_presence(&transaction).await?;
        let gone = store::sweep(&transaction, self.clock.now(), PORTION).await?;
        let moved = Moved { came: Vec::new(), gone };
        self.tell(transaction, &moved).await?;
        Ok(moved.gone)
    }

    /// Tells who has come and gone, and commits. Who is gone waits for no opponent any more.
    async fn tell(
        &self,
        transaction: Transaction<'_>,
        moved: &Moved,
    ) -> Result<(), postgres::Error> {
        let ids = [moved.came.as_slice(), &moved.gone].concat();
        if ids.is_empty() {
            return transaction.commit().await;
        }
        Matchmaking::withdraw(&transaction, &moved.gone).await?;
        let blocked_by = self.blocks.find_blocked_by(&transaction, &ids).await?;
        let messages = message::changed(moved, blocked_by);
        self.events.tell(&transaction, &messages).await?.commit(transaction).await
    }

    /// Takes those out of the lobby who are gone, unless they are back. What they wait for there ends by
    /// itself, so that nothing depends on it. Whoever calls it has no connection: it takes its own, and of
    /// many who each had one all would wait for another.
    async fn release(&self, gone: &[AccountId]) {
        for accounts in gone.chunks(RELEASED_AT_ONCE) {
            if let Err(error) = self.release_some(accounts).await {
                tracing::warn!(cause = %Chain(&error), "who has gone still waits in the lobby");
            }
        }
    }

    async fn release_some(&self, accounts: &[AccountId]) -> Result<(), postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        // Whoever begins to wait again has this lock, too, and was back before.
        lock_real_time(&transaction, accounts.iter().map(|id| id.uuid())).await?;
        let back = store::list_here(&transaction, accounts, self.clock.now()).await?;
        let gone: Vec<_> = accounts.iter().copied().filter(|id| !back.contains(id)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let messages = self.lobby.release_gone(&transaction, &gone).await?;
        self.events.tell(&transaction, &messages).await?.commit(transaction).await
    }
}
