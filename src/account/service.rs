//! The use cases of accounts.

use std::collections::HashSet;

use super::identity::{Identity, IdentityKey};
use super::store;
use super::types::{Account, Changes, Profile, Role, Status, Suspension};
use crate::id::{AccountId, IdentityId};
use crate::postgres::{self, Connection, Pool};
use crate::time::{Clock, Timestamp};

/// The accounts and their identities.
#[derive(Debug, Clone)]
pub struct Accounts {
    pool: Pool,
    clock: Clock,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no such account")]
    AccountUnknown,
    /// The account is locked.
    #[error("the account is suspended")]
    AccountSuspended {
        /// When the suspension ends by itself.
        until: Option<Timestamp>,
    },
    /// The account is over.
    #[error("the account is deleted")]
    AccountDeleted,
    /// Two accounts were to be merged, and are one.
    #[error("both are the same account")]
    SameAccount,
    /// An operator's account was to be merged into another one.
    #[error("an operator's account is not merged into another one")]
    OperatorMerged,
    /// The account has been changed since the caller looked.
    #[error("the account has been changed meanwhile")]
    VersionStale,
    /// The account has no such identity.
    #[error("the account has no such identity")]
    IdentityUnknown,
    /// The identity belongs to another account.
    #[error("the identity belongs to another account")]
    IdentityTaken,
    /// Nobody in particular can't be added to somebody.
    #[error("a guest can't be linked, expected platform or email")]
    GuestLinked,
    /// The account would have no identity left.
    #[error("the account's last identity stays")]
    LastIdentity,
    /// The database failed.
    #[error("storing or reading accounts failed")]
    Storage(#[from] postgres::Error),
}

impl Accounts {
    /// The service over a pool.
    #[must_use]
    pub const fn new(pool: Pool, clock: Clock) -> Self {
        Self { pool, clock }
    }

    /// The present, by which an account's status is told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// An account.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Storage`].
    pub async fn find(&self, id: AccountId) -> Result<Account, Error> {
        store::find(&self.pool, id).await?.ok_or(Error::AccountUnknown)
    }

    /// Those of the accounts that there are, in no particular order.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn lookup(&self, ids: &[AccountId]) -> Result<Vec<Account>, Error> {
        Ok(store::find_many(&self.pool, ids).await?)
    }

    /// Locks accounts against changes until the caller's transaction ends, always in the same order, so
    /// that no two transactions wait for each other. Gives those that there are, what is over included.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn lock(
        &self,
        transaction: &Connection,
        ids: &[AccountId],
    ) -> Result<Vec<Account>, Error> {
        Ok(store::find_many_for_update(transaction, ids).await?)
    }

    /// Changes an account; where `versions` are given, only if it is still at one of them.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::AccountSuspended`], [`Error::VersionStale`],
    /// [`Error::Storage`].
    pub async fn update(
        &self,
        id: AccountId,
        changes: &Changes,
        versions: Option<&[i32]>,
    ) -> Result<Account, Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let account = self.lock_active(&transaction, id).await?;
        if versions.is_some_and(|versions| !versions.contains(&account.version)) {
            return Err(Error::VersionStale);
        }
        if *changes == Changes::default() {
            return Ok(account);
        }
        let updated = store::update(&transaction, id, changes, self.clock.now()).await?;
        transaction.commit().await?;
        updated.ok_or(Error::AccountUnknown)
    }

    /// The account's identities, the oldest first.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::Storage`].
    pub async fn identities(&self, id: AccountId) -> Result<Vec<Identity>, Error> {
        self.find(id).await?;
        Ok(store::list_identities(&self.pool.get().await?, id).await?)
    }

    /// Adds a way into an account in the caller's transaction, which should give the session that asks
    /// a new token; a guest is none any more. Tells whether it is new: linking what is linked already
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error::GuestLinked`], [`Error::AccountUnknown`], [`Error::AccountSuspended`],
    /// [`Error::IdentityTaken`], [`Error::Storage`].
    pub async fn link(
        &self,
        transaction: &Connection,
        id: AccountId,
        key: &IdentityKey,
    ) -> Result<(Identity, bool), Error> {
        if *key == IdentityKey::Guest {
            return Err(Error::GuestLinked);
        }
        self.lock_active(transaction, id).await?;
        let Some(identity) = store::insert_identity(transaction, id, key, self.now()).await? else {
            let present = store::find_identity(transaction, key).await?;
            let own = present.filter(|identity| identity.account_id == id);
            return own.map(|identity| (identity, false)).ok_or(Error::IdentityTaken);
        };
        store::delete_guest_identity(transaction, id).await?;
        Ok((identity, true))
    }

    /// Takes a way into an account away, unless it is the last.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::AccountSuspended`], [`Error::IdentityUnknown`],
    /// [`Error::LastIdentity`], [`Error::Storage`].
    pub async fn unlink(&self, id: AccountId, identity_id: IdentityId) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        // The lock keeps two callers from each taking away what the other one leaves.
        self.lock_active(&transaction, id).await?;
        let identities = store::list_identities(&transaction, id).await?;
        if !identities.iter().any(|identity| identity.id == identity_id) {
            return Err(Error::IdentityUnknown);
        }
        if identities.len() == 1 {
            return Err(Error::LastIdentity);
        }
        store::delete_identity(&transaction, id, identity_id).await?;
        Ok(transaction.commit().await?)
    }

    /// Finds the account of an identity, or creates both; tells whether it did. The account can't be
    /// suspended until the transaction ends. `None` where another transaction has just created it:
    /// the caller begins anew, and finds it.
    ///
    /// # Errors
    /// [`Error::AccountSuspended`], [`Error::Storage`].
    pub async fn find_or_create(
        &self,
        transaction: &Connection,
        key: &IdentityKey,
        profile: Profile,
    ) -> Result<Option<(Account, bool)>, Error> {
        let now = self.clock.now();
        if let Some(account) = store::find_by_key(transaction, key).await? {
            return self.found(account);
        }
        let account = Account::new(profile, now);
        let id = account.id;
        store::insert(transaction, &account).await?;
        let identity = store::insert_identity(transaction, id, key, now).await?;
        Ok(identity.map(|_| (account, true)))
    }

    /// The same for many at once, in the same order. `None` also where another transaction has the
    /// account locked: none waits, so that one login holds up no other. And for an e-mail address, which
    /// is not looked for: its code is used up by a transaction of its own.
    ///
    /// # Errors
    /// When a statement fails; what one of them is refused for is its own outcome.
    pub async fn find_or_create_many(
        &self,
        transaction: &Connection,
        logins: &[(&IdentityKey, &Profile)],
    ) -> Result<Vec<Result<Option<(Account, bool)>, Error>>, postgres::Error> {
        let now = self.clock.now();
        let platforms: Vec<_> = logins.iter().map(|(key, _)| key.platform()).collect();
        let mut known: Vec<Option<Option<Account>>> = vec![None; logins.len()];
        for (place, account) in store::find_by_platforms(transaction, &platforms).await? {
            known[place] = Some(account);
        }
        let new: Vec<(usize, Account)> = (0..logins.len())
            .filter(|place| known[*place].is_none() && logins[*place].0.email().is_none())
            .map(|place| (place, Account::new(logins[place].1.clone(), now)))
            .collect();
        let rows: Vec<_> = new.iter().map(|(place, account)| (account, logins[*place].0)).collect();
        let created = match rows.as_slice() {
            [] => HashSet::new(),
            rows => store::insert_many(transaction, rows, Role::Player, now).await?,
        };
        let mut outcomes: Vec<_> = known
            .into_iter()
            .map(|account| account.flatten().map_or(Ok(None), |account| self.found(account)))
            .collect();
        for (place, account) in new {
            outcomes[place] = Ok(created.contains(&account.id).then_some((account, true)));
        }
        Ok(outcomes)
    }

    /// Locks an account, or lifts the lock, in the caller's transaction.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::AccountDeleted`], [`Error::Storage`].
    pub async fn set_suspension(
        &self,
        transaction: &Connection,
        id: AccountId,
        suspension: Option<&Suspension>,
    ) -> Result<Account, Error> {
        self.lock_present(transaction, id).await?;
        let updated = store::update_suspension(transaction, id, suspension, self.now()).await?;
        updated.ok_or(Error::AccountUnknown)
    }

    /// Gives an account a role in the caller's transaction, which must end its sessions too.
    ///
    /// # Errors
    /// [`Error::AccountUnknown`], [`Error::AccountDeleted`], [`Error::Storage`].
    pub async fn set_role(
        &self,
        transaction: &Connection,
        id: AccountId,
        role: Role,
    ) -> Result<Account, Error> {
        self.lock_present(transaction, id).await?;
        let updated = store::update_role(transaction, id, role, self.now()).await?;
        updated.ok_or(Error::AccountUnknown)
    }

    async fn lock_active(&self, transaction: &Connection, id: AccountId) -> Result<Account, Error> {
        let account = store::find_for_update(transaction, id).await?;
        self.require_active(account.ok_or(Error::AccountUnknown)?)
    }

    /// The account, if it may be used.
    ///
    /// # Errors
    /// [`Error::AccountSuspended`], [`Error::AccountDeleted`].
    pub fn require_active(&self, account: Account) -> Result<Account, Error> {
        match account.status(self.now()) {
            Status::Active => Ok(account),
            Status::Suspended => Err(Error::AccountSuspended {
                until: account.suspension.and_then(|suspension| suspension.until),
            }),
            Status::Deleted => Err(Error::AccountDeleted),
        }
    }

    /// Suspended or not.
    async fn lock_present(&self, transaction: &Connection, id: AccountId) -> Result<(), Error> {
        let account = store::find_for_update(transaction, id).await?;
        let account = account.ok_or(Error::AccountUnknown)?;
        if account.deletion.is_some() { Err(Error::AccountDeleted) } else { Ok(()) }
    }

    /// The account to which an identity has led. `None` where it was over by the time that it was ours:
    /// its identities have gone, or lead to another one, which the caller finds by beginning anew.
    fn found(&self, account: Account) -> Result<Option<(Account, bool)>, Error> {
        match self.require_active(account) {
            Ok(account) => Ok(Some((account, false))),
            Err(Error::AccountDeleted) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
