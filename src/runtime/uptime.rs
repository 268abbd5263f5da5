//! Signs of life, from whose absence outages are known.
//!
//! Every replica says that it is alive, several times a second, in one row for all. Whoever finds that
//! the last sign is too old, by the database's clock, enters the time since as an outage; that it was
//! just this is decided by one statement, so that it is entered once. A sign that takes long to arrive is
//! none: it would tell of a moment before the database stood still, and hide that it did.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::outage_book::{OUTAGE_MIN, OutageBook};
use super::store;
use crate::postgres::{self, Pool};
use crate::telemetry::{Chain, Throttle};
use crate::time::{Clock, Timestamp};

/// How often a replica says that it is alive: four times before its silence counts.
pub const BEAT_INTERVAL: Duration = Duration::from_millis(500);

/// How long outages are of interest: longer than any turn, with its bank and all time that can be given.
const OUTAGES_KEPT: Duration = Duration::from_secs(180 * 24 * 3600);

/// How long a sign of life may take to arrive.
const UNDER_WAY_MAX: Duration = Duration::from_secs(1);

/// How far the clocks of this machine and of the database's may be apart. A machine whose clock is wrong would
/// let flags fall that have time left.
const CLOCKS_APART_MAX: Duration = Duration::from_secs(10);

/// One line that somebody must act on in so long.
const COMPLAINTS_INTERVAL: Duration = Duration::from_secs(60);

/// The signs of life of this replica.
#[derive(Debug)]
pub struct Uptime {
    pool: Pool,
    clock: Clock,
    book: OutageBook,
    /// Held by whoever is giving a sign.
    last: Mutex<Option<Attempt>>,
    complaints: Throttle,
}

/// Why a sign of life could not be given.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NoSignOfLife {
    /// The database failed.
    #[error("a sign of life could not be stored")]
    Storage(#[from] postgres::Error),
    /// It took too long to arrive.
    #[error("a sign of life took longer than {} s to arrive", UNDER_WAY_MAX.as_secs())]
    Late,
    /// This machine's clock can't be right, or the database's.
    #[error("the clocks of this machine and of the database's are {seconds} s apart, expected at most {}", CLOCKS_APART_MAX.as_secs())]
    ClocksApart {
        /// How far they are.
        seconds: i64,
    },
}

impl NoSignOfLife {
    /// Whether another try may succeed.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Storage(error) => error.is_passing(),
            Self::Late | Self::ClocksApart { .. } => true,
        }
    }
}

/// The last sign of life that was given, or was to be.
#[derive(Debug)]
struct Attempt {
    began_at: Instant,
    ended_at: Instant,
    outcome: Result<(), NoSignOfLife>,
}

impl Attempt {
    /// Whether it is as good as one of his own for who has asked for a sign at a moment: a sign given since, or a
    /// failure that he has waited for.
    fn serves(&self, asked_at: Instant) -> bool {
        let since = if self.outcome.is_ok() { self.began_at } else { self.ended_at };
        since >= asked_at
    }
}

impl Uptime {
    /// Over a pool; what it learns of outages is in the book.
    #[must_use]
    pub fn new(pool: Pool, clock: Clock, book: OutageBook) -> Self {
        Self {
            pool,
            clock,
            book,
            last: Mutex::default(),
            complaints: Throttle::new(COMPLAINTS_INTERVAL),
        }
    }

    /// Gives a sign of life, and reads which outages there were. Of many who want to at the same time one
    /// does, for all; if it fails, for all who wait.
    ///
    /// # Errors
    /// [`NoSignOfLife`]
    pub async fn beat(&self) -> Result<(), NoSignOfLife> {
        let asked_at = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(attempt) = last.as_ref().filter(|attempt| attempt.serves(asked_at)) {
            return attempt.outcome.clone();
        }
        let began_at = Instant::now();
        let outcome = self.give_sign().await;
        *last = Some(Attempt { began_at, ended_at: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    async fn give_sign(&self) -> Result<(), NoSignOfLife> {
        let before = Clock::system().now();
        let sent_at = store::tell_time(&self.pool).await?;
        require_together(sent_at, before, Clock::system().now())
            .inspect_err(|error| self.complain(error))?;
        // From before the statement: when it took place exactly is not known.
        let (alive_at, now) = (Instant::now(), self.clock.now());
        let kept_since = now - OUTAGES_KEPT;
        let last_moment = sent_at + UNDER_WAY_MAX;
        if !store::beat(&self.pool, now, OUTAGE_MIN, kept_since, last_moment).await? {
            return Err(NoSignOfLife::Late);
        }
        let outages = store::list_outages(&self.pool, kept_since).await?;
        self.book.enter(outages, (alive_at, now));
        Ok(())
    }

    /// Tells what somebody must mend, who would not see it among the failures of a database that is away.
    fn complain(&self, error: &NoSignOfLife) {
        if let Some(earlier) = self.complaints.due(Instant::now()) {
            tracing::error!(earlier, cause = %Chain(error), "no game can be played here");
        }
    }
}

/// Sees that the database's clock is near this machine's, which told one moment before it was asked and another
/// after it had answered.
fn require_together(
    database: Timestamp,
    before: Timestamp,
    after: Timestamp,
) -> Result<(), NoSignOfLife> {
    let micros = |moment: Timestamp| moment.as_micros();
    let apart_us = (micros(database) - micros(after)).max(micros(before) - micros(database)).max(0);
    if apart_us <= CLOCKS_APART_MAX.as_micros() as i64 {
        return Ok(());
    }
    Err(NoSignOfLife::ClocksApart { seconds: apart_us / 1_000_000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_apart_where_the_database_tells_no_moment_near_those_of_before_and_after() {
        let apart = |database_s, before_s, after_s| {
            let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
            match require_together(at(database_s), at(before_s), at(after_s)) {
                Err(NoSignOfLife::ClocksApart { seconds }) => Some(seconds),
                _ => None,
            }
        };
        // However long it takes to answer.
        for (database, before, after) in [(50, 0, 100), (90, 100, 101), (111, 100, 101)] {
            assert_eq!(apart(database, before, after), None);
        }
        assert_eq!(apart(89, 100, 101), Some(11));
        assert_eq!(apart(3712, 100, 101), Some(3611));
    }
}
