//! What a token that is in the cache costs: no allocation. A program of its own, for it counts what
//! its global allocator is asked for.

use std::time::Duration;

use scrabble_backend::account::Role;
use scrabble_backend::config::SessionConfig;
use scrabble_backend::id::{AccountId, SessionId};
use scrabble_backend::session::{Cache, Found, LiveSession, Policy, Resolved, Token, TokenHash};
use scrabble_backend::time::Clock;

#[test]
fn a_warm_token_is_authenticated_without_an_allocation() {
    let (clock, lifetime) = (Clock::system(), Duration::from_secs(3600));
    let policy = Policy::new(&SessionConfig {
        idle_ttl: lifetime,
        ttl: lifetime,
        operator_idle_ttl: lifetime,
        operator_ttl: lifetime,
        staleness_max: lifetime,
        last_seen_interval: lifetime,
        purge_interval: lifetime,
    });
    let (cache, token, now) = (Cache::with_capacity(policy, 0), Token::generate(), clock.now());
    let resolved = Resolved {
        session_id: SessionId::new(now),
        account_id: AccountId::new(now),
        role: Role::Player,
        expires_at: now + lifetime,
    };
    cache.warm(&LiveSession { token_hash: token.hash(), resolved, last_seen_at: now });
    let authenticate = || {
        let hash = TokenHash::of(token.expose()).unwrap();
        assert_eq!(cache.get(&hash, clock.now_coarse()), Found::Live(resolved));
    };
    // The first look of a thread makes what the map keeps for each thread.
    authenticate();
    let allocations = allocation_counter::measure(|| (0..1_000).for_each(|_| authenticate()));
    assert_eq!(allocations.count_total, 0, "{allocations:?}");
}

#[test]
fn the_counter_counts() {
    let allocations = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8])));
    assert_eq!(allocations.count_total, 1);
}
