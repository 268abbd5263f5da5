//! The best play, by bounds.

use std::collections::BinaryHeap;

use crate::game::{BOARD_SIDE_MAX, PlacedTile, Placement, RACK_TILES_MAX, RuleSet};
use crate::lexicon::{Anagrams, Graph, LETTERS_MAX, Letter, LetterSum};

use super::Play;
use super::all;
use super::lines::{ANY, BLANK, LINES_MAX, Line, Lines};
use super::rack::RackView;
use super::spot::{NEVER, Spot};

/// What a search writes on, kept from one to the next.
#[derive(Default)]
pub(super) struct Scratch {
    /// Bounds with what they bound: the bound, shifted to be positive, then line and spot or anchor.
    heap: Vec<u64>,
    /// For each line, the highest value that goes on each of its restricted places.
    best: Vec<[i16; BOARD_SIDE_MAX]>,
}

/// A bound and what it bounds in one number, the highest bound first, then the first line and place.
fn entry(bound: i32, line: usize, index: usize) -> u64 {
    let bound = (i64::from(bound) - i64::from(i32::MIN)) as u64;
    bound << 32 | (0xFFFF - line as u64) << 16 | (0xFFFF - index as u64)
}

fn bound_of(entry: u64) -> i32 {
    ((entry >> 32) as i64 + i64::from(i32::MIN)) as i32
}

fn place_of(entry: u64) -> (usize, usize) {
    (0xFFFF - (entry >> 16 & 0xFFFF) as usize, 0xFFFF - (entry & 0xFFFF) as usize)
}

/// What the bingo adds for so many tiles.
fn bonus(rules: &RuleSet, tiles: usize) -> i32 {
    if tiles == usize::from(rules.rack_size) { i32::from(rules.bingo_bonus) } else { 0 }
}

impl Scratch {
    /// The highest values for the restricted places of all lines.
    fn look_at(&mut self, lines: &Lines, rack: &RackView) {
        self.best.resize(lines.lines.len(), [0; BOARD_SIDE_MAX]);
        for (best, line) in self.best.iter_mut().zip(&lines.lines) {
            let mut rest = line.restricted;
            while rest != 0 {
                let at = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                best[at] = rack.best_of(line.allowed[at]);
            }
        }
    }
}

impl Scratch {
    /// Gives each spot that the rack may fill, by its line and its place there, with its bound.
    fn for_each_bound(
        &self,
        lines: &Lines,
        rules: &RuleSet,
        rack: &RackView,
        mut visit: impl FnMut(usize, usize, &Spot, i32),
    ) {
        let values = &rack.values[rack.all()];
        for (index, line) in lines.lines.iter().enumerate() {
            for (at, spot) in line.spots.iter().enumerate() {
                let tiles = usize::from(spot.tiles);
                if tiles > rack.len {
                    continue;
                }
                let points = spot.bound(values, &self.best[index]);
                if points != NEVER {
                    let points = points + bonus(rules, tiles);
                    visit(index, at, spot, points * 1000 + rack.worth_best[tiles]);
                }
            }
        }
    }
}

/// The best play, with the words asked from anagrams.
pub(super) fn by_anagrams(
    lines: &Lines,
    anagrams: &Anagrams,
    rules: &RuleSet,
    rack: &RackView,
    scratch: &mut Scratch,
) -> Option<Play> {
    scratch.look_at(lines, rack);
    let mut heap = std::mem::take(&mut scratch.heap);
    heap.clear();
    scratch.for_each_bound(lines, rules, rack, |line, at, spot, bound| {
        // All tiles can go only where they make a word, and that is soon known.
        let is_in_vain = usize::from(spot.tiles) == rack.len
            && rack.counts[0] == 0
            && !anagrams.may_make(spot.through.plus(rack.sums[rack.all()]));
        if !is_in_vain {
            heap.push(entry(bound, line, at));
        }
    });
    let mut heap = BinaryHeap::from(heap);
    let mut search = Search { lines, anagrams, rules, rack, best: None };
    while let Some(next) = heap.pop() {
        if search.best.is_some_and(|best| bound_of(next) < best.equity) {
            break;
        }
        let (line, spot) = place_of(next);
        search.look_into(line, &lines.lines[line].spots[spot], &scratch.best[line]);
    }
    scratch.heap = heap.into_vec();
    search.best
}

struct Search<'a> {
    lines: &'a Lines,
    anagrams: &'a Anagrams,
    rules: &'a RuleSet,
    rack: &'a RackView,
    best: Option<Play>,
}

impl Search<'_> {
    /// Tries all handfuls that fill a spot.
    fn look_into(&mut self, index: usize, spot: &Spot, best: &[i16; BOARD_SIDE_MAX]) {
        let tiles = usize::from(spot.tiles);
        let rack = self.rack;
        for &handful in rack.of_size(tiles) {
            let handful = usize::from(handful);
            let points = spot.bound(&rack.values[handful], best) + bonus(self.rules, tiles);
            if self.is_beaten(points * 1000 + rack.worth[handful]) {
                continue;
            }
            let sum = spot.through.plus(rack.sums[handful]);
            self.try_words(index, spot, handful, sum, rack.blanks[handful], 1);
        }
    }

    fn is_beaten(&self, equity: i32) -> bool {
        self.best.is_some_and(|best| equity < best.equity)
    }

    /// Tries the words of these letters and of any letters for the blanks, from a letter on.
    fn try_words(
        &mut self,
        index: usize,
        spot: &Spot,
        handful: usize,
        sum: LetterSum,
        blanks: u8,
        from: usize,
    ) {
        if blanks > 0 {
            for letter in from..=self.rules.alphabet.len() {
                let sum = sum.plus(LetterSum::of(letter as u8));
                self.try_words(index, spot, handful, sum, blanks - 1, letter);
            }
            return;
        }
        let length = usize::from(spot.end - spot.start);
        for word in self.anagrams.words(sum, length) {
            self.try_word(index, spot, handful, word);
        }
    }

    fn try_word(&mut self, index: usize, spot: &Spot, handful: usize, word: &[u8]) {
        let line = &self.lines.lines[index];
        let start = usize::from(spot.start);
        let mut points = spot.fixed as i32;
        for (at, letter) in (start..).zip(word) {
            let tile = line.tiles[at];
            if tile != 0 {
                if tile & !BLANK != *letter {
                    return;
                }
            } else if line.allowed[at] >> letter & 1 == 0 {
                return;
            } else {
                let value = i32::from(self.rules.values[usize::from(*letter)]);
                points += value * i32::from(line.times(at, spot.word));
            }
        }
        let tiles = usize::from(spot.tiles);
        points += bonus(self.rules, tiles);
        let worth = self.rack.worth[handful];
        // Blanks only make it less.
        if self.is_beaten(points * 1000 + worth) {
            return;
        }
        let Some((placed, less)) = self.assign(line, spot, handful, word) else { return };
        let score = points - less;
        let equity = score * 1000 + worth;
        if self.is_beaten(equity) {
            return;
        }
        let (first, direction) = (self.lines.square(index, start), self.lines.direction(index));
        let placed = placed[..word.len()].iter().map(|byte| PlacedTile::from_byte(*byte));
        let Some(placement) = Placement::new(first, direction, placed) else { return };
        let play = Play { placement, score: score as u32, equity };
        if self.best.is_none_or(|best| play.order(&best).is_lt()) {
            self.best = Some(play);
        }
    }

    /// Which tiles of a handful make a word, blanks where they cost least, and how many points they
    /// cost. Nothing if the word is of other letters after all.
    fn assign(
        &self,
        line: &Line,
        spot: &Spot,
        handful: usize,
        word: &[u8],
    ) -> Option<([u8; BOARD_SIDE_MAX], i32)> {
        let mut placed = [0; BOARD_SIDE_MAX];
        let mut spare = [0_u8; LETTERS_MAX + 1];
        for at in 0..self.rack.len {
            if handful >> at & 1 == 1 {
                spare[self.rack.tiles[at].index()] += 1;
            }
        }
        let mut lacking = [0_u8; RACK_TILES_MAX];
        let mut blanks = 0;
        for (to, (at, letter)) in placed.iter_mut().zip((usize::from(spot.start)..).zip(word)) {
            if line.tiles[at] != 0 {
                continue;
            }
            *to = *letter;
            match spare[usize::from(*letter)].checked_sub(1) {
                Some(rest) => spare[usize::from(*letter)] = rest,
                None => {
                    *lacking.get_mut(blanks)? = *letter;
                    blanks += 1;
                }
            }
        }
        if blanks != usize::from(self.rack.blanks[handful]) {
            return None;
        }
        let mut less = 0;
        for letter in &lacking[..blanks] {
            let value = i32::from(self.rules.values[usize::from(*letter)]);
            let cost = |to| value * i32::from(line.times(usize::from(spot.start) + to, spot.word));
            // Of equal places the last, which makes the play come first in the order of plays.
            let places = (0..word.len()).rev().filter(|to| placed[*to] == *letter);
            let place = places.min_by_key(|to| cost(*to))?;
            placed[place] |= BLANK;
            less += cost(place);
        }
        Some((placed, less))
    }
}

/// The best play, with the words built from the graph: anchors in the order of the bounds of their
/// spots.
pub(super) fn by_graph(
    lines: &Lines,
    graph: &Graph,
    rules: &RuleSet,
    rack: &RackView,
    scratch: &mut Scratch,
) -> Option<Play> {
    scratch.look_at(lines, rack);
    let mut heap = std::mem::take(&mut scratch.heap);
    heap.clear();
    let mut bounds = [[NEVER; BOARD_SIDE_MAX]; LINES_MAX];
    scratch.for_each_bound(lines, rules, rack, |line, _, spot, bound| {
        let anchor = &mut bounds[line][usize::from(spot.anchor)];
        *anchor = bound.max(*anchor);
    });
    for (line, bounds) in bounds.iter().enumerate() {
        let known = bounds.iter().enumerate().filter(|(_, bound)| **bound != NEVER);
        heap.extend(known.map(|(anchor, bound)| entry(*bound, line, anchor)));
    }
    let mut heap = BinaryHeap::from(heap);
    let mut best: Option<Play> = None;
    while let Some(next) = heap.pop() {
        if best.is_some_and(|best| bound_of(next) < best.equity) {
            break;
        }
        let (line, anchor) = place_of(next);
        all::visit_anchor(lines, graph, rules, rack, line, anchor, &mut |play: &Play| {
            if best.is_none_or(|best| play.order(&best).is_lt()) {
                best = Some(*play);
            }
        });
    }
    scratch.heap = heap.into_vec();
    best
}

const _: () = assert!(ANY & 1 == 1 && Letter::new(0).is_none());
