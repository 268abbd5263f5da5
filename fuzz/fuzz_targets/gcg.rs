//! A record that is read is written so that it is read as the same, and its replay ends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::game::RuleSet;
use scrabble_backend::game::gcg::{Game, Mode, Replay, Source};

fuzz_target!(|bytes: &[u8]| {
    let rules = RuleSet::named("spanish").expect("it is built in");
    let Ok(source) = Source::decode(bytes, Mode::Lenient) else { return };
    let _ = source.rules();
    let Ok(reading) = Game::read(&source, rules, Mode::Lenient) else { return };
    assert_eq!(reading.lines.len(), reading.game.moves.len());
    let written = reading.game.display(&rules.alphabet).to_string();
    let source = Source::decode(written.as_bytes(), Mode::Strict).expect("what is written is UTF-8");
    match Game::read(&source, rules, Mode::Strict) {
        Ok(again) => assert_eq!(again.game, reading.game, "{written}"),
        Err(mistake) => panic!("{mistake}\n{written}"),
    }
    let replay = Replay::new(&reading.game, rules, None, Mode::Lenient);
    assert!(replay.count() <= reading.game.moves.len());
});
