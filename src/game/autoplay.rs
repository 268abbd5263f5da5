//! Whole games of the best plays, to measure an engine or a lexicon by.
//!
//! The players see nothing but their rack, the board and, once the bag is empty, what the other holds.
//! Which tiles a game has follows from a seed and its number alone, so that the same games are played
//! on every machine and in any order.

use sha2::{Digest, Sha256};

use crate::lexicon::{Anagrams, Graph};

use super::generation::Choice;
use super::{
    Action, Board, ChallengeRule, Command, Evaluation, Event, GameState, Generator, InvalidSetup,
    Leaves, RuleSet, ScoredPlay, Seed, Setup,
};

/// After so many turns of each player on end without a play, they pass.
const TURNS_WITHOUT_PLAY_EACH: u8 = 3;

const GAME_LABEL: &[u8] = b"scrabble-backend autoplay v1";

/// What games came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Games played to their end.
    pub games: u64,
    /// Players of all games.
    pub players: u64,
    /// Plays, exchanges and passes.
    pub turns: u64,
    /// The scores of all players, after the tiles that were left.
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
            players: self.players + other.players,
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

    /// Plays one game, by its number among those of a seed, between as many players as the rules need.
    ///
    /// # Errors
    /// [`InvalidSetup`], if there are too few tiles for their racks.
    pub fn play(&mut self, seed: u64, game: u64) -> Result<Played, InvalidSetup> {
        let hash = Sha256::new()
            .chain_update(GAME_LABEL)
            .chain_update(seed.to_be_bytes())
            .chain_update(game.to_be_bytes())
            .finalize();
        let setup = Setup {
            players: self.rules.players.0,
            challenge: ChallengeRule::Void,
            seed: Seed::new(hash.into()),
        };
        let (mut state, mut events) = GameState::start(self.rules, &setup)?;
        self.generator.set_board(state.board());
        let mut commands = Vec::new();
        // Where an exchange does not count as a turn without points, a game in which nobody has a play
        // would never end.
        let mut turns_without_play = 0;
        while let Some(seat) = state.on_turn() {
            let is_blocked = turns_without_play >= TURNS_WITHOUT_PLAY_EACH * setup.players;
            let action = if is_blocked { Action::Pass } else { self.choose(&state, seat) };
            let command = Command::new(seat, action);
            let further = state.apply(self.rules, self.graph, &command);
            let further = further.expect("what the search gives is legal");
            turns_without_play += 1;
            if let Action::Play(placement) = action {
                self.generator.place(&placement);
                turns_without_play = 0;
            }
            events.extend(further);
            commands.push(command);
        }
        Ok(Played { setup, commands, events, state })
    }

    fn choose(&mut self, state: &GameState, seat: u8) -> Action {
        let rack = state.rack(seat);
        let bag = state.bag().len();
        let others = (0..state.players()).filter(|other| *other != seat && state.is_in(*other));
        let against: i32 = others.map(|other| state.rack_value(self.rules, other)).sum();
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
        let players = self.setup.players;
        let mut tally = Tally { games: 1, players: players.into(), ..Tally::default() };
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
        tally.points = (0..players).map(|seat| i64::from(self.state.total(seat))).sum();
        let end = Sha256::digest(self.state.to_bytes());
        tally.digest = end.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        tally
    }
}

#[cfg(test)]
mod tests {
    use crate::game::TileCounts;
    use crate::lexicon::{GraphBuilder, Letter, Word};

    use super::*;

    #[test]
    fn games_in_which_nobody_has_a_play_end_under_all_rules() {
        let letters = [1, 2].map(|place| Letter::new(place).unwrap());
        let graph = GraphBuilder::build(&[Word::new(&letters).unwrap()], |_| ()).unwrap();
        for rules in RuleSet::all() {
            let mut autoplay = Autoplay::new(rules, &graph, None, None);
            let played = (0..3).map(|game| autoplay.play(7, game).unwrap());
            let tally =
                played.map(|played| played.tally(rules)).fold(Tally::default(), Tally::plus);
            assert_eq!((tally.games, tally.players), (3, 6), "{}", rules.name);
        }
    }

    #[test]
    fn rules_for_more_players_are_played_by_so_many() {
        let rules = RuleSet::named("english").unwrap().clone();
        let rules = RuleSet { players: (3, 4), ..rules };
        let word = rules.alphabet.parse("AE").unwrap();
        let graph = GraphBuilder::build(&[word], |_| ()).unwrap();
        let played = Autoplay::new(&rules, &graph, None, None).play(0, 0).unwrap();
        assert_eq!(played.tally(&rules).players, 3);
        let scarce = RuleSet { rack_size: 8, counts: TileCounts::EMPTY, ..rules };
        assert!(Autoplay::new(&scarce, &graph, None, None).play(0, 0).is_err());
    }
}
