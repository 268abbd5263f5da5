//! What the API promises of events.

use super::cursor::Cursor;
use super::http::EventView;
use super::types::{Kind, Kinds};
use crate::http::{Method, StatusCode};
use crate::openapi::{Answer, EventForm, Operation, Parameter, forms};

forms! {
    Cursor as "EventCursor" = {
        "type": "string",
        "description": "The id of an event: a place in the stream. Opaque but for comparing it with \
            itself.",
        "maxLength": 51,
        "pattern": "^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,9})$",
    };
    Kinds as "EventKinds" = {
        "type": "string",
        "description": "Kinds of events with commas between.",
        "pattern": kinds_pattern(),
    };
}

/// An id for examples.
const ID: &str = "1042-17-0";

/// How a stream begins.
const EXAMPLE: &str = "\
:
id: 1042-17-0

id: 1043-18-0
event: game_rack
data: {\"audience\":{\"to\":\"accounts\",\"ids\":[\"0190163d-8694-739b-aea5-966c26f8ad91\"]},\
\"at\":\"2026-11-24T12:00:07Z\",\"data\":{\"game_id\":\"0190163d-8697-7a31-9c52-54a1c6e5d7f0\",\
\"version\":2,\"rack\":\"?ADEEOT\"}}

";

fn kinds_pattern() -> String {
    let kind = Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join("|");
    format!("^({kind})(,({kind}))*$")
}

/// The contract of events, of which those who tell them say what they tell.
pub(crate) fn operations(kinds_told: Vec<EventForm>) -> Vec<Operation> {
    let last = "The event after which to go on: the last id that the reader has had. It goes before \
        `after`.";
    let after = "The same, for readers that can't set the header. Without either the stream begins at \
        the present.";
    let kinds = "Of which events to tell; of all without it.";
    vec![
        Operation::new(
            Method::GET,
            "/api/v1/internal/events",
            "stream_events",
            "What players are to be told",
        )
        .described(
            "Server-sent events without an end, in the order in which they were committed, none left \
             out, each at least once. At first, and with a heartbeat where it has moved, there is an \
             `id` alone: a place to go on from, though nothing was told. What is silent for longer \
             than the heartbeat is to be opened anew, and so is a stream that ends, as it does when \
             the replica shuts down. A reader that does not keep up is cut off, and goes on from \
             where it was.",
        )
        .takes_header(Parameter::new::<Cursor>("Last-Event-ID", last, ID))
        .takes_query(Parameter::new::<Cursor>("after", after, ID))
        .takes_query(Parameter::new::<Kinds>("kinds", kinds, "game_started,game_ended"))
        .answers(Answer::event_stream::<EventView<'_>>(
            StatusCode::OK,
            "Events, as they come.",
            kinds_told,
            EXAMPLE,
        ))
        .fails_with::<Cursor>(
            StatusCode::GONE,
            "events_expired",
            "What came after the event is not kept any more. Open the stream after `present`, and \
             read anew what it tells of and what matters: games, seeks, invitations, and who is here.",
            "present",
        )
        .fails(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_streams",
            "As many streams are open as may be.",
        ),
    ]
}
