//! The statements over `invitation` and `invitation_player`; nobody else writes them.

use postgres_types::ToSql;
use tokio_postgres::Row;
use uuid::Uuid;

use super::types::{Invitation, InvitationOutcome, Invited, Listed};
use crate::id::{AccountId, GameId, InvitationId};
use crate::lobby::service::terms;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

/// The columns of an invitation in the order in which [`invitation`] reads them.
macro_rules! invitation_columns {
    () => {
        "invitation_id, inviter_id, terms, is_real_time, rematch_of, opened_at, expires_at, outcome, \
         closed_by, game_id, \
         array(select account_id from invitation_player as p where p.invitation_id = i.invitation_id order by place), \
         array(select seat from invitation_player as p where p.invitation_id = i.invitation_id order by place), \
         array(select accepted_at is not null from invitation_player as p where p.invitation_id = i.invitation_id order by place)"
    };
}

/// Whether an invitation's players are none of whom one has blocked another: otherwise it comes to nothing, and
/// is not counted.
macro_rules! may_begin {
    () => {
        "not exists (select from invitation_player as one join invitation_player as other using (invitation_id) \
            join block on blocker_id = one.account_id and blocked_id = other.account_id \
            where invitation_id = i.invitation_id)"
    };
}

queries! {
    INSERT (UUID, UUID, TEXT, BOOL, UUID, TIMESTAMPTZ, TIMESTAMPTZ) -> () =
        "insert into invitation (invitation_id, inviter_id, terms, is_real_time, rematch_of, opened_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7)";
    INSERT_PLAYERS (UUID, UUID_ARRAY, INT2_ARRAY, UUID, TIMESTAMPTZ) -> () =
        "insert into invitation_player (invitation_id, place, account_id, seat, accepted_at)
            select $1, place - 1, account_id, seat, case when account_id = $4 then $5::timestamptz end
                from unnest($2::uuid[], $3::int2[]) with ordinality as p (account_id, seat, place)";
    FIND_MANY (UUID_ARRAY)
        -> (UUID, UUID, TEXT, BOOL, UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID, UUID_ARRAY, INT2_ARRAY, BOOL_ARRAY) =
        concat!("select ", invitation_columns!(), " from invitation as i where invitation_id = any($1)");
    /// Open ones of others to an account, the newest first.
    LIST_RECEIVED (UUID, TIMESTAMPTZ, UUID, INT8)
        -> (UUID, UUID, TEXT, BOOL, UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID, UUID_ARRAY, INT2_ARRAY, BOOL_ARRAY) =
        concat!("select ", invitation_columns!(), " from invitation as i
            where invitation_id in (select invitation_id from invitation_player where account_id = $1)
                and inviter_id <> $1 and closed_at is null and expires_at > $2 and invitation_id < $3
                and ", may_begin!(), "
            order by invitation_id desc limit $4");
    /// Open ones of an account, likewise.
    LIST_SENT (UUID, TIMESTAMPTZ, UUID, INT8)
        -> (UUID, UUID, TEXT, BOOL, UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, UUID, UUID_ARRAY, INT2_ARRAY, BOOL_ARRAY) =
        concat!("select ", invitation_columns!(), " from invitation as i
            where inviter_id = $1 and closed_at is null and expires_at > $2 and invitation_id < $3
                and ", may_begin!(), "
            order by invitation_id desc limit $4");
    /// An array is looked up id by id; with a join all open invitations would be read.
    LIST_OPEN_OF (UUID_ARRAY, BOOL) -> (UUID) =
        "select invitation_id from invitation
            where closed_at is null and (is_real_time or not $2) and invitation_id = any(array(
                select invitation_id from invitation_player
                    where account_id = any($1) and (accepted_at is not null or not $2)))";
    COUNT_SENT (UUID, TIMESTAMPTZ) -> (INT8) =
        concat!("select count(*) from invitation as i
            where inviter_id = $1 and closed_at is null and expires_at > $2 and ", may_begin!());
    FIND_SENT (UUID, TIMESTAMPTZ, INT8) -> (TIMESTAMPTZ) =
        "select opened_at from invitation where inviter_id = $1 and opened_at > $2
            order by opened_at desc offset $3 limit 1";
    /// The most that any of the accounts has received.
    COUNT_RECEIVED (UUID_ARRAY, TIMESTAMPTZ) -> (INT8) =
        concat!("select count(*) from invitation_player as p join invitation as i using (invitation_id)
            where p.account_id = any($1) and i.inviter_id <> p.account_id
                and i.closed_at is null and i.expires_at > $2 and ", may_begin!(), "
            group by p.account_id order by 1 desc limit 1");
    FIND_REMATCH (UUID) -> (UUID) =
        "select invitation_id from invitation
            where rematch_of = $1 and (outcome is null or outcome = 'accepted')";
    ACCEPT (UUID, UUID, TIMESTAMPTZ) -> () =
        "update invitation_player set accepted_at = $3
            where invitation_id = $1 and account_id = $2 and accepted_at is null";
    RETRACT (UUID, UUID_ARRAY) -> () =
        "update invitation_player set accepted_at = null where invitation_id = $1 and account_id = any($2)";
    CLOSE (UUID, TIMESTAMPTZ, TEXT, UUID, UUID) -> () =
        "update invitation set closed_at = $2, outcome = $3, closed_by = $4, game_id = $5
            where invitation_id = $1 and closed_at is null";
    /// Of which games have come: whoever asks for the same rematch again is to find his own. Where the two
    /// played each other both stay as they are.
    HAND_OVER (UUID, UUID) -> () =
        "with moved as (
            update invitation_player as p set account_id = $2
                where account_id = $1
                    and invitation_id in (select invitation_id from invitation where outcome = 'accepted')
                    and not exists (select from invitation_player as other
                        where other.invitation_id = p.invitation_id and other.account_id = $2)
                returning invitation_id
        )
        update invitation set inviter_id = case inviter_id when $1 then $2 else inviter_id end,
                closed_by = case closed_by when $1 then $2 else closed_by end
            where invitation_id in (select invitation_id from moved)";
    LIST_DUE (TIMESTAMPTZ, INT8) -> (UUID) =
        "select invitation_id from invitation
            where closed_at is null and expires_at <= $1 order by expires_at limit $2";
    CLOSE_EXPIRED (UUID_ARRAY, TIMESTAMPTZ) -> (UUID, UUID_ARRAY) =
        "update invitation as i set closed_at = $2, outcome = 'expired'
            where invitation_id = any($1) and closed_at is null and expires_at <= $2
            returning invitation_id,
                array(select account_id from invitation_player as p where p.invitation_id = i.invitation_id order by place)";
    PRUNE (TIMESTAMPTZ, INT8) -> () =
        "delete from invitation where invitation_id in (
            select invitation_id from invitation where closed_at < $1 order by closed_at limit $2
                for update skip locked)";
}

pub(super) async fn insert(transaction: &Connection, invitation: &Invitation) -> Result<(), Error> {
    let id = invitation.id.uuid();
    let (inviter, at) = (invitation.inviter.uuid(), invitation.opened_at);
    let parameters: [&(dyn ToSql + Sync); 7] = [
        &id,
        &inviter,
        &invitation.terms.get(),
        &invitation.is_real_time,
        &invitation.rematch_of.map(GameId::uuid),
        &at,
        &invitation.expires_at,
    ];
    transaction.execute(INSERT, &parameters).await?;
    let accounts: Vec<Uuid> = invitation.accounts().map(AccountId::uuid).collect();
    let seats: Vec<Option<i16>> =
        invitation.players.iter().map(|player| player.seat.map(i16::from)).collect();
    let parameters: [&(dyn ToSql + Sync); 5] = [&id, &accounts, &seats, &inviter, &at];
    transaction.execute(INSERT_PLAYERS, &parameters).await.map(drop)
}

pub(super) async fn find(pool: &Pool, id: InvitationId) -> Result<Option<Invitation>, Error> {
    let rows = pool.read(FIND_MANY, &[&[id.uuid()].as_slice()]).await?;
    Ok(rows.first().map(invitation))
}

/// Those of the invitations that there are.
pub(in crate::lobby) async fn find_many(
    transaction: &Connection,
    ids: &[InvitationId],
) -> Result<Vec<Invitation>, Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(transaction.query(FIND_MANY, &[&ids]).await?.iter().map(invitation).collect())
}

/// Open invitations before a place, the newest first.
pub(super) async fn list(
    pool: &Pool,
    listed: Listed,
    caller: AccountId,
    now: Timestamp,
    before: InvitationId,
    limit: usize,
) -> Result<Vec<Invitation>, Error> {
    let query = match listed {
        Listed::Received => LIST_RECEIVED,
        Listed::Sent => LIST_SENT,
    };
    let parameters: [&(dyn ToSql + Sync); 4] =
        [&caller.uuid(), &now, &before.uuid(), &(limit as i64)];
    Ok(pool.read(query, &parameters).await?.iter().map(invitation).collect())
}

/// Open invitations of any of the accounts or to them; only real-time ones that they have accepted or sent,
/// where it is so wanted.
pub(in crate::lobby) async fn list_open_of(
    transaction: &Connection,
    accounts: &[AccountId],
    is_real_time_only: bool,
) -> Result<Vec<InvitationId>, Error> {
    Ok(ids(&transaction.query(LIST_OPEN_OF, &[&uuids(accounts), &is_real_time_only]).await?))
}

/// How many open invitations an account has sent.
pub(super) async fn count_sent(
    transaction: &Connection,
    account: AccountId,
    now: Timestamp,
) -> Result<i64, Error> {
    let row = transaction.query_opt(COUNT_SENT, &[&account.uuid(), &now]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// When an account sent the last but so many of its invitations, if that was after a moment.
pub(super) async fn find_sent(
    transaction: &Connection,
    account: AccountId,
    after: Timestamp,
    place: i64,
) -> Result<Option<Timestamp>, Error> {
    let parameters: [&(dyn ToSql + Sync); 3] = [&account.uuid(), &after, &(place - 1)];
    Ok(transaction.query_opt(FIND_SENT, &parameters).await?.map(|row| row.get(0)))
}

/// How many open invitations that one of the accounts has received that has the most.
pub(super) async fn count_received(
    transaction: &Connection,
    accounts: &[AccountId],
    now: Timestamp,
) -> Result<i64, Error> {
    let row = transaction.query_opt(COUNT_RECEIVED, &[&uuids(accounts), &now]).await?;
    Ok(row.map_or(0, |row| row.get(0)))
}

/// The invitation by which a game is to be played again, or was.
pub(super) async fn find_rematch(
    transaction: &Connection,
    game: GameId,
) -> Result<Option<InvitationId>, Error> {
    Ok(ids(&transaction.query(FIND_REMATCH, &[&game.uuid()]).await?).pop())
}

pub(super) async fn accept(
    transaction: &Connection,
    id: InvitationId,
    account: AccountId,
    now: Timestamp,
) -> Result<(), Error> {
    transaction.execute(ACCEPT, &[&id.uuid(), &account.uuid(), &now]).await.map(drop)
}

/// Takes back that accounts have accepted.
pub(super) async fn retract(
    transaction: &Connection,
    id: InvitationId,
    accounts: &[AccountId],
) -> Result<(), Error> {
    transaction.execute(RETRACT, &[&id.uuid(), &uuids(accounts)]).await.map(drop)
}

/// Tells whether it was open.
pub(in crate::lobby) async fn close(
    transaction: &Connection,
    id: InvitationId,
    now: Timestamp,
    outcome: InvitationOutcome,
    by: Option<AccountId>,
) -> Result<bool, Error> {
    let (status, game_id) = (outcome.status().as_str(), outcome.game_id().map(GameId::uuid));
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&id.uuid(), &now, &status, &by.map(AccountId::uuid), &game_id];
    Ok(transaction.execute(CLOSE, &parameters).await? > 0)
}

/// Gives the place of an account in invitations that have become games to another.
pub(in crate::lobby) async fn hand_over(
    transaction: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<(), Error> {
    transaction.execute(HAND_OVER, &[&from.uuid(), &to.uuid()]).await.map(drop)
}

/// Invitations whose time is over, the first to expire first.
pub(in crate::lobby) async fn list_due(
    transaction: &Connection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<InvitationId>, Error> {
    Ok(ids(&transaction.query(LIST_DUE, &[&now, &limit]).await?))
}

/// Closes those of the invitations whose time is over; gives which, each with its accounts.
pub(in crate::lobby) async fn close_expired(
    transaction: &Connection,
    invitations: &[InvitationId],
    now: Timestamp,
) -> Result<Vec<(InvitationId, Vec<AccountId>)>, Error> {
    let invitations: Vec<Uuid> = invitations.iter().map(|id| id.uuid()).collect();
    let rows = transaction.query(CLOSE_EXPIRED, &[&invitations, &now]).await?;
    Ok(rows.iter().map(|row| (row.get::<_, Uuid>(0).into(), accounts(row, 1))).collect())
}

/// Forgets invitations that ended before a moment; tells how many.
pub(in crate::lobby) async fn prune(
    pool: &Pool,
    before: Timestamp,
    limit: i64,
) -> Result<u64, Error> {
    pool.get().await?.execute(PRUNE, &[&before, &limit]).await
}

fn uuids(accounts: &[AccountId]) -> Vec<Uuid> {
    accounts.iter().map(|id| id.uuid()).collect()
}

fn ids(rows: &[Row]) -> Vec<InvitationId> {
    rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect()
}

fn accounts(row: &Row, column: usize) -> Vec<AccountId> {
    row.get::<_, Vec<Uuid>>(column).into_iter().map(AccountId::from).collect()
}

fn invitation(row: &Row) -> Invitation {
    let seats: Vec<Option<i16>> = row.get(11);
    let have_accepted: Vec<bool> = row.get(12);
    let players = accounts(row, 10).into_iter().zip(seats).zip(have_accepted);
    let players = players.map(|((account, seat), has_accepted)| Invited {
        account,
        seat: seat.and_then(|seat| u8::try_from(seat).ok()),
        has_accepted,
    });
    let game_id = row.get::<_, Option<Uuid>>(9).map(GameId::from);
    let outcome = match (row.get::<_, Option<&str>>(7), game_id) {
        (_, Some(game_id)) => Some(InvitationOutcome::Accepted(game_id)),
        (Some("declined"), None) => Some(InvitationOutcome::Declined),
        (Some("withdrawn"), None) => Some(InvitationOutcome::Withdrawn),
        (Some(_), None) => Some(InvitationOutcome::Expired),
        (None, None) => None,
    };
    let by = row.get::<_, Option<Uuid>>(8).map(AccountId::from);
    Invitation {
        id: row.get::<_, Uuid>(0).into(),
        inviter: row.get::<_, Uuid>(1).into(),
        terms: terms(row.get(2)),
        is_real_time: row.get(3),
        players: players.collect(),
        rematch_of: row.get::<_, Option<Uuid>>(4).map(GameId::from),
        opened_at: row.get(5),
        expires_at: row.get(6),
        closed: outcome.map(|outcome| (outcome, by)),
    }
}
