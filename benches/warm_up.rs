//! How fast the cache is filled at the start, and how much memory it takes.
//!
//! Measured in turns with a raw binary COPY of the same rows that are thrown away. The memory is
//! what the resident set grew by over the first warm-up, so everything that grew is in it.
//! `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::time::Instant;

use database::Database;
use figures::{median, median_ratio};
use futures_util::StreamExt;
use scrabble_backend::account::Accounts;
use scrabble_backend::config::Config;
use scrabble_backend::dev::Durability;
use scrabble_backend::email_code::EmailCodes;
use scrabble_backend::postgres::{Connector, Pool, SessionOptions};
use scrabble_backend::session::{Policy, Sessions};
use scrabble_backend::time::Clock;

const SESSIONS: usize = 1_000_000;
const ROUNDS: usize = 7;

/// The rows and the columns that the warm-up reads.
const COPY: &str =
    "copy (select token_hash, session_id, account_id, role = 'operator', last_seen_at, expires_at
    from session where expires_at > now()) to stdout (format binary)";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::FastForTests).await;
    database.fill(SESSIONS).await;
    let config = database.config();
    let connector = Connector::new(&config.postgres.dsn, config.postgres.operation_timeout)
        .expect("there is no TLS to prepare");
    drain(&connector).await;

    let before = resident_bytes();
    let sessions = sessions(&connector, &config);
    let _follower = sessions
        .warm_up(&connector, config.session.staleness_max)
        .await
        .expect("the sessions can be read");
    let grown = resident_bytes().saturating_sub(before);
    println!(
        "memory: {:.1} bytes a session, of the resident set",
        grown as f64 / sessions.cache().len() as f64
    );
    drop(sessions);

    let (mut warm_ups, mut copies) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        copies.push(drain(&connector).await);
        warm_ups.push(warm_up(&connector, &config).await);
    }
    println!("\nsessions/s          median     most");
    for (name, seconds) in [("warm-up", &warm_ups), ("raw COPY", &copies)] {
        let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let rate = |seconds: f64| SESSIONS as f64 / seconds;
        println!("{name:12} {:13.0} {:8.0}", rate(median(seconds)), rate(least));
    }
    println!("ratio: median {:.2}", median_ratio(&copies, &warm_ups));
    database.stop().await;
}

fn sessions(connector: &Connector, config: &Config) -> Sessions {
    let (pool, clock) = (Pool::new(connector.clone(), &config.postgres), Clock::system());
    let accounts = Accounts::new(pool.clone(), clock.clone());
    let email_codes = EmailCodes::without_mail(pool.clone(), clock.clone());
    Sessions::new(pool, accounts, email_codes, Policy::new(&config.session), clock)
}

/// Seconds of a warm-up; the last one's memory is given back outside.
async fn warm_up(connector: &Connector, config: &Config) -> f64 {
    let sessions = sessions(connector, config);
    let started = Instant::now();
    let follower = sessions.warm_up(connector, config.session.staleness_max).await;
    follower.expect("the sessions can be read");
    let read = sessions.cache().len();
    let elapsed = started.elapsed();
    assert_eq!((read, sessions.cache().len()), (SESSIONS, SESSIONS));
    elapsed.as_secs_f64()
}

/// Seconds of reading the rows as bytes, and nothing else.
async fn drain(connector: &Connector) -> f64 {
    let started = Instant::now();
    let (client, _driver) =
        connector.connect(SessionOptions::Unbounded).await.expect("the database is there");
    let mut rows = std::pin::pin!(client.copy_out(COPY).await.expect("the rows can be read"));
    let mut bytes = 0;
    while let Some(chunk) = rows.next().await {
        bytes += chunk.expect("the rows can be read").len();
    }
    let elapsed = started.elapsed();
    assert!(bytes > SESSIONS * 100, "every row has come");
    elapsed.as_secs_f64()
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says so");
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.expect("a number of kilobytes") * 1024
}
