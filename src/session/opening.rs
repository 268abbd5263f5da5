//! Opening sessions: many at once in one transaction, or one by itself where another is in its way.
//!
//! Sessions that are asked for at the same time share a transaction, and so a trip to the disk. What
//! goes wrong with one of them is its own affair: it is tried again alone, and fails alone.

use std::sync::Arc;

use super::service::{Error, Sessions, Shared};
use super::store;
use super::token::Token;
use super::types::{Client, Opened, Session};
use crate::account::{self, Account, IdentityKey, Profile};
use crate::email_code::{Code, Confirmed};
use crate::id::SessionId;
use crate::postgres;
use crate::task::complete;

/// How often opening a session begins anew because another transaction was in the way. Each time
/// another one has got on, so this is reached only when something else is wrong.
const ATTEMPTS_MAX: usize = 5;

/// A session that is to be opened.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    identity: IdentityKey,
    profile: Profile,
    client: Client,
    /// By what the identity is shown, where the caller has not done so; used up by the session.
    confirmed: Option<Confirmed>,
}

/// What came of opening a session: nothing yet where another transaction was in the way.
pub(super) type Attempt = Result<Option<Opened>, Error>;

impl Sessions {
    /// Opens a session for an identity, whose account is created if there is none.
    ///
    /// # Errors
    /// [`Error::Account`] when the account is suspended, [`Error::Storage`].
    pub async fn open(
        &self,
        identity: IdentityKey,
        profile: Profile,
        client: Client,
    ) -> Result<Opened, Error> {
        let opening = Opening { identity, profile, client, confirmed: None };
        let shared = Arc::clone(&self.shared);
        let together = move |openings| {
            let shared = Arc::clone(&shared);
            async move { shared.open_many(openings).await }
        };
        match self.shared.openings.submit(opening.clone(), together).await?? {
            Some(opened) => Ok(opened),
            None => self.open_alone(opening).await,
        }
    }

    /// Opens a session for the e-mail address to which a code was sent, and uses the code up. Alone, for
    /// what a batch does that fails is done again.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Error::Code`].
    pub async fn open_by_code(
        &self,
        challenge: &str,
        code: &Code,
        profile: Profile,
        client: Client,
    ) -> Result<Opened, Error> {
        let confirmed = self.shared.email_codes.confirm(challenge, code).await?;
        let identity = IdentityKey::Email(confirmed.address().clone());
        self.open_alone(Opening { identity, profile, client, confirmed: Some(confirmed) }).await
    }

    async fn open_alone(&self, opening: Opening) -> Result<Opened, Error> {
        let shared = Arc::clone(&self.shared);
        complete(async move {
            for _ in 1..ATTEMPTS_MAX {
                match shared.try_open(&opening).await {
                    Ok(Some(opened)) => return Ok(opened),
                    Ok(None) | Err(Error::Storage(postgres::Error::Retry(_))) => {}
                    Err(error) => return Err(error),
                }
            }
            let last = shared.try_open(&opening).await?;
            // Whoever took the identity must be there by now; that it is not is a fault of ours.
            last.ok_or(Error::Account(account::Error::AccountUnknown))
        })
        .await?
    }
}

impl Shared {
    async fn open_many(&self, openings: Vec<Opening>) -> Vec<Attempt> {
        match self.try_open_many(&openings).await {
            Ok(attempts) => attempts,
            Err(error @ postgres::Error::Unavailable(_)) => {
                openings.iter().map(|_| Err(Error::Storage(error.clone()))).collect()
            }
            // One of them is refused, or in the way of another transaction. Which, each finds out alone.
            Err(
                postgres::Error::Constraint { .. }
                | postgres::Error::Retry(_)
                | postgres::Error::Unexpected(_),
            ) => openings.iter().map(|_| Ok(None)).collect(),
        }
    }

    async fn try_open_many(&self, openings: &[Opening]) -> Result<Vec<Attempt>, postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let logins: Vec<_> =
            openings.iter().map(|opening| (&opening.identity, &opening.profile)).collect();
        let found = self.accounts.find_or_create_many(&transaction, &logins).await?;
        let open = |(found, opening): (Result<Option<_>, account::Error>, &Opening)| {
            let found = found.map_err(Error::from)?;
            Ok(found.map(|found| self.opened(found, opening)))
        };
        let attempts: Vec<Attempt> = found.into_iter().zip(openings).map(open).collect();
        let opened: Vec<&Opened> =
            attempts.iter().filter_map(|attempt| attempt.as_ref().ok()?.as_ref()).collect();
        store::insert_many(&transaction, &opened).await?;
        let live: Vec<_> = opened.iter().map(|opened| opened.live()).collect();
        self.cache.fill_after(&live, transaction.commit()).await?;
        Ok(attempts)
    }

    /// `None` where another transaction has created the account at the same time.
    async fn try_open(&self, opening: &Opening) -> Attempt {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        if let Some(confirmed) = &opening.confirmed {
            self.email_codes.consume(&transaction, confirmed).await?;
        }
        let profile = opening.profile.clone();
        let found = self.accounts.find_or_create(&transaction, &opening.identity, profile).await?;
        let Some(opened) = found.map(|found| self.opened(found, opening)) else { return Ok(None) };
        store::insert_many(&transaction, &[&opened]).await?;
        self.cache.fill_after(&[opened.live()], transaction.commit()).await?;
        Ok(Some(opened))
    }

    /// What is opened once it is stored.
    fn opened(&self, (account, account_created): (Account, bool), opening: &Opening) -> Opened {
        let now = self.clock.now();
        let session = Session {
            id: SessionId::new(now),
            account_id: account.id,
            role: account.role,
            created_at: now,
            last_seen_at: now,
            expires_at: self.policy.expires_at(account.role, now),
            client: opening.client.clone(),
        };
        Opened { token: Token::generate(), session, account, account_created }
    }
}
