//! How events change a game.
//!
//! Everything that an event says and that follows from the state and the rules too is compared, so that
//! events that were altered, or that belong to another game, are found, and tiles are conserved whatever
//! is folded. What does not follow is believed:
//!
//! * `Played` and `PlayTakenBack.invalid`: which words are words, since there is no lexicon here. Those
//!   that are invalid are words of the play.
//! * `DroppedOut`: who left and why, as far as that player could leave so.
//! * `Adjusted` for time over: how many minutes that were. The points follow from them.
//! * That no whole event was left out or added. It is found where those after it do not fit: a missing
//!   `Adjusted` fits if it changes no rank.

use crate::game::{ChallengeRule, Placement, Rack, RuleSet, ScoredPlay};
use crate::lexicon::Word;

use super::{
    Adjustment, DropReason, Event, GameState, InvalidSetup, Phase, Presence, Setup, Window,
};

/// Why events do not belong to a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    /// The game can't begin.
    #[error("the game can't begin")]
    Setup(#[from] InvalidSetup),
    /// The first event is not the start, or there is none.
    #[error("the first event is not the game's start")]
    NoStart,
    /// Something happened that can't happen at this moment.
    #[error("{0} can't happen now")]
    Unexpected(&'static str),
    /// An event says something else than what follows from the state.
    #[error("{event} has another {field} than follows from the game before it")]
    Differs {
        /// What happened.
        event: &'static str,
        /// What is different.
        field: &'static str,
    },
}

impl GameState {
    /// A game from all of its events.
    ///
    /// # Errors
    /// [`Corrupt`], where they are no game of this setup.
    pub fn from_events<'e>(
        rules: &RuleSet,
        setup: &Setup,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<Self, Corrupt> {
        let (mut state, started) = Self::start(rules, setup)?;
        let mut events = events.into_iter();
        if events.next() != started.first() {
            return Err(Corrupt::NoStart);
        }
        events.try_for_each(|event| state.fold(rules, event))?;
        Ok(state)
    }

    /// Changes as an event says.
    ///
    /// # Errors
    /// [`Corrupt`], where it can't follow; then nothing changed.
    pub fn fold(&mut self, rules: &RuleSet, event: &Event) -> Result<(), Corrupt> {
        if self.end_reason().is_some() {
            return Err(Corrupt::Unexpected(event.name()));
        }
        // Half an event never stays.
        let mut next = self.clone();
        Fold { state: &mut next, rules, event: event.name() }.fold(event)?;
        *self = next;
        Ok(())
    }
}

impl Event {
    /// What it is called before a program.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Played { .. } => "played",
            Self::Exchanged { .. } => "exchanged",
            Self::Passed { .. } => "passed",
            Self::PlayTakenBack { .. } => "play_taken_back",
            Self::ChallengeFailed { .. } => "challenge_failed",
            Self::DroppedOut { .. } => "dropped_out",
            Self::TurnBegan { .. } => "turn_began",
            Self::Adjusted { .. } => "adjusted",
            Self::Ended { .. } => "ended",
        }
    }
}

struct Fold<'a> {
    state: &'a mut GameState,
    rules: &'a RuleSet,
    event: &'static str,
}

impl Fold<'_> {
    fn fold(&mut self, event: &Event) -> Result<(), Corrupt> {
        match event {
            Event::Started { .. } => self.expect(false),
            Event::Played { seat, play, drawn, bag_tiles, total } => {
                let found = self.play(*seat, play)?;
                self.same("draw", found, *drawn)?;
                self.totals(*seat, play.score(), *total)?;
                self.bag_tiles(*bag_tiles)
            }
            Event::Exchanged { seat, returned, drawn } => self.exchange(*seat, returned, drawn),
            Event::Passed { seat } => {
                self.expect(*seat == self.state.on_turn)?;
                self.end_turn(*seat, true);
                Ok(())
            }
            Event::PlayTakenBack {
                seat,
                challenger,
                placement,
                returned,
                bag_tiles,
                score,
                total,
                invalid,
            } => {
                self.expect(*challenger == self.state.on_turn)?;
                self.take_back(*seat, placement, invalid, returned, *score)?;
                self.totals(*seat, -*score, *total)?;
                self.bag_tiles(*bag_tiles)
            }
            Event::ChallengeFailed { seat, challenger, points, total, costs_turn } => {
                self.expect(*challenger == self.state.on_turn)?;
                self.wrong_challenge(*seat, *points, *costs_turn)?;
                self.totals(*seat, *points, *total)?;
                if *costs_turn {
                    self.end_turn(*challenger, self.rules.scoreless.counts_lost_turns);
                }
                Ok(())
            }
            Event::DroppedOut { seat, reason } => self.drop_out(*seat, *reason),
            Event::TurnBegan { seat, turn, has_final_say } => {
                self.expect(self.state.end_due(self.rules).is_none())?;
                let (next, number, is_final) = self.state.next_turn();
                self.same("seat", next, *seat)?;
                self.same("turn", number, *turn)?;
                self.same("final say", is_final, *has_final_say)?;
                self.state.on_turn = *seat;
                self.state.turn = *turn;
                self.state.phase = if *has_final_say { Phase::FinalSay } else { Phase::Turn };
                Ok(())
            }
            Event::Adjusted { seat, reason, points, total } => {
                let Some(due) = self.adjustment(*seat, *reason) else {
                    return Err(Corrupt::Unexpected(self.event));
                };
                self.same("points", due, *points)?;
                self.totals(*seat, *points, *total)
            }
            Event::Ended { reason, ranks, racks, seed } => {
                self.same("reason", self.state.end_due(self.rules), Some(*reason))?;
                self.same("ranks", self.state.ranks(), *ranks)?;
                self.same("racks", self.state.racks, *racks)?;
                self.same("seed", *self.state.bag.seed(), *seed)?;
                self.state.window = None;
                self.state.phase = Phase::Over(*reason);
                Ok(())
            }
        }
    }

    /// Gives what is drawn for it.
    fn play(&mut self, seat: u8, play: &ScoredPlay) -> Result<Rack, Corrupt> {
        let state = &mut *self.state;
        let found = ScoredPlay::of(&state.board, self.rules, play.placement());
        let is_turn = seat == state.on_turn && state.phase == Phase::Turn;
        let may_repeat = self.rules.words_repeat || state.repeated(self.rules, play).is_empty();
        let rack = &mut state.racks[usize::from(state.on_turn)];
        let has_tiles = play.placement().placed().all(|(_, tile)| rack.remove(tile.tile()));
        if !is_turn || !has_tiles || found != Ok(*play) || !may_repeat {
            return Err(Corrupt::Unexpected(self.event));
        }
        for (index, (square, tile)) in play.placement().placed().enumerate() {
            state.board.set(square, Some(tile));
            let _ = state.history.push(square, index == 0);
        }
        let room = usize::from(self.rules.rack_size).saturating_sub(rack.len());
        let drawn = state.bag.draw_rack(room);
        *rack = joined(rack, &drawn);
        state.window = (state.challenge != ChallengeRule::Void).then_some(Window {
            seat,
            direction: play.placement().direction,
            drawn,
            scoreless_before: state.scoreless,
        });
        state.scoreless = [0; _];
        Ok(drawn)
    }

    fn exchange(&mut self, seat: u8, returned: &Rack, drawn: &Rack) -> Result<(), Corrupt> {
        let state = &mut *self.state;
        let bag_has_enough =
            state.bag.len() >= usize::from(self.rules.exchange_needs(returned.len()));
        let is_allowed = bag_has_enough && !returned.is_empty();
        let rack = &mut state.racks[usize::from(state.on_turn)];
        let has_tiles = returned.tiles().iter().all(|tile| rack.remove(*tile));
        if seat != state.on_turn || state.phase != Phase::Turn || !has_tiles || !is_allowed {
            return Err(Corrupt::Unexpected(self.event));
        }
        let found = state.bag.draw_rack(returned.len());
        *rack = joined(rack, &found);
        state.bag.put_back(returned.tiles().iter().copied());
        self.end_turn(seat, self.rules.scoreless.counts_exchanges);
        self.same("draw", found, *drawn)
    }

    fn take_back(
        &mut self,
        seat: u8,
        placement: &Placement,
        invalid: &[Word],
        returned: &Rack,
        score: i32,
    ) -> Result<(), Corrupt> {
        let window = self.state.window.filter(|window| window.seat == seat);
        let play = window.and_then(|window| self.state.last_play(self.rules, window.direction));
        let (Some(window), Some(play)) = (window, play) else {
            return Err(Corrupt::Unexpected(self.event));
        };
        self.same("placement", play.placement(), placement)?;
        let is_of_play = |word: &Word| play.words().iter().any(|formed| formed.word == *word);
        self.same("words", !invalid.is_empty() && invalid.iter().all(is_of_play), true)?;
        self.same("score", play.score(), score)?;
        self.same("draw", &window.drawn, returned)?;
        let state = &mut *self.state;
        let rack = &mut state.racks[usize::from(seat)];
        let _ = returned.tiles().iter().all(|tile| rack.remove(*tile));
        for (square, tile) in placement.placed() {
            state.board.set(square, None);
            let _ = rack.add(tile.tile());
        }
        state.history.pop_play();
        state.bag.put_back(returned.tiles().iter().copied());
        state.scoreless = window.scoreless_before;
        state.phase = Phase::Turn;
        self.end_turn(seat, self.rules.scoreless.counts_lost_turns);
        Ok(())
    }

    fn wrong_challenge(&mut self, seat: u8, points: i32, costs_turn: bool) -> Result<(), Corrupt> {
        let challenged = self.state.challengeable(self.rules);
        let Some((_, play)) = challenged.filter(|(challenged, _)| *challenged == seat) else {
            return Err(Corrupt::Unexpected(self.event));
        };
        let (gained, is_turn_lost) = self.state.wrong_challenge(&play);
        self.same("points", gained, points)?;
        self.same("cost", is_turn_lost, costs_turn)?;
        self.state.window = None;
        Ok(())
    }

    fn drop_out(&mut self, seat: u8, reason: DropReason) -> Result<(), Corrupt> {
        let (is_on_turn, is_triple) =
            (seat == self.state.on_turn, self.state.challenge == ChallengeRule::Triple);
        let could = match reason {
            DropReason::Resigned => true,
            // Under the final say it is a pass.
            DropReason::TimedOut => is_on_turn && !self.state.has_final_say(),
            DropReason::TripleChallenge => is_triple && self.state.window.is_none(),
        };
        self.expect(self.state.is_in(seat) && could)?;
        let state = &mut *self.state;
        let before = (0..state.players).filter(|other| !state.is_in(*other)).count() as u8;
        state.presence[usize::from(seat)] = Presence::Out(before + 1, reason);
        if state.window.is_some_and(|window| window.seat == seat) {
            state.window = None;
            state.phase = Phase::Turn;
        }
        Ok(())
    }

    /// What a score changes by for a reason, if the game ends now.
    fn adjustment(&self, seat: u8, reason: Adjustment) -> Option<i32> {
        if let Adjustment::Overtime(minutes) = reason {
            let is_due = minutes > 0 && self.state.is_in(seat);
            let is_end = self.state.end_due(self.rules).is_some();
            return (is_due && is_end).then(|| self.state.overtime(self.rules, minutes));
        }
        let settled = self.state.settlement(self.rules);
        let due = settled.into_iter().find(|(whose, why, _)| (*whose, *why) == (seat, reason));
        due.map(|(_, _, points)| points)
    }

    /// A turn without points, which is counted or begins the count anew; there is nothing to challenge
    /// after it.
    fn end_turn(&mut self, seat: u8, is_counted: bool) {
        self.state.window = None;
        if is_counted {
            let turns = &mut self.state.scoreless[usize::from(seat)];
            *turns = turns.saturating_add(1);
        } else {
            self.state.scoreless = [0; _];
        }
    }

    fn totals(&mut self, seat: u8, points: i32, told: i32) -> Result<(), Corrupt> {
        let total = &mut self.state.totals[usize::from(seat)];
        *total = total.saturating_add(points);
        let total = *total;
        self.same("total", total, told)
    }

    fn bag_tiles(&self, told: u8) -> Result<(), Corrupt> {
        self.same("number of tiles in the bag", self.state.bag.len(), usize::from(told))
    }

    fn expect(&self, can_happen: bool) -> Result<(), Corrupt> {
        if can_happen { Ok(()) } else { Err(Corrupt::Unexpected(self.event)) }
    }

    fn same<T: PartialEq>(&self, field: &'static str, found: T, told: T) -> Result<(), Corrupt> {
        if found == told { Ok(()) } else { Err(Corrupt::Differs { event: self.event, field }) }
    }
}

/// The tiles of two racks, as far as there is room.
fn joined(rack: &Rack, more: &Rack) -> Rack {
    let mut both = *rack;
    let _ = more.tiles().iter().all(|tile| both.add(*tile));
    both
}
