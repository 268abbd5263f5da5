//! Of which games players ask something at the moment.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::id::GameId;

/// How many ask something of each game of which anybody does.
#[derive(Debug, Default)]
pub(super) struct Askers {
    counts: Mutex<HashMap<GameId, usize>>,
    /// Nobody asks any more of a game of which somebody did.
    left: Notify,
}

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

    /// Waits until nobody asks anything of a game.
    pub(super) async fn gone(&self, game: GameId) {
        loop {
            let mut left = pin!(self.left.notified());
            left.as_mut().enable();
            if !self.has(game) {
                return;
            }
            left.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GameId, usize>> {
        // Nothing that panics is done under the lock.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Asker<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = self.askers.lock().entry(self.game) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
                self.askers.left.notify_waiters();
            }
        }
    }
}
