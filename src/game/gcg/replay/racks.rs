//! How many tiles are where, and which of them are known.

use crate::game::{PLAYERS_MAX, Rack, RuleSet, Tile, TileCounts};

/// What is known of bag and racks. How many tiles each has follows from the moves; which they are,
/// only from what the record tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Racks {
    /// Tiles in the bag.
    bag: usize,
    /// Tiles on each rack.
    sizes: [usize; PLAYERS_MAX],
    /// Those of them that are known.
    known: [TileCounts; PLAYERS_MAX],
    /// Tiles that are not on the board.
    unplayed: TileCounts,
}

/// In what a rack differs from what it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RackFault {
    TooManyTiles { has: usize, got: usize },
    NotOnRack(Tile),
    NotKept(Tile),
    BeyondSet(Tile),
}

impl Racks {
    pub(super) fn deal(rules: &RuleSet, players: usize) -> Self {
        let mut bag = rules.counts.total();
        let mut sizes = [0; PLAYERS_MAX];
        for size in sizes.iter_mut().take(players) {
            *size = usize::from(rules.rack_size).min(bag);
            bag -= *size;
        }
        let known = [TileCounts::EMPTY; PLAYERS_MAX];
        Self { bag, sizes, known, unplayed: rules.counts }
    }

    /// How many tiles are in the bag.
    pub(super) const fn bag(&self) -> usize {
        self.bag
    }

    /// How many tiles a player has.
    pub(super) const fn size(&self, seat: usize) -> usize {
        self.sizes[seat]
    }

    /// The tiles in the bag and on all racks.
    pub(super) const fn unplayed(&self) -> &TileCounts {
        &self.unplayed
    }

    /// The tiles of a player that are known.
    pub(super) const fn known(&self, seat: usize) -> &TileCounts {
        &self.known[seat]
    }

    /// Learns what the record says of a rack. Fewer tiles than the player has are a part of it. What
    /// cannot be is believed all the same, but for tiles that are too many.
    pub(super) fn learn(&mut self, seat: usize, told: &Rack) -> Result<(), RackFault> {
        let (has, got) = (self.sizes[seat], told.len());
        if got > has {
            return Err(RackFault::TooManyTiles { has, got });
        }
        let kept = self.known[seat];
        let mut rest: TileCounts = told.tiles().iter().copied().collect();
        self.known[seat] = rest;
        // What was kept is among the tiles told of, or among those not told of.
        let mut untold = has - got;
        for tile in kept.tiles() {
            if rest.remove(tile) {
                continue;
            }
            untold = untold.checked_sub(1).ok_or(RackFault::NotKept(tile))?;
            self.known[seat].add(tile);
        }
        self.check_set()
    }

    /// Puts tiles of a rack on the board, and draws as many.
    pub(super) fn play(&mut self, seat: usize, tiles: &TileCounts) -> Result<(), RackFault> {
        self.take(seat, tiles)?;
        for tile in tiles.tiles() {
            if !self.unplayed.remove(tile) {
                return Err(RackFault::NotOnRack(tile));
            }
        }
        let drawn = tiles.total().min(self.bag);
        self.bag -= drawn;
        self.sizes[seat] = self.sizes[seat] - tiles.total() + drawn;
        self.check_set()
    }

    /// Exchanges tiles of a rack.
    pub(super) fn exchange(&mut self, seat: usize, tiles: &Rack) -> Result<(), RackFault> {
        self.take(seat, &tiles.tiles().iter().copied().collect())
    }

    /// Exchanges so many tiles of a rack, of which nobody knows which.
    pub(super) fn exchange_unseen(&mut self, seat: usize, count: usize) -> Result<(), RackFault> {
        let has = self.sizes[seat];
        if count > has {
            return Err(RackFault::TooManyTiles { has, got: count });
        }
        self.known[seat] = TileCounts::EMPTY;
        Ok(())
    }

    /// Whether these can be all tiles of a player.
    pub(super) fn can_be(&self, seat: usize, tiles: &TileCounts) -> bool {
        let known = &self.known[seat];
        let has_known = known.tiles().all(|tile| tiles.of(tile) >= known.of(tile));
        tiles.total() == self.sizes[seat] && has_known
    }

    /// Takes tiles away from those that are known, or else from the others.
    fn take(&mut self, seat: usize, tiles: &TileCounts) -> Result<(), RackFault> {
        let (has, got) = (self.sizes[seat], tiles.total());
        if got > has {
            return Err(RackFault::TooManyTiles { has, got });
        }
        let mut unknown = has - self.known[seat].total();
        for tile in tiles.tiles() {
            if !self.known[seat].remove(tile) {
                unknown = unknown.checked_sub(1).ok_or(RackFault::NotOnRack(tile))?;
            }
        }
        Ok(())
    }

    /// Whether the tiles that are known are no more than there are.
    fn check_set(&self) -> Result<(), RackFault> {
        let mut rest = self.unplayed;
        for tile in self.known.iter().flat_map(TileCounts::tiles) {
            if !rest.remove(tile) {
                return Err(RackFault::BeyondSet(tile));
            }
        }
        Ok(())
    }
}
