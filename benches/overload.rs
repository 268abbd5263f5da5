//! What becomes of the service when it is asked four times what it can do.
//!
//! This program runs itself once more, as the service with everything on (exporters `none`) and one
//! worker thread, and has it change accounts: at first by callers who wait for each answer, enough to keep
//! it busy, and then by requests that come at four times that rate whether or not the ones before were
//! answered. Probes go on meanwhile. The database syncs to the disk: to one that takes 10 ms
//! for it, and then to this machine's, where the two cores are the limit, of which callers and database
//! need the most. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/process.rs"]
mod process;
#[path = "support/wire.rs"]
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use database::Database;
use figures::{median, quantile};
use process::{Process, on_one_worker};
use scrabble_backend::dev::Durability;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use wire::{Answered, Wire, with_body};

const ROUNDS: usize = 5;
const SLICE: Duration = Duration::from_secs(3);
/// How many wait for their answers at the peak: less than are let in.
const WAITING: usize = 512;
/// How many connections there are for requests that wait for nobody: more than are let in.
const CONNECTIONS: usize = 3072;
const OVERLOAD: f64 = 4.0;
/// How often requests that are due are sent.
const TICK: Duration = Duration::from_millis(1);
const PROBE_PAUSE: Duration = Duration::from_millis(10);
/// How many accounts there are to be changed.
const ACCOUNTS: usize = 1_000;

/// The disks, and what PostgreSQL is told for each.
const DISKS: [(&str, &str); 2] = [
    ("a disk that takes 10 ms", "&options=-c%20commit_delay%3D10000%20-c%20commit_siblings%3D0"),
    ("this machine's disk", ""),
];

fn main() {
    let role = std::env::args().nth(1).unwrap_or_default();
    match role.as_str() {
        "service" => on_one_worker(process::serve_app(database::config_of_parent())),
        _ => on_one_worker(compare()),
    }
}

/// What a slice came to.
#[derive(Default)]
struct Slice {
    seconds: f64,
    changed_ms: Vec<f64>,
    refused_ms: Vec<f64>,
    /// Neither changed nor refused as it should be.
    wrong: usize,
    /// Found no connection, for all were waiting.
    unsent: usize,
    probes_ms: Vec<f64>,
    probes_failed: usize,
    /// What the service used of a core.
    cores: f64,
}

impl Slice {
    fn add(&mut self, answered: &Answered) {
        match answered.status {
            200 => self.changed_ms.push(answered.took_ms),
            503 if answered.says_when_to_retry => self.refused_ms.push(answered.took_ms),
            _ => self.wrong += 1,
        }
    }

    fn goodput(&self) -> f64 {
        self.changed_ms.len() as f64 / self.seconds
    }
}

async fn compare() {
    let database = Database::start(Durability::Durable).await;
    let this = std::env::current_exe().expect("this program has a path");
    for (disk, options) in DISKS {
        let (name, dsn) = database.for_child();
        let service = Process::start(&this, "service", &[(name, dsn + options)]);
        println!("\n{disk}");
        in_turns(&service).await;
    }
    database.stop().await;
}

async fn in_turns(service: &Process) {
    let addr = service.addr;
    let mut wires = Vec::new();
    for _ in 0..CONNECTIONS {
        wires.push(Wire::connect(addr).await);
    }
    let changes = open_accounts(&mut wires[0]).await;
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        let before = cpu_seconds(service);
        let mut at_the_peak = peak(&mut wires, &changes).await;
        let between = cpu_seconds(service);
        let rate = at_the_peak.goodput() * OVERLOAD;
        let mut overloaded = overload(&mut wires, &changes, addr, rate).await;
        at_the_peak.cores = (between - before) / at_the_peak.seconds;
        overloaded.cores = (cpu_seconds(service) - between) / overloaded.seconds;
        // The first round only wakes everything up.
        if round > 0 {
            print_round(&at_the_peak, &overloaded);
            ratios.push(overloaded.goodput() / at_the_peak.goodput());
        }
    }
    println!("goodput, of the peak: median {:.3}", median(&ratios));
}

fn cpu_seconds(service: &Process) -> f64 {
    let (user, system) = service.cpu_ticks();
    (user + system) as f64 / 100.0
}

/// Makes the accounts; a request each that changes one.
async fn open_accounts(wire: &mut Wire) -> Arc<[String]> {
    let mut changes = Vec::new();
    for number in 0..ACCOUNTS {
        let identity = format!(r#"{{"kind":"platform","provider":"bench","subject":"{number}"}}"#);
        let body = format!(r#"{{"identity":{identity}}}"#);
        wire.ask(&with_body("POST /api/v1/internal/sessions HTTP/1.1", &body), Instant::now())
            .await;
        let text = wire.received();
        let (_, account) = text.split_once(r#""account":{"id":""#).expect("an account");
        let request =
            format!("PATCH /api/v1/user/account HTTP/1.1\r\nX-User-ID: {}", &account[..36]);
        let body = format!(r#"{{"display_name":"Player {number}"}}"#);
        changes.push(with_body(&request, &body));
    }
    changes.into()
}

fn print_round(peak: &Slice, overloaded: &Slice) {
    let quantiles = |values: &[f64]| match values {
        [] => "none".to_owned(),
        values => format!("p50 {:.1} p99 {:.1} ms", quantile(values, 0.5), quantile(values, 0.99)),
    };
    let per_second = |values: &[f64]| values.len() as f64 / overloaded.seconds;
    println!(
        "peak {:.0}/s, {}; at {OVERLOAD} times that: changed {:.0}/s, {}; refused {:.0}/s, {}; wrong {}, \
         unsent {}; probes {}, failed {}; the service used {:.2} and {:.2} cores",
        peak.goodput(),
        quantiles(&peak.changed_ms),
        overloaded.goodput(),
        quantiles(&overloaded.changed_ms),
        per_second(&overloaded.refused_ms),
        quantiles(&overloaded.refused_ms),
        peak.wrong + overloaded.wrong,
        overloaded.unsent,
        quantiles(&overloaded.probes_ms),
        overloaded.probes_failed,
        peak.cores,
        overloaded.cores,
    );
}

/// Callers who ask again once they are answered.
async fn peak(wires: &mut Vec<Wire>, changes: &Arc<[String]>) -> Slice {
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for (number, mut wire) in wires.drain(..WAITING).enumerate() {
        let changes = Arc::clone(changes);
        callers.spawn(async move {
            let (mut answers, mut next) = (Vec::new(), number);
            while started.elapsed() < SLICE {
                answers.push(wire.ask(&changes[next % ACCOUNTS], Instant::now()).await);
                next += WAITING;
            }
            (wire, answers)
        });
    }
    let mut slice = Slice::default();
    while let Some(caller) = callers.join_next().await {
        let (wire, answers) = caller.expect("a caller does not fail");
        wires.push(wire);
        answers.iter().for_each(|it| slice.add(it));
    }
    slice.seconds = started.elapsed().as_secs_f64();
    slice
}

/// Requests that come when they come, each on a connection of which nobody awaits an answer.
async fn overload(
    wires: &mut Vec<Wire>,
    changes: &Arc<[String]>,
    addr: SocketAddr,
    rate: f64,
) -> Slice {
    let (give_back, mut given_back) = mpsc::unbounded_channel();
    let (mut slice, mut sent) = (Slice::default(), 0);
    let started = Instant::now();
    let probing = tokio::spawn(probe(addr, started + SLICE));
    while started.elapsed() < SLICE {
        tokio::time::sleep(TICK).await;
        while let Ok((wire, answered)) = given_back.try_recv() {
            wires.push(wire);
            slice.add(&answered);
        }
        let due_by_now = (started.elapsed().as_secs_f64() * rate) as usize;
        for number in sent..due_by_now {
            let due = started + Duration::from_secs_f64(number as f64 / rate);
            let Some(mut wire) = wires.pop() else {
                slice.unsent += 1;
                continue;
            };
            let (changes, give_back) = (Arc::clone(changes), give_back.clone());
            tokio::spawn(async move {
                let answered = wire.ask(&changes[number % ACCOUNTS], due).await;
                let _ = give_back.send((wire, answered));
            });
        }
        sent = due_by_now;
    }
    // What is on its way is answered too, and that time counts.
    while wires.len() < CONNECTIONS {
        let (wire, answered) = given_back.recv().await.expect("we hold a sender");
        wires.push(wire);
        slice.add(&answered);
    }
    slice.seconds = started.elapsed().as_secs_f64();
    (slice.probes_ms, slice.probes_failed) = probing.await.expect("probing does not fail");
    slice
}

/// Asks both probes in turn; how long each took, and how many did not say that all is well.
async fn probe(addr: SocketAddr, until: Instant) -> (Vec<f64>, usize) {
    let mut wire = Wire::connect(addr).await;
    let (mut took_ms, mut failed) = (Vec::new(), 0);
    for path in ["/healthz", "/readyz"].into_iter().cycle() {
        if Instant::now() >= until {
            break;
        }
        let request = format!("GET {path} HTTP/1.1\r\nHost: backend\r\n\r\n");
        let answered = wire.ask(&request, Instant::now()).await;
        failed += usize::from(answered.status != 200);
        took_ms.push(answered.took_ms);
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    (took_ms, failed)
}
