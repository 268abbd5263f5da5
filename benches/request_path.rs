//! What a resolved token costs over HTTP: CPU per request, beside a bare hyper server's.
//!
//! This program runs itself twice more, as the service with everything on (exporters `none`) and as
//! a hyper server that answers every request with a constant of the same size; both with one worker
//! thread. It then loads them in turns, over 64 kept connections, with 4096 tokens of 100 000
//! sessions, and reads from /proc what each has cost. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use database::Database;
use figures::{median, median_ratio};
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use scrabble_backend::app::App;
use scrabble_backend::dev::Durability;
use scrabble_backend::telemetry::{self, Telemetry};
use scrabble_backend::time::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

const SESSIONS: usize = 100_000;
const TOKENS: usize = 4096;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 15;
const SLICE: Duration = Duration::from_secs(1);

/// What the bench hands to the programs that it runs.
const DSN: &str = "BENCH_POSTGRES_DSN";
const ANSWER_BYTES: &str = "BENCH_ANSWER_BYTES";

/// What may be handed to the bench: another build of it, which is to be the service, so that a change
/// is compared with what was before.
const SERVICE: &str = "BENCH_SERVICE";

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => on_one_worker(serve_app()),
        "bare" => on_one_worker(serve_constant()),
        _ => on_one_worker(compare()),
    }
}

fn on_one_worker(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(work);
}

/// As `serve` does it.
async fn serve_app() {
    let config = database::config(&std::env::var(DSN).expect("the bench says where"));
    let telemetry =
        Telemetry::start(&config.telemetry, config.log_level, Box::new(std::io::stderr()))
            .expect("telemetry starts");
    telemetry::log_panics();
    let app = App::build(config, &telemetry.metrics(), Clock::system()).await.expect("it listens");
    let (addr, readiness) = (app.local_addr(), app.readiness());
    let announcing = async {
        readiness.opened().await;
        println!("{addr}");
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = app.run(std::future::pending()) => outcome.expect("the database is there"),
        () = announcing => {}
    }
}

/// hyper as the service uses it, and nothing else: no route, no limit, no timer.
async fn serve_constant() {
    let bytes: usize =
        std::env::var(ANSWER_BYTES).ok().and_then(|text| text.parse().ok()).expect("a number");
    let body = Bytes::from(vec![b' '; bytes]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("{}", listener.local_addr().expect("it has an address"));
    loop {
        let (stream, _) = listener.accept().await.expect("a connection comes");
        let _ = stream.set_nodelay(true);
        let body = body.clone();
        let service = hyper::service::service_fn(move |_| {
            let mut response = hyper::Response::new(Full::new(body.clone()));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            std::future::ready(Ok::<_, std::convert::Infallible>(response))
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .half_close(false)
            .max_buf_size(16384)
            .max_headers(100)
            .pipeline_flush(true)
            .header_read_timeout(None)
            .serve_connection(hyper_util::rt::TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn compare() {
    let database = Database::start(Durability::FastForTests).await;
    database.fill(SESSIONS).await;
    let this = std::env::current_exe().expect("this program has a path");
    let other = std::env::var_os(SERVICE).map(PathBuf::from);
    let service =
        Server::start(other.as_ref().unwrap_or(&this), "service", &[(DSN, database.dsn())]);
    let mut service = Load::on(service).await;
    let start_bare =
        |bytes: usize| Server::start(&this, "bare", &[(ANSWER_BYTES, bytes.to_string())]);
    // The same bytes on the wire: what the service says in headers more, the other says in its body.
    let body_bytes = service.body_bytes + service.answer_bytes;
    let probe = Load::on(start_bare(body_bytes)).await;
    let body_bytes = body_bytes - (probe.answer_bytes - service.answer_bytes);
    drop(probe);
    let mut bare = Load::on(start_bare(body_bytes)).await;
    println!("bytes of an answer: service {}, bare {}", service.answer_bytes, bare.answer_bytes);
    for pace in PACES {
        let (of_service, of_bare) = in_turns(&mut service, &mut bare, pace).await;
        print_figures(pace, &of_service, &of_bare);
    }
    drop((service, bare));
    database.stop().await;
}

async fn in_turns(service: &mut Load, bare: &mut Load, pace: Pace) -> (Figures, Figures) {
    let (mut of_service, mut of_bare) = (Figures::default(), Figures::default());
    for round in 0..=ROUNDS {
        let mut pair = [(&mut *service, &mut of_service), (&mut *bare, &mut of_bare)];
        // Which goes first alternates too.
        if round % 2 == 1 {
            pair.reverse();
        }
        for (load, figures) in pair {
            let slice = load.run_slice(pace).await;
            // The first round only wakes everything up.
            if round > 0 {
                figures.push(slice);
            }
        }
    }
    (of_service, of_bare)
}

fn print_figures(pace: Pace, service: &Figures, bare: &Figures) {
    println!("\n{pace}: us of CPU a request");
    println!("                        median  user  system   requests/s");
    for (name, figures) in [("service", service), ("bare hyper", bare)] {
        println!(
            "{name:20} {:9.2} {:5.2} {:7.2} {:12.0}",
            median(&figures.cpu_us),
            median(&figures.user_us),
            median(&figures.cpu_us) - median(&figures.user_us),
            median(&figures.per_second),
        );
    }
    println!(
        "ratio: median {:.3}, of the slices' sums {:.3}",
        median_ratio(&service.cpu_us, &bare.cpu_us),
        service.cpu_us.iter().sum::<f64>() / bare.cpu_us.iter().sum::<f64>(),
    );
}

/// How fast callers ask.
#[derive(Debug, Clone, Copy)]
enum Pace {
    /// So many requests a second, all connections together: the same work for both servers.
    PerSecond(u32),
    /// Each connection asks again as soon as it is answered: what a server has no time for, it is not
    /// asked.
    Unbounded,
}

const PACES: [Pace; 2] = [Pace::PerSecond(100_000), Pace::Unbounded];

impl Pace {
    /// The pause between two requests of a connection.
    fn interval(self) -> Duration {
        match self {
            Self::PerSecond(rate) => Duration::from_secs(1) * CONNECTIONS as u32 / rate,
            Self::Unbounded => Duration::ZERO,
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(formatter, "{rate} requests a second"),
            Self::Unbounded => formatter.write_str("as fast as it answers"),
        }
    }
}

/// What the slices of a server have cost.
#[derive(Default)]
struct Figures {
    cpu_us: Vec<f64>,
    user_us: Vec<f64>,
    per_second: Vec<f64>,
}

impl Figures {
    fn push(&mut self, slice: Slice) {
        self.cpu_us.push(slice.cpu_us);
        self.user_us.push(slice.user_us);
        self.per_second.push(slice.per_second);
    }
}

/// What one slice has cost, a request.
struct Slice {
    cpu_us: f64,
    user_us: f64,
    per_second: f64,
}

/// This program, or another build of it, in another role, until it is dropped.
struct Server {
    process: Child,
    addr: SocketAddr,
}

impl Server {
    fn start(program: &Path, role: &str, environment: &[(&str, String)]) -> Self {
        let mut process = Command::new(program)
            .arg(role)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this program runs again");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it says where it listens");
        Self { process, addr: line.trim().parse().expect("an address") }
    }

    /// User and system time so far, in ticks of 10 ms.
    fn cpu_ticks(&self) -> (u64, u64) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))
            .expect("it is running");
        // The name may hold spaces; behind it the state is field 3, and the times are 14 and 15.
        let fields: Vec<&str> =
            stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        (fields[11].parse().expect("a number"), fields[12].parse().expect("a number"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The connections to a server.
struct Load {
    server: Server,
    connections: Vec<Connection>,
    answer_bytes: usize,
    body_bytes: usize,
}

struct Connection {
    stream: TcpStream,
    next: usize,
}

impl Load {
    async fn on(server: Server) -> Self {
        let mut connections = Vec::new();
        for number in 0..CONNECTIONS {
            let stream = TcpStream::connect(server.addr).await.expect("it listens");
            stream.set_nodelay(true).expect("a socket takes it");
            connections.push(Connection { stream, next: number * TOKENS / CONNECTIONS });
        }
        let (answer_bytes, body_bytes) = connections[0].measure_answer().await;
        Self { server, connections, answer_bytes, body_bytes }
    }

    async fn run_slice(&mut self, pace: Pace) -> Slice {
        let (user_before, system_before) = self.server.cpu_ticks();
        let started = Instant::now();
        let (until, answer_bytes) = (started + SLICE, self.answer_bytes);
        // Whom a server finds asleep it has to wake, at its own cost, and the slower one finds more of
        // its callers so. With this they are always awake, and neither pays for it.
        let wakefulness = tokio::spawn(async {
            loop {
                tokio::task::yield_now().await;
            }
        });
        let running: Vec<_> = std::mem::take(&mut self.connections)
            .into_iter()
            .enumerate()
            .map(|(number, connection)| {
                // Spread over the interval, as callers who don't know of each other are.
                let first = started + pace.interval() * number as u32 / CONNECTIONS as u32;
                tokio::spawn(connection.run(first, pace.interval(), until, answer_bytes))
            })
            .collect();
        let mut requests = 0_u32;
        for task in running {
            let (connection, count) = task.await.expect("a caller does not fail");
            self.connections.push(connection);
            requests += count;
        }
        wakefulness.abort();
        let elapsed = started.elapsed();
        let (user, system) = self.server.cpu_ticks();
        let us = |ticks: u64| ticks as f64 * 10_000.0 / f64::from(requests);
        Slice {
            cpu_us: us(user - user_before + system - system_before),
            user_us: us(user - user_before),
            per_second: f64::from(requests) / elapsed.as_secs_f64(),
        }
    }
}

impl Connection {
    /// One request after the other, each when the last is answered and its time has come.
    async fn run(
        mut self,
        first: Instant,
        interval: Duration,
        until: Instant,
        answer_bytes: usize,
    ) -> (Self, u32) {
        let mut answer = vec![0; answer_bytes];
        let (mut count, mut next) = (0, first);
        loop {
            // Not by a timer, whose grain is a millisecond.
            while Instant::now() < next {
                tokio::task::yield_now().await;
            }
            if Instant::now() >= until {
                break;
            }
            next += interval;
            self.ask().await;
            self.stream.read_exact(&mut answer).await.expect("an answer comes");
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "an answer of the same size: 200");
            count += 1;
        }
        (self, count)
    }

    async fn ask(&mut self) {
        let token = database::token(self.next % TOKENS * (SESSIONS / TOKENS));
        self.next += 1;
        let request = format!(
            "GET /api/v1/internal/sessions/resolve HTTP/1.1\r\nHost: backend\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await.expect("a request goes out");
    }

    /// How long an answer is, whole and its body.
    async fn measure_answer(&mut self) -> (usize, usize) {
        self.ask().await;
        let mut answer = Vec::new();
        loop {
            self.stream.read_buf(&mut answer).await.expect("an answer comes");
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|value| value.parse::<usize>().ok())
                .expect("an answer says its length");
            if body.len() == length {
                return (answer.len(), length);
            }
        }
    }
}
