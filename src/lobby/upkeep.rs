//! Seeks and invitations whose time is over, and those that are over for long.
//!
//! Every replica looks for them. What another one works at is left to it: a lock that is not to be had at
//! once is tried again with the next sweep.

use std::sync::atomic::Ordering;
use std::time::Duration;

use uuid::Uuid;

use super::invitation::{self, InvitationOutcome};
use super::seek::{self, SeekOutcome};
use super::service::{Error, Lobby};
use crate::id::{InvitationId, SeekId};
use crate::postgres::Connection;
use crate::postgres::advisory::try_lock_entries;
use crate::task::sweep;

/// How often expired seeks and invitations are looked for. Nobody joins one before.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);

/// How many are closed in one transaction.
const PORTION: i64 = 100;

/// How long it can be told what became of a seek or an invitation.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);

/// How many are forgotten at once.
const PRUNED_MAX: i64 = 1000;

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Seeks that have expired.
    pub seeks: usize,
    /// Invitations that have expired.
    pub invitations: usize,
    /// Seeks and invitations that are forgotten.
    pub forgotten: u64,
}

impl Lobby {
    /// Sweeps now and then, for ever.
    pub async fn keep_up(self) {
        sweep("the lobby", SWEEP_INTERVAL, || self.sweep()).await;
    }

    /// Closes what has expired, and forgets what has been over for a day.
    ///
    /// # Errors
    /// [`Error::Storage`]; what was done by then stays done.
    pub async fn sweep(&self) -> Result<Swept, Error> {
        let mut swept = Swept::default();
        loop {
            let (seeks, invitations) = self.sweep_portion().await?;
            swept.seeks += seeks;
            swept.invitations += invitations;
            // What others have locked is due still, and must not be tried in a circle.
            if seeks < PORTION as usize && invitations < PORTION as usize {
                break;
            }
        }
        let (pool, before) = (&self.pool, self.now() - KEPT_FOR);
        swept.forgotten = seek::prune(pool, before, PRUNED_MAX).await?
            + invitation::prune(pool, before, PRUNED_MAX).await?;
        let open = seek::count_open(pool).await?;
        self.counts.seeks_open.store(open, Ordering::Relaxed);
        Ok(swept)
    }

    async fn sweep_portion(&self) -> Result<(usize, usize), Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let now = self.now();
        let due = seek::list_due(&transaction, now, PORTION).await?;
        let seeks: Vec<SeekId> = locked(&transaction, due, SeekId::uuid).await?;
        let due = invitation::list_due(&transaction, now, PORTION).await?;
        let invitations: Vec<InvitationId> = locked(&transaction, due, InvitationId::uuid).await?;
        if seeks.is_empty() && invitations.is_empty() {
            return Ok((0, 0));
        }
        let seeks = seek::close_expired(&transaction, &seeks, now).await?;
        let invitations = invitation::close_expired(&transaction, &invitations, now).await?;
        let counts = (seeks.len(), invitations.len());
        let seeks = seeks.into_iter().map(|id| seek::closed(id, SeekOutcome::Expired));
        let invitations = invitations.into_iter().map(|(id, accounts)| {
            invitation::closed(id, accounts.into_iter(), InvitationOutcome::Expired, None)
        });
        let messages: Vec<_> = seeks.chain(invitations).collect();
        self.commit(transaction, &messages).await?;
        Ok(counts)
    }
}

/// Those that nobody else works at, locked.
async fn locked<T: Copy>(
    transaction: &Connection,
    due: Vec<T>,
    uuid: fn(T) -> Uuid,
) -> Result<Vec<T>, Error> {
    let wanted: Vec<Uuid> = due.iter().copied().map(uuid).collect();
    let locked = try_lock_entries(transaction, &wanted).await?;
    Ok(due.into_iter().filter(|id| locked.contains(&uuid(*id))).collect())
}
