//! What the API promises of invitations.

use serde_json::{Value, json};

use super::http::{InvitationsView, InviteBody};
use super::types::Listed;
use super::view::{InvitationClosedView, InvitationView};
use crate::account::{self, EXAMPLE_ID};
use crate::events::Kind;
use crate::http::{Method, StatusCode};
use crate::id::{GameId, InvitationId};
use crate::idempotency::repeatable;
use crate::lobby::contract::{acting, beginning, throttled, waiting, wanted_example};
use crate::openapi::{Answer, EventForm, Operation, Parameter};
use crate::runtime::terms_example;

const INVITATION_ID: &str = "0190163d-869a-7d5f-b2c3-4e6a8b0d2f3c";
const OTHER_ID: &str = "0190163d-8698-7bd2-8d20-5be1f6a7c3d4";
const GAME_ID: &str = "0190163d-8697-7a31-9c52-54a1c6e5d7f0";

fn example() -> Value {
    json!({
        "id": INVITATION_ID,
        "status": "open",
        "inviter_id": EXAMPLE_ID,
        "terms": terms_example(),
        "players": [
            {"account_id": EXAMPLE_ID, "has_accepted": true},
            {"account_id": OTHER_ID, "seat": 0, "has_accepted": false},
        ],
        "opened_at": "2026-11-24T12:00:00Z",
        "expires_at": "2026-11-25T12:00:00Z",
    })
}

fn accepted_example() -> Value {
    let mut accepted = example();
    accepted["status"] = "accepted".into();
    accepted["players"][1]["has_accepted"] = true.into();
    accepted["closed_by"] = OTHER_ID.into();
    accepted["game_id"] = "0190163d-869b-7e6a-83d4-5f7b9c1e3a4d".into();
    accepted
}

/// What is told of invitations.
pub(in crate::lobby) fn event_forms() -> Vec<EventForm> {
    vec![
        EventForm::new::<InvitationView<'_>>(Kind::InvitationOpened.as_str()),
        EventForm::new::<InvitationView<'_>>(Kind::InvitationChanged.as_str()),
        EventForm::new::<InvitationClosedView>(Kind::InvitationClosed.as_str()),
    ]
}

/// The contract of invitations.
pub(in crate::lobby) fn operations() -> Vec<Operation> {
    vec![invite(), list(), show(), accept(), close(), rematch()]
}

fn invite() -> Operation {
    let path = "/api/v1/user/invitations";
    let body =
        json!({"terms": wanted_example(), "account_ids": [OTHER_ID], "starter_id": OTHER_ID});
    repeatable(waiting(possible(sending(acting(
        Operation::new(Method::POST, path, "invite", "Invite others to a game")
            .described("The game begins when all have accepted, unless one declines.")
            .takes::<InviteBody>(body)
            .answers(Answer::json::<InvitationView<'_>>(
                StatusCode::CREATED,
                "They are invited.",
                example(),
            )),
    )))))
}

fn list() -> Operation {
    let listed = Parameter::new::<Listed>("list", "Which; `received` without it.", "sent");
    Operation::new(Method::GET, "/api/v1/user/invitations", "list_invitations", "Open invitations")
        .described(
            "The newest first: those of others to the caller, or the caller's own. Those that come to \
             nothing, because one player has blocked another since, are not among them.",
        )
        .takes_query(listed)
        .answers(Answer::json::<InvitationsView<'_>>(
            StatusCode::OK,
            "A page of invitations.",
            json!({"invitations": [example()]}),
        ))
        .takes_page::<InvitationId>(INVITATION_ID)
}

fn show() -> Operation {
    let path = "/api/v1/user/invitations/{id}";
    known(
        Operation::new(Method::GET, path, "get_invitation", "An invitation")
            .described("However it stands. One that is over is known for a day.")
            .answers(Answer::json::<InvitationView<'_>>(
                StatusCode::OK,
                "The invitation.",
                example(),
            )),
    )
}

fn accept() -> Operation {
    let path = "/api/v1/user/invitations/{id}/accept";
    repeatable(possible(beginning(known(
        Operation::new(Method::POST, path, "accept_invitation", "Accept an invitation")
            .described(
                "The last to accept begins the game: `game_id` is there. Who has accepted already has, \
                 and nothing changes. When a real-time game begins, its players leave the other real-time \
                 seeks and invitations that they wait for, and matchmaking.",
            )
            .answers(Answer::json::<InvitationView<'_>>(
                StatusCode::OK,
                "The caller has accepted.",
                accepted_example(),
            ))
            .fails(
                StatusCode::CONFLICT,
                "invitation_closed",
                "The invitation is over; `detail` says how.",
            ),
    ))))
}

fn close() -> Operation {
    let path = "/api/v1/user/invitations/{id}";
    known(
        Operation::new(
            Method::DELETE,
            path,
            "close_invitation",
            "Decline an invitation, or take it back",
        )
        .described("It is over for everybody who is invited. One that is over stays as it is.")
        .answers(Answer::empty(StatusCode::NO_CONTENT, "The invitation is over."))
        .fails(StatusCode::CONFLICT, "invitation_closed", "The game has begun."),
    )
}

fn rematch() -> Operation {
    let path = "/api/v1/user/games/{id}/rematch";
    let mut asked = accepted_example();
    asked["rematch_of"] = GAME_ID.into();
    let game = Parameter::new::<GameId>("id", "The game that is over.", GAME_ID);
    repeatable(possible(sending(beginning(account::active(
        Operation::new(Method::POST, path, "ask_for_rematch", "Ask for another game after the last")
            .described(
                "Invites the same players to a game by the same terms, in which the next of them begins. \
                 Where another has asked already it accepts his invitation: of all who ask, one game \
                 comes.",
            )
            .takes_path(game)
            .answers(Answer::json::<InvitationView<'_>>(
                StatusCode::OK,
                "The others are invited, or the game has begun.",
                asked,
            ))
            .fails(StatusCode::NOT_FOUND, "game_unknown", "There is no such game.")
            .fails(StatusCode::CONFLICT, "game_running", "The game is not over.")
            .fails(StatusCode::FORBIDDEN, "not_a_player", "The game is others'.")
            .fails(
                StatusCode::SERVICE_UNAVAILABLE,
                "game_set_aside",
                "The game is not over, and can't be read here and now.",
            ),
    )))))
}

/// An operation on an invitation that there may not be.
fn known(operation: Operation) -> Operation {
    let invitation = Parameter::new::<InvitationId>("id", "The invitation.", INVITATION_ID);
    operation.takes_path(invitation).fails(
        StatusCode::NOT_FOUND,
        "invitation_unknown",
        "There is no such invitation, or it is others'.",
    )
}

/// An operation that brings together who may not want to.
fn possible(operation: Operation) -> Operation {
    operation.fails(
        StatusCode::FORBIDDEN,
        "not_possible",
        "One of the accounts is not there, is locked, or has blocked another; which is not told.",
    )
}

/// An operation that may invite somebody.
fn sending(operation: Operation) -> Operation {
    throttled(operation).fails(
        StatusCode::CONFLICT,
        "too_many_invitations",
        "As many invitations as may be wait for answers to the caller, or for that of somebody who is \
         invited; `detail` says which.",
    )
}
