//! The end of a record: tiles that are left, and what they count.

use crate::game::{Settlement, Tile, TileCounts, write_tiles};

use super::{Action, Difference, End, Extent, Move, Replay};

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
    pub(super) fn rack_points(&self, seat: usize, tiles: &TileCounts) -> Result<i32, Difference> {
        let end = self.end.ok_or(Difference::BeforeEnd)?;
        if end != End::Out(seat) {
            return Err(Difference::NotOut);
        }
        let left = self.racks.unplayed();
        self.check_left(tiles, left == tiles, left)?;
        Ok(self.value(tiles) * if self.is_doubled() { 2 } else { 1 })
    }

    pub(super) fn rack_penalty(&self, seat: usize, tiles: &TileCounts) -> Result<i32, Difference> {
        let end = self.end.ok_or(Difference::BeforeEnd)?;
        self.check_left(tiles, self.racks.can_be(seat, tiles), self.racks.known(seat))?;
        // Doubled for one, the points are not taken from the other.
        let is_due = end == End::Scoreless || !self.is_doubled();
        Ok(if is_due { -self.value(tiles) } else { 0 })
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
