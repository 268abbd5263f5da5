//! Deals a player certain tiles: for analysis, and for records that tell draws only in part.

use crate::game::{Rack, Tile, TileCounts};

use super::GameState;

/// Why tiles can't be dealt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undealable {
    /// The game has no such player, or they are out.
    #[error("seat {0} is not in the game")]
    NoSuchSeat(u8),
    /// More tiles than the player had.
    #[error("{tiles} tiles can't be dealt to a rack of {size}")]
    TooMany {
        /// How many are to be dealt.
        tiles: usize,
        /// How many the rack has.
        size: usize,
    },
    /// Tiles of which so many are not unseen: they lie on the board, or the set has not so many.
    #[error("{} of the tiles are not there any more", missing.len())]
    Missing {
        /// Each as often as it is missing.
        missing: Vec<Tile>,
    },
}

impl GameState {
    /// Gives a player these tiles, wherever they are off the board: each that the player has not is
    /// exchanged for one of the player's others, with the bag, or else with another rack. All racks
    /// keep their sizes; where fewer tiles are told than the rack has, the rest of it stays.
    ///
    /// Afterwards the bag no longer follows from its seed.
    ///
    /// # Errors
    /// [`Undealable`]; then nothing changed.
    pub fn deal(&mut self, seat: u8, tiles: &Rack) -> Result<(), Undealable> {
        if !self.is_in(seat) {
            return Err(Undealable::NoSuchSeat(seat));
        }
        let mut spare = self.rack(seat);
        let wanted: TileCounts =
            tiles.tiles().iter().copied().filter(|tile| !spare.remove(*tile)).collect();
        if tiles.len() > self.rack(seat).len() {
            return Err(Undealable::TooMany { tiles: tiles.len(), size: self.rack(seat).len() });
        }
        let mut next = self.clone();
        let mut missing = Vec::new();
        // There are as many spare tiles as wanted ones at least.
        for (wanted, spare) in wanted.tiles().zip(spare.tiles()) {
            let others = (0..next.players).filter(|other| *other != seat);
            let is_found = next.bag.replace(wanted, *spare)
                || others.into_iter().any(|other| next.replace(other, wanted, *spare));
            if is_found {
                let _ = next.replace(seat, *spare, wanted);
            } else {
                missing.push(wanted);
            }
        }
        if !missing.is_empty() {
            return Err(Undealable::Missing { missing });
        }
        *self = next;
        Ok(())
    }

    /// Exchanges a tile of a rack for another; whether it was there.
    fn replace(&mut self, seat: u8, old: Tile, new: Tile) -> bool {
        let rack = &mut self.racks[usize::from(seat)];
        if !rack.remove(old) || !rack.add(new) {
            return false;
        }
        // What was drawn for a play that may be taken back stays part of the rack.
        if let Some(window) = self.window.as_mut().filter(|window| window.seat == seat) {
            let mut rest = *rack;
            let has_drawn = window.drawn.tiles().iter().all(|tile| rest.remove(*tile));
            if !has_drawn {
                let _ = window.drawn.remove(old) && window.drawn.add(new);
            }
        }
        true
    }
}
