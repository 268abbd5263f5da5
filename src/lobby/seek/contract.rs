//! What the API promises of seeks.

use serde_json::{Value, json};

use super::http::{OpenBody, SeeksView};
use super::types::Listed;
use super::view::{SeekClosedView, SeekView};
use crate::account::{self, EXAMPLE_ID};
use crate::events::Kind;
use crate::http::{Method, StatusCode};
use crate::id::SeekId;
use crate::idempotency::repeatable;
use crate::lobby::contract::{acting, beginning, throttled, waiting, wanted_example};
use crate::openapi::{Answer, EventForm, Operation, Parameter};
use crate::runtime::terms_example;

const SEEK_ID: &str = "0190163d-8699-7c4e-a1b2-3d5f7a9c1e2b";

fn example() -> Value {
    json!({
        "id": SEEK_ID,
        "status": "open",
        "owner_id": EXAMPLE_ID,
        "owner_strength": {"rating": 1662, "is_established": false},
        "terms": terms_example(),
        "member_ids": [],
        "rating_min": 1400,
        "who_may_join": "everybody",
        "opened_at": "2026-11-24T12:00:00Z",
        "expires_at": "2026-11-24T14:00:00Z",
    })
}

fn taken_example() -> Value {
    let mut taken = example();
    taken["status"] = "taken".into();
    taken["member_ids"] = json!(["0190163d-8698-7bd2-8d20-5be1f6a7c3d4"]);
    taken["game_id"] = "0190163d-8697-7a31-9c52-54a1c6e5d7f0".into();
    taken
}

/// What is told of seeks.
pub(in crate::lobby) fn event_forms() -> Vec<EventForm> {
    vec![
        EventForm::new::<SeekView<'_>>(Kind::SeekOpened.as_str()),
        EventForm::new::<SeekView<'_>>(Kind::SeekChanged.as_str()),
        EventForm::new::<SeekClosedView>(Kind::SeekClosed.as_str()),
    ]
}

/// The contract of seeks.
pub(in crate::lobby) fn operations() -> Vec<Operation> {
    vec![open(), list(), show(), join(), leave()]
}

fn open() -> Operation {
    let body = json!({"terms": wanted_example(), "rating_min": 1400});
    repeatable(throttled(waiting(acting(
        Operation::new(Method::POST, "/api/v1/user/seeks", "open_seek", "Look for a game")
            .described(
                "Stands until all seats are taken, its owner leaves, or it expires; everybody is told of \
                 it. Seats in the game are drawn.",
            )
            .takes::<OpenBody>(body)
            .answers(Answer::json::<SeekView<'_>>(
                StatusCode::CREATED,
                "The seek is open.",
                example(),
            ))
            .fails(
                StatusCode::CONFLICT,
                "too_many_seeks",
                "The caller has as many open seeks as an account may.",
            ),
    ))))
}

fn list() -> Operation {
    let listed = Parameter::new::<Listed>("list", "Which seeks; `joinable` without it.", "own");
    account::unknown(
        Operation::new(Method::GET, "/api/v1/user/seeks", "list_seeks", "Open seeks")
            .described(
                "The newest first: those of others that the caller may join, which are not those of \
                 players who have blocked the caller or are blocked, nor those for another strength; or \
                 those that the caller has opened or joined. A page may be short, and another come.",
            )
            .takes_query(listed)
            .answers(Answer::json::<SeeksView<'_>>(
                StatusCode::OK,
                "A page of seeks.",
                json!({"seeks": [example()]}),
            )),
    )
    .takes_page::<SeekId>(SEEK_ID)
}

fn show() -> Operation {
    known(
        Operation::new(Method::GET, "/api/v1/user/seeks/{id}", "get_seek", "A seek")
            .described(
                "However it stands. One that is over is known for a day; `game_id` is for its players.",
            )
            .answers(Answer::json::<SeekView<'_>>(StatusCode::OK, "The seek.", example())),
    )
}

fn join() -> Operation {
    repeatable(beginning(acting(known(
        Operation::new(Method::POST, "/api/v1/user/seeks/{id}/join", "join_seek", "Join a seek")
            .described(
                "Whoever takes the last seat begins the game: `game_id` is there. Of many who want it one \
                 gets it. Who has joined already has, and nothing changes. When a real-time game begins, \
                 its players leave the other real-time seeks and invitations that they wait for, and \
                 matchmaking. Where one player has blocked another since both joined, the later one loses \
                 the seat, and so does who has joined and plays too many games when the last seat is \
                 taken; each is told that the seek is closed, and it stands for the others.",
            )
            .answers(Answer::json::<SeekView<'_>>(
                StatusCode::OK,
                "The caller has a seat.",
                taken_example(),
            ))
            .fails(StatusCode::CONFLICT, "seek_taken", "All seats are taken.")
            .fails(StatusCode::CONFLICT, "own_seek", "It is the caller's own.")
            .fails(
                StatusCode::CONFLICT,
                "too_many_seeks",
                "The caller has joined as many open seeks as an account may.",
            )
            .fails(
                StatusCode::FORBIDDEN,
                "not_eligible",
                "The seek is for players of another strength; `detail` says which.",
            ),
    ))))
}

fn leave() -> Operation {
    known(
        Operation::new(Method::DELETE, "/api/v1/user/seeks/{id}", "leave_seek", "Leave a seek")
            .described("Where its owner leaves it, the seek is over.")
            .answers(Answer::empty(StatusCode::NO_CONTENT, "The caller is not in it any more."))
            .fails(StatusCode::CONFLICT, "seek_taken", "The game has begun."),
    )
}

/// An operation on a seek that there may not be.
fn known(operation: Operation) -> Operation {
    let seek = Parameter::new::<SeekId>("id", "The seek.", SEEK_ID);
    operation.takes_path(seek).fails(
        StatusCode::NOT_FOUND,
        "seek_unknown",
        "There is no such seek, it is over, or it is not for the caller.",
    )
}
