//! Tokens a second that the cache does not know, for 64 callers: each is asked of the database once.
//!
//! In this process, without HTTP. In turns with the least that a look-up by itself costs: one prepared
//! SELECT on a pooled connection. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use database::{Database, token};
use figures::{median, median_ratio, quantile};
use postgres_types::Type;
use scrabble_backend::account::Accounts;
use scrabble_backend::config::SessionConfig;
use scrabble_backend::dev::Durability;
use scrabble_backend::postgres::{Connector, Pool, Query};
use scrabble_backend::session::{Policy, Sessions, TokenHash};
use scrabble_backend::time::Clock;

const CALLERS: usize = 64;
const ROUNDS: usize = 11;
const SLICE: Duration = Duration::from_secs(1);
/// More than are asked for in a slice.
const SESSIONS: usize = 300_000;

/// What each caller does, with a token that nobody has shown yet.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    /// Selects its row, and nothing else.
    OneSelect,
    /// Resolves it.
    Resolve,
    /// Resolves one that is nobody's.
    ResolveUnknown,
}

const WORKS: [(Work, &str); 3] = [
    (Work::OneSelect, "one SELECT each"),
    (Work::Resolve, "sessions"),
    (Work::ResolveUnknown, "nobody's tokens"),
];

const SELECT: &Query = &Query {
    name: "SELECT",
    sql: "select session_id, account_id, role, last_seen_at, expires_at from session where token_hash = $1",
    parameters: &[Type::BYTEA],
    columns: &[Type::UUID, Type::UUID, Type::TEXT, Type::TIMESTAMPTZ, Type::TIMESTAMPTZ],
};

/// What callers share in a slice.
struct Slice {
    pool: Pool,
    /// With an empty cache.
    sessions: Sessions,
    next_token: AtomicUsize,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::FastForTests).await;
    database.fill(SESSIONS).await;
    let config = database.config();
    let connector = Connector::new(&config.postgres.dsn, config.postgres.operation_timeout)
        .expect("there is no TLS to prepare");
    let pool = Pool::new(connector, &config.postgres);
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); WORKS.len()];
    let mut waits = rates.clone();
    for round in 0..=ROUNDS {
        for (place, (work, _)) in WORKS.iter().enumerate() {
            let (rate, slice) = run_slice(*work, &pool, &config.session).await;
            // The first round opens the connections.
            if round > 0 {
                rates[place].push(rate);
                waits[place].extend(slice);
            }
        }
    }
    println!("look-ups/s        median   least    most   p50 ms   p99 ms   x SELECT");
    for (place, (_, name)) in WORKS.iter().enumerate() {
        let (rates_of, waits) = (&rates[place], &waits[place]);
        println!(
            "{name:16} {:8.0} {:7.0} {:7.0} {:8.2} {:8.2} {:10.2}",
            median(rates_of),
            quantile(rates_of, 0.0),
            quantile(rates_of, 1.0),
            median(waits),
            quantile(waits, 0.99),
            median_ratio(rates_of, &rates[0]),
        );
    }
    drop(pool);
    database.stop().await;
}

/// How many a second were looked up, and how many milliseconds each took.
async fn run_slice(work: Work, pool: &Pool, config: &SessionConfig) -> (f64, Vec<f64>) {
    let clock = Clock::system();
    let accounts = Accounts::new(pool.clone(), clock.clone());
    let sessions = Sessions::new(pool.clone(), accounts, Policy::new(config), clock);
    let slice = Slice { pool: pool.clone(), sessions, next_token: AtomicUsize::new(0) };
    let slice = Arc::new(slice);
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let slice = Arc::clone(&slice);
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while started.elapsed() < SLICE {
                    let asked = Instant::now();
                    slice.look_up(work).await;
                    waits.push(asked.elapsed().as_secs_f64() * 1000.0);
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for caller in callers {
        waits.extend(caller.await.expect("a caller does not fail"));
    }
    (waits.len() as f64 / started.elapsed().as_secs_f64(), waits)
}

impl Slice {
    async fn look_up(&self, work: Work) {
        let number = self.next_token.fetch_add(1, Ordering::Relaxed);
        assert!(number < SESSIONS, "there are more sessions than are asked for");
        match work {
            Work::OneSelect => {
                let hash = TokenHash::of(&token(number)).expect("a token");
                let connection = self.pool.get().await.expect("a connection becomes free");
                let found = connection.query_opt(SELECT, &[&hash.as_bytes().as_slice()]).await;
                assert!(found.expect("the row is read").is_some());
            }
            Work::Resolve => {
                let found = self.sessions.resolve(&token(number)).await;
                assert!(found.expect("the database is asked").is_some());
            }
            Work::ResolveUnknown => {
                let found = self.sessions.resolve(&token(SESSIONS + number)).await;
                assert!(found.expect("the database is asked").is_none());
            }
        }
    }
}
