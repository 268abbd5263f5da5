//! The words of a graph one after the other, without recursion and without allocation.

use super::{Edges, Graph, Letter, Node, WORD_LETTERS_MAX, Word};

/// All words of a graph, in the order of the alphabet: a walk through its DAWG, depth first.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    graph: &'a Graph,
    /// For each letter of the path to where the walk is, the place of its node.
    path: [u32; WORD_LETTERS_MAX],
    /// How many letters the path has.
    depth: usize,
    /// Where the walk goes on: a list to go down into, one letter further.
    down: Edges,
}

impl<'a> Words<'a> {
    pub(super) fn of(graph: &'a Graph) -> Self {
        Self { graph, path: [0; WORD_LETTERS_MAX], depth: 0, down: graph.dawg() }
    }

    /// The next node of the walk: the first below, or else the next beside, or beside what is above.
    fn step(&mut self) -> Option<Node> {
        // A checked graph has no path longer than a word. One more step would be a fault of ours, and
        // then the walk goes on beside.
        if !self.down.is_none() && self.depth < WORD_LETTERS_MAX {
            self.path[self.depth] = self.down.place();
            self.depth += 1;
        } else {
            while self.graph.node(*self.path[..self.depth].last()?).is_last() {
                self.depth -= 1;
            }
            self.path[self.depth - 1] += 1;
        }
        let node = self.graph.node(self.path[self.depth - 1]);
        self.down = node.next();
        Some(node)
    }

    fn word(&self) -> Option<Word> {
        let mut letters = [Letter::new(1)?; WORD_LETTERS_MAX];
        for (letter, place) in letters.iter_mut().zip(&self.path[..self.depth]) {
            *letter = Letter::new(self.graph.node(*place).place())?;
        }
        Word::new(&letters[..self.depth])
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        while !self.step()?.accepts() {}
        self.word()
    }
}

impl std::iter::FusedIterator for Words<'_> {}
