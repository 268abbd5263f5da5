//! A letter of an alphabet as a small number, and sets of them as the bits of one machine word.
//!
//! Which letter a number stands for is known to an [`Alphabet`](super::Alphabet) only.

use super::LETTERS_MAX;

/// A letter: its place in its alphabet, counted from 1.
///
/// A letter is what one tile shows, so that the Spanish digraph CH is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Letter(u8);

impl Letter {
    /// The first of every alphabet.
    pub const FIRST: Self = Self(1);

    /// The letter at a place from 1 to [`LETTERS_MAX`]; nothing elsewhere.
    #[must_use]
    pub const fn new(place: u8) -> Option<Self> {
        if place >= 1 && place as usize <= LETTERS_MAX { Some(Self(place)) } else { None }
    }

    /// Its place in its alphabet, from 1.
    #[must_use]
    pub const fn place(self) -> u8 {
        self.0
    }

    /// Its place as an index into a table that has an entry for the blank at 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A set of letters: bit `n` stands for the letter at place `n`. Bit 0 stands for no letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(transparent)]
pub struct LetterSet(u64);

impl LetterSet {
    /// No letter.
    pub const EMPTY: Self = Self(0);

    /// The first `letters` letters of an alphabet.
    #[must_use]
    pub const fn first(letters: usize) -> Self {
        Self(((1_u64 << (letters + 1)) - 1) & !1)
    }

    /// The set with these bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits & !1)
    }

    /// Its bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// With one letter more.
    #[must_use]
    pub const fn with(self, letter: Letter) -> Self {
        Self(self.0 | 1 << letter.place())
    }

    /// Whether a letter belongs to it.
    #[must_use]
    pub const fn contains(self, letter: Letter) -> bool {
        self.0 >> letter.place() & 1 == 1
    }

    /// The letters of both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its letters in the order of the alphabet.
    pub fn letters(self) -> impl Iterator<Item = Letter> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = rest.trailing_zeros();
            rest &= rest.wrapping_sub(1);
            u8::try_from(place).ok().and_then(Letter::new)
        })
    }
}
