//! The statements that lock what the lobby changes, and what its tables have in common.

use serde_json::value::RawValue;
use uuid::Uuid;

use crate::postgres::{Connection, Error, queries};

queries! {
    /// One after the other, in the order of the list.
    LOCK (INT8_ARRAY) -> (VOID) = "select pg_advisory_xact_lock(key) from unnest($1::int8[]) as key";
    TRY_LOCK (INT8_ARRAY) -> (INT8) =
        "select key from unnest($1::int8[]) as key where pg_try_advisory_xact_lock(key)";
}

/// Locks things of one level until the transaction ends, waiting for whoever has them; the order is the
/// same for all.
pub(super) async fn lock(
    transaction: &Connection,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<(), Error> {
    let mut keys: Vec<i64> = ids.into_iter().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    transaction.query(LOCK, &[&keys]).await.map(drop)
}

/// Locks those things that nobody else has; gives them.
pub(super) async fn try_lock(transaction: &Connection, ids: &[Uuid]) -> Result<Vec<Uuid>, Error> {
    let keys: Vec<i64> = ids.iter().copied().map(key).collect();
    let rows = transaction.query(TRY_LOCK, &[&keys]).await?;
    let locked: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    Ok(ids.iter().copied().filter(|id| locked.contains(&key(*id))).collect())
}

/// The random half of an id. Two things that have the same by chance wait for each other, and no more.
fn key(id: Uuid) -> i64 {
    id.as_u64_pair().1.cast_signed()
}

/// Terms as they are stored.
pub(super) fn terms(text: String) -> Box<RawValue> {
    // They are written as JSON, and by nobody else.
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}
