//! Leave values: what it is worth to keep certain tiles.

use std::collections::HashMap;

use crate::lexicon::Alphabet;

use super::{RACK_TILES_MAX, Tile, TileText};

/// The worth of kept tiles, in thousandths of a point, by what they are. Tiles that it does not know
/// are worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leaves {
    /// By the tiles in order, a byte each.
    worth: HashMap<u64, i32>,
}

/// Why a line is no leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}; expected tiles and their worth in points, such as \"?S,30.5\"")]
pub struct InvalidLeave {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// No leave is worth more points than this, or less than its negative.
const WORTH_MAX: f64 = 1000.0;

impl Leaves {
    /// From lines of tiles and points, with a comma between: `?S,30.5`. Empty lines and those that
    /// begin with `#` are left out. A blank is `?`, a tile of several characters
    /// `[CH]`, or `CH` where no line has brackets.
    ///
    /// # Errors
    /// [`InvalidLeave`] names the first line that is wrong.
    pub fn parse(text: &str, alphabet: &Alphabet) -> Result<Self, InvalidLeave> {
        let mut leaves = Self::default();
        let spelling = TileText::new(alphabet, text.contains('['));
        for (line, text) in (1..).zip(text.lines().map(str::trim)) {
            let wrong = |what: String| InvalidLeave { line, what };
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (tiles, points) =
                text.split_once(',').ok_or_else(|| wrong("there is no comma".to_owned()))?;
            let points: f64 = points
                .trim()
                .parse()
                .ok()
                .filter(|points: &f64| points.abs() <= WORTH_MAX)
                .ok_or_else(|| wrong(format!("{points:?} is no number of points")))?;
            let kept = spelling.tiles(tiles).map_err(|error| wrong(error.to_string()))?;
            let key = key(kept.iter().copied())
                .ok_or_else(|| wrong(format!("{} tiles are more than a rack has", kept.len())))?;
            if leaves.worth.insert(key, (points * 1000.0).round() as i32).is_some() {
                return Err(wrong(format!("{tiles} stands there twice")));
            }
        }
        Ok(leaves)
    }

    /// What these tiles, in any order, are worth when they are kept.
    #[must_use]
    pub fn worth(&self, tiles: impl Iterator<Item = Tile>) -> i32 {
        key(tiles).and_then(|key| self.worth.get(&key)).copied().unwrap_or(0)
    }

    /// How many leaves have a worth.
    #[must_use]
    pub fn len(&self) -> usize {
        self.worth.len()
    }

    /// Whether none has.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.worth.is_empty()
    }
}

/// The tiles in order, a byte each; nothing for more than a rack has.
fn key(tiles: impl Iterator<Item = Tile>) -> Option<u64> {
    let mut sorted = [0_u8; RACK_TILES_MAX];
    for (count, tile) in tiles.enumerate() {
        *sorted.get_mut(count)? = tile.index() as u8 + 1;
    }
    sorted.sort_unstable();
    Some(u64::from_le_bytes(sorted))
}
