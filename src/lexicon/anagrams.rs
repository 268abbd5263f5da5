//! Words by their letters, whatever the order: which words a handful of tiles makes.
//!
//! Derived from a [`Graph`] at any time, never stored. A search for the best play asks it
//! thousands of times a turn, and nearly always the answer is "none", so that a filter small enough
//! for a processor's own cache answers first.
//!
//! A multiset of letters is known by its [`LetterSum`], to which each letter adds a number of its own.
//! So the sum of tiles on the board and tiles of a rack is one addition. Two multisets may have the
//! same sum, if hardly ever: whoever gets words back must look whether the letters are the right ones.

use super::{Graph, LETTERS_MAX, WORD_LETTERS_MAX, Word, Words};

/// The sum of letters in any order, modulo 2⁶⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct LetterSum(u64);

impl LetterSum {
    /// Of no letters.
    pub const EMPTY: Self = Self(0);

    /// Of one letter, by its place in the alphabet.
    #[inline]
    #[must_use]
    pub const fn of(place: u8) -> Self {
        Self(NUMBERS[place as usize])
    }

    /// Of the letters of both.
    #[inline]
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

/// A number for each letter, by splitmix64 of its place (Steele, Lea, Flood 2014). Its place 0 stays 0.
const NUMBERS: [u64; LETTERS_MAX + 2] = {
    let mut numbers = [0; LETTERS_MAX + 2];
    let mut place = 1;
    while place < numbers.len() {
        let mut mixed = (place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        numbers[place] = mixed ^ mixed >> 31;
        place += 1;
    }
    numbers
};

/// Words by their letters.
#[derive(Debug, Clone)]
pub struct Anagrams {
    /// A bit for each sum, by its highest bits: without it there is no such word.
    filter: Box<[u64]>,
    filter_shift: u32,
    /// Sums in open addressing: the low half of a sum, then where its words begin; 0 is free.
    slots: Box<[u64]>,
    slot_mask: usize,
    /// For each group how many words there are, how long they are, and their letters one after the
    /// other. More anagrams than 16 bits count are in no language: they would have to be of one length.
    words: Box<[u8]>,
}

impl Anagrams {
    /// Of words of 2 to [`WORD_LETTERS_MAX`] letters, by their places in the alphabet.
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut sorted: Vec<(u64, &[u8])> = words
            .into_iter()
            .filter(|word| (2..=WORD_LETTERS_MAX).contains(&word.len()))
            .map(|word| (sum(word).0, word))
            .collect();
        // What a slot can't tell apart, the low half of a sum and a length, shares one group of words,
        // so that none is hidden by another.
        sorted.sort_unstable_by_key(|(sum, word)| (*sum as u32, word.len(), *sum, *word));
        sorted.dedup();
        let sums = sorted.chunk_by(|a, b| a.0 == b.0).count();
        let mut anagrams = Self::with_room(sums);
        // Place 0 is what a free slot has.
        let mut letters = vec![0];
        for group in sorted.chunk_by(|a, b| a.0 as u32 == b.0 as u32 && a.1.len() == b.1.len()) {
            let begin = letters.len() as u64;
            letters.extend_from_slice(&(group.len() as u16).to_le_bytes());
            letters.push(group[0].1.len() as u8);
            group.iter().for_each(|(_, word)| letters.extend_from_slice(word));
            for same in group.chunk_by(|a, b| a.0 == b.0) {
                anagrams.point(same[0].0, begin);
            }
        }
        anagrams.words = letters.into();
        anagrams
    }

    /// Of all words of a graph.
    #[must_use]
    pub fn of_graph(graph: &Graph) -> Self {
        let words: Vec<Word> = Words::of(graph).collect();
        Self::new(words.iter().map(Word::places))
    }

    /// Has a sum point to where its words begin.
    fn point(&mut self, sum: u64, begin: u64) {
        let bit = (sum >> self.filter_shift) as usize;
        self.filter[bit / 64] |= 1 << (bit % 64);
        let mut at = self.slot(sum);
        while self.slots[at] != 0 {
            at = (at + 1) & self.slot_mask;
        }
        self.slots[at] = sum << 32 | begin;
    }

    fn with_room(groups: usize) -> Self {
        let slots = (groups * 3 / 2).next_power_of_two().max(64);
        // Some fourteen bits a sum: one question in fourteen comes through for nothing.
        let filter_bits = (groups.max(64) * 10).next_power_of_two();
        Self {
            filter: vec![0; filter_bits / 64].into(),
            filter_shift: 64 - filter_bits.trailing_zeros(),
            slots: vec![0; slots].into(),
            slot_mask: slots - 1,
            words: Box::default(),
        }
    }

    fn slot(&self, sum: u64) -> usize {
        (sum >> 24) as usize & self.slot_mask
    }

    /// Whether letters may make a word: if not, they make none.
    #[inline]
    #[must_use]
    pub fn may_make(&self, sum: LetterSum) -> bool {
        let bit = (sum.0 >> self.filter_shift) as usize;
        self.filter[bit / 64] >> (bit % 64) & 1 == 1
    }

    /// The words of `length` letters with this sum, which the caller must look at.
    #[inline]
    pub fn words(&self, sum: LetterSum, length: usize) -> std::slice::ChunksExact<'_, u8> {
        let length = length.max(1);
        if !self.may_make(sum) {
            return [].chunks_exact(length);
        }
        let mut at = self.slot(sum.0);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return [].chunks_exact(length);
            }
            let group = &self.words[slot as u32 as usize..];
            if slot >> 32 == sum.0 & 0xFFFF_FFFF && usize::from(group[2]) == length {
                let words = usize::from(u16::from_le_bytes([group[0], group[1]]));
                return group[3..3 + words * length].chunks_exact(length);
            }
            at = (at + 1) & self.slot_mask;
        }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (self.filter.len() + self.slots.len()) * 8 + self.words.len()
    }
}

fn sum(word: &[u8]) -> LetterSum {
    word.iter().fold(LetterSum::EMPTY, |sum, place| sum.plus(LetterSum::of(*place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_any_order_give_all_their_words_and_no_others() {
        let words: [&[u8]; 5] = [&[1, 20], &[20, 5, 1], &[5, 1, 20], &[20, 1, 5], &[3, 1, 20]];
        let anagrams = Anagrams::new(words);
        let found: Vec<&[u8]> = anagrams.words(sum(&[1, 5, 20]), 3).collect();
        assert_eq!(found, [&[5, 1, 20], &[20, 1, 5], &[20, 5, 1]]);
        assert_eq!(anagrams.words(sum(&[1, 20]), 2).count(), 1);
        assert_eq!(anagrams.words(sum(&[1, 20]), 3).count(), 0);
        assert_eq!(anagrams.words(sum(&[1, 5]), 2).count(), 0);
    }

    #[test]
    fn no_words_have_no_anagrams() {
        assert_eq!(Anagrams::new([]).words(sum(&[1, 2]), 2).count(), 0);
    }
}
