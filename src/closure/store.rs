//! The statements over `account_merge`; nobody else writes it.

use postgres_types::ToSql;

use crate::id::AccountId;
use crate::postgres::{Connection, Error, Pool, queries};
use crate::session::TokenHash;
use crate::time::Timestamp;

queries! {
    INSERT (UUID, UUID, UUID, TIMESTAMPTZ, BYTEA) -> () =
        "insert into account_merge (loser_id, winner_id, merged_by, merged_at, proof_hash)
            values ($1, $2, $3, $4, $5)";
    FIND_BY_PROOF (BYTEA, UUID) -> (UUID) =
        "select loser_id from account_merge where proof_hash = $1 and merged_by = $2";
}

/// A merger.
pub(super) struct Merger {
    pub(super) loser: AccountId,
    pub(super) winner: AccountId,
    pub(super) by: AccountId,
    pub(super) at: Timestamp,
    pub(super) proof: Option<TokenHash>,
}

pub(super) async fn insert(connection: &Connection, merger: &Merger) -> Result<(), Error> {
    let proof = merger.proof.as_ref().map(|hash| hash.as_bytes().as_slice());
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&merger.loser.uuid(), &merger.winner.uuid(), &merger.by.uuid(), &merger.at, &proof];
    connection.execute(INSERT, &parameters).await.map(drop)
}

/// The account that a player has merged into his own by this proof.
pub(super) async fn find_by_proof(
    pool: &Pool,
    proof: &TokenHash,
    by: AccountId,
) -> Result<Option<AccountId>, Error> {
    let parameters: [&(dyn ToSql + Sync); 2] = [&proof.as_bytes().as_slice(), &by.uuid()];
    let row = pool.read_opt(FIND_BY_PROOF, &parameters).await?;
    Ok(row.map(|row| row.get::<_, uuid::Uuid>(0).into()))
}
