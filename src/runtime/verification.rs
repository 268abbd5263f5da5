//! Holds what is stored of games against what their steps come to.
//!
//! Owns what a game that is whole looks like: its steps follow from its seed and from each other, by the
//! rules and the words that it is pinned to, and give every figure of its row. Walks the whole database
//! in portions, each of them as it was at one moment, so that the service may go on meanwhile. Changes
//! nothing.

use super::difference::{self, Difference, Finding};
use super::live_game::LiveGame;
use super::outage::Outages;
use super::postgres_storage::{PostgresStorage, Unreadable};
use super::service::Games;
use super::step::{Act, Event, Order, Step};
use super::store::StepRow;
use super::verification_store::{self as store, StoredGame};
use crate::game::{Command, PLAYERS_MAX};
use crate::id::GameId;
use crate::postgres;
use crate::time::Timestamp;

/// How many games are held in memory at a time, with their steps: some ten megabytes.
const PORTION: usize = 64;

/// A part of all games that was verified.
#[derive(Debug, Default)]
pub struct Verified {
    /// How many games it had.
    pub games: u64,
    /// How many steps these had.
    pub steps: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// Where to go on; nothing once all games have been seen.
    pub next: Option<GameId>,
}

impl Games {
    /// About how many there are, running and finished, where the database knows.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn estimate_count(&self) -> Result<Option<u64>, postgres::Error> {
        store::estimate_count(self.storage().pool()).await
    }

    /// Verifies a portion of all games: those after one, in the order of their ids.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn verify_after(&self, after: GameId) -> Result<Verified, postgres::Error> {
        self.verify(after, GameId::MAX).await
    }

    /// Verifies one game; none, if it has neither a row nor steps.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn verify_one(&self, id: GameId) -> Result<Verified, postgres::Error> {
        let before = GameId::from(uuid::Uuid::from_u128(id.uuid().as_u128().saturating_sub(1)));
        self.verify(before, id).await
    }

    async fn verify(&self, after: GameId, until: GameId) -> Result<Verified, postgres::Error> {
        let mut connection = self.storage().pool().get().await?;
        let snapshot = connection.begin_snapshot().await?;
        let games = store::list_games(&snapshot, after, until, PORTION as i64).await?;
        let next = games.last().filter(|_| games.len() == PORTION).map(|game| game.id);
        let orphans =
            store::list_orphans(&snapshot, after, next.unwrap_or(until), PORTION as i64).await?;
        let ids: Vec<GameId> = games.iter().map(|game| game.id).collect();
        let steps = store::list_steps(&snapshot, &ids).await?;
        let outages = store::list_outages(&snapshot).await?;
        snapshot.commit().await?;
        let mut verified = Verified { next, ..Verified::default() };
        for id in &orphans {
            verified.findings.push(Finding { game: *id, difference: Difference::NoGame });
        }
        // More of them are in the next portion, with games that were seen already.
        if let Some(last) = orphans.last().filter(|_| orphans.len() == PORTION) {
            verified.next = Some(*last);
        }
        let mut steps = steps.into_iter().peekable();
        for game in games.iter().take_while(|game| verified.next.is_none_or(|next| game.id <= next))
        {
            let is_before = |(id, _): &(GameId, StepRow)| *id <= game.id;
            let own = std::iter::from_fn(|| steps.next_if(is_before));
            let own: Vec<StepRow> = own.map(|(_, step)| step).collect();
            verified.games += 1;
            verified.steps += own.len() as u64;
            let differences = self.compare(game, &own, &outages, self.now());
            let finding = |difference| Finding { game: game.id, difference };
            verified.findings.extend(differences.into_iter().map(finding));
        }
        Ok(verified)
    }

    /// Everything in which a game is not what its steps come to.
    fn compare(
        &self,
        stored: &StoredGame,
        steps: &[StepRow],
        outages: &Outages,
        now: Timestamp,
    ) -> Vec<Difference> {
        let StoredGame { id, row, .. } = stored;
        let game = match self.storage().read(*id, row) {
            Ok(game) => game,
            Err(error) => return vec![Difference::Unreadable(error)],
        };
        let mut differences = Vec::new();
        match fold(&game, steps, &mut differences) {
            Ok(folded) => difference::compare(stored, steps, &folded, &mut differences),
            Err(error) => differences.push(Difference::Unfoldable(error)),
        }
        difference::compare_clock(stored, &game, outages, now, &mut differences);
        differences
    }
}

/// The game that the steps come to. Each is to be what the rules make of its cause.
fn fold(
    game: &LiveGame,
    steps: &[StepRow],
    differences: &mut Vec<Difference>,
) -> Result<LiveGame, Unreadable> {
    let ((mut folded, _), rest) = PostgresStorage::begin(game, steps)?;
    for row in rest {
        let before = folded.clone();
        let step = folded.fold_text(row.number, row.at, &row.told)?;
        if !is_decided(&before, &step) {
            differences.push(Difference::Undecided { step: row.number });
        }
        if row.at < before.stepped_at() {
            differences.push(Difference::BackInTime { step: row.number });
        }
    }
    Ok(folded)
}

/// Whether a step has just those events that follow from its cause, by rules and words.
fn is_decided(before: &LiveGame, step: &Step) -> bool {
    let Some(cause) = step.cause else { return step.events == [Event::Resumed] };
    let turn = before.position().turn();
    let events = match cause.act {
        Act::Move(action) => {
            let overtime_minutes: [u8; PLAYERS_MAX] = cause.overtime_minutes;
            let command = Command { seat: cause.seat, action, overtime_minutes };
            let graph = before.terms().lexicon.graph();
            let decided = before.position().clone().apply(before.terms().rules, graph, &command);
            decided.map(|events| events.into_iter().map(Event::Game).collect()).ok()
        }
        act => {
            let order = Order { seat: cause.seat, turn, act };
            // What players propose and answer does not depend on clocks.
            let decided = before.decide(&order, &Outages::default(), step.at);
            decided.map(|step| step.events).ok()
        }
    };
    events.is_some_and(|events: Vec<Event>| events == step.events)
}
