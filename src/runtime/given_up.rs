//! Games whose check goes wrong here for good, and when each is tried again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::id::GameId;

/// How long a game is left alone at first, and at most: what is wrong with it may be mended from outside, and
/// each time that it is tried without success its players are told that it goes on and does not.
const PAUSE_MIN: Duration = Duration::from_secs(60);
const PAUSE_MAX: Duration = Duration::from_secs(3600);

/// The games that were given up.
#[derive(Debug, Default)]
pub(super) struct GivenUp(Mutex<HashMap<GameId, Retry>>);

#[derive(Debug, Clone, Copy)]
struct Retry {
    at: Instant,
    pause: Duration,
}

impl GivenUp {
    /// Notes a game that is given up, maybe once more; each time the pause is twice as long.
    pub(super) fn note(&self, id: GameId, now: Instant) {
        let mut games = self.lock();
        let last = games.get(&id).map(|retry| retry.pause * 2);
        let pause = last.map_or(PAUSE_MIN, |pause| pause.min(PAUSE_MAX));
        games.insert(id, Retry { at: now + pause, pause });
    }

    /// Whether a game may be tried.
    pub(super) fn may_be_tried(&self, id: GameId, now: Instant) -> bool {
        self.lock().get(&id).is_none_or(|retry| retry.at <= now)
    }

    /// Notes a game whose check went well.
    pub(super) fn forget(&self, id: GameId) {
        self.lock().remove(&id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<GameId, Retry>> {
        // Nothing that panics is done under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    #[test]
    fn a_game_is_tried_again_after_pauses_that_grow_until_it_goes_well() {
        let (given_up, now) = (GivenUp::default(), Instant::now());
        let id = GameId::new(Timestamp::from_micros(0));
        assert!(given_up.may_be_tried(id, now));
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            given_up.note(id, now);
            let pause = Duration::from_secs(60 * minutes);
            assert!(!given_up.may_be_tried(id, now + pause - Duration::from_secs(1)));
            assert!(given_up.may_be_tried(id, now + pause), "after {minutes} minutes");
        }
        given_up.forget(id);
        assert!(given_up.may_be_tried(id, now));
    }
}
