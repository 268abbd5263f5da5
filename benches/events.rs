//! How soon a reader of the stream has what was committed, and how much of it a reader takes.
//!
//! In this process: two replicas of the service with everything on (exporters `none`), on one PostgreSQL
//! that syncs to the disk; a reader of each, over HTTP; and who tells events in transactions, at the
//! first. So the one reader's replica knows at once, and the other's by a notification.
//! `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use database::Database;
use figures::quantile;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use scrabble_backend::app::App;
use scrabble_backend::dev::Durability;
use scrabble_backend::events::{Audience, Events, Kind, Message, Told};
use scrabble_backend::postgres::{Connector, Pool};
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::Clock;
use tokio::task::JoinSet;

const SLICE: Duration = Duration::from_secs(10);
/// A transaction each so often, for 500 a second.
const PACE: Duration = Duration::from_millis(2);
/// Who tell as fast as they can.
const CALLERS: usize = 64;
/// Rows that are there before their reader.
const STORED: usize = 300_000;
/// When the bench gives up.
const BOUND: Duration = Duration::from_secs(60);

/// When what was told, by its number, in the order of the numbers.
type Moments = Arc<Mutex<Vec<Option<Instant>>>>;

/// Tells events, each with the next number.
#[derive(Clone)]
struct Teller {
    pool: Pool,
    events: Events,
    committed: Moments,
}

/// A reader of the stream.
struct Reader {
    body: Incoming,
    text: Vec<u8>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::Durable).await;
    let config = database.config();
    let connector = Connector::new(&config.postgres.dsn, config.postgres.operation_timeout)
        .expect("there is no TLS to prepare");
    let pool = Pool::new(connector, &config.postgres);
    let (one, events) = start(&database).await;
    let (other, _) = start(&database).await;
    let teller = Teller { pool, events, committed: Moments::default() };

    println!("ms from the commit to the reader           p50     p90     p99     max   events/s");
    println!("500 transactions a second");
    latencies(&teller, [&one, &other], paced).await;
    println!("{CALLERS} callers, each again as soon as it is done");
    latencies(&teller, [&one, &other], at_full_speed).await;
    println!("what was there before, by one reader");
    println!("  {:62.0}", catch_up(&database, &one).await);
    database.stop().await;
}

/// A replica, ready; where its stream is.
async fn start(database: &Database) -> (String, Events) {
    let app = App::build(database.config(), &Metrics::none(), Clock::system()).await;
    let app = app.expect("it listens");
    let url = format!("http://{}/api/v1/internal/events", app.local_addr());
    let (events, readiness) = (app.events().clone(), app.readiness());
    tokio::spawn(app.run(std::future::pending()));
    readiness.opened().await;
    (url, events)
}

/// Has events told in one way, and prints how long each took to its readers.
async fn latencies(teller: &Teller, urls: [&String; 2], tell: impl AsyncFn(&Teller)) {
    teller.committed.lock().expect("nobody panics with it").clear();
    let mut readers = Vec::new();
    for url in urls {
        readers.push(Reader::open(url).await);
    }
    let began = Instant::now();
    let telling = async {
        tell(teller).await;
        began.elapsed()
    };
    let [one, other] = readers.try_into().unwrap_or_else(|_| unreachable!("there are two"));
    let moments = &teller.committed;
    let (took, one, other) = tokio::join!(telling, one.read(moments), other.read(moments));
    let committed = moments.lock().expect("nobody panics with it").clone();
    for (name, received) in [("at the replica where it was told", one), ("at another", other)] {
        assert_eq!(received.len(), committed.len(), "nothing is missing");
        let wait_ms = |(received, committed): (&Instant, &Option<Instant>)| {
            let committed = committed.expect("it was committed");
            received.saturating_duration_since(committed).as_secs_f64() * 1e3
        };
        let waits: Vec<f64> = received.iter().zip(&committed).map(wait_ms).collect();
        let part = |part| quantile(&waits, part);
        println!(
            "  {name:36} {:7.2} {:7.2} {:7.2} {:7.2} {:10.0}",
            part(0.5),
            part(0.9),
            part(0.99),
            part(1.0),
            committed.len() as f64 / took.as_secs_f64()
        );
    }
}

async fn paced(teller: &Teller) {
    let mut telling = JoinSet::new();
    let mut ticks = tokio::time::interval(PACE);
    let began = Instant::now();
    while began.elapsed() < SLICE {
        ticks.tick().await;
        let teller = teller.clone();
        telling.spawn(async move { teller.tell().await });
    }
    telling.join_all().await;
    teller.end().await;
}

async fn at_full_speed(teller: &Teller) {
    let mut telling = JoinSet::new();
    let began = Instant::now();
    for _ in 0..CALLERS {
        let teller = teller.clone();
        telling.spawn(async move {
            while began.elapsed() < SLICE {
                teller.tell().await;
            }
        });
    }
    telling.join_all().await;
    teller.end().await;
}

/// How many events a second a reader takes of those that there are already.
async fn catch_up(database: &Database, url: &str) -> f64 {
    let client = database.connect().await;
    let newest = "select xid::text || '-' || position || '-0' from backend.event order by xid desc, position desc limit 1";
    let cursor: String = client.query_one(newest, &[]).await.expect("there are some").get(0);
    let told = Told::new(&[message(Some(0))]);
    let insert = format!(
        "insert into backend.event (at, told) select now(), $1 from generate_series(1, {STORED})"
    );
    client.execute(&insert, &[&told.as_str()]).await.expect("they are stored");
    let mut reader = Reader::open(&format!("{url}?after={cursor}")).await;
    let (began, mut taken) = (Instant::now(), 0);
    while taken < STORED {
        taken += reader.chunk().await.len();
    }
    taken as f64 / began.elapsed().as_secs_f64()
}

/// As large as most of what is told of a game; without a number the end.
fn message(number: Option<usize>) -> Message {
    let data = serde_json::json!({"number": number, "text": "x".repeat(600)});
    Message::new(Kind::GameAdvanced, Audience::Everyone, &data)
}

impl Teller {
    async fn tell(&self) {
        let number = {
            let mut committed = self.committed.lock().expect("nobody panics with it");
            committed.push(None);
            committed.len() - 1
        };
        self.commit(&message(Some(number))).await;
        let now = Instant::now();
        self.committed.lock().expect("nobody panics with it")[number] = Some(now);
    }

    /// Has readers stop.
    async fn end(&self) {
        self.commit(&message(None)).await;
    }

    async fn commit(&self, message: &Message) {
        let mut connection = self.pool.get().await.expect("the database is there");
        let transaction = connection.begin().await.expect("a transaction begins");
        let told = Told::new(std::slice::from_ref(message));
        let appended = self.events.append(&transaction, &told).await.expect("it is told");
        appended.commit(transaction).await.expect("it is committed");
    }
}

impl Reader {
    async fn open(url: &str) -> Self {
        let client: Client<_, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let uri = url.parse().expect("an address");
        let response = client.get(uri).await.expect("the replica answers");
        assert_eq!(response.status(), 200, "{response:?}");
        let mut reader = Self { body: response.into_body(), text: Vec::new() };
        reader.chunk().await;
        reader
    }

    /// The numbers of the events that have come.
    async fn chunk(&mut self) -> Vec<Option<usize>> {
        let frame = tokio::time::timeout(BOUND, self.body.frame()).await;
        let frame = frame.expect("something comes").expect("it goes on").expect("it is whole");
        self.text.extend_from_slice(frame.data_ref().expect("it is data"));
        let end = self.text.windows(2).rposition(|bytes| bytes == b"\n\n").map_or(0, |at| at + 2);
        let text: Vec<u8> = self.text.drain(..end).collect();
        let text = String::from_utf8(text).expect("it is text");
        let number = |block: &str| {
            let (_, rest) = block.split_once("\"number\":")?;
            Some(rest.split(',').next().unwrap_or_default().parse().ok())
        };
        text.split("\n\n").filter_map(number).collect()
    }

    /// When each number came, until the end.
    async fn read(mut self, committed: &Moments) -> Vec<Instant> {
        let mut received = Vec::new();
        loop {
            let numbers = self.chunk().await;
            let now = Instant::now();
            for number in numbers {
                let Some(number) = number else {
                    let received: Vec<Option<Instant>> = received;
                    return received.into_iter().flatten().collect();
                };
                let length = committed.lock().expect("nobody panics with it").len();
                received.resize(length.max(received.len()), None);
                received[number] = Some(now);
            }
        }
    }
}
