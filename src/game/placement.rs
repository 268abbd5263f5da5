//! Where tiles are placed: squares, directions, and a play's tiles along its line.

use std::fmt;

use super::{BOARD_SIDE_MAX, PlacedTile};

/// A square, by row and column from 0. Which squares a board has is known to its layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Square {
    /// The row, from 0 at the top.
    pub row: u8,
    /// The column, from 0 at the left.
    pub column: u8,
}

/// The direction of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From left to right.
    Across,
    /// From top to bottom.
    Down,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Across => Self::Down,
            Self::Down => Self::Across,
        }
    }
}

impl Square {
    /// The square so many steps on, or nothing past the largest board.
    #[must_use]
    pub fn step(self, direction: Direction, steps: usize) -> Option<Self> {
        let on = |from: u8| {
            let to = usize::from(from) + steps;
            (to < BOARD_SIDE_MAX).then_some(to as u8)
        };
        match direction {
            Direction::Across => on(self.column).map(|column| Self { column, ..self }),
            Direction::Down => on(self.row).map(|row| Self { row, ..self }),
        }
    }

    /// The square before, or nothing at the edge.
    #[must_use]
    pub const fn back(self, direction: Direction) -> Option<Self> {
        let (row, column) = match direction {
            Direction::Across => (Some(self.row), self.column.checked_sub(1)),
            Direction::Down => (self.row.checked_sub(1), Some(self.column)),
        };
        match (row, column) {
            (Some(row), Some(column)) => Some(Self { row, column }),
            _ => None,
        }
    }

    /// Where a word begins, as people write it: `8D` across, `D8` down.
    #[must_use]
    pub fn coordinate(self, direction: Direction) -> String {
        let row = u16::from(self.row) + 1;
        // Past the largest board there are no names, and nothing to go wrong either.
        let column = char::from(b'A'.saturating_add(self.column));
        match direction {
            Direction::Across => format!("{row}{column}"),
            Direction::Down => format!("{column}{row}"),
        }
    }

    /// What [`coordinate`](Self::coordinate) gave, in capitals or not; nothing for another text.
    #[must_use]
    pub fn parse_coordinate(text: &str) -> Option<(Self, Direction)> {
        let begins_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
        let (column, row, direction) = if begins_with_digit {
            let at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at))?;
            (&text[at..], &text[..at], Direction::Across)
        } else {
            let at = text.chars().next()?.len_utf8();
            (&text[..at], &text[at..], Direction::Down)
        };
        let column = column.bytes().next()?.to_ascii_uppercase().checked_sub(b'A')?;
        // `08` and `+8` are no coordinates.
        let row = row.starts_with(|c: char| ('1'..='9').contains(&c)).then(|| row.parse::<u8>())?;
        let row = row.ok()?.checked_sub(1)?;
        let is_on_board = usize::from(row.max(column)) < BOARD_SIDE_MAX;
        is_on_board.then_some((Self { row, column }, direction))
    }
}

/// Tiles along one line, from a square on. Squares that have a tile already are played through.
///
/// The first and the last are placed tiles or played through, as the player says it: `8D .AT` and
/// `8E AT` mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Placement {
    /// The first square.
    pub start: Square,
    /// The direction of the line.
    pub direction: Direction,
    /// A tile's byte, or 0 to play through; zero past the length too.
    tiles: [u8; BOARD_SIDE_MAX],
    length: u8,
}

impl Placement {
    /// From what lies on each square from the first on: a tile, or `None` to play through. Nothing
    /// where there are more than [`BOARD_SIDE_MAX`], or no tile at all.
    #[must_use]
    pub fn new(
        start: Square,
        direction: Direction,
        tiles: impl IntoIterator<Item = Option<PlacedTile>>,
    ) -> Option<Self> {
        let mut placement = Self { start, direction, tiles: [0; BOARD_SIDE_MAX], length: 0 };
        for tile in tiles {
            let slot = placement.tiles.get_mut(usize::from(placement.length))?;
            *slot = tile.map_or(0, PlacedTile::byte);
            placement.length += 1;
        }
        placement.tiles().any(|tile| tile.is_some()).then_some(placement)
    }

    /// What lies on each square from the first on: a tile, or `None` where it is played through.
    pub fn tiles(
        &self,
    ) -> impl DoubleEndedIterator<Item = Option<PlacedTile>> + ExactSizeIterator + Clone {
        self.tiles[..self.len()].iter().map(|byte| PlacedTile::from_byte(*byte))
    }

    /// The tiles that are placed, with their squares. A square past the largest board is left out,
    /// which the rules find by [`end`](Self::end).
    pub fn placed(&self) -> impl Iterator<Item = (Square, PlacedTile)> {
        (0..)
            .zip(self.tiles())
            .filter_map(|(steps, tile)| Some((self.start.step(self.direction, steps)?, tile?)))
    }

    /// The last square, or nothing if it is past the largest board.
    #[must_use]
    pub fn end(&self) -> Option<Square> {
        self.start.step(self.direction, self.len() - 1)
    }

    /// How many squares it covers.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a placement has a tile at least")]
    pub const fn len(&self) -> usize {
        self.length as usize
    }
}

impl fmt::Debug for Placement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {:?}",
            self.start.coordinate(self.direction),
            &self.tiles[..self.len()]
        )
    }
}
