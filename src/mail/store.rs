//! The statements over `mail`; nobody else writes it.

use tokio_postgres::Row;

use super::types::{LeasedMail, NewMail};
use crate::email_address::EmailAddress;
use crate::id::MailId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

queries! {
    INSERT (UUID, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ) -> () =
        "insert into mail (mail_id, recipient, subject, body, created_at, next_attempt_at, expires_at)
            values ($1, $2, $3, $4, $5, $5, $6)";
    /// Those whom another process is just leasing are left to it.
    LEASE (TIMESTAMPTZ, INT8, TIMESTAMPTZ)
        -> (UUID, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, INT4) =
        "with due as (
                select mail_id from mail where next_attempt_at <= $1
                    order by next_attempt_at limit $2 for update skip locked
            )
            update mail set next_attempt_at = $3, attempts = attempts + 1 from due where mail.mail_id = due.mail_id
            returning mail.mail_id, recipient, subject, body, created_at, expires_at, attempts";
    POSTPONE (UUID, INT4, TIMESTAMPTZ) -> () =
        "update mail set next_attempt_at = $3 where mail_id = $1 and attempts = $2";
    DELETE (UUID) -> () = "delete from mail where mail_id = $1";
    DELETE_TO (TEXT_ARRAY) -> () = "delete from mail where recipient = any($1)";
    MEASURE () -> (INT8, TIMESTAMPTZ) = "select count(*), min(created_at) from mail";
}

pub(super) async fn insert(
    connection: &Connection,
    mail: &NewMail,
    now: Timestamp,
) -> Result<(), Error> {
    let (id, to) = (MailId::new(now).uuid(), mail.to.as_str());
    connection
        .execute(INSERT, &[&id, &to, &mail.subject, &mail.body, &now, &mail.expires_at])
        .await
        .map(drop)
}

/// Takes mails that are due, the longest due first; they are due again at `until`.
pub(super) async fn lease(
    pool: &Pool,
    now: Timestamp,
    mails_max: usize,
    until: Timestamp,
) -> Result<Vec<LeasedMail>, Error> {
    let limit = i64::try_from(mails_max).unwrap_or(i64::MAX);
    let rows = pool.get().await?.query(LEASE, &[&now, &limit, &until]).await?;
    Ok(rows.iter().map(leased).collect())
}

/// Unless its lease has passed to another meanwhile.
pub(super) async fn postpone(
    pool: &Pool,
    mail: &LeasedMail,
    until: Timestamp,
) -> Result<(), Error> {
    let connection = pool.get().await?;
    connection.execute(POSTPONE, &[&mail.id.uuid(), &mail.attempt, &until]).await.map(drop)
}

pub(super) async fn delete(pool: &Pool, id: MailId) -> Result<(), Error> {
    pool.get().await?.execute(DELETE, &[&id.uuid()]).await.map(drop)
}

/// How many there are, and since when the oldest.
pub(super) async fn measure(pool: &Pool) -> Result<(u64, Option<Timestamp>), Error> {
    let row = pool.read_opt(MEASURE, &[]).await?;
    Ok(row.map_or((0, None), |row| (row.get::<_, i64>(0).unsigned_abs(), row.get(1))))
}

fn leased(row: &Row) -> LeasedMail {
    LeasedMail {
        id: row.get::<_, uuid::Uuid>(0).into(),
        to: EmailAddress::stored(row.get(1)),
        subject: row.get(2),
        body: row.get(3),
        created_at: row.get(4),
        expires_at: row.get(5),
        attempt: row.get(6),
    }
}

pub(super) async fn delete_to(
    connection: &Connection,
    recipients: &[&EmailAddress],
) -> Result<(), Error> {
    let recipients: Vec<&str> = recipients.iter().map(|address| address.as_str()).collect();
    connection.execute(DELETE_TO, &[&recipients]).await.map(drop)
}
