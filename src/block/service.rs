//! The use cases of blocks.

use std::collections::BTreeMap;

use super::store;
use crate::account::{self, Accounts};
use crate::id::AccountId;
use crate::postgres::{self, Connection, Pool};
use crate::time::{Clock, Timestamp};

/// How many an account may block. What a seek or a player's coming tells of leaves them all out, so that
/// there must be a bound, which mergers keep as well.
pub const BLOCKS_MAX: i64 = 500;

/// How many are left out of what is told of players because they have blocked one of them: those who did
/// so last. What is told must have a bound, and anybody may be blocked by any number.
pub const BLOCKERS_TOLD_MAX: i64 = 2_000;

/// The blocks of all accounts.
#[derive(Debug, Clone)]
pub struct Blocks {
    pool: Pool,
    accounts: Accounts,
    clock: Clock,
}

/// Somebody whom an account has blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Whom.
    pub account_id: AccountId,
    /// Since when.
    pub blocked_at: Timestamp,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody blocks himself.
    #[error("expected another account than one's own")]
    OwnAccount,
    /// The account has blocked as many as it may.
    #[error("an account may block {BLOCKS_MAX} others, and has")]
    TooMany,
    /// One of the accounts can't be had or used.
    #[error("finding the accounts failed")]
    Account(#[from] account::Error),
    /// The database failed.
    #[error("storing or reading blocks failed")]
    Storage(#[from] postgres::Error),
}

impl Blocks {
    /// The service over a pool.
    #[must_use]
    pub const fn new(pool: Pool, accounts: Accounts, clock: Clock) -> Self {
        Self { pool, accounts, clock }
    }

    /// Has an account block another. Done again, it changes nothing.
    ///
    /// # Errors
    /// [`Error::OwnAccount`], [`Error::TooMany`], [`Error::Account`] where one of the two is not there
    /// or the first may not be used, [`Error::Storage`].
    pub async fn block(&self, blocker: AccountId, blocked: AccountId) -> Result<(), Error> {
        if blocker == blocked {
            return Err(Error::OwnAccount);
        }
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        // With the lock nobody gets past the bound by asking twice at once, and neither of the two ends
        // before it is known to whoever ends it what goes with it.
        let found = self.accounts.lock(&transaction, &[blocker, blocked]).await?;
        let of = |id| found.iter().find(|account| account.id == id).cloned();
        self.accounts.require_active(of(blocker).ok_or(account::Error::AccountUnknown)?)?;
        of(blocked)
            .filter(|account| account.deletion.is_none())
            .ok_or(account::Error::AccountUnknown)?;
        let is_new = store::insert(&transaction, blocker, blocked, self.clock.now()).await?;
        if is_new && store::count(&transaction, blocker).await? > BLOCKS_MAX {
            return Err(Error::TooMany);
        }
        Ok(transaction.commit().await?)
    }

    /// Takes a block back; where there is none it changes nothing.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn unblock(&self, blocker: AccountId, blocked: AccountId) -> Result<(), Error> {
        Ok(store::delete(&self.pool.get().await?, blocker, blocked).await?)
    }

    /// Whom an account has blocked, after one, at most so many, in the order of their ids.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn list(
        &self,
        blocker: AccountId,
        after: AccountId,
        limit: usize,
    ) -> Result<Vec<Block>, Error> {
        self.accounts.find(blocker).await?;
        Ok(store::list(&self.pool, blocker, after, limit as i64).await?)
    }

    /// Whether any of the accounts has blocked any other of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn exists_among(
        &self,
        connection: &Connection,
        accounts: &[AccountId],
    ) -> Result<bool, postgres::Error> {
        store::exists_among(connection, accounts).await
    }

    /// Who of many accounts has blocked whom of them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_among(
        &self,
        connection: &Connection,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, AccountId)>, postgres::Error> {
        store::list_among(connection, accounts).await
    }

    /// Those of the accounts that have blocked one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_blockers(
        &self,
        blocked: AccountId,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, postgres::Error> {
        store::list_blockers(&self.pool, blocked, accounts).await
    }

    /// Whom each of the accounts has blocked, of those that have blocked anybody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_blocked_by(
        &self,
        connection: &Connection,
        accounts: &[AccountId],
    ) -> Result<BTreeMap<AccountId, Vec<AccountId>>, postgres::Error> {
        let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (blocker, blocked) in store::list_blocked_by(connection, accounts).await? {
            found.entry(blocker).or_default().push(blocked);
        }
        Ok(found)
    }

    /// Those of other accounts of which one has blocked the other, whichever of the two it was.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn at_odds(
        &self,
        connection: &Connection,
        account: AccountId,
        others: &[AccountId],
    ) -> Result<Vec<AccountId>, postgres::Error> {
        store::at_odds(connection, account, others).await
    }

    /// Who is not to be told of what accounts do together: whom any of them has blocked, and who has
    /// blocked any of them, though of these the last [`BLOCKERS_TOLD_MAX`] alone. In the order of their
    /// ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_at_odds(
        &self,
        connection: &Connection,
        accounts: &[AccountId],
    ) -> Result<Vec<AccountId>, postgres::Error> {
        store::list_at_odds(connection, accounts, BLOCKERS_TOLD_MAX).await
    }

    /// Gives the blocks of an account, and those against it, to another one, which it becomes a part of,
    /// in the transaction that merges the two and has locked both. What stood between them is over; of
    /// what is more than an account may have the newest stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merge(
        &self,
        transaction: &Connection,
        loser: AccountId,
        winner: AccountId,
    ) -> Result<(), postgres::Error> {
        store::move_to(transaction, loser, winner).await?;
        store::keep_newest(transaction, winner, BLOCKS_MAX).await
    }

    /// Forgets the blocks of an account that is over, and those against it, in the transaction that ends
    /// it and has locked it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(
        &self,
        transaction: &Connection,
        id: AccountId,
    ) -> Result<(), postgres::Error> {
        store::delete_of_account(transaction, id).await
    }
}
