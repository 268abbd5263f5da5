//! What becomes of an account that is over, in a transaction that must end its sessions too.

use super::identity::Identity;
use super::service::{Accounts, Error};
use super::store;
use super::types::{Account, Deletion, Role};
use crate::id::AccountId;
use crate::postgres::Connection;

impl Accounts {
    /// Moves the ways into one account to another, and clears the first, which points to the other from
    /// then on. Where either has a way in that is no guest's, the result is no guest. Gives the winner,
    /// and tells whether anything was to be done: the loser may be merged into it already.
    ///
    /// # Errors
    /// [`Error::SameAccount`], [`Error::AccountUnknown`], [`Error::AccountDeleted`],
    /// [`Error::AccountSuspended`] for either (a merger would be a way around it),
    /// [`Error::OperatorMerged`], [`Error::Storage`].
    pub async fn merge(
        &self,
        transaction: &Connection,
        loser: AccountId,
        winner: AccountId,
    ) -> Result<(Account, bool), Error> {
        if loser == winner {
            return Err(Error::SameAccount);
        }
        let locked = store::find_many_for_update(transaction, &[loser, winner]).await?;
        let of = |id| locked.iter().find(|account| account.id == id).cloned();
        let loser = of(loser).ok_or(Error::AccountUnknown)?;
        let winner = self.require_active(of(winner).ok_or(Error::AccountUnknown)?)?;
        if loser.deletion.is_some_and(|deletion| deletion.merged_into == Some(winner.id)) {
            return Ok((winner, false));
        }
        let loser = self.require_active(loser)?;
        if loser.role == Role::Operator {
            return Err(Error::OperatorMerged);
        }
        if store::move_identities(transaction, loser.id, winner.id).await? > 0 {
            store::delete_guest_identity(transaction, winner.id).await?;
        }
        store::point_on(transaction, loser.id, winner.id).await?;
        self.clear(transaction, loser, Some(winner.id)).await?;
        Ok((winner, true))
    }

    /// Clears an account. Gives the ways into it that there were, of which others may know; `None` where it
    /// was over already.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Storage`].
    pub async fn erase(
        &self,
        transaction: &Connection,
        id: AccountId,
    ) -> Result<Option<Vec<Identity>>, Error> {
        let found = store::find_for_update(transaction, id).await?;
        let account = found.ok_or(Error::AccountUnknown)?;
        if account.deletion.is_some() {
            return Ok(None);
        }
        let identities = store::list_identities(transaction, id).await?;
        self.clear(transaction, account, None).await?;
        Ok(Some(identities))
    }

    async fn clear(
        &self,
        transaction: &Connection,
        account: Account,
        merged_into: Option<AccountId>,
    ) -> Result<(), Error> {
        store::delete_identities(transaction, account.id).await?;
        let cleared = account.cleared(Deletion { at: self.now(), merged_into });
        Ok(store::clear(transaction, &cleared).await?)
    }
}
