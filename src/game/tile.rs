//! Tiles: in the bag and on racks, on the board, and how many there are of each.

use crate::lexicon::{LETTERS_MAX, Letter};

use super::RACK_TILES_MAX;

/// A tile in the bag or on a rack: a letter, or a blank that is no letter yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Tile(u8);

impl Tile {
    /// The blank. It comes before all letters.
    pub const BLANK: Self = Self(0);

    /// The tile of a letter.
    #[must_use]
    pub const fn of(letter: Letter) -> Self {
        Self(letter.place())
    }

    /// The tile at an index into a table that has the blank at 0 and letters by their places.
    #[must_use]
    pub const fn from_index(index: u8) -> Option<Self> {
        if index as usize <= LETTERS_MAX { Some(Self(index)) } else { None }
    }

    /// Its index into such a table.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its letter; none for the blank.
    #[must_use]
    pub const fn letter(self) -> Option<Letter> {
        Letter::new(self.0)
    }

    /// Whether it is the blank.
    #[must_use]
    pub const fn is_blank(self) -> bool {
        self.0 == 0
    }
}

/// A tile on the board: a letter, and whether a blank stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct PlacedTile(u8);

impl PlacedTile {
    const IS_BLANK: u8 = 0x80;

    /// A letter's own tile.
    #[must_use]
    pub const fn natural(letter: Letter) -> Self {
        Self(letter.place())
    }

    /// A blank that stands for a letter.
    #[must_use]
    pub const fn blank(letter: Letter) -> Self {
        Self(letter.place() | Self::IS_BLANK)
    }

    /// What [`byte`](Self::byte) gave; nothing for a byte that is no tile.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match Letter::new(byte & !Self::IS_BLANK) {
            Some(_) => Some(Self(byte)),
            None => None,
        }
    }

    /// Itself in one byte, which is never zero.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The letter it stands for.
    #[must_use]
    pub const fn letter(self) -> Letter {
        match Letter::new(self.0 & !Self::IS_BLANK) {
            Some(letter) => letter,
            None => panic!("a placed tile is made of a letter"),
        }
    }

    /// Whether it is a blank.
    #[must_use]
    pub const fn is_blank(self) -> bool {
        self.0 & Self::IS_BLANK != 0
    }

    /// What it is off the board.
    #[must_use]
    pub const fn tile(self) -> Tile {
        if self.is_blank() { Tile::BLANK } else { Tile(self.0) }
    }
}

/// How many there are of each tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileCounts([u8; LETTERS_MAX + 1]);

impl TileCounts {
    /// None of any.
    pub const EMPTY: Self = Self([0; LETTERS_MAX + 1]);

    /// How many of one tile.
    #[must_use]
    pub const fn of(&self, tile: Tile) -> u8 {
        self.0[tile.index()]
    }

    /// How many of all together.
    #[must_use]
    pub fn total(&self) -> usize {
        self.0.iter().map(|count| usize::from(*count)).sum()
    }

    /// One more of a tile; at most 255.
    pub fn add(&mut self, tile: Tile) {
        self.0[tile.index()] = self.0[tile.index()].saturating_add(1);
    }

    /// One less of a tile; whether there was one.
    #[must_use]
    pub fn remove(&mut self, tile: Tile) -> bool {
        match self.0[tile.index()].checked_sub(1) {
            Some(rest) => {
                self.0[tile.index()] = rest;
                true
            }
            None => false,
        }
    }

    /// All tiles, each as often as there are of it, blanks first, then by the alphabet.
    pub fn tiles(&self) -> impl Iterator<Item = Tile> + '_ {
        (0_u8..)
            .zip(&self.0)
            .flat_map(|(index, count)| std::iter::repeat_n(Tile(index), usize::from(*count)))
    }
}

impl FromIterator<Tile> for TileCounts {
    fn from_iter<T: IntoIterator<Item = Tile>>(tiles: T) -> Self {
        let mut counts = Self::EMPTY;
        for tile in tiles {
            counts.add(tile);
        }
        counts
    }
}

/// The tiles before a player: at most [`RACK_TILES_MAX`], always blanks first, then by the alphabet,
/// so that equal racks are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rack {
    /// Past the length [`Tile::BLANK`], which counts for nothing there.
    tiles: [Tile; RACK_TILES_MAX],
    length: u8,
}

impl Rack {
    /// No tile.
    pub const EMPTY: Self = Self { tiles: [Tile::BLANK; RACK_TILES_MAX], length: 0 };

    /// Of these tiles; nothing where there are too many.
    #[must_use]
    pub fn new(tiles: impl IntoIterator<Item = Tile>) -> Option<Self> {
        let mut rack = Self::EMPTY;
        tiles.into_iter().all(|tile| rack.add(tile)).then_some(rack)
    }

    /// Its tiles.
    #[must_use]
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles[..usize::from(self.length)]
    }

    /// How many tiles it has.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length as usize
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether it can have one tile more.
    #[must_use]
    pub const fn has_room(&self) -> bool {
        self.len() < RACK_TILES_MAX
    }

    /// One tile more; whether there was room for it.
    #[must_use]
    pub fn add(&mut self, tile: Tile) -> bool {
        let length = self.len();
        if length == RACK_TILES_MAX {
            return false;
        }
        let at = self.tiles().partition_point(|there| *there <= tile);
        self.tiles.copy_within(at..length, at + 1);
        self.tiles[at] = tile;
        self.length += 1;
        true
    }

    /// One tile less; whether it was there.
    #[must_use]
    pub fn remove(&mut self, tile: Tile) -> bool {
        let Ok(at) = self.tiles().binary_search(&tile) else { return false };
        let length = self.len();
        self.tiles.copy_within(at + 1..length, at);
        self.tiles[length - 1] = Tile::BLANK;
        self.length -= 1;
        true
    }
}
