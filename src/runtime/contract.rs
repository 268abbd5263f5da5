//! What the API promises of games.

use serde_json::{Value, json};

use super::http::{CommandBody, GamesView, StepsView, TakenView};
use super::message::{AdvancedView, EndedView, RackView};
use super::place::{Cursor, Listed};
use super::view::GameView;
use crate::account::EXAMPLE_ID;
use crate::events::Kind;
use crate::http::{Method, StatusCode};
use crate::id::GameId;
use crate::idempotency::repeatable_for_good;
use crate::openapi::{Answer, EventForm, Operation, Parameter, forms};

/// Numbers of turns and versions, for their forms alone.
struct Turn;
struct Version;

forms! {
    Turn as "TurnNumber" = {
        "type": "integer",
        "description": "The number of a turn, from 1 for the game's first.",
        "minimum": 1,
        "maximum": u32::MAX,
    };
    Version as "GameVersion" = {
        "type": "integer",
        "description": "How many steps a game has had.",
        "minimum": 0,
        "maximum": u32::MAX,
    };
    CommandBody as "GameCommand" = {
        "description": "What a player asks of a game, at the turn that is meant, as the game was answered with.",
        "oneOf": [
            command_form("play", "Place tiles.", json!({
                "at": {
                    "type": "string",
                    "description": "The first square of the word: `8D` for one across, `D8` for one down.",
                    "pattern": "^([1-9]|1[0-9]|2[01])[A-Ua-u]$|^[A-Ua-u]([1-9]|1[0-9]|2[01])$",
                },
                "tiles": {
                    "type": "string",
                    "description": "What lies along the word: a dot for every tile that is there already, lower case for a blank.",
                    "minLength": 1,
                },
            })),
            command_form("exchange", "Give tiles for others from the bag.", json!({
                "tiles": {"type": "string", "description": "The tiles to give."},
            })),
            command_form("pass", "Do nothing.", json!({})),
            command_form("challenge", "Question the words of the play just before.", json!({})),
            command_form("resign", "Leave the game.", json!({})),
            command_form("offer", "Propose something to the other players.", json!({
                "proposal": {
                    "type": "string",
                    "description": "`abort` ends the game without a result; `more_time` gives every player a minute, or a turn's time in correspondence.",
                    "enum": ["abort", "more_time"],
                },
            })),
            command_form("accept", "Agree to what another player has proposed.", json!({})),
            command_form("decline", "Don't.", json!({})),
            command_form("withdraw", "Take one's own proposal back.", json!({})),
        ],
    };
    Cursor as "GamesCursor" = {
        "type": "string",
        "description": "The `next` of a page of the same list.",
        "pattern": "^([tw][0-9a-fA-F-]{36}|[0-9a-fA-F-]{36}[0-9TZ:.+-]+)$",
    };
}

/// A command with the fields of its action.
fn command_form(action: &str, description: &str, fields: Value) -> Value {
    let mut form = json!({
        "type": "object",
        "title": action,
        "description": description,
        "properties": {
            "turn": {"type": "integer", "minimum": 0, "maximum": u32::MAX},
            "action": {"const": action},
        },
        "required": ["turn", "action"],
        "additionalProperties": false,
    });
    for (name, field) in fields.as_object().into_iter().flatten() {
        form["properties"][name] = field.clone();
        form["required"].as_array_mut().into_iter().for_each(|required| required.push(json!(name)));
    }
    form
}

const GAME_ID: &str = "0190163d-8697-7a31-9c52-54a1c6e5d7f0";
const OTHER_ID: &str = "0190163d-8698-7bd2-8d20-5be1f6a7c3d4";

/// The example of what a game is played by.
pub(crate) fn terms_example() -> Value {
    json!({
        "rules": {
            "name": "english",
            "hash": "c1d5a1be8ff0b0d0a2c3c53f6ee3e6b9a9d0c8b7a6f5e4d3c2b1a09f8e7d6c5b",
        },
        "lexicon": {
            "name": "English (Wordnik)",
            "hash": "1f5c9a7b3d4c60a1b2c3d4e5f607185f1c2e9a7b3d4c60a1b2c3d4e5f6071812",
        },
        "challenge": "double",
        "time_control": {
            "kind": "real_time",
            "initial_seconds": 1500,
            "increment_seconds": 0,
            "overtime_minutes": 1,
        },
        "rated": true,
        "players": 2,
    })
}

/// The example of a game, as the player of seat 0 sees it after the first turn.
pub(crate) fn game_example() -> Value {
    let mut board = vec!["...............".to_owned(); 15];
    board[7] = "...NATURES.....".to_owned();
    json!({
        "id": GAME_ID,
        "terms": terms_example(),
        "status": "running",
        "version": 2,
        "turn": 2,
        "on_turn": 1,
        "clock": {
            "left_ms": [1_493_000, 1_500_000],
            "turn_began_at": "2026-11-24T12:00:07Z",
            "flag_at": "2026-11-24T12:26:07Z",
        },
        "players": [
            {"seat": 0, "account_id": EXAMPLE_ID, "score": 66, "rack_tiles": 7},
            {"seat": 1, "account_id": OTHER_ID, "score": 0, "rack_tiles": 7},
        ],
        "board": board,
        "bag_tiles": 79,
        "rack": "?ADEEOT",
        "has_final_say": false,
        "challengeable": 0,
        "commitment": "92ef35476dc2be237fd473ed8ff2365381b26ba2cad7d0437a7d58cbafa0ec2d",
        "updated_at": "2026-11-24T12:00:07Z",
    })
}

fn step_example() -> Value {
    json!({
        "number": 2,
        "at": "2026-11-24T12:00:07Z",
        "by": 0,
        "events": [
            {
                "event": "played",
                "seat": 0,
                "at": "8D",
                "tiles": "NATURES",
                "words": [{"at": "8D", "word": "NATURES"}],
                "score": 66,
                "bonus": 50,
                "drawn": "?ADEEOT",
                "drawn_count": 7,
                "bag_tiles": 79,
                "total": 66,
            },
            {"event": "turn_began", "seat": 1, "turn": 2, "has_final_say": false},
        ],
    })
}

/// What is told of games.
pub(crate) fn event_forms() -> Vec<EventForm> {
    vec![
        EventForm::new::<GameView<'_>>(Kind::GameStarted.as_str()),
        EventForm::new::<AdvancedView<'_>>(Kind::GameAdvanced.as_str()),
        EventForm::new::<RackView>(Kind::GameRack.as_str()),
        EventForm::new::<EndedView<'_>>(Kind::GameEnded.as_str()),
    ]
}

/// The contract of games.
pub(crate) fn operations() -> Vec<Operation> {
    vec![list(), show(), steps(), command()]
}

fn list() -> Operation {
    let summary = json!({
        "id": GAME_ID,
        "terms": terms_example(),
        "status": "running",
        "version": 2,
        "turn": 2,
        "on_turn": 1,
        "is_own_turn": false,
        "clock": game_example()["clock"],
        "players": [EXAMPLE_ID, OTHER_ID],
        "scores": [66, 0],
        "updated_at": "2026-11-24T12:00:07Z",
    });
    let status =
        Parameter::new::<Listed>("status", "Which games; `running` without it.", "running");
    let operation =
        Operation::new(Method::GET, "/api/v1/user/games", "list_games", "The player's games")
            .described(
                "Running games: those in which the player is on turn first, then the newest first. \
                 Finished ones: the last to end first. A game that can't be read at the moment is \
                 left out.",
            )
            .takes_query(status)
            .answers(Answer::json::<GamesView<'_>>(
                StatusCode::OK,
                "A page of games.",
                json!({"games": [summary]}),
            ));
    operation.takes_page::<Cursor>("tffffffff-ffff-ffff-ffff-ffffffffffff")
}

fn show() -> Operation {
    let turn = Parameter::new::<Turn>("turn", "The game as it stood when this turn began.", "1");
    readable(
        Operation::new(Method::GET, "/api/v1/user/games/{id}", "get_game", "A game")
            .described(
                "As its player sees it, with the own tiles; as an onlooker, without any; once it is \
                 over, with everybody's.",
            )
            .takes_query(turn)
            .answers(Answer::json::<GameView<'_>>(StatusCode::OK, "The game.", game_example()))
            .fails(StatusCode::NOT_FOUND, "turn_unknown", "The game has not come to this turn."),
    )
}

fn steps() -> Operation {
    let after =
        Parameter::new::<Version>("after", "The version after which to begin; 0 without it.", "1");
    readable(
        Operation::new(
            Method::GET,
            "/api/v1/user/games/{id}/steps",
            "list_game_steps",
            "What happened in a game",
        )
        .takes_query(after)
        .takes_limit()
        .answers(Answer::json::<StepsView>(
            StatusCode::OK,
            "Steps in order, as the caller may see them.",
            json!({"steps": [step_example()], "version": 2}),
        )),
    )
}

fn command() -> Operation {
    let (conflict, unprocessable) = (StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY);
    let mut operation = repeatable_for_good(readable(
        Operation::new(
            Method::POST,
            "/api/v1/user/games/{id}/commands",
            "command_game",
            "Play",
        )
        .described(
            "What is asked is done if the game is at the turn that is named, and once, however often \
             the request comes. Offers stand until they are answered, taken back, or the turn ends; an \
             offer that all other players accept is done.",
        )
        .takes::<CommandBody>(json!({"turn": 1, "action": "play", "at": "8D", "tiles": "NATURES"}))
        .answers(Answer::json::<TakenView<'_>>(
            StatusCode::OK,
            "It is done.",
            json!({"step": step_example(), "game": game_example()}),
        ))
        .fails(StatusCode::FORBIDDEN, "not_a_player", "The game is others'.")
        .fails(unprocessable, "offers_spent", "The player has proposed this too often."),
    ));
    for (code, meaning) in ILLEGAL {
        operation = operation.fails(unprocessable, code, meaning);
    }
    for (code, meaning) in [
        ("stale_turn", "The game is at another turn; `game` is as it stands."),
        ("game_over", "The game is over."),
        ("offer_stands", "A proposal stands already."),
        ("no_offer", "There is no proposal of another player to answer."),
        ("no_own_offer", "There is no proposal of the player's own."),
        ("dropped_out", "The player is out of the game."),
    ] {
        operation = operation.fails_with::<GameView<'_>>(conflict, code, meaning, "game");
    }
    operation
        .fails(
            StatusCode::SERVICE_UNAVAILABLE,
            "clocks_unsure",
            "The database was away, and for how long the clocks stood is not known yet.",
        )
        .fails(
            StatusCode::SERVICE_UNAVAILABLE,
            "game_contended",
            "The game has moved on again and again while this was decided.",
        )
        .fails(
            StatusCode::SERVICE_UNAVAILABLE,
            "answer_unreadable",
            "The command was taken when it came before, and its answer can't be read here and now, such as \
             by a replica that is older than the one that took it.",
        )
}

/// What the rules of play do not allow. Who places more tiles than a full rack has does not have them.
const ILLEGAL: [(&str, &str); 14] = [
    ("not_your_turn", "Somebody else is on turn."),
    ("final_say_only", "The player before has gone out: only a challenge or a pass is possible."),
    ("tiles_not_in_rack", "The player does not have these tiles."),
    ("invalid_words", "Words are checked at once, and some are none."),
    ("word_repeated", "A word was made before, where each may be made once."),
    ("no_tiles_to_exchange", "An exchange of nothing."),
    ("too_few_tiles_in_bag", "The bag has not enough tiles for an exchange."),
    ("nothing_to_challenge", "There is no play to challenge."),
    ("off_board", "The play goes over the edge of the board."),
    ("occupied", "There is a tile already where one is placed."),
    ("gap", "The tiles are not in one line without a gap."),
    ("too_few_tiles", "The first play has one tile, which makes no word."),
    ("start_square_missed", "The first play is beside the start square."),
    ("not_connected", "No tile of the play is beside a tile on the board."),
];

/// An operation on a game that there may not be, or that can't be read.
fn readable(operation: Operation) -> Operation {
    let game = Parameter::new::<GameId>("id", "The game.", GAME_ID);
    operation
        .takes_path(game)
        .fails(StatusCode::NOT_FOUND, "game_unknown", "There is no such game.")
        .fails(
            StatusCode::SERVICE_UNAVAILABLE,
            "game_set_aside",
            "The game can't be read here and now, such as for a lexicon that is missing; its clock \
             stands.",
        )
}
