//! Games in PostgreSQL.
//!
//! Owns that a step is one transaction: the game, the step, what is told of it; and at the end of a game
//! whatever else must happen with it. Most steps are one statement.

use super::live_game::{Ending, LiveGame, Progress};
use super::message;
use super::outage_book::OutageBook;
use super::step::Step;
use super::storage::{Change, KeptStep, Loaded, RequestKey, SetAside, Storage, Stored};
use super::store::{self, Advance, GameRow, NewRow, StepRow};
use super::terms::{TermsTold, Unplayable};
use super::told::{ProgressTold, StepTold, UnreadableStep};
use crate::events::{Events, Message, Told};
use crate::game::{GameState, InvalidState};
use crate::id::GameId;
use crate::library::Library;
use crate::postgres::{self, Connection, Pool};
use crate::rating::Ratings;
use crate::telemetry::Chain;
use crate::time::Timestamp;

/// Keeps games in PostgreSQL.
#[derive(Debug, Clone)]
pub struct PostgresStorage {
    pool: Pool,
    events: Events,
    ratings: Ratings,
    library: Library,
    outages: OutageBook,
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
    pub const fn new(
        pool: Pool,
        events: Events,
        ratings: Ratings,
        library: Library,
        outages: OutageBook,
    ) -> Self {
        Self { pool, events, ratings, library, outages }
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

    async fn store_last(
        &self,
        advance: &Advance<'_>,
        game: &LiveGame,
    ) -> Result<bool, postgres::Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        if !store::advance(&transaction, advance).await? {
            return Ok(false);
        }
        store::end(&transaction, advance.id, advance.at).await?;
        self.rate(&transaction, game, advance.at).await?;
        transaction.commit().await?;
        Ok(true)
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
        let Change { before: _, after, step, request } = change;
        // What is not known yet of outages is told with the next step.
        let outages = self.outages.last_known();
        let advance = Advance {
            id: after.id(),
            players: after.players(),
            version: after.version(),
            position: &after.position().to_bytes(),
            progress: &after.progress_text(),
            at: step.at,
            on_turn: after.on_turn(),
            check_at: after.check_at(),
            step: &step.to_text(after.terms().rules),
            request,
            told: &Told::new(&message::advanced(after, step, &outages)),
        };
        let stored = match after.ending() {
            Some(_) => self.store_last(&advance, after).await,
            None => store::advance(&self.pool.get().await?, &advance).await,
        };
        let stored = match stored {
            Ok(true) => Stored::Done,
            Ok(false) => return Ok(Stored::Stale),
            Err(postgres::Error::Constraint { name, .. }) if name == store::REQUEST_IS_NEW => {
                return Ok(Stored::Repeated);
            }
            Err(error) => return Err(error),
        };
        self.events.wake();
        Ok(stored)
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
        match Self::replay(game, &rows) {
            Ok((after, mut steps)) => {
                let step = steps.pop();
                Ok(step.map(|step| KeptStep { step, after: Box::new(after), body_hash }))
            }
            Err(error) => {
                tracing::error!(game_id = %id, cause = %Chain(&error), "a game's steps can't be read");
                Ok(None)
            }
        }
    }
}
