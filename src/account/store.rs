//! The statements over `account` and `identity`; nobody else writes them.

use std::collections::HashSet;

use postgres_types::ToSql;
use tokio_postgres::Row;

use super::display_name::DisplayName;
use super::identity::{Identity, IdentityKey, PlatformIdentity};
use super::types::{Account, Changes, Deletion, Language, Reason, Role, Suspension, TimeZone};
use crate::email_address::EmailAddress;
use crate::id::{AccountId, IdentityId};
use crate::postgres::{Connection, Error, Pool, queries};
use crate::time::Timestamp;

/// The columns of an account in the order in which [`account`] reads them.
macro_rules! account_columns {
    () => {
        "account.account_id, display_name, language, time_zone, role, suspended_at, suspended_until, \
         suspension_reason, suspended_by, deleted_at, merged_into, version, account.created_at, updated_at"
    };
}

/// The columns of an identity in the order in which [`identity`] reads them.
macro_rules! identity_columns {
    () => {
        "identity_id, account_id, kind, provider, subject, address, created_at"
    };
}

queries! {
    FIND (UUID)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("select ", account_columns!(), " from account where account_id = $1");
    /// Until the transaction ends nobody changes this account or opens a session for it; rows that
    /// only refer to it may still be written.
    FIND_FOR_UPDATE (UUID)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("select ", account_columns!(), " from account where account_id = $1 for no key update");
    /// The same for several, always in the same order.
    FIND_MANY_FOR_UPDATE (UUID_ARRAY)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("select ", account_columns!(), " from account where account_id = any($1)
            order by account_id for no key update");
    FIND_MANY (UUID_ARRAY)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("select ", account_columns!(), " from account where account_id = any($1)");
    /// The share lock makes a suspension, which updates the account, wait until the session that is
    /// being opened can be seen and revoked, or this one wait and see the suspension.
    FIND_BY_KEY (TEXT, TEXT, TEXT)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("select ", account_columns!(), " from account join identity using (account_id)
            where (provider = $1 and subject = $2) or address = $3 for share of account");
    /// Which of many identities lead where, by their place in the list; an account that another
    /// transaction has locked is left out, rather than have all wait for it. Locked as above, always in
    /// the same order, so that no two transactions wait for each other.
    FIND_BY_PLATFORMS (TEXT_ARRAY, TEXT_ARRAY)
        -> (INT8, UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("with wanted as (
                select place, account_id from unnest($1::text[], $2::text[]) with ordinality as login (provider, subject, place)
                    join identity using (provider, subject)
            ), account as (
                select * from account where account_id in (select account_id from wanted)
                    order by account_id for share skip locked
            )
            select place, ", account_columns!(), " from wanted left join account using (account_id)");
    /// Makes accounts, each with its identity; answers which. Those whose identity is taken are left out.
    INSERT_MANY (UUID_ARRAY, UUID_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TEXT, TIMESTAMPTZ)
        -> (UUID) =
        "with new as (
                select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[]) as new
                    (account_id, identity_id, kind, provider, subject, display_name, language, time_zone)
            ), linked as (
                insert into identity (identity_id, account_id, kind, provider, subject, created_at)
                    select identity_id, account_id, kind, provider, subject, $10 from new order by provider, subject
                    on conflict on constraint identity_is_unique do nothing
                    returning account_id
            )
            insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
                select account_id, display_name, language, time_zone, $9, $10, $10
                    from new where account_id in (select account_id from linked)
                returning account_id";
    INSERT (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ) -> () =
        "insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $6)";
    UPDATE (UUID, TEXT, TEXT, TEXT, TIMESTAMPTZ)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("update account set display_name = coalesce($2, display_name), language = coalesce($3, language),
                time_zone = coalesce($4, time_zone), version = version + 1, updated_at = $5
            where account_id = $1 returning ", account_columns!());
    UPDATE_SUSPENSION (UUID, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("update account set suspended_at = $2, suspended_until = $3, suspension_reason = $4,
                suspended_by = $5, version = version + 1, updated_at = $6
            where account_id = $1 returning ", account_columns!());
    UPDATE_ROLE (UUID, TEXT, TIMESTAMPTZ)
        -> (UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, UUID, TIMESTAMPTZ, UUID, INT4, TIMESTAMPTZ, TIMESTAMPTZ) =
        concat!("update account set role = $2, version = version + 1, updated_at = $3
            where account_id = $1 returning ", account_columns!());
    /// No row where the identity is taken.
    INSERT_IDENTITY (UUID, UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ) -> (UUID, UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ) =
        concat!("insert into identity (identity_id, account_id, kind, provider, subject, address, created_at)
            values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing
            returning ", identity_columns!());
    FIND_IDENTITY (TEXT, TEXT, TEXT) -> (UUID, UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ) =
        concat!("select ", identity_columns!(), " from identity where (provider = $1 and subject = $2) or address = $3");
    LIST_IDENTITIES (UUID) -> (UUID, UUID, TEXT, TEXT, TEXT, TEXT, TIMESTAMPTZ) =
        concat!("select ", identity_columns!(), " from identity where account_id = $1 order by created_at, identity_id");
    DELETE_IDENTITY (UUID, UUID) -> () =
        "delete from identity where account_id = $1 and identity_id = $2";
    DELETE_GUEST_IDENTITY (UUID) -> () =
        "delete from identity where account_id = $1 and kind = 'guest'";
    DELETE_IDENTITIES (UUID) -> () =
        "delete from identity where account_id = $1";
    MOVE_IDENTITIES (UUID, UUID) -> () =
        "update identity set account_id = $2 where account_id = $1 and kind <> 'guest'";
    /// Nothing is left of the player, nor of what operators wrote of him.
    CLEAR (UUID, TEXT, TEXT, TEXT, TEXT, UUID, TIMESTAMPTZ) -> () =
        "update account set display_name = $2, language = $3, time_zone = $4, role = $5, suspended_at = null,
                suspended_until = null, suspension_reason = null, suspended_by = null, merged_into = $6,
                deleted_at = $7, version = version + 1, updated_at = $7
            where account_id = $1";
    /// What was merged into an account that is merged itself is a part of the other one, too.
    POINT_ON (UUID, UUID) -> () =
        "update account set merged_into = $2 where merged_into = $1";
}

pub(super) async fn find(pool: &Pool, id: AccountId) -> Result<Option<Account>, Error> {
    Ok(pool.read_opt(FIND, &[&id.uuid()]).await?.as_ref().map(account))
}

pub(super) async fn find_for_update(
    connection: &Connection,
    id: AccountId,
) -> Result<Option<Account>, Error> {
    Ok(connection.query_opt(FIND_FOR_UPDATE, &[&id.uuid()]).await?.as_ref().map(account))
}

/// Those that there are, locked.
pub(super) async fn find_many_for_update(
    connection: &Connection,
    ids: &[AccountId],
) -> Result<Vec<Account>, Error> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(connection.query(FIND_MANY_FOR_UPDATE, &[&ids]).await?.iter().map(account).collect())
}

pub(super) async fn find_many(pool: &Pool, ids: &[AccountId]) -> Result<Vec<Account>, Error> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.uuid()).collect();
    Ok(pool.read(FIND_MANY, &[&ids]).await?.iter().map(account).collect())
}

/// None for a guest, whom nobody finds again.
pub(super) async fn find_by_key(
    connection: &Connection,
    key: &IdentityKey,
) -> Result<Option<Account>, Error> {
    let (_, provider, subject, address) = identity_parts(key);
    let row = connection.query_opt(FIND_BY_KEY, &[&provider, &subject, &address]).await?;
    Ok(row.as_ref().map(account))
}

/// By their places in the list, the accounts that there are: none where another transaction has one
/// locked.
pub(super) async fn find_by_platforms(
    connection: &Connection,
    identities: &[Option<&PlatformIdentity>],
) -> Result<Vec<(usize, Option<Account>)>, Error> {
    let part = |read: fn(&PlatformIdentity) -> &str| -> Vec<Option<&str>> {
        identities.iter().map(|identity| identity.map(read)).collect()
    };
    let (providers, subjects) = (part(PlatformIdentity::provider), part(PlatformIdentity::subject));
    let rows = connection.query(FIND_BY_PLATFORMS, &[&providers, &subjects]).await?;
    let read = |row: &Row| {
        // Counted from 1.
        let place = usize::try_from(row.get::<_, i64>(0)).unwrap_or(0).saturating_sub(1);
        let is_locked_by_us = row.get::<_, Option<uuid::Uuid>>(1).is_some();
        (place, is_locked_by_us.then(|| account_at(row, 1)))
    };
    Ok(rows.iter().map(read).collect())
}

/// Makes accounts that are alike in role and time, each with its identity, which is no address; tells which were made: not
/// those whose identity another transaction has made.
pub(super) async fn insert_many(
    connection: &Connection,
    accounts: &[(&Account, &IdentityKey)],
    role: Role,
    now: Timestamp,
) -> Result<HashSet<AccountId>, Error> {
    fn column<'a, T>(
        accounts: &[(&'a Account, &'a IdentityKey)],
        read: impl Fn(&'a Account, &'a IdentityKey) -> T,
    ) -> Vec<T> {
        accounts.iter().map(|(account, key)| read(account, key)).collect()
    }
    let parameters: [&(dyn ToSql + Sync); 10] = [
        &column(accounts, |account, _| account.id.uuid()),
        &column(accounts, |_, _| IdentityId::new(now).uuid()),
        &column(accounts, |_, key| identity_parts(key).0),
        &column(accounts, |_, key| identity_parts(key).1),
        &column(accounts, |_, key| identity_parts(key).2),
        &column(accounts, |account, _| account.display_name.as_str()),
        &column(accounts, |account, _| account.language.as_str()),
        &column(accounts, |account, _| account.time_zone.as_str()),
        &role.as_str(),
        &now,
    ];
    let rows = connection.query(INSERT_MANY, &parameters).await?;
    Ok(rows.iter().map(|row| row.get::<_, uuid::Uuid>(0).into()).collect())
}

pub(super) async fn insert(connection: &Connection, account: &Account) -> Result<(), Error> {
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &account.id.uuid(),
        &account.display_name.as_str(),
        &account.language.as_str(),
        &account.time_zone.as_str(),
        &account.role.as_str(),
        &account.created_at,
    ];
    connection.execute(INSERT, &parameters).await.map(drop)
}

pub(super) async fn update(
    connection: &Connection,
    id: AccountId,
    changes: &Changes,
    now: Timestamp,
) -> Result<Option<Account>, Error> {
    let parameters: [&(dyn ToSql + Sync); 5] = [
        &id.uuid(),
        &changes.display_name.as_ref().map(DisplayName::as_str),
        &changes.language.as_ref().map(Language::as_str),
        &changes.time_zone.as_ref().map(TimeZone::as_str),
        &now,
    ];
    Ok(connection.query_opt(UPDATE, &parameters).await?.as_ref().map(account))
}

pub(super) async fn update_suspension(
    connection: &Connection,
    id: AccountId,
    suspension: Option<&Suspension>,
    now: Timestamp,
) -> Result<Option<Account>, Error> {
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &id.uuid(),
        &suspension.map(|suspension| suspension.since),
        &suspension.and_then(|suspension| suspension.until),
        &suspension.map(|suspension| suspension.reason.as_str()),
        &suspension.map(|suspension| suspension.by.uuid()),
        &now,
    ];
    Ok(connection.query_opt(UPDATE_SUSPENSION, &parameters).await?.as_ref().map(account))
}

pub(super) async fn update_role(
    connection: &Connection,
    id: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<Option<Account>, Error> {
    let row = connection.query_opt(UPDATE_ROLE, &[&id.uuid(), &role.as_str(), &now]).await?;
    Ok(row.as_ref().map(account))
}

/// No identity where it is taken.
pub(super) async fn insert_identity(
    connection: &Connection,
    account_id: AccountId,
    key: &IdentityKey,
    now: Timestamp,
) -> Result<Option<Identity>, Error> {
    let (kind, provider, subject, address) = identity_parts(key);
    let (id, account_id) = (IdentityId::new(now).uuid(), account_id.uuid());
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&id, &account_id, &kind, &provider, &subject, &address, &now];
    Ok(connection.query_opt(INSERT_IDENTITY, &parameters).await?.as_ref().map(identity))
}

pub(super) async fn find_identity(
    connection: &Connection,
    key: &IdentityKey,
) -> Result<Option<Identity>, Error> {
    let (_, provider, subject, address) = identity_parts(key);
    let row = connection.query_opt(FIND_IDENTITY, &[&provider, &subject, &address]).await?;
    Ok(row.as_ref().map(identity))
}

pub(super) async fn list_identities(
    connection: &Connection,
    id: AccountId,
) -> Result<Vec<Identity>, Error> {
    Ok(connection.query(LIST_IDENTITIES, &[&id.uuid()]).await?.iter().map(identity).collect())
}

pub(super) async fn delete_identity(
    connection: &Connection,
    id: AccountId,
    identity_id: IdentityId,
) -> Result<(), Error> {
    connection.execute(DELETE_IDENTITY, &[&id.uuid(), &identity_id.uuid()]).await.map(drop)
}

pub(super) async fn delete_guest_identity(
    connection: &Connection,
    id: AccountId,
) -> Result<(), Error> {
    connection.execute(DELETE_GUEST_IDENTITY, &[&id.uuid()]).await.map(drop)
}

pub(super) async fn delete_identities(connection: &Connection, id: AccountId) -> Result<(), Error> {
    connection.execute(DELETE_IDENTITIES, &[&id.uuid()]).await.map(drop)
}

/// All but that of a guest; tells how many.
pub(super) async fn move_identities(
    connection: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<u64, Error> {
    connection.execute(MOVE_IDENTITIES, &[&from.uuid(), &to.uuid()]).await
}

/// Stores what is left of an account that is over.
pub(super) async fn clear(connection: &Connection, cleared: &Account) -> Result<(), Error> {
    let merged_into = cleared.deletion.and_then(|deletion| deletion.merged_into);
    let parameters: [&(dyn ToSql + Sync); 7] = [
        &cleared.id.uuid(),
        &cleared.display_name.as_str(),
        &cleared.language.as_str(),
        &cleared.time_zone.as_str(),
        &cleared.role.as_str(),
        &merged_into.map(|id| id.uuid()),
        &cleared.updated_at,
    ];
    connection.execute(CLEAR, &parameters).await.map(drop)
}

pub(super) async fn point_on(
    connection: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<(), Error> {
    connection.execute(POINT_ON, &[&from.uuid(), &to.uuid()]).await.map(drop)
}

/// Kind, provider, subject and address, as the table has them.
type IdentityParts<'a> = (&'static str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn identity_parts(key: &IdentityKey) -> IdentityParts<'_> {
    match key {
        IdentityKey::Platform(platform) => {
            ("platform", Some(platform.provider()), Some(platform.subject()), None)
        }
        IdentityKey::Email(address) => ("email", None, None, Some(address.as_str())),
        IdentityKey::Guest => ("guest", None, None, None),
    }
}

fn account(row: &Row) -> Account {
    account_at(row, 0)
}

/// An account whose columns begin at `column`.
fn account_at(row: &Row, column: usize) -> Account {
    let suspended_at: Option<Timestamp> = row.get(column + 5);
    // The table's constraint keeps the three together.
    let suspension = suspended_at.map(|since| Suspension {
        reason: Reason::stored(row.get(column + 7)),
        since,
        until: row.get(column + 6),
        by: row.get::<_, uuid::Uuid>(column + 8).into(),
    });
    Account {
        id: row.get::<_, uuid::Uuid>(column).into(),
        display_name: DisplayName::stored(row.get(column + 1)),
        language: Language::stored(row.get(column + 2)),
        time_zone: TimeZone::stored(row.get(column + 3)),
        role: Role::stored(row.get(column + 4)),
        suspension,
        deletion: row.get::<_, Option<Timestamp>>(column + 9).map(|at| Deletion {
            at,
            merged_into: row.get::<_, Option<uuid::Uuid>>(column + 10).map(AccountId::from),
        }),
        version: row.get(column + 11),
        created_at: row.get(column + 12),
        updated_at: row.get(column + 13),
    }
}

fn identity(row: &Row) -> Identity {
    let key = match (row.get(3), row.get(4), row.get(5)) {
        (Some(provider), Some(subject), _) => {
            IdentityKey::Platform(PlatformIdentity::stored(provider, subject))
        }
        (_, _, Some(address)) => IdentityKey::Email(EmailAddress::stored(address)),
        _ => IdentityKey::Guest,
    };
    Identity {
        id: row.get::<_, uuid::Uuid>(0).into(),
        account_id: row.get::<_, uuid::Uuid>(1).into(),
        key,
        created_at: row.get(6),
    }
}
