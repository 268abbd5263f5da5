//! The use cases of sessions.
//!
//! Every write goes to PostgreSQL first and then to the cache, in a task of its own: a caller that
//! hangs up between the two must not leave a revoked session in the cache.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::cache::Cache;
use super::changes::Changes;
use super::opening::{Attempt, Opening};
use super::store;
use super::token::TokenHash;
use super::types::{LiveSession, Policy, Session};
use super::unknown::UnknownTokens;
use crate::account::{self, Accounts};
use crate::email_code::{self, EmailCodes};
use crate::id::{AccountId, SessionId};
use crate::postgres::{self, BatchLimits, Batcher, Connection, Pool};
use crate::task::{CutOff, complete};
use crate::time::{Clock, Timestamp};

/// Statements for many callers at once: of each kind so many in work.
const WORKERS_MAX: usize = 2;

/// How many callers share a statement, and how many may wait for one.
const BATCH_ITEMS_MAX: usize = 256;
const QUEUE_ITEMS_MAX: usize = 8192;

/// The sessions; a clone is another handle on the same ones.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pool: Pool,
    pub(super) cache: Cache,
    /// What was looked for in the database, and not found.
    pub(super) unknown: UnknownTokens,
    pub(super) look_ups: Batcher<TokenHash, Result<Option<LiveSession>, postgres::Error>>,
    pub(super) openings: Batcher<Opening, Attempt>,
    /// Held while uses are written behind: all before this are.
    pub(super) last_seen_written_until: Mutex<Timestamp>,
    pub(super) accounts: Accounts,
    pub(super) email_codes: EmailCodes,
    pub(super) policy: Policy,
    pub(super) clock: Clock,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The account has no such session.
    #[error("the account has no such session")]
    SessionUnknown,
    /// The account can't be had or used.
    #[error("finding or creating the account failed")]
    Account(#[source] account::Error),
    /// The code that was sent to an address is not the one that was shown, or can't be checked.
    #[error("confirming the e-mail address failed")]
    Code(#[source] email_code::Error),
    /// The database failed.
    #[error("storing or reading sessions failed")]
    Storage(#[from] postgres::Error),
    /// Revocations by other processes have not been heard of for too long.
    #[error("revocations by other processes have not been heard of for too long")]
    Stale,
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl From<account::Error> for Error {
    fn from(error: account::Error) -> Self {
        match error {
            // A failing database is the same, whoever asked it, and what may be repeated is as well.
            account::Error::Storage(error) => Self::Storage(error),
            error => Self::Account(error),
        }
    }
}

impl From<email_code::Error> for Error {
    fn from(error: email_code::Error) -> Self {
        match error {
            email_code::Error::Storage(error) => Self::Storage(error),
            error => Self::Code(error),
        }
    }
}

impl Sessions {
    /// The service over a pool, with an empty cache.
    #[must_use]
    pub fn new(
        pool: Pool,
        accounts: Accounts,
        email_codes: EmailCodes,
        policy: Policy,
        clock: Clock,
    ) -> Self {
        let limits = BatchLimits {
            workers_max: WORKERS_MAX,
            helped_items_min: 1,
            batch_items_max: BATCH_ITEMS_MAX,
            queue_items_max: QUEUE_ITEMS_MAX,
            // A little more than the statement's own, so that a caller is told what the matter was.
            timeout: pool.operation_timeout() * 11 / 10,
        };
        let shared = Shared {
            pool,
            cache: Cache::with_capacity(policy, 0),
            unknown: UnknownTokens::new(),
            look_ups: Batcher::new(limits),
            openings: Batcher::new(limits),
            // What was seen before was not seen by this process.
            last_seen_written_until: Mutex::new(clock.now()),
            accounts,
            email_codes,
            policy,
            clock,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The cache, to be looked at.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// How long sessions live.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.shared.policy
    }

    /// The clock that sessions live by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Closes the session of a token, if there is one.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn close(&self, token: &str) -> Result<(), Error> {
        let Some(hash) = TokenHash::of_well_formed(token) else { return Ok(()) };
        let sessions = self.clone();
        complete(async move {
            let mut connection = sessions.shared.pool.get().await?;
            let transaction = connection.begin().await?;
            let hashes = store::delete_by_token_hash(&transaction, &hash).await?;
            sessions.end(&transaction, hashes).await?.commit(transaction).await?;
            // One that was gone from the table already must not stay here either.
            sessions.shared.cache.evict(&hash);
            Ok(())
        })
        .await?
    }

    /// The account's live sessions, the newest first.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn list(&self, account_id: AccountId) -> Result<Vec<Session>, Error> {
        let Shared { pool, cache, policy, clock, .. } = &*self.shared;
        let now = clock.now();
        let mut sessions = Vec::new();
        for (token_hash, mut session) in store::list(pool, account_id, now).await? {
            // The table is told of a session's use late; the cache of this replica knows it.
            let seen = cache.last_seen_at(&token_hash).unwrap_or(session.last_seen_at);
            session.last_seen_at = session.last_seen_at.max(seen);
            if now < session.idle_expires_at(policy) {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    /// Closes one session of the account.
    ///
    /// # Errors
    /// [`Error::SessionUnknown`], [`Error::Storage`].
    pub async fn revoke(&self, account_id: AccountId, id: SessionId) -> Result<(), Error> {
        let sessions = self.clone();
        complete(async move {
            let mut connection = sessions.shared.pool.get().await?;
            let transaction = connection.begin().await?;
            let deleted = store::delete(&transaction, account_id, id).await?;
            let hash = deleted.ok_or(Error::SessionUnknown)?;
            Ok(sessions.end(&transaction, vec![hash]).await?.commit(transaction).await?)
        })
        .await?
    }

    /// Closes the account's sessions, all or all but one.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn revoke_others(
        &self,
        account_id: AccountId,
        kept: Option<SessionId>,
    ) -> Result<(), Error> {
        let sessions = self.clone();
        complete(async move {
            let mut connection = sessions.shared.pool.get().await?;
            let transaction = connection.begin().await?;
            let revoked = sessions.revoke_all(&transaction, account_id, kept).await?;
            Ok(revoked.commit(transaction).await?)
        })
        .await?
    }

    /// Deletes the account's sessions, all or all but one, in the caller's transaction, which is then
    /// to be committed by what is returned.
    ///
    /// # Errors
    /// [`Error::Storage`].
    pub async fn revoke_all(
        &self,
        transaction: &Connection,
        account_id: AccountId,
        kept: Option<SessionId>,
    ) -> Result<Changes, Error> {
        let hashes = store::delete_all(transaction, account_id, kept).await?;
        Ok(self.end(transaction, hashes).await?)
    }
}

impl Shared {
    /// When a session ends that is not used again.
    pub(super) fn idle_expires_at(&self, session: &LiveSession) -> Timestamp {
        let resolved = &session.resolved;
        self.policy.idle_expires_at(resolved.role, session.last_seen_at, resolved.expires_at)
    }
}
