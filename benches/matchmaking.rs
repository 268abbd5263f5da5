//! How long a wave of matchmaking takes.
//!
//! First pairing by itself, of players who wait in one pool; then whole waves on a PostgreSQL that syncs to
//! the disk: one in which nobody of ten thousand fits anybody, which is what looking costs, and one in which
//! all of a thousand play. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/database.rs"]
mod database;
#[path = "support/figures.rs"]
mod figures;

use std::time::{Duration, Instant};

use database::Database;
use figures::quantile;
use scrabble_backend::app::App;
use scrabble_backend::dev::Durability;
use scrabble_backend::id::AccountId;
use scrabble_backend::library::Library;
use scrabble_backend::matchmaking::Matchmaking;
use scrabble_backend::matchmaking::pairing::{Apart, Waiting, pair};
use scrabble_backend::runtime::TermsWanted;
use scrabble_backend::telemetry::Metrics;
use scrabble_backend::time::{Clock, Timestamp};

const WAITING: u32 = 10_000;
const PLAYING: u32 = 1_000;
const TURNS: usize = 20;

#[tokio::main]
async fn main() {
    println!("pairing of {WAITING}                        p50 ms    max ms     pairs");
    measure_pairing("who have just come", 1, 1_200);
    measure_pairing("who have waited up to a minute", 60, 1_200);
    measure_pairing("who are equally strong", 1, 1);
    measure_pairing("of whom nobody fits anybody", 1, 600 * i64::from(WAITING));
    measure_waves().await;
}

/// Players whose ratings and times of waiting are spread evenly.
fn measure_pairing(what: &str, waited_seconds_max: u32, spread: i64) {
    let now = Timestamp::from_unix_seconds(1_000_000);
    let player = |number: u32| Waiting {
        account_id: AccountId::from(uuid::Uuid::from_u128(mixed(number).into())),
        value: i64::from(number) * spread / i64::from(WAITING),
        deviation: 60,
        entered_at: now - Duration::from_secs((mixed(number) % waited_seconds_max).into()),
    };
    let players: Vec<_> = (0..WAITING).map(player).collect();
    let (mut times_ms, mut pairs) = (Vec::new(), 0);
    for _ in 0..TURNS {
        let start = Instant::now();
        pairs = pair(&players, &Apart::default(), now).len();
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let [median, most] = [0.5, 1.0].map(|part| quantile(&times_ms, part));
    println!("  {what:36} {median:9.1} {most:9.1} {pairs:9}");
}

/// A number that looks like chance, always the same.
const fn mixed(number: u32) -> u32 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9);
    (number ^ (number >> 15)).wrapping_mul(0x85eb_ca6b)
}

async fn measure_waves() {
    let database = Database::start(Durability::Durable).await;
    let app = App::build(database.config(), &Metrics::none(), Clock::system()).await;
    let matchmaking = app.expect("the service builds").matchmaking().clone();
    fill(&database, &matchmaking, WAITING, 10_000).await;
    let mut times_ms = Vec::new();
    for _ in 0..TURNS {
        let start = Instant::now();
        assert_eq!(matchmaking.wave().await.expect("there is a wave"), 0);
        times_ms.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let [median, most] = [0.5, 1.0].map(|part| quantile(&times_ms, part));
    println!("a wave over {WAITING} of whom nobody fits    {median:9.1} {most:9.1}");
    fill(&database, &matchmaking, PLAYING, 0).await;
    let start = Instant::now();
    let begun = matchmaking.wave().await.expect("there is a wave");
    let seconds = start.elapsed().as_secs_f64();
    println!("a wave that begins {begun} games: {seconds:.2} s, {:.0}/s", begun as f64 / seconds);
    database.stop().await;
}

/// Has so many new accounts wait, and nobody else, each so many points stronger than the one before.
async fn fill(database: &Database, matchmaking: &Matchmaking, players: u32, apart: u32) {
    let client = database.connect().await;
    let accounts = format!(
        "set search_path = backend;
        delete from matchmaking_ticket;
        insert into account (account_id, display_name, language, time_zone, role, created_at, updated_at)
            select gen_random_uuid(), 'waiting', 'en', 'UTC', 'player', now(), now()
            from generate_series(1, {players});"
    );
    client.batch_execute(&accounts).await.expect("the accounts are inserted");
    let last = "select account_id from account where display_name = 'waiting' limit 1";
    let row = client.query_one(last, &[]).await.expect("there is one");
    let wanted = serde_json::json!({
        "rules": "english",
        "time_control": {"kind": "real_time", "initial_seconds": 600},
    });
    let wanted: TermsWanted = serde_json::from_value(wanted).expect("these are terms");
    let library = Library::open(None).expect("the English lexicon is there");
    let terms = wanted.find(&library).expect("they can be played by");
    let first: AccountId = row.get::<_, uuid::Uuid>(0).into();
    matchmaking.enter(first, &terms).await.expect("the first waits");
    // The others wait for the same.
    let others = format!(
        "insert into matchmaking_ticket
            select account_id, pool, terms, 1500 + row_number() over () * {apart}, 60, entered_at, expires_at
            from (select account_id from account where display_name = 'waiting') as other,
                (select pool, terms, entered_at, expires_at from matchmaking_ticket) as first
            on conflict do nothing;
        update account set display_name = 'waited' where display_name = 'waiting';
        analyze matchmaking_ticket;"
    );
    client.batch_execute(&others).await.expect("the others wait");
}
