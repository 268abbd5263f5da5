//! Opened sessions a second for 64 callers, durable: each is on the disk when its caller hears of it.
//!
//! In this process, without HTTP: the use case, the pool and PostgreSQL. `benches/README.md` has the
//! figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::time::{Duration, Instant};

use database::Database;
use figures::{median, quantile};
use scrabble_backend::account::{Accounts, IdentityKey, PlatformIdentity, Profile};
use scrabble_backend::dev::Durability;
use scrabble_backend::postgres::{Connector, Pool};
use scrabble_backend::session::{Client, Policy, Sessions};
use scrabble_backend::time::Clock;

const CALLERS: usize = 64;
const ROUNDS: usize = 5;
const SLICE: Duration = Duration::from_secs(2);

/// Who comes.
#[derive(Clone, Copy, PartialEq)]
enum Player {
    /// Somebody new: an account and an identity are made.
    New,
    /// Each caller's own player, again and again.
    Known,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::Durable).await;
    let config = database.config();
    let connector = Connector::new(&config.postgres.dsn, config.postgres.operation_timeout)
        .expect("there is no TLS to prepare");
    let (pool, clock) = (Pool::new(connector, &config.postgres), Clock::system());
    let accounts = Accounts::new(pool.clone(), clock.clone());
    let sessions = Sessions::new(pool, accounts, Policy::new(&config.session), clock);

    println!("sessions opened/s  median   least    most   p50 ms   p99 ms");
    let (mut new, mut known) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
    for round in 0..=ROUNDS {
        for (player, (rates, waits)) in [(Player::New, &mut new), (Player::Known, &mut known)] {
            let (rate, slice) = run_slice(&sessions, player, round).await;
            // The first round opens the connections.
            if round > 0 {
                rates.push(rate);
                waits.extend(slice);
            }
        }
    }
    for (name, (rates, waits)) in [("new players", &new), ("known players", &known)] {
        println!(
            "{name:16} {:8.0} {:7.0} {:7.0} {:8.1} {:8.1}",
            median(rates),
            quantile(rates, 0.0),
            quantile(rates, 1.0),
            median(waits),
            quantile(waits, 0.99),
        );
    }
    drop(sessions);
    database.stop().await;
}

/// How many a second were opened, and how many milliseconds each took.
async fn run_slice(sessions: &Sessions, player: Player, round: usize) -> (f64, Vec<f64>) {
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let sessions = sessions.clone();
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while started.elapsed() < SLICE {
                    let subject = match player {
                        Player::New => format!("{round}-{caller}-{}", waits.len()),
                        Player::Known => format!("{caller}"),
                    };
                    let asked = Instant::now();
                    open(&sessions, &subject).await;
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

async fn open(sessions: &Sessions, subject: &str) {
    let identity =
        PlatformIdentity::parse("bench", subject).expect("an identity of the right form");
    sessions
        .open(IdentityKey::Platform(identity), Profile::default(), Client::default())
        .await
        .expect("a session is opened");
}
