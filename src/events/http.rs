//! The stream over HTTP: server-sent events, as the WHATWG's HTML standard has them.

use std::io::Write;

use bytes::Bytes;
use futures_util::{Stream, stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::cursor::Cursor;
use super::service::{Error, Events};
use super::subscription::{Heard, ReadMessage, Subscription};
use super::types::{Audience, Kinds};
use crate::http::header::HeaderName;
use crate::http::{Outcome, Problem, Request, StatusCode, streamed};
use crate::time::Timestamp;

/// In which a reader that comes again names the last event that it has had.
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const AFTER: &str = "after";
const KINDS: &str = "kinds";

/// What is told: the `data` of a server-sent event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub(super) struct EventView<'a> {
    /// Whom it is for. It is passed on to nobody else.
    #[schemars(with = "Audience")]
    audience: &'a RawValue,
    /// When it was told.
    at: Timestamp,
    /// What it is about, by its kind.
    #[schemars(with = "Value")]
    data: &'a RawValue,
}

/// `GET /api/v1/internal/events`
pub(crate) async fn stream(events: &Events, request: Request<'_>) -> Outcome {
    let query = request.query(&[AFTER, KINDS])?;
    // A reader that comes again calls the same address, and says in the header how far it has come since.
    let (field, after) = match request.header::<Cursor>(&LAST_EVENT_ID)? {
        None => (AFTER, query.get(AFTER)?),
        last => (LAST_EVENT_ID.as_str(), last),
    };
    let kinds: Option<Kinds> = query.get(KINDS)?;
    let opened = events.open(after, kinds).await;
    let subscription = opened.map_err(|error| problem(error, field))?;
    Ok(streamed("text/event-stream", chunks(subscription)))
}

/// The problem of a cursor that was given in `field`, or of the service.
fn problem(error: Error, field: &str) -> Problem {
    match error {
        Error::NotTold => Problem::invalid(field, error),
        Error::Expired { present } => Problem::new(
            StatusCode::GONE,
            "events_expired",
            format!(
                "{error}: open the stream after `present`, and read the games and seeks that matter anew"
            ),
        )
        .with_member("present", &present.to_string()),
        Error::TooManyStreams => Problem::unavailable("too_many_streams", error.to_string()),
        Error::Storage(error) => error.into(),
    }
}

/// Each chunk is whole blocks, so that a stream ends between two.
fn chunks(subscription: Subscription) -> impl Stream<Item = Bytes> {
    stream::unfold(subscription, async |mut subscription| {
        let mut text = Vec::new();
        let heard = subscription.next(|read| write_event(&mut text, &read)).await?;
        if let Heard::Nothing(moved) = heard {
            write_beat(&mut text, moved);
        }
        Some((text.into(), subscription))
    })
}

fn write_event(text: &mut Vec<u8>, read: &ReadMessage<'_>) {
    let ReadMessage { cursor, at, message } = read;
    let view = EventView { audience: message.audience, at: *at, data: message.data };
    write(text, format_args!("id: {cursor}\nevent: {}\ndata: ", message.kind));
    serde_json::to_writer(&mut *text, &view).expect("a wire type serialises");
    write(text, format_args!("\n\n"));
}

/// A comment, which keeps the connection; and the cursor by itself, which is no event, but which a reader
/// takes for the place from which to go on.
fn write_beat(text: &mut Vec<u8>, moved: Option<Cursor>) {
    match moved {
        Some(cursor) => write(text, format_args!(":\nid: {cursor}\n\n")),
        None => write(text, format_args!(":\n\n")),
    }
}

fn write(text: &mut Vec<u8>, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("memory takes what is written");
}
