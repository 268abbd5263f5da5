//! What a transaction does to sessions, on its way from the database to every cache.
//!
//! Owns that both learn of it: the other processes when the transaction commits, this one's cache
//! right after.

use std::sync::Arc;

use super::announcement;
use super::service::{Sessions, Shared};
use super::store;
use super::token::TokenHash;
use super::types::LiveSession;
use crate::postgres::{self, Connection, Transaction};

/// Sessions that a transaction ends or gives new tokens, of which the cache must learn once it is
/// committed.
#[derive(Debug)]
#[must_use = "the cache learns of the changes when the transaction is committed by this"]
pub struct Changes {
    shared: Arc<Shared>,
    ended: Vec<TokenHash>,
    live: Vec<LiveSession>,
}

impl Sessions {
    /// Sessions that a transaction has deleted. Has the other processes hear of it, if and when it
    /// commits.
    pub(super) async fn end(
        &self,
        transaction: &Connection,
        ended: Vec<TokenHash>,
    ) -> Result<Changes, postgres::Error> {
        for announcement in announcement::of(&ended) {
            store::announce(transaction, &announcement).await?;
        }
        Ok(Changes { shared: Arc::clone(&self.shared), ended, live: Vec::new() })
    }
}

impl Changes {
    /// And this one is live then.
    pub(super) fn make_live(mut self, session: LiveSession) -> Self {
        self.live.push(session);
        self
    }

    /// Both at once, of the same transaction.
    pub fn and(mut self, other: Self) -> Self {
        self.ended.extend(other.ended);
        self.live.extend(other.live);
        self
    }

    /// Whether the session of this token is among those that end.
    #[must_use]
    pub fn has_ended(&self, token_hash: &TokenHash) -> bool {
        self.ended.contains(token_hash)
    }

    /// Commits, and takes the sessions out of the cache, or puts them in. Where it is not known whether
    /// the commit took place, the database is asked about each of them from then on.
    ///
    /// # Errors
    /// As [`Transaction::commit`].
    pub async fn commit(self, transaction: Transaction<'_>) -> Result<(), postgres::Error> {
        let Self { shared, ended, live } = self;
        let cache = &shared.cache;
        cache.fill_after(&live, cache.evict_after(&ended, transaction.commit())).await
    }
}
