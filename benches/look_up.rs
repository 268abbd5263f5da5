//! Tokens a second that the cache does not know, for 64 callers: each is asked of the database once.
//!
//! In this process, without HTTP. In turns with the least that a look-up by itself costs: one prepared
//! SELECT on a pooled connection. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;
#[path = "support/rates.rs"]
mod rates;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use database::{Database, token};
use postgres_types::Type;
use rates::Rates;
use scrabble_backend::account::Accounts;
use scrabble_backend::config::SessionConfig;
use scrabble_backend::dev::Durability;
use scrabble_backend::email_code::EmailCodes;
use scrabble_backend::postgres::{Connector, Pool, Query};
use scrabble_backend::session::{Policy, Sessions, TokenHash};
use scrabble_backend::time::Clock;

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
    let mut rates = WORKS.map(|_| Rates::default());
    for round in 0..=ROUNDS {
        for (place, (work, _)) in WORKS.into_iter().enumerate() {
            // The first round opens the connections.
            let mut warm_up = Rates::default();
            let rates = if round > 0 { &mut rates[place] } else { &mut warm_up };
            let slice = Arc::new(Slice::new(&pool, &config.session));
            rates.add_slice(SLICE, move |_, _| Arc::clone(&slice).look_up(work)).await;
        }
    }
    println!("{}", Rates::heading("look-ups/s", "SELECT"));
    for ((_, name), rates_of) in WORKS.iter().zip(&rates) {
        println!("{}", rates_of.line(name, &rates[0]));
    }
    drop(pool);
    database.stop().await;
}

impl Slice {
    fn new(pool: &Pool, config: &SessionConfig) -> Self {
        let clock = Clock::system();
        let accounts = Accounts::new(pool.clone(), clock.clone());
        let email_codes = EmailCodes::without_mail(pool.clone(), clock.clone());
        let sessions =
            Sessions::new(pool.clone(), accounts, email_codes, Policy::new(config), clock);
        Self { pool: pool.clone(), sessions, next_token: AtomicUsize::new(0) }
    }

    async fn look_up(self: Arc<Self>, work: Work) {
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
