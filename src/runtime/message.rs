//! What the gateway is told of games.

use serde::Serialize;

use schemars::JsonSchema;

use super::live_game::LiveGame;
use super::outage::Outages;
use super::step::{Event, Step};
use super::view::{ClockView, GameView, ResultView, StepView, tiles};
use crate::events::{Audience, Kind, Message};
use crate::game;
use crate::game::told::Viewer;
use crate::id::{AccountId, GameId};

/// A game has gone on.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameAdvanced")]
pub(super) struct AdvancedView<'a> {
    game_id: GameId,
    /// By seat.
    players: &'a [AccountId],
    turn: u32,
    on_turn: Option<u8>,
    clock: ClockView,
    step: StepView,
}

/// What a player holds after something happened in a game.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameRack")]
pub(super) struct RackView {
    game_id: GameId,
    /// The game's version at which it was so.
    version: u32,
    rack: String,
}

/// A game is over.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "GameEnded")]
pub(super) struct EndedView<'a> {
    game_id: GameId,
    players: &'a [AccountId],
    /// By seat.
    scores: Vec<i32>,
    result: ResultView,
}

/// What is told of a game that begins: to its players alone, each of whom sees the own rack.
pub(super) fn started(game: &LiveGame) -> Vec<Message> {
    let view = GameView::new(game, Viewer::Onlooker, &Outages::default(), game.stepped_at());
    let players = Audience::accounts(game.players().iter().copied());
    let mut messages = vec![Message::new(Kind::GameStarted, players, &view)];
    messages.extend((0..game.position().players()).map(|seat| rack(game, seat)));
    messages
}

/// What is told of a step.
pub(super) fn advanced(game: &LiveGame, step: &Step, outages: &Outages) -> Vec<Message> {
    let advanced = AdvancedView {
        game_id: game.id(),
        players: game.players(),
        turn: game.position().turn(),
        on_turn: game.on_turn(),
        clock: ClockView::new(game, outages, step.at),
        step: StepView::new(game.terms().rules, step, Viewer::Onlooker),
    };
    let audience = Audience::game(game.id());
    let mut messages = vec![Message::new(Kind::GameAdvanced, audience.clone(), &advanced)];
    for event in &step.events {
        if let Event::Game(
            game::Event::Played { seat, .. }
            | game::Event::Exchanged { seat, .. }
            | game::Event::PlayTakenBack { seat, .. },
        ) = event
        {
            messages.push(rack(game, *seat));
        }
    }
    if let Some(result) = ResultView::of(game) {
        let scores = (0..game.position().players()).map(|seat| game.position().total(seat));
        let (game_id, players) = (game.id(), game.players());
        let ended = EndedView { game_id, players, scores: scores.collect(), result };
        messages.push(Message::new(Kind::GameEnded, audience, &ended));
    }
    messages
}

fn rack(game: &LiveGame, seat: u8) -> Message {
    let rack = tiles(game.terms().rules, game, seat);
    let view = RackView { game_id: game.id(), version: game.version(), rack };
    let player = game.players().get(usize::from(seat)).copied();
    Message::new(Kind::GameRack, Audience::accounts(player), &view)
}
