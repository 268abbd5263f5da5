//! The statements over `matchmaking_ticket` and `matchmaking_match`; nobody else writes them.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::pairing::Waiting;
use super::types::{Match, PoolName, waiting};
use crate::id::{AccountId, GameId};
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    /// Who waits for the same already goes on doing so; for something else, or no more, he begins anew.
    ENTER (UUID, BYTEA, TEXT, FLOAT8, FLOAT8, TIMESTAMPTZ, TIMESTAMPTZ, BOOL)
        -> (TEXT, FLOAT8, FLOAT8, TIMESTAMPTZ, TIMESTAMPTZ) =
        "insert into matchmaking_ticket as old
                (account_id, pool, terms, value, deviation, entered_at, expires_at, is_real_time)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (account_id) do update
            set (pool, terms, is_real_time, value, deviation, entered_at, expires_at) = (
                select excluded.pool, excluded.terms, excluded.is_real_time,
                    case when is_same then old.value else excluded.value end,
                    case when is_same then old.deviation else excluded.deviation end,
                    case when is_same then old.entered_at else excluded.entered_at end,
                    excluded.expires_at
                from (values (old.pool = excluded.pool and old.expires_at > excluded.entered_at)) as t (is_same)
            )
            returning terms, value, deviation, entered_at, expires_at";
    RENEW (UUID, TIMESTAMPTZ, TIMESTAMPTZ) -> (TEXT, FLOAT8, FLOAT8, TIMESTAMPTZ, TIMESTAMPTZ) =
        "update matchmaking_ticket set expires_at = $3 where account_id = $1 and expires_at > $2
            returning terms, value, deviation, entered_at, expires_at";
    FIND (UUID, TIMESTAMPTZ) -> (TEXT, FLOAT8, FLOAT8, TIMESTAMPTZ, TIMESTAMPTZ) =
        "select terms, value, deviation, entered_at, expires_at
            from matchmaking_ticket where account_id = $1 and expires_at > $2";
    /// One after the other in the same order always, so that no two who do this wait in a circle.
    DELETE_MANY (UUID_ARRAY, BOOL) -> () =
        "delete from matchmaking_ticket where account_id in (
            select account_id from matchmaking_ticket where account_id = any($1) and (is_real_time or not $2)
                order by account_id for update)";
    DELETE_IN_POOL (UUID, BYTEA) -> () =
        "delete from matchmaking_ticket where account_id = $1 and pool = $2";
    /// What somebody else is at is left to the next time, so that nobody waits here for anybody.
    DELETE_EXPIRED (TIMESTAMPTZ) -> () =
        "delete from matchmaking_ticket where account_id in (
            select account_id from matchmaking_ticket where expires_at <= $1 for update skip locked
        )";
    LIST_WAITING (TIMESTAMPTZ, INT8) -> (UUID, FLOAT8, FLOAT8, TIMESTAMPTZ, BYTEA) =
        "select account_id, value, deviation, entered_at, pool from matchmaking_ticket
            where expires_at > $1 order by entered_at, account_id limit $2";
    FIND_TERMS (UUID, BYTEA) -> (TEXT) =
        "select terms from matchmaking_ticket where account_id = $1 and pool = $2";
    /// Takes two tickets of a pool, or none. It waits for nobody: a ticket that somebody else is taking,
    /// renewing or giving up is passed over.
    TAKE (UUID_ARRAY, BYTEA, TIMESTAMPTZ) -> () =
        "with free as (
            select account_id from matchmaking_ticket
                where account_id = any($1) and pool = $2 and expires_at > $3 for update skip locked
        )
        delete from matchmaking_ticket where account_id in (select account_id from free)
                and (select count(*) from free) = 2";
    ENTER_MATCH (UUID, UUID, UUID, TIMESTAMPTZ) -> () =
        "insert into matchmaking_match (account_id, opponent_id, game_id, matched_at)
            values ($1, $2, $3, $4), ($2, $1, $3, $4)
            on conflict (account_id) do update set (opponent_id, game_id, matched_at)
                = (excluded.opponent_id, excluded.game_id, excluded.matched_at)";
    FIND_MATCH (UUID) -> (UUID, UUID, TIMESTAMPTZ) =
        "select opponent_id, game_id, matched_at from matchmaking_match where account_id = $1";
    LIST_MATCHES (UUID_ARRAY, TIMESTAMPTZ) -> (UUID, UUID) =
        "select account_id, opponent_id from matchmaking_match
            where account_id in (select unnest($1::uuid[])) and matched_at > $2";
    DELETE_MATCH (UUID) -> () = "delete from matchmaking_match where account_id = $1";
}

/// A ticket as it is stored.
pub(super) struct TicketRow {
    pub(super) terms: String,
    pub(super) value: f64,
    pub(super) deviation: f64,
    pub(super) entered_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Which tickets are taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// Those for games in real time.
    RealTime,
    /// All.
    Any,
}

/// The ticket that the account has by it.
pub(super) async fn enter(
    transaction: &Connection,
    account_id: AccountId,
    ticket: &TicketRow,
    is_real_time: bool,
) -> Result<Option<TicketRow>, Error> {
    let pool = PoolName::of(&ticket.terms).0;
    let parameters: [&(dyn ToSql + Sync); 8] = [
        &account_id.uuid(),
        &pool.as_slice(),
        &ticket.terms,
        &ticket.value,
        &ticket.deviation,
        &ticket.entered_at,
        &ticket.expires_at,
        &is_real_time,
    ];
    Ok(transaction.query_opt(ENTER, &parameters).await?.as_ref().map(ticket_row))
}

/// Nothing where the account does not wait.
pub(super) async fn renew(
    connection: &Connection,
    account_id: AccountId,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<Option<TicketRow>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&account_id.uuid(), &now, &expires_at];
    Ok(connection.query_opt(RENEW, &parameters).await?.as_ref().map(ticket_row))
}

pub(super) async fn find(
    pool: &Pool,
    account_id: AccountId,
    now: Timestamp,
) -> Result<Option<TicketRow>, Error> {
    Ok(pool.read_opt(FIND, &[&account_id.uuid(), &now]).await?.as_ref().map(ticket_row))
}

fn ticket_row(row: &Row) -> TicketRow {
    TicketRow {
        terms: row.get(0),
        value: row.get(1),
        deviation: row.get(2),
        entered_at: row.get(3),
        expires_at: row.get(4),
    }
}

pub(super) async fn delete_many(
    connection: &Connection,
    accounts: &[AccountId],
    pace: Pace,
) -> Result<(), Error> {
    let is_real_time_only = pace == Pace::RealTime;
    connection.execute(DELETE_MANY, &[&uuids(accounts), &is_real_time_only]).await.map(drop)
}

/// Takes away a ticket of a pool; one of another pool stays.
pub(super) async fn delete_in_pool(
    pool: &Pool,
    name: PoolName,
    account_id: AccountId,
) -> Result<(), Error> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&account_id.uuid(), &name.0.as_slice()];
    pool.get().await?.execute(DELETE_IN_POOL, &parameters).await.map(drop)
}

pub(super) async fn delete_expired(pool: &Pool, now: Timestamp) -> Result<(), Error> {
    pool.get().await?.execute(DELETE_EXPIRED, &[&now]).await.map(drop)
}

/// Those who wait, each with the pool, who came first first.
pub(super) async fn list_waiting(
    pool: &Pool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(PoolName, Waiting)>, Error> {
    let rows = pool.read(LIST_WAITING, &[&now, &limit]).await?;
    let read = |row: &Row| {
        let name: &[u8] = row.get(4);
        let account_id = row.get::<_, Uuid>(0).into();
        let waiting = waiting(account_id, row.get(1), row.get(2), row.get(3));
        // The table's constraint keeps it to this length.
        Some((PoolName(name.try_into().ok()?), waiting))
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// The terms of a pool, by one who waits in it; nothing where he does not any more.
pub(super) async fn find_terms(
    transaction: &Connection,
    pool: PoolName,
    account_id: AccountId,
) -> Result<Option<String>, Error> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&account_id.uuid(), &pool.0.as_slice()];
    Ok(transaction.query_opt(FIND_TERMS, &parameters).await?.map(|row| row.get(0)))
}

/// Takes the tickets of two who wait in a pool, or neither, where either is not there any more, or somebody
/// else is at it; tells whether it did.
pub(super) async fn take(
    transaction: &Connection,
    pool: PoolName,
    accounts: [AccountId; 2],
    now: Timestamp,
) -> Result<bool, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&uuids(&accounts), &pool.0.as_slice(), &now];
    Ok(transaction.execute(TAKE, &parameters).await? > 0)
}

/// Keeps whom two were given: each other.
pub(super) async fn enter_match(
    transaction: &Connection,
    [one, other]: [AccountId; 2],
    game_id: GameId,
    at: Timestamp,
) -> Result<(), Error> {
    let parameters: [&(dyn ToSql + Sync); 4] = [&one.uuid(), &other.uuid(), &game_id.uuid(), &at];
    transaction.execute(ENTER_MATCH, &parameters).await.map(drop)
}

pub(super) async fn find_match(pool: &Pool, account_id: AccountId) -> Result<Option<Match>, Error> {
    let row = pool.read_opt(FIND_MATCH, &[&account_id.uuid()]).await?;
    Ok(row.map(|row| Match {
        opponent_id: row.get::<_, Uuid>(0).into(),
        game_id: row.get::<_, Uuid>(1).into(),
        matched_at: row.get(2),
    }))
}

/// The last opponents of the accounts, as far as they were given after a moment.
pub(super) async fn list_matches(
    pool: &Pool,
    accounts: &[AccountId],
    after: Timestamp,
) -> Result<Vec<(AccountId, AccountId)>, Error> {
    let rows = pool.read(LIST_MATCHES, &[&uuids(accounts), &after]).await?;
    Ok(rows
        .iter()
        .map(|row| (row.get::<_, Uuid>(0).into(), row.get::<_, Uuid>(1).into()))
        .collect())
}

pub(super) async fn delete_match(
    transaction: &Connection,
    account_id: AccountId,
) -> Result<(), Error> {
    transaction.execute(DELETE_MATCH, &[&account_id.uuid()]).await.map(drop)
}

fn uuids(ids: &[AccountId]) -> Vec<Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}
