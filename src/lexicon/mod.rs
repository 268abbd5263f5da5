//! Words: alphabets, and the lexicons that say which sequences of letters are words.
//!
//! Pure: no clock, no task, no database, no HTTP.

mod alphabet;
mod anagrams;
mod english;
mod file;
mod graph;
mod letter;
mod walk;
mod word_list;
mod word_set;

pub use alphabet::{Alphabet, InvalidAlphabet, NotAWord, Word};
pub use anagrams::{Anagrams, LetterSum};
pub use file::{InvalidLexiconFile, LoadError};
pub use graph::{Edges, Graph, GraphBuilder, InvalidGraph, Node, TooManyWords};
pub use letter::{Letter, LetterSet};
pub use walk::Words;
pub use word_list::{Refusal, Refused, RefusedLine, WordList};
pub use word_set::{ContentHash, InvalidLexicon, Lexicon, WORD_LETTERS_MIN, WORDS_MAX};

/// The most letters of a word: the longest line of a board, the 21 squares of Super Scrabble.
pub const WORD_LETTERS_MAX: usize = 21;

/// The most letters of an alphabet: a letter is stored in six bits, of which zero means none, and a
/// [`LetterSet`] keeps its last bit free.
pub const LETTERS_MAX: usize = 62;
