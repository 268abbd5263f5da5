//! Who is before whom when a move and a flag come at the same time.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;
use crate::game::Action;
use crate::runtime::outage::Outages;
use crate::runtime::test_games::{at, game, terms};

/// How long is waited for what takes no time.
const PATIENCE: Duration = Duration::from_secs(20);

/// Keeps one game, and stores a step when it is told to.
struct OneGame {
    game: Mutex<LiveGame>,
    may_store: Notify,
    /// Whether others have their turn before a game is loaded.
    loads_late: bool,
}

impl Storage for &OneGame {
    type Error = Infallible;

    async fn load(&self, _: GameId) -> Result<Loaded, Infallible> {
        if self.loads_late {
            tokio::task::yield_now().await;
        }
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

/// A game of a minute each, by a clock that stands at so many seconds, and those who play it.
struct Bench {
    clock: Clock,
    storage: OneGame,
    outages: OutageBook,
    id: GameId,
    players: Vec<AccountId>,
}

impl Bench {
    fn new(seconds: i64) -> Self {
        let game = game(terms(2));
        let (id, players) = (game.id(), game.players().to_vec());
        let outages = OutageBook::default();
        outages.simulate(Some(Outages::default()));
        let storage =
            OneGame { game: Mutex::new(game), may_store: Notify::new(), loads_late: false };
        Self { clock: Clock::manual(at(seconds)), storage, outages, id, players }
    }

    fn referee(&self) -> Referee<&OneGame> {
        let (outages, clock) = (self.outages.clone(), self.clock.clone());
        Referee::new(&self.storage, NonZeroUsize::MIN, outages, clock)
    }

    fn pass(&self, player: AccountId) -> Asked<'_, impl Fn(&RuleSet) -> Result<Act, ()>> {
        let act = |_: &RuleSet| Ok(Act::Move(Action::Pass));
        Asked { game: self.id, player, turn: 1, act, request: None }
    }
}

#[tokio::test]
async fn a_flag_does_not_fall_while_a_move_that_came_in_time_waits_to_be_stored() {
    let bench = Bench::new(59);
    let (referee, Bench { clock, storage, id, .. }) = (bench.referee(), &bench);
    let checking = async {
        clock.advance(Duration::from_secs(2));
        let checked = referee.check(*id).await;
        assert!(matches!(checked, Err(Refused::Contended)), "{checked:?}");
        storage.may_store.notify_one();
    };
    let taking = referee.take(bench.pass(bench.players[0]));
    let both = async { tokio::join!(biased; taking, checking) };
    let (taken, ()) = timeout(PATIENCE, both).await.expect("nobody waits for ever");
    assert_eq!(taken.unwrap().game.on_turn(), Some(1));
    assert!(matches!(referee.check(*id).await, Ok(Checked::Running(_))));
    clock.advance(Duration::from_secs(61));
    storage.may_store.notify_one();
    assert!(matches!(referee.check(*id).await, Ok(Checked::Fallen(_))));
}

#[tokio::test]
async fn nor_does_an_opponent_let_it_fall_who_asks_meanwhile() {
    let bench = Bench::new(59);
    let referee = bench.referee();
    let meanwhile = async {
        bench.clock.advance(Duration::from_secs(2));
        let asking = referee.take(bench.pass(bench.players[1]));
        let storing = async { bench.storage.may_store.notify_one() };
        tokio::join!(biased; asking, storing).0
    };
    let taking = referee.take(bench.pass(bench.players[0]));
    let both = async { tokio::join!(biased; taking, meanwhile) };
    let (taken, refused) = timeout(PATIENCE, both).await.expect("nobody waits for ever");
    assert_eq!(taken.unwrap().game.on_turn(), Some(1));
    let is_stale = matches!(refused, Err(Refused::Refusal(Refusal::StaleTurn(_), _)));
    assert!(is_stale, "{refused:?}");
}

#[tokio::test]
async fn who_does_not_play_holds_up_no_flag() {
    let mut bench = Bench::new(61);
    bench.storage.loads_late = true;
    let referee = bench.referee();
    let stranger = AccountId::new(at(0));
    let unending = async {
        loop {
            let refused = referee.take(bench.pass(stranger)).await;
            assert!(matches!(refused, Err(Refused::Stranger)), "{refused:?}");
        }
    };
    bench.storage.may_store.notify_one();
    tokio::select! {
        biased;
        () = unending => {}
        checked = referee.check(bench.id) => {
            assert!(matches!(checked, Ok(Checked::Fallen(_))), "{checked:?}");
        }
    }
}
