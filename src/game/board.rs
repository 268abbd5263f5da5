//! The tiles on a board.

use std::fmt;

use super::{BOARD_SIDE_MAX, BOARD_SQUARES_MAX, Direction, PlacedTile, Square};

/// What lies on each square. Copied without allocation.
///
/// Rows are stored [`BOARD_SIDE_MAX`] apart whatever the layout, so that a square's place needs no
/// knowledge of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Board {
    /// A tile's byte, or 0.
    squares: [u8; BOARD_SQUARES_MAX],
}

impl Board {
    /// Nothing on any square.
    pub const EMPTY: Self = Self { squares: [0; BOARD_SQUARES_MAX] };

    /// What lies on a square; nothing outside the largest board.
    #[must_use]
    pub fn tile(&self, square: Square) -> Option<PlacedTile> {
        index(square).and_then(|index| PlacedTile::from_byte(self.squares[index]))
    }

    /// Puts a tile on a square, or takes what lies there away. Nothing happens outside the largest
    /// board.
    pub fn set(&mut self, square: Square, tile: Option<PlacedTile>) {
        if let Some(index) = index(square) {
            self.squares[index] = tile.map_or(0, PlacedTile::byte);
        }
    }

    /// Whether no tile lies on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.squares.iter().all(|byte| *byte == 0)
    }

    /// All tiles with their squares, row by row.
    pub fn tiles(&self) -> impl Iterator<Item = (Square, PlacedTile)> + '_ {
        (0..).zip(&self.squares).filter_map(|(index, byte)| {
            let tile = PlacedTile::from_byte(*byte)?;
            let side = BOARD_SIDE_MAX as u16;
            Some((Square { row: (index / side) as u8, column: (index % side) as u8 }, tile))
        })
    }

    /// The tile on the square before another in a direction.
    #[must_use]
    pub fn before(&self, square: Square, direction: Direction) -> Option<PlacedTile> {
        self.tile(square.back(direction)?)
    }

    /// The tile on the square after another in a direction.
    #[must_use]
    pub fn after(&self, square: Square, direction: Direction) -> Option<PlacedTile> {
        self.tile(square.step(direction, 1)?)
    }
}

fn index(square: Square) -> Option<usize> {
    let (row, column) = (usize::from(square.row), usize::from(square.column));
    (row < BOARD_SIDE_MAX && column < BOARD_SIDE_MAX).then_some(row * BOARD_SIDE_MAX + column)
}

impl fmt::Debug for Board {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.tiles()).finish()
    }
}
