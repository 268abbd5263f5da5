//! Games for the tests of this folder.

use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use super::live_game::LiveGame;
use super::outage::Outages;
use super::step::{Act, Order, Refusal, Step};
use super::terms::Terms;
use super::time_control::TimeControl;
use crate::game::{Action, ChallengeRule, Evaluation, Generator, RuleSet, Seed};
use crate::id::{AccountId, GameId};
use crate::lexicon::{Lexicon, Word};
use crate::time::Timestamp;

/// Any two letters are a word, so that there is a play for the first turns.
static PAIRS: LazyLock<Arc<Lexicon>> = LazyLock::new(|| {
    let alphabet = english().alphabet.clone();
    let letters: Vec<_> = alphabet.letters().collect();
    let pair = |one| letters.iter().filter_map(move |other| Word::new(&[one, *other]));
    let words = letters.iter().flat_map(|one| pair(*one)).collect();
    Arc::new(Lexicon::build("Pairs", alphabet.clone(), words, |_| ()).unwrap())
});

pub(super) fn english() -> &'static RuleSet {
    RuleSet::named("english").unwrap()
}

/// So many seconds after noon, when games begin.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_764_000_000_000_000 + seconds * 1_000_000)
}

pub(super) const fn real_time(
    initial_seconds: u32,
    increment_seconds: u32,
    overtime_minutes: u8,
) -> TimeControl {
    TimeControl::RealTime { initial_seconds, increment_seconds, overtime_minutes }
}

/// English, any two letters a word, a minute each.
pub(super) fn terms(players: u8) -> Terms {
    Terms {
        rules: english(),
        lexicon: Arc::clone(&PAIRS),
        challenge: ChallengeRule::Double,
        time_control: real_time(60, 0, 0),
        is_rated: false,
        players,
    }
}

/// A game that begins at noon.
pub(super) fn game(terms: Terms) -> LiveGame {
    let id = GameId::from(Uuid::from_u128(1));
    let player = |seat| AccountId::from(Uuid::from_u128(100 + u128::from(seat)));
    let players = (0..terms.players).map(player).collect();
    LiveGame::start(id, terms, players, Seed::new([7; 32]), at(0)).unwrap().0
}

/// What a player's wish comes to, in the turn that the game is at.
pub(super) fn decide(game: &LiveGame, seat: u8, act: Act, now: Timestamp) -> Result<Step, Refusal> {
    let order = Order { seat, turn: game.position().turn(), act };
    game.decide(&order, &Outages::default(), now)
}

/// Does what a player wishes.
pub(super) fn ask(game: &mut LiveGame, seat: u8, act: Act, now: Timestamp) -> Step {
    let step = decide(game, seat, act, now).unwrap();
    game.fold(&step).unwrap();
    step
}

/// The best play of whoever is on turn.
pub(super) fn best_play(game: &LiveGame) -> Act {
    let (terms, position) = (game.terms(), game.position());
    let graph = terms.lexicon.graph();
    let mut generator = Generator::new(terms.rules, graph, None, position.board());
    let rack = position.rack(game.on_turn().unwrap());
    let play = generator.best(&rack, &Evaluation::default()).unwrap();
    Act::Move(Action::Play(play.placement))
}
