//! A gateway: one reader of events, who goes on at another replica when the one that it reads from dies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio_util::task::AbortOnDropHandle;

use super::house::House;
use super::judge::Found;
use crate::support::{EVENTS, Event, EventStream, eventually};

/// A reader of all that is told since it began.
pub(super) struct Gateway {
    heard: Arc<Mutex<Heard>>,
    reading: AbortOnDropHandle<()>,
}

/// What the gateway was told.
#[derive(Default)]
struct Heard {
    /// The version that each game has come to.
    versions: BTreeMap<String, u64>,
    ended: BTreeSet<String>,
    /// The seeks that came to a game.
    taken: BTreeSet<String>,
    /// The furthest event, and the last one since it goes on at another replica.
    furthest: Place,
    last: Place,
    events: usize,
    repeated: usize,
    resumed: usize,
}

/// Where an event stands among all: its transaction, its row, and its place there.
type Place = [u64; 3];

impl Gateway {
    pub(super) async fn listen(house: &House) -> Self {
        let heard = Arc::<Mutex<Heard>>::default();
        let stream = EventStream::open(house.replica().get(EVENTS)).await;
        let reading = tokio::spawn(read_on(house.clone(), stream, Arc::clone(&heard)));
        Self { heard, reading: AbortOnDropHandle::new(reading) }
    }

    /// Waits until all is told, and sees that it is what was found; gives the figures.
    pub(super) async fn has_heard_of(self, found: &Found) -> String {
        let versions = found.games.iter().map(|(id, game)| (id.clone(), game.version));
        let versions: BTreeMap<String, u64> = versions.collect();
        let over = found.games.iter().filter(|(_, game)| game.is_over).map(|(id, _)| id.clone());
        let over: BTreeSet<String> = over.collect();
        eventually("all is told", async || {
            assert!(!self.reading.is_finished(), "what was told is wrong, see above");
            let heard = self.heard();
            (heard.versions == versions && heard.ended == over).then_some(())
        })
        .await;
        let heard = self.heard();
        assert_eq!(heard.taken, found.taken);
        heard.to_string()
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap()
    }
}

/// Reads for ever, at whichever replica grants it.
async fn read_on(house: House, mut stream: EventStream, heard: Arc<Mutex<Heard>>) {
    loop {
        while let Some(event) = stream.next_or_end().await {
            heard.lock().unwrap().take(&event);
        }
        let id = stream.cursor.clone();
        stream = eventually("a stream is granted", async || {
            let call = house.replica().get(EVENTS).header("last-event-id", &id);
            EventStream::try_open(call).await
        })
        .await;
        heard.lock().unwrap().resume();
    }
}

impl Heard {
    /// What is told once more does not count, and all else is in order and without a hole.
    fn take(&mut self, event: &Event) {
        let place = place(&event.id);
        assert!(self.last < place, "{event:?} after {:?}", self.last);
        self.last = place;
        if place <= self.furthest {
            self.repeated += 1;
            return;
        }
        self.furthest = place;
        self.events += 1;
        let data = &event.data;
        match &*event.kind {
            "game_started" => {
                assert_eq!(self.versions.insert(text(&data["id"]), 1), None, "{event:?}");
            }
            "game_advanced" => {
                let version = self.version(event);
                *version += 1;
                assert_eq!(data["step"]["number"], *version, "{event:?}");
            }
            "game_rack" => assert_eq!(data["version"], *self.version(event), "{event:?}"),
            "game_ended" => {
                self.version(event);
                assert!(self.ended.insert(text(&data["game_id"])), "{event:?}");
            }
            "seek_closed" if data["status"] == "taken" => {
                assert!(self.taken.insert(text(&data["id"])), "{event:?}");
            }
            _ => {}
        }
    }

    fn version(&mut self, event: &Event) -> &mut u64 {
        let id = event.data["game_id"].as_str().unwrap();
        let version = self.versions.get_mut(id).expect("a game is told of from its start");
        assert!(!self.ended.contains(id), "nothing comes after the end: {event:?}");
        version
    }

    fn resume(&mut self) {
        self.last = Place::default();
        self.resumed += 1;
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, repeated, resumed, .. } = self;
        write!(formatter, "{events} events told, resumed {resumed} times, {repeated} told again")
    }
}

fn place(id: &str) -> Place {
    let parts: Vec<u64> = id.split('-').map(|part| part.parse().unwrap()).collect();
    parts.try_into().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
