//! Which tiles came to the board in which play.
//!
//! With the board it tells every word that was made, which a board alone does not: CATS may have been
//! CAT before. A tile takes ten bits, so that a game of 200 tiles fits a game's kibibyte.

use std::fmt;

use crate::game::{
    BOARD_SIDE_MAX, BOARD_SQUARES_MAX, Board, Direction, Placement, SET_TILES_MAX, Square,
};

const TILES_PER_FLAGS: usize = 4;
const IS_HIGH: u8 = 1;
const IS_FIRST: u8 = 2;

/// The squares of all tiles on the board, play by play, in each along its line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct History {
    /// The lower eight bits of `row * BOARD_SIDE_MAX + column`. Zero past the length.
    squares: [u8; SET_TILES_MAX],
    /// For each tile the ninth bit, and whether it is the first of its play.
    flags: [u8; SET_TILES_MAX.div_ceil(TILES_PER_FLAGS)],
    length: u8,
}

impl History {
    pub(super) const EMPTY: Self = Self {
        squares: [0; SET_TILES_MAX],
        flags: [0; SET_TILES_MAX.div_ceil(TILES_PER_FLAGS)],
        length: 0,
    };

    pub(super) const fn len(&self) -> usize {
        self.length as usize
    }

    /// The square of a tile, and whether it is the first of its play.
    pub(super) fn at(&self, index: usize) -> (Square, bool) {
        let flags = self.flags[index / TILES_PER_FLAGS] >> (2 * (index % TILES_PER_FLAGS));
        let place = usize::from(self.squares[index]) | usize::from(flags & IS_HIGH) << 8;
        let (row, column) = ((place / BOARD_SIDE_MAX) as u8, (place % BOARD_SIDE_MAX) as u8);
        (Square { row, column }, flags & IS_FIRST != 0)
    }

    /// One tile more; whether there was room for it, on a square of the largest board.
    pub(super) fn push(&mut self, square: Square, is_first: bool) -> bool {
        let index = self.len();
        let place = usize::from(square.row) * BOARD_SIDE_MAX + usize::from(square.column);
        if index == SET_TILES_MAX || place >= BOARD_SQUARES_MAX {
            return false;
        }
        let first = if is_first { IS_FIRST } else { 0 };
        let flags = (place >> 8) as u8 & IS_HIGH | first;
        self.squares[index] = place as u8;
        self.flags[index / TILES_PER_FLAGS] |= flags << (2 * (index % TILES_PER_FLAGS));
        self.length += 1;
        true
    }

    /// Forgets the last play.
    pub(super) fn pop_play(&mut self) {
        for index in (self.start_of_last()..self.len()).rev() {
            self.squares[index] = 0;
            let flags = (IS_HIGH | IS_FIRST) << (2 * (index % TILES_PER_FLAGS));
            self.flags[index / TILES_PER_FLAGS] &= !flags;
            self.length -= 1;
        }
    }

    /// The squares of the last play.
    pub(super) fn last_play(&self) -> impl Iterator<Item = Square> + '_ {
        (self.start_of_last()..self.len()).map(|index| self.at(index).0)
    }

    /// The plays in order, as they lie on the board now.
    pub(super) fn placements<'a>(
        &'a self,
        board: &'a Board,
    ) -> impl Iterator<Item = Option<Placement>> + 'a {
        let mut at = 0;
        std::iter::from_fn(move || {
            let start = at;
            if start == self.len() {
                return None;
            }
            at = (start + 1..self.len()).find(|index| self.at(*index).1).unwrap_or(self.len());
            Some(placement(board, (start..at).map(|index| self.at(index).0), Direction::Across))
        })
    }

    fn start_of_last(&self) -> usize {
        (0..self.len()).rev().find(|index| self.at(*index).1).unwrap_or(0)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries((0..self.len()).map(|index| self.at(index))).finish()
    }
}

/// The placement of tiles that lie on these squares of a board, which are in order along one line;
/// one tile is a placement in a direction that is given. Nothing where they are in no line.
pub(super) fn placement(
    board: &Board,
    mut squares: impl Iterator<Item = Square>,
    direction: Direction,
) -> Option<Placement> {
    let start = squares.next()?;
    let mut tiles = [None; BOARD_SIDE_MAX];
    tiles[0] = Some(board.tile(start)?);
    let (mut line, mut length) = (None, 1);
    for square in squares {
        let toward = if square.row == start.row { Direction::Across } else { Direction::Down };
        let direction = *line.get_or_insert(toward);
        let steps =
            (length..BOARD_SIDE_MAX).find(|steps| start.step(direction, *steps) == Some(square))?;
        tiles[steps] = Some(board.tile(square)?);
        length = steps + 1;
    }
    Placement::new(start, line.unwrap_or(direction), tiles[..length].iter().copied())
}
