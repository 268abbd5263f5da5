//! Takes orders of players and of the clock, and sees to it that each is decided by the game as it is
//! stored.
//!
//! Any number of referees may be at work on one storage. Each has a memory of games, which may be
//! behind: a step is stored only if the game is still at the version that it was decided from, so that
//! who was behind reads the game again, and decides again. An order that was refused is decided again
//! too, for what it was refused by may be over.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::askers::Askers;
use super::live_game::LiveGame;
use super::outage_book::{OutageBook, Unsure};
use super::step::{Act, Order, Refusal, Step};
use super::storage::{Change, KeptStep, Loaded, RequestKey, SetAside, Storage, Stored};
use crate::game::RuleSet;
use crate::id::{AccountId, GameId};
use crate::time::{Clock, Timestamp};

/// How often an order is decided anew because the game has moved on meanwhile.
const ATTEMPTS_MAX: usize = 8;

/// Decides over games that a storage keeps.
#[derive(Debug)]
pub struct Referee<S> {
    storage: S,
    memory: quick_cache::sync::Cache<GameId, Arc<LiveGame>>,
    outages: OutageBook,
    clock: Clock,
    askers: Askers,
}

/// What a player asks, before anybody knows which letters the game has.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a, P> {
    /// Of which game.
    pub game: GameId,
    /// Who.
    pub player: AccountId,
    /// The number of the turn that the player means.
    pub turn: u32,
    /// For what, by the rules of the game.
    pub act: P,
    /// By which it is known when it comes again.
    pub request: Option<&'a RequestKey>,
}

/// An order that was taken.
#[derive(Debug)]
pub struct Taken {
    /// The game after it.
    pub game: Arc<LiveGame>,
    /// Who asked.
    pub seat: u8,
    /// What happened.
    pub step: Step,
    /// Whether it has happened now, and not when the order came for the first time.
    pub is_new: bool,
}

/// What the clock has done.
#[derive(Debug)]
pub enum Checked {
    /// The player on turn was out of time, and the game knows it now.
    Fallen(Arc<LiveGame>),
    /// There is time left, or the game is over.
    Running(Arc<LiveGame>),
    /// The game can't be read.
    SetAside(SetAside),
    /// There is none.
    Unknown,
}

/// Why an order is not taken.
#[derive(Debug)]
pub enum Refused<E, P> {
    /// There is no such game.
    Unknown,
    /// The game can't be read here and now.
    SetAside(SetAside),
    /// The player is not one of the game's.
    Stranger,
    /// What is asked is nothing that the game could do, by its letters.
    Unparsable(P),
    /// The game does not allow it, as it stands.
    Refusal(Refusal, Arc<LiveGame>),
    /// The key stands for another request.
    KeyReused,
    /// The order was taken when it came before, and what came of it can't be read here and now.
    AnswerUnreadable(SetAside),
    /// Clocks can't be judged at the moment.
    Unsure(Unsure),
    /// The game has moved on again and again.
    Contended,
    /// The storage failed.
    Storage(E),
}

impl<E, P> From<Unsure> for Refused<E, P> {
    fn from(unsure: Unsure) -> Self {
        Self::Unsure(unsure)
    }
}

impl<S: Storage> Referee<S> {
    /// Over a storage, with a memory of so many games.
    pub fn new(storage: S, games_max: NonZeroUsize, outages: OutageBook, clock: Clock) -> Self {
        let memory = quick_cache::sync::Cache::new(games_max.get());
        Self { storage, memory, outages, clock, askers: Askers::default() }
    }

    /// The storage.
    pub const fn storage(&self) -> &S {
        &self.storage
    }

    /// The outages by which clocks are judged.
    pub const fn outages(&self) -> &OutageBook {
        &self.outages
    }

    /// How many games are remembered.
    pub fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// Takes an order, once, however often its request comes.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn take<P, Invalid>(
        &self,
        asked: Asked<'_, P>,
    ) -> Result<Taken, Refused<S::Error, Invalid>>
    where
        P: Fn(&RuleSet) -> Result<Act, Invalid> + Send + Sync,
        Invalid: Send,
    {
        let mut remembered = self.memory.get(&asked.game);
        for _ in 0..ATTEMPTS_MAX {
            // What is refused by memory is looked at once more by what is stored.
            let is_remembered = remembered.is_some();
            let game = match remembered.take() {
                Some(game) => game,
                None => self.load(asked.game).await?,
            };
            let Some(seat) = game.seat_of(asked.player) else {
                if is_remembered {
                    continue;
                }
                return Err(Refused::Stranger);
            };
            // Before the clock is read, so that whoever is in time is known of when it has run out.
            let asker = self.askers.enter(asked.game);
            let (now, outages) = (self.now_for(&game), self.outages.read(self.clock.now())?);
            let step = game.resume(&outages, now).or_else(|| game.fall(&outages, now));
            if let Some(step) = step {
                drop(asker);
                if self.askers.has(asked.game) {
                    self.askers.gone(asked.game).await;
                    continue;
                }
                remembered = self.advance(&game, &step, None).await.map_err(Refused::Storage)?.1;
                continue;
            }
            let act = (asked.act)(game.terms().rules).map_err(Refused::Unparsable)?;
            let order = Order { seat, turn: asked.turn, act };
            match game.decide(&order, &outages, now) {
                Ok(step) => {
                    let advanced = self.advance(&game, &step, asked.request).await;
                    match advanced.map_err(Refused::Storage)? {
                        (Stored::Done, after) => {
                            let game = after.unwrap_or(game);
                            return Ok(Taken { game, seat, step, is_new: true });
                        }
                        (Stored::Repeated, _) => {
                            if let Some(taken) = self.repeated(&game, seat, asked.request).await? {
                                return Ok(taken);
                            }
                        }
                        (Stored::Stale, _) => {}
                    }
                }
                Err(refusal) => {
                    if let Some(taken) = self.repeated(&game, seat, asked.request).await? {
                        return Ok(taken);
                    }
                    if !is_remembered {
                        return Err(Refused::Refusal(refusal, game));
                    }
                }
            }
        }
        Err(Refused::Contended)
    }

    /// Has the clock decide over a game, and takes one that had been set aside up again.
    ///
    /// # Errors
    /// [`Refused::Storage`], [`Refused::Unsure`], [`Refused::Contended`].
    pub async fn check(&self, id: GameId) -> Result<Checked, Refused<S::Error, ()>> {
        for _ in 0..ATTEMPTS_MAX {
            let game = match self.load::<()>(id).await {
                Ok(game) => game,
                Err(Refused::Unknown) => return Ok(Checked::Unknown),
                Err(Refused::SetAside(set_aside)) => return Ok(Checked::SetAside(set_aside)),
                Err(refused) => return Err(refused),
            };
            let (now, outages) = (self.now_for(&game), self.outages.read(self.clock.now())?);
            if let Some(step) = game.resume(&outages, now) {
                self.advance(&game, &step, None).await.map_err(Refused::Storage)?;
                continue;
            }
            let Some(step) = game.fall(&outages, now) else {
                return Ok(Checked::Running(game));
            };
            // Whoever asked in time may still wait to be stored, and must not be overtaken. A player who asks too
            // late lets the flag fall himself.
            if self.askers.has(id) {
                return Err(Refused::Contended);
            }
            if let (Stored::Done, Some(after)) =
                self.advance(&game, &step, None).await.map_err(Refused::Storage)?
            {
                return Ok(Checked::Fallen(after));
            }
        }
        Err(Refused::Contended)
    }

    /// A game as it is stored, which is remembered from now on.
    ///
    /// # Errors
    /// [`Refused::Unknown`], [`Refused::SetAside`], [`Refused::Storage`].
    pub async fn load<Invalid>(
        &self,
        id: GameId,
    ) -> Result<Arc<LiveGame>, Refused<S::Error, Invalid>> {
        match self.storage.load(id).await.map_err(Refused::Storage)? {
            Loaded::Game(game) => {
                let game = Arc::new(*game);
                self.remember(&game);
                Ok(game)
            }
            Loaded::Unknown => Err(Refused::Unknown),
            Loaded::SetAside(set_aside) => Err(Refused::SetAside(set_aside)),
        }
    }

    /// The present of a game: time does not go back in it, though clocks of replicas differ.
    fn now_for(&self, game: &LiveGame) -> Timestamp {
        self.clock.now().max(game.stepped_at())
    }

    /// Stores a step, and gives the game after it.
    async fn advance(
        &self,
        before: &LiveGame,
        step: &Step,
        request: Option<&RequestKey>,
    ) -> Result<(Stored, Option<Arc<LiveGame>>), S::Error> {
        let mut after = before.clone();
        // Nothing is stored that could not be read again.
        after.fold(step).expect("a step that is decided from a game follows it");
        let change = Change { before, after: &after, step, request };
        let stored = self.storage.store(change).await;
        if !matches!(stored, Ok(Stored::Done)) {
            // Whatever the reason, what is remembered is not what is stored, or may not be.
            self.memory.remove(&before.id());
        }
        let stored = stored?;
        if stored != Stored::Done {
            return Ok((stored, None));
        }
        let after = Arc::new(after);
        self.remember(&after);
        Ok((stored, Some(after)))
    }

    /// Remembers a game, unless one that is further is remembered. Those that are over are left to the
    /// storage.
    fn remember(&self, game: &Arc<LiveGame>) {
        if game.ending().is_some() {
            self.memory.remove(&game.id());
            return;
        }
        let is_behind =
            self.memory.peek(&game.id()).is_some_and(|other| other.version() > game.version());
        if !is_behind {
            self.memory.insert(game.id(), Arc::clone(game));
        }
    }

    /// What was done for a request when it came before.
    async fn repeated<Invalid>(
        &self,
        game: &Arc<LiveGame>,
        seat: u8,
        request: Option<&RequestKey>,
    ) -> Result<Option<Taken>, Refused<S::Error, Invalid>> {
        let Some(request) = request else { return Ok(None) };
        let kept = self.storage.find_step(game, request).await.map_err(Refused::Storage)?;
        let Some(KeptStep { body_hash, read }) = kept else { return Ok(None) };
        if body_hash != request.body_hash {
            return Err(Refused::KeyReused);
        }
        let (step, after) = read.map_err(Refused::AnswerUnreadable)?;
        Ok(Some(Taken { game: Arc::new(*after), seat, step, is_new: false }))
    }
}

#[cfg(test)]
#[path = "referee_tests.rs"]
mod tests;
