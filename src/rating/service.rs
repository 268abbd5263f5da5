//! The use cases of ratings.

use std::collections::HashMap;

use super::category::Category;
use super::types::Rating;
use super::{glicko, store};
use crate::account::{self, Accounts};
use crate::id::AccountId;
use crate::postgres::{self, Connection, Pool};
use crate::time::{Clock, Timestamp};

/// The ratings of all accounts.
#[derive(Debug, Clone)]
pub struct Ratings {
    pool: Pool,
    accounts: Accounts,
    clock: Clock,
}

/// What a game has made of a player's rating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatingChange {
    /// Whose.
    pub account_id: AccountId,
    /// What it was when the game ended.
    pub before: Rating,
    /// What it is now.
    pub after: Rating,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account can't be had.
    #[error("finding the account failed")]
    Account(#[from] account::Error),
    /// The database failed.
    #[error("storing or reading ratings failed")]
    Storage(#[from] postgres::Error),
}

impl Ratings {
    /// The service over a pool.
    #[must_use]
    pub const fn new(pool: Pool, accounts: Accounts, clock: Clock) -> Self {
        Self { pool, accounts, clock }
    }

    /// The present, by which it is told how uncertain a rating is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The ratings of accounts in a category, in the same order; who has not played has the
    /// [first](Rating::default), and so has an account that there is not.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn find(
        &self,
        ids: &[AccountId],
        category: &Category,
    ) -> Result<Vec<(AccountId, Rating)>, Error> {
        let found = store::find_many(&self.pool, ids, category).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        Ok(ids.iter().map(|id| (*id, found.get(id).copied().unwrap_or_default())).collect())
    }

    /// The categories in which an account has played, with its ratings, in the order of their names.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn list(&self, id: AccountId) -> Result<Vec<(Category, Rating)>, Error> {
        self.accounts.find(id).await?;
        Ok(store::list(&self.pool, id).await?)
    }

    /// Rates a game that ended at `at`, in the transaction that ends it: two to four players and where
    /// they came in, the best first by number; who has the same number has drawn. Gives the changes in the
    /// same order.
    ///
    /// An account that is over counts as one of which nothing is known, and its rating is kept nowhere. A
    /// game in which an account sits twice, which a merger can make of it, changes nothing.
    ///
    /// Until the transaction ends the players' ratings are locked, and their accounts against changes, in
    /// the order of accounts. A transaction that rates several games, locks accounts before, or changes
    /// them afterwards may run into another one, and is then [to be repeated](postgres::Error::Retry).
    ///
    /// # Errors
    /// When the database fails; the transaction is then void.
    pub async fn rate(
        &self,
        transaction: &Connection,
        category: &Category,
        results: &[(AccountId, u8)],
        at: Timestamp,
    ) -> Result<Vec<RatingChange>, postgres::Error> {
        let ids: Vec<AccountId> = results.iter().map(|(id, _)| *id).collect();
        let is_twice = ids.iter().enumerate().any(|(place, id)| ids[..place].contains(id));
        if is_twice || ids.len() < 2 {
            return Ok(Vec::new());
        }
        let found = store::lock_many(transaction, &ids, category, &Rating::default()).await?;
        let found: HashMap<_, _> = found.into_iter().collect();
        let players: Vec<(Rating, u8)> = results
            .iter()
            .map(|(id, rank)| (found.get(id).copied().unwrap_or_default(), *rank))
            .collect();
        let after = glicko::after_game(&players, at);
        let changes: Vec<RatingChange> = ids
            .into_iter()
            .zip(players)
            .zip(after)
            .map(|((account_id, (before, _)), after)| RatingChange { account_id, before, after })
            .collect();
        let kept: Vec<_> = changes.iter().map(|change| (change.account_id, change.after)).collect();
        store::update_many(transaction, category, &kept).await?;
        Ok(changes)
    }

    /// Gives an account the ratings of another one, which becomes a part of it, in the transaction that
    /// merges the two and has locked both. Where it has one itself it keeps its own: what two histories of
    /// games would have come to as one can't be known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn merge(
        &self,
        transaction: &Connection,
        loser: AccountId,
        winner: AccountId,
    ) -> Result<(), postgres::Error> {
        store::move_missing(transaction, loser, winner).await?;
        store::delete_of_account(transaction, loser).await
    }

    /// Forgets the ratings of an account that is over, in the transaction that ends it and has locked it.
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
