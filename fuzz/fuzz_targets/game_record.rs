//! Any text is a record or is refused, and any record is verified or has a fault.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use scrabble_backend::game::{Record, RuleSet};
use scrabble_backend::lexicon::Lexicon;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let rules = RuleSet::named("english").expect("it is built in");
    let word = rules.alphabet.parse("AT").expect("it is a word");
    Lexicon::build("at", rules.alphabet.clone(), vec![word], |_| ()).expect("one word fits")
});

fuzz_target!(|text: &str| {
    let Ok(record) = Record::from_json(text) else { return };
    assert_eq!(Record::from_json(&record.to_json()).expect("it is a record"), record);
    let rules = RuleSet::named("english").expect("it is built in");
    let _ = record.verify(rules, &LEXICON, None);
});
