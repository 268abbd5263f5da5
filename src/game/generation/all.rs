//! All plays, from the GADDAG.

use crate::game::{BOARD_SIDE_MAX, PlacedTile, Placement, RuleSet};
use crate::lexicon::{Edges, Graph, Node};

use super::Play;
use super::lines::{BLANK, Line, Lines};
use super::rack::RackView;

/// Gives all plays along a line to `visit`.
pub(super) fn visit_line(
    lines: &Lines,
    graph: &Graph,
    rules: &RuleSet,
    rack: &RackView,
    line: usize,
    visit: &mut impl FnMut(&Play),
) {
    for anchor in 0..lines.side {
        if lines.is_anchor(line, anchor, rules) {
            visit_anchor(lines, graph, rules, rack, line, anchor, visit);
        }
    }
}

/// Gives those plays along a line to `visit` of which the first anchor filled is this one.
pub(super) fn visit_anchor(
    lines: &Lines,
    graph: &Graph,
    rules: &RuleSet,
    rack: &RackView,
    index: usize,
    anchor: usize,
    visit: &mut impl FnMut(&Play),
) {
    let line = &lines.lines[index];
    let mut walk = Walk {
        lines,
        graph,
        rules,
        rack,
        line,
        index,
        anchor,
        start: anchor,
        counts: rack.counts,
        letters: rack.letter_bits(),
        placed: 0,
        handful: 0,
        letters_placed: [0; BOARD_SIDE_MAX],
        visit,
    };
    walk.go_left(anchor, graph.gaddag());
}

/// A walk through the GADDAG along a line, outwards from an anchor.
struct Walk<'a, V> {
    lines: &'a Lines,
    graph: &'a Graph,
    rules: &'a RuleSet,
    rack: &'a RackView,
    line: &'a Line,
    index: usize,
    anchor: usize,
    /// Where the word begins, once the walk has turned.
    start: usize,
    /// What is left on the rack, and its letters as bits: all of them while there is a blank.
    counts: [u8; crate::lexicon::LETTERS_MAX + 1],
    letters: u64,
    placed: usize,
    handful: usize,
    /// The tiles placed so far, by their places in the line.
    letters_placed: [u8; BOARD_SIDE_MAX],
    visit: &'a mut V,
}

impl<V: FnMut(&Play)> Walk<'_, V> {
    /// Puts each letter that can follow at a place, or the tile that lies there, and goes on to the left.
    fn go_left(&mut self, at: usize, edges: Edges) {
        self.fill(at, edges, Self::after_left);
    }

    fn go_right(&mut self, at: usize, edges: Edges) {
        self.fill(at, edges, Self::after_right);
    }

    fn fill(&mut self, at: usize, edges: Edges, then: fn(&mut Self, usize, Node)) {
        let tile = self.line.tiles[at];
        if tile != 0 {
            if let Some(node) = self.graph.step(edges, tile & !BLANK) {
                then(self, at, node);
            }
            return;
        }
        let allowed = self.line.allowed[at] & self.letters & !1;
        let is_full = self.placed == self.lines.measures.rack_size;
        if is_full || allowed == 0 || edges.is_none() {
            return;
        }
        let mut place = edges.place();
        loop {
            let node = self.graph.node(place);
            if allowed >> node.place() & 1 == 1 {
                self.put(at, node, then);
            }
            if node.is_last() {
                return;
            }
            place += 1;
        }
    }

    /// Puts a letter at a place, as itself and as a blank.
    fn put(&mut self, at: usize, node: Node, then: fn(&mut Self, usize, Node)) {
        let letter = node.place();
        for (tile, byte) in [(letter, letter), (0, letter | BLANK)] {
            let tile = usize::from(tile);
            if self.counts[tile] == 0 {
                continue;
            }
            let used = self.rack.counts[tile] - self.counts[tile];
            let bit = 1 << (self.rack.first[tile] + used);
            let letters = self.letters;
            self.counts[tile] -= 1;
            if self.counts[tile] == 0 {
                self.letters =
                    if tile == 0 || self.counts[0] == 0 { self.remaining() } else { letters };
            }
            self.placed += 1;
            self.handful |= bit;
            self.letters_placed[at] = byte;
            then(self, at, node);
            self.handful ^= bit;
            self.placed -= 1;
            self.counts[tile] += 1;
            self.letters = letters;
        }
        self.letters_placed[at] = 0;
    }

    fn remaining(&self) -> u64 {
        if self.counts[0] > 0 {
            return !1;
        }
        let tiles = self.rack.tiles[..self.rack.len].iter();
        tiles
            .filter(|tile| self.counts[tile.index()] > 0)
            .fold(0, |bits, tile| bits | 1 << tile.index())
            & !1
    }

    fn after_left(&mut self, at: usize, node: Node) {
        let tiles = &self.line.tiles;
        let is_gap_before = at == 0 || tiles[at - 1] == 0;
        let right = self.anchor + 1;
        let is_gap_after = right == self.lines.side || tiles[right] == 0;
        if is_gap_before && is_gap_after && node.accepts() {
            self.give(at, right);
        }
        let next = node.next();
        if next.is_none() {
            return;
        }
        if at > 0 {
            let may_go_on = tiles[at - 1] != 0
                || self.placed < self.rack.len
                    && !self.lines.is_anchor(self.index, at - 1, self.rules);
            if may_go_on {
                self.go_left(at - 1, next);
            }
        }
        if is_gap_before && right < self.lines.side {
            // The turn comes before all letters.
            let turn = self.graph.node(next.place());
            if turn.place() == 0 {
                self.start = at;
                self.go_right(right, turn.next());
            }
        }
    }

    fn after_right(&mut self, at: usize, node: Node) {
        let right = at + 1;
        let is_end = right == self.lines.side;
        if node.accepts() && (is_end || self.line.tiles[right] == 0) {
            self.give(self.start, right);
        }
        if !is_end && !node.next().is_none() {
            self.go_right(right, node.next());
        }
    }

    /// Gives the play whose word goes from a place to another.
    fn give(&mut self, start: usize, end: usize) {
        if end - start < 2 {
            return;
        }
        let is_across = self.index < self.lines.side;
        // A single tile that makes words both ways is the play across.
        if self.placed == 1 && !is_across && self.line.across[self.single(start, end)] >= 0 {
            return;
        }
        let score = self.score(start, end);
        let placed =
            self.letters_placed[start..end].iter().map(|byte| PlacedTile::from_byte(*byte));
        let first = self.lines.square(self.index, start);
        let direction = self.lines.direction(self.index);
        if let Some(placement) = Placement::new(first, direction, placed) {
            let equity = score as i32 * 1000 + self.rack.worth[self.handful];
            (self.visit)(&Play { placement, score, equity });
        }
    }

    fn single(&self, start: usize, end: usize) -> usize {
        (start..end).find(|at| self.letters_placed[*at] != 0).unwrap_or(start)
    }

    fn score(&self, start: usize, end: usize) -> u32 {
        let new = (start..end).filter(|at| self.letters_placed[*at] != 0);
        let word = self.line.word_premium(new, self.lines.measures.is_added);
        let mut points = 0;
        for at in start..end {
            let lying = self.line.tiles[at];
            if lying != 0 {
                points += u32::from(self.lines.measures.value(lying)) * u32::from(word);
                continue;
            }
            points += u32::from(self.lines.measures.value(self.letters_placed[at]))
                * u32::from(self.line.times(at, word));
            if self.line.across[at] > 0 {
                points += self.line.across[at] as u32 * u32::from(self.line.premiums[at].1);
            }
        }
        let is_bingo = self.placed == usize::from(self.rules.rack_size);
        points + if is_bingo { u32::from(self.rules.bingo_bonus) } else { 0 }
    }
}
