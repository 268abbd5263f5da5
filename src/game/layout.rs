//! A board without tiles: its size, its start square, and its premiums.

use super::{BOARD_SIDE_MAX, BOARD_SQUARES_MAX, Square};

/// By how much a square multiplies, for a tile that is placed on it in this turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Premium {
    /// The tile's value, 1 to 4.
    pub letter: u8,
    /// The value of each word that the tile makes, 1 to 4.
    pub word: u8,
}

impl Premium {
    /// A square without.
    pub const NONE: Self = Self { letter: 1, word: 1 };
}

/// A board without tiles: square, with an odd number of squares on a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Squares on a side, 3 to 21.
    side: u8,
    start: Square,
    /// By rows, `side` squares each.
    premiums: Box<[Premium]>,
}

impl Layout {
    /// From its premiums by rows. Nothing where they are no square with an odd side of 3 to
    /// [`BOARD_SIDE_MAX`], or where all word premiums of a line together multiply by more than 1024,
    /// so that no score of a play leaves an `i32`. The start is the square in the middle.
    #[must_use]
    pub fn new(premiums: Box<[Premium]>) -> Option<Self> {
        let side = premiums.len().isqrt();
        let is_board = side * side == premiums.len() && side % 2 == 1;
        if !is_board || !(3..=BOARD_SIDE_MAX).contains(&side) {
            return None;
        }
        let rows = (0..side).map(|row| premiums[row * side..][..side].iter().collect::<Vec<_>>());
        let columns = (0..side).map(|column| premiums[column..].iter().step_by(side).collect());
        let is_tame = |line: Vec<&Premium>| {
            let all: f64 = line.iter().map(|premium| f64::from(premium.word)).product();
            all <= 1024.0
        };
        if !rows.chain(columns).all(is_tame) {
            return None;
        }
        let side = side as u8;
        Some(Self { side, start: Square { row: side / 2, column: side / 2 }, premiums })
    }

    /// Squares on a side.
    #[must_use]
    pub const fn side(&self) -> u8 {
        self.side
    }

    /// The square that the first play must cover.
    #[must_use]
    pub const fn start(&self) -> Square {
        self.start
    }

    /// Whether it has this square.
    #[must_use]
    pub const fn contains(&self, square: Square) -> bool {
        square.row < self.side && square.column < self.side
    }

    /// A square's premium; none outside.
    #[must_use]
    pub fn premium(&self, square: Square) -> Premium {
        if !self.contains(square) {
            return Premium::NONE;
        }
        let index = usize::from(square.row) * usize::from(self.side) + usize::from(square.column);
        self.premiums[index]
    }
}

const _: () = assert!(BOARD_SQUARES_MAX <= u16::MAX as usize);
