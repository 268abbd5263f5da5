//! Opened sessions a second for 64 callers, durable: each is on the disk when its caller hears of it.
//!
//! In this process, without HTTP: the use case, the pool and PostgreSQL. In turns with the least that
//! storing a session by itself costs: one INSERT on a pooled connection, for an account that is known
//! and not looked at. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::time::{Duration, Instant};

use database::Database;
use figures::{median, median_ratio, quantile};
use postgres_types::Type;
use scrabble_backend::account::{Accounts, IdentityKey, PlatformIdentity, Profile};
use scrabble_backend::dev::Durability;
use scrabble_backend::id::{AccountId, SessionId};
use scrabble_backend::postgres::{Connector, Pool, Query};
use scrabble_backend::session::{Client, Policy, Sessions, Token};
use scrabble_backend::time::Clock;

const CALLERS: usize = 64;
const ROUNDS: usize = 5;
const SLICE: Duration = Duration::from_secs(2);

/// What each caller does, again and again.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Work {
    /// Stores a row, and nothing else.
    OneInsert,
    /// Opens a session for a player of its own.
    Known,
    /// Opens a session for somebody new: an account and an identity are made.
    New,
}

const WORKS: [(Work, &str); 3] = [
    (Work::OneInsert, "one INSERT each"),
    (Work::Known, "known players"),
    (Work::New, "new players"),
];

const INSERT: &Query = &Query {
    name: "INSERT",
    sql: "insert into session (session_id, account_id, token_hash, role, created_at, last_seen_at, expires_at)
        values ($1, $2, $3, 'player', $4, $4, $5)",
    parameters: &[Type::UUID, Type::UUID, Type::BYTEA, Type::TIMESTAMPTZ, Type::TIMESTAMPTZ],
    columns: &[],
};

/// What the callers work with.
#[derive(Clone)]
struct Bench {
    pool: Pool,
    sessions: Sessions,
    account_id: AccountId,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let database = Database::start(Durability::Durable).await;
    let config = database.config();
    let connector = Connector::new(&config.postgres.dsn, config.postgres.operation_timeout)
        .expect("there is no TLS to prepare");
    let (pool, clock) = (Pool::new(connector, &config.postgres), Clock::system());
    let accounts = Accounts::new(pool.clone(), clock.clone());
    let sessions = Sessions::new(pool.clone(), accounts, Policy::new(&config.session), clock);
    let account_id = open(&sessions, "somebody").await;
    let bench = Bench { pool, sessions, account_id };

    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); WORKS.len()];
    let mut waits = rates.clone();
    for round in 0..=ROUNDS {
        for (place, (work, _)) in WORKS.iter().enumerate() {
            let (rate, slice) = bench.run_slice(*work, round).await;
            // The first round opens the connections.
            if round > 0 {
                rates[place].push(rate);
                waits[place].extend(slice);
            }
        }
    }
    println!("sessions/s        median   least    most   p50 ms   p99 ms   x INSERT");
    for (place, (_, name)) in WORKS.iter().enumerate() {
        let (rates_of, waits) = (&rates[place], &waits[place]);
        println!(
            "{name:16} {:8.0} {:7.0} {:7.0} {:8.1} {:8.1} {:10.2}",
            median(rates_of),
            quantile(rates_of, 0.0),
            quantile(rates_of, 1.0),
            median(waits),
            quantile(waits, 0.99),
            median_ratio(rates_of, &rates[0]),
        );
    }
    drop(bench);
    database.stop().await;
}

impl Bench {
    /// How many a second were stored, and how many milliseconds each took.
    async fn run_slice(&self, work: Work, round: usize) -> (f64, Vec<f64>) {
        let started = Instant::now();
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| {
                let bench = self.clone();
                tokio::spawn(async move {
                    let mut waits = Vec::new();
                    while started.elapsed() < SLICE {
                        let asked = Instant::now();
                        match work {
                            Work::OneInsert => bench.insert().await,
                            Work::Known => drop(open(&bench.sessions, &format!("{caller}")).await),
                            Work::New => {
                                let subject = format!("{round}-{caller}-{}", waits.len());
                                open(&bench.sessions, &subject).await;
                            }
                        }
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

    async fn insert(&self) {
        let now = self.sessions.clock().now();
        let (id, hash) = (SessionId::new(now), Token::generate().hash());
        let expires_at = now + Duration::from_secs(30 * 24 * 3600);
        let connection = self.pool.get().await.expect("a connection becomes free");
        connection
            .execute(
                INSERT,
                &[
                    &id.uuid(),
                    &self.account_id.uuid(),
                    &hash.as_bytes().as_slice(),
                    &now,
                    &expires_at,
                ],
            )
            .await
            .expect("the row is stored");
    }
}

async fn open(sessions: &Sessions, subject: &str) -> AccountId {
    let identity =
        PlatformIdentity::parse("bench", subject).expect("an identity of the right form");
    let opened = sessions
        .open(IdentityKey::Platform(identity), Profile::default(), Client::default())
        .await
        .expect("a session is opened");
    opened.account.id
}
