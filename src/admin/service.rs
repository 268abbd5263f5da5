//! The use cases of operators.

use crate::account::{self, Account, Accounts, Reason, Role, Status, Suspension};
use crate::closure::{self, Closure};
use crate::id::AccountId;
use crate::lobby::{self, Lobby};
use crate::matchmaking::Matchmaking;
use crate::postgres::{self, Pool};
use crate::presence::Presence;
use crate::session::{self, Sessions};
use crate::task::{CutOff, complete};
use crate::time::{Clock, Timestamp};

/// What operators can do.
#[derive(Debug, Clone)]
pub struct Admin {
    pool: Pool,
    accounts: Accounts,
    sessions: Sessions,
    lobby: Lobby,
    presence: Presence,
    closure: Closure,
    clock: Clock,
}

/// Proof that an account has the operator's role and may be used.
#[derive(Debug, Clone, Copy)]
pub struct Operator(AccountId);

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is no operator.
    #[error("this needs an operator")]
    OperatorRequired,
    /// A suspension that would end before it begins.
    #[error("expected a time in the future")]
    UntilPast,
    /// The account can't be had or used.
    #[error("changing the account failed")]
    Account(#[from] account::Error),
    /// Its sessions can't be ended.
    #[error("ending the account's sessions failed")]
    Session(#[from] session::Error),
    /// It can't be taken out of the lobby.
    #[error("taking the account out of the lobby failed")]
    Lobby(#[from] lobby::Error),
    /// The account can't be ended.
    #[error("ending the account failed")]
    Closure(#[from] closure::Error),
    /// The database failed.
    #[error("the transaction failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl Admin {
    /// The service over those of the features.
    #[must_use]
    pub const fn new(
        pool: Pool,
        accounts: Accounts,
        sessions: Sessions,
        lobby: Lobby,
        presence: Presence,
        closure: Closure,
        clock: Clock,
    ) -> Self {
        Self { pool, accounts, sessions, lobby, presence, closure, clock }
    }

    /// The present, by which an account's status is told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Checks the caller's role where it stands, not in a session that may be older.
    ///
    /// # Errors
    /// [`Error::OperatorRequired`], also for an account that there is not; [`Error::Account`].
    pub async fn authorize(&self, caller: AccountId) -> Result<Operator, Error> {
        let account = match self.accounts.find(caller).await {
            Ok(account) => account,
            Err(account::Error::AccountUnknown) => return Err(Error::OperatorRequired),
            Err(error) => return Err(error.into()),
        };
        let is_operator =
            account.role == Role::Operator && account.status(self.now()) == Status::Active;
        if is_operator { Ok(Operator(caller)) } else { Err(Error::OperatorRequired) }
    }

    /// Locks an account, ends all its sessions and takes it out of the lobby and of matchmaking; then it is
    /// not here any more. A second suspension takes the place of the first.
    ///
    /// # Errors
    /// [`Error::UntilPast`], [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn suspend(
        &self,
        operator: Operator,
        id: AccountId,
        reason: Reason,
        until: Option<Timestamp>,
    ) -> Result<Account, Error> {
        let since = self.now();
        if until.is_some_and(|until| until <= since) {
            return Err(Error::UntilPast);
        }
        let suspension = Suspension { reason, since, until, by: operator.0 };
        let admin = self.clone();
        complete(async move {
            let mut connection = admin.pool.get().await?;
            let transaction = connection.begin().await?;
            // Before anything is locked or written: whoever acts for the account in the lobby is waited
            // for, so that what is told of it is in order.
            let told = admin.lobby.withdraw_all(&transaction, id).await?;
            // The account first: an open session's share lock on it orders the two.
            let account =
                admin.accounts.set_suspension(&transaction, id, Some(&suspension)).await?;
            Matchmaking::withdraw(&transaction, &[id]).await?;
            let ended = admin.sessions.revoke_all(&transaction, id, None).await?;
            ended.commit(transaction).await?;
            drop(told);
            tracing::info!(account_id = %id, by = %operator.0, "account suspended");
            // What follows borrows others.
            drop(connection);
            admin.presence.end(id).await;
            Ok(account)
        })
        .await?
    }

    /// Unlocks an account; one that is not locked stays as it is.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn lift_suspension(&self, operator: Operator, id: AccountId) -> Result<(), Error> {
        if self.accounts.find(id).await?.suspension.is_none() {
            return Ok(());
        }
        let connection = self.pool.get().await?;
        match self.accounts.set_suspension(&connection, id, None).await {
            // Erased in between, and its suspension with it.
            Err(account::Error::AccountDeleted) => return Ok(()),
            lifted => lifted?,
        };
        tracing::info!(account_id = %id, by = %operator.0, "suspension lifted");
        Ok(())
    }

    /// Merges an account into another one: [`Closure::merge`].
    ///
    /// # Errors
    /// [`Error::Closure`].
    pub async fn merge(
        &self,
        operator: Operator,
        loser: AccountId,
        winner: AccountId,
    ) -> Result<Account, Error> {
        Ok(self.closure.merge(loser, winner, operator.0).await?)
    }

    /// Erases an account: [`Closure::erase`].
    ///
    /// # Errors
    /// [`Error::Closure`].
    pub async fn erase(&self, operator: Operator, id: AccountId) -> Result<(), Error> {
        Ok(self.closure.erase(id, operator.0).await?)
    }

    /// Gives an account a role and ends its sessions, which were opened for another one. Called on
    /// the command line only, so no operator is asked for: who can reach the database can do anything.
    ///
    /// # Errors
    /// [`Error::Account`] where there is no such account, [`Error::Storage`].
    pub async fn set_role(&self, id: AccountId, role: Role) -> Result<Account, Error> {
        let admin = self.clone();
        complete(async move {
            let mut connection = admin.pool.get().await?;
            let transaction = connection.begin().await?;
            let account = admin.accounts.set_role(&transaction, id, role).await?;
            let ended = admin.sessions.revoke_all(&transaction, id, None).await?;
            ended.commit(transaction).await?;
            Ok(account)
        })
        .await?
    }
}
