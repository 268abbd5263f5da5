//! The end of a record: tiles that are left, and what they count.

use crate::game::{Settlement, Tile, TileCounts, write_tiles};

use super::{Action, Difference, End, Extent, Move, Replay, Turn};

impl Replay<'_> {
    /// How far the moves so far go.
    #[must_use]
    pub fn extent(&self) -> Extent {
        let is_settling =
            |one: &Move| matches!(one.action, Action::RackPoints(_) | Action::RackPenalty(_));
        let has_left = self.racks.unplayed().total() > 0;
        match self.end {
            None => Extent::Unfinished,
            Some(_) if has_left && !self.game.moves.iter().any(is_settling) => Extent::Unsettled,
            Some(_) => Extent::Settled,
        }
    }

    /// Once somebody is out, the bag is empty, and all that is not on the board is on others' racks.
    pub(super) fn rack_points(
        &self,
        one: &Move,
        tiles: &TileCounts,
        turn: &mut Turn,
    ) -> Result<i32, Difference> {
        let end = self.end.ok_or(Difference::BeforeEnd)?;
        if end != End::Out(one.seat) {
            return Err(Difference::NotOut);
        }
        let left = self.racks.unplayed();
        self.check_left(tiles, left == tiles, left)?;
        let value = self.value(tiles);
        let (ours, others) = if self.is_doubled() { (2, 1) } else { (1, 2) };
        self.settled(one.score, value * ours, value * others, turn)
    }

    pub(super) fn rack_penalty(
        &self,
        one: &Move,
        tiles: &TileCounts,
        turn: &mut Turn,
    ) -> Result<i32, Difference> {
        let end = self.end.ok_or(Difference::BeforeEnd)?;
        let seat = one.seat;
        self.check_left(tiles, self.racks.can_be(seat, tiles), self.racks.known(seat))?;
        let value = -self.value(tiles);
        if end == End::Scoreless {
            return Ok(value);
        }
        // Doubled for one, the points are not taken from the other.
        let (ours, others) = if self.is_doubled() { (0, value) } else { (value, 0) };
        self.settled(one.score, ours, others, turn)
    }

    /// The points by these rules, or by others where that is forgiven.
    fn settled(
        &self,
        got: i32,
        expected: i32,
        elsewhere: i32,
        turn: &mut Turn,
    ) -> Result<i32, Difference> {
        if got == expected || got != elsewhere || self.game.players.len() != 2 {
            return Ok(expected);
        }
        self.forgive(Difference::Settlement { expected, got }, turn)?;
        Ok(got)
    }

    fn is_doubled(&self) -> bool {
        self.rules.settlement == Settlement::Doubled && self.game.players.len() == 2
    }

    fn check_left(
        &self,
        told: &TileCounts,
        is_right: bool,
        expected: &TileCounts,
    ) -> Result<(), Difference> {
        if is_right {
            return Ok(());
        }
        let (expected, got) = (self.show(expected), self.show(told));
        Err(Difference::TilesLeft { expected, got })
    }

    fn value(&self, tiles: &TileCounts) -> i32 {
        tiles.tiles().map(|tile| i32::from(self.rules.value(tile))).sum()
    }

    fn show(&self, tiles: &TileCounts) -> String {
        let tiles: Vec<Tile> = tiles.tiles().collect();
        let mut text = String::new();
        write_tiles(&self.rules.alphabet, &tiles, &mut text);
        text
    }
}
