//! The use cases of games.

use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::flags::CHECKS_MAX;
use super::given_up::GivenUp;
use super::live_game::LiveGame;
use super::outage::Outages;
use super::outage_book::{OutageBook, Unsure};
use super::postgres_storage::{PostgresStorage, Unreadable};
use super::referee::{Asked, Referee, Refused, Taken};
use super::step::{Act, Refusal};
use super::storage::RequestKey;
use super::store;
use super::terms::Terms;
use super::uptime::{NoSignOfLife, Uptime};
use crate::events::{Events, Message, Told};
use crate::game::told::{InvalidField, Viewer};
use crate::game::{Action, InvalidSetup, RuleSet, Seed};
use crate::id::{AccountId, GameId, random_bytes};
use crate::library::Library;
use crate::postgres::{self, Connection, Pool};
use crate::rating::Ratings;
use crate::task::{CutOff, complete};
use crate::telemetry::Chain;
use crate::time::{Clock, Timestamp};

/// How many games a process remembers, at some two kilobytes each.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(50_000).unwrap();

/// How many games a player may play at once.
pub const RUNNING_GAMES_MAX: i64 = 200;

/// The games. A clone is another handle on the same.
#[derive(Debug, Clone)]
pub struct Games {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) referee: Referee<PostgresStorage>,
    pub(super) uptime: Uptime,
    clock: Clock,
    pub(super) given_up: GivenUp,
    /// One for each clock that may be looked at.
    pub(super) checks: Arc<Semaphore>,
}

/// A game that begins with the caller's transaction.
#[derive(Debug)]
pub struct Started {
    /// Its name.
    pub id: GameId,
    /// What is to be told of it.
    pub messages: Vec<Message>,
}

/// A game that somebody looks at.
#[derive(Debug)]
pub struct Seen {
    /// It.
    pub game: Arc<LiveGame>,
    /// As whom.
    pub viewer: Viewer,
    /// Of which moment its clock is told.
    pub at: Timestamp,
    /// The outages by which it is.
    pub outages: Arc<Outages>,
}

/// Why a use case failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such game.
    #[error("there is no such game")]
    GameUnknown,
    /// The game can't be read here and now.
    #[error("the game is set aside: {0}")]
    SetAside(String),
    /// The player has no part in it.
    #[error("the game is others'")]
    NotAPlayer,
    /// What is asked can't be meant.
    #[error(transparent)]
    Invalid(InvalidField),
    /// The game does not allow it.
    #[error("the game does not allow it")]
    Refused(#[source] Refusal, Box<Seen>),
    /// The key stands for another request.
    #[error("this Idempotency-Key was used with another body")]
    KeyReused,
    /// The request was taken before, and what came of it can't be read here and now.
    #[error("the request was taken before, and its answer can't be read: {0}")]
    AnswerUnreadable(String),
    /// A turn that has not begun.
    #[error("the game has not come to this turn")]
    TurnUnknown,
    /// The rules are not for so many players.
    #[error("the game can't begin")]
    Setup(#[from] InvalidSetup),
    /// Somebody plays too many games already.
    #[error("an account plays {RUNNING_GAMES_MAX} games already")]
    TooManyGames {
        /// Who.
        account_id: AccountId,
    },
    /// Two players of one game can't become one.
    #[error("the accounts play each other")]
    Opponents,
    /// The platform was down, and for how long is not known yet.
    #[error(transparent)]
    Unsure(#[from] Unsure),
    /// The game has moved on again and again.
    #[error("the game moves on too fast")]
    Contended,
    /// What is stored can't be read.
    #[error("what is stored of the game can't be read")]
    Unreadable(#[from] Unreadable),
    /// The database failed.
    #[error("storing or reading games failed")]
    Storage(#[from] postgres::Error),
    /// The work did not come to its end.
    #[error(transparent)]
    CutOff(#[from] CutOff),
}

/// Who sits where, at random.
#[must_use]
pub fn draw_seats(mut players: Vec<AccountId>) -> Vec<AccountId> {
    // Fisher–Yates; of 2⁶⁴ numbers so few are too many for a place that nobody could tell.
    for last in (1..players.len()).rev() {
        let drawn = u64::from_le_bytes(random_bytes()) % (last as u64 + 1);
        players.swap(last, drawn as usize);
    }
    players
}

impl Games {
    /// Games in a database.
    #[must_use]
    pub fn new(
        pool: Pool,
        events: Events,
        ratings: Ratings,
        library: Library,
        clock: Clock,
    ) -> Self {
        let outages = OutageBook::default();
        // Signs of life wait for no request: when they are late, clocks can't be judged.
        let uptime = Uptime::new(pool.of_one(), clock.clone(), outages.clone());
        let storage = PostgresStorage::new(pool, events, ratings, library, outages.clone());
        let referee = Referee::new(storage, REMEMBERED_MAX, outages, clock.clone());
        Self {
            shared: Arc::new(Shared {
                referee,
                uptime,
                clock,
                given_up: GivenUp::default(),
                checks: Arc::new(Semaphore::new(CHECKS_MAX)),
            }),
        }
    }

    /// The lexicons that games are played with.
    #[must_use]
    pub fn library(&self) -> &Library {
        self.storage().library()
    }

    /// The present, by which clocks are told.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The outages that are known, for telling clocks.
    #[must_use]
    pub fn outages(&self) -> Arc<Outages> {
        self.shared.referee.outages().last_known()
    }

    /// Begins a game in the caller's transaction, which is to tell the messages. The players are in the
    /// order of their seats.
    ///
    /// # Errors
    /// [`Error::Setup`], [`Error::TooManyGames`], [`Error::Storage`].
    pub async fn start(
        &self,
        transaction: &Connection,
        terms: &Terms,
        players: Vec<AccountId>,
    ) -> Result<Started, Error> {
        self.require_room(transaction, &players).await?;
        let now = self.now();
        let (id, seed) = (GameId::new(now), Seed::new(random_bytes()));
        let (game, step) = LiveGame::start(id, terms.clone(), players, seed, now)?;
        let messages = self.storage().insert(transaction, &game, &step).await?;
        Ok(Started { id, messages })
    }

    /// Sees that none of the players plays as many games already as one may.
    ///
    /// # Errors
    /// [`Error::TooManyGames`], [`Error::Storage`].
    pub async fn require_room(
        &self,
        connection: &Connection,
        players: &[AccountId],
    ) -> Result<(), Error> {
        match self.find_without_room(connection, players).await?.pop() {
            Some(account_id) => Err(Error::TooManyGames { account_id }),
            None => Ok(()),
        }
    }

    /// Those of the players who play as many games already as one may.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find_without_room(
        &self,
        connection: &Connection,
        players: &[AccountId],
    ) -> Result<Vec<AccountId>, postgres::Error> {
        let running = store::count_running(connection, players).await?;
        let are_full = running.into_iter().filter(|(_, count)| *count >= RUNNING_GAMES_MAX);
        Ok(are_full.map(|(account_id, _)| account_id).collect())
    }

    /// Begins a game in a transaction of its own.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn start_now(&self, terms: &Terms, players: Vec<AccountId>) -> Result<GameId, Error> {
        let mut connection = self.storage().pool().get().await?;
        let transaction = connection.begin().await?;
        let started = self.start(&transaction, terms, players).await?;
        let told = Told::new(&started.messages);
        self.storage().events().append(&transaction, &told).await?.commit(transaction).await?;
        Ok(started.id)
    }

    /// Takes what a player asks of a game, once, however often the request comes.
    ///
    /// # Errors
    /// [`Error`]
    pub async fn take<P>(
        &self,
        id: GameId,
        player: AccountId,
        turn: u32,
        act: P,
        request: Option<RequestKey>,
    ) -> Result<Taken, Error>
    where
        P: Fn(&RuleSet) -> Result<Act, InvalidField> + Send + Sync + 'static,
    {
        let games = self.clone();
        // To its end, even if the player hangs up: what is committed is remembered and told.
        let taken = complete(async move {
            let referee = &games.shared.referee;
            let asked = || Asked { game: id, player, turn, act: &act, request: request.as_ref() };
            match referee.take(asked()).await {
                // It was too long ago that this process was heard of. It need not wait for its turn.
                Err(Refused::Unsure(unsure)) => match games.give_sign_of_life().await {
                    Ok(()) => referee.take(asked()).await,
                    Err(NoSignOfLife::Storage(error)) => Err(Refused::Storage(error)),
                    Err(NoSignOfLife::Late | NoSignOfLife::ClocksApart { .. }) => {
                        Err(Refused::Unsure(unsure))
                    }
                },
                taken => taken,
            }
        });
        match taken.await? {
            Ok(taken) => Ok(taken),
            Err(refused) => Err(self.refused(id, player, refused).await),
        }
    }

    /// Has a player resign all running games, as one who is gone for good. What can't be read now is left
    /// to its clock.
    ///
    /// # Errors
    /// As [`take`](Self::take), for the first game with which it failed, when it has resigned the others;
    /// done again, it goes on with those that are left.
    pub async fn resign_all(&self, player: AccountId) -> Result<(), Error> {
        let mut outcome = Ok(());
        for id in store::list_running_of(self.storage().pool(), player).await? {
            let resigned = self.resign(id, player).await;
            outcome = outcome.and(resigned);
        }
        outcome
    }

    async fn resign(&self, id: GameId, player: AccountId) -> Result<(), Error> {
        let mut seen = match self.show(id, player).await {
            Ok(seen) => seen,
            Err(Error::SetAside(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        loop {
            let turn = seen.game.position().turn();
            let resign = |_: &RuleSet| Ok(Act::Move(Action::Resign));
            match self.take(id, player, turn, resign, None).await {
                Ok(_) => return Ok(()),
                // The others play on meanwhile.
                Err(Error::Refused(Refusal::StaleTurn(_), now)) => seen = *now,
                Err(Error::Refused(..) | Error::SetAside(_)) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// What a refusal comes to, for a service.
    async fn refused(
        &self,
        id: GameId,
        player: AccountId,
        refused: Refused<postgres::Error, InvalidField>,
    ) -> Error {
        match refused {
            Refused::Unknown => Error::GameUnknown,
            Refused::SetAside(set_aside) => {
                self.set_aside(id, &set_aside.reason).await;
                Error::SetAside(set_aside.reason)
            }
            Refused::Stranger => Error::NotAPlayer,
            Refused::Unparsable(invalid) => Error::Invalid(invalid),
            Refused::Refusal(refusal, game) => {
                Error::Refused(refusal, Box::new(self.seen_by(game, player)))
            }
            Refused::KeyReused => Error::KeyReused,
            // The game itself goes on: its clock is left alone.
            Refused::AnswerUnreadable(unreadable) => Error::AnswerUnreadable(unreadable.reason),
            Refused::Unsure(unsure) => unsure.into(),
            Refused::Contended => Error::Contended,
            Refused::Storage(error) => error.into(),
        }
    }

    /// Stops the clock of a game that can't be read, and tells the log of it.
    pub(super) async fn set_aside(&self, id: GameId, reason: &str) {
        match store::set_aside(self.storage().pool(), id, self.now(), reason).await {
            Ok(true) => {
                tracing::error!(game_id = %id, reason, "a game can't be read and is set aside")
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(game_id = %id, cause = %Chain(&error), "a game could not be set aside");
            }
        }
    }

    /// Locks an account's running games until the caller's transaction ends, before it locks the account:
    /// the end of a game locks first the game, and then its players' accounts.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn lock_running_of(
        &self,
        transaction: &Connection,
        player: AccountId,
    ) -> Result<(), Error> {
        Ok(store::lock_running_of(transaction, player).await?)
    }

    /// Gives the seats of an account to another, which it becomes, in the caller's transaction. Whoever
    /// remembers the games with the old players finds that he is behind.
    ///
    /// # Errors
    /// [`Error::Opponents`] where the two play each other, [`Error::Storage`].
    pub async fn hand_over(
        &self,
        transaction: &Connection,
        from: AccountId,
        to: AccountId,
    ) -> Result<(), Error> {
        if store::share_running(transaction, from, to).await? {
            return Err(Error::Opponents);
        }
        Ok(store::hand_over(transaction, from, to).await?)
    }

    pub(super) fn storage(&self) -> &PostgresStorage {
        self.shared.referee.storage()
    }
}
