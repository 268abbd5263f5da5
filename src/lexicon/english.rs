//! The English lexicon that comes with the product.
//!
//! Its words are Wordnik's list (MIT licence, the crate `wordnik_list`) without those that
//! `english_exclusions.txt` names, a group at a time, each with its reason. Which other lexicons there
//! are is the operator's choice.

use std::sync::{Arc, LazyLock};

use super::{Alphabet, ContentHash, Lexicon, WORD_LETTERS_MAX, WORD_LETTERS_MIN, WordList};

/// What no word game for everybody has by default: a word list, with reasons.
const EXCLUSIONS: &str = include_str!("english_exclusions.txt");

/// Each character of the first is read as the second: as in the rules `english`, so that a lexicon built
/// for these reads the same text.
const FOLDS: &[(&str, &str)] = &[
    ("ÀÁÂÃÄÅ", "A"),
    ("Ç", "C"),
    ("ÈÉÊË", "E"),
    ("ÌÍÎÏ", "I"),
    ("Ñ", "N"),
    ("ÒÓÔÕÖØ", "O"),
    ("ÙÚÛÜ", "U"),
    ("ÝŸ", "Y"),
    ("Æ", "AE"),
    ("Œ", "OE"),
];

/// What it is called.
const NAME: &str = "English (Wordnik)";

/// What it is: known without building it, and held to it by a test.
const HASH: &str = "0cbb6ddf58b21b16c581f053f0af49fa1f7e281a3783d758abb47aa2a0c6c8a9";

/// Built at first use, so that a process which never asks for it spends nothing on it.
static ENGLISH: LazyLock<Arc<Lexicon>> = LazyLock::new(|| Arc::new(build()));

impl Lexicon {
    /// The English lexicon that comes with the product. The first call in a process builds it.
    #[must_use]
    pub fn default_english() -> Arc<Self> {
        Arc::clone(&ENGLISH)
    }

    /// Its name, hash and alphabet, which cost nothing.
    ///
    /// # Panics
    /// Never: the hash is one.
    #[must_use]
    pub fn default_english_title() -> (&'static str, ContentHash, Alphabet) {
        (NAME, HASH.parse().expect("a hash has 64 digits"), alphabet())
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
    Lexicon::build(NAME, alphabet, words, |_| ()).expect("a list of English words makes a lexicon")
}

fn alphabet() -> Alphabet {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let folds = FOLDS.iter().flat_map(|(from, to)| each(from).map(|character| (character, *to)));
    Alphabet::new(each(LETTERS), folds).expect("the letters from A to Z are an alphabet")
}

/// The characters of a text.
fn each(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|_: char| true)
}

#[cfg(test)]
#[path = "english_tests.rs"]
mod tests;
