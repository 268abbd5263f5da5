//! A game with its players, clocks and offers, and what every order makes of it.
//!
//! As in [`game::GameState`], deciding and changing are two: [`LiveGame::decide`] gives a [`Step`],
//! and a game changes only by [`fold`](LiveGame::fold)ing steps, so that stored steps give the stored
//! game again. Pure: the present and the outages are arguments.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::clocks::Clocks;
use super::offer::{Offers, Proposal};
use super::outage::Outages;
use super::step::{Act, Cause, Event, Order, Refusal, Step};
use super::terms::{Terms, TermsTold};
use crate::game::{self, Action, Corrupt, EndReason, GameState, InvalidSetup, Seed, Setup};
use crate::id::{AccountId, GameId};
use crate::time::Timestamp;

/// A game from its start to its end, as it stands after some step.
#[derive(Debug, Clone)]
pub struct LiveGame {
    setting: Arc<Setting>,
    version: u32,
    position: GameState,
    clocks: Clocks,
    offers: Offers,
    is_aborted: bool,
    stepped_at: Timestamp,
    set_aside_at: Option<Timestamp>,
    check_at: Option<Timestamp>,
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
        let Progress {
            version,
            position,
            clocks,
            offers,
            is_aborted,
            stepped_at,
            set_aside_at,
            check_at,
        } = progress;
        let terms_told = serde_json::value::to_raw_value(&TermsTold::of(&terms))
            .expect("terms are texts and numbers");
        let commitment = position.bag().seed().commitment().to_string();
        let players = players.into();
        let setting = Arc::new(Setting { id, terms, terms_told, players, commitment });
        Self {
            setting,
            version,
            position,
            clocks,
            offers,
            is_aborted,
            stepped_at,
            set_aside_at,
            check_at,
        }
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
        self.version
    }

    /// By the rules of play. It has secrets: racks, and the bag.
    #[must_use]
    pub const fn position(&self) -> &GameState {
        &self.position
    }

    /// The clocks as they stood when the turn began.
    #[must_use]
    pub const fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// The offers.
    #[must_use]
    pub const fn offers(&self) -> &Offers {
        &self.offers
    }

    /// When the last step was taken.
    #[must_use]
    pub const fn stepped_at(&self) -> Timestamp {
        self.stepped_at
    }

    /// When its clock is to be looked at: never later than it falls. It is often earlier, so that it
    /// need not be written with every step; nothing once the game is over.
    #[must_use]
    pub const fn check_at(&self) -> Option<Timestamp> {
        self.check_at
    }

    /// How it has ended; nothing while it runs.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        if self.is_aborted {
            return Some(Ending::Aborted);
        }
        self.position.end_reason().map(Ending::Played)
    }

    /// Who is on turn; nobody once the game is over.
    #[must_use]
    pub fn on_turn(&self) -> Option<u8> {
        if self.is_aborted { None } else { self.position.on_turn() }
    }

    /// When the player on turn is out of time; nothing once the game is over.
    #[must_use]
    pub fn flag_at(&self, outages: &Outages, now: Timestamp) -> Option<Timestamp> {
        let control = self.terms().time_control;
        self.on_turn().map(|seat| self.clocks.flag_at(control, seat, outages, now))
    }

    /// What the clock does to the game: the player on turn is out of time.
    #[must_use]
    pub fn fall(&self, outages: &Outages, now: Timestamp) -> Option<Step> {
        let seat = self.on_turn()?;
        if self.flag_at(outages, now)? > now {
            return None;
        }
        self.play(seat, Action::TimeOut, outages, now).ok()
    }

    /// What has a game that was set aside go on: it can be read again.
    #[must_use]
    pub fn resume(&self, outages: &Outages, now: Timestamp) -> Option<Step> {
        // Not before the last step, though clocks of replicas differ.
        let stood_since = self.set_aside_at?.max(self.stepped_at);
        let mut clocks = self.clocks;
        clocks.resume(stood_since, outages, now);
        let number = self.version + 1;
        Some(Step { number, at: now, cause: None, events: vec![Event::Resumed], clocks })
    }

    /// What an order comes to, where the clock allows anything still: see [`fall`](Self::fall).
    ///
    /// # Errors
    /// [`Refusal`] says what is wrong first.
    pub fn decide(
        &self,
        order: &Order,
        outages: &Outages,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        let Order { seat, turn, act } = *order;
        if self.ending().is_some() {
            return Err(Refusal::GameOver);
        }
        if turn != self.position.turn() {
            return Err(Refusal::StaleTurn(self.position.turn()));
        }
        if !self.position.is_in(seat) {
            return Err(Refusal::DroppedOut);
        }
        let standing = self.offers.standing();
        let events = match act {
            Act::Move(action) => return self.play(seat, action, outages, now),
            Act::Offer(_) if standing.is_some() => return Err(Refusal::OfferStands),
            Act::Offer(proposal) if !self.offers.may_make(seat, proposal) => {
                return Err(Refusal::OffersSpent);
            }
            Act::Offer(proposal) => vec![Event::Offered { seat, proposal }],
            Act::Accept => {
                let offer = standing.filter(|offer| !offer.has_agreed(seat));
                let offer = offer.ok_or(Refusal::NothingToAnswer)?;
                let is_open = |other: u8| {
                    other != seat && self.position.is_in(other) && !offer.has_agreed(other)
                };
                let is_agreed = !(0..self.position.players()).any(is_open);
                let mut events = vec![Event::Accepted { seat }];
                events.extend(is_agreed.then_some(match offer.proposal {
                    Proposal::Abort => Event::Aborted,
                    Proposal::MoreTime => Event::TimeGiven,
                }));
                events
            }
            Act::Decline => {
                standing.filter(|offer| offer.seat != seat).ok_or(Refusal::NothingToAnswer)?;
                vec![Event::Declined { seat }]
            }
            Act::Withdraw => {
                standing.filter(|offer| offer.seat == seat).ok_or(Refusal::NothingToWithdraw)?;
                vec![Event::Withdrawn { seat }]
            }
        };
        let control = self.terms().time_control;
        let mut clocks = self.clocks;
        for event in &events {
            match event {
                Event::TimeGiven => clocks.give_more_time(control),
                Event::Aborted => {
                    if let Some(on_turn) = self.on_turn() {
                        clocks.charge(control, on_turn, outages, now);
                    }
                }
                _ => {}
            }
        }
        let cause = Cause { seat, act, overtime_minutes: [0; _] };
        Ok(self.step(cause, events, clocks, now))
    }

    /// What the rules of play make of an action, and what that does to the clocks.
    fn play(
        &self,
        seat: u8,
        action: Action,
        outages: &Outages,
        now: Timestamp,
    ) -> Result<Step, Refusal> {
        let control = self.terms().time_control;
        let on_turn = self.on_turn();
        let overtime_minutes = self.clocks.overtime_minutes(control, on_turn, outages, now);
        let command = game::Command { seat, action, overtime_minutes };
        let mut after = self.position.clone();
        let graph = self.terms().lexicon.graph();
        let events = after.apply(self.terms().rules, graph, &command)?;
        let mut clocks = self.clocks;
        if let Some(mover) = on_turn {
            if after.end_reason().is_some() {
                clocks.charge(control, mover, outages, now);
            } else if after.turn() != self.position.turn() {
                let is_rewarded = after.is_in(mover);
                clocks.end_turn(control, mover, is_rewarded, outages, now);
            }
        }
        let events = events.into_iter().map(Event::Game).collect();
        let cause = Cause { seat, act: Act::Move(action), overtime_minutes };
        Ok(self.step(cause, events, clocks, now))
    }

    fn step(&self, cause: Cause, events: Vec<Event>, clocks: Clocks, now: Timestamp) -> Step {
        Step { number: self.version + 1, at: now, cause: Some(cause), events, clocks }
    }

    /// The game after a step.
    ///
    /// # Errors
    /// [`Unfoldable`], where the step does not follow; the game is then of no use.
    pub fn fold(&mut self, step: &Step) -> Result<(), Unfoldable> {
        let expected = self.version + 1;
        if step.number != expected {
            return Err(Unfoldable::Number { found: step.number, expected });
        }
        for event in &step.events {
            self.fold_event(step.number, event)?;
        }
        self.version = step.number;
        self.clocks = step.clocks;
        self.stepped_at = step.at;
        self.look_again();
        Ok(())
    }

    /// Brings the moment to look at the clock forward, where it falls before.
    fn look_again(&mut self) {
        let flag_at = self.flag_at(&Outages::default(), self.stepped_at);
        self.check_at = flag_at.map(|flag_at| self.check_at.map_or(flag_at, |at| at.min(flag_at)));
    }

    fn fold_event(&mut self, step: u32, event: &Event) -> Result<(), Unfoldable> {
        let standing = self.offers.standing().copied();
        let expect = |is_possible: bool| match is_possible {
            true => Ok(()),
            false => Err(Unfoldable::Offer(step)),
        };
        match event {
            Event::Game(event) => {
                let folded = self.position.fold(self.terms().rules, event);
                folded.map_err(|source| Unfoldable::Event { step, source })?;
                // Who plays on has answered, and who left is not waited for.
                if matches!(
                    event,
                    game::Event::TurnBegan { .. }
                        | game::Event::DroppedOut { .. }
                        | game::Event::Ended { .. }
                ) {
                    self.offers.drop_standing();
                }
            }
            Event::Offered { seat, proposal } => {
                expect(standing.is_none() && self.offers.may_make(*seat, *proposal))?;
                self.offers.make(*seat, *proposal);
            }
            Event::Accepted { seat } => {
                expect(standing.is_some_and(|offer| !offer.has_agreed(*seat)))?;
                self.offers.agree(*seat);
            }
            Event::Declined { seat } => {
                expect(standing.is_some_and(|offer| offer.seat != *seat))?;
                self.offers.drop_standing();
            }
            Event::Withdrawn { seat } => {
                expect(standing.is_some_and(|offer| offer.seat == *seat))?;
                self.offers.drop_standing();
            }
            Event::TimeGiven => {
                expect(standing.is_some_and(|offer| offer.proposal == Proposal::MoreTime))?;
                self.offers.drop_standing();
            }
            Event::Aborted => {
                expect(standing.is_some_and(|offer| offer.proposal == Proposal::Abort))?;
                self.offers.drop_standing();
                self.is_aborted = true;
            }
            Event::Resumed => self.set_aside_at = None,
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "live_game_tests.rs"]
mod tests;
