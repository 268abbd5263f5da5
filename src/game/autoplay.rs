//! Whole games of the best plays, to measure an engine or a lexicon by.
//!
//! The players see nothing but their rack, the board and, once the bag is empty, what the other holds.
//! Which tiles a game has follows from a seed and its number alone, so that the same games are played
//! on every machine and in any order.

use sha2::{Digest, Sha256};

use crate::lexicon::{Anagrams, Graph};

use super::generation::Choice;
use super::{
    Action, Board, ChallengeRule, Command, Evaluation, Event, GameState, Generator, Leaves,
    RuleSet, ScoredPlay, Seed, Setup,
};

const GAME_LABEL: &[u8] = b"scrabble-backend autoplay v1";

/// The players of a game by themselves.
const PLAYERS: u8 = 2;

/// What games came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Games played to their end.
    pub games: u64,
    /// Plays, exchanges and passes.
    pub turns: u64,
    /// The scores of both players, after the tiles that were left.
    pub points: i64,
    /// Plays of a full rack's number of tiles.
    pub bingos: u64,
    /// A sum over the games' ends, which tells whether two runs played the same games.
    pub digest: u64,
}

impl Tally {
    /// What these games and others came to together, in whatever order.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            games: self.games + other.games,
            turns: self.turns + other.turns,
            points: self.points + other.points,
            bingos: self.bingos + other.bingos,
            digest: self.digest.wrapping_add(other.digest),
        }
    }
}

/// Plays games against itself.
pub struct Autoplay<'a> {
    rules: &'a RuleSet,
    graph: &'a Graph,
    leaves: Option<&'a Leaves>,
    generator: Generator<'a>,
}

/// A finished game.
pub struct Played {
    /// What it started with.
    pub setup: Setup,
    /// What the players did.
    pub commands: Vec<Command>,
    /// All that followed.
    pub events: Vec<Event>,
    /// How it ended.
    pub state: GameState,
}

impl<'a> Autoplay<'a> {
    /// By a rule set, with the words of a graph, and with anagrams of the same words to be faster.
    #[must_use]
    pub fn new(
        rules: &'a RuleSet,
        graph: &'a Graph,
        anagrams: Option<&'a Anagrams>,
        leaves: Option<&'a Leaves>,
    ) -> Self {
        let generator = Generator::new(rules, graph, anagrams, &Board::EMPTY);
        Self { rules, graph, leaves, generator }
    }

    /// Plays one game, by its number among those of a seed.
    ///
    /// # Panics
    /// If a rule set has too few tiles for two racks: none that was loaded has.
    pub fn play(&mut self, seed: u64, game: u64) -> Played {
        let hash = Sha256::new()
            .chain_update(GAME_LABEL)
            .chain_update(seed.to_be_bytes())
            .chain_update(game.to_be_bytes())
            .finalize();
        let setup = Setup {
            players: PLAYERS,
            challenge: ChallengeRule::Void,
            seed: Seed::new(hash.into()),
        };
        let (mut state, mut events) = GameState::start(self.rules, &setup)
            .expect("a rule set has tiles for two racks at least");
        self.generator.set_board(state.board());
        let mut commands = Vec::new();
        while let Some(seat) = state.on_turn() {
            let action = self.choose(&state, seat);
            let command = Command::new(seat, action);
            let further = state.apply(self.rules, self.graph, &command);
            let further = further.expect("what the search gives is legal");
            if let Action::Play(placement) = action {
                self.generator.place(&placement);
            }
            events.extend(further);
            commands.push(command);
        }
        Played { setup, commands, events, state }
    }

    fn choose(&mut self, state: &GameState, seat: u8) -> Action {
        let rack = state.rack(seat);
        let bag = state.bag().len();
        let against = state.rack_value(self.rules, 1 - seat);
        let evaluation =
            Evaluation { leaves: self.leaves, racks_against: (bag == 0).then_some(against as u16) };
        let exchangeable = if bag >= usize::from(self.rules.exchange_minimum) { bag } else { 0 };
        let choice = self.generator.choose(&rack, &evaluation, exchangeable, |placement| {
            let is_new = |play| state.repeated(self.rules, &play).is_empty();
            self.rules.words_repeat
                || ScoredPlay::of(state.board(), self.rules, placement).is_ok_and(is_new)
        });
        match choice {
            Choice::Play(play) => Action::Play(play.placement),
            Choice::Exchange(tiles) => Action::Exchange(tiles),
            Choice::Pass => Action::Pass,
        }
    }
}

impl Played {
    /// What it came to.
    #[must_use]
    pub fn tally(&self, rules: &RuleSet) -> Tally {
        let mut tally = Tally { games: 1, ..Tally::default() };
        for event in &self.events {
            match event {
                Event::Played { play, .. } => {
                    tally.turns += 1;
                    tally.bingos += u64::from(play.tiles_count() == usize::from(rules.rack_size));
                }
                Event::Exchanged { .. } | Event::Passed { .. } => tally.turns += 1,
                _ => {}
            }
        }
        tally.points = (0..PLAYERS).map(|seat| i64::from(self.state.total(seat))).sum();
        let end = Sha256::digest(self.state.to_bytes());
        tally.digest = end.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        tally
    }
}
