//! The use cases of codes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::limits::{self, WINDOW_MAX};
use super::store;
use super::texts::mail_text;
use super::types::{
    Challenge, Code, Confirmed, Network, Requested, subject_of_address, subject_of_network,
};
use crate::account::Language;
use crate::email_address::EmailAddress;
use crate::mail::{self, NewMail, Outbox};
use crate::postgres::{self, Connection, Pool};
use crate::task::sweep;
use crate::time::{Clock, Timestamp};

/// How long a code holds.
const CODE_TTL: Duration = Duration::from_secs(10 * 60);

/// How often a code may be tried.
const TRIES_MAX: i32 = 5;

/// Requests at the database at once. Those of one network wait for each other, and must not take all
/// connections to do so.
const REQUESTS_MAX: usize = 4;

/// How often what has expired is deleted, and how much of it in one statement.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);
const PRUNE_ROWS_MAX: u32 = 1000;

/// The codes; a clone is another handle on the same ones.
#[derive(Debug, Clone)]
pub struct EmailCodes {
    pool: Pool,
    outbox: Outbox,
    clock: Clock,
    requests: Arc<Semaphore>,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Codes were asked for too often, by whomever.
    #[error("too many codes were asked for")]
    Throttled {
        /// After so long another may be.
        retry_after: Duration,
    },
    /// The code is wrong, or used up, expired, tried too often, or there is no such challenge.
    #[error("the code is wrong, expired or used up")]
    CodeInvalid,
    /// Mail can't be sent.
    #[error("sending the code failed")]
    Mail(#[source] mail::Error),
    /// The database failed.
    #[error("storing or reading codes failed")]
    Storage(#[from] postgres::Error),
}

impl From<mail::Error> for Error {
    fn from(error: mail::Error) -> Self {
        match error {
            mail::Error::Storage(error) => Self::Storage(error),
            error => Self::Mail(error),
        }
    }
}

impl EmailCodes {
    /// The service over a pool.
    #[must_use]
    pub fn new(pool: Pool, outbox: Outbox, clock: Clock) -> Self {
        Self { pool, outbox, clock, requests: Arc::new(Semaphore::new(REQUESTS_MAX)) }
    }

    /// For a process that sends none: what was sent by others can be confirmed.
    #[must_use]
    pub fn without_mail(pool: Pool, clock: Clock) -> Self {
        Self::new(pool.clone(), Outbox::off(pool, clock.clone()), clock)
    }

    /// Sends a code to an address: whatever address, in the same way.
    ///
    /// # Errors
    /// [`Error::Throttled`], [`Error::Mail`], [`Error::Storage`].
    pub async fn request(
        &self,
        address: EmailAddress,
        language: &Language,
        network: Network,
    ) -> Result<Requested, Error> {
        self.outbox.require_open()?;
        let _turn = self.requests.acquire().await.expect("the semaphore is never closed");
        let now = self.clock.now();
        let expires_at = now + CODE_TTL;
        let (challenge, code) = (Challenge::generate(), Code::generate());
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        self.count_request(&transaction, &address, network, now).await?;
        store::insert(&transaction, &challenge, &address, &code, expires_at).await?;
        let (subject, body) = mail_text(language, &code, CODE_TTL.as_secs() / 60);
        let mail = NewMail { to: address, subject, body, expires_at };
        self.outbox.queue(&transaction, &mail).await?.commit(transaction).await?;
        Ok(Requested { challenge, expires_at })
    }

    /// Tries a code. The try counts before anything is compared, whatever comes of it.
    ///
    /// # Errors
    /// [`Error::CodeInvalid`], [`Error::Storage`].
    pub async fn confirm(&self, challenge: &str, code: &Code) -> Result<Confirmed, Error> {
        let challenge = Challenge::parse(challenge).ok_or(Error::CodeInvalid)?;
        let (hash, now) = (challenge.hash(), self.clock.now());
        let counted = store::count_try(&self.pool, &hash, now, TRIES_MAX).await?;
        let (address, mac) = counted.ok_or(Error::CodeInvalid)?;
        if challenge.is_mac_of(code, &mac) {
            Ok(Confirmed { hash, address })
        } else {
            Err(Error::CodeInvalid)
        }
    }

    /// Uses a code up in the transaction of whoever acts on it: once that is committed, and only then,
    /// nobody else can.
    ///
    /// # Errors
    /// [`Error::CodeInvalid`] when somebody else has, [`Error::Storage`].
    pub async fn consume(
        &self,
        transaction: &Connection,
        confirmed: &Confirmed,
    ) -> Result<(), Error> {
        let is_ours = store::consume(transaction, &confirmed.hash, self.clock.now()).await?;
        if is_ours { Ok(()) } else { Err(Error::CodeInvalid) }
    }

    /// Forgets, in the caller's transaction, what was sent to some addresses, and what is still to be.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn forget(
        &self,
        transaction: &Connection,
        addresses: &[&EmailAddress],
    ) -> Result<(), postgres::Error> {
        store::delete_of_addresses(transaction, addresses).await?;
        self.outbox.forget(transaction, addresses).await
    }

    /// Deletes what has expired, now and then, for ever.
    pub async fn keep_up(self) {
        sweep("expired codes", PRUNE_INTERVAL, || self.prune()).await;
    }

    /// Deletes what has expired, in portions.
    async fn prune(&self) -> Result<(), postgres::Error> {
        let prune = || store::prune(&self.pool, self.clock.now(), PRUNE_ROWS_MAX.into());
        while prune().await? >= PRUNE_ROWS_MAX.into() {}
        Ok(())
    }

    /// Counts a request for its address and its network, unless either has had enough.
    async fn count_request(
        &self,
        transaction: &Connection,
        address: &EmailAddress,
        network: Network,
        now: Timestamp,
    ) -> Result<(), Error> {
        let expires_at = now + WINDOW_MAX;
        let subjects = [subject_of_address(address), subject_of_network(network)];
        let asked = store::lock_subjects(transaction, &subjects, expires_at).await?;
        let allowed_at = asked.iter().map(|(subject, asked_at)| {
            let limits = if *subject == subjects[0].as_slice() {
                limits::OF_ADDRESS
            } else {
                limits::OF_NETWORK
            };
            limits::allowed_at(limits, asked_at, now)
        });
        let allowed_at = allowed_at.fold(now, Timestamp::max);
        if allowed_at > now {
            let micros = allowed_at.as_micros().saturating_sub(now.as_micros());
            let retry_after = Duration::from_micros(micros.unsigned_abs());
            return Err(Error::Throttled { retry_after });
        }
        let oldest = Timestamp::from_micros(
            now.as_micros() - i64::try_from(WINDOW_MAX.as_micros()).unwrap_or(i64::MAX),
        );
        Ok(store::count_request(transaction, &subjects, now, oldest, expires_at).await?)
    }
}
