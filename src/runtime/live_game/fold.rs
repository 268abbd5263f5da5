//! The only way in which a game changes: it takes in a step.

use super::{LiveGame, Unfoldable};
use crate::game;
use crate::runtime::offer::Proposal;
use crate::runtime::outage::Outages;
use crate::runtime::step::{Event, Step};

impl LiveGame {
    /// The game after a step.
    ///
    /// # Errors
    /// [`Unfoldable`], where the step does not follow; the game is then of no use.
    pub fn fold(&mut self, step: &Step) -> Result<(), Unfoldable> {
        let expected = self.progress.version + 1;
        if step.number != expected {
            return Err(Unfoldable::Number { found: step.number, expected });
        }
        for event in &step.events {
            self.fold_event(step.number, event)?;
        }
        self.progress.version = step.number;
        self.progress.clocks = step.clocks;
        self.progress.stepped_at = step.at;
        self.look_again();
        Ok(())
    }

    /// Brings the moment to look at the clock forward, where it falls before. One that is past has been
    /// looked at, and means nothing any more.
    pub(super) fn look_again(&mut self) {
        let stepped_at = self.progress.stepped_at;
        let flag_at = self.flag_at(&Outages::default(), stepped_at);
        let ahead = self.progress.check_at.filter(|at| *at > stepped_at);
        self.progress.check_at = flag_at.map(|flag_at| ahead.map_or(flag_at, |at| at.min(flag_at)));
    }

    fn fold_event(&mut self, step: u32, event: &Event) -> Result<(), Unfoldable> {
        let standing = self.progress.offers.standing().copied();
        let expect = |is_possible: bool| match is_possible {
            true => Ok(()),
            false => Err(Unfoldable::Offer(step)),
        };
        match event {
            Event::Game(event) => {
                let folded = self.progress.position.fold(self.terms().rules, event);
                folded.map_err(|source| Unfoldable::Event { step, source })?;
                // Who plays on has answered, and who left is not waited for.
                if matches!(
                    event,
                    game::Event::TurnBegan { .. }
                        | game::Event::DroppedOut { .. }
                        | game::Event::Ended { .. }
                ) {
                    self.progress.offers.drop_standing();
                }
            }
            Event::Offered { seat, proposal } => {
                expect(standing.is_none() && self.progress.offers.may_make(*seat, *proposal))?;
                self.progress.offers.make(*seat, *proposal);
            }
            Event::Accepted { seat } => {
                expect(standing.is_some_and(|offer| !offer.has_agreed(*seat)))?;
                self.progress.offers.agree(*seat);
            }
            Event::Declined { seat } => {
                expect(standing.is_some_and(|offer| offer.seat != *seat))?;
                self.progress.offers.drop_standing();
            }
            Event::Withdrawn { seat } => {
                expect(standing.is_some_and(|offer| offer.seat == *seat))?;
                self.progress.offers.drop_standing();
            }
            Event::TimeGiven => {
                expect(standing.is_some_and(|offer| offer.proposal == Proposal::MoreTime))?;
                self.progress.offers.drop_standing();
            }
            Event::Aborted => {
                expect(standing.is_some_and(|offer| offer.proposal == Proposal::Abort))?;
                self.progress.offers.drop_standing();
                self.progress.is_aborted = true;
            }
            Event::Resumed => self.progress.set_aside_at = None,
        }
        Ok(())
    }
}
