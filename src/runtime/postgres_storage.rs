//! Games in PostgreSQL.
//!
//! Owns that a step is in one transaction: the game, the step, what is told of it; and at the end of a
//! game whatever else must happen with it. Most steps share a statement with those of other games that
//! come at the same time; a step that such a statement does not take is stored alone.

use super::advance_store::{self, Advance};
use super::live_game::{Ending, LiveGame, Progress};
use super::message;
use super::outage_book::OutageBook;
use super::step::Step;
use super::storage::{Change, KeptStep, Loaded, RequestKey, SetAside, Storage, Stored};
use super::store::{self, GameRow, NewRow, StepRow};
use super::terms::{TermsTold, Unplayable};
use super::told::{ProgressTold, StepTold, UnreadableStep};
use crate::events::{Events, Message, Told};
use crate::game::{GameState, InvalidState};
use crate::id::GameId;
use crate::library::Library;
use crate::postgres::{self, BatchLimits, Batcher, Connection, Pool};
use crate::rating::Ratings;
use crate::telemetry::Chain;
use crate::time::Timestamp;

/// Statements that store steps, in work at once. Few large ones cost the least: there is a second only where
/// so many wait that it is large as well.
const WORKERS_MAX: usize = 2;
const HELPED_STEPS_MIN: usize = 24;
/// How many steps share a statement, and how many may wait for one.
const BATCH_STEPS_MAX: usize = 128;
const QUEUE_STEPS_MAX: usize = 8192;

/// Keeps games in PostgreSQL.
#[derive(Debug)]
pub struct PostgresStorage {
    pool: Pool,
    /// Steps, each of which has been stored by the batch or has not.
    steps: Batcher<Advance, Result<Outcome, postgres::Error>>,
    events: Events,
    ratings: Ratings,
    library: Library,
    outages: OutageBook,
}

/// What has become of a step in a batch.
#[derive(Debug)]
enum Outcome {
    /// It is stored.
    Stored,
    /// It is not, and may be by itself.
    Alone(Box<Advance>),
}

/// Why a game that is there can't be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its terms are no terms.
    #[error("the game's terms are not written as terms are")]
    Terms(#[source] serde_json::Error),
    /// It can't be played by them here.
    #[error(transparent)]
    Unplayable(#[from] Unplayable),
    /// The position is none.
    #[error("the game's position can't be read")]
    Position(#[from] InvalidState),
    /// Clocks or offers are none.
    #[error("the game's clocks and offers are not written as they are")]
    Progress(#[source] serde_json::Error),
    /// A step is none, or does not follow.
    #[error("the game's steps can't be read")]
    Step(#[from] UnreadableStep),
    /// There is no first step.
    #[error("the game has no steps")]
    NoSteps,
}

impl PostgresStorage {
    /// Over a pool.
    #[must_use]
    pub fn new(
        pool: Pool,
        events: Events,
        ratings: Ratings,
        library: Library,
        outages: OutageBook,
    ) -> Self {
        let steps = Batcher::new(BatchLimits {
            workers_max: WORKERS_MAX,
            helped_items_min: HELPED_STEPS_MIN,
            batch_items_max: BATCH_STEPS_MAX,
            queue_items_max: QUEUE_STEPS_MAX,
            timeout: pool.operation_timeout(),
        });
        Self { pool, steps, events, ratings, library, outages }
    }

    /// The pool.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The outbox.
    pub(super) const fn events(&self) -> &Events {
        &self.events
    }

    /// The lexicons.
    pub(super) const fn library(&self) -> &Library {
        &self.library
    }

    /// A game from its row.
    pub(super) fn read(&self, id: GameId, row: &GameRow) -> Result<LiveGame, Unreadable> {
        let told: TermsTold = serde_json::from_str(&row.terms).map_err(Unreadable::Terms)?;
        let terms = told.open(&self.library)?;
        let position = GameState::from_bytes(terms.rules, &row.position)?;
        let progress: ProgressTold =
            serde_json::from_str(&row.progress).map_err(Unreadable::Progress)?;
        let ProgressTold { clocks, offers, is_aborted } = progress;
        let progress = Progress {
            version: row.version,
            position,
            clocks,
            offers,
            is_aborted,
            stepped_at: row.stepped_at,
            set_aside_at: row.set_aside_at,
            check_at: row.check_at,
        };
        Ok(LiveGame::at(id, terms, row.players.clone(), progress))
    }

    /// A game as it was after one of its steps, with that step; made of its steps alone.
    pub(super) fn replay(
        game: &LiveGame,
        rows: &[StepRow],
    ) -> Result<(LiveGame, Vec<Step>), Unreadable> {
        let ((mut game, start), rest) = Self::begin(game, rows)?;
        let mut steps = vec![start];
        for row in rest {
            steps.push(game.fold_text(row.number, row.at, &row.told)?);
        }
        Ok((game, steps))
    }

    /// A game as it began, with its first step, and the steps that are left.
    pub(super) fn begin<'r>(
        game: &LiveGame,
        rows: &'r [StepRow],
    ) -> Result<((LiveGame, Step), &'r [StepRow]), Unreadable> {
        let (first, rest) = rows.split_first().ok_or(Unreadable::NoSteps)?;
        let seed = *game.position().bag().seed();
        let (terms, players) = (game.terms().clone(), game.players().to_vec());
        Ok((StepTold::start(game.id(), terms, players, seed, first)?, rest))
    }

    /// A game as it was when a turn began; made of its steps alone.
    pub(super) fn replay_until(
        game: &LiveGame,
        rows: &[StepRow],
        turn: u32,
    ) -> Result<LiveGame, Unreadable> {
        let ((mut game, _), rest) = Self::begin(game, rows)?;
        for row in rest {
            if game.position().turn() >= turn {
                break;
            }
            game.fold_text(row.number, row.at, &row.told)?;
        }
        Ok(game)
    }

    /// Stores a game that begins, in the caller's transaction; gives what is to be told of it.
    pub(super) async fn insert(
        &self,
        transaction: &Connection,
        game: &LiveGame,
        step: &Step,
    ) -> Result<Vec<Message>, postgres::Error> {
        let row = NewRow {
            id: game.id(),
            terms: game.terms_told().get(),
            players: game.players(),
            position: &game.position().to_bytes(),
            progress: &game.progress_text(),
            at: step.at,
            on_turn: game.on_turn(),
            check_at: game.check_at(),
            step: &step.to_text(game.terms().rules),
        };
        store::insert(transaction, &row).await?;
        Ok(message::started(game))
    }

    /// Stores a step that leaves its game running.
    async fn store_one(&self, advance: Advance) -> Result<bool, postgres::Error> {
        let pool = self.pool.clone();
        let together = move |advances| store_many(pool.clone(), advances);
        match self.steps.submit(advance, together).await?? {
            Outcome::Stored => Ok(true),
            Outcome::Alone(advance) => {
                advance_store::advance(&self.pool.get().await?, &advance).await
            }
        }
    }

    async fn store_last(
        &self,
        advance: &Advance,
        game: &LiveGame,
    ) -> Result<bool, postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        if !advance_store::advance(&transaction, advance).await? {
            return Ok(false);
        }
        self.rate(&transaction, game, advance.at).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Stores steps of different games together, as many as can be.
async fn store_many(pool: Pool, advances: Vec<Advance>) -> Vec<Result<Outcome, postgres::Error>> {
    let alone = |advance| Ok(Outcome::Alone(Box::new(advance)));
    let stored = async {
        let connection = pool.get().await?;
        match &*advances {
            [one] => Ok(vec![advance_store::advance_if_free(&connection, one).await?]),
            many => advance_store::advance_many(&connection, many).await,
        }
    };
    match stored.await {
        Ok(have_moved) => {
            let outcome =
                |(advance, has_moved)| if has_moved { Ok(Outcome::Stored) } else { alone(advance) };
            advances.into_iter().zip(have_moved).map(outcome).collect()
        }
        // Whether they are stored is not known.
        Err(error @ postgres::Error::Unavailable(_)) => {
            advances.iter().map(|_| Err(error.clone())).collect()
        }
        // One of them is refused. Which, each finds out alone.
        Err(
            postgres::Error::Constraint { .. }
            | postgres::Error::Retry(_)
            | postgres::Error::Unexpected(_),
        ) => advances.into_iter().map(alone).collect(),
    }
}

impl PostgresStorage {
    /// Has the result of a rated game change its players' ratings.
    async fn rate(
        &self,
        transaction: &Connection,
        game: &LiveGame,
        at: Timestamp,
    ) -> Result<(), postgres::Error> {
        let has_result = matches!(game.ending(), Some(Ending::Played(_)));
        if game.terms().is_rated && has_result {
            let ranks = game.position().ranks();
            let results: Vec<_> = game.players().iter().copied().zip(ranks).collect();
            self.ratings.rate(transaction, &game.terms().category(), &results, at).await?;
        }
        Ok(())
    }
}

impl Storage for PostgresStorage {
    type Error = postgres::Error;

    async fn load(&self, id: GameId) -> Result<Loaded, postgres::Error> {
        let Some(row) = store::find(&self.pool, id).await? else { return Ok(Loaded::Unknown) };
        Ok(match self.read(id, &row) {
            Ok(game) => Loaded::Game(Box::new(game)),
            Err(error) => Loaded::SetAside(SetAside { reason: Chain(&error).to_string() }),
        })
    }

    async fn store(&self, change: Change<'_>) -> Result<Stored, postgres::Error> {
        let Change { before, after, step, request } = change;
        // What is not known yet of outages is told with the next step.
        let outages = self.outages.last_known();
        let advance = Advance {
            id: after.id(),
            players: store::uuids(after.players()),
            version: after.version() as i32,
            position: after.position().to_bytes(),
            progress: after.progress_text(),
            at: step.at,
            on_turn: after.on_turn().map(i16::from),
            check_at: after.check_at(),
            step: step.to_text(after.terms().rules),
            request: request.copied(),
            told: Told::new(&message::advanced(after, step, &outages)),
            set_aside_at: before.set_aside_at(),
            ended_at: after.ending().map(|_| step.at),
        };
        let stored = match after.ending() {
            Some(_) => self.store_last(&advance, after).await,
            None => self.store_one(advance).await,
        };
        // After an error it may be stored all the same.
        if !matches!(stored, Ok(false)) {
            self.events.wake();
        }
        match stored {
            Ok(true) => Ok(Stored::Done),
            Ok(false) => Ok(Stored::Stale),
            Err(postgres::Error::Constraint { name, .. })
                if name == advance_store::REQUEST_IS_NEW =>
            {
                Ok(Stored::Repeated)
            }
            Err(error) => Err(error),
        }
    }

    async fn find_step(
        &self,
        game: &LiveGame,
        request: &RequestKey,
    ) -> Result<Option<KeptStep>, postgres::Error> {
        let id = game.id();
        let found = store::find_request(&self.pool, id, request).await?;
        let Some((number, body_hash)) = found else { return Ok(None) };
        let rows = store::list_steps(&self.pool, id, number).await?;
        let read = match Self::replay(game, &rows) {
            Ok((after, mut steps)) => {
                let step = steps.pop().expect("a game that is replayed has its first step");
                Ok((step, Box::new(after)))
            }
            Err(error) => {
                tracing::error!(game_id = %id, cause = %Chain(&error), "a game's steps can't be read");
                Err(SetAside { reason: Chain(&error).to_string() })
            }
        };
        Ok(Some(KeptStep { body_hash, read }))
    }
}
