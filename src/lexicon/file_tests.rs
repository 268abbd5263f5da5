//! A file gives back its lexicon; what is no such file, or no longer, is refused with its reason.

use proptest::prelude::*;

use crate::lexicon::{Letter, Word};

use super::*;

fn spanish() -> Alphabet {
    Alphabet::new(["A", "C", "CH", "E", "H", "L", "LL", "O"], [("Á", "A"), ("É", "E")]).unwrap()
}

fn lexicon(words: &[&str]) -> Lexicon {
    let alphabet = spanish();
    let words = words.iter().map(|word| alphabet.parse(word).unwrap()).collect();
    Lexicon::build("Español", alphabet, words, |_| ()).unwrap()
}

/// With a checksum that is right, as a forger would write it.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let content = bytes.len() - CHECKSUM_BYTES;
    let checksum = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&checksum);
    bytes
}

fn with(bytes: &[u8], at: usize, number: u32) -> Vec<u8> {
    let mut altered = bytes.to_vec();
    altered[at..at + 4].copy_from_slice(&number.to_le_bytes());
    altered
}

fn refusal(bytes: &[u8]) -> InvalidLexiconFile {
    Lexicon::from_bytes(bytes).unwrap_err()
}

proptest! {
    #[test]
    fn a_lexicon_is_read_back_as_it_was(
        words in prop::collection::vec("(A|C|E|L|O|CH|LL){2,21}", 1..40),
    ) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let alphabet = spanish();
        // Letters side by side may make a digraph, and a word of one letter.
        let words: Vec<Word> = words
            .iter()
            .filter_map(|word| alphabet.parse(word).ok())
            .filter(|word| word.len() >= 2)
            .collect();
        prop_assume!(!words.is_empty());
        let built = Lexicon::build("test", alphabet, words, |_| ()).unwrap();
        let bytes = built.to_bytes();
        let loaded = Lexicon::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&loaded, &built);
        prop_assert_eq!(loaded.to_bytes(), bytes);
    }

    #[test]
    fn no_forged_file_ends_in_a_panic_or_an_endless_walk(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = lexicon(&["CALLE", "COCHE", "COLA", "OCA"]).to_bytes();
        for (index, byte) in changes {
            let at = index.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(lexicon) = Lexicon::from_bytes(&sealed(bytes)) {
            prop_assert_eq!(lexicon.words().count(), lexicon.word_count());
        }
    }
}

#[test]
fn a_file_that_ends_early_is_truncated_wherever_it_ends() {
    let bytes = lexicon(&["CALLE", "COCHE"]).to_bytes();
    for end in 1..bytes.len() {
        let InvalidLexiconFile::Truncated { expected, actual } = refusal(&bytes[..end]) else {
            panic!("cut after {end} bytes: {}", refusal(&bytes[..end]))
        };
        assert_eq!(actual, end as u64);
        let whole = if end < HEADER_BYTES { HEADER_BYTES } else { bytes.len() };
        assert_eq!(expected, whole as u64);
    }
}

#[test]
fn a_file_with_any_byte_altered_is_refused() {
    let bytes = lexicon(&["CALLE", "COCHE"]).to_bytes();
    for at in 0..bytes.len() {
        for change in 1..=255 {
            let mut altered = bytes.clone();
            altered[at] ^= change;
            let refused = refusal(&altered);
            let expected = match at {
                0..8 => matches!(refused, InvalidLexiconFile::Foreign),
                8..12 => matches!(refused, InvalidLexiconFile::Version(_)),
                12..24 => matches!(
                    refused,
                    InvalidLexiconFile::Truncated { .. } | InvalidLexiconFile::TooLong { .. }
                ),
                _ => refused == InvalidLexiconFile::Checksum,
            };
            assert!(expected, "byte {at}: {refused}");
        }
    }
}

#[test]
fn no_single_bit_that_a_forger_turns_gives_other_words() {
    let original = lexicon(&["CALLE", "COCHE", "OCA"]);
    let bytes = original.to_bytes();
    for bit in 0..8 * (bytes.len() - CHECKSUM_BYTES) {
        let mut forged = bytes.clone();
        forged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(loaded) = Lexicon::from_bytes(&sealed(forged)) {
            assert!(loaded.words().eq(original.words()), "bit {bit}");
        }
    }
}

#[test]
fn other_files_are_told_from_damaged_ones() {
    let bytes = lexicon(&["CALLE", "COCHE"]).to_bytes();
    for foreign in [&b""[..], b"AA\nAAH\nAAHED\n", b"\x7fELF", b"\x89PNG\r\n\x1a\n", &[0; 100]] {
        assert_eq!(refusal(foreign), InvalidLexiconFile::Foreign);
    }
    assert_eq!(
        refusal(&with(&bytes, 8, 2)).to_string(),
        "the file is of format version 2; this program reads version 1"
    );
    let longer = [&bytes[..], b"\n"].concat();
    assert!(matches!(refusal(&longer), InvalidLexiconFile::TooLong { .. }));
    let converted: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    assert_eq!(refusal(&converted), InvalidLexiconFile::Foreign);
}

#[test]
fn a_forged_file_is_refused_for_what_is_wrong_with_it() {
    let bytes = lexicon(&["CALLE", "COCHE"]).to_bytes();
    let forged = |at, number| refusal(&sealed(with(&bytes, at, number)));
    assert!(matches!(forged(24, u32::MAX), InvalidLexiconFile::Graph(InvalidGraph::Root(_))));
    // The roots exchanged: the DAWG would have turns.
    let gaddag = u32::from_le_bytes(bytes[28..32].try_into().unwrap());
    assert!(matches!(forged(24, gaddag), InvalidLexiconFile::Graph(InvalidGraph::Turn(_))));
    assert!(matches!(forged(28, 0), InvalidLexiconFile::Words(InvalidLexicon::Lopsided { .. })));
    assert!(matches!(forged(24, 0), InvalidLexiconFile::Words(InvalidLexicon::NoWords)));
    assert_eq!(forged(32, 3), InvalidLexiconFile::Content);
    assert_eq!(forged(36, 0), InvalidLexiconFile::Content);
    assert_eq!(forged(68, u32::MAX), InvalidLexiconFile::Text("name"));
    let alphabet = HEADER_BYTES + "Español".len();
    assert_eq!(forged(alphabet, u32::MAX), InvalidLexiconFile::Text("alphabet"));
    let twice = u32::from_le_bytes(*b"A A ");
    assert!(matches!(
        forged(alphabet, twice),
        InvalidLexiconFile::Alphabet(InvalidAlphabet::Twice(_))
    ));
}

/// Twenty-one lists of eight letters each, every one of which accepts: 8 + 8² + … + 8²¹ words in 169
/// nodes.
#[test]
fn a_small_file_with_more_words_than_can_be_walked_is_refused_without_a_walk() {
    let mut nodes = vec![0];
    let mut below = 0;
    for _ in 0..21 {
        let place = nodes.len() as u32;
        for letter in 1..=8 {
            let last = u32::from(letter == 8);
            nodes.push(letter << 26 | 1 << 25 | last << 24 | below);
        }
        below = place;
    }
    let graph = Graph::from_nodes(nodes.into(), below, below, 8).unwrap();
    let refused = Lexicon::of_graph("test", spanish(), graph).unwrap_err();
    assert!(matches!(refused, InvalidLexicon::WordCount(words) if words > 1 << 63), "{refused}");
}

#[test]
fn letters_and_folds_are_read_back_from_the_file() {
    let loaded = Lexicon::from_bytes(&lexicon(&["COCHE", "CALLE"]).to_bytes()).unwrap();
    let word = loaded.alphabet().parse("cállé").unwrap();
    assert_eq!(word.letters().map(Letter::place).collect::<Vec<_>>(), [2, 1, 7, 4]);
    assert!(loaded.contains(&word));
    assert_eq!(loaded.name(), "Español");
}

/// The seeds of the fuzzer, which an earlier build wrote.
#[test]
fn files_of_this_version_stay_readable() {
    let english = include_bytes!("../../fuzz/seeds/lexicon_file/english");
    let lexicon = Lexicon::from_bytes(english).unwrap();
    let words: Vec<String> = lexicon.words().map(|word| lexicon.alphabet().spell(&word)).collect();
    assert_eq!(words, ["AT", "ATE", "CAT", "CATS", "DOG", "DOGS", "TEA"]);
    assert_eq!(
        lexicon.content_hash().to_string(),
        "ce0f24603a7ac7056fff431707db408b3c5d95bfabe052433b2c9762891baf70"
    );
    let digraphs = include_bytes!("../../fuzz/seeds/lexicon_file/digraphs");
    assert_eq!(Lexicon::from_bytes(digraphs).unwrap().word_count(), 4);
}
