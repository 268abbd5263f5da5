//! Of which games players ask something at the moment.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::id::GameId;

/// How many ask something of each game of which anybody does.
#[derive(Debug, Default)]
pub(super) struct Askers(Mutex<HashMap<GameId, usize>>);

/// Somebody asks something of a game, until this is dropped.
pub(super) struct Asker<'a> {
    askers: &'a Askers,
    game: GameId,
}

impl Askers {
    pub(super) fn enter(&self, game: GameId) -> Asker<'_> {
        *self.lock().entry(game).or_default() += 1;
        Asker { askers: self, game }
    }

    pub(super) fn has(&self, game: GameId) -> bool {
        self.lock().contains_key(&game)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GameId, usize>> {
        // Nothing that panics is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.askers.lock().entry(self.game) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}
