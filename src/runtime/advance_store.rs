//! The statements that store a step of a game, or steps of many games at once.

use postgres_types::ToSql;
use uuid::Uuid;

use super::storage::RequestKey;
use crate::events::{Told, insert_told};
use crate::id::GameId;
use crate::postgres::{Connection, Error, Query, queries};
use crate::time::Timestamp;

/// One statement is one transaction: the game, if it is at the version before, its players' still, and set
/// aside just if it was; the step, the end for those who play it, and what is told of it. Parameters that are
/// as they were leave the indexes alone. No condition is of parameters alone: with one the planner takes a plan
/// for their values to be worth making, every time.
macro_rules! advance {
    ($game:literal) => {
        concat!(
            "with moved as (
                update game set version = $2, position = $3, progress = $4, stepped_at = $5, on_turn = $6,
                    check_at = $7, set_aside_at = null, set_aside_reason = null, ended_at = $14
                    where game_id = ", $game, " and version = $2 - 1 and players = $12
                        and set_aside_at is not distinct from $13
                    returning game_id, ended_at
            ), stepped as (
                insert into game_step (game_id, number, at, told, key_hash, body_hash)
                    select game_id, $2, $5, $8, $9, $10 from moved
            ), ended as (
                update game_player as p set ended_at = moved.ended_at from moved
                    where p.game_id = moved.game_id and moved.ended_at is not null
            ), told as (", insert_told!("moved", "$5", "$11"), ")
            select game_id from moved"
        )
    };
}

queries! {
    ADVANCE (UUID, INT4, BYTEA, TEXT, TIMESTAMPTZ, INT2, TIMESTAMPTZ, TEXT, BYTEA, BYTEA, TEXT, UUID_ARRAY, TIMESTAMPTZ, TIMESTAMPTZ) -> (UUID) =
        advance!("$1");
    /// The same, unless somebody holds the row.
    ADVANCE_IF_FREE (UUID, INT4, BYTEA, TEXT, TIMESTAMPTZ, INT2, TIMESTAMPTZ, TEXT, BYTEA, BYTEA, TEXT, UUID_ARRAY, TIMESTAMPTZ, TIMESTAMPTZ) -> (UUID) =
        advance!("(select game_id from game where game_id = $1 for no key update skip locked)");
    /// The same for many games, all of which go on; answers with the places of those that have moved. It waits for no row, so that
    /// nobody who holds one holds up the others, and leaves out requests that were taken before, whose steps
    /// nobody could store: what has not moved is for [`ADVANCE`] to say.
    ADVANCE_MANY (UUID_ARRAY, INT4_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY, INT2_ARRAY, TIMESTAMPTZ_ARRAY, TEXT_ARRAY, BYTEA_ARRAY, BYTEA_ARRAY, TEXT_ARRAY, TEXT_ARRAY, TIMESTAMPTZ_ARRAY) -> (INT8) = concat!(
        "with asked as (
            select * from unnest($1::uuid[], $2::int4[], $3::bytea[], $4::text[], $5::timestamptz[], $6::int2[],
                $7::timestamptz[], $8::text[], $9::bytea[], $10::bytea[], $11::text[], $12::text[], $13::timestamptz[])
                with ordinality as a (game_id, version, position, progress, at, on_turn, check_at, step, key_hash, body_hash,
                    told, players, set_aside_at, place)
        ), free as (
            select a.place from game as g join asked as a using (game_id)
                where g.version = a.version - 1 and g.players = a.players::uuid[]
                    and g.set_aside_at is not distinct from a.set_aside_at and not exists (
                    select from game_step as s where s.game_id = a.game_id and s.key_hash = a.key_hash
                ) for no key update of g skip locked
        ), moved as (
            update game as g set version = a.version, position = a.position, progress = a.progress, stepped_at = a.at,
                on_turn = a.on_turn, check_at = a.check_at, set_aside_at = null, set_aside_reason = null
                from free join asked as a using (place)
                where g.game_id = a.game_id and g.version = a.version - 1
                returning a.place, a.game_id, a.version, a.at, a.step, a.key_hash, a.body_hash, a.told
        ), stepped as (
            insert into game_step (game_id, number, at, told, key_hash, body_hash)
                select game_id, version, at, step, key_hash, body_hash from moved
        ), told as (", insert_told!("moved", "at", "told"), ")
        select place from moved");
}

/// The constraint that a second step for one request breaks.
pub(super) const REQUEST_IS_NEW: &str = "game_step_request_is_new";

/// What is written of a game with every step.
#[derive(Debug, Clone)]
pub(super) struct Advance {
    pub(super) id: GameId,
    /// As they were when it was decided.
    pub(super) players: Vec<Uuid>,
    pub(super) version: i32,
    pub(super) position: Vec<u8>,
    pub(super) progress: String,
    pub(super) at: Timestamp,
    pub(super) on_turn: Option<i16>,
    pub(super) check_at: Option<Timestamp>,
    pub(super) step: String,
    pub(super) request: Option<RequestKey>,
    pub(super) told: Told,
    /// As it was when it was decided.
    pub(super) set_aside_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
}

/// Tells whether the game was at the version before, and its players' still.
pub(super) async fn advance(connection: &Connection, advance: &Advance) -> Result<bool, Error> {
    advance_by(ADVANCE, connection, advance).await
}

/// The same; a game that somebody holds stays as it is.
pub(super) async fn advance_if_free(
    connection: &Connection,
    advance: &Advance,
) -> Result<bool, Error> {
    advance_by(ADVANCE_IF_FREE, connection, advance).await
}

async fn advance_by(
    query: &Query,
    connection: &Connection,
    advance: &Advance,
) -> Result<bool, Error> {
    let key_hash = advance.request.as_ref().map(|request| request.key_hash.as_slice());
    let body_hash = advance.request.as_ref().map(|request| request.body_hash.as_slice());
    let parameters: [&(dyn ToSql + Sync); 14] = [
        &advance.id.uuid(),
        &advance.version,
        &advance.position,
        &advance.progress,
        &advance.at,
        &advance.on_turn,
        &advance.check_at,
        &advance.step,
        &key_hash,
        &body_hash,
        &advance.told.as_str(),
        &advance.players,
        &advance.set_aside_at,
        &advance.ended_at,
    ];
    Ok(connection.query_opt(query, &parameters).await?.is_some())
}

/// The same for many games; what has not moved may have been held by somebody, too.
pub(super) async fn advance_many(
    connection: &Connection,
    advances: &[Advance],
) -> Result<Vec<bool>, Error> {
    fn column<'a, T>(advances: &'a [Advance], read: impl Fn(&'a Advance) -> T) -> Vec<T> {
        advances.iter().map(read).collect()
    }
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &column(advances, |advance| advance.id.uuid()),
        &column(advances, |advance| advance.version),
        &column(advances, |advance| advance.position.as_slice()),
        &column(advances, |advance| advance.progress.as_str()),
        &column(advances, |advance| advance.at),
        &column(advances, |advance| advance.on_turn),
        &column(advances, |advance| advance.check_at),
        &column(advances, |advance| advance.step.as_str()),
        &column(advances, |advance| advance.request.as_ref().map(|it| it.key_hash.as_slice())),
        &column(advances, |advance| advance.request.as_ref().map(|it| it.body_hash.as_slice())),
        &column(advances, |advance| advance.told.as_str()),
        &column(advances, |advance| array_text(&advance.players)),
        &column(advances, |advance| advance.set_aside_at),
    ];
    let rows = connection.query(ADVANCE_MANY, &parameters).await?;
    let mut have_moved = vec![false; advances.len()];
    for row in rows {
        // Places count from one.
        have_moved[row.get::<_, i64>(0) as usize - 1] = true;
    }
    Ok(have_moved)
}

/// An array as PostgreSQL writes it: an array of arrays is one of more dimensions, which unnest takes apart
/// to the last.
fn array_text(uuids: &[Uuid]) -> String {
    let uuids: Vec<String> = uuids.iter().map(Uuid::to_string).collect();
    format!("{{{}}}", uuids.join(","))
}
