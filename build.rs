//! Makes the English lexicon that is embedded in the program, as a file, so that no process has to.
//!
//! Its words are Wordnik's list (MIT licence, the crate `wordnik_list`) without those that
//! `english_exclusions.txt` names, a group at a time, each with its reason.

use std::path::Path;

use lexicon::{Alphabet, Lexicon, WORD_LETTERS_MAX, WORD_LETTERS_MIN, WordList};

#[path = "src/lexicon/mod.rs"]
#[allow(
    dead_code,
    unfulfilled_lint_expectations,
    unreachable_pub,
    unused_imports,
    reason = "a module of the library, of which this needs a little"
)]
mod lexicon;

/// What it is called.
const NAME: &str = "English (Wordnik)";

/// What no word game for everybody has by default: a word list, with reasons.
const EXCLUSIONS: &str = include_str!("src/library/english_exclusions.txt");

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

fn main() {
    // Migrations are embedded too, and one that is added is no file that the compiler knows to look at.
    // What the lexicon is made of, it knows: cargo builds this program anew when that changes.
    println!("cargo:rerun-if-changed=migrations");
    let directory = std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&directory).join("english.lex"), english().to_bytes())
        .expect("OUT_DIR can be written to");
}

fn english() -> Lexicon {
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
