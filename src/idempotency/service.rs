//! Claiming a key, keeping its answer, forgetting both.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::kept::{Kept, Seal};
use super::store;
use crate::id::AccountId;
use crate::postgres::{self, Connection, Pool};
use crate::task::sweep;
use crate::time::{Clock, Timestamp};

/// How long an answer is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);

/// How long the session token in an answer is kept with it.
const TOKEN_KEPT: Duration = Duration::from_secs(600);

/// After which time without an answer a request counts as abandoned, by a process that is no more: far
/// longer than any request takes, which is a few statements.
const ABANDONED_AFTER_MIN: Duration = Duration::from_secs(60);
const ABANDONED_AFTER_STATEMENTS: u32 = 12;

/// How often keeping an answer is tried where the database fails, and how long it waits in between.
const KEEP_ATTEMPTS_MAX: usize = 4;
const KEEP_PAUSE: Duration = Duration::from_millis(250);

/// How often what is past its time is forgotten, and how many rows a statement takes.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);
const PRUNE_ROWS: i64 = 1_000;

/// The keys of all requests that may be repeated.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pool: Pool,
    clock: Clock,
}

/// What comes of claiming a key.
#[derive(Debug)]
pub(super) enum Claimed {
    /// The request is to be answered, by whoever claimed it.
    Now(Claim),
    /// It has been answered.
    Before(Kept),
}

/// A request that is being answered.
pub(super) struct Claim {
    key_hash: [u8; 32],
    claimed_at: Timestamp,
    key: String,
}

impl fmt::Debug for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Claim")
            .field("claimed_at", &self.claimed_at)
            .finish_non_exhaustive()
    }
}

/// Why a key can't be claimed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A request with this key is being answered.
    #[error("a request with this Idempotency-Key is being answered")]
    InFlight,
    /// The key stands for another request.
    #[error("this Idempotency-Key was used with another body")]
    Reused,
    /// The database failed.
    #[error("storing or reading an answer failed")]
    Storage(#[from] postgres::Error),
    /// The answer is there, and can't be opened: a fault of ours, or a damaged row.
    #[error("the kept answer can't be opened")]
    Damaged,
}

impl Idempotency {
    /// The service over a pool.
    #[must_use]
    pub const fn new(pool: Pool, clock: Clock) -> Self {
        Self { pool, clock }
    }

    /// Claims a key for a request: `scope` is what is asked for and by whom, within which the key is
    /// one of a kind.
    ///
    /// # Errors
    /// [`Error`].
    pub(super) async fn claim(
        &self,
        key: &str,
        scope: &[&[u8]],
        body: &[u8],
    ) -> Result<Claimed, Error> {
        let mut hasher = Sha256::new();
        for part in scope.iter().copied().chain([key.as_bytes()]) {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let key_hash: [u8; 32] = hasher.finalize().into();
        let body_hash: [u8; 32] = Sha256::digest(body).into();
        let claimed_at = self.clock.now();
        let is_claimed = store::claim(
            &self.pool,
            &key_hash,
            &body_hash,
            claimed_at,
            claimed_at - self.abandoned_after(),
            claimed_at - KEPT,
        );
        if is_claimed.await? {
            return Ok(Claimed::Now(Claim { key_hash, claimed_at, key: key.to_owned() }));
        }
        // Where it was released in between, its answer was a failure just now: the caller asks again.
        let found = store::find(&self.pool, &key_hash, claimed_at - TOKEN_KEPT);
        let taken = found.await?.ok_or(Error::InFlight)?;
        if taken.body_hash != body_hash {
            return Err(Error::Reused);
        }
        let sealed = taken.sealed.ok_or(Error::InFlight)?;
        Seal::of(key).open(sealed).map(Claimed::Before).ok_or(Error::Damaged)
    }

    fn abandoned_after(&self) -> Duration {
        ABANDONED_AFTER_MIN.max(self.pool.operation_timeout() * ABANDONED_AFTER_STATEMENTS)
    }

    /// Keeps the answer to a request, which has this account's data in it.
    ///
    /// # Errors
    /// [`Error::Storage`] after several attempts: a repetition of the request is then told that it is in
    /// flight until the claim counts as abandoned, and done anew after that.
    pub(super) async fn keep(
        &self,
        claim: &Claim,
        account_id: Option<AccountId>,
        answer: Kept,
    ) -> Result<(), Error> {
        let sealed = Seal::of(&claim.key).seal(answer);
        let mut attempt = 1;
        loop {
            let kept =
                store::keep(&self.pool, &claim.key_hash, claim.claimed_at, account_id, &sealed);
            match kept.await {
                Err(_) if attempt < KEEP_ATTEMPTS_MAX => attempt += 1,
                outcome => return Ok(outcome?),
            }
            tokio::time::sleep(KEEP_PAUSE).await;
        }
    }

    /// Forgets all answers with data of an account, in the caller's transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget(
        &self,
        transaction: &Connection,
        account_id: AccountId,
    ) -> Result<(), postgres::Error> {
        store::delete_of_account(transaction, account_id).await
    }

    /// Gives a claim up: nothing was done, and the request may be made again.
    ///
    /// # Errors
    /// [`Error::Storage`], as above.
    pub(super) async fn release(&self, claim: &Claim) -> Result<(), Error> {
        Ok(store::release(&self.pool, &claim.key_hash, claim.claimed_at).await?)
    }

    /// Forgets what is past its time, for ever.
    pub async fn keep_up(self) {
        sweep("old answers", PRUNE_INTERVAL, || self.prune()).await;
    }

    /// Forgets what is past its time, in portions.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn prune(&self) -> Result<(), postgres::Error> {
        let now = self.clock.now();
        // The rows first, so that nothing keeps them from going.
        while store::prune(&self.pool, now - KEPT, PRUNE_ROWS).await? > 0 {}
        while store::forget_tokens(&self.pool, now - TOKEN_KEPT, PRUNE_ROWS).await? > 0 {}
        Ok(())
    }
}
