//! The statements over `event` and `event_pruned`; nobody else writes them.

use tokio_postgres::Row;

use super::cursor::{Cursor, RowId};
use super::types::Told;
use crate::postgres::{Connection, Error, Parameters, Pool, queries};
use crate::time::Timestamp;

/// The channel of NOTIFY by which processes wake each other.
pub(super) const CHANNEL: &str = "event_told";

/// How many rows a page holds, and after how many bytes no row is begun: with the last one it is at most
/// [`Told::BYTES_MAX`] longer.
const PAGE_ROWS: i64 = 256;
const PAGE_BYTES: i64 = 65_536;

/// The text of a statement that tells something once for each row of `source`, at a moment: for
/// statements that do all of their work at once, as a part of `with`. The three are an SQL name and
/// parameters:
///
/// ```text
/// concat!(
///     "with moved as (update … returning game_id), ",
///     "told as (", insert_told!("moved", "$7", "$8"), ") select …",
/// )
/// ```
///
/// Whoever runs it calls [`Events::wake`](super::Events::wake) afterwards.
macro_rules! insert_told {
    ($source:literal, $at:literal, $told:literal) => {
        concat!(
            "insert into event (at, told) select ",
            $at,
            "::timestamptz, ",
            $told,
            "::text from ",
            $source
        )
    };
}
pub(crate) use insert_told;

/// The index of the last message of a row; of one that has none, or is no array, 0.
macro_rules! last_index {
    () => {
        "greatest(json_array_length((case when told ^@ '[' then told else '[]' end)::json) - 1, 0)"
    };
}

queries! {
    APPEND (TIMESTAMPTZ, TEXT) -> () = insert_told!("(values (true)) as once", "$1", "$2");
    ANNOUNCE (TEXT, TEXT) -> (VOID) = "select pg_notify($1, $2)";
    /// The newest row that can be read, and since when the oldest waits that can't be.
    LOOK () -> (XID8, INT8, TIMESTAMPTZ) =
        "select newest.xid, newest.position,
                (select at from event where xid >= running.xmin order by xid, position limit 1)
            from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) as running
            left join lateral (
                select xid, position from event where xid < running.xmin
                    order by xid desc, position desc limit 1
            ) as newest on true";
    /// What was cleared away last, and the newest message that can be read.
    BOUNDS () -> (XID8, INT8, INT4, XID8, INT8, INT4) = concat!(
        "select pruned.xid, pruned.position, pruned.index, newest.xid, newest.position, ",
        last_index!(),
        " from event_pruned as pruned
            left join lateral (
                select xid, position, told from event
                    where xid < pg_snapshot_xmin(pg_current_snapshot())
                    order by xid desc, position desc limit 1
            ) as newest on true"
    );
    /// Rows after a row; none where something after the cursor was cleared away.
    PAGE (XID8, INT8, XID8, INT8, INT4, INT8, INT8) -> (XID8, INT8, TIMESTAMPTZ, TEXT) =
        "select xid, position, at, told
            from (
                select xid, position, at, told, sum(octet_length(told)) over (
                        order by xid, position rows between unbounded preceding and 1 preceding
                    ) as bytes_before
                from (
                    select xid, position, at, told from event
                        where (xid, position) > ($1, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
                        order by xid, position limit $6
                ) as next
            ) as page
            where coalesce(bytes_before, 0) < $7
                and not exists (select from event_pruned where (xid, position, index) > ($3, $4, $5))
            order by xid, position";
    /// Clears the first rows away as far as they are older than a moment, unless another process is
    /// about it. A row that came before an older one waits for it, and so leaves with it.
    PRUNE (TIMESTAMPTZ, INT8) -> (INT8) = concat!(
        "with alone as materialized (select is_one from event_pruned for update skip locked),
            first as (
                select xid, position, bool_and(at < $1) over (order by xid, position) as is_old
                from (
                    select xid, position, at from event
                        where xid < pg_snapshot_xmin(pg_current_snapshot())
                        order by xid, position limit $2
                ) as portion
            ),
            gone as (
                delete from event using first
                    where event.xid = first.xid and event.position = first.position and is_old
                        and exists (select from alone)
                returning event.xid, event.position
            ),
            last as (
                select event.xid, event.position, ",
        last_index!(),
        " as index
                from (select xid, position from gone order by xid desc, position desc limit 1) as end_of_gone
                join event on event.xid = end_of_gone.xid and event.position = end_of_gone.position
            ),
            moved as (
                update event_pruned set xid = last.xid, position = last.position, index = last.index
                    from last
            )
            select count(*) from gone"
    );
}

/// How far the stream reaches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The last message that was cleared away.
    pub(super) pruned: Cursor,
    /// The newest that can be read; where there is none, what was cleared away last.
    pub(super) newest: Cursor,
}

/// What there is to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// The newest row; none where there are no rows.
    pub(super) newest: Option<RowId>,
    /// Since when the oldest row waits that can't be read yet, or may be rolled back.
    pub(super) waiting_since: Option<Timestamp>,
}

/// What one transaction told at once.
#[derive(Debug)]
pub(super) struct ToldRow {
    pub(super) id: RowId,
    pub(super) at: Timestamp,
    pub(super) told: String,
}

pub(super) async fn append(
    transaction: &Connection,
    told: &Told,
    now: Timestamp,
) -> Result<(), Error> {
    transaction.execute(APPEND, &[&now, &told.as_str()]).await.map(drop)
}

/// Wakes the other processes; `by` tells this one of its own word.
pub(super) async fn announce(pool: &Pool, by: &str) -> Result<(), Error> {
    pool.get().await?.execute(ANNOUNCE, &[&CHANNEL, &by]).await.map(drop)
}

pub(super) async fn look(pool: &Pool) -> Result<Look, Error> {
    let row = pool.read_opt(LOOK, &[]).await?;
    Ok(Look {
        newest: row.as_ref().and_then(|row| row_id(row, 0)),
        waiting_since: row.and_then(|row| row.get(2)),
    })
}

pub(super) async fn bounds(pool: &Pool) -> Result<Bounds, Error> {
    let row = pool.read_opt(BOUNDS, &[]).await?;
    let at = |row: &Row, column: usize| {
        row_id(row, column).map(|id| Cursor { row: id, index: row.get(column + 2) })
    };
    let pruned = row.as_ref().and_then(|row| at(row, 0)).unwrap_or_default();
    let newest = row.as_ref().and_then(|row| at(row, 3)).unwrap_or(pruned);
    Ok(Bounds { pruned, newest })
}

/// The next rows after a row, in order, for a reader who has come to `cursor`; none also where some that it
/// has not read were cleared away.
pub(super) async fn page(pool: &Pool, after: RowId, cursor: Cursor) -> Result<Vec<ToldRow>, Error> {
    let Cursor { row, index } = cursor;
    let parameters: Parameters<'_> =
        &[&after.xid, &after.position, &row.xid, &row.position, &index, &PAGE_ROWS, &PAGE_BYTES];
    let rows = pool.read(PAGE, parameters).await?;
    let told = |row: &Row| ToldRow {
        id: RowId { xid: row.get(0), position: row.get(1) },
        at: row.get(2),
        told: row.get(3),
    };
    Ok(rows.iter().map(told).collect())
}

/// Clears a portion away; tells how many rows that were.
pub(super) async fn prune(pool: &Pool, before: Timestamp, rows_max: i64) -> Result<u64, Error> {
    let row = pool.get().await?.query_opt(PRUNE, &[&before, &rows_max]).await?;
    Ok(row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
}

fn row_id(row: &Row, column: usize) -> Option<RowId> {
    let xid = row.get::<_, Option<_>>(column)?;
    Some(RowId { xid, position: row.get(column + 1) })
}
