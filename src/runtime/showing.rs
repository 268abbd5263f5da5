//! The use cases of whoever looks at games.

use std::collections::HashMap;
use std::sync::Arc;

use super::live_game::LiveGame;
use super::postgres_storage::{PostgresStorage, Unreadable};
use super::service::{Error, Games, Seen};
use super::step::Step;
use super::storage::{Loaded, Storage};
use super::store;
use super::terms::{Terms, TermsTold};
use crate::game::told::Viewer;
use crate::id::{AccountId, GameId};
use crate::telemetry::Chain;
use crate::time::Timestamp;

/// Places of a list, in order, with the games there: none at that of a game that can't be read.
pub type Listing<P> = Vec<((P, GameId), Option<LiveGame>)>;

impl Games {
    /// A game as it stands.
    ///
    /// # Errors
    /// [`Error::GameUnknown`], [`Error::SetAside`], [`Error::Storage`].
    pub async fn show(&self, id: GameId, player: AccountId) -> Result<Seen, Error> {
        match self.storage().load(id).await? {
            Loaded::Game(game) => Ok(self.seen_by(Arc::from(game), player)),
            Loaded::Unknown => Err(Error::GameUnknown),
            Loaded::SetAside(set_aside) => Err(Error::SetAside(set_aside.reason)),
        }
    }

    /// A game as it stood when a turn began.
    ///
    /// # Errors
    /// As [`show`](Self::show), and [`Error::TurnUnknown`], [`Error::Unreadable`].
    pub async fn show_at(&self, id: GameId, player: AccountId, turn: u32) -> Result<Seen, Error> {
        let seen = self.show(id, player).await?;
        if !(1..=seen.game.position().turn()).contains(&turn) {
            return Err(Error::TurnUnknown);
        }
        let rows = store::list_steps(self.storage().pool(), id, seen.game.version()).await?;
        let game = Arc::new(PostgresStorage::replay_until(&seen.game, &rows, turn)?);
        // Of a game that is over everybody may see everything, and so at each of its turns.
        let is_over = seen.game.ending().is_some();
        let viewer = if is_over { Viewer::Everything } else { seen.viewer };
        // The clock then ran for another turn.
        Ok(Seen { at: game.stepped_at(), game, viewer, outages: seen.outages })
    }

    /// The steps of a game after one, at most so many, in order.
    ///
    /// # Errors
    /// As [`show`](Self::show), and [`Error::Unreadable`].
    pub async fn steps(
        &self,
        id: GameId,
        player: AccountId,
        after: u32,
        limit: usize,
    ) -> Result<(Seen, Vec<Step>), Error> {
        let seen = self.show(id, player).await?;
        let until = seen.game.version();
        if after >= until {
            return Ok((seen, Vec::new()));
        }
        let rows = store::list_steps(self.storage().pool(), id, until).await?;
        let (_, steps) = PostgresStorage::replay(&seen.game, &rows)?;
        let steps = steps.into_iter().filter(|step| step.number > after).take(limit).collect();
        Ok((seen, steps))
    }

    /// A page of the games that a player plays, those on turn first, then the newest first, each at its
    /// place.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn list_running(
        &self,
        player: AccountId,
        before: (bool, GameId),
        limit: usize,
    ) -> Result<Listing<bool>, Error> {
        let pool = self.storage().pool();
        self.find_many(store::list_running(pool, player, before, limit as i64).await?).await
    }

    /// A page of the games that a player has played, the last to end first, each at its place, which is
    /// when it ended.
    ///
    /// # Errors
    /// [`Error::Storage`]
    pub async fn list_finished(
        &self,
        player: AccountId,
        before: (Timestamp, GameId),
        limit: usize,
    ) -> Result<Listing<Timestamp>, Error> {
        let pool = self.storage().pool();
        self.find_many(store::list_finished(pool, player, before, limit as i64).await?).await
    }

    async fn find_many<P>(&self, places: Vec<(P, GameId)>) -> Result<Listing<P>, Error> {
        let ids: Vec<GameId> = places.iter().map(|(_, id)| *id).collect();
        let rows = store::find_many(self.storage().pool(), &ids).await?;
        let readable = |(id, row)| match self.storage().read(id, &row) {
            Ok(game) => Some((id, game)),
            Err(error) => {
                tracing::warn!(game_id = %id, cause = %Chain(&error), "a game can't be listed");
                None
            }
        };
        let mut games: HashMap<GameId, LiveGame> = rows.into_iter().filter_map(readable).collect();
        let at_place = |place: (P, GameId)| {
            let game = games.remove(&place.1);
            (place, game)
        };
        Ok(places.into_iter().map(at_place).collect())
    }

    /// What a finished game was played by, and by whom, in the order of seats; nothing where it runs, or
    /// there is none.
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::Storage`].
    pub async fn finished(&self, id: GameId) -> Result<Option<(Terms, Vec<AccountId>)>, Error> {
        let found = store::find_terms(self.storage().pool(), id).await?;
        let Some((terms, players, Some(_))) = found else { return Ok(None) };
        let told: TermsTold = serde_json::from_str(&terms).map_err(Unreadable::Terms)?;
        Ok(Some((told.open(self.library()).map_err(Unreadable::from)?, players)))
    }

    /// A game as a player sees it now, who may be an onlooker.
    pub(super) fn seen_by(&self, game: Arc<LiveGame>, player: AccountId) -> Seen {
        let viewer = game.seat_of(player).map_or(Viewer::Onlooker, Viewer::Player);
        Seen { game, viewer, at: self.now(), outages: self.outages() }
    }
}
