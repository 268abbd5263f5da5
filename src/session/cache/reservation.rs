//! The place of a token that is kept while the database is read or written for it.

use papaya::{Compute, Operation};

use super::{Cache, Entry, step};
use crate::session::token::TokenHash;
use crate::session::types::LiveSession;

/// A place that is kept for a session until this is dropped or filled.
#[derive(Debug)]
#[must_use = "a reservation that is dropped at once reserves nothing"]
pub(super) struct Reservation<'a> {
    pub(super) cache: &'a Cache,
    pub(super) token_hash: TokenHash,
    pub(super) ticket: u64,
}

impl Reservation<'_> {
    /// Puts the session in, unless it was revoked since the place was reserved.
    pub(super) fn fill(self, session: &LiveSession) {
        step();
        let ticket = self.ticket;
        self.cache.entries.pin().compute(self.token_hash, |entry| match entry {
            Some((_, Entry::Reserved(held))) if *held == ticket => {
                Operation::Insert(self.cache.live(session))
            }
            _ => Operation::Abort(()),
        });
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        step();
        let ticket = self.ticket;
        let _: Compute<'_, _, _, ()> =
            self.cache.entries.pin().compute(self.token_hash, |entry| match entry {
                Some((_, Entry::Reserved(held))) if *held == ticket => Operation::Remove,
                _ => Operation::Abort(()),
            });
    }
}
