//! A span of a line where a play may go, and the most it can count.

use std::ops::Range;

use crate::game::{BOARD_SIDE_MAX, RACK_TILES_MAX};
use crate::lexicon::LetterSum;

use super::lines::{ANY, BLANK, Line, Measures};

/// A span of a line, from gap to gap, that a number of tiles fills up: the whole of the word that is
/// made along the line. It touches what lies on the board.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    /// The first place of the word.
    pub(super) start: u8,
    /// The place after its last.
    pub(super) end: u8,
    /// How many tiles it takes.
    pub(super) tiles: u8,
    /// How many of its free places are open to some letters only.
    restricted: u8,
    /// By how much the word is multiplied.
    pub(super) word: u16,
    /// What it counts without its new tiles, multiplied.
    pub(super) fixed: u32,
    /// The first place in the line that is filled beside a tile, or is the start square.
    pub(super) anchor: u8,
    /// The letters that lie in it.
    pub(super) through: LetterSum,
    /// By how much tiles on its places count that are open to all letters, most first.
    open: [i16; RACK_TILES_MAX],
    /// The other places, and by how much tiles on them count.
    closed: [(u8, i16); RACK_TILES_MAX],
}

/// No tile can go there.
pub(super) const NEVER: i32 = i32::MIN;

impl Spot {
    /// The most that the tiles with these values, most first, can count here; `best` has the highest
    /// value of a tile that a place of the line is open to, or a negative number.
    ///
    /// This is the shadow of a play. Tiles are free to lie in any order, so the highest goes where most
    /// is paid for it (the rearrangement inequality), and on places that are open to some letters only
    /// the best of those, even if it is counted twice.
    #[inline]
    pub(super) fn bound(
        &self,
        values: &[i16; RACK_TILES_MAX],
        best: &[i16; BOARD_SIDE_MAX],
    ) -> i32 {
        let mut points = self.fixed as i32;
        for (place, times) in &self.closed[..usize::from(self.restricted)] {
            let value = best[usize::from(*place)];
            if value < 0 {
                return NEVER;
            }
            points += i32::from(value) * i32::from(*times);
        }
        let open: i32 = self
            .open
            .iter()
            .zip(values)
            .map(|(times, value)| i32::from(*times) * i32::from(*value))
            .sum();
        points + open
    }
}

/// Finds the spots of a line.
pub(super) struct SpotFinder<'a> {
    pub(super) line: &'a Line,
    pub(super) measures: &'a Measures,
    pub(super) is_down: bool,
    /// The start square's place, on an empty board.
    pub(super) opening: Option<usize>,
}

/// A word from its beginning, as far as it goes.
struct Span {
    filled: [u8; RACK_TILES_MAX],
    tiles: usize,
    through: LetterSum,
    /// What the tiles that lie in it count, and the words across it.
    lying: u32,
    across: u32,
    product: u16,
    sum: u16,
    /// Whether it touches what lies on the board.
    touches: bool,
    anchor: Option<usize>,
}

impl SpotFinder<'_> {
    /// Adds all spots of the line to `spots`.
    pub(super) fn find(&self, spots: &mut Vec<Spot>) {
        for start in 0..self.measures.side {
            if start == 0 || self.line.tiles[start - 1] == 0 {
                self.find_from(start, spots);
            }
        }
    }

    fn find_from(&self, start: usize, spots: &mut Vec<Spot>) {
        let Measures { side, rack_size, .. } = *self.measures;
        let mut span = Span {
            filled: [0; RACK_TILES_MAX],
            tiles: 0,
            through: LetterSum::EMPTY,
            lying: 0,
            across: 0,
            product: 1,
            sum: 0,
            touches: false,
            anchor: None,
        };
        let mut at = start;
        loop {
            while at < side && self.line.tiles[at] != 0 {
                let byte = self.line.tiles[at];
                span.lying += u32::from(self.measures.value(byte));
                span.through = span.through.plus(LetterSum::of(byte & !BLANK));
                span.touches = true;
                at += 1;
            }
            // A single tile that makes words both ways is the play across.
            let is_doubled = span.tiles == 1
                && self.is_down
                && self.line.across[usize::from(span.filled[0])] >= 0;
            if span.tiles > 0 && span.touches && at - start >= 2 && !is_doubled {
                spots.push(self.spot(start..at, &span));
            }
            if at == side || span.tiles == rack_size || self.line.allowed[at] == 0 {
                return;
            }
            self.fill(at, &mut span);
            at += 1;
        }
    }

    /// Puts a tile on the empty place that follows a span.
    fn fill(&self, at: usize, span: &mut Span) {
        let word = u16::from(self.line.premiums[at].1);
        span.product *= word;
        span.sum += if word > 1 { word } else { 0 };
        let across = self.line.across[at];
        if across >= 0 {
            span.across += across as u32 * u32::from(word);
        }
        if self.line.is_beside_tiles(at, self.measures.side) || self.opening == Some(at) {
            span.touches = true;
            span.anchor = span.anchor.or(Some(at));
        }
        span.filled[span.tiles] = at as u8;
        span.tiles += 1;
    }

    fn spot(&self, places: Range<usize>, span: &Span) -> Spot {
        let is_sum = self.measures.is_added && span.sum > 0;
        let word = if is_sum { span.sum } else { span.product };
        let mut spot = Spot {
            start: places.start as u8,
            end: places.end as u8,
            tiles: span.tiles as u8,
            restricted: 0,
            word,
            fixed: span.lying * u32::from(word) + span.across,
            anchor: span.anchor.unwrap_or(places.start) as u8,
            through: span.through,
            open: [0; RACK_TILES_MAX],
            closed: [(0, 0); RACK_TILES_MAX],
        };
        let mut open = 0;
        for place in &span.filled[..span.tiles] {
            let times = self.line.times(usize::from(*place), word) as i16;
            if self.line.allowed[usize::from(*place)] == ANY {
                let at = spot.open[..open].partition_point(|more| *more >= times);
                spot.open.copy_within(at..open, at + 1);
                spot.open[at] = times;
                open += 1;
            } else {
                spot.closed[usize::from(spot.restricted)] = (*place, times);
                spot.restricted += 1;
            }
        }
        spot
    }
}

impl Line {
    /// By how much a tile counts on a place, in a word that is multiplied by `word` and, where there is
    /// one, in the word across.
    #[inline]
    pub(super) fn times(&self, place: usize, word: u16) -> u16 {
        let (letter, across) = self.premiums[place];
        let across = if self.across[place] >= 0 { u16::from(across) } else { 0 };
        u16::from(letter) * (word + across)
    }
}
