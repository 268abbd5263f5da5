//! A span of a line where a play may go, and the most it can count.

use crate::game::{BOARD_SIDE_MAX, RACK_TILES_MAX};
use crate::lexicon::{LETTERS_MAX, LetterSum};

use super::lines::{ANY, BLANK, Line};

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
    /// The first place in the line that is filled beside a tile: see [`anchor`](Self::anchor).
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

impl Line {
    /// Finds all spots anew. `opening` is the start square's place, on an empty board.
    pub(super) fn find_spots(
        &self,
        values: &[u8; LETTERS_MAX + 1],
        side: usize,
        rack_size: usize,
        is_added: bool,
        is_down: bool,
        opening: Option<usize>,
        spots: &mut Vec<Spot>,
    ) {
        for start in 0..side {
            if start == 0 || self.tiles[start - 1] == 0 {
                self.find_spots_from(
                    start, values, side, rack_size, is_added, is_down, opening, spots,
                );
            }
        }
    }

    fn find_spots_from(
        &self,
        start: usize,
        values: &[u8; LETTERS_MAX + 1],
        side: usize,
        rack_size: usize,
        is_added: bool,
        is_down: bool,
        opening: Option<usize>,
        spots: &mut Vec<Spot>,
    ) {
        let mut filled = [0_u8; RACK_TILES_MAX];
        let mut tiles = 0;
        let mut through = LetterSum::EMPTY;
        let (mut lying, mut across) = (0_u32, 0_u32);
        let (mut product, mut sum) = (1_u16, 0_u16);
        let mut touches = false;
        let mut anchor = u8::MAX;
        let mut at = start;
        loop {
            while at < side && self.tiles[at] != 0 {
                let byte = self.tiles[at];
                if byte & BLANK == 0 {
                    lying += u32::from(values[usize::from(byte)]);
                }
                through = through.plus(LetterSum::of(byte & !BLANK));
                touches = true;
                at += 1;
            }
            // A single tile that makes words both ways is the play across.
            let is_doubled = tiles == 1 && is_down && self.across[usize::from(filled[0])] >= 0;
            if tiles > 0 && touches && at - start >= 2 && !is_doubled {
                let word = if is_added && sum > 0 { sum } else { product };
                spots.push(self.spot(
                    start..at,
                    &filled[..tiles],
                    word,
                    lying * u32::from(word) + across,
                    through,
                    anchor,
                ));
            }
            if at == side || tiles == rack_size || self.allowed[at] == 0 {
                return;
            }
            let (_, word) = self.premiums[at];
            product *= u16::from(word);
            sum += if word > 1 { u16::from(word) } else { 0 };
            let is_beside = self.across[at] >= 0
                || at > 0 && self.tiles[at - 1] != 0
                || at + 1 < side && self.tiles[at + 1] != 0
                || opening == Some(at);
            if self.across[at] >= 0 {
                across += self.across[at] as u32 * u32::from(word);
            }
            if is_beside {
                touches = true;
                if anchor == u8::MAX {
                    anchor = at as u8;
                }
            }
            filled[tiles] = at as u8;
            tiles += 1;
            at += 1;
        }
    }

    fn spot(
        &self,
        span: std::ops::Range<usize>,
        filled: &[u8],
        word: u16,
        fixed: u32,
        through: LetterSum,
        anchor: u8,
    ) -> Spot {
        let mut spot = Spot {
            start: span.start as u8,
            end: span.end as u8,
            tiles: filled.len() as u8,
            restricted: 0,
            word,
            fixed,
            anchor,
            through,
            open: [0; RACK_TILES_MAX],
            closed: [(0, 0); RACK_TILES_MAX],
        };
        let mut open = 0;
        for place in filled {
            let times = self.times(usize::from(*place), word) as i16;
            if self.allowed[usize::from(*place)] == ANY {
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

    /// By how much a tile counts on a place, in a word that is multiplied by `word` and, where there is
    /// one, in the word across.
    #[inline]
    pub(super) fn times(&self, place: usize, word: u16) -> u16 {
        let (letter, across) = self.premiums[place];
        let across = if self.across[place] >= 0 { u16::from(across) } else { 0 };
        u16::from(letter) * (word + across)
    }
}
