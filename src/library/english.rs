//! The English lexicon that comes with the product.
//!
//! `build.rs` makes it, and says of which words. Which other lexicons there are is the operator's choice.

use std::sync::{Arc, LazyLock};

use crate::lexicon::Lexicon;

/// Its file.
const FILE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/english.lex"));

static ENGLISH: LazyLock<Arc<Lexicon>> =
    LazyLock::new(|| Arc::new(Lexicon::from_bytes(FILE).expect("the build made it")));

/// The English lexicon that comes with the product: the same one, however often it is asked for.
#[must_use]
pub fn default_english() -> Arc<Lexicon> {
    Arc::clone(&ENGLISH)
}

#[cfg(test)]
#[path = "english_tests.rs"]
mod tests;
