//! Which games somebody plays in real time: whoever brings players together has them begin no two at once.

use super::real_time_store;
use super::service::Games;
use crate::id::{AccountId, GameId};
use crate::postgres::{self, Connection};

impl Games {
    /// The games that a player plays in real time, but for those that are set aside.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_real_time(
        &self,
        connection: &Connection,
        player: AccountId,
    ) -> Result<Vec<GameId>, postgres::Error> {
        real_time_store::list(connection, player).await
    }
}
