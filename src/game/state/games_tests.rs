//! Random games of random rules, with legal and illegal commands, and what holds after each.
//!
//! `cargo test` plays a few hundred; `GAMES=100000 cargo test --release --lib random_games` plays as
//! many as it says. A failure names its game, which `GAME=7 cargo test --lib random_games` repeats.

use super::*;
use crate::game::test_rules::{english, graph};
use crate::game::{
    BOARD_SIDE_MAX, PlacedTile, Placement, Scoreless, Settlement, Square, Tile, WordPremiums,
};
use crate::lexicon::Letter;

#[path = "altered_tests.rs"]
mod altered;
#[path = "../../../tests/chance/dice.rs"]
mod dice;
#[path = "../../../tests/chance/small_rules.rs"]
mod small_rules;

use dice::Dice;
use small_rules::{SMALL_LETTERS, small_rules};

/// The suite's number of games.
const GAMES: u64 = 300;
/// A game that goes on for so many commands is resigned.
const COMMANDS_MAX: usize = 400;
const LETTERS: u64 = SMALL_LETTERS as u64;

/// Half of all sequences of two and of three of the first six letters.
pub(in crate::game) fn words() -> Graph {
    let mut dice = Dice::new(4);
    let mut words: Vec<String> = Vec::new();
    for number in 0..LETTERS.pow(3) {
        let letters: Vec<u8> = [number / 36, number / 6 % 6, number % 6]
            .iter()
            .map(|place| b'A' + *place as u8)
            .collect();
        let text = String::from_utf8(letters).unwrap();
        words.extend(
            [&text[..2], &text].iter().filter(|_| dice.happens(500)).map(ToString::to_string),
        );
    }
    graph(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A small set, and everything else by chance.
fn rules(dice: &mut Dice) -> RuleSet {
    let mut rules = small_rules(dice);
    rules.challenge = ChallengeRule::Void;
    rules.settlement = dice.one_of(&[Settlement::Doubled, Settlement::Moved]);
    rules.word_premiums = dice.one_of(&[WordPremiums::Multiplied, WordPremiums::Added]);
    rules
}

/// A placement by chance, near the middle, of tiles that the rack has.
fn placement(dice: &mut Dice, state: &GameState, seat: u8) -> Option<Placement> {
    let direction = dice.one_of(&[Direction::Across, Direction::Down]);
    let start = Square { row: 3 + dice.roll(9) as u8, column: 3 + dice.roll(9) as u8 };
    let mut rest = state.rack(seat);
    let mut tiles = Vec::new();
    let length = 1 + dice.roll(3) as usize;
    for square in (0..length).filter_map(|steps| start.step(direction, steps)) {
        if state.board().tile(square).is_some() {
            tiles.push(None);
        } else if !rest.is_empty() {
            let tile = dice.one_of(rest.tiles());
            let _ = rest.remove(tile);
            let blank = PlacedTile::blank(Letter::new(1 + dice.roll(LETTERS) as u8)?);
            tiles.push(Some(tile.letter().map_or(blank, PlacedTile::natural)));
        }
    }
    Placement::new(start, direction, tiles)
}

/// A play that is legal, if chance finds one.
fn legal_play(dice: &mut Dice, game: &Game<'_>, seat: u8) -> Option<Placement> {
    (0..200).find_map(|_| {
        let placement = placement(dice, &game.state, seat)?;
        let play = ScoredPlay::of(game.state.board(), &game.rules, &placement).ok()?;
        let has_words =
            |formed: &crate::game::FormedWord| game.words.contains(formed.word.places());
        play.words().iter().all(has_words).then_some(placement)
    })
}

/// Anything at all, most of it illegal.
fn nonsense(dice: &mut Dice) -> Action {
    let tiles: Vec<Option<PlacedTile>> =
        (0..1 + dice.roll(21)).map(|_| PlacedTile::from_byte(dice.roll(256) as u8)).collect();
    let place = dice.bytes::<2>().map(|byte| byte % (BOARD_SIDE_MAX as u8 + 4));
    let start = Square { row: place[0], column: place[1] };
    let direction = dice.one_of(&[Direction::Across, Direction::Down]);
    let rack = Rack::new((0..dice.roll(9)).filter_map(|_| Tile::from_index(dice.roll(63) as u8)));
    match (dice.roll(3), Placement::new(start, direction, tiles), rack) {
        (0, Some(placement), _) => Action::Play(placement),
        (1, _, Some(rack)) => Action::Exchange(rack),
        _ => Action::Challenge,
    }
}

pub(in crate::game) struct Game<'w> {
    pub(in crate::game) rules: RuleSet,
    words: &'w Graph,
    pub(in crate::game) setup: Setup,
    pub(in crate::game) state: GameState,
    /// The same game, of the events only.
    folded: GameState,
    /// Those that were legal.
    pub(in crate::game) commands: Vec<Command>,
    pub(in crate::game) events: Vec<Event>,
    /// What the events say that each player has won and lost.
    points: [i32; PLAYERS_MAX],
}

impl<'w> Game<'w> {
    fn new(dice: &mut Dice, words: &'w Graph) -> Self {
        let rules = rules(dice);
        let challenge = dice.one_of(&[
            ChallengeRule::Void,
            ChallengeRule::Single,
            ChallengeRule::Double,
            ChallengeRule::PointsPerPlay(5),
            ChallengeRule::PointsPerWord(10),
            ChallengeRule::Triple,
        ]);
        let most = (rules.counts.total() / usize::from(rules.rack_size)).min(PLAYERS_MAX);
        let players = 2 + dice.roll(most as u64 - 1) as u8;
        let setup = Setup { players, challenge, seed: Seed::new(dice.bytes()) };
        let (state, events) = GameState::start(&rules, &setup).unwrap();
        let folded = GameState::from_events(&rules, &setup, &events).unwrap();
        let (commands, points) = (Vec::new(), [0; PLAYERS_MAX]);
        Self { rules, words, setup, state, folded, commands, events, points }
    }

    fn command(&self, dice: &mut Dice) -> Command {
        let seat = self.state.on_turn().unwrap();
        let any_seat = dice.roll(5) as u8;
        let rack = self.state.rack(seat);
        let (seat, action) = match dice.roll(100) {
            0..60 => (seat, legal_play(dice, self, seat).map_or(Action::Pass, Action::Play)),
            60..70 => (seat, placement(dice, &self.state, seat).map_or(Action::Pass, Action::Play)),
            70..78 => {
                let tiles = rack.tiles().iter().copied().filter(|_| dice.happens(500));
                (seat, Action::Exchange(Rack::new(tiles).unwrap()))
            }
            78..86 => (seat, Action::Challenge),
            86..90 => (seat, Action::Pass),
            90..98 => (any_seat, nonsense(dice)),
            98 => (any_seat, dice.one_of(&[Action::Resign, Action::Pass])),
            _ => (any_seat, dice.one_of(&[Action::TimeOut, Action::Pass])),
        };
        Command { seat, action, overtime_minutes: std::array::from_fn(|_| dice.roll(3) as u8) }
    }

    fn step(&mut self, command: &Command) {
        let before = self.state.clone();
        match self.state.apply(&self.rules, self.words, command) {
            Err(illegal) => {
                assert_eq!(self.state, before);
                assert!(!illegal.describe(&self.rules.alphabet).is_empty());
            }
            Ok(events) => {
                assert!(!events.is_empty());
                for event in &events {
                    self.folded.fold(&self.rules, event).unwrap();
                    self.count(event);
                }
                self.commands.push(*command);
                self.events.extend(events);
            }
        }
        self.check();
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::Played { seat, play, .. } => self.points[usize::from(*seat)] += play.score(),
            Event::PlayTakenBack { seat, score, .. } => self.points[usize::from(*seat)] -= score,
            Event::ChallengeFailed { seat, points, .. } | Event::Adjusted { seat, points, .. } => {
                self.points[usize::from(*seat)] += points;
            }
            _ => {}
        }
    }

    fn check(&self) {
        let bytes = self.state.to_bytes();
        assert_eq!(self.folded.to_bytes(), bytes);
        assert_eq!(self.folded, self.state);
        assert_eq!(GameState::from_bytes(&self.rules, &bytes).as_ref(), Ok(&self.state));
        assert_eq!(self.state.tiles(), self.rules.counts);
        assert_eq!(self.state.totals, self.points);
        assert!(self.state.on_turn().is_none_or(|seat| self.state.is_in(seat)));
    }
}

/// A game of commands by chance, to its end.
pub(in crate::game) fn recorded(number: u64, words: &Graph) -> Game<'_> {
    let mut dice = Dice::new(number);
    let mut game = Game::new(&mut dice, words);
    for _ in 0..COMMANDS_MAX {
        if game.state.end_reason().is_some() {
            break;
        }
        let command = game.command(&mut dice);
        game.step(&command);
    }
    while let Some(seat) = game.state.on_turn() {
        game.step(&Command::new(seat, Action::Resign));
    }
    game
}

fn play_through(number: u64, words: &Graph) -> Option<EndReason> {
    let game = recorded(number, words);
    let again = GameState::from_events(&game.rules, &game.setup, &game.events);
    assert_eq!(again.as_ref(), Ok(&game.state));
    let Some(Event::Ended { ranks, seed, .. }) = game.events.last() else { panic!("no end") };
    assert!(ranks.contains(&1));
    assert_eq!(*seed, game.setup.seed);
    game.state.end_reason()
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn random_games_keep_every_tile_point_and_byte() {
    let words = words();
    let games = match number("GAME") {
        Some(game) => game..game + 1,
        None => 0..number("GAMES").unwrap_or(GAMES),
    };
    let mut ends = std::collections::BTreeMap::new();
    for game in games.clone() {
        let played = std::panic::catch_unwind(|| play_through(game, &words));
        let reason = played.unwrap_or_else(|_| panic!("game {game} failed"));
        *ends.entry(reason.map(EndReason::as_str)).or_insert(0) += 1;
    }
    println!("{ends:?}");
    assert!(games.end - games.start < GAMES || ends.len() == EndReason::ALL.len(), "{ends:?}");
}

/// A game in the middle, with its rules.
fn some_game<'w>(dice: &mut Dice, words: &'w Graph) -> Game<'w> {
    let mut game = Game::new(dice, words);
    for _ in 0..dice.roll(40) {
        if game.state.end_reason().is_none() {
            let command = game.command(dice);
            game.step(&command);
        }
    }
    game
}

#[test]
fn altered_bytes_are_refused_or_are_a_game_that_can_be_played_on() {
    let words = words();
    let mut accepted = 0;
    for number in 0..GAMES {
        let mut dice = Dice::new(number);
        let game = some_game(&mut dice, &words);
        for _ in 0..40 {
            let mut bytes = game.state.to_bytes();
            for _ in 0..1 + dice.roll(3) {
                let at = dice.roll(bytes.len() as u64) as usize;
                match dice.roll(4) {
                    0 => bytes[at] ^= 1 << dice.roll(8),
                    1 => bytes[at] = dice.roll(64) as u8,
                    2 => bytes.swap(at, at / 2),
                    _ => bytes.truncate(at + 1),
                }
            }
            let Ok(mut state) = GameState::from_bytes(&game.rules, &bytes) else { continue };
            accepted += 1;
            assert_eq!(state.to_bytes(), bytes);
            while let Some(seat) = state.on_turn() {
                let _ = state.apply(&game.rules, &words, &Command::new(seat, Action::Challenge));
                let Some(seat) = state.on_turn() else { break };
                let action = dice.one_of(&[Action::Pass, Action::Pass, Action::Resign]);
                state.apply(&game.rules, &words, &Command::new(seat, action)).unwrap();
                assert_eq!(state.tiles(), game.rules.counts);
                assert!(GameState::from_bytes(&game.rules, &state.to_bytes()).is_ok());
            }
        }
    }
    assert!(accepted > 0, "some bytes, such as the seed's, may be altered");
}

#[test]
fn bytes_by_chance_are_no_game() {
    let mut dice = Dice::new(9);
    for _ in 0..2000 {
        let mut bytes = dice.bytes::<300>().to_vec();
        bytes.truncate(dice.roll(301) as usize);
        assert!(GameState::from_bytes(&english(), &bytes).is_err());
    }
}

#[test]
fn events_of_other_games_are_refused_or_keep_every_tile() {
    let words = words();
    let mut refused = 0;
    for number in 0..GAMES {
        let mut dice = Dice::new(number);
        let mut game = some_game(&mut dice, &words);
        let other = some_game(&mut dice, &words);
        for event in game.events.clone().iter().chain(&other.events) {
            let before = game.state.clone();
            if game.state.fold(&game.rules, event).is_err() {
                refused += 1;
                assert_eq!(game.state, before);
            }
            assert_eq!(game.state.tiles(), game.rules.counts);
        }
    }
    assert!(refused > 0);
}
