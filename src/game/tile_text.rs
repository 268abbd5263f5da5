//! Tiles as text, as GCG and CGP write them: capitals, lower case for a blank on the board, `?` for
//! one on a rack, and brackets around a tile of several characters: `[CH]`.
//!
//! Owns what is common to both notations. Words, which know no tiles, are read by the alphabet; its
//! folds are for them only, since no tile shows an É.

use crate::lexicon::{Alphabet, Letter};

use super::{PlacedTile, Tile};

/// How one alphabet's tiles are read and written.
#[derive(Debug, Clone)]
pub struct TileText<'a> {
    alphabet: &'a Alphabet,
    /// What stands for letters, in capitals and in lower case, longer ones first.
    spellings: Vec<Spelling>,
    /// Whether the characters of a digraph mean it without brackets too.
    are_digraphs_plain: bool,
}

#[derive(Debug, Clone)]
struct Spelling {
    letter: Letter,
    capitals: Box<str>,
    lower: Box<str>,
    characters: usize,
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
    pub fn new(alphabet: &'a Alphabet, has_brackets: bool) -> Self {
        let mut spellings: Vec<Spelling> = alphabet
            .letters()
            .map(|letter| (letter, alphabet.text(letter)))
            .map(|(letter, capitals)| Spelling {
                letter,
                capitals: capitals.into(),
                lower: capitals.to_lowercase().into(),
                characters: capitals.chars().count(),
            })
            .collect();
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.characters));
        Self { alphabet, spellings, are_digraphs_plain: !has_brackets }
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
            let whole =
                |spelling: &Spelling| spelling.split(inner).filter(|(_, rest)| rest.is_empty());
            let tile = self.spellings.iter().find_map(whole);
            return tile
                .map(|(tile, _)| (tile, rest))
                .ok_or_else(|| NotATile::Bracketed(inner.into()));
        }
        self.spellings
            .iter()
            .filter(|spelling| self.are_digraphs_plain || spelling.characters == 1)
            .find_map(|spelling| spelling.split(text))
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
}

impl Spelling {
    /// The tile and what comes after it, where a text begins with it.
    fn split<'t>(&self, text: &'t str) -> Option<(PlacedTile, &'t str)> {
        match text.strip_prefix(&*self.capitals) {
            Some(rest) => Some((PlacedTile::natural(self.letter), rest)),
            None => Some((PlacedTile::blank(self.letter), text.strip_prefix(&*self.lower)?)),
        }
    }
}

/// Writes neighbouring tiles on the board.
///
/// Digraphs are put into brackets, and so is a letter that would be read as the beginning of one:
/// `[C]H` is two tiles.
pub fn write_placed(alphabet: &Alphabet, tiles: &[PlacedTile], to: &mut String) {
    let texts: Vec<String> = tiles
        .iter()
        .map(|tile| {
            let capitals = alphabet.text(tile.letter());
            if tile.is_blank() { capitals.to_lowercase() } else { capitals.to_owned() }
        })
        .collect();
    write_texts(alphabet, &texts, to);
}

/// Writes what lies along a line, with a dot for each square without a tile.
pub fn write_line(
    alphabet: &Alphabet,
    squares: impl IntoIterator<Item = Option<PlacedTile>>,
    to: &mut String,
) {
    write_squares(alphabet, squares, to, |empty, to| to.push_str(&".".repeat(empty)));
}

/// Writes what lies along a line, and something for so many squares on end without a tile.
pub(super) fn write_squares(
    alphabet: &Alphabet,
    squares: impl IntoIterator<Item = Option<PlacedTile>>,
    to: &mut String,
    write_empty: impl Fn(usize, &mut String),
) {
    let squares: Vec<Option<PlacedTile>> = squares.into_iter().collect();
    for run in squares.chunk_by(|one, other| one.is_some() == other.is_some()) {
        let placed: Vec<PlacedTile> = run.iter().copied().flatten().collect();
        if placed.is_empty() {
            write_empty(run.len(), to);
        } else {
            write_placed(alphabet, &placed, to);
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
    let texts: Vec<String> = tiles
        .iter()
        .map(|tile| tile.letter().map_or("?", |letter| alphabet.text(letter)).to_owned())
        .collect();
    write_texts(alphabet, &texts, to);
}

fn write_texts(alphabet: &Alphabet, texts: &[String], to: &mut String) {
    for (index, text) in texts.iter().enumerate() {
        let is_digraph = text.chars().nth(1).is_some();
        let is_misread = || {
            let single = |text: &&String| text.chars().nth(1).is_none();
            let plain: String =
                texts[index..].iter().take_while(single).map(String::as_str).collect();
            alphabet.letters().map(|letter| alphabet.text(letter)).any(|digraph| {
                digraph.len() > text.len()
                    && (plain.starts_with(digraph) || plain.starts_with(&digraph.to_lowercase()))
            })
        };
        if is_digraph || is_misread() {
            to.push('[');
            to.push_str(text);
            to.push(']');
        } else {
            to.push_str(text);
        }
    }
}
