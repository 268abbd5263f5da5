//! What the API promises of matchmaking.

use serde_json::{Value, json};

use super::http::{EnterBody, MatchmakingView, TicketView};
use crate::account::{self, EXAMPLE_ID};
use crate::http::{Method, StatusCode};
use crate::idempotency::repeatable;
use crate::openapi::{Answer, Operation};
use crate::runtime::terms_example;

const GAME_ID: &str = "0190163d-8697-7a31-9c52-54a1c6e5d7f0";

fn ticket_example() -> Value {
    json!({
        "terms": terms_example(),
        "rating": 1662,
        "window": 190,
        "entered_at": "2026-11-24T12:00:00Z",
        "expires_at": "2026-11-24T12:10:00Z",
    })
}

/// The contract of matchmaking.
pub(crate) fn operations() -> Vec<Operation> {
    let path = "/api/v1/user/matchmaking";
    let ticket =
        |status, description| Answer::json::<TicketView>(status, description, ticket_example());
    let enter = Operation::new(Method::POST, path, "enter_matchmaking", "Wait for an opponent")
        .described(
            "Whoever wants to play by the same terms and is as strong. How strong is as strong widens \
             with the time of waiting. Who waits for the same already goes on doing so; for something \
             else, waits for this instead. When there is somebody the game begins at once, which the event \
             `game_started` tells; when it is in real time, its players leave the other real-time seeks and \
             invitations that they wait for. The waiting ends by itself when the player is not here any more, by the \
             word of the gateway, is suspended, or begins another game in real time while waiting for one; \
             when there would be an opponent, but the player plays as many games as one may by then; and \
             ten minutes after it was last renewed. No event tells of that: `renew_matchmaking` answers \
             `not_waiting` then.",
        )
        .takes::<EnterBody>(json!({"terms": {
            "rules": "english",
            "time_control": {"kind": "real_time", "initial_seconds": 600},
            "rated": true,
        }}))
        .answers(ticket(StatusCode::CREATED, "The caller waits from now on."))
        .answers(ticket(StatusCode::OK, "The caller waited for the same already."))
        .fails(StatusCode::CONFLICT, "too_many_games", "The caller plays as many games as one may.")
        .fails(
            StatusCode::CONFLICT,
            "already_playing",
            "The caller plays a game in real time, and wants another one.",
        );
    let show = Operation::new(
        Method::GET,
        path,
        "get_matchmaking",
        "What the caller waits for, and was given",
    )
    .answers(Answer::json::<MatchmakingView>(
        StatusCode::OK,
        "How it stands.",
        json!({
            "ticket": ticket_example(),
            "last_match": {
                "game_id": GAME_ID,
                "opponent_id": EXAMPLE_ID,
                "matched_at": "2026-11-24T11:30:00Z",
            },
        }),
    ));
    let renew = Operation::new(
        Method::POST,
        "/api/v1/user/matchmaking/renew",
        "renew_matchmaking",
        "Wait for longer",
    )
    .described(
        "No body is expected. Who was given an opponent meanwhile does not wait again by it.",
    )
    .answers(ticket(StatusCode::OK, "The caller goes on waiting."))
    .fails(StatusCode::NOT_FOUND, "not_waiting", "The caller does not wait for an opponent.");
    let leave = Operation::new(Method::DELETE, path, "leave_matchmaking", "Wait no more")
        .described("Who was given an opponent already has begun a game, which this does not end.")
        .answers(Answer::empty(StatusCode::NO_CONTENT, "The caller does not wait."));
    vec![repeatable(account::unknown(account::active(enter))), show, renew, leave]
}
