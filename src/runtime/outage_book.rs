//! The outages as this process knows them, and until when it may believe that they are all.
//!
//! Owns the bound: an outage is a span of at least [`OUTAGE_MIN`] without a sign of life from any
//! replica, and one of this process's own is a sign of life. So for that long after its last one no
//! outage can have come about that it has not heard of. That long is told by both clocks: a machine that
//! is suspended stops the steady one, and the clock of the day jumps when it wakes up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::outage::Outages;
use crate::time::Timestamp;

/// What counts as an outage, at least.
pub const OUTAGE_MIN: Duration = Duration::from_secs(2);

/// The outages, for all who judge clocks. A clone is another handle on the same book.
#[derive(Debug, Clone, Default)]
pub struct OutageBook {
    known: Arc<Mutex<Option<Known>>>,
}

#[derive(Debug)]
struct Known {
    outages: Arc<Outages>,
    complete_until: Option<(Instant, Timestamp)>,
}

/// Nobody can judge clocks now: this process has given no sign of life for a while, and does not know
/// of outages since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("outages may have come about that this replica has not heard of yet")]
pub struct Unsure;

impl OutageBook {
    /// Has it hold what it would after a sign of life, or nothing as without one, where time is simulated:
    /// it is then believed until it is told otherwise.
    pub fn simulate(&self, known: Option<Outages>) {
        let known = known.map(|outages| Known { outages: Arc::new(outages), complete_until: None });
        *self.lock() = known;
    }

    /// Enters all outages that were read after a sign of life at a moment, which both clocks tell.
    pub(super) fn enter(&self, outages: Outages, (steady, of_day): (Instant, Timestamp)) {
        let complete_until = Some((steady + OUTAGE_MIN, of_day + OUTAGE_MIN));
        *self.lock() = Some(Known { outages: Arc::new(outages), complete_until });
    }

    /// All outages there are, at the present as the clock of the day tells it.
    ///
    /// # Errors
    /// [`Unsure`], until this process gives its next sign of life.
    pub fn read(&self, now: Timestamp) -> Result<Arc<Outages>, Unsure> {
        let known = self.lock();
        let known = known.as_ref().ok_or(Unsure)?;
        let is_complete = known
            .complete_until
            .is_none_or(|(steady, of_day)| now < of_day && Instant::now() < steady);
        if is_complete { Ok(Arc::clone(&known.outages)) } else { Err(Unsure) }
    }

    /// The outages that were last known, for telling clocks by: the newest may be missing.
    #[must_use]
    pub fn last_known(&self) -> Arc<Outages> {
        let known = self.lock();
        known.as_ref().map_or_else(Arc::default, |known| Arc::clone(&known.outages))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "outage_book_tests.rs"]
mod tests;
