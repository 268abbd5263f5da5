//! The statements over `seek` and `seek_member`; nobody else writes them.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::types::{Admission, Listed, Seek, SeekOutcome, Strength, WhoMayJoin};
use crate::id::{AccountId, GameId, SeekId};
use crate::lobby::service::terms;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

/// The columns of a seek in the order in which [`seek`] reads them.
macro_rules! seek_columns {
    () => {
        "seek_id, owner_id, owner_rating, owner_is_established, terms, category, is_real_time, \
         seats, rating_min, rating_max, established_only, opened_at, expires_at, outcome, game_id, \
         array(select account_id from seek_member as m where m.seek_id = s.seek_id order by joined_at, account_id)"
    };
}

queries! {
    INSERT (UUID, UUID, TEXT, TEXT, BOOL, INT2, INT4, BOOL, INT4, INT4, BOOL, TIMESTAMPTZ, TIMESTAMPTZ) -> () =
        "insert into seek (seek_id, owner_id, terms, category, is_real_time, seats, owner_rating,
                owner_is_established, rating_min, rating_max, established_only, opened_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    FIND_MANY (UUID_ARRAY)
        -> (UUID, UUID, INT4, BOOL, TEXT, TEXT, BOOL, INT2, INT4, INT4, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID_ARRAY) =
        concat!("select ", seek_columns!(), " from seek as s where seek_id = any($1)");
    /// Open ones of others, the newest first.
    LIST_OTHERS (UUID, TIMESTAMPTZ, UUID, INT8)
        -> (UUID, UUID, INT4, BOOL, TEXT, TEXT, BOOL, INT2, INT4, INT4, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID_ARRAY) =
        concat!("select ", seek_columns!(), " from seek as s
            where closed_at is null and expires_at > $2 and seek_id < $3 and owner_id <> $1
                and not exists (select from seek_member as m where m.seek_id = s.seek_id and m.account_id = $1)
            order by seek_id desc limit $4");
    /// Open ones that an account is in, likewise.
    LIST_OWN (UUID, TIMESTAMPTZ, UUID, INT8)
        -> (UUID, UUID, INT4, BOOL, TEXT, TEXT, BOOL, INT2, INT4, INT4, BOOL, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID_ARRAY) =
        concat!("select ", seek_columns!(), " from seek as s
            where closed_at is null and expires_at > $2 and seek_id < $3
                and seek_id = any(array(
                    select seek_id from seek where owner_id = $1 and closed_at is null
                    union all select seek_id from seek_member where account_id = $1))
            order by seek_id desc limit $4");
    /// Each half has its index, and the array has one for each of its ids: with an `or`, or a join, all open
    /// seeks would be read.
    LIST_OPEN_OF (UUID_ARRAY, BOOL) -> (UUID) =
        "select seek_id from seek
            where owner_id = any($1) and closed_at is null and (is_real_time or not $2)
        union
        select seek_id from seek
            where seek_id = any(array(select seek_id from seek_member where account_id = any($1)))
                and closed_at is null and (is_real_time or not $2)";
    /// How many an account has opened, and how many it has joined.
    COUNT_OF (UUID, TIMESTAMPTZ) -> (INT8, INT8) =
        "select (select count(*) from seek where owner_id = $1 and closed_at is null and expires_at > $2),
            (select count(*) from seek_member as m join seek as s using (seek_id)
                where m.account_id = $1 and s.closed_at is null and s.expires_at > $2)";
    FIND_OPENED (UUID, TIMESTAMPTZ, INT8) -> (TIMESTAMPTZ) =
        "select opened_at from seek where owner_id = $1 and opened_at > $2
            order by opened_at desc offset $3 limit 1";
    COUNT_OPEN () -> (INT8) = "select count(*) from seek where closed_at is null";
    INSERT_MEMBER (UUID, UUID, TIMESTAMPTZ) -> () =
        "insert into seek_member (seek_id, account_id, joined_at) values ($1, $2, $3)";
    DELETE_MEMBERS (UUID, UUID_ARRAY) -> () =
        "delete from seek_member where seek_id = $1 and account_id = any($2)";
    CLOSE (UUID, TIMESTAMPTZ, TEXT, UUID) -> () =
        "update seek set closed_at = $2, outcome = $3, game_id = $4 where seek_id = $1 and closed_at is null";
    LIST_DUE (TIMESTAMPTZ, INT8) -> (UUID) =
        "select seek_id from seek where closed_at is null and expires_at <= $1 order by expires_at limit $2";
    CLOSE_EXPIRED (UUID_ARRAY, TIMESTAMPTZ) -> (UUID) =
        "update seek set closed_at = $2, outcome = 'expired'
            where seek_id = any($1) and closed_at is null and expires_at <= $2 returning seek_id";
    PRUNE (TIMESTAMPTZ, INT8) -> () =
        "delete from seek where seek_id in (
            select seek_id from seek where closed_at < $1 order by closed_at limit $2 for update skip locked)";
}

pub(super) async fn insert(transaction: &Connection, seek: &Seek) -> Result<(), Error> {
    let Admission { rating_min, rating_max, who } = seek.admission;
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &seek.id.uuid(),
        &seek.owner.uuid(),
        &seek.terms.get(),
        &seek.category,
        &seek.is_real_time,
        &i16::from(seek.seats),
        &i32::from(seek.owner_strength.rating),
        &seek.owner_strength.is_established,
        &rating_min.map(i32::from),
        &rating_max.map(i32::from),
        &(who == WhoMayJoin::Established),
        &seek.opened_at,
        &seek.expires_at,
    ];
    transaction.execute(INSERT, &parameters).await.map(drop)
}

pub(super) async fn find(pool: &Pool, id: SeekId) -> Result<Option<Seek>, Error> {
    Ok(pool.read_opt(FIND_MANY, &[&[id.uuid()].as_slice()]).await?.as_ref().map(seek))
}

/// Those of the seeks that there are.
pub(in crate::lobby) async fn find_many(
    transaction: &Connection,
    ids: &[SeekId],
) -> Result<Vec<Seek>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(transaction.query(FIND_MANY, &[&ids]).await?.iter().map(seek).collect())
}

/// Open seeks before a place, the newest first.
pub(super) async fn list(
    pool: &Pool,
    listed: Listed,
    caller: AccountId,
    now: Timestamp,
    before: SeekId,
    limit: usize,
) -> Result<Vec<Seek>, Error> {
    let query = match listed {
        Listed::Joinable => LIST_OTHERS,
        Listed::Own => LIST_OWN,
    };
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&caller.uuid(), &now, &before.uuid(), &(limit as i64)];
    Ok(pool.read(query, &parameters).await?.iter().map(seek).collect())
}

/// Open seeks that any of the accounts is in; only real-time ones, where it is so wanted.
pub(in crate::lobby) async fn list_open_of(
    transaction: &Connection,
    accounts: &[AccountId],
    is_real_time_only: bool,
) -> Result<Vec<SeekId>, Error> {
    let accounts: Vec<Uuid> = accounts.iter().map(|id| id.uuid()).collect();
    Ok(ids(&transaction.query(LIST_OPEN_OF, &[&accounts, &is_real_time_only]).await?))
}

/// How many open seeks an account has opened, and how many it has joined.
pub(super) async fn count_of(
    transaction: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<(i64, i64), Error> {
    let row = transaction.query_opt(COUNT_OF, &[&account.uuid(), &now]).await?;
    Ok(row.map_or((0, 0), |row| (row.get(0), row.get(1))))
}

/// When an account opened the last but so many of its seeks, if that was after a moment.
pub(super) async fn find_opened(
    transaction: &Connection,
    account: AccountId,
    after: Timestamp,
    place: i64,
) -> Result<Option<Timestamp>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&account.uuid(), &after, &(place - 1)];
    Ok(transaction.query_opt(FIND_OPENED, &parameters).await?.map(|row| row.get(0)))
}

/// How many seeks are open.
pub(in crate::lobby) async fn count_open(pool: &Pool) -> Result<u64, Error> {
    let row = pool.read_opt(COUNT_OPEN, &[]).await?;
    Ok(row.map_or(0, |row| row.get::<_, i64>(0).unsigned_abs()))
}

pub(super) async fn insert_member(
    transaction: &Connection,
    id: SeekId,
    account: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    transaction.execute(INSERT_MEMBER, &[&id.uuid(), &account.uuid(), &now]).await.map(drop)
}

pub(in crate::lobby) async fn delete_members(
    transaction: &Connection,
    id: SeekId,
    accounts: &[AccountId],
) -> Result<(), Error> {
    let accounts: Vec<Uuid> = accounts.iter().map(|id| id.uuid()).collect();
    transaction.execute(DELETE_MEMBERS, &[&id.uuid(), &accounts]).await.map(drop)
}

/// Tells whether it was open.
pub(in crate::lobby) async fn close(
    transaction: &Connection,
    id: SeekId,
    now: Timestamp,
    outcome: SeekOutcome,
) -> Result<bool, Error> {
    let (outcome, game_id) = match outcome {
        SeekOutcome::Taken(game_id) => ("taken", Some(game_id.uuid())),
        SeekOutcome::Withdrawn => ("withdrawn", None),
        SeekOutcome::Expired => ("expired", None),
    };
    Ok(transaction.execute(CLOSE, &[&id.uuid(), &now, &outcome, &game_id]).await? > 0)
}

/// Seeks whose time is over, the first to expire first.
pub(in crate::lobby) async fn list_due(
    transaction: &Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<SeekId>, Error> {
    Ok(ids(&transaction.query(LIST_DUE, &[&now, &limit]).await?))
}

/// Closes those of the seeks whose time is over; gives which.
pub(in crate::lobby) async fn close_expired(
    transaction: &Connection,
    seeks: &[SeekId],
    now: Timestamp,
) -> Result<Vec<SeekId>, Error> {
    let seeks: Vec<Uuid> = seeks.iter().map(|id| id.uuid()).collect();
    Ok(ids(&transaction.query(CLOSE_EXPIRED, &[&seeks, &now]).await?))
}

/// Forgets seeks that ended before a moment; tells how many.
pub(in crate::lobby) async fn prune(
    pool: &Pool,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    pool.get().await?.execute(PRUNE, &[&before, &limit]).await
}

fn ids(rows: &[Row]) -> Vec<SeekId> {
    rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect()
}

fn seek(row: &Row) -> Seek {
    let points = |column| row.get::<_, Option<i32>>(column).and_then(|it| u16::try_from(it).ok());
    let is_established_only: bool = row.get(10);
    let game_id = row.get::<_, Option<Uuid>>(14).map(GameId::from);
    let closed = match (row.get::<_, Option<&str>>(13), game_id) {
        (_, Some(game_id)) => Some(SeekOutcome::Taken(game_id)),
        (Some("withdrawn"), None) => Some(SeekOutcome::Withdrawn),
        (Some(_), None) => Some(SeekOutcome::Expired),
        (None, None) => None,
    };
    Seek {
        id: row.get::<_, Uuid>(0).into(),
        owner: row.get::<_, Uuid>(1).into(),
        owner_strength: Strength {
            rating: points(2).unwrap_or_default(),
            is_established: row.get(3),
        },
        terms: terms(row.get(4)),
        category: row.get(5),
        is_real_time: row.get(6),
        seats: u8::try_from(row.get::<_, i16>(7)).unwrap_or_default(),
        admission: Admission {
            rating_min: points(8),
            rating_max: points(9),
            who: if is_established_only { WhoMayJoin::Established } else { WhoMayJoin::Everybody },
        },
        opened_at: row.get(11),
        expires_at: row.get(12),
        closed,
        members: row.get::<_, Vec<Uuid>>(15).into_iter().map(AccountId::from).collect(),
    }
}
