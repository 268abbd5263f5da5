//! Players' clocks: what each has left, and when the one on turn is out of time.
//!
//! Nothing ticks. A clock is what was left when the turn began, and that moment; everything else is
//! computed from them, by whoever asks. Time in which no replica was up is nobody's: it is taken out
//! by the [`Outages`]. Pure: the present is an argument.

use serde::{Deserialize, Serialize};

use super::outage::Outages;
use super::time_control::TimeControl;
use crate::game::PLAYERS_MAX;
use crate::time::Timestamp;

const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;

/// What `more_time` gives everybody in real time.
const MORE_TIME_US: i64 = MINUTE_US;

/// The clocks of a game, as they stood when the turn began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    /// What each player has left, without what each turn has for itself; below zero in overtime.
    left_us: [i64; PLAYERS_MAX],
    turn_began_at: Timestamp,
}

impl Clocks {
    /// Before the first turn, which begins now.
    #[must_use]
    pub fn start(control: TimeControl, now: Timestamp) -> Self {
        let seconds = match control {
            TimeControl::RealTime { initial_seconds, .. } => initial_seconds,
            TimeControl::Correspondence { bank_seconds, .. } => bank_seconds,
        };
        Self { left_us: [i64::from(seconds) * SECOND_US; PLAYERS_MAX], turn_began_at: now }
    }

    /// When the turn began.
    #[must_use]
    pub const fn turn_began_at(&self) -> Timestamp {
        self.turn_began_at
    }

    /// What a player who is not on turn has left, in microseconds: of the whole game in real time, of
    /// the bank in correspondence.
    #[must_use]
    pub fn left_us(&self, seat: u8) -> i64 {
        self.left_us.get(usize::from(seat)).copied().unwrap_or(0)
    }

    /// When the player on turn is out of time, as far as outages are known.
    #[must_use]
    pub fn flag_at(
        &self,
        control: TimeControl,
        on_turn: u8,
        outages: &Outages,
        now: Timestamp,
    ) -> Timestamp {
        let allowance_us = self.left_us(on_turn).saturating_add(match control {
            TimeControl::RealTime { overtime_minutes, .. } => {
                i64::from(overtime_minutes) * MINUTE_US
            }
            TimeControl::Correspondence { turn_seconds, .. } => i64::from(turn_seconds) * SECOND_US,
        });
        let lost_us = outages.within_us(self.turn_began_at, now);
        let began_us = self.turn_began_at.as_micros();
        Timestamp::from_micros(began_us.saturating_add(allowance_us).saturating_add(lost_us))
    }

    /// What the player on turn has left now, as [`left_us`](Self::left_us) counts it.
    #[must_use]
    pub fn left_now_us(
        &self,
        control: TimeControl,
        on_turn: u8,
        outages: &Outages,
        now: Timestamp,
    ) -> i64 {
        let thought_us = self.thought_us(outages, now);
        let left_us = self.left_us(on_turn);
        match control {
            // Who loses by the clock has lost at the end of the overtime, however late that is noticed.
            TimeControl::RealTime { overtime_minutes, .. } => left_us
                .saturating_sub(thought_us)
                .max((-i64::from(overtime_minutes) * MINUTE_US).min(left_us)),
            TimeControl::Correspondence { turn_seconds, .. } => {
                let beyond_us = (thought_us - i64::from(turn_seconds) * SECOND_US).max(0);
                left_us.saturating_sub(beyond_us).max(0)
            }
        }
    }

    /// How many minutes over time each player has begun.
    #[must_use]
    pub fn overtime_minutes(
        &self,
        control: TimeControl,
        on_turn: Option<u8>,
        outages: &Outages,
        now: Timestamp,
    ) -> [u8; PLAYERS_MAX] {
        let mut clocks = *self;
        if let Some(seat) = on_turn {
            clocks.charge(control, seat, outages, now);
        }
        clocks.left_us.map(|left_us| {
            let over_us = (-left_us).max(0);
            u8::try_from(over_us.unsigned_abs().div_ceil(MINUTE_US.unsigned_abs()))
                .unwrap_or(u8::MAX)
        })
    }

    /// The turn ends, and another begins. `is_rewarded` is whether it was a turn in full, which earns
    /// the increment: not the loss of one by the clock.
    pub fn end_turn(
        &mut self,
        control: TimeControl,
        seat: u8,
        is_rewarded: bool,
        outages: &Outages,
        now: Timestamp,
    ) {
        self.charge(control, seat, outages, now);
        if let (TimeControl::RealTime { increment_seconds, .. }, true) = (control, is_rewarded) {
            self.add_us(seat, i64::from(increment_seconds) * SECOND_US);
        }
        self.turn_began_at = now;
    }

    /// Takes from a player what was thought since the turn began, at the end of the game.
    pub fn charge(&mut self, control: TimeControl, on_turn: u8, outages: &Outages, now: Timestamp) {
        let left_us = self.left_now_us(control, on_turn, outages, now);
        if let Some(left) = self.left_us.get_mut(usize::from(on_turn)) {
            *left = left_us;
        }
    }

    /// Gives everybody more time: a minute in real time, a turn's time for the bank in correspondence.
    pub fn give_more_time(&mut self, control: TimeControl) {
        let more_us = match control {
            TimeControl::RealTime { .. } => MORE_TIME_US,
            TimeControl::Correspondence { turn_seconds, .. } => i64::from(turn_seconds) * SECOND_US,
        };
        (0..PLAYERS_MAX as u8).for_each(|seat| self.add_us(seat, more_us));
    }

    /// Takes a span out of the turn: the clock stood since then, and whoever is on turn has thought no
    /// longer than until then.
    pub fn resume(&mut self, stood_since: Timestamp, outages: &Outages, now: Timestamp) {
        let thought_us = self.thought_us(outages, stood_since.min(now));
        self.turn_began_at = outages.before(now, thought_us);
    }

    /// How long the turn has taken by a moment.
    fn thought_us(&self, outages: &Outages, at: Timestamp) -> i64 {
        let elapsed_us = at.as_micros().saturating_sub(self.turn_began_at.as_micros());
        (elapsed_us - outages.within_us(self.turn_began_at, at)).max(0)
    }

    fn add_us(&mut self, seat: u8, more_us: i64) {
        if let Some(left_us) = self.left_us.get_mut(usize::from(seat)) {
            *left_us = left_us.saturating_add(more_us);
        }
    }
}

#[cfg(test)]
#[path = "clocks_tests.rs"]
mod tests;
