//! The words of a graph as numbers, to tell at once whether letters are a word.
//!
//! A walk through the graph costs a step a letter, and each step guesses wrongly how far a list goes.
//! Here a word is one number, its letters as digits, and one look at a table says whether it is there.
//! Words that are too long for a number of 64 bits, more than 13 letters in English, are walked.

/// The numbers of all words that fit, in open addressing; 0 is a free slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WordKeys {
    slots: Box<[u64]>,
    /// To take a slot from the highest bits of a hash.
    shift: u32,
    /// One more than the last letter of any word.
    base: u64,
    /// The most letters of which every number in this base has 64 bits.
    letters_max: usize,
}

impl WordKeys {
    /// Of no words, not even of how many letters: all of them are to be walked.
    pub(super) fn none() -> Self {
        Self { slots: Box::default(), shift: 0, base: u64::MAX, letters_max: 0 }
    }

    /// Of words by their places in the alphabet, whose last letter is known.
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a [u8]> + Clone, last_letter: u8) -> Self {
        // The powers of one would never end.
        let base = u64::from(last_letter.max(1)) + 1;
        let letters_max = (1..).take_while(|letters| base.checked_pow(*letters).is_some()).count();
        let count = words.clone().filter(|word| word.len() <= letters_max).count();
        let bits = (count * 4 / 3 + 1).next_power_of_two().trailing_zeros().max(1);
        let mut keys =
            Self { slots: vec![0; 1 << bits].into(), shift: 64 - bits, base, letters_max };
        for word in words {
            if let Some(key) = keys.key(word) {
                let mut slot = keys.slot(key);
                while keys.slots[slot] != 0 && keys.slots[slot] != key {
                    slot = (slot + 1) & (keys.slots.len() - 1);
                }
                keys.slots[slot] = key;
            }
        }
        keys
    }

    /// Whether letters are a word; nothing if they are too many to say.
    #[inline]
    pub(super) fn contains(&self, places: &[u8]) -> Option<bool> {
        if places.iter().any(|place| u64::from(*place) >= self.base) {
            return Some(false);
        }
        let key = self.key(places)?;
        let mut slot = self.slot(key);
        loop {
            match self.slots[slot] {
                0 => return Some(false),
                found if found == key => return Some(true),
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        }
    }

    /// A word as a number, which is never 0: no letter's place is.
    #[inline]
    fn key(&self, places: &[u8]) -> Option<u64> {
        let is_short = !places.is_empty() && places.len() <= self.letters_max;
        is_short.then(|| places.iter().fold(0, |key, place| key * self.base + u64::from(*place)))
    }

    /// Fibonacci hashing (Knuth, volume 3, 6.4).
    #[inline]
    fn slot(&self, key: u64) -> usize {
        (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize
    }
}
