//! Words: alphabets, and the lexicons that say which sequences of letters are words.
//!
//! A game needs two things of a language. Its *letters*, each of which one tile shows: that is an
//! [`Alphabet`], and reading text by it gives a [`Word`], a sequence of letters that need not mean
//! anything. And its *words*: that is a [`Lexicon`], which says of any such sequence whether it may be
//! played.
//!
//! ```text
//!   a word list, UTF-8                    a file, .lex
//!   TEA                                   ▲    │
//!   AT          WordList         to_bytes │    │ from_bytes
//!   …      ───────────────▶ words         │    ▼
//!             by an Alphabet   │         ┌─────────┐   contains(&Word), words()
//!                              └────────▶│ Lexicon │──────────────────────────────▶
//!                         Lexicon::build │         │   graph(), for the search of plays
//!                                        └─────────┘
//! ```
//!
//! To be read in this order:
//! - `letter`: a letter is a small number, and a set of letters one machine word.
//! - `alphabet`: which letters there are; digraphs, folds, and how text becomes a word.
//! - `graph`: all words of a language in some hundred thousand nodes, forwards and outwards from every
//!   letter; how it is built, and how one that a stranger stored is checked.
//! - `word_set`: the lexicon itself, and the hash by which a game is pinned to it.
//! - `walk`: all words one after the other, without recursion.
//! - `word_list`: lists as people publish them, and what is said of lines that are no words.
//! - `file`: a lexicon as a file, and the many ways in which a file can be none.
//! - `anagrams`: words by their letters in any order, derived from the graph.
//!
//! A lexicon never changes. Another list of words is another lexicon, with another
//! [`content hash`](Lexicon::content_hash), so that a game that began with one ends with it.
//!
//! Pure but for [`Lexicon::load`], which reads a file: no clock, no task, no database, no HTTP.

mod alphabet;
mod anagrams;
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
pub use word_set::{
    ContentHash, InvalidContentHash, InvalidLexicon, Lexicon, WORD_LETTERS_MIN, WORDS_MAX,
};

/// The most letters of a word: the longest line of a board, the 21 squares of Super Scrabble.
pub const WORD_LETTERS_MAX: usize = 21;

/// The most letters of an alphabet: a letter is stored in six bits, of which zero means none, and a
/// [`LetterSet`] keeps its last bit free.
pub const LETTERS_MAX: usize = 62;
