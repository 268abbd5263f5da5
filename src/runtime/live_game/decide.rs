//! What every order makes of a game, and what its clock does.
//!
//! Nothing here changes a game: what is decided is a step, which `fold` takes in.

use super::LiveGame;
use crate::game::{self, Action};
use crate::runtime::clocks::Clocks;
use crate::runtime::offer::Proposal;
use crate::runtime::outage::Outages;
use crate::runtime::step::{Act, Cause, Event, Order, Refusal, Step};
use crate::time::Timestamp;

impl LiveGame {
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
        let stood_since = self.progress.set_aside_at?.max(self.progress.stepped_at);
        let mut clocks = self.progress.clocks;
        clocks.resume(stood_since, outages, now);
        let number = self.progress.version + 1;
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
        if turn != self.progress.position.turn() {
            return Err(Refusal::StaleTurn(self.progress.position.turn()));
        }
        if !self.progress.position.is_in(seat) {
            return Err(Refusal::DroppedOut);
        }
        let standing = self.progress.offers.standing();
        let events = match act {
            Act::Move(action) => return self.play(seat, action, outages, now),
            Act::Offer(_) if standing.is_some() => return Err(Refusal::OfferStands),
            Act::Offer(proposal) if !self.progress.offers.may_make(seat, proposal) => {
                return Err(Refusal::OffersSpent);
            }
            Act::Offer(proposal) => vec![Event::Offered { seat, proposal }],
            Act::Accept => {
                let offer = standing.filter(|offer| !offer.has_agreed(seat));
                let offer = offer.ok_or(Refusal::NothingToAnswer)?;
                let is_open = |other: u8| {
                    other != seat && self.progress.position.is_in(other) && !offer.has_agreed(other)
                };
                let is_agreed = !(0..self.progress.position.players()).any(is_open);
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
        let mut clocks = self.progress.clocks;
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
        let overtime_minutes =
            self.progress.clocks.overtime_minutes(control, on_turn, outages, now);
        let command = game::Command { seat, action, overtime_minutes };
        let mut after = self.progress.position.clone();
        let graph = self.terms().lexicon.graph();
        let events = after.apply(self.terms().rules, graph, &command)?;
        let mut clocks = self.progress.clocks;
        if let Some(mover) = on_turn {
            if after.end_reason().is_some() {
                clocks.charge(control, mover, outages, now);
            } else if after.turn() != self.progress.position.turn() {
                let is_rewarded = after.is_in(mover);
                clocks.end_turn(control, mover, is_rewarded, outages, now);
            }
        }
        let events = events.into_iter().map(Event::Game).collect();
        let cause = Cause { seat, act: Act::Move(action), overtime_minutes };
        Ok(self.step(cause, events, clocks, now))
    }

    fn step(&self, cause: Cause, events: Vec<Event>, clocks: Clocks, now: Timestamp) -> Step {
        Step { number: self.progress.version + 1, at: now, cause: Some(cause), events, clocks }
    }
}
