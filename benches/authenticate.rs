//! From a token to its session, in this process: what resolve does for a token in the cache.
//!
//! Beside the least that can do it, one SHA-256 and one papaya get, and beside other maps that hold the
//! same: by criterion, each by itself, so that a change can be held against a baseline; and in turns,
//! for ratios that the machine's moods don't touch. One thread; tokens come in an order that has nothing to do with where
//! their sessions lie in memory. `benches/README.md` has the figures.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "support/figures.rs"]
mod figures;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::RwLock;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use figures::{median, median_ratio};
use scrabble_backend::account::Role;
use scrabble_backend::config::SessionConfig;
use scrabble_backend::id::{AccountId, SessionId};
use scrabble_backend::session::{
    Cache, DigestHasher, Found, LiveSession, Policy, Resolved, TokenHash,
};
use scrabble_backend::time::{Clock, Timestamp};
use sha2::{Digest, Sha256};

const ROUNDS: usize = 60;
/// Some 5 ms: short beside the changes of the machine's mood.
const LOOKUPS_PER_SLICE: usize = 20_000;
const LIFETIME: Duration = Duration::from_secs(3600);

/// What a caller shows, with its hash for those who are to be spared the hashing.
struct Shown {
    token: String,
    hash: TokenHash,
}

/// A name, and the work of one slice.
type Contender = (&'static str, Box<dyn Fn(&[Shown])>);

const OURS: &str = "authenticate";
const BARE: &str = "SHA-256 and papaya get";
const SHA256: &str = "  SHA-256 alone";
const GET: &str = "  papaya get alone";

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    for sessions in [1_000, 100_000, 1_000_000] {
        let contenders = contenders(sessions);
        measure_each(&mut criterion, sessions, &contenders);
        measure_in_turns(sessions, &contenders);
    }
    criterion.final_summary();
}

fn measure_each(criterion: &mut Criterion, sessions: usize, contenders: &[Contender]) {
    let mut group = criterion.benchmark_group(format!("authenticate/{sessions}"));
    group.throughput(Throughput::Elements(1));
    let slice = slice(0, sessions);
    for (name, run) in contenders {
        group.bench_function(name.trim(), |bencher| {
            bencher.iter_custom(|lookups| {
                let started = Instant::now();
                let mut left = usize::try_from(lookups).expect("a number of lookups");
                while left > 0 {
                    let part = left.min(slice.len());
                    run(&slice[..part]);
                    left -= part;
                }
                started.elapsed()
            });
        });
    }
    group.finish();
}

fn measure_in_turns(sessions: usize, contenders: &[Contender]) {
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for round in 0..=ROUNDS {
        let slice = slice(round, sessions);
        for ((_, run), times) in contenders.iter().zip(&mut times) {
            let started = Instant::now();
            run(&slice);
            let elapsed = started.elapsed();
            // The first round only wakes everything up.
            if round > 0 {
                times.push(elapsed.as_secs_f64() * 1e9 / LOOKUPS_PER_SLICE as f64);
            }
        }
    }
    let times_of = |name: &str| {
        let index = contenders.iter().position(|(contender, _)| *contender == name);
        &times[index.expect("there is such a contender")]
    };
    let sum: Vec<f64> = times_of(SHA256).iter().zip(times_of(GET)).map(|(a, b)| a + b).collect();
    println!("\n{sessions} sessions, ns           median     least   x bare   x sum of both alone");
    for ((name, _), times) in contenders.iter().zip(&times) {
        println!(
            "{name:24} {:10.1} {:9.1} {:8.2} {:8.2}",
            median(times),
            times.iter().copied().fold(f64::INFINITY, f64::min),
            median_ratio(times, times_of(BARE)),
            median_ratio(times, &sum),
        );
    }
}

/// What callers show in a round: other tokens each time, where there are enough.
fn slice(round: usize, sessions: usize) -> Vec<Shown> {
    let steps = round * LOOKUPS_PER_SLICE..(round + 1) * LOOKUPS_PER_SLICE;
    steps.map(|step| shown(shuffled(step, sessions))).collect()
}

/// All hold the same sessions, and are asked for the same tokens.
fn contenders(sessions: usize) -> Vec<Contender> {
    let clock = Clock::system();
    let now = clock.now();
    let policy = Policy::new(&SessionConfig {
        idle_ttl: LIFETIME,
        ttl: LIFETIME,
        operator_idle_ttl: LIFETIME,
        operator_ttl: LIFETIME,
        staleness_max: LIFETIME,
        last_seen_interval: LIFETIME,
        purge_interval: LIFETIME,
    });
    let cache = Cache::with_capacity(policy, sessions);
    // Two of them: what one contender has just looked at must not lie in the core's cache for another.
    let papaya =
        || papaya::HashMap::builder().capacity(sessions).hasher(DigestHasher::default()).build();
    let (papaya, papaya_alone) = (papaya(), papaya());
    let dashmap = dashmap::DashMap::with_capacity_and_hasher(sessions, DigestHasher::default());
    let mut locked = HashMap::with_capacity_and_hasher(sessions, DigestHasher::default());
    let moka = moka::sync::Cache::builder()
        .max_capacity(2 * sessions as u64)
        .build_with_hasher(DigestHasher::default());
    for number in 0..sessions {
        let session = session(number, now);
        cache.warm(&session);
        papaya.pin().insert(session.token_hash, session.resolved);
        papaya_alone.pin().insert(session.token_hash, session.resolved);
        dashmap.insert(session.token_hash, session.resolved);
        locked.insert(session.token_hash, session.resolved);
        moka.insert(session.token_hash, session.resolved);
    }
    let locked = RwLock::new(locked);
    vec![
        contender(OURS, move |shown| {
            match cache.get(&TokenHash::of(&shown.token)?, clock.now_coarse()) {
                Found::Live(resolved) => Some(resolved),
                Found::Ended | Found::Unknown => None,
            }
        }),
        contender(BARE, move |shown| papaya.pin().get(&hash(&shown.token)).copied()),
        contender(SHA256, |shown| Some(hash(&shown.token))),
        contender(GET, move |shown| papaya_alone.pin().get(&shown.hash).copied()),
        contender("SHA-256 and DashMap", move |shown| {
            dashmap.get(&hash(&shown.token)).map(|found| *found)
        }),
        contender("SHA-256 and RwLock<HashMap>", move |shown| {
            locked.read().expect("nobody panicked").get(&hash(&shown.token)).copied()
        }),
        contender("SHA-256 and moka", move |shown| moka.get(&hash(&shown.token))),
    ]
}

fn contender<T>(name: &'static str, look_up: impl Fn(&Shown) -> Option<T> + 'static) -> Contender {
    let run = move |slice: &[Shown]| {
        for shown in slice {
            assert!(black_box(look_up(black_box(shown))).is_some(), "{name} knows every token");
        }
    };
    (name, Box::new(run))
}

fn session(number: usize, now: Timestamp) -> LiveSession {
    let resolved = Resolved {
        session_id: SessionId::new(now),
        account_id: AccountId::new(now),
        role: Role::Player,
        expires_at: now + LIFETIME,
    };
    LiveSession { token_hash: shown(number).hash, resolved, last_seen_at: now }
}

fn shown(number: usize) -> Shown {
    let token = format!("scrs_{number:043}");
    let hash = hash(&token);
    Shown { token, hash }
}

fn hash(token: &str) -> TokenHash {
    TokenHash::from_bytes(Sha256::digest(token).into())
}

/// Each number below `count` once, far from its neighbours; `count` has no factor but 2 and 5.
fn shuffled(place: usize, count: usize) -> usize {
    place * 7_368_787 % count
}
