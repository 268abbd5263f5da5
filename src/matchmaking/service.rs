//! The use cases of matchmaking; that players are given opponents is in `wave`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::elsewhere::Elsewhere;
use super::store::{self, Pace, TicketRow};
use super::types::{Match, Ticket, terms_text};
use crate::account::{self, Accounts};
use crate::block::Blocks;
use crate::events::Events;
use crate::id::AccountId;
use crate::library::Library;
use crate::postgres::advisory::lock_real_time;
use crate::postgres::{self, Connection, Pool};
use crate::rating::{self, Ratings};
use crate::runtime::{self, Games, Terms};
use crate::task::CutOff;
use crate::time::{Clock, Timestamp};

/// How long a ticket lasts that nobody renews.
const TICKET_TTL: Duration = Duration::from_secs(600);

/// Those who wait for opponents, over the services of the features that give them games.
#[derive(Debug, Clone)]
pub struct Matchmaking {
    pub(crate) pool: Pool,
    pub(crate) accounts: Accounts,
    pub(crate) blocks: Blocks,
    pub(crate) ratings: Ratings,
    pub(crate) games: Games,
    pub(crate) events: Events,
    pub(crate) elsewhere: Arc<dyn Elsewhere>,
    pub(crate) clock: Clock,
    pub(crate) counts: Arc<Counts>,
}

/// What this process has seen and done.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(super) waiting: AtomicU64,
    pub(super) games_begun: AtomicU64,
}

/// How matchmaking stands, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchmakingStatus {
    /// Players who wait, as of the last wave; those of all replicas.
    pub waiting: u64,
    /// Games that this process has begun.
    pub games_begun: u64,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Opponents are given one by one.
    #[error("expected 2")]
    NotForTwo,
    /// Nobody begins two games in real time at once.
    #[error("the account plays a game in real time")]
    AlreadyPlaying,
    /// The account does not wait.
    #[error("the account does not wait for an opponent")]
    NotWaiting,
    /// The account can't be had or used.
    #[error("finding the account failed")]
    Account(#[from] account::Error),
    /// The rating can't be had.
    #[error("finding the rating failed")]
    Rating(#[from] rating::Error),
    /// The player can't begin a game.
    #[error("beginning a game is not possible")]
    Game(#[from] runtime::Error),
    /// What is stored is no ticket.
    #[error("the terms of a ticket can't be read")]
    Unreadable(#[from] serde_json::Error),
    /// The database failed.
    #[error("storing or reading tickets failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

impl Matchmaking {
    /// The present, by which it is told how long somebody has waited.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The lexicons that games are played with.
    #[must_use]
    pub fn library(&self) -> &Library {
        self.games.library()
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> MatchmakingStatus {
        MatchmakingStatus {
            waiting: self.counts.waiting.load(Ordering::Relaxed),
            games_begun: self.counts.games_begun.load(Ordering::Relaxed),
        }
    }

    /// Has a player wait for an opponent. Who waits for the same already goes on, and the ticket is renewed;
    /// who waits for something else waits for this instead. Tells whether the waiting begins by it.
    ///
    /// # Errors
    /// [`Error::NotForTwo`], [`Error::AlreadyPlaying`] where it would wait for a second game in real time,
    /// [`Error::Account`] where the account is not there or may not be used, [`Error::Game`] where it plays too many games, [`Error::Rating`], [`Error::Storage`].
    pub async fn enter(
        &self,
        account_id: AccountId,
        terms: &Terms,
    ) -> Result<(Ticket, bool), Error> {
        if terms.players != 2 {
            return Err(Error::NotForTwo);
        }
        let rated = self.ratings.find(&[account_id], &terms.category()).await?;
        let rating = rated.first().map(|(_, rating)| *rating).unwrap_or_default();
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let is_real_time = terms.time_control.is_real_time();
        if is_real_time {
            // Whoever gives the account an opponent comes before, and is seen, or after, and finds it waiting.
            lock_real_time(&transaction, [account_id.uuid()]).await?;
            if !self.games.list_real_time(&transaction, account_id).await?.is_empty() {
                return Err(Error::AlreadyPlaying);
            }
        }
        // With the lock whoever ends or suspends the account comes before, and is seen, or after, and takes
        // the ticket away.
        let account = self.accounts.lock(&transaction, &[account_id]).await?.pop();
        self.accounts.require_active(account.ok_or(account::Error::AccountUnknown)?)?;
        self.games.require_room(&transaction, &[account_id]).await?;
        let now = self.clock.now();
        let wanted = TicketRow {
            terms: terms_text(terms),
            value: rating.value,
            deviation: rating.deviation_at(now),
            entered_at: now,
            expires_at: now + TICKET_TTL,
        };
        let entered = store::enter(&transaction, account_id, &wanted, is_real_time).await?;
        let entered = entered.unwrap_or(wanted);
        transaction.commit().await?;
        let is_new = entered.entered_at == now;
        Ok((ticket(account_id, entered)?, is_new))
    }

    /// Has a player who waits do so for longer.
    ///
    /// # Errors
    /// [`Error::NotWaiting`], such as for whom was given an opponent; [`Error::Storage`].
    pub async fn renew(&self, account_id: AccountId) -> Result<Ticket, Error> {
        let (connection, now) = (self.pool.get().await?, self.clock.now());
        let renewed = store::renew(&connection, account_id, now, now + TICKET_TTL).await?;
        ticket(account_id, renewed.ok_or(Error::NotWaiting)?)
    }

    /// Has a player wait no more; who does not changes nothing.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn leave(&self, account_id: AccountId) -> Result<(), Error> {
        let connection = self.pool.get().await?;
        Ok(store::delete_many(&connection, &[account_id], Pace::Any).await?)
    }

    /// What a player waits for, and whom he was given last.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn find(
        &self,
        account_id: AccountId,
    ) -> Result<(Option<Ticket>, Option<Match>), Error> {
        // The ticket first: who is given an opponent in between is seen with both, and not with neither.
        let found = store::find(&self.pool, account_id, self.clock.now()).await?;
        let ticket = found.map(|row| ticket(account_id, row)).transpose()?;
        Ok((ticket, store::find_match(&self.pool, account_id).await?))
    }

    /// Has players wait no more, in the transaction that makes it pointless. What it does afterwards sees
    /// the game of whom was just given an opponent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw(
        transaction: &Connection,
        accounts: &[AccountId],
    ) -> Result<(), postgres::Error> {
        store::delete_many(transaction, accounts, Pace::Any).await
    }

    /// Has players wait no more for games in real time, in the transaction that begins such a game.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn withdraw_real_time(
        transaction: &Connection,
        accounts: &[AccountId],
    ) -> Result<(), postgres::Error> {
        store::delete_many(transaction, accounts, Pace::RealTime).await
    }

    /// Forgets what an account waits for and whom it was given, in the transaction that ends it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(
        &self,
        transaction: &Connection,
        account_id: AccountId,
    ) -> Result<(), postgres::Error> {
        store::delete_many(transaction, &[account_id], Pace::Any).await?;
        store::delete_match(transaction, account_id).await
    }
}

fn ticket(account_id: AccountId, row: TicketRow) -> Result<Ticket, Error> {
    let TicketRow { terms, value, deviation, entered_at, expires_at } = row;
    let terms = serde_json::from_str(&terms)?;
    Ok(Ticket { account_id, terms, value, deviation, entered_at, expires_at })
}
