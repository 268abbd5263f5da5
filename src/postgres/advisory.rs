//! The advisory locks of transactions: what they stand for, who takes which, and in which order.
//!
//! Whoever changes what others change too, and tells of it, holds locks that he takes before he writes
//! anything and before he locks rows, so that what is told is in the order in which it happened (see
//! [`events`](crate::events)). They last until the transaction ends. There are four levels:
//!
//! 1. [`lock`] of accounts. The lobby: of the account that acts, and of those whose limits count. Whatever
//!    suspends, merges or erases an account, and so either finds what it has just opened, or is seen by it.
//! 2. [`lock`] of a game. The lobby: of the one after which a rematch is asked for.
//! 3. [`lock_real_time`] of accounts. Whoever has an account begin to wait for a game in real time: the
//!    lobby for the one that opens, joins, invites or accepts, matchmaking for the one that enters. Whoever
//!    begins such a game, which takes its players out of all else in real time that they wait for: the
//!    lobby and a wave of matchmaking for all players. A merger for both accounts, for it may bring the other
//!    one such a game; presence for those who have gone. With it nobody else begins one with the same players,
//!    and none of them begins to wait.
//! 4. [`lock`] of seeks and invitations. The lobby: of the one that changes, together with those of
//!    which players are taken out.
//!
//! Who has a lock asks for none of a level before, and for all of one level at once: these are taken in
//! one order, so that nobody waits in a circle. What only looks for work, such as the sweep of the lobby,
//! takes those of the last level that nobody has, with [`try_lock`], and leaves the others.
//!
//! [`lock_presence`] stands alone: who has it takes no other. So does that of migrations, which belongs to a
//! connection ([`migrations`](super::migrations)).

use uuid::Uuid;

use super::{Connection, Error, queries};

/// What tells the keys of the third level from those of ids: "realtime" in ASCII. The half of an id that is
/// a key begins with the bits 10, and with 11 when it is combined with this.
const REAL_TIME: i64 = i64::from_be_bytes(*b"realtime");

/// The key of presence, likewise; it begins with the bits 01.
const PRESENCE: i64 = i64::from_be_bytes(*b"presence");

queries! {
    /// One after the other, in the order of the list.
    LOCK (INT8_ARRAY) -> (VOID) = "select pg_advisory_xact_lock(key) from unnest($1::int8[]) as key";
    TRY_LOCK (INT8_ARRAY) -> (INT8) =
        "select key from unnest($1::int8[]) as key where pg_try_advisory_xact_lock(key)";
}

/// Locks accounts, a game, or seeks and invitations, waiting for whoever has them.
pub(crate) async fn lock(
    transaction: &Connection,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    lock_keys(transaction, ids.into_iter().map(key).collect()).await
}

/// Locks those of seeks and invitations that nobody else has; gives them.
pub(crate) async fn try_lock(transaction: &Connection, ids: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let keys: Vec<i64> = ids.iter().copied().map(key).collect();
    let rows = transaction.query(TRY_LOCK, &[&keys]).await?;
    let locked: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    Ok(ids.iter().copied().filter(|id| locked.contains(&key(*id))).collect())
}

/// Locks what accounts wait for and begin in real time, waiting for whoever has it.
pub(crate) async fn lock_real_time(
    transaction: &Connection,
    accounts: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    let keys = accounts.into_iter().map(|id| key(id) ^ REAL_TIME).collect();
    lock_keys(transaction, keys).await
}

/// Locks who is here, all of it.
pub(crate) async fn lock_presence(transaction: &Connection) -> Result<(), Error> {
    lock_keys(transaction, vec![PRESENCE]).await
}

async fn lock_keys(transaction: &Connection, mut keys: Vec<i64>) -> Result<(), Error> {
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    transaction.query(LOCK, &[&keys]).await.map(drop)
}

/// The random half of an id. Two things of a level that have the same by chance wait for each other, and no
/// more.
fn key(id: Uuid) -> i64 {
    id.as_u64_pair().1.cast_signed()
}
