//! The end of a game: what the tiles and the minutes count that are left, and who ranks where.

use crate::game::{PLAYERS_MAX, RuleSet, Settlement};

use super::decide::Draft;
use super::{Adjustment, EndReason, Event, GameState, Presence};

impl GameState {
    /// Each player's rank by now, 1 for the best, the same for equals; 0 for seats that nobody has.
    /// Whoever dropped out is behind all others, and behind those who dropped out later.
    #[must_use]
    pub fn ranks(&self) -> [u8; PLAYERS_MAX] {
        let standing = |seat: u8| match self.presence[usize::from(seat)] {
            Presence::In => (u8::MAX, self.total(seat)),
            Presence::Out(order, _) => (order, 0),
        };
        std::array::from_fn(|seat| {
            let seat = seat as u8;
            if seat >= self.players {
                return 0;
            }
            let better = |other: &u8| standing(*other) > standing(seat);
            1 + (0..self.players).filter(better).count() as u8
        })
    }

    /// What the tiles of a player's rack count.
    #[must_use]
    pub fn rack_value(&self, rules: &RuleSet, seat: u8) -> i32 {
        self.rack(seat).tiles().iter().map(|tile| i32::from(rules.value(*tile))).sum()
    }

    /// What so many started minutes over time cost: nothing, or less.
    pub(super) fn overtime(&self, rules: &RuleSet, minutes: u8) -> i32 {
        -i32::from(rules.overtime_points) * i32::from(minutes)
    }
}

impl Draft<'_> {
    /// Ends the game; `out` is who placed all tiles, where somebody did.
    pub(super) fn end(&mut self, reason: EndReason, out: Option<u8>) {
        match reason {
            EndReason::Out | EndReason::Scoreless => self.settle_racks(out),
            EndReason::Resigned | EndReason::TimedOut | EndReason::TripleChallenge => {}
        }
        for (seat, minutes) in (0..).zip(self.overtime_minutes) {
            if minutes > 0 && self.state.is_in(seat) {
                let points = self.state.overtime(self.rules, minutes);
                self.adjust(seat, Adjustment::Overtime(minutes), points);
            }
        }
        let state = &self.state;
        self.emit(Event::Ended {
            reason,
            ranks: state.ranks(),
            racks: state.racks,
            seed: *state.bag.seed(),
        });
    }

    /// Players lose what they have left, and who is out gets it; or, of two players (NASPA), who is out
    /// gets it twice and the other loses nothing.
    fn settle_racks(&mut self, out: Option<u8>) {
        let is_doubled = self.rules.settlement == Settlement::Doubled
            && self.state.players == 2
            && out.is_some();
        let mut gained = 0;
        for seat in 0..self.state.players {
            let value = self.state.rack_value(self.rules, seat);
            if Some(seat) == out || !self.state.is_in(seat) {
                continue;
            }
            gained += value;
            if !is_doubled {
                self.adjust(seat, Adjustment::OwnRack, -value);
            }
        }
        if let Some(seat) = out {
            let points = if is_doubled { 2 * gained } else { gained };
            self.adjust(seat, Adjustment::OthersRacks, points);
        }
    }

    fn adjust(&mut self, seat: u8, reason: Adjustment, points: i32) {
        let total = self.state.total(seat).saturating_add(points);
        self.emit(Event::Adjusted { seat, reason, points, total });
    }
}
