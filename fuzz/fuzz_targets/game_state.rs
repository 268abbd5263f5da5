//! Bytes that are taken for a game are just its own, and it can be played to its end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use scrabble_backend::game::{Action, Command, GameState, RuleSet};
use scrabble_backend::lexicon::GraphBuilder;

fuzz_target!(|bytes: &[u8]| {
    let rules = RuleSet::named("english").expect("it is built in");
    let Ok(mut state) = GameState::from_bytes(rules, bytes) else { return };
    assert_eq!(state.to_bytes(), bytes);
    let words = GraphBuilder::build(&[], |_| ()).expect("no words fit");
    while let Some(seat) = state.on_turn() {
        let challenge = Command::new(seat, Action::Challenge);
        if state.apply(rules, &words, &challenge).is_err() {
            let pass = Command::new(seat, Action::Pass);
            state.apply(rules, &words, &pass).expect("whoever is on turn may pass");
        }
        assert!(GameState::from_bytes(rules, &state.to_bytes()).is_ok());
    }
});
