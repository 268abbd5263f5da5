//! Makes a word graph of words.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::lexicon::{WORD_LETTERS_MAX, Word};

use super::{ACCEPT, ARROW, Edges, Graph, LAST, LETTER_SHIFT};

/// Makes a [`Graph`] of words.
///
/// All paths are sorted, so that each list is complete once the next path no longer passes through it;
/// then it is looked up among those stored, and stored if it is new (Daciuk and others, "Incremental
/// construction of minimal acyclic finite-state automata", 2000).
pub struct GraphBuilder {
    nodes: Vec<u32>,
    /// Where a list with this hash begins. Lists with the same hash stand one after the other.
    stored: HashMap<u64, Vec<u32>, BuildHasherDefault<AsItIs>>,
}

/// A path through the graph: up to 24 letters, one a byte, shifted up by one so that what is shorter
/// comes first and a turn is no end.
type Path = [u64; 3];

/// More nodes than an arrow can point to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more words than a graph of {} nodes can hold", ARROW)]
pub struct TooManyWords;

impl GraphBuilder {
    /// Makes the graph of words. Tells `progress` how far it is, from 0 to 1, a few hundred times.
    ///
    /// # Errors
    /// [`TooManyWords`]
    pub fn build(words: &[Word], mut progress: impl FnMut(f64)) -> Result<Graph, TooManyWords> {
        let mut builder = Self { nodes: vec![0], stored: HashMap::default() };
        let mut paths: Vec<Path> = words.iter().map(|word| path(word.places().iter())).collect();
        let dawg = builder.add(&mut paths, |share| progress(share * 0.1))?;
        paths.clear();
        for word in words {
            let letters = word.places();
            for at in 0..letters.len() {
                let before = letters[..=at].iter().rev();
                let turn = (at + 1 < letters.len()).then_some(&0);
                paths.push(path(before.chain(turn).chain(&letters[at + 1..])));
            }
        }
        progress(0.2);
        let gaddag = builder.add(&mut paths, |share| progress(0.2 + share * 0.8))?;
        Ok(Graph::new(builder.nodes.into(), dawg, gaddag))
    }

    fn add(
        &mut self,
        paths: &mut [Path],
        mut progress: impl FnMut(f64),
    ) -> Result<Edges, TooManyWords> {
        paths.sort_unstable();
        progress(0.4);
        // The list at each depth, as far as it is known. The node that leads on is its last.
        let mut open: Vec<Vec<u32>> = vec![Vec::new(); WORD_LETTERS_MAX + 3];
        let mut depth = 0;
        let mut previous: Path = [0; 3];
        for (index, path) in paths.iter().enumerate() {
            let shared = shared_letters(&previous, path);
            self.close(&mut open, depth, shared)?;
            depth = shared;
            while let Some(letter) = letter_at(path, depth) {
                open[depth].push(u32::from(letter) << LETTER_SHIFT);
                depth += 1;
            }
            if let Some(node) = depth.checked_sub(1).and_then(|last| open[last].last_mut()) {
                *node |= ACCEPT;
            }
            previous = *path;
            if index % 65_536 == 0 {
                progress(0.4 + 0.6 * index as f64 / paths.len() as f64);
            }
        }
        self.close(&mut open, depth, 0)?;
        self.store(&mut open[0])
    }

    /// Stores the lists below the depth that the next path still passes through.
    fn close(&mut self, open: &mut [Vec<u32>], from: usize, to: usize) -> Result<(), TooManyWords> {
        for depth in (to + 1..=from).rev() {
            let edges = self.store(&mut open[depth])?;
            if let Some(node) = open[depth - 1].last_mut() {
                *node |= edges.0;
            }
        }
        Ok(())
    }

    /// Where a list is stored, now or before; leaves it empty.
    fn store(&mut self, list: &mut Vec<u32>) -> Result<Edges, TooManyWords> {
        let Some(last) = list.last_mut() else { return Ok(Edges::NONE) };
        *last |= LAST;
        let places = self.stored.entry(hash(list)).or_default();
        let found =
            places.iter().copied().find(|place| self.nodes[*place as usize..].starts_with(list));
        let place = match found {
            Some(place) => place,
            None => {
                let place = self.nodes.len() as u32;
                if self.nodes.len() + list.len() > ARROW as usize {
                    return Err(TooManyWords);
                }
                self.nodes.extend_from_slice(list);
                places.push(place);
                place
            }
        };
        list.clear();
        Ok(Edges(place))
    }
}

fn path<'a>(places: impl Iterator<Item = &'a u8>) -> Path {
    let mut path = [0; 3];
    for (index, place) in places.enumerate() {
        path[index / 8] |= u64::from(place + 1) << (56 - 8 * (index % 8));
    }
    path
}

fn letter_at(path: &Path, index: usize) -> Option<u8> {
    let word = path.get(index / 8)?;
    ((word >> (56 - 8 * (index % 8))) as u8).checked_sub(1)
}

/// How many letters two paths have in common at their beginning.
fn shared_letters(a: &Path, b: &Path) -> usize {
    for index in 0..3 {
        let different = a[index] ^ b[index];
        if different != 0 {
            return index * 8 + (different.leading_zeros() / 8) as usize;
        }
    }
    // The same path twice.
    (0..24).take_while(|index| letter_at(a, *index).is_some()).count()
}

fn hash(list: &[u32]) -> u64 {
    list.iter().fold(list.len() as u64, |hash, node| {
        (hash.rotate_left(5) ^ u64::from(*node)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}

/// The key is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("the key is a number")
    }

    fn write_u64(&mut self, hash: u64) {
        // The table takes its place from the low bits, where a product is weakest.
        self.0 = hash ^ hash >> 32;
    }
}
