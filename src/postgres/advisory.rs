//! The advisory locks of transactions: what they stand for, who takes which, and in which order.
//!
//! Whoever changes what others change too, and tells of it, holds locks that he takes before he writes
//! anything and before he locks rows, so that what is told is in the order in which it happened (see
//! [`events`](crate::events)). They last until the transaction ends. There are four levels:
//!
//! 1. [`lock_accounts`]. The lobby: of the account that acts, and of those whose limits count. Whatever
//!    suspends, merges or erases an account, and so either finds what it has just opened, or is seen by it.
//! 2. [`lock_game`]. The lobby: of the one after which a rematch is asked for.
//! 3. [`lock_real_time`], of accounts. Whoever has an account begin to wait for a game in real time: the
//!    lobby for the one that opens, joins, invites or accepts, matchmaking for the one that enters. Whoever
//!    begins such a game, which takes its players out of all else in real time that they wait for: the
//!    lobby and a wave of matchmaking for all players. A merger for both accounts, for it may bring the other
//!    one such a game; presence for those who have gone. With it nobody else begins one with the same players,
//!    and none of them begins to wait.
//! 4. [`lock_entries`], of seeks and invitations. The lobby: of the one that changes, together with those of
//!    which players are taken out.
//!
//! Who has a lock asks for none of a level before, and for all of one level at once: these are taken in
//! one order, so that nobody waits in a circle. What only looks for work, such as the sweep of the lobby,
//! takes those of the last level that nobody has, with [`try_lock_entries`], and leaves the others.
//!
//! Each level has keys of its own: whatever id a caller names, it is locked as what he is asked for, and as
//! nothing else. What he asks for is looked up before it is locked, so that nobody waits for what is not there.
//!
//! Rows are locked after them: of all accounts that are to play each other at once, by which blocks between
//! them come before or after their game, and then tickets of matchmaking.
//!
//! [`lock_presence`] stands alone: who has it takes no other. So does that of migrations, which belongs to a
//! connection ([`migrations`](super::migrations)).

use uuid::Uuid;

use super::{Connection, Error, queries};

/// What a key stands for: its first byte. That of migrations begins with another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Level {
    Account = 1,
    Game = 2,
    RealTime = 3,
    Entry = 4,
    Presence = 5,
}

queries! {
    /// One after the other, in the order of the list.
    LOCK (INT8_ARRAY) -> (VOID) = "select pg_advisory_xact_lock(key) from unnest($1::int8[]) as key";
    TRY_LOCK (INT8_ARRAY) -> (INT8) =
        "select key from unnest($1::int8[]) as key where pg_try_advisory_xact_lock(key)";
}

/// Locks accounts, waiting for whoever has them.
pub(crate) async fn lock_accounts(
    transaction: &Connection,
    accounts: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    lock(transaction, Level::Account, accounts).await
}

/// Locks a game, waiting for whoever has it.
pub(crate) async fn lock_game(transaction: &Connection, game: Uuid) -> Result<(), Error> {
    lock(transaction, Level::Game, [game]).await
}

/// Locks what accounts wait for and begin in real time, waiting for whoever has it.
pub(crate) async fn lock_real_time(
    transaction: &Connection,
    accounts: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    lock(transaction, Level::RealTime, accounts).await
}

/// Locks seeks and invitations, waiting for whoever has them.
pub(crate) async fn lock_entries(
    transaction: &Connection,
    entries: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    lock(transaction, Level::Entry, entries).await
}

/// Locks those of seeks and invitations that nobody else has; gives them.
pub(crate) async fn try_lock_entries(
    transaction: &Connection,
    entries: &[Uuid],
) -> Result<Vec<Uuid>, Error> {
    let key = |id: &Uuid| key(Level::Entry, *id);
    let keys: Vec<i64> = entries.iter().map(key).collect();
    let rows = transaction.query(TRY_LOCK, &[&keys]).await?;
    let locked: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    Ok(entries.iter().filter(|id| locked.contains(&key(id))).copied().collect())
}

/// Locks who is here, all of it.
pub(crate) async fn lock_presence(transaction: &Connection) -> Result<(), Error> {
    lock(transaction, Level::Presence, [Uuid::nil()]).await
}

async fn lock(
    transaction: &Connection,
    level: Level,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    let mut keys: Vec<i64> = ids.into_iter().map(|id| key(level, id)).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(());
    }
    transaction.query(LOCK, &[&keys]).await.map(drop)
}

/// The level, and seven bytes of the random half of an id. Two things of a level that have the same by chance
/// wait for each other, and no more.
fn key(level: Level, id: Uuid) -> i64 {
    let mut key = id.as_u64_pair().1.to_be_bytes();
    key[0] = level as u8;
    i64::from_be_bytes(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_of_one_level_names_a_key_of_another() {
        let levels = [Level::Account, Level::Game, Level::RealTime, Level::Entry, Level::Presence];
        for id in [Uuid::nil(), Uuid::max(), Uuid::from_u128(u128::MAX / 3)] {
            for (place, level) in levels.into_iter().enumerate() {
                let [first, ..] = key(level, id).to_be_bytes();
                assert_eq!(usize::from(first), place + 1, "{level:?} of {id}");
            }
        }
        let of_accounts = [1, 2].map(|id| key(Level::Account, Uuid::from_u128(id)));
        assert_ne!(of_accounts[0], of_accounts[1]);
    }
}
