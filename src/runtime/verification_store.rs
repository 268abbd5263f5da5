//! The statements by which games are verified. They only read, all of a portion in one snapshot.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::outage::{Outage, Outages};
use super::store::{GameRow, StepRow, game_row, step_row};
use crate::id::GameId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    /// The planner's estimate; less than nothing where it has none yet. To count them all takes too long.
    ESTIMATE_COUNT () -> (INT8) = "select reltuples::int8 from pg_class where oid = 'game'::regclass";
    LIST_GAMES (UUID, UUID, INT8) -> (TEXT, UUID_ARRAY, INT4, BYTEA, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, UUID, TIMESTAMPTZ, INT2, TIMESTAMPTZ, BOOL) =
        "select terms, players, version, position, progress, stepped_at, check_at, set_aside_at, game_id, started_at, on_turn, ended_at,
                exists(select from game_player as p where p.game_id = g.game_id and
                    (p.ended_at, p.account_id) is distinct from (g.ended_at, g.players[p.seat + 1]))
            from game as g where game_id > $1 and game_id <= $2 order by game_id limit $3";
    LIST_STEPS (UUID_ARRAY) -> (UUID, INT4, TIMESTAMPTZ, TEXT) =
        "select game_id, number, at, told from game_step where game_id = any($1) order by game_id, number";
    LIST_ORPHANS (UUID, UUID, INT8) -> (UUID) =
        "select distinct game_id from game_step as s
            where game_id > $1 and game_id <= $2 and not exists(select from game as g where g.game_id = s.game_id)
            order by game_id limit $3";
    LIST_OUTAGES () -> (TIMESTAMPTZ, TIMESTAMPTZ) = "select from_at, to_at from outage";
}

/// All that is stored of a game beside its steps.
pub(super) struct StoredGame {
    pub(super) id: GameId,
    pub(super) row: GameRow,
    pub(super) started_at: Timestamp,
    pub(super) on_turn: Option<u8>,
    pub(super) ended_at: Option<Timestamp>,
    /// Whether it has ended at another moment for some player.
    pub(super) differs_for_players: bool,
}

/// About how many games there are, where that is known.
pub(super) async fn estimate_count(pool: &Pool) -> Result<Option<u64>, Error> {
    let row = pool.read_opt(ESTIMATE_COUNT, &[]).await?;
    let count = row.and_then(|row| u64::try_from(row.get::<_, i64>(0)).ok());
    Ok(count.filter(|count| *count > 0))
}

/// Games after one, and up to another, in the order of their ids.
pub(super) async fn list_games(
    connection: &Connection,
    after: GameId,
    until: GameId,
    limit: i64,
) -> Result<Vec<StoredGame>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&after.uuid(), &until.uuid(), &limit];
    let game = |row: &Row| StoredGame {
        id: row.get::<_, Uuid>(8).into(),
        row: game_row(row),
        started_at: row.get(9),
        on_turn: row.get::<_, Option<i16>>(10).map(|seat| seat as u8),
        ended_at: row.get(11),
        differs_for_players: row.get(12),
    };
    Ok(connection.query(LIST_GAMES, &parameters).await?.iter().map(game).collect())
}

/// All steps of the games, in the order of the games' ids and of their numbers.
pub(super) async fn list_steps(
    connection: &Connection,
    ids: &[GameId],
) -> Result<Vec<(GameId, StepRow)>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = connection.query(LIST_STEPS, &[&ids]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>(0).into(), step_row(row, 1))).collect())
}

/// Games after one, and up to another, that are not there, and have steps.
pub(super) async fn list_orphans(
    connection: &Connection,
    after: GameId,
    until: GameId,
    limit: i64,
) -> Result<Vec<GameId>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&after.uuid(), &until.uuid(), &limit];
    let rows = connection.query(LIST_ORPHANS, &parameters).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}

pub(super) async fn list_outages(connection: &Connection) -> Result<Outages, Error> {
    let outage = |row: &Row| Outage { from: row.get(0), to: row.get(1) };
    let rows = connection.query(LIST_OUTAGES, &[]).await?;
    Ok(Outages::new(rows.iter().map(outage).collect()))
}
