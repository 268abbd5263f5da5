//! What a resolved token costs over HTTP/2, beside HTTP/1.1.
//!
//! This program runs itself once more, as the service with everything on (exporters `none`) and one
//! worker thread, and loads it in turns: over 64 kept connections of HTTP/1.1, and over 4 of HTTP/2 with
//! 16 streams each. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/callers.rs"]
mod callers;
#[path = "support/costs.rs"]
mod costs;
#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/gateway.rs"]
mod gateway;
#[path = "support/process.rs"]
mod process;

use std::time::Duration;

use callers::{Pace, SESSIONS, wakefulness};
use costs::{Figures, Meter};
use database::Database;
use figures::{median, median_ratio, quantile};
use gateway::Gateway;
use process::{Process, on_one_worker};
use scrabble_backend::dev::Durability;
use tokio::time::Instant;

const CONNECTIONS: usize = 4;
const ROUNDS: usize = 15;
const SLICE: Duration = Duration::from_secs(1);
const PACES: [Pace; 2] = [Pace::PerSecond(100_000), Pace::Unbounded];

/// Slices of one of the two protocols.
#[derive(Default)]
struct Measured {
    costs: Figures,
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
}

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => on_one_worker(process::serve_app(database::config_of_parent())),
        _ => on_one_worker(compare()),
    }
}

async fn compare() {
    let database = Database::start(Durability::FastForTests).await;
    database.fill(SESSIONS).await;
    let this = std::env::current_exe().expect("this program has a path");
    let service = Process::start(&this, "service", &[database.for_child()]);
    let mut callers = callers::connect(service.addr).await;
    let (answer_bytes, _) = callers[0].measure_answer().await;
    let mut gateways = Gateway::connect(service.addr, CONNECTIONS).await;
    for pace in PACES {
        let (mut http1, mut http2) = (Measured::default(), Measured::default());
        for round in 0..=ROUNDS {
            // Which goes first alternates.
            for is_http2 in [round % 2 == 1, round % 2 == 0] {
                let awake = wakefulness();
                let meter = Meter::start(&service);
                let until = Instant::now() + SLICE;
                let latencies_us;
                if is_http2 {
                    (gateways, latencies_us) = run(gateways, pace, until).await;
                } else {
                    (callers, latencies_us) =
                        callers::run(callers, pace, until, answer_bytes).await;
                }
                awake.abort();
                let measured = if is_http2 { &mut http2 } else { &mut http1 };
                // The first round only wakes everything up.
                let mut warm_up = Figures::default();
                let costs = if round > 0 { &mut measured.costs } else { &mut warm_up };
                meter.stop(&service, latencies_us.len() as u32, costs);
                if round > 0 {
                    measured.p50_us.push(quantile(&latencies_us, 0.5));
                    measured.p99_us.push(quantile(&latencies_us, 0.99));
                }
            }
        }
        print_figures(pace, &http1, &http2);
    }
    drop((callers, gateways, service));
    database.stop().await;
}

fn print_figures(pace: Pace, http1: &Measured, http2: &Measured) {
    println!("\n{pace}: us of CPU a request\n{}       p50 us   p99 us", Figures::HEADING);
    for (name, measured) in [("HTTP/1.1, 64", http1), ("HTTP/2, 4 x 16", http2)] {
        let (p50, p99) = (median(&measured.p50_us), median(&measured.p99_us));
        println!("{} {p50:12.0} {p99:8.0}", measured.costs.line(name));
    }
    let ratio = median_ratio(&http2.costs.cpu_us, &http1.costs.cpu_us);
    println!("ratio: median {ratio:.3}");
}

/// Has all callers ask until it is over; gives the connections back, and how long each answer took.
async fn run(gateways: Vec<Gateway>, pace: Pace, until: Instant) -> (Vec<Gateway>, Vec<f64>) {
    let running: Vec<_> =
        gateways.into_iter().map(|gateway| tokio::spawn(gateway.run(pace, until))).collect();
    let (mut gateways, mut latencies_us) = (Vec::new(), Vec::new());
    for task in running {
        let (gateway, of_gateway) = task.await.expect("a gateway does not fail");
        gateways.push(gateway);
        latencies_us.extend(of_gateway);
    }
    (gateways, latencies_us)
}
