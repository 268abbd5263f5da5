//! The statements over `email_challenge` and `email_throttle`; nobody else writes them.

use postgres_types::ToSql;

use super::types::{Challenge, ChallengeHash, Code, Subject};
use crate::email_address::EmailAddress;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    /// Locks the rows of subjects, making those that there are not. Always in the same order, so that
    /// no two transactions wait for each other.
    LOCK_SUBJECTS (BYTEA_ARRAY, TIMESTAMPTZ) -> (BYTEA, TIMESTAMPTZ_ARRAY) =
        "insert into email_throttle (subject, asked_at, expires_at)
            select subject, '{}', $2 from unnest($1::bytea[]) as subject order by subject
            on conflict (subject) do update set expires_at = email_throttle.expires_at
            returning subject, asked_at";
    /// Those before the second time have left every window.
    COUNT_REQUEST (BYTEA_ARRAY, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ) -> () =
        "update email_throttle set expires_at = $4,
                asked_at = array(select at from unnest(asked_at) as at where at > $3 order by at) || $2::timestamptz
            where subject = any($1)";
    INSERT (BYTEA, TEXT, BYTEA, TIMESTAMPTZ) -> () =
        "insert into email_challenge (challenge_hash, address, code_mac, expires_at) values ($1, $2, $3, $4)";
    /// No row where there is none, or nothing left to try.
    COUNT_TRY (BYTEA, TIMESTAMPTZ, INT4) -> (TEXT, BYTEA) =
        "update email_challenge set tries = tries + 1
            where challenge_hash = $1 and expires_at > $2 and tries < $3
            returning address, code_mac";
    CONSUME (BYTEA, TIMESTAMPTZ) -> () =
        "delete from email_challenge where challenge_hash = $1 and expires_at > $2";
    DELETE_OF_ADDRESSES (TEXT_ARRAY) -> () = "delete from email_challenge where address = any($1)";
    PRUNE_CHALLENGES (TIMESTAMPTZ, INT8) -> () =
        "delete from email_challenge where challenge_hash in (
            select challenge_hash from email_challenge where expires_at <= $1 limit $2 for update skip locked)";
    PRUNE_THROTTLES (TIMESTAMPTZ, INT8) -> () =
        "delete from email_throttle where subject in (
            select subject from email_throttle where expires_at <= $1 limit $2 for update skip locked)";
}

/// When each subject has asked; until the transaction ends it can't ask again.
pub(super) async fn lock_subjects(
    connection: &Connection,
    subjects: &[Subject],
    expires_at: Timestamp,
) -> Result<Vec<(Vec<u8>, Vec<Timestamp>)>, Error> {
    let subjects: Vec<&[u8]> = subjects.iter().map(|subject| subject.as_slice()).collect();
    let rows = connection.query(LOCK_SUBJECTS, &[&subjects, &expires_at]).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

pub(super) async fn count_request(
    connection: &Connection,
    subjects: &[Subject],
    now: Timestamp,
    oldest: Timestamp,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let subjects: Vec<&[u8]> = subjects.iter().map(|subject| subject.as_slice()).collect();
    connection.execute(COUNT_REQUEST, &[&subjects, &now, &oldest, &expires_at]).await.map(drop)
}

pub(super) async fn insert(
    connection: &Connection,
    challenge: &Challenge,
    address: &EmailAddress,
    code: &Code,
    expires_at: Timestamp,
) -> Result<(), Error> {
    let (hash, mac) = (challenge.hash(), challenge.mac_of(code));
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&hash.as_bytes().as_slice(), &address.as_str(), &mac.as_slice(), &expires_at];
    connection.execute(INSERT, &parameters).await.map(drop)
}

/// The address and the keyed hash of the code, with this try counted.
pub(super) async fn count_try(
    pool: &Pool,
    hash: &ChallengeHash,
    now: Timestamp,
    tries_max: i32,
) -> Result<Option<(EmailAddress, Vec<u8>)>, Error> {
    let hash = hash.as_bytes().as_slice();
    let row = pool.get().await?.query_opt(COUNT_TRY, &[&hash, &now, &tries_max]).await?;
    Ok(row.map(|row| (EmailAddress::stored(row.get(0)), row.get(1))))
}

/// Whether it was still there.
pub(super) async fn consume(
    connection: &Connection,
    hash: &ChallengeHash,
    now: Timestamp,
) -> Result<bool, Error> {
    Ok(connection.execute(CONSUME, &[&hash.as_bytes().as_slice(), &now]).await? == 1)
}

/// Deletes at most so many rows of each table that mean nothing any more; tells how many at most of one.
pub(super) async fn prune(pool: &Pool, now: Timestamp, rows_max: i64) -> Result<u64, Error> {
    let connection = pool.get().await?;
    let challenges = connection.execute(PRUNE_CHALLENGES, &[&now, &rows_max]).await?;
    let throttles = connection.execute(PRUNE_THROTTLES, &[&now, &rows_max]).await?;
    Ok(challenges.max(throttles))
}

pub(super) async fn delete_of_addresses(
    connection: &Connection,
    addresses: &[&EmailAddress],
) -> Result<(), Error> {
    let addresses: Vec<&str> = addresses.iter().map(|address| address.as_str()).collect();
    connection.execute(DELETE_OF_ADDRESSES, &[&addresses]).await.map(drop)
}
