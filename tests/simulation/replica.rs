//! Replicas, and the signs of life that they give.
//!
//! A replica that gives signs gives one at least every [`BEAT_INTERVAL`]; only the last of them is
//! worked out. One that has given none for [`OUTAGE_MIN`] must not judge clocks.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use scrabble_backend::runtime::{
    BEAT_INTERVAL, OUTAGE_MIN, Outage, OutageBook, Outages, Referee, TimeControl,
};
use scrabble_backend::time::{Clock, Timestamp};

use crate::dice::Dice;
use crate::storage::Memory;

/// A replica remembers more games than there are, so that it forgets none but when it dies.
const REMEMBERED_MAX: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// One that is up.
pub(crate) struct Replica {
    pub(crate) referee: Arc<Referee<Memory>>,
    pub(crate) clock: Clock,
    book: OutageBook,
    /// When it gave its last sign of life, by the database's clock.
    spoke_at: Option<Timestamp>,
    /// Whether it gives none, as if it did not reach the database.
    pub(crate) is_silent: bool,
}

/// What the database has of signs of life: the last of any replica.
pub(crate) struct Signs {
    /// By the clock of the replica that gave it.
    pub(crate) alive_at: Timestamp,
    /// By the database's.
    seen_at: Timestamp,
}

impl Replica {
    /// One that has nothing in its memory and has given no sign yet.
    pub(crate) fn new(memory: Memory, now: Timestamp) -> Self {
        let (book, clock) = (OutageBook::default(), Clock::manual(now));
        let referee = Referee::new(memory, REMEMBERED_MAX, book.clone(), clock.clone());
        Self { referee: Arc::new(referee), clock, book, spoke_at: None, is_silent: true }
    }

    /// It was heard, and has read which outages there were.
    fn hears_of(&mut self, outages: &[Outage], at: Timestamp) {
        self.spoke_at = self.spoke_at.max(Some(at));
        self.book.simulate(Some(Outages::new(outages.to_vec())));
    }

    /// Time has passed in which it gave no sign.
    pub(crate) fn was_silent(&self, now: Timestamp) {
        if self.spoke_at.is_some_and(|at| now >= at + OUTAGE_MIN) {
            self.book.simulate(None);
        }
    }
}

impl Signs {
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self { alive_at: now, seen_at: now }
    }

    /// A replica gives its first sign, or its first after a silence; whoever finds that the last sign of
    /// all is too old has found an outage.
    pub(crate) fn begin(
        &mut self,
        replica: &mut Replica,
        outages: &mut Vec<Outage>,
        now: Timestamp,
    ) -> bool {
        let outage = Outage { from: self.alive_at, to: replica.clock.now() };
        let is_outage = self.seen_at + OUTAGE_MIN < now && outage.from < outage.to;
        outages.extend(is_outage.then_some(outage));
        replica.is_silent = false;
        self.take(replica, outages, Duration::ZERO, now);
        is_outage
    }

    /// Time has passed in which a replica went on to give signs.
    pub(crate) fn go_on(
        &mut self,
        replica: &mut Replica,
        outages: &[Outage],
        dice: &mut Dice,
        now: Timestamp,
    ) {
        let ago = Duration::from_micros(dice.roll(BEAT_INTERVAL.as_micros() as u64));
        self.take(replica, outages, ago, now);
    }

    fn take(&mut self, replica: &mut Replica, outages: &[Outage], ago: Duration, now: Timestamp) {
        self.alive_at = self.alive_at.max(replica.clock.now() - ago);
        self.seen_at = self.seen_at.max(now - ago);
        replica.hears_of(outages, now - ago);
    }
}

/// In which mode a game was that an outage came to.
pub(crate) const fn outage_in(control: TimeControl) -> &'static str {
    match control {
        TimeControl::Correspondence { .. } => "outage in correspondence",
        TimeControl::RealTime { overtime_minutes: 1.., .. } => "outage in real time with overtime",
        TimeControl::RealTime { increment_seconds: 1.., .. } => {
            "outage in real time with increment"
        }
        TimeControl::RealTime { .. } => "outage in real time",
    }
}
