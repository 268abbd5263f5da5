//! Steps and games in texts, as they are stored.
//!
//! Commands and events of the rules of play are told as [`told`](crate::game::told) has them; those of players among
//! themselves look alike:
//!
//! ```json
//! {"cause": {"seat": 0, "action": "offer", "proposal": "abort"},
//!  "events": [{"event": "offered", "seat": 0, "proposal": "abort"}],
//!  "clocks": {"left_us": [1500000000, 1500000000, 0, 0], "turn_began_at": "2026-11-24T12:00:00Z"}}
//! ```

use serde::{Deserialize, Serialize};

use super::clocks::Clocks;
use super::live_game::{LiveGame, Unfoldable};
use super::offer::{Offers, Proposal};
use super::step::{Act, Cause, Event, Step};
use super::store::StepRow;
use super::terms::Terms;
use crate::game::told::{CommandTold, EventTold, InvalidEvent, InvalidField};
use crate::game::{Command, PLAYERS_MAX, RuleSet, Seed};
use crate::id::{AccountId, GameId};
use crate::time::Timestamp;

/// A step without its number and its moment, which stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepTold {
    cause: Option<CauseTold>,
    pub(super) events: Vec<AnyEventTold>,
    clocks: Clocks,
}

/// What of a game changes and is not by the rules of play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProgressTold {
    pub(super) clocks: Clocks,
    pub(super) offers: Offers,
    pub(super) is_aborted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum CauseTold {
    Command(CommandTold),
    Offer(OfferCauseTold),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferCauseTold {
    seat: u8,
    action: OfferAction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proposal: Option<Proposal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OfferAction {
    Offer,
    Accept,
    Decline,
    Withdraw,
}

/// An event of either kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum AnyEventTold {
    /// By the rules of play.
    Game(EventTold),
    /// Beside them.
    Table(TableEventTold),
}

/// Something that happened beside the rules of play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "TableEvent")]
pub(super) enum TableEventTold {
    /// A player proposed something.
    Offered {
        /// Who.
        seat: u8,
        /// What.
        proposal: Proposal,
    },
    /// A player agreed to the proposal.
    Accepted {
        /// Who.
        seat: u8,
    },
    /// A player did not, and it is gone.
    Declined {
        /// Who.
        seat: u8,
    },
    /// The proposal was taken back.
    Withdrawn {
        /// By whom.
        seat: u8,
    },
    /// All have agreed: everybody has more time.
    TimeGiven {},
    /// All have agreed: the game is over, without a result.
    Aborted {},
    /// The game could not be read for a while, in which its clock stood.
    Resumed {},
}

/// Why what is stored is no step.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableStep {
    /// The text is no step.
    #[error("step {number} is not written as steps are")]
    Form {
        /// Which.
        number: u32,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// What was asked is nothing that could be asked.
    #[error("what step {number} answers to can't be asked of the game")]
    Cause {
        /// Which.
        number: u32,
        /// Why; nothing where an offer lacks its proposal.
        #[source]
        source: Option<InvalidField>,
    },
    /// An event can't happen.
    #[error("an event of step {number} can't happen")]
    Event {
        /// Which.
        number: u32,
        /// Why.
        #[source]
        source: InvalidEvent,
    },
    /// It does not follow.
    #[error(transparent)]
    Unfoldable(#[from] Unfoldable),
}

impl StepTold {
    pub(super) fn of(rules: &RuleSet, step: &Step) -> Self {
        Self {
            cause: step.cause.as_ref().map(|cause| CauseTold::of(rules, cause)),
            events: step.events.iter().map(|event| AnyEventTold::of(rules, event)).collect(),
            clocks: step.clocks,
        }
    }

    /// Reads a game's first step: the game as it began.
    pub(super) fn start(
        id: GameId,
        terms: Terms,
        players: Vec<AccountId>,
        seed: Seed,
        row: &StepRow,
    ) -> Result<(LiveGame, Step), UnreadableStep> {
        let number = row.number;
        let told: Self = serde_json::from_str(&row.told)
            .map_err(|source| UnreadableStep::Form { number, source })?;
        let started = LiveGame::start(id, terms, players, seed, row.at);
        let (game, step) = started.map_err(|_| Unfoldable::NoStart)?;
        // The start follows from the seed, so that there is one that it can be.
        if number == step.number && told == Self::of(game.terms().rules, &step) {
            Ok((game, step))
        } else {
            Err(Unfoldable::NoStart.into())
        }
    }
}

impl Step {
    /// The step as it is stored, without its number and its moment.
    ///
    /// # Panics
    /// Never: what is stored are texts and numbers.
    #[must_use]
    pub fn to_text(&self, rules: &RuleSet) -> String {
        serde_json::to_string(&StepTold::of(rules, self)).expect("a step is texts and numbers")
    }
}

impl LiveGame {
    /// Folds a step that was stored, and gives it.
    ///
    /// # Errors
    /// [`UnreadableStep`], where it is none or does not follow; the game is then of no use.
    pub fn fold_text(
        &mut self,
        number: u32,
        at: Timestamp,
        text: &str,
    ) -> Result<Step, UnreadableStep> {
        let told: StepTold =
            serde_json::from_str(text).map_err(|source| UnreadableStep::Form { number, source })?;
        let rules = self.terms().rules;
        let cause = told.cause.map(|cause| cause.read(rules, number)).transpose()?;
        // An event is read by the game just before it, which those of the same step have changed.
        let mut position = self.position().clone();
        let mut events = Vec::with_capacity(told.events.len());
        for event in &told.events {
            let event = match event {
                AnyEventTold::Table(event) => event.read(),
                AnyEventTold::Game(event) => {
                    let refused = |source| UnreadableStep::Event { number, source };
                    let event = event.event(rules, &position).map_err(refused)?;
                    let folded = position.fold(rules, &event);
                    folded.map_err(|source| Unfoldable::Event { step: number, source })?;
                    Event::Game(event)
                }
            };
            events.push(event);
        }
        let step = Step { number, at, cause, events, clocks: told.clocks };
        self.fold(&step)?;
        Ok(step)
    }

    /// Clocks and offers as they are stored.
    ///
    /// # Panics
    /// Never: what is stored are texts and numbers.
    #[must_use]
    pub fn progress_text(&self) -> String {
        serde_json::to_string(&ProgressTold::of(self)).expect("clocks and offers are numbers")
    }
}

impl CauseTold {
    fn of(rules: &RuleSet, cause: &Cause) -> Self {
        let Cause { seat, act, overtime_minutes } = *cause;
        let (action, proposal) = match act {
            Act::Move(action) => {
                let command = Command { seat, action, overtime_minutes };
                return Self::Command(CommandTold::of(rules, &command));
            }
            Act::Offer(proposal) => (OfferAction::Offer, Some(proposal)),
            Act::Accept => (OfferAction::Accept, None),
            Act::Decline => (OfferAction::Decline, None),
            Act::Withdraw => (OfferAction::Withdraw, None),
        };
        Self::Offer(OfferCauseTold { seat, action, proposal })
    }

    fn read(self, rules: &RuleSet, number: u32) -> Result<Cause, UnreadableStep> {
        let OfferCauseTold { seat, action, proposal } = match self {
            Self::Command(command) => {
                let command = command.command(rules);
                let Command { seat, action, overtime_minutes } = command
                    .map_err(|source| UnreadableStep::Cause { number, source: Some(source) })?;
                return Ok(Cause { seat, act: Act::Move(action), overtime_minutes });
            }
            Self::Offer(offer) => offer,
        };
        let act = match (action, proposal) {
            (OfferAction::Offer, Some(proposal)) => Act::Offer(proposal),
            (OfferAction::Accept, None) => Act::Accept,
            (OfferAction::Decline, None) => Act::Decline,
            (OfferAction::Withdraw, None) => Act::Withdraw,
            _ => return Err(UnreadableStep::Cause { number, source: None }),
        };
        Ok(Cause { seat, act, overtime_minutes: [0; PLAYERS_MAX] })
    }
}

impl AnyEventTold {
    pub(super) fn of(rules: &RuleSet, event: &Event) -> Self {
        Self::Table(match event {
            Event::Game(event) => return Self::Game(EventTold::of(rules, event)),
            Event::Offered { seat, proposal } => {
                TableEventTold::Offered { seat: *seat, proposal: *proposal }
            }
            Event::Accepted { seat } => TableEventTold::Accepted { seat: *seat },
            Event::Declined { seat } => TableEventTold::Declined { seat: *seat },
            Event::Withdrawn { seat } => TableEventTold::Withdrawn { seat: *seat },
            Event::TimeGiven => TableEventTold::TimeGiven {},
            Event::Aborted => TableEventTold::Aborted {},
            Event::Resumed => TableEventTold::Resumed {},
        })
    }
}

impl TableEventTold {
    const fn read(self) -> Event {
        match self {
            Self::Offered { seat, proposal } => Event::Offered { seat, proposal },
            Self::Accepted { seat } => Event::Accepted { seat },
            Self::Declined { seat } => Event::Declined { seat },
            Self::Withdrawn { seat } => Event::Withdrawn { seat },
            Self::TimeGiven {} => Event::TimeGiven,
            Self::Aborted {} => Event::Aborted,
            Self::Resumed {} => Event::Resumed,
        }
    }
}

impl ProgressTold {
    fn of(game: &LiveGame) -> Self {
        let is_aborted = game.ending() == Some(super::Ending::Aborted);
        Self { clocks: *game.clocks(), offers: *game.offers(), is_aborted }
    }
}

#[cfg(test)]
#[path = "told_tests.rs"]
mod tests;
