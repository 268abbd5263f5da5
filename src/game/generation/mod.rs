//! The search for plays: all that a rack has in a position, and the best of them.
//!
//! All plays come from the GADDAG: from each *anchor*, an empty square beside a tile, words are built
//! to the left as far as the next anchor and then to the right (Gordon 1994, after Appel and Jacobson,
//! "The world's fastest Scrabble program", 1988). So each play is found once, from the first anchor
//! that it fills.
//!
//! The best play comes from bounds. Every span of a line that a number of tiles can fill, from gap to
//! gap, is a [`Spot`](spot::Spot). In this row, where C, A and T lie and `2` doubles a word, four tiles
//! have five spots around CAT, of which three are:
//!
//! ```text
//!   . 2 . . C A T . . 2 .
//!       ▔▔▔▔▔▔▔▔▔▔▔▔▔          two before, two after         fixed 5, open 1 1 1 1
//!     ▔▔▔▔▔▔▔▔▔▔▔▔▔            three before, one after       fixed 10, open 2 2 2 2
//!         ▔▔▔▔▔▔▔▔▔▔▔▔▔        one before, three after       fixed 10, open 2 2 2 2
//! ```
//!
//! The board alone says what each has fixed and how often tiles count on its places, so that spots are
//! kept from turn to turn and only those near a play are found anew. A rack makes a bound of it: its
//! highest tiles on the places that pay most, and the best that can be kept of so many tiles less. No
//! play of a spot counts more than its bound. So spots are looked into from the highest bound down,
//! until what was found is better than what the next one can have. To look into a spot is to ask, for
//! each handful of so many tiles, whose own bound is closer, which words its letters and those on the
//! board make ([`Anagrams`]); without anagrams, to build plays from the graph at its anchor.
//!
//! Both ways, and the brute force of the tests, agree on every play; of equal ones the first in the
//! order of [`Play`] is the best.

mod all;
mod best;
mod evaluation;
mod lines;
mod rack;
mod spot;

use std::cmp::Ordering;

use crate::lexicon::{Anagrams, Graph};

use super::{Board, Placement, Rack, RuleSet};

use best::Scratch;
use lines::Lines;
use rack::RackView;

pub use evaluation::Evaluation;

/// The most blanks on a rack with which anagrams are asked: no edition but Super Scrabble has more.
const BLANKS_MAX: usize = 2;

/// A play with its score, its worth, and a place in the order of plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Play {
    /// Where which tiles go; the first and the last square are the word's.
    pub placement: Placement,
    /// Its points.
    pub score: u32,
    /// Its points and what is kept, in thousandths of a point.
    pub equity: i32,
}

impl Play {
    /// Better plays first; equal ones by square, direction and tiles.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let key = |play: &Self| (play.placement.start, play.placement.direction);
        other
            .equity
            .cmp(&self.equity)
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.placement.tiles().cmp(other.placement.tiles()))
    }
}

/// What to do with a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The best play is worth most.
    Play(Play),
    /// To keep what these leave is worth most.
    Exchange(Rack),
    /// Nothing else is possible.
    Pass,
}

/// Searches the plays of one position after the other, without allocating once it has come to its size.
pub struct Generator<'a> {
    rules: &'a RuleSet,
    graph: &'a Graph,
    anagrams: Option<&'a Anagrams>,
    lines: Lines,
    rack: Box<RackView>,
    scratch: Scratch,
}

impl<'a> Generator<'a> {
    /// Of a board. With anagrams, which must be of the same words, [`best`](Self::best) is faster.
    #[must_use]
    pub fn new(
        rules: &'a RuleSet,
        graph: &'a Graph,
        anagrams: Option<&'a Anagrams>,
        board: &Board,
    ) -> Self {
        Self {
            rules,
            graph,
            anagrams,
            lines: Lines::new(rules, graph, board),
            rack: Box::new(RackView::new()),
            scratch: Scratch::default(),
        }
    }

    /// Goes on to another board.
    pub fn set_board(&mut self, board: &Board) {
        self.lines.set_board(self.rules, self.graph, board);
    }

    /// Makes a play that the rules allow.
    pub fn place(&mut self, placement: &Placement) {
        self.lines.place(self.rules, self.graph, placement);
    }

    /// Gives all plays of a rack to `visit`, each once: a play that makes words along both lines of its
    /// only tile is the one across.
    pub fn plays(
        &mut self,
        rack: &Rack,
        evaluation: &Evaluation<'_>,
        mut visit: impl FnMut(&Play),
    ) {
        self.rack.look_at(self.rules, rack, evaluation);
        for line in 0..self.lines.lines.len() {
            all::visit_line(&self.lines, self.graph, self.rules, &self.rack, line, &mut visit);
        }
    }

    /// The best play of a rack, if it has any.
    pub fn best(&mut self, rack: &Rack, evaluation: &Evaluation<'_>) -> Option<Play> {
        self.rack.look_at(self.rules, rack, evaluation);
        // Each blank asks for all letters anew, where the graph knows which can follow.
        let few_blanks = rack.tiles().iter().filter(|tile| tile.is_blank()).count() <= BLANKS_MAX;
        match self.anagrams.filter(|_| few_blanks) {
            Some(anagrams) => {
                best::by_anagrams(&self.lines, anagrams, self.rules, &self.rack, &mut self.scratch)
            }
            None => {
                best::by_graph(&self.lines, self.graph, self.rules, &self.rack, &mut self.scratch)
            }
        }
    }

    /// What is worth most: a play that `is_allowed`, or an exchange of at most so many tiles, which must
    /// be worth more than any play.
    pub fn choose(
        &mut self,
        rack: &Rack,
        evaluation: &Evaluation<'_>,
        exchangeable: usize,
        is_allowed: impl Fn(&Placement) -> bool,
    ) -> Choice {
        let mut best = self.best(rack, evaluation);
        if best.is_some_and(|play| !is_allowed(&play.placement)) {
            best = None;
            self.plays(rack, evaluation, |play| {
                let is_better = best.is_none_or(|best| play.order(&best).is_lt());
                if is_better && is_allowed(&play.placement) {
                    best = Some(*play);
                }
            });
        }
        match (best, self.rack.best_exchange(exchangeable)) {
            (Some(play), Some((_, worth))) if play.equity >= worth => Choice::Play(play),
            (Some(play), None) => Choice::Play(play),
            (_, Some((tiles, _))) => Choice::Exchange(tiles),
            (None, None) => Choice::Pass,
        }
    }
}

#[cfg(test)]
mod tests;
