//! The statements over `game`, `game_player`, `game_step`, `uptime` and `outage`; nobody else writes
//! them. Those that store steps are in `advance_store.rs`.

use std::time::Duration;

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::outage::{Outage, Outages};
use super::storage::RequestKey;
use crate::id::{AccountId, GameId};
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    INSERT (UUID, TEXT, TIMESTAMPTZ, INT4, BYTEA, TEXT, INT2, TIMESTAMPTZ, UUID_ARRAY) -> () =
        "insert into game (game_id, terms, started_at, version, position, progress, stepped_at, on_turn, check_at, players)
            values ($1, $2, $3, $4, $5, $6, $3, $7, $8, $9)";
    INSERT_PLAYERS (UUID, UUID_ARRAY) -> () =
        "insert into game_player (game_id, seat, account_id)
            select $1, place - 1, account_id from unnest($2::uuid[]) with ordinality as p (account_id, place)";
    INSERT_STEP (UUID, INT4, TIMESTAMPTZ, TEXT) -> () =
        "insert into game_step (game_id, number, at, told) values ($1, $2, $3, $4)";
    FIND (UUID) -> (TEXT, UUID_ARRAY, INT4, BYTEA, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ) =
        "select terms, players, version, position, progress, stepped_at, check_at, set_aside_at
            from game as g where game_id = $1";
    FIND_MANY (UUID_ARRAY) -> (TEXT, UUID_ARRAY, INT4, BYTEA, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, UUID) =
        "select terms, players, version, position, progress, stepped_at, check_at, set_aside_at, game_id
            from game as g where game_id = any($1)";
    FIND_TERMS (UUID) -> (TEXT, UUID_ARRAY, TIMESTAMPTZ) =
        "select terms, players, ended_at
            from game as g where game_id = $1";
    LIST_STEPS (UUID, INT4) -> (INT4, TIMESTAMPTZ, TEXT) =
        "select number, at, told from game_step where game_id = $1 and number <= $2 order by number";
    FIND_REQUEST (UUID, BYTEA) -> (INT4, BYTEA) =
        "select number, body_hash from game_step where game_id = $1 and key_hash = $2";
    /// Who moved on meanwhile has its own moment.
    LOOK_LATER (UUID, INT4, TIMESTAMPTZ) -> () =
        "update game set check_at = $3 where game_id = $1 and version = $2 and check_at is not null";
    SET_ASIDE (UUID, TIMESTAMPTZ, TEXT) -> (UUID) =
        "update game set set_aside_at = $2, set_aside_reason = $3, check_at = null
            where game_id = $1 and set_aside_at is null and ended_at is null returning game_id";
    /// Those that somebody is at are left to them, or to the next look: nobody waits for one.
    LIST_DUE (TIMESTAMPTZ, INT8) -> (UUID) =
        "select game_id from game where check_at <= $1 order by check_at limit $2 for share skip locked";
    LIST_SET_ASIDE (UUID, INT8) -> (UUID) =
        "select game_id from game where set_aside_at is not null and game_id > $1 order by game_id limit $2";
    /// On turn first, and within both the newest first.
    LIST_RUNNING (UUID, BOOL, UUID, INT8) -> (UUID, BOOL) =
        "select game_id, coalesce(g.on_turn = p.seat, false) from game_player as p join game as g using (game_id)
            where p.account_id = $1 and p.ended_at is null
                and (coalesce(g.on_turn = p.seat, false), g.game_id) < ($2, $3)
            order by coalesce(g.on_turn = p.seat, false) desc, g.game_id desc limit $4";
    LIST_FINISHED (UUID, TIMESTAMPTZ, UUID, INT8) -> (UUID, TIMESTAMPTZ) =
        "select game_id, ended_at from game_player
            where account_id = $1 and ended_at is not null and (ended_at, game_id) < ($2, $3)
            order by ended_at desc, game_id desc limit $4";
    COUNT_RUNNING (UUID_ARRAY) -> (UUID, INT8) =
        "select account_id, count(*) from game_player
            where account_id = any($1) and ended_at is null group by account_id";
    LIST_RUNNING_OF (UUID) -> (UUID) =
        "select game_id from game_player where account_id = $1 and ended_at is null";
    SHARE_RUNNING (UUID, UUID) -> (UUID) =
        "select game_id from game_player as one join game_player as other using (game_id)
            where one.account_id = $1 and other.account_id = $2 and one.ended_at is null limit 1";
    /// Before accounts are locked, as the end of a game locks them after it.
    LOCK_RUNNING_OF (UUID) -> (UUID) =
        "select game_id from game where game_id in (
            select game_id from game_player where account_id = $1 and ended_at is null
        ) order by game_id for no key update";
    HAND_OVER_GAMES (UUID, UUID) -> () =
        "update game set players = array_replace(players, $1, $2)
            where game_id in (
                select game_id from game where game_id in (select game_id from game_player where account_id = $1)
                    order by game_id for no key update
            )";
    HAND_OVER (UUID, UUID) -> () = "update game_player set account_id = $2 where account_id = $1";
    TELL_TIME () -> (TIMESTAMPTZ) = "select clock_timestamp()";
    /// Gives a sign of life, and enters an outage if there was none for too long; nothing from a last moment on,
    /// which counts when the row is locked.
    BEAT (TIMESTAMPTZ, INT8, TIMESTAMPTZ, TIMESTAMPTZ) -> () =
        "with last as (
            select alive_at, seen_at from uptime for update
        ), timely as (
            select alive_at, seen_at, clock_timestamp() as told_at from last where clock_timestamp() < $4
        ), outages as (
            insert into outage (from_at, to_at) select alive_at, $1 from timely
                where seen_at < told_at - $2::bigint * interval '1 microsecond' and alive_at < $1
                on conflict do nothing
        ), forgotten as (
            delete from outage where to_at < $3
        )
        update uptime set alive_at = greatest(uptime.alive_at, $1), seen_at = told_at from timely";
    LIST_OUTAGES (TIMESTAMPTZ) -> (TIMESTAMPTZ, TIMESTAMPTZ) =
        "select from_at, to_at from outage where to_at > $1 order by from_at";
}

/// A game as it is stored.
pub(super) struct GameRow {
    pub(super) terms: String,
    pub(super) players: Vec<AccountId>,
    pub(super) version: u32,
    pub(super) position: Vec<u8>,
    pub(super) progress: String,
    pub(super) stepped_at: Timestamp,
    pub(super) check_at: Option<Timestamp>,
    pub(super) set_aside_at: Option<Timestamp>,
}

/// A step as it is stored.
pub(super) struct StepRow {
    pub(super) number: u32,
    pub(super) at: Timestamp,
    pub(super) told: String,
}

/// A new game.
pub(super) struct NewRow<'a> {
    pub(super) id: GameId,
    pub(super) terms: &'a str,
    pub(super) players: &'a [AccountId],
    pub(super) position: &'a [u8],
    pub(super) progress: &'a str,
    pub(super) at: Timestamp,
    pub(super) on_turn: Option<u8>,
    pub(super) check_at: Option<Timestamp>,
    pub(super) step: &'a str,
}

pub(super) async fn insert(transaction: &Connection, game: &NewRow<'_>) -> Result<(), Error> {
    let (id, version) = (game.id.uuid(), 1_i32);
    let on_turn = game.on_turn.map(i16::from);
    let players = uuids(game.players);
    let parameters: [&(dyn ToSql + Sync); 9] = [
        &id,
        &game.terms,
        &game.at,
        &version,
        &game.position,
        &game.progress,
        &on_turn,
        &game.check_at,
        &players,
    ];
    transaction.execute(INSERT, &parameters).await?;
    transaction.execute(INSERT_PLAYERS, &[&id, &players]).await?;
    transaction.execute(INSERT_STEP, &[&id, &version, &game.at, &game.step]).await?;
    Ok(())
}

pub(super) async fn find(pool: &Pool, id: GameId) -> Result<Option<GameRow>, Error> {
    Ok(pool.read_opt(FIND, &[&id.uuid()]).await?.as_ref().map(game_row))
}

/// Those of the games that there are, in no particular order.
pub(super) async fn find_many(
    pool: &Pool,
    ids: &[GameId],
) -> Result<Vec<(GameId, GameRow)>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = pool.read(FIND_MANY, &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>(8).into(), game_row(row))).collect())
}

pub(super) fn game_row(row: &Row) -> GameRow {
    GameRow {
        terms: row.get(0),
        players: row.get::<_, Vec<Uuid>>(1).into_iter().map(AccountId::from).collect(),
        version: row.get::<_, i32>(2).unsigned_abs(),
        position: row.get(3),
        progress: row.get(4),
        stepped_at: row.get(5),
        check_at: row.get(6),
        set_aside_at: row.get(7),
    }
}

/// Terms, players in the order of their seats, and when the game has ended.
pub(super) async fn find_terms(
    pool: &Pool,
    id: GameId,
) -> Result<Option<(String, Vec<AccountId>, Option<Timestamp>)>, Error> {
    let row = pool.read_opt(FIND_TERMS, &[&id.uuid()]).await?;
    Ok(row.map(|row| {
        let players = row.get::<_, Vec<Uuid>>(1).into_iter().map(AccountId::from).collect();
        (row.get(0), players, row.get(2))
    }))
}

/// The steps of a game up to one, in order.
pub(super) async fn list_steps(pool: &Pool, id: GameId, until: u32) -> Result<Vec<StepRow>, Error> {
    let until = i32::try_from(until).unwrap_or(i32::MAX);
    let rows = pool.read(LIST_STEPS, &[&id.uuid(), &until]).await?;
    Ok(rows.iter().map(|row| step_row(row, 0)).collect())
}

/// A step whose columns begin at a place.
pub(super) fn step_row(row: &Row, first: usize) -> StepRow {
    let number = row.get::<_, i32>(first).unsigned_abs();
    StepRow { number, at: row.get(first + 1), told: row.get(first + 2) }
}

/// The number of the step that was taken for a request, and what the request had asked for.
pub(super) async fn find_request(
    pool: &Pool,
    id: GameId,
    request: &RequestKey,
) -> Result<Option<(u32, [u8; 16])>, Error> {
    let key_hash = request.key_hash.as_slice();
    let row = pool.read_opt(FIND_REQUEST, &[&id.uuid(), &key_hash]).await?;
    Ok(row.map(|row| {
        let hash: Vec<u8> = row.get(1);
        (row.get::<_, i32>(0).unsigned_abs(), hash.try_into().unwrap_or_default())
    }))
}

pub(super) async fn look_later(
    pool: &Pool,
    id: GameId,
    version: u32,
    at: Timestamp,
) -> Result<(), Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&id.uuid(), &(version as i32), &at];
    pool.get().await?.execute(LOOK_LATER, &parameters).await.map(drop)
}

/// Tells whether it was not set aside already.
pub(super) async fn set_aside(
    pool: &Pool,
    id: GameId,
    at: Timestamp,
    reason: &str,
) -> Result<bool, Error> {
    let row = pool.get().await?.query_opt(SET_ASIDE, &[&id.uuid(), &at, &reason]).await?;
    Ok(row.is_some())
}

/// Games whose clocks are to be looked at by then, the most urgent first.
pub(super) async fn list_due(
    pool: &Pool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<GameId>, Error> {
    Ok(ids(&pool.read(LIST_DUE, &[&now, &limit]).await?))
}

/// Games that were set aside, after one.
pub(super) async fn list_set_aside(
    pool: &Pool,
    after: GameId,
    limit: i64,
) -> Result<Vec<GameId>, Error> {
    Ok(ids(&pool.read(LIST_SET_ASIDE, &[&after.uuid(), &limit]).await?))
}

/// Places of a player's running games before one of them in their list.
pub(super) async fn list_running(
    pool: &Pool,
    player: AccountId,
    (is_on_turn, id): (bool, GameId),
    limit: i64,
) -> Result<Vec<(bool, GameId)>, Error> {
    let parameters: [&(dyn ToSql + Sync); 4] = [&player.uuid(), &is_on_turn, &id.uuid(), &limit];
    let rows = pool.read(LIST_RUNNING, &parameters).await?;
    Ok(rows.iter().map(|row| (row.get(1), row.get::<_, Uuid>(0).into())).collect())
}

/// Places of a player's finished games before one of them in their list.
pub(super) async fn list_finished(
    pool: &Pool,
    player: AccountId,
    (ended_at, id): (Timestamp, GameId),
    limit: i64,
) -> Result<Vec<(Timestamp, GameId)>, Error> {
    let parameters: [&(dyn ToSql + Sync); 4] = [&player.uuid(), &ended_at, &id.uuid(), &limit];
    let rows = pool.read(LIST_FINISHED, &parameters).await?;
    Ok(rows.iter().map(|row| (row.get(1), row.get::<_, Uuid>(0).into())).collect())
}

/// How many games each of them plays; none for those who play none.
pub(super) async fn count_running(
    connection: &Connection,
    players: &[AccountId],
) -> Result<Vec<(AccountId, i64)>, Error> {
    let rows = connection.query(COUNT_RUNNING, &[&uuids(players)]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>(0).into(), row.get(1))).collect())
}

pub(super) async fn list_running_of(pool: &Pool, player: AccountId) -> Result<Vec<GameId>, Error> {
    Ok(ids(&pool.read(LIST_RUNNING_OF, &[&player.uuid()]).await?))
}

/// Whether they play each other at the moment.
pub(super) async fn share_running(
    transaction: &Connection,
    one: AccountId,
    other: AccountId,
) -> Result<bool, Error> {
    Ok(transaction.query_opt(SHARE_RUNNING, &[&one.uuid(), &other.uuid()]).await?.is_some())
}

/// Locks a player's running games until the transaction ends.
pub(super) async fn lock_running_of(
    transaction: &Connection,
    player: AccountId,
) -> Result<(), Error> {
    transaction.query(LOCK_RUNNING_OF, &[&player.uuid()]).await.map(drop)
}

/// Gives all of a player's seats to another.
pub(super) async fn hand_over(
    transaction: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<(), Error> {
    transaction.execute(HAND_OVER_GAMES, &[&from.uuid(), &to.uuid()]).await?;
    transaction.execute(HAND_OVER, &[&from.uuid(), &to.uuid()]).await.map(drop)
}

/// What time it is by the database's clock.
pub(super) async fn tell_time(pool: &Pool) -> Result<Timestamp, Error> {
    let row = pool.get().await?.query_opt(TELL_TIME, &[]).await?;
    Ok(row.expect("a question about no table has one answer").get(0))
}

/// Gives a sign of life, unless it comes after the last moment by the database's clock, and forgets the outages
/// that ended before another; tells whether it was given.
pub(super) async fn beat(
    pool: &Pool,
    now: Timestamp,
    outage_min: Duration,
    forgotten: Timestamp,
    last_moment: Timestamp,
) -> Result<bool, Error> {
    let outage_min_us = i64::try_from(outage_min.as_micros()).unwrap_or(i64::MAX);
    let parameters: [&(dyn ToSql + Sync); 4] = [&now, &outage_min_us, &forgotten, &last_moment];
    Ok(pool.get().await?.execute(BEAT, &parameters).await? > 0)
}

/// The outages that ended after a moment.
pub(super) async fn list_outages(pool: &Pool, after: Timestamp) -> Result<Outages, Error> {
    let outage = |row: &Row| Outage { from: row.get(0), to: row.get(1) };
    let rows = pool.read(LIST_OUTAGES, &[&after]).await?;
    Ok(Outages::new(rows.iter().map(outage).collect()))
}

fn ids(rows: &[Row]) -> Vec<GameId> {
    rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect()
}

pub(super) fn uuids(accounts: &[AccountId]) -> Vec<Uuid> {
    accounts.iter().map(|account| account.uuid()).collect()
}
