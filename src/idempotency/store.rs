//! The statements over `idempotency_key`; nobody else writes it.

use postgres_types::ToSql;
use tokio_postgres::Row;

use super::kept::Sealed;
use crate::id::AccountId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    /// No row where the key is taken. One that was abandoned, or is past its time, may be taken over.
    CLAIM (BYTEA, BYTEA, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ) -> (TIMESTAMPTZ) =
        "insert into idempotency_key (key_hash, body_hash, claimed_at) values ($1, $2, $3)
            on conflict (key_hash) do update set body_hash = $2, claimed_at = $3, account_id = null, answer = null, token = null
                where idempotency_key.claimed_at <=
                    case when idempotency_key.answer is null then $4::timestamptz else $5::timestamptz end
            returning claimed_at";
    /// A token past its time counts as forgotten.
    FIND (BYTEA, TIMESTAMPTZ) -> (BYTEA, BYTEA, BYTEA) =
        "select body_hash, answer, case when claimed_at > $2 then token end
            from idempotency_key where key_hash = $1";
    KEEP (BYTEA, TIMESTAMPTZ, UUID, BYTEA, BYTEA) -> () =
        "update idempotency_key set account_id = $3, answer = $4, token = $5
            where key_hash = $1 and claimed_at = $2";
    DELETE_OF_ACCOUNT (UUID) -> () = "delete from idempotency_key where account_id = $1";
    RELEASE (BYTEA, TIMESTAMPTZ) -> () =
        "delete from idempotency_key where key_hash = $1 and claimed_at = $2 and answer is null";
    FORGET_TOKENS (TIMESTAMPTZ, INT8) -> () =
        "update idempotency_key set token = null where key_hash in (
            select key_hash from idempotency_key where claimed_at <= $1 and token is not null
                order by claimed_at limit $2 for update skip locked)";
    PRUNE (TIMESTAMPTZ, INT8) -> () =
        "delete from idempotency_key where key_hash in (
            select key_hash from idempotency_key where claimed_at <= $1 order by claimed_at
                limit $2 for update skip locked)";
}

/// A row that somebody else has claimed.
pub(super) struct Taken {
    pub(super) body_hash: Vec<u8>,
    /// None while the request is being answered.
    pub(super) sealed: Option<Sealed>,
}

/// Claims a key; tells whether it could. One that was claimed before `abandoned_before` and has no
/// answer yet is up for another, and so is one claimed before `kept_since`.
pub(super) async fn claim(
    pool: &Pool,
    key_hash: &[u8],
    body_hash: &[u8],
    now: Timestamp,
    abandoned_before: Timestamp,
    kept_since: Timestamp,
) -> Result<bool, Error> {
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&key_hash, &body_hash, &now, &abandoned_before, &kept_since];
    Ok(pool.get().await?.query_opt(CLAIM, &parameters).await?.is_some())
}

/// What is kept for a key, without a token that was claimed until then.
pub(super) async fn find(
    pool: &Pool,
    key_hash: &[u8],
    tokens_since: Timestamp,
) -> Result<Option<Taken>, Error> {
    let taken = |row: Row| Taken {
        body_hash: row.get(0),
        sealed: row.get::<_, Option<Vec<u8>>>(1).map(|answer| Sealed { answer, token: row.get(2) }),
    };
    Ok(pool.read_opt(FIND, &[&key_hash, &tokens_since]).await?.map(taken))
}

pub(super) async fn keep(
    pool: &Pool,
    key_hash: &[u8],
    claimed_at: Timestamp,
    account_id: Option<AccountId>,
    sealed: &Sealed,
) -> Result<(), Error> {
    let account_id = account_id.map(|id| id.uuid());
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&key_hash, &claimed_at, &account_id, &sealed.answer, &sealed.token];
    pool.get().await?.execute(KEEP, &parameters).await.map(drop)
}

pub(super) async fn release(
    pool: &Pool,
    key_hash: &[u8],
    claimed_at: Timestamp,
) -> Result<(), Error> {
    pool.get().await?.execute(RELEASE, &[&key_hash, &claimed_at]).await.map(drop)
}

pub(super) async fn delete_of_account(
    connection: &Connection,
    account_id: AccountId,
) -> Result<(), Error> {
    connection.execute(DELETE_OF_ACCOUNT, &[&account_id.uuid()]).await.map(drop)
}

/// Forgets the tokens of so many answers that were claimed until then; tells how many.
pub(super) async fn forget_tokens(pool: &Pool, until: Timestamp, rows: i64) -> Result<u64, Error> {
    pool.get().await?.execute(FORGET_TOKENS, &[&until, &rows]).await
}

/// Deletes so many rows that were claimed until then; tells how many.
pub(super) async fn prune(pool: &Pool, until: Timestamp, rows: i64) -> Result<u64, Error> {
    pool.get().await?.execute(PRUNE, &[&until, &rows]).await
}
