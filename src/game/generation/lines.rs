//! The board as a search sees it: every row and every column as a line of its own.
//!
//! Owns what the board alone says about each square of a line: which letters may go there, what the
//! word across it counts, and which [`Spot`]s there are. All of it is kept up as plays are made, and
//! only where a play changed it.

use crate::game::{
    BOARD_SIDE_MAX, Board, Direction, PlacedTile, Placement, RuleSet, Square, WordPremiums,
};
use crate::lexicon::{Edges, Graph, LETTERS_MAX};

use super::spot::{Spot, SpotFinder};

/// The number of lines of the largest board: its rows, then its columns.
pub(super) const LINES_MAX: usize = 2 * BOARD_SIDE_MAX;

/// A row or a column, with what the search knows of each of its squares.
#[derive(Clone)]
pub(super) struct Line {
    /// Tiles' bytes, 0 where there is none.
    pub(super) tiles: [u8; BOARD_SIDE_MAX],
    /// The letters that may go on an empty square: those that make a word with the tiles beside it
    /// across the line, and that continue some word with the tiles before or after it in the line.
    /// The bit for no letter is set where nothing restricts them.
    pub(super) allowed: [u64; BOARD_SIDE_MAX],
    /// What the tiles beside a square across the line count; negative where there are none.
    pub(super) across: [i16; BOARD_SIDE_MAX],
    /// How a square multiplies a tile and a word.
    pub(super) premiums: [(u8, u8); BOARD_SIDE_MAX],
    /// All spans of this line where a play may go, as far as the board tells.
    pub(super) spots: Vec<Spot>,
    /// The empty places, as bits, that are open to some letters only.
    pub(super) restricted: u32,
    is_stale: bool,
}

/// A board's lines, for a rule set and a graph.
#[derive(Clone)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    pub(super) side: usize,
    pub(super) is_empty: bool,
    pub(super) measures: Measures,
}

/// What a search needs of a rule set at every step.
#[derive(Clone)]
pub(super) struct Measures {
    pub(super) side: usize,
    pub(super) rack_size: usize,
    /// Whether several word premiums of one play are added.
    pub(super) is_added: bool,
    values: [u8; LETTERS_MAX + 1],
}

impl Measures {
    fn of(rules: &RuleSet) -> Self {
        Self {
            side: usize::from(rules.layout.side()),
            rack_size: usize::from(rules.rack_size),
            is_added: rules.word_premiums == WordPremiums::Added,
            values: rules.values,
        }
    }

    /// What a tile on the board counts.
    #[inline]
    pub(super) fn value(&self, byte: u8) -> u8 {
        if byte & BLANK == 0 { self.values[usize::from(byte)] } else { 0 }
    }
}

/// Nothing restricts the letters of a square.
pub(super) const ANY: u64 = u64::MAX;

impl Lines {
    /// Of a board.
    pub(super) fn new(rules: &RuleSet, graph: &Graph, board: &Board) -> Self {
        let measures = Measures::of(rules);
        let side = measures.side;
        // As many as a line can have: none of them grows any more.
        let spots = || Vec::with_capacity(side * measures.rack_size);
        let lines = (0..2 * side).map(|_| Line { spots: spots(), ..Line::EMPTY }).collect();
        let mut lines = Self { lines, side, is_empty: true, measures };
        lines.set_board(rules, graph, board);
        lines
    }

    /// Goes on to another board.
    pub(super) fn set_board(&mut self, rules: &RuleSet, graph: &Graph, board: &Board) {
        self.is_empty = board.is_empty();
        let side = self.side;
        let places = || (0..2 * side).flat_map(move |line| (0..side).map(move |at| (line, at)));
        for (line, at) in places() {
            let square = self.square(line, at);
            let premium = rules.layout.premium(square);
            self.lines[line].premiums[at] = (premium.letter, premium.word);
            self.lines[line].tiles[at] = board.tile(square).map_or(0, PlacedTile::byte);
            self.lines[line].is_stale = true;
        }
        for (line, at) in places() {
            if self.lines[line].tiles[at] == 0 {
                self.restrict(graph, line, at);
            }
        }
        self.find_spots(rules);
    }

    /// The square at a place of a line. Rows come first, then columns.
    pub(super) fn square(&self, line: usize, at: usize) -> Square {
        if line < self.side {
            Square { row: line as u8, column: at as u8 }
        } else {
            Square { row: at as u8, column: (line - self.side) as u8 }
        }
    }

    /// The direction of a line.
    pub(super) fn direction(&self, line: usize) -> Direction {
        if line < self.side { Direction::Across } else { Direction::Down }
    }

    /// The same square by the line across.
    fn crossing(&self, line: usize, at: usize) -> (usize, usize) {
        if line < self.side { (self.side + at, line) } else { (at, line - self.side) }
    }

    /// Makes a play that the rules allow.
    pub(super) fn place(&mut self, rules: &RuleSet, graph: &Graph, placement: &Placement) {
        let (mut ends, mut count) = ([(0, 0); 4 * BOARD_SIDE_MAX], 0);
        let mut changed = |line, at| {
            ends[count] = (line, at);
            count += 1;
        };
        for (square, tile) in placement.placed() {
            let (row, column) = (usize::from(square.row), usize::from(square.column));
            self.lines[row].tiles[column] = tile.byte();
            self.lines[self.side + column].tiles[row] = tile.byte();
            self.lines[row].is_stale = true;
            self.lines[self.side + column].is_stale = true;
        }
        // Each run of tiles that grew has new neighbours at both of its ends: the word of the play,
        // and the words across it.
        let Some((first, _)) = placement.placed().next() else { return };
        let (row, column) = (usize::from(first.row), usize::from(first.column));
        let (main, at) = match placement.direction {
            Direction::Across => (row, column),
            Direction::Down => (self.side + column, row),
        };
        changed(main, at);
        for (square, _) in placement.placed() {
            let (row, column) = (usize::from(square.row), usize::from(square.column));
            match placement.direction {
                Direction::Across => changed(self.side + column, row),
                Direction::Down => changed(row, column),
            }
        }
        for &(line, at) in &ends[..count] {
            let run = self.run(line, at);
            if let Some(before) = run.start.checked_sub(1) {
                self.restrict_both(graph, line, before);
            }
            if run.end < self.side {
                self.restrict_both(graph, line, run.end);
            }
        }
        self.is_empty = false;
        self.find_spots(rules);
    }

    /// The tiles without a gap around a place.
    fn run(&self, line: usize, at: usize) -> std::ops::Range<usize> {
        let tiles = &self.lines[line].tiles[..self.side];
        let start = tiles[..at].iter().rposition(|tile| *tile == 0).map_or(0, |gap| gap + 1);
        let end = tiles[at..].iter().position(|tile| *tile == 0).map_or(self.side, |gap| at + gap);
        start..end
    }

    fn restrict_both(&mut self, graph: &Graph, line: usize, at: usize) {
        self.restrict(graph, line, at);
        let (line, at) = self.crossing(line, at);
        self.restrict(graph, line, at);
    }

    /// Finds anew what may go on an empty square, for words along a line.
    fn restrict(&mut self, graph: &Graph, line: usize, at: usize) {
        let (across, place) = self.crossing(line, at);
        let (before, after) = self.beside(across, place);
        let is_free = before.is_empty() && after.is_empty();
        let sum: i16 =
            before.iter().chain(after).map(|byte| i16::from(self.measures.value(*byte))).sum();
        let crossing = if is_free { ANY } else { cross_set(graph, before, after) };
        let (before, after) = self.beside(line, at);
        let extending = extension_set(graph, before, after);
        let line = &mut self.lines[line];
        line.across[at] = if is_free { -1 } else { sum };
        line.allowed[at] = crossing & extending;
        line.is_stale = true;
    }

    /// Whether a play may begin with this place: it is empty, and beside a tile, or the start square of
    /// an empty board.
    pub(super) fn is_anchor(&self, line: usize, at: usize, rules: &RuleSet) -> bool {
        let tiles = &self.lines[line].tiles;
        if tiles[at] != 0 {
            return false;
        }
        if self.is_empty {
            return line < self.side && self.square(line, at) == rules.layout.start();
        }
        self.lines[line].is_beside_tiles(at, self.side)
    }

    /// The tiles right before and right after a place of a line.
    fn beside(&self, line: usize, at: usize) -> (&[u8], &[u8]) {
        let tiles = &self.lines[line].tiles[..self.side];
        let start = tiles[..at].iter().rposition(|tile| *tile == 0).map_or(0, |gap| gap + 1);
        let after = &tiles[at + 1..];
        let end = after.iter().position(|tile| *tile == 0).unwrap_or(after.len());
        (&tiles[start..at], &after[..end])
    }

    fn find_spots(&mut self, rules: &RuleSet) {
        let start = if self.is_empty { Some(rules.layout.start()) } else { None };
        for index in 0..self.lines.len() {
            if !std::mem::take(&mut self.lines[index].is_stale) {
                continue;
            }
            let opening = match start {
                // By convention the first word lies across: down would be the same play twice.
                Some(start) if index == usize::from(start.row) => Some(usize::from(start.column)),
                Some(_) => {
                    self.lines[index].spots.clear();
                    continue;
                }
                None => None,
            };
            let mut spots = std::mem::take(&mut self.lines[index].spots);
            spots.clear();
            SpotFinder {
                line: &self.lines[index],
                measures: &self.measures,
                is_down: index >= self.side,
                opening,
            }
            .find(&mut spots);
            let line = &mut self.lines[index];
            line.spots = spots;
            line.restricted = (0..self.side)
                .filter(|at| line.tiles[*at] == 0 && line.allowed[*at] != ANY)
                .fold(0, |bits, at| bits | 1 << at);
        }
    }
}

/// The bit of a tile's byte that says it is a blank.
pub(super) const BLANK: u8 = 0x80;

impl Line {
    const EMPTY: Self = Self {
        tiles: [0; BOARD_SIDE_MAX],
        allowed: [ANY; BOARD_SIDE_MAX],
        across: [-1; BOARD_SIDE_MAX],
        premiums: [(1, 1); BOARD_SIDE_MAX],
        spots: Vec::new(),
        restricted: 0,
        is_stale: true,
    };
}

impl Line {
    /// Whether a tile lies beside a place, in the line or across it.
    #[inline]
    pub(super) fn is_beside_tiles(&self, at: usize, side: usize) -> bool {
        self.across[at] >= 0
            || at > 0 && self.tiles[at - 1] != 0
            || at + 1 < side && self.tiles[at + 1] != 0
    }

    /// By how much a word is multiplied whose new tiles go to these places.
    pub(super) fn word_premium(&self, new: impl Iterator<Item = usize>, is_added: bool) -> u16 {
        let premiums = new.map(|at| u16::from(self.premiums[at].1)).filter(|times| *times > 1);
        let (product, sum) =
            premiums.fold((1, 0), |(product, sum), times| (product * times, sum + times));
        if is_added && sum > 0 { sum } else { product }
    }
}

/// The letters that make a word with these tiles before and after them.
fn cross_set(graph: &Graph, before: &[u8], after: &[u8]) -> u64 {
    if before.is_empty() {
        let edges = walk(graph, graph.gaddag(), after.iter().rev());
        return graph.accepting(edges).bits();
    }
    let edges = walk(graph, graph.dawg(), before.iter());
    if after.is_empty() {
        return graph.accepting(edges).bits();
    }
    let mut set = 0;
    for node in graph.list(edges) {
        let Some((last, inner)) = after.split_last() else { break };
        let edges = walk(graph, node.next(), inner.iter());
        if graph.step(edges, last & !BLANK).is_some_and(|end| end.accepts()) {
            set |= 1 << node.place();
        }
    }
    set
}

/// The letters that continue some word with these tiles before and after them.
fn extension_set(graph: &Graph, before: &[u8], after: &[u8]) -> u64 {
    let mut set = ANY;
    if !after.is_empty() {
        let edges = walk(graph, graph.gaddag(), after.iter().rev());
        // Words may go on to the left of the run with what follows it, or not.
        set &= graph.list(edges).fold(0, |set, node| set | 1 << node.place()) & !1;
    }
    if !before.is_empty() {
        let mut following = 0;
        for node in graph.list(graph.gaddag()) {
            let Some((first, inner)) = before.split_first() else { break };
            let edges = walk(graph, node.next(), inner.iter().rev());
            if graph.step(edges, first & !BLANK).is_some() {
                following |= 1 << node.place();
            }
        }
        set &= following;
    }
    set
}

fn walk<'a>(graph: &Graph, from: Edges, tiles: impl Iterator<Item = &'a u8>) -> Edges {
    let mut edges = from;
    for tile in tiles {
        match graph.step(edges, tile & !BLANK) {
            Some(node) => edges = node.next(),
            None => return Edges::NONE,
        }
    }
    edges
}
