//! Who waits for what, and whom somebody was given.

use sha2::{Digest, Sha256};

use super::pairing::Waiting;
use crate::id::{AccountId, GameId};
use crate::runtime::{Terms, TermsTold};
use crate::time::Timestamp;

/// A player who waits for an opponent.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// Who.
    pub account_id: AccountId,
    /// What is to be played.
    pub terms: TermsTold,
    /// The rating in the category of the terms when the player began to wait, in points.
    pub value: f64,
    /// How uncertain it was, in points.
    pub deviation: f64,
    /// Since when.
    pub entered_at: Timestamp,
    /// When the ticket ends, unless it is renewed.
    pub expires_at: Timestamp,
}

/// An opponent that a player was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Whom.
    pub opponent_id: AccountId,
    /// The game that began with it.
    pub game_id: GameId,
    /// When.
    pub matched_at: Timestamp,
}

/// Those who may be given to each other: who want to play by the same terms. The SHA-256 of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PoolName(pub(super) [u8; 32]);

impl PoolName {
    /// Of terms as they are stored.
    pub(super) fn of(terms: &str) -> Self {
        Self(Sha256::digest(terms.as_bytes()).into())
    }
}

impl Ticket {
    /// As one who waits, to the point.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        waiting(self.account_id, self.value, self.deviation, self.entered_at)
    }
}

/// A player who waits, to the point.
pub(super) fn waiting(
    account_id: AccountId,
    value: f64,
    deviation: f64,
    entered_at: Timestamp,
) -> Waiting {
    let points = |figure: f64| figure.round() as i64;
    Waiting { account_id, value: points(value), deviation: points(deviation), entered_at }
}

/// Terms as they are stored: the same for all who want the same.
///
/// # Panics
/// Never: terms are texts and numbers.
pub(super) fn terms_text(terms: &Terms) -> String {
    serde_json::to_string(&TermsTold::of(terms)).expect("terms are texts and numbers")
}
