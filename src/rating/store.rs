//! The statements over `rating`; nobody else writes it.

use postgres_types::ToSql;
use tokio_postgres::Row;

use super::category::Category;
use super::types::Rating;
use crate::id::AccountId;
use crate::postgres::{Connection, Error, Pool, queries};

queries! {
    FIND_MANY (UUID_ARRAY, TEXT) -> (UUID, FLOAT8, FLOAT8, FLOAT8, INT4, TIMESTAMPTZ) =
        "select account_id, value, deviation, volatility, games, rated_at
            from rating where account_id = any($1) and category = $2";
    LIST (UUID) -> (TEXT, FLOAT8, FLOAT8, FLOAT8, INT4, TIMESTAMPTZ) =
        "select category, value, deviation, volatility, games, rated_at
            from rating where account_id = $1 order by category";
    /// Makes the rows that are missing, with what is given, and locks all of them: the update changes
    /// nothing, but waits for whoever else rates them, and gives what he has left. Accounts that are over
    /// get none, and nobody can end one meanwhile. All locks are taken in the order of accounts, so that
    /// no two transactions wait for each other.
    LOCK_MANY (UUID_ARRAY, TEXT, FLOAT8, FLOAT8, FLOAT8) -> (UUID, FLOAT8, FLOAT8, FLOAT8, INT4, TIMESTAMPTZ) =
        "with player as (
                select account_id from account where account_id = any($1) and deleted_at is null
                    order by account_id for share
            )
            insert into rating (account_id, category, value, deviation, volatility, games)
                select account_id, $2, $3, $4, $5, 0 from player order by account_id
                on conflict (account_id, category) do update set games = rating.games
                returning account_id, value, deviation, volatility, games, rated_at";
    UPDATE_MANY (TEXT, UUID_ARRAY, FLOAT8_ARRAY, FLOAT8_ARRAY, FLOAT8_ARRAY, INT4_ARRAY, TIMESTAMPTZ_ARRAY) -> () =
        "update rating set value = new.value, deviation = new.deviation, volatility = new.volatility,
                games = new.games, rated_at = new.rated_at
            from unnest($2::uuid[], $3::float8[], $4::float8[], $5::float8[], $6::int4[], $7::timestamptz[])
                as new (account_id, value, deviation, volatility, games, rated_at)
            where rating.account_id = new.account_id and rating.category = $1";
    /// Those that the other account has none of its own for.
    MOVE_MISSING (UUID, UUID) -> () =
        "update rating set account_id = $2 where account_id = $1
            and category not in (select category from rating where account_id = $2)";
    DELETE_OF_ACCOUNT (UUID) -> () = "delete from rating where account_id = $1";
}

/// Those of the accounts that have a rating.
pub(super) async fn find_many(
    pool: &Pool,
    ids: &[AccountId],
    category: &Category,
) -> Result<Vec<(AccountId, Rating)>, Error> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&uuids(ids), &category.to_string()];
    Ok(pool.read(FIND_MANY, &parameters).await?.iter().map(of_account).collect())
}

/// All ratings of an account, by category. A newer version may know categories that this one does not.
pub(super) async fn list(pool: &Pool, id: AccountId) -> Result<Vec<(Category, Rating)>, Error> {
    let rows = pool.read(LIST, &[&id.uuid()]).await?;
    let known =
        rows.iter().filter_map(|row| Some((row.get::<_, &str>(0).parse().ok()?, rating(row))));
    Ok(known.collect())
}

/// Those of the accounts that are not over, locked; who has no rating yet is given this one.
pub(super) async fn lock_many(
    connection: &Connection,
    ids: &[AccountId],
    category: &Category,
    missing: &Rating,
) -> Result<Vec<(AccountId, Rating)>, Error> {
    let (ids, category) = (uuids(ids), category.to_string());
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&ids, &category, &missing.value, &missing.deviation, &missing.volatility];
    Ok(connection.query(LOCK_MANY, &parameters).await?.iter().map(of_account).collect())
}

/// Writes ratings that are locked; those of accounts that have none are left out.
pub(super) async fn update_many(
    connection: &Connection,
    category: &Category,
    ratings: &[(AccountId, Rating)],
) -> Result<(), Error> {
    let ids: Vec<_> = ratings.iter().map(|(id, _)| id.uuid()).collect();
    let of = |figure: fn(&Rating) -> f64| -> Vec<f64> {
        ratings.iter().map(|(_, rating)| figure(rating)).collect()
    };
    let values = of(|rating| rating.value);
    let deviations = of(|rating| rating.deviation);
    let volatilities = of(|rating| rating.volatility);
    let games: Vec<_> =
        ratings.iter().map(|(_, rating)| i32::try_from(rating.games).unwrap_or(i32::MAX)).collect();
    let times: Vec<_> = ratings.iter().map(|(_, rating)| rating.rated_at).collect();
    let category = category.to_string();
    let parameters: [&(dyn ToSql + Sync); 7] =
        [&category, &ids, &values, &deviations, &volatilities, &games, &times];
    connection.execute(UPDATE_MANY, &parameters).await.map(drop)
}

pub(super) async fn move_missing(
    connection: &Connection,
    from: AccountId,
    to: AccountId,
) -> Result<(), Error> {
    connection.execute(MOVE_MISSING, &[&from.uuid(), &to.uuid()]).await.map(drop)
}

pub(super) async fn delete_of_account(connection: &Connection, id: AccountId) -> Result<(), Error> {
    connection.execute(DELETE_OF_ACCOUNT, &[&id.uuid()]).await.map(drop)
}

fn uuids(ids: &[AccountId]) -> Vec<uuid::Uuid> {
    ids.iter().map(|id| id.uuid()).collect()
}

fn of_account(row: &Row) -> (AccountId, Rating) {
    (row.get::<_, uuid::Uuid>(0).into(), rating(row))
}

/// The rating in the columns behind the first.
fn rating(row: &Row) -> Rating {
    Rating {
        value: row.get(1),
        deviation: row.get(2),
        volatility: row.get(3),
        games: row.get::<_, i32>(4).unsigned_abs(),
        rated_at: row.get(5),
    }
}
