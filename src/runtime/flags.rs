//! Lets flags fall: looks at clocks when they may have run out, without anybody asking.
//!
//! Every replica does, each game on its own. Two that come to the same game do no harm: the game's
//! version lets one of them. A game that can't be read is set aside, and stops no other; it is tried
//! again from time to time, and goes on where it stood when somebody can read it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::stream::iter;
use futures_util::{FutureExt, StreamExt};
use tokio::time::timeout;

use super::referee::{Checked, Refused};
use super::service::Games;
use super::store;
use super::uptime::{BEAT_INTERVAL, NoSignOfLife};
use crate::id::GameId;
use crate::postgres;
use crate::task::{complete, sweep};
use crate::telemetry::Chain;

/// How often clocks are looked at: a flag falls within a second, with time for the work itself.
const SWEEP_INTERVAL: Duration = Duration::from_millis(200);

/// How often games that were set aside are tried.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// How many games are taken up at once.
const PORTION: i64 = 512;

/// How many of them are decided over at the same time.
const AT_ONCE: usize = 8;

/// How long one of them is waited for. Then it goes on by itself, so that whoever holds its row, or the account
/// of a player whom its end rates, holds up no other flag, unless it is one of more games than may go on so.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many are looked at, with those that go on by themselves: each may have a connection, of which requests
/// need some too. Who waits for one longer than the pool allows fails, and lets others in.
pub(super) const CHECKS_MAX: usize = 2 * AT_ONCE;

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Games that were looked at.
    pub looked_at: usize,
    /// Flags that fell.
    pub fallen: usize,
    /// Games that were set aside.
    pub set_aside: usize,
    /// Games that are tried again with the next sweep.
    pub failed: usize,
}

impl Games {
    /// Says that this replica is alive, and learns of the time in which none was.
    ///
    /// # Errors
    /// [`NoSignOfLife`]
    pub async fn give_sign_of_life(&self) -> Result<(), NoSignOfLife> {
        self.shared.uptime.beat().await
    }

    /// Gives signs of life and lets flags fall, for ever.
    pub async fn keep_up(self) {
        let beating = sweep("signs of life", BEAT_INTERVAL, || self.give_sign_of_life());
        let sweeping = sweep("clocks", SWEEP_INTERVAL, || self.sweep());
        let retrying =
            sweep("games that were set aside", RETRY_INTERVAL, || self.retry_set_aside());
        tokio::join!(beating, sweeping, retrying);
    }

    /// Looks at all clocks that may have run out.
    ///
    /// # Errors
    /// When it is not known which they are. What goes wrong with one game is told to the log.
    pub async fn sweep(&self) -> Result<Swept, postgres::Error> {
        let mut swept = Swept::default();
        loop {
            let due = store::list_due(self.storage().pool(), self.now(), PORTION).await?;
            let count = due.len();
            let portion = self.check_all(due).await;
            swept += portion;
            // What fails is due still, and must not be tried in a circle.
            if count < PORTION as usize || portion.failed > 0 {
                return Ok(swept);
            }
        }
    }

    /// Tries all games that were set aside; those whose check has gone wrong here for good less often.
    async fn retry_set_aside(&self) -> Result<(), postgres::Error> {
        let mut after = GameId::MIN;
        loop {
            let mut ids = store::list_set_aside(self.storage().pool(), after, PORTION).await?;
            let Some(last) = ids.last() else { return Ok(()) };
            after = *last;
            let now = Instant::now();
            ids.retain(|id| self.shared.given_up.may_be_tried(*id, now));
            self.check_all(ids).await;
        }
    }

    async fn check_all(&self, ids: Vec<GameId>) -> Swept {
        let check = |id| {
            let games = self.clone();
            async move {
                // It comes again.
                let Ok(permit) = Arc::clone(&games.shared.checks).try_acquire_owned() else {
                    return FAILED;
                };
                let checked = complete(async move {
                    let _permit = permit;
                    match AssertUnwindSafe(games.check(id)).catch_unwind().await {
                        Ok(swept) => swept,
                        Err(_) => games.give_up(id, "looking at it has panicked").await,
                    }
                });
                match timeout(PATIENCE, checked).await {
                    Ok(Ok(swept)) => swept,
                    Ok(Err(_)) | Err(_) => FAILED,
                }
            }
        };
        let mut checks = iter(ids).map(check).buffer_unordered(AT_ONCE);
        let mut swept = Swept::default();
        while let Some(one) = checks.next().await {
            swept += one;
        }
        swept
    }

    /// Looks at one clock.
    async fn check(&self, id: GameId) -> Swept {
        let looked_at = Swept { looked_at: 1, ..Swept::default() };
        let well = |swept| {
            self.shared.given_up.forget(id);
            swept
        };
        match self.shared.referee.check(id).await {
            Ok(Checked::Fallen(_)) => well(Swept { fallen: 1, ..looked_at }),
            Ok(Checked::Running(game)) => {
                let Some(flag_at) = game.flag_at(&self.outages(), self.now()) else {
                    return well(looked_at);
                };
                let pool = self.storage().pool();
                match store::look_later(pool, id, game.version(), flag_at).await {
                    Ok(()) => well(looked_at),
                    Err(error) => self.failed(id, &error).await,
                }
            }
            Ok(Checked::SetAside(set_aside)) => {
                self.set_aside(id, &set_aside.reason).await;
                Swept { set_aside: 1, ..looked_at }
            }
            Ok(Checked::Unknown) => looked_at,
            Err(Refused::Storage(error)) => self.failed(id, &error).await,
            // Signs of life are late, or players are at it.
            Err(_) => FAILED,
        }
    }

    async fn failed(&self, id: GameId, error: &postgres::Error) -> Swept {
        if error.is_passing() {
            tracing::debug!(game_id = %id, cause = %Chain(error), "a clock could not be looked at");
            return FAILED;
        }
        let cause = Chain(error).to_string();
        self.give_up(id, &cause).await
    }

    /// Sets a game aside whose check goes wrong whenever it is tried, so that it does not come before all
    /// others with each sweep.
    async fn give_up(&self, id: GameId, cause: &str) -> Swept {
        self.shared.given_up.note(id, Instant::now());
        self.set_aside(id, &format!("its clock can't be looked at: {cause}")).await;
        Swept { looked_at: 1, set_aside: 1, ..Swept::default() }
    }
}

/// A clock that is to be looked at once more.
const FAILED: Swept = Swept { looked_at: 1, fallen: 0, set_aside: 0, failed: 1 };

impl std::ops::AddAssign for Swept {
    fn add_assign(&mut self, other: Self) {
        self.looked_at += other.looked_at;
        self.fallen += other.fallen;
        self.set_aside += other.set_aside;
        self.failed += other.failed;
    }
}
