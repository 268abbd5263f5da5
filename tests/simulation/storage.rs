//! A storage in memory that fails at will.
//!
//! It keeps what the database keeps, in the same texts and bytes, and promises what the database does
//! and no more: a change is stored as a whole or not at all, if the game is at the version before it
//! and set aside just if it was, and once for a request. Whoever asks may hear nothing of it, or hear it late.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;

use scrabble_backend::game::{GameState, Seed};
use scrabble_backend::id::{AccountId, GameId};
use scrabble_backend::runtime::{
    Change, Clocks, KeptStep, LiveGame, Loaded, Offers, Progress, RequestKey, SetAside, Step,
    Storage, Stored, Terms,
};
use scrabble_backend::time::Timestamp;
use serde::Deserialize;

use crate::dice::Dice;

/// Storing or finding failed, or nobody knows whether it did.
#[derive(Debug)]
pub(crate) struct Lost;

/// How often what goes wrong, in a thousand calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Faults {
    /// A call fails, and has done nothing.
    pub(crate) fails_before: u64,
    /// A call has done its work, and nobody hears of it.
    pub(crate) fails_after: u64,
    /// A change is turned away, as if another had come before it.
    pub(crate) is_stale: u64,
}

/// The storage; a clone is another replica's way to it.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    tables: Arc<Mutex<Tables>>,
}

#[derive(Debug)]
pub(crate) struct Tables {
    pub(crate) games: BTreeMap<GameId, Row>,
    pub(crate) faults: Faults,
    /// Whether there is anything new to look at.
    pub(crate) has_changed: bool,
    /// How many calls failed of which the work was done.
    pub(crate) answers_lost: u64,
    /// How many changes were turned away for want of knowing that a game was set aside, or no more.
    pub(crate) set_aside_unknown: u64,
    dice: Dice,
}

/// A game as it is stored.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) terms: Terms,
    pub(crate) players: Vec<AccountId>,
    pub(crate) version: u32,
    pub(crate) position: Vec<u8>,
    pub(crate) progress: String,
    pub(crate) stepped_at: Timestamp,
    pub(crate) set_aside_at: Option<Timestamp>,
    pub(crate) check_at: Option<Timestamp>,
    pub(crate) is_over: bool,
    pub(crate) steps: Vec<StepRow>,
    /// Nobody can read it for now, as if its lexicon were missing.
    pub(crate) is_unreadable: bool,
    /// Nobody can read its steps for now, as if a newer replica had stored them.
    pub(crate) are_steps_unreadable: bool,
}

/// A step as it is stored.
#[derive(Debug)]
pub(crate) struct StepRow {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
    pub(crate) request: Option<RequestKey>,
    /// Since when the clock had stood, where the game was set aside.
    pub(crate) stood_since: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgressTold {
    clocks: Clocks,
    offers: Offers,
    is_aborted: bool,
}

impl Memory {
    pub(crate) fn new(dice: Dice, faults: Faults) -> Self {
        let tables = Tables {
            games: BTreeMap::new(),
            faults,
            has_changed: false,
            answers_lost: 0,
            set_aside_unknown: 0,
            dice,
        };
        Self { tables: Arc::new(Mutex::new(tables)) }
    }

    pub(crate) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// Begins a game.
    pub(crate) fn insert(&self, game: &LiveGame, step: &Step) {
        let row = Row {
            terms: game.terms().clone(),
            players: game.players().to_vec(),
            version: 1,
            position: game.position().to_bytes(),
            progress: game.progress_text(),
            stepped_at: step.at,
            set_aside_at: None,
            check_at: game.check_at(),
            is_over: false,
            steps: vec![StepRow::new(game, step, None, None)],
            is_unreadable: false,
            are_steps_unreadable: false,
        };
        self.tables().games.insert(game.id(), row);
    }

    /// Others come first.
    async fn pause(&self) {
        let turns = self.tables().dice.roll(3);
        for _ in 0..turns {
            let mut is_late = false;
            poll_fn(|_| {
                let is_first = !std::mem::replace(&mut is_late, true);
                if is_first { Poll::Pending } else { Poll::Ready(()) }
            })
            .await;
        }
    }

    /// A call as a whole: it waits, may fail, does its work, waits, and may fail to tell of it.
    async fn call<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> Result<T, Lost> {
        self.pause().await;
        let outcome = self.tables().work(work);
        self.pause().await;
        outcome
    }
}

impl Tables {
    fn work<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Result<T, Lost> {
        if self.dice.happens(self.faults.fails_before) {
            return Err(Lost);
        }
        let done = work(self);
        if self.dice.happens(self.faults.fails_after) {
            self.answers_lost += 1;
            return Err(Lost);
        }
        Ok(done)
    }

    fn store(&mut self, change: Change<'_>) -> Stored {
        let Change { before, after, step, request } = change;
        let is_turned_away = self.dice.happens(self.faults.is_stale);
        let Some(row) = self.games.get_mut(&before.id()) else { return Stored::Stale };
        let is_behind = row.version != before.version();
        let is_set_aside_otherwise = row.set_aside_at != before.set_aside_at();
        if is_behind || is_set_aside_otherwise || is_turned_away {
            self.set_aside_unknown += u64::from(is_set_aside_otherwise && !is_behind);
            return Stored::Stale;
        }
        if request.is_some_and(|request| row.find(request).is_some()) {
            return Stored::Repeated;
        }
        let stood_since = row.set_aside_at;
        row.version = after.version();
        row.position = after.position().to_bytes();
        row.progress = after.progress_text();
        row.stepped_at = step.at;
        row.set_aside_at = None;
        row.check_at = after.check_at();
        row.is_over = after.ending().is_some();
        row.steps.push(StepRow::new(after, step, request, stood_since));
        self.has_changed = true;
        Stored::Done
    }

    /// Stops the clock of a game that can't be read.
    pub(crate) fn set_aside(&mut self, id: GameId, at: Timestamp) {
        let row = self.games.get_mut(&id).unwrap();
        if row.set_aside_at.is_none() && !row.is_over {
            (row.set_aside_at, row.check_at) = (Some(at), None);
            self.has_changed = true;
        }
    }

    /// Has the clock looked at later, unless the game has gone on.
    pub(crate) fn look_later(&mut self, id: GameId, version: u32, at: Timestamp) {
        let row = self.games.get_mut(&id).unwrap();
        if row.version == version && row.check_at.is_some() {
            row.check_at = Some(at);
            self.has_changed = true;
        }
    }
}

impl Row {
    /// The game, from what is stored of it.
    pub(crate) fn game(&self, id: GameId) -> LiveGame {
        let position = GameState::from_bytes(self.terms.rules, &self.position).unwrap();
        let ProgressTold { clocks, offers, is_aborted } =
            serde_json::from_str(&self.progress).unwrap();
        let progress = Progress {
            version: self.version,
            position,
            clocks,
            offers,
            is_aborted,
            stepped_at: self.stepped_at,
            set_aside_at: self.set_aside_at,
            check_at: self.check_at,
        };
        LiveGame::at(id, self.terms.clone(), self.players.clone(), progress)
    }

    /// The game as it began, from its first step and the seed.
    pub(crate) fn start(&self, id: GameId, seed: Seed) -> LiveGame {
        let first = &self.steps[0];
        let (terms, players) = (self.terms.clone(), self.players.clone());
        let (game, step) = LiveGame::start(id, terms, players, seed, first.at).unwrap();
        assert_eq!(step.to_text(self.terms.rules), first.text);
        game
    }

    /// The number of the step that was stored for a request, and what that had asked for.
    pub(crate) fn find(&self, request: &RequestKey) -> Option<(u32, RequestKey)> {
        let requests = (1..).zip(self.steps.iter().map(|step| step.request));
        let mut requests = requests.filter_map(|(number, kept)| Some((number, kept?)));
        requests.find(|(_, kept)| kept.key_hash == request.key_hash)
    }

    fn find_step(&self, game: &LiveGame, request: &RequestKey) -> Option<KeptStep> {
        let (number, RequestKey { body_hash, .. }) = self.find(request)?;
        if self.are_steps_unreadable {
            return Some(KeptStep { body_hash, read: Err(unreadable()) });
        }
        let mut after = self.start(game.id(), *game.position().bag().seed());
        let mut step = None;
        for (number, row) in (1..=number).zip(&self.steps).skip(1) {
            step = Some(after.fold_text(number, row.at, &row.text).unwrap());
        }
        Some(KeptStep { body_hash, read: Ok((step?, Box::new(after))) })
    }
}

impl StepRow {
    fn new(
        game: &LiveGame,
        step: &Step,
        request: Option<&RequestKey>,
        stood_since: Option<Timestamp>,
    ) -> Self {
        let text = step.to_text(game.terms().rules);
        Self { at: step.at, text, request: request.copied(), stood_since }
    }
}

fn unreadable() -> SetAside {
    SetAside { reason: "unreadable for now".to_owned() }
}

impl Storage for Memory {
    type Error = Lost;

    async fn load(&self, id: GameId) -> Result<Loaded, Lost> {
        self.call(|tables| match tables.games.get(&id) {
            None => Loaded::Unknown,
            Some(row) if row.is_unreadable => Loaded::SetAside(unreadable()),
            Some(row) => Loaded::Game(Box::new(row.game(id))),
        })
        .await
    }

    async fn store(&self, change: Change<'_>) -> Result<Stored, Lost> {
        self.call(|tables| tables.store(change)).await
    }

    async fn find_step(
        &self,
        game: &LiveGame,
        request: &RequestKey,
    ) -> Result<Option<KeptStep>, Lost> {
        self.call(|tables| tables.games.get(&game.id())?.find_step(game, request)).await
    }
}
