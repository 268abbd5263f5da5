//! The statement over a player's games in real time. It only reads.

use uuid::Uuid;

use crate::id::{AccountId, GameId};
use crate::postgres::{Connection, Error, queries};

queries! {
    /// Terms are read as a text, for one that is no JSON must not keep its player from other games.
    LIST (UUID) -> (UUID) =
        r#"select game_id from game_player as p join game as g using (game_id)
            where p.account_id = $1 and p.ended_at is null and g.set_aside_at is null
                and g.terms like '%"time_control":{"kind":"real_time"%'"#;
}

/// Those that a player plays, and that are not set aside.
pub(super) async fn list(connection: &Connection, player: AccountId) -> Result<Vec<GameId>, Error> {
    let rows = connection.query(LIST, &[&player.uuid()]).await?;
    Ok(rows.iter().map(|row| row.get::<_, Uuid>(0).into()).collect())
}
