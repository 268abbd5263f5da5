//! What a resolved token costs over HTTP: CPU per request, beside a bare hyper server's.
//!
//! This program runs itself twice more, as the service with everything on (exporters `none`) and as
//! a hyper server that answers every request with a constant of the same size; both with one worker
//! thread. It then loads them in turns, over 64 kept connections, with 4096 tokens of 100 000
//! sessions, and reads from /proc what each has cost. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/callers.rs"]
mod callers;
#[path = "support/costs.rs"]
mod costs;
#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/process.rs"]
mod process;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use callers::{Caller, Pace, SESSIONS, wakefulness};
use costs::{Figures, Meter};
use database::Database;
use figures::median_ratio;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use process::{Process, on_one_worker};
use scrabble_backend::dev::Durability;
use tokio::net::TcpListener;
use tokio::time::Instant;

const ROUNDS: usize = 15;
const SLICE: Duration = Duration::from_secs(1);

const ANSWER_BYTES: &str = "BENCH_ANSWER_BYTES";

/// What may be handed to the bench: another build of it, which is to be the service, so that a change
/// is compared with what was before.
const SERVICE: &str = "BENCH_SERVICE";

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => on_one_worker(process::serve_app(database::config_of_parent())),
        "bare" => on_one_worker(serve_constant()),
        _ => on_one_worker(compare()),
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
        Process::start(other.as_ref().unwrap_or(&this), "service", &[database.for_child()]);
    let mut service = Load::on(service).await;
    let start_bare =
        |bytes: usize| Process::start(&this, "bare", &[(ANSWER_BYTES, bytes.to_string())]);
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
            // The first round only wakes everything up.
            let mut warm_up = Figures::default();
            load.run_slice(pace, if round > 0 { figures } else { &mut warm_up }).await;
        }
    }
    (of_service, of_bare)
}

fn print_figures(pace: Pace, service: &Figures, bare: &Figures) {
    println!("\n{pace}: us of CPU a request");
    println!("{}", Figures::HEADING);
    println!("{}\n{}", service.line("service"), bare.line("bare hyper"));
    println!(
        "ratio: median {:.3}, of the slices' sums {:.3}",
        median_ratio(&service.cpu_us, &bare.cpu_us),
        service.cpu_us.iter().sum::<f64>() / bare.cpu_us.iter().sum::<f64>(),
    );
}

const PACES: [Pace; 2] = [Pace::PerSecond(100_000), Pace::Unbounded];

/// A server and its callers.
struct Load {
    server: Process,
    callers: Vec<Caller>,
    answer_bytes: usize,
    body_bytes: usize,
}

impl Load {
    async fn on(server: Process) -> Self {
        let mut callers = callers::connect(server.addr).await;
        let (answer_bytes, body_bytes) = callers[0].measure_answer().await;
        Self { server, callers, answer_bytes, body_bytes }
    }

    async fn run_slice(&mut self, pace: Pace, figures: &mut Figures) {
        let meter = Meter::start(&self.server);
        let awake = wakefulness();
        let callers = std::mem::take(&mut self.callers);
        let (callers, latencies_us) =
            callers::run(callers, pace, Instant::now() + SLICE, self.answer_bytes).await;
        self.callers = callers;
        awake.abort();
        meter.stop(&self.server, latencies_us.len() as u32, figures);
    }
}
