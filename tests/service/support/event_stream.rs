//! A reader of the stream of events, as the gateway is one.
//!
//! What a test has done is told to a reader that was opened before it:
//!
//! ```text
//! let mut events = app.events_from_now().await;
//! … start a game …
//! let started = events.wait_for("game_started", |event| event.data["id"] == id).await;
//! ```

use std::collections::VecDeque;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value;

use super::client::{Call, Client};
use super::contract::{DOCUMENT, check, closed};
use super::{PATIENCE, TestApp};

pub(crate) const EVENTS: &str = "/api/v1/internal/events";

/// Where the document says what the events of each kind are.
const KINDS: &str = "/paths/~1api~1v1~1internal~1events/get/responses/200/content\
                     /text~1event-stream/x-itemSchema/oneOf";

/// An open stream. Dropping it hangs up.
pub(crate) struct EventStream {
    body: Incoming,
    received: Vec<u8>,
    blocks: VecDeque<Block>,
    /// The last id that was said: where to go on.
    pub(crate) cursor: String,
}

/// What was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) audience: Value,
    pub(crate) at: String,
    pub(crate) data: Value,
}

/// What stands between two empty lines.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    Event(Event),
    /// Nothing was told; the cursor, if it was said.
    Beat(Option<String>),
}

impl TestApp {
    /// Whatever is told from now on.
    pub(crate) async fn events_from_now(&self) -> EventStream {
        EventStream::open(self.client.get(EVENTS)).await
    }
}

impl EventStream {
    /// Opens a stream, which the service is to grant; it is ready for what is told from now on.
    pub(crate) async fn open(call: Call) -> Self {
        Self::try_open(call).await.expect("the service grants a stream")
    }

    /// Nothing where nobody answers, or the service can't grant a stream for now.
    pub(crate) async fn try_open(call: Call) -> Option<Self> {
        let response = call.begin().await?;
        if response.status() == 503 {
            return None;
        }
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (received, blocks) = (Vec::new(), VecDeque::new());
        let mut stream =
            Self { body: response.into_body(), received, blocks, cursor: String::new() };
        let first = stream.block().await?;
        assert!(matches!(first, Block::Beat(Some(_))), "{first:?}");
        Some(stream)
    }

    /// What was told after an event.
    pub(crate) async fn after(client: &Client, id: &str) -> Self {
        Self::open(client.get(EVENTS).header("last-event-id", id)).await
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        self.next_or_end().await.expect("the stream goes on")
    }

    /// The next event that fits. It is as the contract has it.
    pub(crate) async fn wait_for(&mut self, kind: &str, fits: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await;
            if event.kind == kind && fits(&event) {
                event.hold();
                return event;
            }
        }
    }

    /// The next event; nothing once the service has ended the stream.
    pub(crate) async fn next_or_end(&mut self) -> Option<Event> {
        loop {
            if let Block::Event(event) = self.block().await? {
                return Some(event);
            }
        }
    }

    /// The next block; nothing once the service has ended the stream.
    pub(crate) async fn block(&mut self) -> Option<Block> {
        while self.blocks.is_empty() {
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await;
            let frame = frame.expect("something is said in time")?.ok()?;
            self.received.extend_from_slice(frame.data_ref().expect("a stream has data alone"));
            self.read_blocks();
        }
        let block = self.blocks.pop_front()?;
        if let Block::Event(Event { id, .. }) | Block::Beat(Some(id)) = &block {
            self.cursor.clone_from(id);
        }
        Some(block)
    }

    fn read_blocks(&mut self) {
        while let Some(end) = self.received.windows(2).position(|bytes| bytes == b"\n\n") {
            let text: Vec<u8> = self.received.drain(..end + 2).collect();
            let text = String::from_utf8(text).expect("a stream is text");
            self.blocks.push_back(Block::parse(text.trim_end()));
        }
    }
}

impl Event {
    /// Sees that the contract tells of such events.
    fn hold(&self) {
        let kinds = DOCUMENT.pointer(KINDS).and_then(Value::as_array).expect("there are kinds");
        let is_it = |kind: &Value| kind["properties"]["event"]["const"] == *self.kind;
        let kind = kinds.iter().position(is_it).expect("a kind that is documented");
        let form = format!("{KINDS}/{kind}/properties/data/contentSchema/properties/data");
        assert_eq!(check(closed(), &form, &self.data), Ok(()), "{self:?}");
    }
}

impl Block {
    fn parse(text: &str) -> Self {
        let (mut id, mut kind, mut data) = (None, None, None);
        for line in text.lines() {
            let (field, value) = line.split_once(':').expect("a line has a name");
            let value = value.strip_prefix(' ').unwrap_or(value).to_owned();
            let place = match field {
                "id" => &mut id,
                "event" => &mut kind,
                "data" => &mut data,
                "" => continue,
                _ => panic!("a field of another name: {line:?}"),
            };
            assert_eq!(place.replace(value), None, "a field that comes twice: {text:?}");
        }
        let Some(data) = data else { return Self::Beat(id) };
        let mut told: Value = serde_json::from_str(&data).expect("data is JSON");
        assert_eq!(check(closed(), "/components/schemas/Event", &told), Ok(()), "{text}");
        Self::Event(Event {
            id: id.expect("an event has an id"),
            kind: kind.expect("an event has a kind"),
            audience: told["audience"].take(),
            at: told["at"].as_str().expect("a moment is text").to_owned(),
            data: told["data"].take(),
        })
    }
}
