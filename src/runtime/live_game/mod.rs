//! A game with its players, clocks and offers, and what every order makes of it.
//!
//! As in [`GameState`], deciding and changing are two: [`LiveGame::decide`] gives a [`Step`],
//! and a game changes only by [`fold`](LiveGame::fold)ing steps, so that stored steps give the stored
//! game again. Pure: the present and the outages are arguments.

mod decide;
mod fold;

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::game::{Corrupt, EndReason, GameState, InvalidSetup, Seed, Setup};
use crate::id::{AccountId, GameId};
use crate::runtime::clocks::Clocks;
use crate::runtime::offer::Offers;
use crate::runtime::outage::Outages;
use crate::runtime::step::{Event, Step};
use crate::runtime::terms::{Terms, TermsTold};
use crate::time::Timestamp;

/// A game from its start to its end, as it stands after some step.
#[derive(Debug, Clone)]
pub struct LiveGame {
    setting: Arc<Setting>,
    progress: Progress,
}

/// What of a game never changes.
#[derive(Debug)]
struct Setting {
    id: GameId,
    terms: Terms,
    /// The same as JSON, for all who look at the game.
    terms_told: Box<RawValue>,
    players: Box<[AccountId]>,
    commitment: String,
}

/// What of a game is not in its terms and players, for storage.
#[derive(Debug, Clone)]
pub struct Progress {
    /// How many steps there were.
    pub version: u32,
    /// By the rules of play.
    pub position: GameState,
    /// The clocks.
    pub clocks: Clocks,
    /// The offers.
    pub offers: Offers,
    /// Whether it ended without a result.
    pub is_aborted: bool,
    /// When the last step was taken.
    pub stepped_at: Timestamp,
    /// Since when it could not be read, and its clock stands; nothing for most games.
    pub set_aside_at: Option<Timestamp>,
    /// When its clock is to be looked at.
    pub check_at: Option<Timestamp>,
}

/// How a game has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By the rules of play.
    Played(EndReason),
    /// All players wanted it to, without a result.
    Aborted,
}

/// Why steps make no game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfoldable {
    /// A step is missing, or there twice.
    #[error("step {found} comes where step {expected} should")]
    Number {
        /// Which there is.
        found: u32,
        /// Which should be.
        expected: u32,
    },
    /// An event does not follow.
    #[error("an event of step {step} does not follow from the game before it")]
    Event {
        /// Of which step.
        step: u32,
        /// Why.
        #[source]
        source: Corrupt,
    },
    /// An offer or an answer that can't be.
    #[error("step {0} has an offer or an answer that can't be")]
    Offer(u32),
    /// The first step is not the start.
    #[error("the first step is not the start")]
    NoStart,
}

impl LiveGame {
    /// Begins a game. The players are in the order of their seats.
    ///
    /// # Errors
    /// [`InvalidSetup`] where the rules can't be played by so many.
    pub fn start(
        id: GameId,
        terms: Terms,
        players: Vec<AccountId>,
        seed: Seed,
        now: Timestamp,
    ) -> Result<(Self, Step), InvalidSetup> {
        let setup = Setup { players: players.len() as u8, challenge: terms.challenge, seed };
        let (position, events) = GameState::start(terms.rules, &setup)?;
        let clocks = Clocks::start(terms.time_control, now);
        let events = events.into_iter().map(Event::Game).collect();
        let step = Step { number: 1, at: now, cause: None, events, clocks };
        let offers = Offers::default();
        let progress = Progress {
            version: 1,
            position,
            clocks,
            offers,
            is_aborted: false,
            stepped_at: now,
            set_aside_at: None,
            check_at: None,
        };
        let mut game = Self::at(id, terms, players, progress);
        game.look_again();
        Ok((game, step))
    }

    /// A game that was stored.
    ///
    /// # Panics
    /// Never: all keys of terms are texts.
    #[must_use]
    pub fn at(id: GameId, terms: Terms, players: Vec<AccountId>, progress: Progress) -> Self {
        let terms_told = serde_json::value::to_raw_value(&TermsTold::of(&terms))
            .expect("terms are texts and numbers");
        let commitment = progress.position.bag().seed().commitment().to_string();
        let players = players.into();
        let setting = Arc::new(Setting { id, terms, terms_told, players, commitment });
        Self { setting, progress }
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> GameId {
        self.setting.id
    }

    /// What it is played by.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.setting.terms
    }

    /// The same as JSON.
    #[must_use]
    pub fn terms_told(&self) -> &RawValue {
        &self.setting.terms_told
    }

    /// What the bag's seed is held to, in hexadecimal.
    #[must_use]
    pub fn commitment(&self) -> &str {
        &self.setting.commitment
    }

    /// Who sits where.
    #[must_use]
    pub fn players(&self) -> &[AccountId] {
        &self.setting.players
    }

    /// A player's seat.
    #[must_use]
    pub fn seat_of(&self, player: AccountId) -> Option<u8> {
        self.players().iter().position(|other| *other == player).map(|seat| seat as u8)
    }

    /// How many steps there were.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.progress.version
    }

    /// By the rules of play. It has secrets: racks, and the bag.
    #[must_use]
    pub const fn position(&self) -> &GameState {
        &self.progress.position
    }

    /// The clocks as they stood when the turn began.
    #[must_use]
    pub const fn clocks(&self) -> &Clocks {
        &self.progress.clocks
    }

    /// The offers.
    #[must_use]
    pub const fn offers(&self) -> &Offers {
        &self.progress.offers
    }

    /// When the last step was taken.
    #[must_use]
    pub const fn stepped_at(&self) -> Timestamp {
        self.progress.stepped_at
    }

    /// When its clock is to be looked at: never later than it falls. It is often earlier, so that it
    /// need not be written with every step; nothing once the game is over.
    #[must_use]
    pub const fn check_at(&self) -> Option<Timestamp> {
        self.progress.check_at
    }

    /// Since when it can't be read; nothing for most games.
    #[must_use]
    pub const fn set_aside_at(&self) -> Option<Timestamp> {
        self.progress.set_aside_at
    }

    /// How it has ended; nothing while it runs.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        if self.progress.is_aborted {
            return Some(Ending::Aborted);
        }
        self.progress.position.end_reason().map(Ending::Played)
    }

    /// Who is on turn; nobody once the game is over.
    #[must_use]
    pub fn on_turn(&self) -> Option<u8> {
        if self.progress.is_aborted { None } else { self.progress.position.on_turn() }
    }

    /// When the player on turn is out of time; nothing once the game is over.
    #[must_use]
    pub fn flag_at(&self, outages: &Outages, now: Timestamp) -> Option<Timestamp> {
        let control = self.terms().time_control;
        self.on_turn().map(|seat| self.progress.clocks.flag_at(control, seat, outages, now))
    }
}

#[cfg(test)]
mod tests;
