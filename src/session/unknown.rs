//! Tokens that were asked for in vain, for a while and within bounds.
//!
//! A token that is no session's is asked for again by whoever keeps it; the database need not hear of
//! it each time. It never becomes a session's: tokens are made by us, and told to somebody only once
//! their session is stored. That it is forgotten after a while is for what is not foreseen.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::token::TokenHash;
use crate::time::Timestamp;

/// How long a token is remembered.
const MEMORY: Duration = Duration::from_secs(5);

/// How many are remembered at the most: half a megabyte. A power of two.
const PLACES: usize = 1 << 14;

/// The tokens. Each has one place, where the next one that falls on it takes over.
#[derive(Debug)]
pub(super) struct UnknownTokens {
    /// Empty until the first one is remembered.
    places: Mutex<Vec<Option<(TokenHash, Timestamp)>>>,
}

impl UnknownTokens {
    pub(super) const fn new() -> Self {
        Self { places: Mutex::new(Vec::new()) }
    }

    /// Remembers that a token is no live session's.
    pub(super) fn remember(&self, hash: &TokenHash, now: Timestamp) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.resize(PLACES, None);
        places[place(hash)] = Some((*hash, now + MEMORY));
    }

    /// Whether a token was no live session's a short while ago.
    pub(super) fn contains(&self, hash: &TokenHash, now: Timestamp) -> bool {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let known = places.get(place(hash)).copied().flatten();
        known.is_some_and(|(known, until)| known == *hash && now < until)
    }
}

/// A digest is uniform: some of its bits are its place.
fn place(hash: &TokenHash) -> usize {
    let [.., a, b] = *hash.as_bytes();
    usize::from(u16::from_be_bytes([a, b])) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_remembered_for_a_while_and_until_another_takes_its_place() {
        let unknown = UnknownTokens::new();
        let now = Timestamp::from_unix_seconds(1_000);
        let mut bytes = [7; 32];
        let hash = TokenHash::from_bytes(bytes);
        assert!(!unknown.contains(&hash, now));
        unknown.remember(&hash, now);
        assert!(unknown.contains(&hash, now));
        assert!(!unknown.contains(&hash, now + MEMORY));
        bytes[0] = 8;
        let other = TokenHash::from_bytes(bytes);
        assert!(!unknown.contains(&other, now));
        unknown.remember(&other, now);
        assert!(!unknown.contains(&hash, now));
    }
}
