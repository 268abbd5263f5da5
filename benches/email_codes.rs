//! Whether the time of an answer tells who has an account: codes asked for, and wrong codes shown, for
//! addresses that are somebody's and for those that are nobody's, in turns.
//!
//! Over HTTP, from the request to the answer, as whoever is curious sees it. The mail goes to nobody's
//! server at a closed port, so that it stays in the queue. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use database::Database;
use figures::quantile;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use scrabble_backend::app::App;
use scrabble_backend::dev::Durability;
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::Clock;
use serde_json::{Value, json};

/// Each address is asked for once, for more would be throttled.
const PAIRS: usize = 4000;

/// Asked for before anything is measured.
const WARM_UP_PAIRS: usize = 200;

/// What of two means of the same thing differs by chance alone.
const STANDARD_ERRORS: f64 = 3.0;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::Durable).await;
    fill(&database).await;
    let mut config = database.config();
    // Nothing is sent while this runs, but all that a request does is done.
    config.mail.relay = Some(scrabble_backend::config::RelayConfig {
        url: "smtp://127.0.0.1:1?tls=none".parse().expect("it is a mail server's URL"),
        from: "bench@example.com".parse().expect("it is a mailbox"),
    });
    let app = App::build(config, &Metrics::none(), Clock::system()).await.expect("it builds");
    let (addr, readiness) = (app.local_addr(), app.readiness());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(app.run(async {
        let _ = stopped.await;
    }));
    readiness.opened().await;
    let mut caller = Caller::connect(addr).await;
    let (mut asked, mut shown) = (Times::default(), Times::default());
    for pair in 0..PAIRS + WARM_UP_PAIRS {
        // Whichever is first may find the processor colder.
        let order = if pair % 2 == 0 { [true, false] } else { [false, true] };
        for is_known in order {
            let (asking, challenge) = caller.ask(pair, is_known).await;
            let showing = caller.show_wrong(&challenge).await;
            if pair >= WARM_UP_PAIRS {
                asked.add(is_known, asking);
                shown.add(is_known, showing);
            }
        }
    }
    println!("µs                            p10      p50      p90      p99     mean");
    asked.print("a code is asked for");
    shown.print("a wrong code is shown");
    let _ = stop.send(());
    running.await.expect("it does not panic").expect("it ends well");
    database.stop().await;
}

/// Gives every known address its account.
async fn fill(database: &Database) {
    let pool = database.connect().await;
    let statements = format!(
        "set search_path = backend;
        insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
            select gen_random_uuid(), 'known' || i, 'en', 'Etc/UTC', 'player', now(), now()
                from generate_series(0, {PAIRS} + {WARM_UP_PAIRS}) i;
        insert into identity (identity_id, account_id, kind, address, created_at)
            select gen_random_uuid(), account_id, 'email', display_name || '@example.com', now() from account;
        vacuum analyze identity"
    );
    for statement in statements.split(';') {
        pool.batch_execute(statement).await.expect("the accounts are made");
    }
}

/// One connection, as a gateway keeps them.
struct Caller {
    connection: SendRequest<Full<Bytes>>,
    /// Each request comes from a network of its own.
    networks: u32,
}

impl Caller {
    async fn connect(addr: SocketAddr) -> Self {
        let socket = tokio::net::TcpStream::connect(addr).await.expect("the service listens");
        socket.set_nodelay(true).expect("the socket is open");
        let (connection, serving) = handshake(TokioIo::new(socket)).await.expect("it is HTTP");
        tokio::spawn(serving);
        Self { connection, networks: 0 }
    }

    async fn ask(&mut self, pair: usize, is_known: bool) -> (f64, String) {
        self.networks += 1;
        // The two are of one length.
        let name = if is_known { "known" } else { "other" };
        let ip = format!("2001:db8:{:x}:{:x}::1", self.networks >> 16, self.networks & 0xffff);
        let body = json!({"email": format!("{name}{pair}@example.com"), "client": {"ip": ip}});
        let (micros, answer) = self.post("/api/v1/internal/email-codes", &body, 202).await;
        (micros, answer["challenge"].as_str().expect("there is a challenge").to_owned())
    }

    async fn show_wrong(&mut self, challenge: &str) -> f64 {
        // The right one in a million would be answered with 201, and end the run.
        let identity = json!({"kind": "email", "challenge": challenge, "code": "000000"});
        let body = json!({"identity": identity});
        self.post("/api/v1/internal/sessions", &body, 403).await.0
    }

    async fn post(&mut self, path: &str, body: &Value, status: u16) -> (f64, Value) {
        let request = hyper::Request::post(path)
            .header("host", "bench")
            .header("content-type", "application/json")
            .body(Full::from(body.to_string()))
            .expect("it is a request");
        self.connection.ready().await.expect("the connection is kept");
        let started = Instant::now();
        let response = self.connection.send_request(request).await.expect("it is answered");
        let (head, bytes) = read(response).await;
        let micros = started.elapsed().as_secs_f64() * 1e6;
        assert_eq!(head, status, "{}", String::from_utf8_lossy(&bytes));
        (micros, serde_json::from_slice(&bytes).expect("the answer is JSON"))
    }
}

async fn read(response: hyper::Response<Incoming>) -> (u16, Bytes) {
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("the body arrives");
    (status, body.to_bytes())
}

/// In microseconds.
#[derive(Default)]
struct Times {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

impl Times {
    fn add(&mut self, is_known: bool, micros: f64) {
        if is_known { &mut self.known } else { &mut self.unknown }.push(micros);
    }

    fn print(&self, what: &str) {
        for (name, times) in [("known", &self.known), ("unknown", &self.unknown)] {
            let at = |part| quantile(times, part);
            println!(
                "{what:21} {name:7} {:8.0} {:8.0} {:8.0} {:8.0} {:8.1}",
                at(0.1),
                at(0.5),
                at(0.9),
                at(0.99),
                mean(times)
            );
        }
        // Pair by pair, so that what both suffer from is no difference.
        let differences: Vec<f64> =
            self.known.iter().zip(&self.unknown).map(|(known, unknown)| known - unknown).collect();
        let difference = mean(&differences);
        let variance = differences.iter().map(|it| (it - difference).powi(2)).sum::<f64>()
            / (differences.len() as f64 - 1.0);
        let error = (variance / differences.len() as f64).sqrt();
        let verdict =
            if difference.abs() <= STANDARD_ERRORS * error { "none seen" } else { "SEEN" };
        println!(
            "{what:21} known - unknown: mean {difference:+.1}, standard error {error:.1}, median {:+.1}: {verdict}",
            quantile(&differences, 0.5)
        );
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
