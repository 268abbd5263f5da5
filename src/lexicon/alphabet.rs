//! An alphabet: which letters there are, in what order, and how text becomes letters.
//!
//! Owns normalisation, folding and digraphs. How many tiles a letter has belongs to the rules.

use std::fmt;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::{LETTERS_MAX, Letter, LetterSet, WORD_LETTERS_MAX};

/// The most characters of a letter. The longest on tiles is the Hungarian DZS.
const LETTER_CHARACTERS_MAX: usize = 4;

/// The most spellings that stand for others.
const FOLDS_MAX: usize = 128;

/// The most bytes of a text that can be a word, before and after folding.
const TEXT_BYTES_MAX: usize = 1024;

/// The letters of a language as its tiles show them, in their order, in capitals.
///
/// A letter of more than one character is a digraph, such as the Spanish CH; where text does not say
/// otherwise, its characters always mean the digraph (FISE: the tiles C and H may not stand for CH).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alphabet {
    letters: Box<[Box<str>]>,
    /// The same in small letters, which a blank that stands for one shows.
    small_letters: Box<[Box<str>]>,
    /// Spellings that stand for others, such as É for E in French; applied in this order.
    folds: Box<[(Box<str>, Box<str>)]>,
    /// Places of letters, those of more characters first.
    by_length: Box<[Letter]>,
}

/// Why letters are no alphabet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAlphabet {
    /// None, or too many.
    #[error("expected 1 to {LETTERS_MAX} letters, got {0}")]
    Count(usize),
    /// A letter that is empty or too long, not in capitals in normalisation form C, or has other
    /// than letters.
    #[error(
        "expected a letter of 1 to {LETTER_CHARACTERS_MAX} characters in capitals \
         (Unicode normalisation form C), got {0:?}"
    )]
    Letter(String),
    /// A letter whose small form is its capital or another letter's, so that a blank that stands for it
    /// could not be told from a tile.
    #[error("the letter {0:?} has no small form of its own, by which blanks are told from tiles")]
    Caseless(String),
    /// A letter that stands there twice.
    #[error("the letter {0:?} stands there twice")]
    Twice(String),
    /// Too many folds.
    #[error("expected at most {FOLDS_MAX} folds, got {0}")]
    Folds(usize),
    /// A spelling that is none, or is never met, since text is folded in capitals, or takes a letter
    /// away; or that is folded into what is no letters.
    #[error(
        "expected a spelling in capitals without spaces, other than a letter, that is folded into \
         letters of the alphabet, got {from:?} folded into {to:?}"
    )]
    Fold {
        /// What is folded.
        from: String,
        /// Into what.
        to: String,
    },
}

/// Why a text is no sequence of letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAWord {
    /// Nothing.
    #[error("expected a word, got nothing")]
    Empty,
    /// More letters than a line of any board has squares.
    #[error("more than {WORD_LETTERS_MAX} letters")]
    TooLong,
    /// A character that is no letter of the alphabet.
    #[error("{character:?} at place {place} is no letter of this alphabet")]
    Unknown {
        /// The character, after normalisation.
        character: char,
        /// Where it stands, counted in characters from 1.
        place: usize,
    },
}

/// A sequence of 1 to [`WORD_LETTERS_MAX`] letters, which need not be a word of any lexicon. Copied
/// without allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word {
    /// Places of letters; zero past the end, so that order is that of the alphabet.
    letters: [u8; WORD_LETTERS_MAX],
    length: u8,
}

impl Word {
    /// From letters; nothing where there are none or too many.
    #[must_use]
    pub fn new(letters: &[Letter]) -> Option<Self> {
        if letters.is_empty() || letters.len() > WORD_LETTERS_MAX {
            return None;
        }
        let mut word = Self { letters: [0; WORD_LETTERS_MAX], length: letters.len() as u8 };
        for (to, from) in word.letters.iter_mut().zip(letters) {
            *to = from.place();
        }
        Some(word)
    }

    /// The places of its letters.
    #[must_use]
    pub fn places(&self) -> &[u8] {
        &self.letters[..usize::from(self.length)]
    }

    /// Its letters.
    pub fn letters(&self) -> impl DoubleEndedIterator<Item = Letter> + ExactSizeIterator + '_ {
        self.places().iter().map(|place| Letter::new(*place).expect("a word is made of letters"))
    }

    /// How many letters it has.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a word is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Word({:?})", self.places())
    }
}

impl Alphabet {
    /// From letters in their order and folds `(from, to)`.
    ///
    /// # Errors
    /// [`InvalidAlphabet`] names the first letter or fold that is wrong.
    pub fn new<'a>(
        letters: impl IntoIterator<Item = &'a str>,
        folds: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidAlphabet> {
        let letters: Box<[Box<str>]> = letters.into_iter().map(Into::into).collect();
        if letters.is_empty() || letters.len() > LETTERS_MAX {
            return Err(InvalidAlphabet::Count(letters.len()));
        }
        for (index, letter) in letters.iter().enumerate() {
            let is_letters = (1..=LETTER_CHARACTERS_MAX).contains(&letter.chars().count())
                && letter.chars().all(char::is_alphabetic);
            if !is_letters || capitals(letter) != **letter {
                return Err(InvalidAlphabet::Letter(letter.to_string()));
            }
            if letters[..index].contains(letter) {
                return Err(InvalidAlphabet::Twice(letter.to_string()));
            }
            let small = letter.to_lowercase();
            let is_taken = letters.iter().any(|other| **other == *small)
                || letters[..index].iter().any(|other| other.to_lowercase() == small);
            if is_taken {
                return Err(InvalidAlphabet::Caseless(letter.to_string()));
            }
        }
        let small_letters = letters.iter().map(|letter| letter.to_lowercase().into()).collect();
        let mut by_length: Vec<Letter> =
            (1..=letters.len() as u8).filter_map(Letter::new).collect();
        by_length
            .sort_by_key(|letter| std::cmp::Reverse(letters[letter.index() - 1].chars().count()));
        let folds: Box<[_]> =
            folds.into_iter().map(|(from, to)| (from.into(), to.into())).collect();
        if folds.len() > FOLDS_MAX {
            return Err(InvalidAlphabet::Folds(folds.len()));
        }
        let alphabet = Self { letters, small_letters, folds, by_length: by_length.into() };
        for (from, to) in &alphabet.folds {
            let is_spelling = (1..=TEXT_BYTES_MAX).contains(&from.len())
                && !from.contains(char::is_whitespace)
                && capitals(from) == **from
                && alphabet.letter(from).is_none();
            if !is_spelling || alphabet.split(to).is_err() {
                return Err(InvalidAlphabet::Fold { from: from.to_string(), to: to.to_string() });
            }
        }
        Ok(alphabet)
    }

    /// How many letters there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "an alphabet has a letter at least")]
    pub fn len(&self) -> usize {
        self.letters.len()
    }

    /// All letters, in order.
    pub fn letters(&self) -> impl Iterator<Item = Letter> {
        (1..=self.letters.len() as u8).filter_map(Letter::new)
    }

    /// All letters as a set.
    #[must_use]
    pub fn set(&self) -> LetterSet {
        LetterSet::first(self.letters.len())
    }

    /// What a letter's tile shows.
    ///
    /// # Panics
    /// For a letter of another, longer alphabet.
    #[must_use]
    pub fn text(&self, letter: Letter) -> &str {
        &self.letters[letter.index() - 1]
    }

    /// What is written for a blank that stands for a letter: its small form.
    ///
    /// # Panics
    /// For a letter of another, longer alphabet.
    #[must_use]
    pub fn small_text(&self, letter: Letter) -> &str {
        &self.small_letters[letter.index() - 1]
    }

    /// Letters of several characters, longer ones first.
    pub fn digraphs(&self) -> impl Iterator<Item = Letter> {
        let is_digraph = |letter: &Letter| self.text(*letter).chars().nth(1).is_some();
        self.by_length().take_while(is_digraph)
    }

    /// All letters, those of more characters first.
    pub fn by_length(&self) -> impl Iterator<Item = Letter> {
        self.by_length.iter().copied()
    }

    /// The letter whose tile shows exactly this text.
    #[must_use]
    pub fn letter(&self, text: &str) -> Option<Letter> {
        self.letters().find(|letter| self.text(*letter) == text)
    }

    /// The spellings that stand for others.
    pub fn folds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.folds.iter().map(|(from, to)| (&**from, &**to))
    }

    /// A word as text, its digraphs plain: `COCHE`.
    #[must_use]
    pub fn spell(&self, word: &Word) -> String {
        word.letters().map(|letter| self.text(letter)).collect()
    }

    /// Whether it is plain that each sequence of letters is what its own spelling means: no letter has
    /// several characters or joins with the one before it, and what is folded is not made of letters.
    pub(super) fn is_plain(&self) -> bool {
        let is_single = |letter: &str| {
            let mut characters = letter.chars();
            characters.next().is_some_and(stands_alone) && characters.next().is_none()
        };
        let is_letter = |c: char| self.letter(c.encode_utf8(&mut [0; 4])).is_some();
        self.letters.iter().all(|letter| is_single(letter))
            && !self.folds.iter().any(|(from, _)| from.chars().all(is_letter))
    }

    /// Text as letters: normalised (NFC, capitals), folded, and split with digraphs before single
    /// letters.
    ///
    /// # Errors
    /// [`NotAWord`] says which character is no letter, and where.
    pub fn parse(&self, text: &str) -> Result<Word, NotAWord> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(NotAWord::TooLong);
        }
        let mut normal = capitals(text);
        for (from, to) in &self.folds {
            // Most text is ASCII and most folds are not; this is far less work than to search it.
            if normal.is_ascii() && !from.is_ascii() {
                continue;
            }
            if normal.contains(&**from) {
                normal = normal.replace(&**from, to);
            }
            if normal.len() > TEXT_BYTES_MAX {
                return Err(NotAWord::TooLong);
            }
        }
        self.split(&normal)
    }

    /// What text in capitals begins with: its first letter, a digraph before a single one, and the
    /// rest.
    #[must_use]
    pub fn split_first<'t>(&self, text: &'t str) -> Option<(Letter, &'t str)> {
        self.by_length().find_map(|letter| Some((letter, text.strip_prefix(self.text(letter))?)))
    }

    fn split(&self, text: &str) -> Result<Word, NotAWord> {
        let mut rest = text;
        let mut letters = [0; WORD_LETTERS_MAX];
        let mut length = 0;
        while let Some(character) = rest.chars().next() {
            let Some((letter, after)) = self.split_first(rest) else {
                let place = text[..text.len() - rest.len()].chars().count() + 1;
                return Err(NotAWord::Unknown { character, place });
            };
            *letters.get_mut(length).ok_or(NotAWord::TooLong)? = letter.place();
            length += 1;
            rest = after;
        }
        if length == 0 {
            return Err(NotAWord::Empty);
        }
        Ok(Word { letters, length: length as u8 })
    }
}

/// Whether normalisation never joins a character with the one before it, nor puts it elsewhere.
fn stands_alone(character: char) -> bool {
    canonical_combining_class(character) == 0
        && is_nfc_quick(std::iter::once(character)) == IsNormalized::Yes
}

/// Text in capitals, in normalisation form C.
fn capitals(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.nfc().collect::<String>().to_uppercase().nfc().collect()
}
