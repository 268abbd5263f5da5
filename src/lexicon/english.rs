//! The English lexicon that comes with the product.
//!
//! Its words are Wordnik's list (MIT licence, the crate `wordnik_list`) without those that
//! `english_exclusions.txt` names, a group at a time, each with its reason. Which other lexicons there
//! are is the operator's choice.

use std::sync::{Arc, LazyLock};

use super::{Alphabet, Lexicon, WORD_LETTERS_MAX, WORD_LETTERS_MIN, WordList};

/// What no word game for everybody has by default: a word list, with reasons.
const EXCLUSIONS: &str = include_str!("english_exclusions.txt");

/// Built at first use, so that a process which never asks for it spends nothing on it.
static ENGLISH: LazyLock<Arc<Lexicon>> = LazyLock::new(|| Arc::new(build()));

impl Lexicon {
    /// The English lexicon that comes with the product. The first call in a process builds it.
    #[must_use]
    pub fn default_english() -> Arc<Self> {
        Arc::clone(&ENGLISH)
    }
}

fn build() -> Lexicon {
    let alphabet = alphabet();
    let excluded = WordList::read(EXCLUSIONS.as_bytes(), &alphabet, |_| ()).words;
    let words = (WORD_LETTERS_MIN..=WORD_LETTERS_MAX)
        .flat_map(wordnik_list::word_iterator_by_len)
        .filter_map(|text| alphabet.parse(text).ok())
        .filter(|word| excluded.binary_search(word).is_err())
        .collect();
    Lexicon::build("English (Wordnik)", alphabet, words, |_| ())
        .expect("a list of English words makes a lexicon")
}

fn alphabet() -> Alphabet {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    Alphabet::new((0..LETTERS.len()).map(|at| &LETTERS[at..=at]), [])
        .expect("the letters from A to Z are an alphabet")
}

#[cfg(test)]
#[path = "english_tests.rs"]
mod tests;
