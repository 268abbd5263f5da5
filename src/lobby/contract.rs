//! What the API promises of the lobby.

use serde_json::{Value, json};

use super::http::AllRulesView;
use super::{invitation, seek};
use crate::account;
use crate::http::{Method, StatusCode};
use crate::openapi::{Answer, EventForm, Operation};
use crate::runtime::terms_example;

/// What is told of the lobby.
pub(crate) fn event_forms() -> Vec<EventForm> {
    [seek::event_forms(), invitation::event_forms()].concat()
}

/// The contract of the lobby.
pub(crate) fn operations() -> Vec<Operation> {
    [vec![rules()], seek::operations(), invitation::operations()].concat()
}

fn rules() -> Operation {
    let english = json!({
        "name": "english",
        "title": "Scrabble in English",
        "language": "en",
        "players_min": 2,
        "players_max": 4,
        "challenge": "double",
        "board_side": 15,
        "tiles": 100,
        "rack_tiles": 7,
        "lexicons": [terms_example()["lexicon"]],
    });
    Operation::new(Method::GET, "/api/v1/public/rules", "list_rules", "What can be played")
        .described("The rule sets, and the lexicons that new games by them can be played with.")
        .answers(Answer::json::<AllRulesView>(
            StatusCode::OK,
            "All rule sets.",
            json!({"rules": [english]}),
        ))
        .needs_no_database()
}

/// An operation by which an account acts in the lobby.
pub(super) fn acting(operation: Operation) -> Operation {
    account::unknown(account::active(operation))
}

/// An operation that opens or sends what others are told of.
pub(super) fn throttled(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::TOO_MANY_REQUESTS,
        "lobby_throttled",
        "The caller has opened as many seeks, or sent as many invitations, as one may within an hour.",
    )
}

/// An operation by which an account begins to wait for a game.
pub(super) fn waiting(operation: Operation) -> Operation {
    playing(operation).fails(
        StatusCode::CONFLICT,
        "too_many_games",
        "The caller plays as many games as an account may.",
    )
}

/// An operation by which an account begins to wait for a game in real time, or begins one.
fn playing(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::CONFLICT,
        "already_playing",
        "A game of the caller in real time has begun since this was asked for, which is in real time too.",
    )
}

/// An operation that may begin a game.
pub(super) fn beginning(operation: Operation) -> Operation {
    playing(operation)
        .fails(
            StatusCode::CONFLICT,
            "too_many_games",
            "The caller, or somebody without whom the game can't begin, plays as many games as an account \
             may.",
        )
        .fails(
            StatusCode::CONFLICT,
            "terms_unplayable",
            "What was agreed on can't be played here any more, for its rules or words are gone.",
        )
}

/// What somebody wants to play, for examples.
pub(super) fn wanted_example() -> Value {
    json!({
        "rules": "english",
        "time_control": {"kind": "real_time", "initial_seconds": 1500, "overtime_minutes": 1},
        "rated": true,
    })
}
