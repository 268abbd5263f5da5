//! A rack as a search sees it: every handful of tiles that can be played from it.

use crate::game::{RACK_TILES_MAX, Rack, RuleSet, Tile};
use crate::lexicon::{LETTERS_MAX, LetterSum};

use super::evaluation::Evaluation;

/// Handfuls of a full rack, the empty one too.
const HANDFULS: usize = 1 << RACK_TILES_MAX;

/// Some of a rack's tiles, a bit each, in the order of [`RackView`]. Of equal tiles the first ones are
/// taken, so that each handful is there once.
pub(super) type Handful = u16;

/// A rack with what the search asks of each handful.
pub(super) struct RackView {
    /// The tiles, those that count most first, equal ones side by side; blanks last.
    pub(super) tiles: [Tile; RACK_TILES_MAX],
    pub(super) len: usize,
    /// All handfuls, by how many tiles they have: where each number begins and ends.
    handfuls: [Handful; HANDFULS],
    begins: [usize; RACK_TILES_MAX + 2],
    /// Of a handful's letters, blanks left out.
    pub(super) sums: [LetterSum; HANDFULS],
    pub(super) blanks: [u8; HANDFULS],
    /// What its tiles count, most first, then zeros.
    pub(super) values: [[i16; RACK_TILES_MAX]; HANDFULS],
    /// What is left is worth when it has been played, in thousandths of a point.
    pub(super) worth: [i32; HANDFULS],
    /// The best of these by how many tiles are played.
    pub(super) worth_best: [i32; RACK_TILES_MAX + 1],
    /// The letters on the rack as bits, those that count most first.
    letters: [(u64, i16); RACK_TILES_MAX],
    letter_count: usize,
    /// For each tile, the bit of its first, and how many there are.
    pub(super) first: [u8; LETTERS_MAX + 1],
    pub(super) counts: [u8; LETTERS_MAX + 1],
}

impl RackView {
    pub(super) fn new() -> Self {
        Self {
            tiles: [Tile::BLANK; RACK_TILES_MAX],
            len: 0,
            handfuls: [0; HANDFULS],
            begins: [0; RACK_TILES_MAX + 2],
            sums: [LetterSum::EMPTY; HANDFULS],
            blanks: [0; HANDFULS],
            values: [[0; RACK_TILES_MAX]; HANDFULS],
            worth: [0; HANDFULS],
            worth_best: [0; RACK_TILES_MAX + 1],
            letters: [(0, 0); RACK_TILES_MAX],
            letter_count: 0,
            first: [0; LETTERS_MAX + 1],
            counts: [0; LETTERS_MAX + 1],
        }
    }

    /// Looks at another rack.
    pub(super) fn look_at(&mut self, rules: &RuleSet, rack: &Rack, evaluation: &Evaluation<'_>) {
        self.len = rack.len();
        self.tiles[..self.len].copy_from_slice(rack.tiles());
        self.tiles[..self.len].sort_unstable_by_key(|tile| {
            (std::cmp::Reverse(rules.value(*tile)), tile.is_blank(), *tile)
        });
        self.counts = [0; LETTERS_MAX + 1];
        self.letter_count = 0;
        for at in (0..self.len).rev() {
            self.counts[self.tiles[at].index()] += 1;
            self.first[self.tiles[at].index()] = at as u8;
        }
        for at in 0..self.len {
            let tile = self.tiles[at];
            if !tile.is_blank() && usize::from(self.first[tile.index()]) == at {
                self.letters[self.letter_count] = (1 << tile.index(), i16::from(rules.value(tile)));
                self.letter_count += 1;
            }
        }
        self.find_handfuls(rules, evaluation);
    }

    fn find_handfuls(&mut self, rules: &RuleSet, evaluation: &Evaluation<'_>) {
        let mut sizes = [0_usize; RACK_TILES_MAX + 1];
        // Bits of tiles like the one before them, which go along with it only.
        let alike = (1..self.len)
            .filter(|at| self.tiles[*at] == self.tiles[at - 1])
            .fold(0_usize, |bits, at| bits | 1 << at);
        self.worth_best = [i32::MIN / 2; RACK_TILES_MAX + 1];
        let (mut found, mut count) = ([0 as Handful; HANDFULS], 0);
        for handful in 0..1_usize << self.len {
            if handful & alike & !(handful << 1) != 0 {
                continue;
            }
            let size = handful.count_ones() as usize;
            if size > 0 {
                // The tile that counts least is the last one of the handful without it.
                let last = handful.ilog2() as usize;
                let rest = handful & !(1 << last);
                let tile = self.tiles[last];
                self.values[handful] = self.values[rest];
                self.values[handful][size - 1] = i16::from(rules.value(tile));
                self.blanks[handful] = self.blanks[rest] + u8::from(tile.is_blank());
                self.sums[handful] = match tile.letter() {
                    Some(letter) => self.sums[rest].plus(LetterSum::of(letter.place())),
                    None => self.sums[rest],
                };
            }
            let kept = (0..self.len).filter(|at| handful >> at & 1 == 0).map(|at| self.tiles[at]);
            self.worth[handful] = evaluation.worth(rules, kept);
            self.worth_best[size] = self.worth_best[size].max(self.worth[handful]);
            sizes[size] += 1;
            found[count] = handful as Handful;
            count += 1;
        }
        let mut ends = [0; RACK_TILES_MAX + 2];
        for size in 0..=RACK_TILES_MAX {
            ends[size + 1] = ends[size] + sizes[size];
        }
        self.begins = ends;
        for handful in &found[..count] {
            let size = handful.count_ones() as usize;
            self.handfuls[ends[size]] = *handful;
            ends[size] += 1;
        }
    }

    /// All handfuls of so many tiles.
    pub(super) fn of_size(&self, size: usize) -> &[Handful] {
        &self.handfuls[self.begins[size]..self.begins[size + 1]]
    }

    /// The tiles without which the rest is worth most, at most so many, and what it is worth then. Of
    /// equal choices that of most tiles is the best.
    pub(super) fn best_exchange(&self, tiles_max: usize) -> Option<(Rack, i32)> {
        let sizes = (1..=self.len.min(tiles_max)).rev();
        let handfuls = sizes.flat_map(|size| self.of_size(size)).map(|bits| usize::from(*bits));
        let best = handfuls
            .reduce(|best, next| if self.worth[next] > self.worth[best] { next } else { best })?;
        let tiles = (0..self.len).filter(|at| best >> at & 1 == 1).map(|at| self.tiles[at]);
        Some((Rack::new(tiles)?, self.worth[best]))
    }

    /// All tiles together.
    pub(super) fn all(&self) -> usize {
        (1 << self.len) - 1
    }

    /// The letters that can be placed, as bits: all of them with a blank.
    pub(super) fn letter_bits(&self) -> u64 {
        if self.counts[0] > 0 {
            return !1;
        }
        self.letters[..self.letter_count].iter().fold(0, |bits, (bit, _)| bits | bit)
    }

    /// The highest value of a tile of the rack that goes where these letters are allowed; negative if
    /// none does.
    #[inline]
    pub(super) fn best_of(&self, allowed: u64) -> i16 {
        for (bit, value) in &self.letters[..self.letter_count] {
            if allowed & bit != 0 {
                return *value;
            }
        }
        if self.counts[0] > 0 && allowed & !1 != 0 { 0 } else { -1 }
    }
}
