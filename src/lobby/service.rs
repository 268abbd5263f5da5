//! What the use cases of seeks and invitations have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::value::RawValue;

use super::seek::{Ineligible, Strength};
use crate::account::{self, Accounts};
use crate::block::Blocks;
use crate::events::{Events, Message};
use crate::id::AccountId;
use crate::postgres::{self, Connection, Pool, Transaction};
use crate::rating::{self, Ratings};
use crate::runtime::{self, Games, Started, Terms, TermsTold, Unplayable};
use crate::time::{Clock, Timestamp};

/// How long seeks and invitations may stand, in seconds.
pub(super) const EXPIRES_IN_SECONDS: std::ops::RangeInclusive<u32> = 60..=14 * 24 * 3600;

/// For how long it counts that an account has opened a seek or sent an invitation, whatever became of it.
pub(super) const COUNTED_FOR: Duration = Duration::from_secs(3600);

/// The lobby, over the services of the features that it takes players from and to. A clone is another
/// handle on the same.
#[derive(Debug, Clone)]
pub struct Lobby {
    pub(crate) pool: Pool,
    pub(crate) accounts: Accounts,
    pub(crate) blocks: Blocks,
    pub(crate) ratings: Ratings,
    pub(crate) games: Games,
    pub(crate) events: Events,
    pub(crate) clock: Clock,
    pub(crate) counts: Arc<Counts>,
}

/// What is counted, for metrics.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(super) seeks_open: AtomicU64,
    games_begun: AtomicU64,
}

/// How the lobby stands, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LobbyStatus {
    /// Seeks that were open when they were last counted, of all replicas.
    pub seeks_open: u64,
    /// Games that have begun through this replica.
    pub games_begun: u64,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such seek, or it is over, or not for the account to know of.
    #[error("there is no such seek")]
    SeekUnknown,
    /// All of its seats are taken.
    #[error("somebody else was faster: the seats of this seek are taken")]
    SeekTaken,
    /// Nobody joins himself.
    #[error("the seek is one's own")]
    OwnSeek,
    /// The seek is for others.
    #[error(transparent)]
    Ineligible(#[from] Ineligible),
    /// The account has as many as it may.
    #[error("the account has {max} open seeks, or has joined as many, and may have no more")]
    TooManySeeks {
        /// How many that is.
        max: i64,
    },
    /// There is no such invitation, or it is others'.
    #[error("there is no such invitation")]
    InvitationUnknown,
    /// The invitation is over.
    #[error("the invitation is over: it was {0}")]
    InvitationClosed(&'static str),
    /// Somebody's invitations are as many as they may be.
    #[error("{}", if *.is_sender { "too many invitations wait for an answer; take some back" } else { "too many invitations wait for the answer of somebody who is invited" })]
    TooManyInvitations {
        /// Whether it is the account that invites.
        is_sender: bool,
    },
    /// The account has opened or sent as many within an hour as it may.
    #[error("the account has opened so many seeks, or sent so many invitations, that it must wait")]
    Throttled {
        /// When it may go on.
        retry_after: Duration,
    },
    /// The accounts can't be brought together: who has blocked whom, and who is no more, is not told.
    #[error("a game between these accounts is not possible")]
    NotPossible,
    /// Nobody begins two games in real time at once.
    #[error("a game of the account in real time has begun meanwhile")]
    AlreadyPlaying,
    /// The game goes on.
    #[error("the game is not over")]
    GameRunning,
    /// What was agreed on can't be played here any more.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// What is stored is no terms.
    #[error("what was agreed on can't be read")]
    Unreadable(#[from] serde_json::Error),
    /// The account can't be had or used.
    #[error("finding the account failed")]
    Account(#[from] account::Error),
    /// Its ratings can't be had.
    #[error("finding the account's ratings failed")]
    Rating(#[from] rating::Error),
    /// The game can't begin, or be had.
    #[error(transparent)]
    Game(#[from] runtime::Error),
    /// The database failed.
    #[error("storing or reading the lobby failed")]
    Storage(#[from] postgres::Error),
}

impl Lobby {
    /// The present, by which it is told what has expired.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The games that it begins.
    #[must_use]
    pub fn games(&self) -> &Games {
        &self.games
    }

    /// How it stands.
    #[must_use]
    pub fn status(&self) -> LobbyStatus {
        LobbyStatus {
            seeks_open: self.counts.seeks_open.load(Ordering::Relaxed),
            games_begun: self.counts.games_begun.load(Ordering::Relaxed),
        }
    }

    /// How strong an account is in a category.
    pub(super) async fn strength(
        &self,
        account: AccountId,
        category: &str,
    ) -> Result<Strength, Error> {
        let ratings = self.ratings.list(account).await?;
        Ok(Strength::in_category(&ratings, category, self.now()))
    }

    /// Sees that an account may be used, and locks it with those with whom it is to play: whoever of them
    /// blocks another comes before, and is seen, or after what is done now. To be called when all advisory
    /// locks are taken.
    pub(super) async fn require_active(
        &self,
        transaction: &Connection,
        id: AccountId,
        players: &[AccountId],
    ) -> Result<(), Error> {
        let found = self.accounts.lock(transaction, players).await?;
        let own = found.into_iter().find(|account| account.id == id);
        self.accounts.require_active(own.ok_or(account::Error::AccountUnknown)?)?;
        Ok(())
    }

    /// Begins a game in the caller's transaction.
    pub(super) async fn begin(
        &self,
        transaction: &Connection,
        terms: &RawValue,
        players: Vec<AccountId>,
    ) -> Result<Started, Error> {
        let told: TermsTold = serde_json::from_str(terms.get())?;
        let terms = told.open(self.games.library())?;
        Ok(self.games.start(transaction, &terms, players).await?)
    }

    /// Commits what has begun a game.
    pub(super) async fn commit_begun(
        &self,
        transaction: Transaction<'_>,
        messages: &[Message],
    ) -> Result<(), Error> {
        self.commit(transaction, messages).await?;
        self.counts.games_begun.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Commits, and tells what has come of it.
    pub(super) async fn commit(
        &self,
        transaction: Transaction<'_>,
        messages: &[Message],
    ) -> Result<(), Error> {
        let appended = self.events.tell(&transaction, messages).await?;
        Ok(appended.commit(transaction).await?)
    }
}

/// Sees that an account may open or send another one, given when it opened the one before which it may go on,
/// if that counts still.
pub(super) fn require_calm(first: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    let Some(first) = first else { return Ok(()) };
    let micros = (first + COUNTED_FOR).as_micros() - now.as_micros();
    Err(Error::Throttled { retry_after: Duration::from_micros(micros.unsigned_abs()) })
}

/// Terms as they are stored and told.
pub(super) fn told(terms: &Terms) -> Box<RawValue> {
    serde_json::value::to_raw_value(&TermsTold::of(terms)).expect("terms are texts and numbers")
}

/// Terms as they are stored.
pub(super) fn terms(text: String) -> Box<RawValue> {
    // They are written as JSON, and by nobody else.
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// When something expires that is to stand for so long; by default as long as fits the pace.
pub(super) fn expiry(
    now: Timestamp,
    terms: &Terms,
    asked: Option<u32>,
    [real_time, correspondence]: [Duration; 2],
) -> Timestamp {
    let default = if terms.time_control.is_real_time() { real_time } else { correspondence };
    now + asked.map_or(default, |seconds| Duration::from_secs(seconds.into()))
}
