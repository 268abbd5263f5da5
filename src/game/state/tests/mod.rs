//! Each rule of a game, a sentence each. Racks are dealt as a test needs them.

mod challenges;
mod endings;
mod turns;

use super::*;
use crate::game::test_rules::{english, graph, placement, rack, tile, word};
use crate::game::{Misplaced, Scoreless, Settlement, TileCounts};

const WORDS: &[&str] = &["AT", "CAT", "CATS", "AS", "SO", "TO", "ON", "NO", "DOG", "DOGS", "EAT"];

/// A game whose commands may be wrong.
struct Table {
    rules: RuleSet,
    words: Graph,
    state: GameState,
    setup: Setup,
    events: Vec<Event>,
}

impl Table {
    fn new(players: u8, challenge: ChallengeRule) -> Self {
        Self::with_rules(english(), players, challenge)
    }

    fn with_rules(rules: RuleSet, players: u8, challenge: ChallengeRule) -> Self {
        let setup = Setup { players, challenge, seed: Seed::new([1; 32]) };
        let (state, events) = GameState::start(&rules, &setup).unwrap();
        Self { rules, words: graph(WORDS), state, setup, events }
    }

    /// A set of so few tiles that the racks take all of them.
    fn with_tiles(players: u8, challenge: ChallengeRule, tiles: &str) -> Self {
        let mut rules = english();
        rules.counts = tiles.chars().map(tile).collect();
        rules.rack_size = (tiles.len() / usize::from(players)) as u8;
        Self::with_rules(rules, players, challenge)
    }

    fn deal(&mut self, seat: u8, tiles: &str) -> &mut Self {
        self.state.deal(seat, &rack(tiles)).unwrap();
        self
    }

    fn act(&mut self, seat: u8, action: Action) -> Result<Vec<Event>, Illegal> {
        let before = self.state.to_bytes();
        let result = self.state.apply(&self.rules, &self.words, &Command::new(seat, action));
        match &result {
            Ok(events) => self.events.extend(events.iter().cloned()),
            Err(_) => assert_eq!(self.state.to_bytes(), before),
        }
        result
    }

    fn play(&mut self, seat: u8, text: &str) -> Result<Vec<Event>, Illegal> {
        self.act(seat, Action::Play(placement(text)))
    }

    fn pass(&mut self, seat: u8) -> Vec<Event> {
        self.act(seat, Action::Pass).unwrap()
    }

    fn totals(&self) -> Vec<i32> {
        (0..self.state.players()).map(|seat| self.state.total(seat)).collect()
    }

    fn end(&self) -> Option<EndReason> {
        self.state.end_reason()
    }
}
