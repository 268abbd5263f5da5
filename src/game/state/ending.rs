//! The end of a game: what the tiles and the minutes count that are left, and who ranks where.

use crate::game::{ChallengeRule, PLAYERS_MAX, RuleSet, Settlement};

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

    /// Why the game is to end now, before anybody does anything more.
    pub(super) fn end_due(&self, rules: &RuleSet) -> Option<EndReason> {
        let out = self.presence.iter().filter_map(|presence| match presence {
            Presence::In => None,
            Presence::Out(order, reason) => Some((*order, reason.end())),
        });
        let last_out = out.max_by_key(|(order, _)| *order).map(|(_, reason)| reason);
        let is_left_alone = self.seats_in().count() <= 1;
        last_out
            .filter(|_| is_left_alone)
            .or_else(|| self.gone_out().map(|_| EndReason::Out))
            .or_else(|| self.is_scoreless(rules).then_some(EndReason::Scoreless))
    }

    /// Who has placed all tiles, once nobody can question it any more.
    fn gone_out(&self) -> Option<u8> {
        let is_settled = self.window.is_none()
            && (self.challenge == ChallengeRule::Void || self.has_final_say());
        self.seats_in().find(|seat| is_settled && self.rack(*seat).is_empty())
    }

    /// What the tiles that are left count, if the game ends now. Players lose what they have left, and
    /// who is out gets it; or, of two players (NASPA), who is out gets it twice and the other loses
    /// nothing.
    pub(super) fn settlement(&self, rules: &RuleSet) -> Vec<(u8, Adjustment, i32)> {
        if !matches!(self.end_due(rules), Some(EndReason::Out | EndReason::Scoreless)) {
            return Vec::new();
        }
        let out = self.gone_out();
        let is_doubled =
            rules.settlement == Settlement::Doubled && self.players == 2 && out.is_some();
        let others = self.seats_in().filter(|seat| Some(*seat) != out);
        let values: Vec<(u8, i32)> =
            others.map(|seat| (seat, self.rack_value(rules, seat))).collect();
        let gained: i32 = values.iter().map(|(_, value)| value).sum();
        let lost = values.iter().filter(|_| !is_doubled);
        let mut settled: Vec<(u8, Adjustment, i32)> =
            lost.map(|(seat, value)| (*seat, Adjustment::OwnRack, -value)).collect();
        if let Some(seat) = out {
            let points = if is_doubled { 2 * gained } else { gained };
            settled.push((seat, Adjustment::OthersRacks, points));
        }
        settled
    }

    /// What so many started minutes over time cost: nothing, or less.
    pub(super) fn overtime(&self, rules: &RuleSet, minutes: u8) -> i32 {
        -i32::from(rules.overtime_points) * i32::from(minutes)
    }
}

impl Draft<'_> {
    /// Ends the game for a reason that is due.
    pub(super) fn end(&mut self, reason: EndReason) {
        for (seat, reason, points) in self.state.settlement(self.rules) {
            self.adjust(seat, reason, points);
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

    fn adjust(&mut self, seat: u8, reason: Adjustment, points: i32) {
        let total = self.state.total(seat).saturating_add(points);
        self.emit(Event::Adjusted { seat, reason, points, total });
    }
}
