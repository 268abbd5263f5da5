//! Who is before whom when a move and a flag come at the same time.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;

use super::*;
use crate::game::Action;
use crate::runtime::outage::Outages;
use crate::runtime::test_games::{at, game, terms};

/// Keeps one game, and stores a step when it is told to.
struct OneGame {
    game: Mutex<LiveGame>,
    may_store: Notify,
}

impl Storage for &OneGame {
    type Error = Infallible;

    async fn load(&self, _: GameId) -> Result<Loaded, Infallible> {
        Ok(Loaded::Game(Box::new(self.game.lock().unwrap().clone())))
    }

    async fn store(&self, change: Change<'_>) -> Result<Stored, Infallible> {
        self.may_store.notified().await;
        let mut game = self.game.lock().unwrap();
        if game.version() != change.before.version() {
            return Ok(Stored::Stale);
        }
        *game = change.after.clone();
        Ok(Stored::Done)
    }

    async fn find_step(
        &self,
        _: &LiveGame,
        _: &RequestKey,
    ) -> Result<Option<KeptStep>, Infallible> {
        Ok(None)
    }
}

#[tokio::test]
async fn a_flag_does_not_fall_while_a_move_that_came_in_time_waits_to_be_stored() {
    let clock = Clock::manual(at(59));
    let outages = OutageBook::default();
    outages.simulate(Some(Outages::default()));
    let storage = OneGame { game: Mutex::new(game(terms(2))), may_store: Notify::new() };
    let referee = Referee::new(&storage, NonZeroUsize::MIN, outages, clock.clone());
    let (id, player) = {
        let game = storage.game.lock().unwrap();
        (game.id(), game.players()[0])
    };
    let pass = |_: &RuleSet| Ok::<_, ()>(Act::Move(Action::Pass));
    let asked = Asked { game: id, player, turn: 1, act: pass, request: None };
    let checking = async {
        clock.advance(Duration::from_secs(2));
        let checked = referee.check(id).await;
        assert!(matches!(checked, Err(Refused::Contended)), "{checked:?}");
        storage.may_store.notify_one();
    };
    let (taken, ()) = tokio::join!(biased; referee.take(asked), checking);
    assert_eq!(taken.unwrap().game.on_turn(), Some(1));
    assert!(matches!(referee.check(id).await, Ok(Checked::Running(_))));
    clock.advance(Duration::from_secs(61));
    storage.may_store.notify_one();
    assert!(matches!(referee.check(id).await, Ok(Checked::Fallen(_))));
}
