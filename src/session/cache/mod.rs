//! All live sessions in memory, by the hash of their token.
//!
//! Complete once warmed, so that a resolved token costs one hash and one look into a lock-free map.
//! Owns the rule that nothing revoked ever comes back: who means to put in a session whose state it
//! read, or is about to write, in the database first [reserves](Cache::reserve) its place; a
//! revocation takes reservations away as it does sessions; and only a place still reserved is filled.
//! Ignores where sessions come from.

#[cfg(test)]
mod model;
mod reservation;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use papaya::HashMap;

use self::reservation::Reservation;
use super::token::{DigestHasher, TokenHash};
use super::types::{LiveSession, Policy, Resolved};
use crate::account::Role;
use crate::id::{AccountId, SessionId};
use crate::time::Timestamp;

#[cfg(test)]
use self::model::step;
/// Where the model lets another thread go on. It is nothing outside of it.
#[cfg(not(test))]
const fn step() {}

/// The cache. It is shared by reference.
#[derive(Debug)]
pub struct Cache {
    entries: HashMap<TokenHash, Entry, DigestHasher>,
    policy: Policy,
    /// Tells reservations apart.
    tickets: AtomicU64,
    misses: AtomicU64,
    /// Whether revocations by other processes are known here, within the bound.
    is_trusted: AtomicBool,
    /// The number of the last sweep, modulo 256.
    sweep: AtomicU8,
}

/// What the cache knows of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Its session is live.
    Live(Resolved),
    /// Its session has reached its end.
    Ended,
    /// Nothing, or that it was not used here for its idle time: the database may know more.
    Unknown,
}

/// A place of a session; kept small, for there are millions.
#[derive(Debug)]
enum Entry {
    Live(Cached),
    Reserved(u64),
}

#[derive(Debug)]
struct Cached {
    session_id: SessionId,
    account_id: AccountId,
    expires_at: Timestamp,
    /// Seconds of Unix time; the hot path moves it on without a write to the map.
    last_seen_unix_seconds: AtomicU32,
    role: Role,
    /// The sweep in which it was put in, or seen in the table.
    sweep: AtomicU8,
}

impl Cache {
    /// An empty cache with room for `capacity` sessions before it grows.
    #[must_use]
    pub fn with_capacity(policy: Policy, capacity: usize) -> Self {
        let entries = HashMap::builder().capacity(capacity).hasher(DigestHasher::default()).build();
        Self {
            entries,
            policy,
            tickets: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            is_trusted: AtomicBool::new(true),
            sweep: AtomicU8::new(0),
        }
    }

    /// What a token stands for at `now`. Marks a live session as seen.
    pub fn get(&self, token_hash: &TokenHash, now: Timestamp) -> Found {
        let entries = self.entries.pin();
        match entries.get(token_hash) {
            Some(Entry::Live(cached)) => cached.resolve(&self.policy, now),
            Some(Entry::Reserved(_)) | None => Found::Unknown,
        }
    }

    /// When a session was last used, to the second, if it is here.
    pub(super) fn last_seen_at(&self, token_hash: &TokenHash) -> Option<Timestamp> {
        match self.entries.pin().get(token_hash)? {
            Entry::Live(cached) => Some(Timestamp::from_unix_seconds(
                cached.last_seen_unix_seconds.load(Ordering::Relaxed),
            )),
            Entry::Reserved(_) => None,
        }
    }

    /// Tells that a session has been used elsewhere.
    pub(super) fn see(&self, token_hash: &TokenHash, at: Timestamp) {
        if let Some(Entry::Live(cached)) = self.entries.pin().get(token_hash) {
            cached.last_seen_unix_seconds.fetch_max(at.as_unix_seconds(), Ordering::Relaxed);
        }
    }

    /// Hands over every session that was used since then, with when that was; until `take` has enough.
    pub(super) fn for_each_seen_since(
        &self,
        since: Timestamp,
        mut take: impl FnMut((TokenHash, Timestamp)) -> bool,
    ) {
        let since = since.as_unix_seconds();
        for (token_hash, entry) in &self.entries.pin() {
            let Entry::Live(cached) = entry else { continue };
            let seen = cached.last_seen_unix_seconds.load(Ordering::Relaxed);
            if seen >= since && !take((*token_hash, Timestamp::from_unix_seconds(seen))) {
                return;
            }
        }
    }

    /// Counts a token that had to be looked up elsewhere.
    pub(super) fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// How many tokens had to be looked up elsewhere so far.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// How many sessions it holds, with places that are reserved at the moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Makes room for so many sessions at once, rather than growing bit by bit.
    pub(super) fn reserve_capacity(&self, sessions: usize) {
        self.entries.pin().reserve(sessions);
    }

    /// Whether the cache may be believed: what other processes have revoked is known here.
    pub fn is_trusted(&self) -> bool {
        self.is_trusted.load(Ordering::Acquire)
    }

    /// Says whether the cache may be believed.
    pub(super) fn set_trusted(&self, is_trusted: bool) {
        self.is_trusted.store(is_trusted, Ordering::Release);
    }

    /// Puts in a session that the warm-up has read.
    pub fn warm(&self, session: &LiveSession) {
        step();
        self.entries.pin().insert(session.token_hash, self.live(session));
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.entries.pin().clear();
    }

    /// Begins to hold the cache against the table: what is put in from now on is known to be true.
    /// Reservations go first, for what would fill them may have been read before a revocation of which
    /// nobody has heard here; what was filled before that is of the sweep before, and to be confirmed.
    pub(super) fn begin_sweep(&self) {
        step();
        self.entries.pin().retain(|_, entry| matches!(entry, Entry::Live(_)));
        step();
        self.sweep.fetch_add(1, Ordering::AcqRel);
    }

    /// Tells that a session is in the table.
    pub(super) fn confirm(&self, token_hash: &TokenHash) {
        step();
        if let Some(Entry::Live(cached)) = self.entries.pin().get(token_hash) {
            cached.sweep.store(self.sweep.load(Ordering::Acquire), Ordering::Relaxed);
        }
    }

    /// Forgets what was here before the sweep began and was not confirmed since; tells how many that
    /// were.
    pub(super) fn sweep(&self) -> usize {
        let sweep = self.sweep.load(Ordering::Acquire);
        step();
        let mut swept = 0;
        self.entries.pin().retain(|_, entry| match entry {
            Entry::Live(cached) if cached.sweep.load(Ordering::Relaxed) != sweep => {
                swept += 1;
                false
            }
            Entry::Live(_) | Entry::Reserved(_) => true,
        });
        swept
    }

    fn live(&self, session: &LiveSession) -> Entry {
        Entry::Live(Cached {
            session_id: session.resolved.session_id,
            account_id: session.resolved.account_id,
            expires_at: session.resolved.expires_at,
            last_seen_unix_seconds: AtomicU32::new(session.last_seen_at.as_unix_seconds()),
            role: session.resolved.role,
            sweep: AtomicU8::new(self.sweep.load(Ordering::Acquire)),
        })
    }

    /// Reads a session in the database, and puts it in unless it is revoked meanwhile.
    ///
    /// # Errors
    /// Those of `read`.
    pub(super) async fn fill_from<E>(
        &self,
        token_hash: TokenHash,
        read: impl Future<Output = Result<Option<LiveSession>, E>>,
    ) -> Result<Option<LiveSession>, E> {
        let reservation = self.reserve(token_hash);
        let found = read.await?;
        match (&found, reservation) {
            (Some(session), Some(reservation)) => reservation.fill(session),
            // It is here, but has not been used here for its idle time: it has been elsewhere.
            (Some(session), None) => self.see(&token_hash, session.last_seen_at),
            (None, _) => {}
        }
        Ok(found)
    }

    /// Commits what makes sessions live, and puts them in, unless they are revoked by then: by a
    /// suspension that waited for the commit.
    ///
    /// # Errors
    /// Those of `commit`.
    pub(super) async fn fill_after<E>(
        &self,
        sessions: &[LiveSession],
        commit: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let reserved: Vec<_> = sessions
            .iter()
            .filter_map(|session| Some((self.reserve(session.token_hash)?, session)))
            .collect();
        commit.await?;
        for (reservation, session) in reserved {
            reservation.fill(session);
        }
        Ok(())
    }

    /// Commits what revokes sessions, and forgets them. Where it is not known whether the commit took
    /// place, the database is asked about each of them from then on.
    ///
    /// # Errors
    /// Those of `commit`.
    pub(super) async fn evict_after<E>(
        &self,
        token_hashes: &[TokenHash],
        commit: impl Future<Output = Result<(), E>>,
    ) -> Result<(), E> {
        let outcome = commit.await;
        for token_hash in token_hashes {
            match outcome {
                Ok(()) => self.evict(token_hash),
                Err(_) => self.doubt(*token_hash),
            }
        }
        outcome
    }

    /// Keeps the place of a token, before the database is read or written for it. `None` where there
    /// is a session, or somebody else keeps it.
    fn reserve(&self, token_hash: TokenHash) -> Option<Reservation<'_>> {
        step();
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        let entries = self.entries.pin();
        let is_reserved = entries.try_insert(token_hash, Entry::Reserved(ticket)).is_ok();
        is_reserved.then_some(Reservation { cache: self, token_hash, ticket })
    }

    /// Keeps the place of a session that may be revoked or not, for nobody to fill: whoever asks for
    /// it asks the database.
    pub(super) fn doubt(&self, token_hash: TokenHash) {
        step();
        let ticket = self.tickets.fetch_add(1, Ordering::Relaxed);
        self.entries.pin().insert(token_hash, Entry::Reserved(ticket));
    }

    /// Forgets a session, and whatever is on its way in.
    pub(super) fn evict(&self, token_hash: &TokenHash) {
        step();
        self.entries.pin().remove(token_hash);
    }
}

impl Cached {
    fn resolve(&self, policy: &Policy, now: Timestamp) -> Found {
        let seen = self.last_seen_unix_seconds.load(Ordering::Relaxed);
        let last_seen_at = Timestamp::from_unix_seconds(seen);
        if now >= policy.idle_expires_at(self.role, last_seen_at, self.expires_at) {
            return if now >= self.expires_at { Found::Ended } else { Found::Unknown };
        }
        // Written once a second at most, so that cores do not fight over a busy session's line.
        if now.as_micros() - last_seen_at.as_micros() >= 1_000_000 {
            self.last_seen_unix_seconds.store(now.as_unix_seconds(), Ordering::Relaxed);
        }
        Found::Live(Resolved {
            session_id: self.session_id,
            account_id: self.account_id,
            role: self.role,
            expires_at: self.expires_at,
        })
    }
}
