//! Bytes are a lexicon or are refused; a lexicon gives back all its words, in order, knows each of
//! them, and is written as the bytes that it came from.
//!
//! The bytes are tried as they are, and once more under a checksum that is right: otherwise nothing
//! that was altered would ever come past it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::lexicon::{Lexicon, WORDS_MAX};
use sha2::{Digest, Sha256};

const CHECKSUM_BYTES: usize = 32;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some(content) = bytes.len().checked_sub(CHECKSUM_BYTES) {
        let mut sealed = bytes[..content].to_vec();
        sealed.extend_from_slice(&Sha256::digest(&bytes[..content]));
        check(&sealed);
    }
});

fn check(bytes: &[u8]) {
    let Ok(lexicon) = Lexicon::from_bytes(bytes) else { return };
    assert!(lexicon.words().take(WORDS_MAX + 1).is_sorted_by(|a, b| a < b));
    assert_eq!(lexicon.words().take(WORDS_MAX + 1).count(), lexicon.word_count());
    for word in lexicon.words().take(1000) {
        assert!(lexicon.contains(&word));
        assert_eq!(lexicon.alphabet().parse(&lexicon.alphabet().spell(&word)), Ok(word));
    }
    assert_eq!(lexicon.to_bytes(), bytes);
}
