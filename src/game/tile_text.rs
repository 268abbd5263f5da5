//! Tiles as text, as GCG and CGP write them: capitals, lower case for a blank on the board, `?` for
//! one on a rack, and brackets around a tile of several characters: `[CH]`.
//!
//! Owns what is common to both notations. Words, which know no tiles, are read by the alphabet; its
//! folds are for them only, since no tile shows an É.

use crate::lexicon::{Alphabet, Letter};

use super::{PlacedTile, Tile};

/// How one alphabet's tiles are read.
#[derive(Debug, Clone, Copy)]
pub struct TileText<'a> {
    alphabet: &'a Alphabet,
    /// Whether the characters of a digraph mean it without brackets too.
    are_digraphs_plain: bool,
}

/// Why text is no tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATile {
    /// A character that begins no tile of the alphabet.
    #[error("{0:?} is no tile of this alphabet")]
    Unknown(char),
    /// What is in brackets is no one tile.
    #[error("[{0}] is no tile of this alphabet")]
    Bracketed(Box<str>),
    /// A bracket that is not closed.
    #[error("expected a closing bracket ] after [")]
    Unclosed,
    /// A tile in lower case where it cannot be a blank that stands for a letter.
    #[error("{0:?} is in lower case, which is a blank on the board; on a rack a blank is ?")]
    LowerCase(Box<str>),
}

impl<'a> TileText<'a> {
    /// For an alphabet, and a text that has brackets anywhere or not.
    ///
    /// Whoever puts a digraph into brackets is taken to do so everywhere, so that `LL` is two tiles in
    /// such a text; in a text without any bracket it is the digraph, as in a list of words. For
    /// Spanish this matters on racks only: its rules know no C beside an H (FISE).
    #[must_use]
    pub const fn new(alphabet: &'a Alphabet, has_brackets: bool) -> Self {
        Self { alphabet, are_digraphs_plain: !has_brackets }
    }

    /// The alphabet.
    #[must_use]
    pub const fn alphabet(&self) -> &'a Alphabet {
        self.alphabet
    }

    /// The tile on the board that a text begins with, and the rest of the text.
    ///
    /// # Errors
    /// [`NotATile`], also for an empty text, which begins with nothing.
    pub fn split_placed<'t>(&self, text: &'t str) -> Result<(PlacedTile, &'t str), NotATile> {
        if let Some(after) = text.strip_prefix('[') {
            let (inner, rest) = after.split_once(']').ok_or(NotATile::Unclosed)?;
            let whole = |letter| self.split(letter, inner).filter(|(_, rest)| rest.is_empty());
            let tile = self.alphabet.by_length().find_map(whole);
            return tile
                .map(|(tile, _)| (tile, rest))
                .ok_or_else(|| NotATile::Bracketed(inner.into()));
        }
        let digraphs = self.alphabet.digraphs().count();
        let skipped = if self.are_digraphs_plain { 0 } else { digraphs };
        self.alphabet
            .by_length()
            .skip(skipped)
            .find_map(|letter| self.split(letter, text))
            .ok_or_else(|| NotATile::Unknown(text.chars().next().unwrap_or(' ')))
    }

    /// The tile of a rack that a text begins with, and the rest of the text.
    ///
    /// # Errors
    /// [`NotATile`], also for an empty text, which begins with nothing.
    pub fn split_tile<'t>(&self, text: &'t str) -> Result<(Tile, &'t str), NotATile> {
        if let Some(rest) = text.strip_prefix('?') {
            return Ok((Tile::BLANK, rest));
        }
        let (placed, rest) = self.split_placed(text)?;
        if placed.is_blank() {
            return Err(NotATile::LowerCase(text[..text.len() - rest.len()].into()));
        }
        Ok((placed.tile(), rest))
    }

    /// All tiles of a rack's text.
    ///
    /// # Errors
    /// [`NotATile`] for the first that is none.
    pub fn tiles(&self, text: &str) -> Result<Vec<Tile>, NotATile> {
        let mut tiles = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (tile, after) = self.split_tile(rest)?;
            tiles.push(tile);
            rest = after;
        }
        Ok(tiles)
    }

    /// The tile of a letter and what comes after it, where a text begins with it.
    fn split<'t>(&self, letter: Letter, text: &'t str) -> Option<(PlacedTile, &'t str)> {
        match text.strip_prefix(self.alphabet.text(letter)) {
            Some(rest) => Some((PlacedTile::natural(letter), rest)),
            None => {
                let rest = text.strip_prefix(self.alphabet.small_text(letter))?;
                Some((PlacedTile::blank(letter), rest))
            }
        }
    }
}

/// Writes neighbouring tiles on the board.
///
/// Digraphs are put into brackets, and so is a letter that would be read as the beginning of one:
/// `[C]H` is two tiles.
pub fn write_placed(alphabet: &Alphabet, tiles: &[PlacedTile], to: &mut String) {
    write_texts(alphabet, tiles.iter().map(|tile| placed_text(alphabet, *tile)), to);
}

/// Writes what lies along a line, with a dot for each square without a tile.
pub fn write_line(
    alphabet: &Alphabet,
    squares: impl Iterator<Item = Option<PlacedTile>> + Clone,
    to: &mut String,
) {
    write_squares(alphabet, squares, to, |empty, to| to.extend(std::iter::repeat_n('.', empty)));
}

/// Writes what lies along a line, and something for so many squares on end without a tile.
pub(super) fn write_squares(
    alphabet: &Alphabet,
    mut squares: impl Iterator<Item = Option<PlacedTile>> + Clone,
    to: &mut String,
    write_empty: impl Fn(usize, &mut String),
) {
    loop {
        let run = squares.clone();
        match squares.next() {
            None => return,
            Some(None) => {
                let empty = run.take_while(Option::is_none).count();
                write_empty(empty, to);
                squares.by_ref().take(empty - 1).for_each(drop);
            }
            Some(Some(_)) => {
                let tiles = run.map_while(|tile| tile);
                let count = tiles.clone().count();
                write_texts(alphabet, tiles.map(|tile| placed_text(alphabet, tile)), to);
                squares.by_ref().take(count - 1).for_each(drop);
            }
        }
    }
}

/// How many tiles a text has that [`write_placed`] or [`write_tiles`] wrote, of whatever alphabet.
pub(super) fn count_tiles(text: &str) -> usize {
    let mut is_bracketed = false;
    // An opening bracket counts for all that is in the brackets.
    let counts = |c: &char| {
        let counts = !is_bracketed;
        is_bracketed = match c {
            '[' => true,
            ']' => false,
            _ => is_bracketed,
        };
        counts
    };
    text.chars().filter(counts).count()
}

/// Writes the tiles of a rack, in the order given, as [`write_placed`] does.
pub fn write_tiles(alphabet: &Alphabet, tiles: &[Tile], to: &mut String) {
    let text = |tile: &Tile| tile.letter().map_or("?", |letter| alphabet.text(letter));
    write_texts(alphabet, tiles.iter().map(text), to);
}

fn placed_text(alphabet: &Alphabet, tile: PlacedTile) -> &str {
    let letter = tile.letter();
    if tile.is_blank() { alphabet.small_text(letter) } else { alphabet.text(letter) }
}

fn write_texts<'t>(
    alphabet: &Alphabet,
    mut texts: impl Iterator<Item = &'t str> + Clone,
    to: &mut String,
) {
    // Most alphabets have no digraphs.
    if alphabet.digraphs().next().is_none() {
        return to.extend(texts);
    }
    let is_digraph = |text: &str| text.chars().nth(1).is_some();
    loop {
        let neighbours = texts.clone();
        let Some(text) = texts.next() else { return };
        let is_misread = || {
            let plain: String = neighbours.take_while(|text| !is_digraph(text)).collect();
            alphabet.digraphs().any(|digraph| {
                plain.starts_with(alphabet.text(digraph))
                    || plain.starts_with(alphabet.small_text(digraph))
            })
        };
        if is_digraph(text) || is_misread() {
            to.extend(["[", text, "]"]);
        } else {
            to.push_str(text);
        }
    }
}
