//! Merging and erasing.

use super::store::{self, Merger};
use crate::account::{self, Account, Accounts};
use crate::block::Blocks;
use crate::email_code::EmailCodes;
use crate::id::{AccountId, SessionId};
use crate::idempotency::Idempotency;
use crate::lobby::{self, Lobby};
use crate::matchmaking::Matchmaking;
use crate::postgres::{self, Pool};
use crate::presence::Presence;
use crate::rating::Ratings;
use crate::runtime::{self, Games};
use crate::session::{self, Sessions, Token, TokenHash};
use crate::task::{CutOff, complete};
use crate::telemetry::Chain;
use crate::time::{Clock, Timestamp};

/// What ends accounts, over the services of the features that an account has something in.
#[derive(Debug, Clone)]
pub struct Closure {
    pub(crate) pool: Pool,
    pub(crate) accounts: Accounts,
    pub(crate) email_codes: EmailCodes,
    pub(crate) sessions: Sessions,
    pub(crate) idempotency: Idempotency,
    pub(crate) ratings: Ratings,
    pub(crate) blocks: Blocks,
    pub(crate) games: Games,
    pub(crate) lobby: Lobby,
    pub(crate) matchmaking: Matchmaking,
    pub(crate) presence: Presence,
    pub(crate) clock: Clock,
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
    /// An account can't be taken out of the lobby.
    #[error("taking the account out of the lobby failed")]
    Lobby(#[from] lobby::Error),
    /// Its games can't go to the other account.
    #[error(transparent)]
    Game(#[from] runtime::Error),
    /// The database failed.
    #[error("the transaction failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl Closure {
    /// The present, by which an account's status is told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Merges the account whose session has this token into the player's own. The session that asks, if
    /// one is named, gets a new token. Done again, it changes nothing.
    ///
    /// # Errors
    /// [`Error::Game`] where the two play each other, [`Error::ProofInvalid`], [`Error::Session`] when the player's account has no such session, and
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
    /// [`Error::Game`] where the two play each other, and those of [`Accounts::merge`].
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
            let Self { pool, accounts, sessions, idempotency, ratings, blocks, .. } = &closure;
            let mut connection = pool.get().await?;
            let transaction = connection.begin().await?;
            // Before anything is locked or written, so that what is told of the lobby is in order.
            let (told, brings_real_time) =
                closure.lobby.withdraw_for_merger(&transaction, loser, winner).await?;
            closure.games.lock_running_of(&transaction, loser).await?;
            // Then the accounts: an opening session's share lock on one orders the two.
            let (account, is_new) = accounts.merge(&transaction, loser, winner).await?;
            if !is_new {
                return Ok(Merged { account, token: None });
            }
            idempotency.forget(&transaction, loser).await?;
            ratings.merge(&transaction, loser, winner).await?;
            blocks.merge(&transaction, loser, winner).await?;
            // Before its games: the one that it was just given is then among them.
            closure.matchmaking.forget(&transaction, loser).await?;
            if brings_real_time {
                Matchmaking::withdraw_real_time(&transaction, &[winner]).await?;
            }
            closure.games.hand_over(&transaction, loser, winner).await?;
            closure.lobby.hand_over(&transaction, loser, winner).await?;
            let mut changes = sessions.revoke_all(&transaction, loser, None).await?;
            // Looked at before the accounts were locked, it may have ended since.
            if proof.is_some_and(|proof| !changes.has_ended(&proof)) {
                return Err(Error::ProofInvalid);
            }
            let merger = Merger { loser, winner, by, at: closure.now(), proof };
            store::insert(&transaction, &merger).await?;
            let mut token = None;
            if let Some(session_id) = session_id {
                let renewed = sessions.renew(&transaction, winner, session_id).await?;
                token = Some(renewed.0);
                changes = changes.and(renewed.1);
            }
            changes.commit(transaction).await?;
            drop(told);
            // What follows borrows others.
            drop(connection);
            tracing::info!(account_id = %loser, into = %winner, %by, "account merged");
            closure.presence.end(loser).await;
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

    /// Erases an account: what is known of its player, every way into it, its ratings, its blocks, what it
    /// has in the lobby and in matchmaking, and its sessions; it resigns the games that it plays. Its id stays, for what refers
    /// to it. One that is over already stays as it is.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn erase(&self, id: AccountId, by: AccountId) -> Result<(), Error> {
        let closure = self.clone();
        complete(async move {
            // While the account has its ratings, for those of its opponents.
            closure.resign_games(id).await;
            let mut connection = closure.pool.get().await?;
            let transaction = connection.begin().await?;
            let told = closure.lobby.withdraw_all(&transaction, id).await?;
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
            closure.matchmaking.forget(&transaction, id).await?;
            let ended = closure.sessions.revoke_all(&transaction, id, None).await?;
            ended.commit(transaction).await?;
            drop(told);
            // What follows borrows others.
            drop(connection);
            tracing::info!(account_id = %id, %by, "account erased");
            closure.presence.end(id).await;
            // What has begun in between; from now on nothing does.
            closure.resign_games(id).await;
            Ok(())
        })
        .await?
    }

    /// What can't be resigned now does not keep the account: the clock ends it.
    async fn resign_games(&self, id: AccountId) {
        if let Err(error) = self.games.resign_all(id).await {
            tracing::warn!(account_id = %id, cause = %Chain(&error), "games are left to their clocks");
        }
    }
}
