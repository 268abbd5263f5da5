//! The word graph: a DAWG and a GADDAG in one array of 32-bit nodes.
//!
//! Owns the nodes' layout, how they are made of words and how they are walked. Files are elsewhere.
//!
//! A node is one letter on a path, with an arrow to the letters that may follow. The letters that may
//! stand at one place lie side by side, in the order of the alphabet, the last one marked:
//!
//! ```text
//!  31     26 25    24   23                     0
//! ┌─────────┬──────┬────┬───────────────────────┐
//! │ letter  │accept│last│ arrow: where the next │   letter 0 is the turn `+` of the GADDAG
//! │ (0..62) │      │    │ list begins, 0: none  │
//! └─────────┴──────┴────┴───────────────────────┘
//!
//! The words AT, ATE, TEA as a DAWG:        root ─▶ [A ┊ T·]   T· is the last of its list
//!                                                   │   └──▶ [E·] ─▶ [A·*]
//!                                                   └──▶ [T·*] ─▶ [E·*]     * accepts: a word ends
//! ```
//!
//! The DAWG spells words from left to right. The GADDAG (Gordon, "A faster Scrabble move generation
//! algorithm", 1994) has each word once for each of its letters: that letter, then what is before it
//! from right to left, then `+`, then what is after it; with nothing after it, the `+` is left out.
//! So CAT is there as `C+AT`, `AC+T` and `TAC`, and a play can be built from any letter on the board
//! outwards. Equal lists are stored once, also those that both graphs have.
//!
//! A list always lies before every list with an arrow to it. So whoever follows arrows comes to
//! smaller places only, and a walk ends, whatever a file holds; [`Graph::from_nodes`] checks just that.
//!
//! Whether letters are a word is asked of the graph's `keys`, which answer sooner than a walk.

mod builder;
mod keys;

use super::{LETTERS_MAX, Letter, LetterSet, WORD_LETTERS_MAX, WORDS_MAX, Word, Words};

use keys::WordKeys;

pub use builder::{GraphBuilder, TooManyWords};

const LETTER_SHIFT: u32 = 26;
const ACCEPT: u32 = 1 << 25;
const LAST: u32 = 1 << 24;
const ARROW: u32 = LAST - 1;

/// A list of nodes, by the place of its first; [`Edges::NONE`] is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Edges(u32);

impl Edges {
    /// Nothing can follow.
    pub const NONE: Self = Self(0);

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The place of its first node.
    #[must_use]
    pub const fn place(self) -> u32 {
        self.0
    }
}

/// One letter on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Node(u32);

impl Node {
    /// Its letter's place in the alphabet, or 0 for the GADDAG's turn.
    #[must_use]
    pub const fn place(self) -> u8 {
        (self.0 >> LETTER_SHIFT) as u8
    }

    /// Whether a word ends here.
    #[must_use]
    pub const fn accepts(self) -> bool {
        self.0 & ACCEPT != 0
    }

    /// Whether it is the last of its list.
    #[must_use]
    pub const fn is_last(self) -> bool {
        self.0 & LAST != 0
    }

    /// What may follow.
    #[must_use]
    pub const fn next(self) -> Edges {
        Edges(self.0 & ARROW)
    }
}

/// Words as a graph. Immutable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The first node is no part of any list.
    nodes: Box<[u32]>,
    dawg: Edges,
    gaddag: Edges,
    /// Derived from the DAWG.
    keys: WordKeys,
}

/// Why nodes are no graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGraph {
    /// A root that is outside, or inside a list.
    #[error("a root points to node {0}, where no list begins")]
    Root(u32),
    /// A node with an arrow to where no list begins, or not to a smaller place.
    #[error("node {0} has an arrow to where no earlier list begins")]
    Arrow(u32),
    /// A letter that the alphabet has not, or that is not after the one before it.
    #[error("node {0} has a letter that is not in its place in the alphabet")]
    Letter(u32),
    /// A node that leads nowhere: no word ends in it, and nothing follows.
    #[error("node {0} leads to no word")]
    Barren(u32),
    /// A turn in the DAWG, before the first letter, at a word's end, or a second one on a path.
    #[error("node {0} is, or leads to, a turn where none may be")]
    Turn(u32),
    /// The last list does not end.
    #[error("the last list of nodes does not end")]
    Endless,
    /// A path longer than any word.
    #[error("a path has more than {} letters", WORD_LETTERS_MAX)]
    TooDeep,
}

impl Graph {
    /// From nodes that somebody else stored, once they are known to be a graph: every walk ends, every
    /// letter is one of the first `letters`, no path has more of them than a word, and a turn stands
    /// only in the GADDAG, once on a path, between letters.
    ///
    /// # Errors
    /// [`InvalidGraph`] names the first node that is wrong.
    pub fn from_nodes(
        nodes: Box<[u32]>,
        dawg: u32,
        gaddag: u32,
        letters: usize,
    ) -> Result<Self, InvalidGraph> {
        let count = nodes.len() as u32;
        // Of the first node of each list; of all others that of no list.
        let mut reaches = vec![Reach::default(); nodes.len()];
        let mut first = 1;
        let mut previous = None;
        let mut reach = Reach::default();
        for place in 1..count {
            let node = Node(nodes[place as usize]);
            if usize::from(node.place()) > letters || previous >= Some(node.place()) {
                return Err(InvalidGraph::Letter(place));
            }
            let next = node.next();
            if !next.is_none() && (next.0 >= first || reaches[next.0 as usize].letters == 0) {
                return Err(InvalidGraph::Arrow(place));
            }
            if next.is_none() && !node.accepts() {
                return Err(InvalidGraph::Barren(place));
            }
            reach = reach.or(reaches[next.0 as usize].after(node, place)?);
            previous = Some(node.place());
            if node.is_last() {
                reaches[first as usize] = reach;
                (first, previous, reach) = (place + 1, None, Reach::default());
            }
        }
        if first < count {
            return Err(InvalidGraph::Endless);
        }
        for root in [dawg, gaddag] {
            let is_list = reaches.get(root as usize).is_some_and(|reach| reach.letters > 0);
            if root != 0 && !is_list {
                return Err(InvalidGraph::Root(root));
            }
        }
        if reaches.get(dawg as usize).is_some_and(|reach| reach.turns) {
            return Err(InvalidGraph::Turn(dawg));
        }
        if gaddag != 0 && Node(nodes[gaddag as usize]).place() == 0 {
            return Err(InvalidGraph::Turn(gaddag));
        }
        Ok(Self::new(nodes, Edges(dawg), Edges(gaddag)))
    }

    fn new(nodes: Box<[u32]>, dawg: Edges, gaddag: Edges) -> Self {
        let mut graph = Self { nodes, dawg, gaddag, keys: WordKeys::none() };
        // A small graph can have more words than anybody can walk. No lexicon has.
        if graph.path_counts().0 <= WORDS_MAX as u64 {
            let words: Vec<Word> = Words::of(&graph).collect();
            let last = words.iter().flat_map(Word::places).max().copied().unwrap_or(0);
            graph.keys = WordKeys::new(words.iter().map(Word::places), last);
        }
        graph
    }

    /// How many paths of the DAWG and of the GADDAG end in a word: as many as there are words, and as
    /// many as these have letters. Takes one look at each node, however many paths there are.
    #[must_use]
    pub fn path_counts(&self) -> (u64, u64) {
        let mut counts = vec![0_u64; self.nodes.len()];
        let mut first = 1;
        for (place, node) in self.nodes.iter().map(|node| Node(*node)).enumerate().skip(1) {
            let through = counts[node.next().0 as usize].saturating_add(node.accepts().into());
            counts[first] = counts[first].saturating_add(through);
            if node.is_last() {
                first = place + 1;
            }
        }
        let of = |edges: Edges| counts.get(edges.0 as usize).copied().unwrap_or(0);
        (of(self.dawg), of(self.gaddag))
    }

    /// All nodes as they are stored.
    #[must_use]
    pub fn nodes(&self) -> &[u32] {
        &self.nodes
    }

    /// Where the DAWG begins.
    #[must_use]
    pub const fn dawg(&self) -> Edges {
        self.dawg
    }

    /// Where the GADDAG begins.
    #[must_use]
    pub const fn gaddag(&self) -> Edges {
        self.gaddag
    }

    /// The node at a place that an [`Edges`] or a step from it gave.
    #[inline]
    #[must_use]
    pub fn node(&self, place: u32) -> Node {
        Node(self.nodes[place as usize])
    }

    /// The nodes of a list.
    #[inline]
    pub fn list(&self, edges: Edges) -> impl Iterator<Item = Node> + '_ {
        let mut at = edges.0;
        std::iter::from_fn(move || {
            if at == 0 {
                return None;
            }
            let node = self.node(at);
            at = if node.is_last() { 0 } else { at + 1 };
            Some(node)
        })
    }

    /// The node of a list that has this letter; place 0 is the GADDAG's turn.
    #[inline]
    #[must_use]
    pub fn step(&self, edges: Edges, place: u8) -> Option<Node> {
        if edges.is_none() {
            return None;
        }
        let mut at = edges.0;
        loop {
            let node = self.node(at);
            // Letters ascend, so that the first one that is not before it decides.
            if node.place() >= place || node.is_last() {
                return (node.place() == place).then_some(node);
            }
            at += 1;
        }
    }

    /// Whether the letters at these places of the alphabet are a word.
    #[must_use]
    pub fn contains(&self, places: &[u8]) -> bool {
        self.keys.contains(places).unwrap_or_else(|| self.spells(places))
    }

    /// Whether the DAWG has a path of these letters on which a word ends.
    fn spells(&self, places: &[u8]) -> bool {
        let mut edges = self.dawg;
        let mut accepts = false;
        for place in places {
            let Some(node) = self.step(edges, *place) else { return false };
            (edges, accepts) = (node.next(), node.accepts());
        }
        accepts
    }

    /// The letters with which a list's paths can end here and now: of the nodes that accept.
    #[must_use]
    pub fn accepting(&self, edges: Edges) -> LetterSet {
        self.list(edges)
            .filter(|node| node.accepts())
            .filter_map(|node| Letter::new(node.place()))
            .fold(LetterSet::EMPTY, LetterSet::with)
    }
}

/// How far the paths of a list go.
#[derive(Clone, Copy, Default)]
struct Reach {
    /// The most letters on a path; 0 where there is no list.
    letters: u8,
    /// Whether a path has a turn.
    turns: bool,
}

impl Reach {
    fn or(self, other: Self) -> Self {
        Self { letters: self.letters.max(other.letters), turns: self.turns || other.turns }
    }

    /// That of a node which leads to the list with this reach.
    fn after(self, node: Node, place: u32) -> Result<Self, InvalidGraph> {
        if node.place() == 0 {
            let may_turn = !self.turns && !node.accepts();
            return may_turn
                .then_some(Self { turns: true, ..self })
                .ok_or(InvalidGraph::Turn(place));
        }
        if usize::from(self.letters) == WORD_LETTERS_MAX {
            return Err(InvalidGraph::TooDeep);
        }
        Ok(Self { letters: self.letters + 1, ..self })
    }
}

const _: () = assert!(LETTERS_MAX < 1 << (32 - LETTER_SHIFT));

#[cfg(test)]
mod tests;
