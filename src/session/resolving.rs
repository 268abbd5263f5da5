//! From a token to the account that holds it: the hot path, and what is asked of the database where
//! the cache does not know.

use std::collections::HashMap;
use std::sync::Arc;

use super::cache::Found;
use super::service::{Error, Sessions, Shared};
use super::store;
use super::token::TokenHash;
use super::types::{LiveSession, Resolved};
use crate::postgres;

impl Sessions {
    /// What a token stands for; `None` for anything that is no live session's. A token in the cache
    /// asks no database.
    ///
    /// # Errors
    /// [`Error::Storage`] where the cache does not know the token and the database can't be asked;
    /// [`Error::Stale`].
    pub async fn resolve(&self, token: &str) -> Result<Option<Resolved>, Error> {
        let shared = &self.shared;
        let Some(hash) = TokenHash::of(token) else { return Ok(None) };
        if !shared.cache.is_trusted() {
            return Err(Error::Stale);
        }
        match shared.cache.get(&hash, shared.clock.now_coarse()) {
            Found::Live(resolved) => return Ok(Some(resolved)),
            Found::Ended => return Ok(None),
            Found::Unknown => {}
        }
        if !TokenHash::is_well_formed(token) {
            return Ok(None);
        }
        // Boxed, so that the many resolutions that don't get here are not as large as this.
        Box::pin(shared.look_up(hash)).await
    }
}

impl Shared {
    /// What a token that is not in the cache stands for.
    async fn look_up(self: &Arc<Self>, hash: TokenHash) -> Result<Option<Resolved>, Error> {
        if self.unknown.contains(&hash, self.clock.now()) {
            return Ok(None);
        }
        self.cache.count_miss();
        let read = async {
            let shared = Arc::clone(self);
            let together = move |hashes| {
                let shared = Arc::clone(&shared);
                async move { shared.find_many(hashes).await }
            };
            let found = self.look_ups.submit(hash, together).await??;
            let now = self.clock.now();
            Ok::<_, Error>(found.filter(|session| now < self.idle_expires_at(session)))
        };
        let live = self.cache.fill_from(hash, read).await?;
        if live.is_none() {
            self.unknown.remember(&hash, self.clock.now());
        }
        Ok(live.map(|session| session.resolved))
    }

    /// Many tokens in one statement; one that is asked for many times is found once.
    async fn find_many(
        &self,
        hashes: Vec<TokenHash>,
    ) -> Vec<Result<Option<LiveSession>, postgres::Error>> {
        match store::find_many(&self.pool, &hashes).await {
            Ok(sessions) => {
                let sessions: HashMap<_, _> =
                    sessions.into_iter().map(|session| (session.token_hash, session)).collect();
                hashes.iter().map(|hash| Ok(sessions.get(hash).copied())).collect()
            }
            Err(error) => hashes.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}
