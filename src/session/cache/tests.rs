//! What the cache promises, step by step and in whatever order.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::SessionConfig;
use crate::session::Token;

const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn cache() -> Cache {
    let config = SessionConfig {
        idle_ttl: HOUR,
        ttl: HOUR * 3,
        operator_idle_ttl: HOUR,
        operator_ttl: HOUR * 2,
        staleness_max: HOUR * 2,
        last_seen_interval: HOUR,
        purge_interval: HOUR,
    };
    Cache::with_capacity(Policy::new(&config), 0)
}

pub(super) fn session(now: Timestamp) -> LiveSession {
    let resolved = Resolved {
        session_id: SessionId::new(now),
        account_id: AccountId::new(now),
        role: Role::Player,
        expires_at: now + HOUR * 3,
    };
    LiveSession { token_hash: Token::generate().hash(), resolved, last_seen_at: now }
}

#[test]
fn use_puts_off_the_idle_expiry_but_not_the_absolute_one() {
    let (cache, start) = (cache(), Timestamp::from_unix_seconds(1_000_000));
    let session = session(start);
    cache.warm(&session);
    let mut now = start;
    for _ in 0..5 {
        now = now + HOUR / 2;
        assert_eq!(cache.get(&session.token_hash, now), Found::Live(session.resolved));
    }
    assert_eq!(cache.get(&session.token_hash, start + HOUR * 3), Found::Ended);
}

#[test]
fn an_unused_session_is_not_known_past_its_idle_expiry_unless_it_is_seen_elsewhere() {
    let (cache, start) = (cache(), Timestamp::from_unix_seconds(1_000_000));
    let session = session(start);
    cache.warm(&session);
    assert_eq!(cache.get(&session.token_hash, start + HOUR), Found::Unknown);
    // Another replica has seen it.
    cache.see(&session.token_hash, start + HOUR / 2);
    assert_eq!(cache.get(&session.token_hash, start + HOUR), Found::Live(session.resolved));
}

#[test]
fn a_session_in_doubt_is_not_served_from_memory_nor_filled_again() {
    let (cache, session) = (cache(), session(Timestamp::from_unix_seconds(1)));
    let hash = session.token_hash;
    let slow = cache.reserve(hash).unwrap();
    cache.doubt(hash);
    slow.fill(&session);
    assert_eq!(cache.get(&hash, Timestamp::from_unix_seconds(2)), Found::Unknown);
    assert!(cache.reserve(hash).is_none());
    cache.evict(&hash);
    assert!(cache.is_empty());
}

#[test]
fn a_sweep_leaves_what_is_confirmed_or_new_and_takes_reservations_away() {
    let (cache, now) = (cache(), Timestamp::from_unix_seconds(1));
    let [gone, confirmed, new, slow] = std::array::from_fn(|_| session(now));
    cache.warm(&gone);
    cache.warm(&confirmed);
    let reservation = cache.reserve(slow.token_hash).unwrap();
    cache.begin_sweep();
    // Read before a revocation of which nobody has heard.
    reservation.fill(&slow);
    cache.confirm(&confirmed.token_hash);
    cache.reserve(new.token_hash).unwrap().fill(&new);
    assert_eq!(cache.sweep(), 1);
    for (session, is_here) in [(gone, false), (confirmed, true), (new, true), (slow, false)] {
        let found = cache.get(&session.token_hash, now);
        assert_eq!(found != Found::Unknown, is_here, "{session:?}");
    }
    cache.begin_sweep();
    assert_eq!(cache.sweep(), 2, "what was confirmed once is not for ever");
}

#[test]
fn an_abandoned_reservation_leaves_nothing() {
    let (cache, session) = (cache(), session(Timestamp::from_unix_seconds(1)));
    let reservation = cache.reserve(session.token_hash).unwrap();
    assert!(cache.reserve(session.token_hash).is_none());
    drop(reservation);
    assert!(cache.is_empty());
}

proptest! {
    /// A fill reads the database when it reserves, and fills later; a revocation deletes there
    /// first, and evicts later. In whatever order these four fall, nothing revoked stays.
    #[test]
    fn a_slow_fill_never_revives_a_revoked_session(steps in proptest::collection::vec(0..6_u8, 1..40)) {
        let (cache, session) = (cache(), session(Timestamp::from_unix_seconds(1)));
        let hash = session.token_hash;
        let mut is_in_database = true;
        let mut fills = Vec::new();
        let mut evictions = 0;
        for step in steps {
            match step {
                0 | 1 => if let Some(reservation) = cache.reserve(hash) { fills.push((reservation, is_in_database)) },
                2 | 3 => if let Some((reservation, true)) = fills.pop() { reservation.fill(&session) },
                4 => { is_in_database = false; evictions += 1; }
                _ => if evictions > 0 { cache.evict(&hash); evictions -= 1; },
            }
        }
        for _ in 0..evictions { cache.evict(&hash); }
        for (reservation, was_in_database) in fills {
            if was_in_database { reservation.fill(&session) }
        }
        if !is_in_database {
            prop_assert_eq!(cache.get(&hash, Timestamp::from_unix_seconds(2)), Found::Unknown);
        }
    }
}
