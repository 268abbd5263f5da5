//! The statements over `session`; nobody else writes it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, pin_mut};
use postgres_types::{ToSql, Type};
use tokio_postgres::Row;
use tokio_postgres::binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream};

use super::announcement;
use super::token::TokenHash;
use super::types::{Client, LiveSession, Opened, Resolved, Session};
use crate::account::Role;
use crate::id::{AccountId, SessionId};
use crate::postgres::{
    ConnectError, Connection, Connector, Error, Pool, SessionOptions, Unavailable, queries,
};
use crate::time::Timestamp;

/// Whether a session is over, by the first three parameters: expired, or not seen for its idle time.
macro_rules! is_over {
    () => {
        "(expires_at <= $1 or last_seen_at <= case role when 'operator' then $3::timestamptz else $2::timestamptz end)"
    };
}

queries! {
    INSERT_MANY (UUID_ARRAY, UUID_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY, TIMESTAMPTZ_ARRAY, TEXT_ARRAY, TEXT_ARRAY) -> () =
        "insert into session
            (session_id, account_id, token_hash, role, created_at, last_seen_at, expires_at, user_agent, ip)
            select session_id, account_id, token_hash, role, created_at, created_at, expires_at, user_agent, ip
                from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[]) as opened
                    (session_id, account_id, token_hash, role, created_at, expires_at, user_agent, ip)";
    FIND_MANY (BYTEA_ARRAY) -> (BYTEA, UUID, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ) =
        "select token_hash, session_id, account_id, role, last_seen_at, expires_at from session
            where token_hash = any($1)";
    LIST (UUID, TIMESTAMPTZ) -> (UUID, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, TEXT, BYTEA) =
        "select session_id, account_id, role, created_at, last_seen_at, expires_at, user_agent, ip, token_hash
            from session where account_id = $1 and expires_at > $2 order by created_at desc, session_id";
    /// Gives a session another token; answers with the old one.
    ROTATE (UUID, UUID, BYTEA) -> (BYTEA, UUID, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ) =
        "with old as
                (select session_id, token_hash from session where account_id = $1 and session_id = $2 for update)
            update session set token_hash = $3 from old where session.session_id = old.session_id
            returning old.token_hash, session.session_id, account_id, role, last_seen_at, expires_at";
    DELETE (UUID, UUID) -> (BYTEA) =
        "delete from session where account_id = $1 and session_id = $2 returning token_hash";
    DELETE_BY_TOKEN_HASH (BYTEA) -> (BYTEA) =
        "delete from session where token_hash = $1 returning token_hash";
    /// All but the one that is kept, if any.
    DELETE_ALL (UUID, UUID) -> (BYTEA) =
        "delete from session where account_id = $1 and session_id is distinct from $2 returning token_hash";
    /// Gives the session of a token another one.
    ROTATE_BY_TOKEN_HASH (BYTEA, BYTEA) -> (UUID, UUID, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, TEXT) =
        "update session set token_hash = $2 where token_hash = $1
            returning session_id, account_id, role, created_at, last_seen_at, expires_at, user_agent, ip";
    /// Only forward. A session that somebody else writes is passed over: he knows of its use, or ends it.
    UPDATE_LAST_SEEN (BYTEA_ARRAY, TIMESTAMPTZ_ARRAY) -> () =
        "with behind as (
                select session_id, seen_at from session
                    join unnest($1::bytea[], $2::timestamptz[]) as seen (token_hash, seen_at) using (token_hash)
                    where last_seen_at < seen_at for update of session skip locked
            )
            update session set last_seen_at = seen_at from behind where session.session_id = behind.session_id";
    PAGE (TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, UUID, INT8) -> (UUID, BOOL) =
        concat!("select session_id, ", is_over!(), " from session where session_id > $4 order by session_id limit $5");
    /// Those that are over still, and that nobody is writing.
    DELETE_OVER (TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, UUID_ARRAY) -> (BYTEA) =
        concat!("with over as (
                select session_id from session where session_id = any($4) and ", is_over!(), " for update skip locked
            )
            delete from session using over where session.session_id = over.session_id returning token_hash");
    ANNOUNCE (TEXT, TEXT) -> (VOID) = "select pg_notify($1, $2)";
    /// The planner's estimate; -1 where it has none yet.
    ESTIMATE_COUNT () -> (FLOAT4) =
        "select reltuples from pg_class where oid = 'session'::regclass";
}

/// Everything live, as the warm-up reads it. COPY takes no parameters, and gets by with the server's
/// clock: what it lets through late the cache tells expired by itself.
const COPY_LIVE: &str =
    "copy (select token_hash, session_id, account_id, role = 'operator', last_seen_at, expires_at
    from session where expires_at > now()) to stdout (format binary)";
const COPY_LIVE_HASHES: &str =
    "copy (select token_hash from session where expires_at > now()) to stdout (format binary)";
const COPY_LIVE_TYPES: &[Type] =
    &[Type::BYTEA, Type::UUID, Type::UUID, Type::BOOL, Type::TIMESTAMPTZ, Type::TIMESTAMPTZ];

/// What makes a session over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over {
    /// It expires then or earlier.
    pub(super) expired_by: Timestamp,
    /// It is a player's, and was not seen after that.
    pub(super) player_unseen_since: Timestamp,
    /// It is an operator's, and was not seen after that.
    pub(super) operator_unseen_since: Timestamp,
}

/// Why the warm-up could not read all sessions.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// No connection.
    #[error("connecting failed")]
    Connect(#[source] ConnectError),
    /// The stream broke off.
    #[error("reading the sessions failed")]
    Read(#[source] Error),
}

impl StreamError {
    /// Whether waiting may help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_passing(),
            Self::Read(error) => matches!(error, Error::Unavailable(_)),
        }
    }
}

pub(super) async fn insert_many(connection: &Connection, opened: &[&Opened]) -> Result<(), Error> {
    fn column<'a, T>(opened: &[&'a Opened], read: impl Fn(&'a Opened) -> T) -> Vec<T> {
        opened.iter().map(|opened| read(opened)).collect()
    }
    let hashes = column(opened, |opened| opened.token.hash());
    let parameters: [&(dyn ToSql + Sync); 8] = [
        &column(opened, |opened| opened.session.id.uuid()),
        &column(opened, |opened| opened.session.account_id.uuid()),
        &hashes.iter().map(|hash| hash.as_bytes().as_slice()).collect::<Vec<_>>(),
        &column(opened, |opened| opened.session.role.as_str()),
        &column(opened, |opened| opened.session.created_at),
        &column(opened, |opened| opened.session.expires_at),
        &column(opened, |opened| opened.session.client.user_agent()),
        &column(opened, |opened| opened.session.client.ip().map(|ip| ip.to_string())),
    ];
    connection.execute(INSERT_MANY, &parameters).await.map(drop)
}

/// Those of the sessions that there are, in no particular order.
pub(super) async fn find_many(
    pool: &Pool,
    hashes: &[TokenHash],
) -> Result<Vec<LiveSession>, Error> {
    let hashes: Vec<&[u8]> = hashes.iter().map(|hash| hash.as_bytes().as_slice()).collect();
    let rows = pool.read(FIND_MANY, &[&hashes]).await?;
    Ok(rows.iter().map(|row| live_session(token_hash(row, 0), row, 1)).collect())
}

pub(super) async fn list(
    pool: &Pool,
    account_id: AccountId,
    now: Timestamp,
) -> Result<Vec<(TokenHash, Session)>, Error> {
    let rows = pool.read(LIST, &[&account_id.uuid(), &now]).await?;
    Ok(rows.iter().map(|row| (token_hash(row, 8), session(row))).collect())
}

/// No session where the account has none of that id; otherwise the hash that it had until now, and
/// the session under its new one.
pub(super) async fn rotate(
    connection: &Connection,
    account_id: AccountId,
    id: SessionId,
    hash: &TokenHash,
) -> Result<Option<(TokenHash, LiveSession)>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] =
        [&account_id.uuid(), &id.uuid(), &hash.as_bytes().as_slice()];
    let row = connection.query_opt(ROTATE, &parameters).await?;
    Ok(row.map(|row| (token_hash(&row, 0), live_session(*hash, &row, 1))))
}

/// The session under its new token; none where the old one is no session's.
pub(super) async fn rotate_by_token_hash(
    connection: &Connection,
    replaced: &TokenHash,
    hash: &TokenHash,
) -> Result<Option<Session>, Error> {
    let hashes = [replaced, hash].map(|hash| hash.as_bytes().as_slice());
    let row = connection.query_opt(ROTATE_BY_TOKEN_HASH, &[&hashes[0], &hashes[1]]).await?;
    Ok(row.as_ref().map(session))
}

/// Tells when sessions were seen; answers how many were not known to have been seen so late.
pub(super) async fn update_last_seen(
    connection: &Connection,
    seen: &[(TokenHash, Timestamp)],
) -> Result<u64, Error> {
    let hashes: Vec<&[u8]> = seen.iter().map(|(hash, _)| hash.as_bytes().as_slice()).collect();
    let times: Vec<Timestamp> = seen.iter().map(|(_, at)| *at).collect();
    connection.execute(UPDATE_LAST_SEEN, &[&hashes, &times]).await
}

/// The next so many sessions in the order of their ids, and whether each is over.
pub(super) async fn page(
    pool: &Pool,
    over: &Over,
    after: SessionId,
    sessions: usize,
) -> Result<Vec<(SessionId, bool)>, Error> {
    let limit = i64::try_from(sessions).unwrap_or(i64::MAX);
    let parameters: [&(dyn ToSql + Sync); 5] = [
        &over.expired_by,
        &over.player_unseen_since,
        &over.operator_unseen_since,
        &after.uuid(),
        &limit,
    ];
    let rows = pool.read(PAGE, &parameters).await?;
    Ok(rows.iter().map(|row| (row.get::<_, uuid::Uuid>(0).into(), row.get(1))).collect())
}

pub(super) async fn delete_over(
    connection: &Connection,
    over: &Over,
    ids: &[SessionId],
) -> Result<Vec<TokenHash>, Error> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&over.expired_by, &over.player_unseen_since, &over.operator_unseen_since, &ids];
    let rows = connection.query(DELETE_OVER, &parameters).await?;
    Ok(rows.iter().map(|row| token_hash(row, 0)).collect())
}

pub(super) async fn delete(
    connection: &Connection,
    account_id: AccountId,
    id: SessionId,
) -> Result<Option<TokenHash>, Error> {
    let row = connection.query_opt(DELETE, &[&account_id.uuid(), &id.uuid()]).await?;
    Ok(row.map(|row| token_hash(&row, 0)))
}

pub(super) async fn delete_by_token_hash(
    connection: &Connection,
    hash: &TokenHash,
) -> Result<Vec<TokenHash>, Error> {
    let rows = connection.query(DELETE_BY_TOKEN_HASH, &[&hash.as_bytes().as_slice()]).await?;
    Ok(rows.iter().map(|row| token_hash(row, 0)).collect())
}

pub(super) async fn delete_all(
    connection: &Connection,
    account_id: AccountId,
    kept: Option<SessionId>,
) -> Result<Vec<TokenHash>, Error> {
    let kept = kept.map(SessionId::uuid);
    Ok(connection
        .query(DELETE_ALL, &[&account_id.uuid(), &kept])
        .await?
        .iter()
        .map(|row| token_hash(row, 0))
        .collect())
}

/// About how many sessions there are; good enough to make room for them.
pub(super) async fn estimate_count(pool: &Pool) -> Result<usize, Error> {
    let row = pool.read_opt(ESTIMATE_COUNT, &[]).await?;
    let estimate = row.map_or(0.0, |row| row.get::<_, f32>(0)).max(0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, and not negative"
    )]
    Ok(estimate as usize)
}

/// Tells every process that listens, once the transaction is committed.
pub(super) async fn announce(connection: &Connection, announcement: &str) -> Result<(), Error> {
    connection.execute(ANNOUNCE, &[&announcement::CHANNEL, &announcement]).await.map(drop)
}

/// Hands every live session to `take`, in one streamed pass over the table.
pub(super) async fn for_each_live(
    connector: &Connector,
    mut take: impl FnMut(LiveSession),
) -> Result<(), StreamError> {
    for_each_copied(connector, COPY_LIVE, COPY_LIVE_TYPES, |row| {
        take(LiveSession {
            token_hash: hash_of(row.get(0)),
            resolved: Resolved {
                session_id: row.get::<uuid::Uuid>(1).into(),
                account_id: row.get::<uuid::Uuid>(2).into(),
                role: if row.get(3) { Role::Operator } else { Role::Player },
                expires_at: row.get(5),
            },
            last_seen_at: row.get(4),
        });
    })
    .await
}

/// Hands the hash of every live session's token to `take`, likewise.
pub(super) async fn for_each_live_hash(
    connector: &Connector,
    mut take: impl FnMut(TokenHash),
) -> Result<(), StreamError> {
    let take = |row: &BinaryCopyOutRow| take(hash_of(row.get(0)));
    for_each_copied(connector, COPY_LIVE_HASHES, &[Type::BYTEA], take).await
}

async fn for_each_copied(
    connector: &Connector,
    copy: &str,
    types: &[Type],
    mut take: impl FnMut(&BinaryCopyOutRow),
) -> Result<(), StreamError> {
    let (client, driver) =
        connector.connect(SessionOptions::Unbounded).await.map_err(StreamError::Connect)?;
    let read = |error: tokio_postgres::Error| StreamError::Read(error.into());
    let count = AtomicUsize::new(0);
    let reading = async {
        let rows = BinaryCopyOutStream::new(client.copy_out(copy).await.map_err(read)?, types);
        pin_mut!(rows);
        while let Some(row) = rows.next().await {
            take(&row.map_err(read)?);
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    };
    // It takes as long as it takes, but not without a row for long: the line may lead nowhere.
    let patience = connector.operation_timeout() * 2;
    let outcome = tokio::select! {
        outcome = reading => outcome,
        () = stalled(&count, patience) => {
            Err(StreamError::Read(Error::Unavailable(Unavailable::StatementTimedOut(patience))))
        }
    };
    driver.abort();
    outcome
}

/// Ends when the count has stood still for so long.
async fn stalled(count: &AtomicUsize, patience: Duration) {
    let mut before = None;
    loop {
        let now = Some(count.load(Ordering::Relaxed));
        if now == before {
            return;
        }
        before = now;
        tokio::time::sleep(patience).await;
    }
}

fn hash_of(bytes: &[u8]) -> TokenHash {
    TokenHash::from_bytes(bytes.try_into().expect("the table's constraint: 32 bytes"))
}

/// From the columns `session_id, account_id, role, last_seen_at, expires_at`, of which the first is
/// `column`.
fn live_session(token_hash: TokenHash, row: &Row, column: usize) -> LiveSession {
    LiveSession {
        token_hash,
        resolved: Resolved {
            session_id: row.get::<_, uuid::Uuid>(column).into(),
            account_id: row.get::<_, uuid::Uuid>(column + 1).into(),
            role: Role::stored(row.get(column + 2)),
            expires_at: row.get(column + 4),
        },
        last_seen_at: row.get(column + 3),
    }
}

fn session(row: &Row) -> Session {
    Session {
        id: row.get::<_, uuid::Uuid>(0).into(),
        account_id: row.get::<_, uuid::Uuid>(1).into(),
        role: Role::stored(row.get(2)),
        created_at: row.get(3),
        last_seen_at: row.get(4),
        expires_at: row.get(5),
        client: Client::stored(row.get(6), row.get(7)),
    }
}

fn token_hash(row: &Row, column: usize) -> TokenHash {
    hash_of(row.get(column))
}
