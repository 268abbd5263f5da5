//! Merging and erasing.

use super::store::{self, Merger};
use crate::account::{self, Account, Accounts};
use crate::block::Blocks;
use crate::email_code::EmailCodes;
use crate::id::{AccountId, SessionId};
use crate::idempotency::Idempotency;
use crate::postgres::{self, Pool};
use crate::rating::Ratings;
use crate::session::{self, Sessions, Token, TokenHash};
use crate::task::{CutOff, complete};
use crate::time::{Clock, Timestamp};

/// What ends accounts.
#[derive(Debug, Clone)]
pub struct Closure {
    pool: Pool,
    accounts: Accounts,
    email_codes: EmailCodes,
    sessions: Sessions,
    idempotency: Idempotency,
    ratings: Ratings,
    blocks: Blocks,
    clock: Clock,
}

/// What a merger has come to.
#[derive(Debug)]
pub struct Merged {
    /// The account that both are now.
    pub account: Account,
    /// The new token of the session that has asked for it. The token is told this once.
    pub token: Option<Token>,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The other account's token is no live session's.
    #[error("expected the token of a live session of the other account")]
    ProofInvalid,
    /// The accounts can't be had or used.
    #[error("changing the accounts failed")]
    Account(#[from] account::Error),
    /// Sessions can't be ended.
    #[error("ending sessions failed")]
    Session(#[from] session::Error),
    /// The database failed.
    #[error("the transaction failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl Closure {
    /// The service over those of the features.
    #[must_use]
    pub const fn new(
        pool: Pool,
        accounts: Accounts,
        email_codes: EmailCodes,
        sessions: Sessions,
        idempotency: Idempotency,
        ratings: Ratings,
        blocks: Blocks,
        clock: Clock,
    ) -> Self {
        Self { pool, accounts, email_codes, sessions, idempotency, ratings, blocks, clock }
    }

    /// The present, by which an account's status is told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Merges the account whose session has this token into the player's own. The session that asks, if
    /// one is named, gets a new token. Done again, it changes nothing.
    ///
    /// # Errors
    /// [`Error::ProofInvalid`], [`Error::Session`] when the player's account has no such session, and
    /// those of [`Accounts::merge`].
    pub async fn merge_own(
        &self,
        winner: AccountId,
        session_id: Option<SessionId>,
        proof: &str,
    ) -> Result<Merged, Error> {
        let hash = TokenHash::of_well_formed(proof).ok_or(Error::ProofInvalid)?;
        let loser = match self.sessions.resolve(proof).await? {
            Some(session) => session.account_id,
            // The merger itself has ended the session.
            None => {
                store::find_by_proof(&self.pool, &hash, winner).await?.ok_or(Error::ProofInvalid)?
            }
        };
        self.merge_with(loser, winner, winner, Some(hash), session_id).await
    }

    /// Merges an account into another one, as an operator wants it. Done again, it changes nothing.
    ///
    /// # Errors
    /// Those of [`Accounts::merge`].
    pub async fn merge(
        &self,
        loser: AccountId,
        winner: AccountId,
        by: AccountId,
    ) -> Result<Account, Error> {
        Ok(self.merge_with(loser, winner, by, None, None).await?.account)
    }

    async fn merge_with(
        &self,
        loser: AccountId,
        winner: AccountId,
        by: AccountId,
        proof: Option<TokenHash>,
        session_id: Option<SessionId>,
    ) -> Result<Merged, Error> {
        let closure = self.clone();
        complete(async move {
            let Self { pool, accounts, sessions, idempotency, ratings, blocks, clock, .. } =
                &closure;
            let mut connection = pool.get().await?;
            let transaction = connection.begin().await?;
            // The accounts first: an opening session's share lock on one orders the two.
            let (account, is_new) = accounts.merge(&transaction, loser, winner).await?;
            if !is_new {
                return Ok(Merged { account, token: None });
            }
            idempotency.forget(&transaction, loser).await?;
            ratings.merge(&transaction, loser, winner).await?;
            blocks.merge(&transaction, loser, winner).await?;
            let mut changes = sessions.revoke_all(&transaction, loser, None).await?;
            // Looked at before the accounts were locked, it may have ended since.
            if proof.is_some_and(|proof| !changes.has_ended(&proof)) {
                return Err(Error::ProofInvalid);
            }
            let merger = Merger { loser, winner, by, at: clock.now(), proof };
            store::insert(&transaction, &merger).await?;
            let mut token = None;
            if let Some(session_id) = session_id {
                let renewed = sessions.renew(&transaction, winner, session_id).await?;
                token = Some(renewed.0);
                changes = changes.and(renewed.1);
            }
            changes.commit(transaction).await?;
            tracing::info!(account_id = %loser, into = %winner, %by, "account merged");
            Ok(Merged { account, token })
        })
        .await?
    }

    /// Erases the player's own account.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account or it is suspended: to come back as somebody
    /// else would be a way around that.
    pub async fn erase_own(&self, id: AccountId) -> Result<(), Error> {
        let account = self.accounts.find(id).await?;
        match self.accounts.require_active(account) {
            Ok(_) | Err(account::Error::AccountDeleted) => self.erase(id, id).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Erases an account: what is known of its player, every way into it, its ratings, its blocks and
    /// its sessions. Its id stays, for what refers to it. One that is over already stays as it is.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn erase(&self, id: AccountId, by: AccountId) -> Result<(), Error> {
        let closure = self.clone();
        complete(async move {
            let mut connection = closure.pool.get().await?;
            let transaction = connection.begin().await?;
            let Some(identities) = closure.accounts.erase(&transaction, id).await? else {
                return Ok(());
            };
            let addresses: Vec<_> =
                identities.iter().filter_map(|identity| identity.key.email()).collect();
            if !addresses.is_empty() {
                closure.email_codes.forget(&transaction, &addresses).await?;
            }
            closure.idempotency.forget(&transaction, id).await?;
            closure.ratings.forget(&transaction, id).await?;
            closure.blocks.forget(&transaction, id).await?;
            let ended = closure.sessions.revoke_all(&transaction, id, None).await?;
            ended.commit(transaction).await?;
            tracing::info!(account_id = %id, %by, "account erased");
            Ok(())
        })
        .await?
    }
}
