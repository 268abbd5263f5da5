//! The statements over `presence`; nobody else writes it.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::types::Report;
use crate::id::AccountId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    /// Enters and takes out what a gateway reports; gives who has come and who has gone by that. All
    /// parts see the table as it was before. Who may not be used is not here.
    REPORT (TEXT, UUID_ARRAY, UUID_ARRAY, TIMESTAMPTZ, TIMESTAMPTZ) -> (UUID, BOOL) =
        "with here as (
            insert into presence (account_id, gateway, expires_at)
                select account_id, $1, $4 from account
                    where account_id = any($2) and deleted_at is null
                        and (suspended_at is null or suspended_until <= $5)
                on conflict (account_id, gateway) do update set expires_at = excluded.expires_at
                returning account_id
        ), gone as (
            delete from presence where gateway = $1 and account_id = any($3) returning account_id
        )
        select account_id, true from here
            where not exists (select from presence as p where p.account_id = here.account_id)
        union all
        select account_id, false from gone
            where not exists (select from presence as p where p.account_id = gone.account_id and p.gateway <> $1)";
    IS_DUE (TIMESTAMPTZ) -> (BOOL) = "select exists (select from presence where expires_at <= $1)";
    /// Takes out a portion of what has expired, and gives who is at no other gateway.
    SWEEP (TIMESTAMPTZ, INT8) -> (UUID) =
        "with due as (
            select account_id, gateway from presence where expires_at <= $1 order by expires_at limit $2
        ), swept as (
            delete from presence where (account_id, gateway) in (select account_id, gateway from due)
        )
        select distinct account_id from due
            where not exists (
                select from presence as p where p.account_id = due.account_id
                    and (p.account_id, p.gateway) not in (select account_id, gateway from due)
            )";
    DELETE_OF_ACCOUNT (UUID) -> () = "delete from presence where account_id = $1";
    FIND (UUID_ARRAY, TIMESTAMPTZ) -> (UUID) =
        "select distinct account_id from presence where account_id = any($1) and expires_at > $2
            order by account_id";
    COUNT (TIMESTAMPTZ) -> (INT8) =
        "select count(distinct account_id) from presence where expires_at > $1";
}

/// Who has come and who has gone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) came: Vec<AccountId>,
    pub(super) gone: Vec<AccountId>,
}

/// Needs the lock of presence.
pub(super) async fn report(
    transaction: &Connection,
    report: &Report,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Moved, Error> {
    let (here, gone) = (uuids(&report.here), uuids(&report.gone));
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&report.gateway.as_str(), &here, &gone, &expires_at, &now];
    let mut moved = Moved::default();
    for row in transaction.query(REPORT, &parameters).await? {
        let list = if row.get(1) { &mut moved.came } else { &mut moved.gone };
        list.push(id(&row));
    }
    Ok(moved)
}

/// Whether anything has expired.
pub(super) async fn is_due(pool: &Pool, now: Timestamp) -> Result<bool, Error> {
    Ok(pool.read_opt(IS_DUE, &[&now]).await?.is_some_and(|row| row.get(0)))
}

/// Needs the lock of presence.
pub(super) async fn sweep(
    transaction: &Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<AccountId>, Error> {
    Ok(transaction.query(SWEEP, &[&now, &limit]).await?.iter().map(id).collect())
}

/// Takes an account out of all gateways; tells whether it was at any. Needs the lock of presence.
pub(super) async fn delete_of_account(
    transaction: &Connection,
    id: AccountId,
) -> Result<bool, Error> {
    Ok(transaction.execute(DELETE_OF_ACCOUNT, &[&id.uuid()]).await? > 0)
}

/// Those of the accounts that are here, in the order of their ids.
pub(super) async fn find(
    pool: &Pool,
    ids: &[AccountId],
    now: Timestamp,
) -> Result<Vec<AccountId>, Error> {
    Ok(pool.read(FIND, &[&uuids(ids), &now]).await?.iter().map(id).collect())
}

/// The same, as a transaction sees it.
pub(super) async fn list_here(
    transaction: &Connection,
    ids: &[AccountId],
    now: Timestamp,
) -> Result<Vec<AccountId>, Error> {
    Ok(transaction.query(FIND, &[&uuids(ids), &now]).await?.iter().map(id).collect())
}

/// How many accounts are here.
pub(super) async fn count(pool: &Pool, now: Timestamp) -> Result<i64, Error> {
    Ok(pool.read_opt(COUNT, &[&now]).await?.map_or(0, |row| row.get(0)))
}

fn id(row: &Row) -> AccountId {
    row.get::<_, Uuid>(0).into()
}

fn uuids(ids: &[AccountId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}
