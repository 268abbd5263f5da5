//! The statements over `block`; nobody else writes it.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::service::Block;
use crate::id::AccountId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    INSERT (UUID, UUID, TIMESTAMPTZ) -> () =
        "insert into block (blocker_id, blocked_id, blocked_at) values ($1, $2, $3) on conflict do nothing";
    COUNT (UUID) -> (INT8) = "select count(*) from block where blocker_id = $1";
    DELETE (UUID, UUID) -> () = "delete from block where blocker_id = $1 and blocked_id = $2";
    LIST (UUID, UUID, INT8) -> (UUID, TIMESTAMPTZ) =
        "select blocked_id, blocked_at from block where blocker_id = $1 and blocked_id > $2
            order by blocked_id limit $3";
    EXISTS_AMONG (UUID_ARRAY) -> (BOOL) =
        "select exists (select from block where blocker_id = any($1) and blocked_id = any($1))";
    LIST_AMONG (UUID_ARRAY) -> (UUID, UUID) =
        "select blocker_id, blocked_id from block
            where blocker_id in (select unnest($1::uuid[])) and blocked_id in (select unnest($1::uuid[]))";
    LIST_BLOCKERS (UUID, UUID_ARRAY) -> (UUID) =
        "select blocker_id from block where blocked_id = $1 and blocker_id = any($2)";
    LIST_BLOCKED_BY (UUID_ARRAY) -> (UUID, UUID) =
        "select blocker_id, blocked_id from block where blocker_id = any($1)";
    AT_ODDS (UUID, UUID_ARRAY) -> (UUID) =
        "select blocked_id from block where blocker_id = $1 and blocked_id = any($2)
            union select blocker_id from block where blocked_id = $1 and blocker_id = any($2)";
    /// Once each: whom the accounts have blocked, and those who were the last to block any of them.
    LIST_AT_ODDS (UUID_ARRAY, INT8) -> (UUID) =
        "select blocked_id from block where blocker_id = any($1)
            union (select blocker_id from block where blocked_id = any($1)
                group by blocker_id order by max(blocked_at) desc limit $2)
            order by 1";
    /// All that one account has to do with becomes the other's, but for what stands between the two.
    MOVE (UUID, UUID) -> () =
        "with gone as (
            delete from block where blocker_id = $1 or blocked_id = $1 returning *
        )
        insert into block (blocker_id, blocked_id, blocked_at)
            select case blocker_id when $1 then $2 else blocker_id end,
                    case blocked_id when $1 then $2 else blocked_id end, blocked_at
                from gone where blocker_id <> $2 and blocked_id <> $2
            on conflict do nothing";
    /// Keeps as many as that which an account has blocked last.
    KEEP_NEWEST (UUID, INT8) -> () =
        "delete from block where blocker_id = $1 and blocked_id in (
            select blocked_id from block where blocker_id = $1 order by blocked_at desc, blocked_id offset $2
        )";
    DELETE_OF_ACCOUNT (UUID) -> () = "delete from block where blocker_id = $1 or blocked_id = $1";
}

/// Tells whether it is new.
pub(super) async fn insert(
    transaction: &Connection,
    blocker: AccountId,
    blocked: AccountId,
    at: Timestamp,
) -> Result<bool, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&blocker.uuid(), &blocked.uuid(), &at];
    Ok(transaction.execute(INSERT, &parameters).await? > 0)
}

/// How many an account has blocked.
pub(super) async fn count(transaction: &Connection, blocker: AccountId) -> Result<i64, Error> {
    let row = transaction.query_opt(COUNT, &[&blocker.uuid()]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

pub(super) async fn delete(
    connection: &Connection,
    blocker: AccountId,
    blocked: AccountId,
) -> Result<(), Error> {
    connection.execute(DELETE, &[&blocker.uuid(), &blocked.uuid()]).await.map(drop)
}

/// Whom an account has blocked, after one, in the order of their ids.
pub(super) async fn list(
    pool: &Pool,
    blocker: AccountId,
    after: AccountId,
    limit: i64,
) -> Result<Vec<Block>, Error> {
    let block =
        |row: &Row| Block { account_id: row.get::<_, Uuid>(0).into(), blocked_at: row.get(1) };
    let parameters: [&(dyn ToSql + Sync); 3] = [&blocker.uuid(), &after.uuid(), &limit];
    Ok(pool.read(LIST, &parameters).await?.iter().map(block).collect())
}

pub(super) async fn exists_among(
    connection: &Connection,
    accounts: &[AccountId],
) -> Result<bool, Error> {
    let row = connection.query_opt(EXISTS_AMONG, &[&uuids(accounts)]).await?;
    Ok(row.is_some_and(|row| row.get(0)))
}

/// The blocks that stand between any of many accounts.
pub(super) async fn list_among(
    connection: &Connection,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, AccountId)>, Error> {
    Ok(connection.query(LIST_AMONG, &[&uuids(accounts)]).await?.iter().map(pair).collect())
}

/// Those of the accounts that have blocked one.
pub(super) async fn list_blockers(
    pool: &Pool,
    blocked: AccountId,
    accounts: &[AccountId],
) -> Result<Vec<AccountId>, Error> {
    let rows = pool.read(LIST_BLOCKERS, &[&blocked.uuid(), &uuids(accounts)]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

/// The blocks of these accounts: who has blocked, and whom.
pub(super) async fn list_blocked_by(
    connection: &Connection,
    accounts: &[AccountId],
) -> Result<Vec<(AccountId, AccountId)>, Error> {
    let rows = connection.query(LIST_BLOCKED_BY, &[&uuids(accounts)]).await?;
    Ok(rows.iter().map(pair).collect())
}

/// Those of the others that one has blocked, or who have blocked it.
pub(super) async fn at_odds(
    connection: &Connection,
    account: AccountId,
    others: &[AccountId],
) -> Result<Vec<AccountId>, Error> {
    let rows = connection.query(AT_ODDS, &[&account.uuid(), &uuids(others)]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

/// Whom the accounts have blocked, and so many of those who were the last to block any of them.
pub(super) async fn list_at_odds(
    transaction: &Connection,
    accounts: &[AccountId],
    blockers_max: i64,
) -> Result<Vec<AccountId>, Error> {
    let rows = transaction.query(LIST_AT_ODDS, &[&uuids(accounts), &blockers_max]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

pub(super) async fn move_to(
    transaction: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<(), Error> {
    transaction.execute(MOVE, &[&from.uuid(), &to.uuid()]).await.map(drop)
}

/// Forgets whom an account has blocked before so many others.
pub(super) async fn keep_newest(
    transaction: &Connection,
    blocker: AccountId,
    limit: i64,
) -> Result<(), Error> {
    transaction.execute(KEEP_NEWEST, &[&blocker.uuid(), &limit]).await.map(drop)
}

pub(super) async fn delete_of_account(
    transaction: &Connection,
    id: AccountId,
) -> Result<(), Error> {
    transaction.execute(DELETE_OF_ACCOUNT, &[&id.uuid()]).await.map(drop)
}

fn pair(row: &Row) -> (AccountId, AccountId) {
    (row.get::<_, Uuid>(0).into(), row.get::<_, Uuid>(1).into())
}

fn uuids(ids: &[AccountId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}
