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
#[path = "support/rates.rs"]
mod rates;

use std::time::Duration;

use database::Database;
use postgres_types::Type;
use rates::Rates;
use scrabble_backend::account::{Accounts, IdentityKey, PlatformIdentity, Profile};
use scrabble_backend::dev::Durability;
use scrabble_backend::email_code::EmailCodes;
use scrabble_backend::id::{AccountId, SessionId};
use scrabble_backend::postgres::{Connector, Pool, Query};
use scrabble_backend::session::{Client, Policy, Sessions, Token};
use scrabble_backend::time::Clock;

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
    let email_codes = EmailCodes::without_mail(pool.clone(), clock.clone());
    let policy = Policy::new(&config.session);
    let sessions = Sessions::new(pool.clone(), accounts, email_codes, policy, clock);
    let account_id = open(&sessions, "somebody").await;
    let bench = Bench { pool, sessions, account_id };

    let mut rates = WORKS.map(|_| Rates::default());
    for round in 0..=ROUNDS {
        for (place, (work, _)) in WORKS.into_iter().enumerate() {
            // The first round opens the connections.
            let mut warm_up = Rates::default();
            let rates = if round > 0 { &mut rates[place] } else { &mut warm_up };
            let bench = bench.clone();
            let work = move |caller, time| bench.clone().run(work, round, caller, time);
            rates.add_slice(SLICE, work).await;
        }
    }
    println!("{}", Rates::heading("sessions/s", "INSERT"));
    for ((_, name), rates_of) in WORKS.iter().zip(&rates) {
        println!("{}", rates_of.line(name, &rates[0]));
    }
    drop(bench);
    database.stop().await;
}

impl Bench {
    async fn run(self, work: Work, round: usize, caller: usize, time: usize) {
        match work {
            Work::OneInsert => self.insert().await,
            Work::Known => drop(open(&self.sessions, &format!("{caller}")).await),
            Work::New => drop(open(&self.sessions, &format!("{round}-{caller}-{time}")).await),
        }
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
