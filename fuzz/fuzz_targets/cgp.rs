//! A position that is read is written so that it is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::game::RuleSet;
use scrabble_backend::game::cgp::{self, Position};

fuzz_target!(|text: &str| {
    let rules = RuleSet::named("spanish").expect("it is built in");
    let opcodes = cgp::opcodes(text);
    if let Ok(position) = Position::parse(text, rules) {
        assert_eq!(opcodes.as_ref(), Ok(&position.opcodes));
        let _ = position.unseen(&rules.counts);
        let written = position.display(&rules.alphabet).to_string();
        // A longer text may be written than was read, since digraphs get brackets.
        if written.len() <= cgp::BYTES_MAX {
            assert_eq!(Position::parse(&written, rules).as_ref(), Ok(&position), "{written}");
        }
    }
});
