//! Waves: each gives opponents to all who wait and for whom there is one.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::iter;

use super::pairing::{self, Apart, Waiting};
use super::service::{Error, Matchmaking};
use super::store;
use super::types::PoolName;
use crate::id::AccountId;
use crate::runtime::{self, TermsTold, draw_seats};
use crate::task::{CutOff, sweep};
use crate::telemetry::Chain;

/// How often there is one.
const WAVE_INTERVAL: Duration = Duration::from_secs(1);

/// How many are looked at, those who came first.
const WAITING_MAX: i64 = 20_000;

/// How many games begin at the same time, each on a connection of its own.
const AT_ONCE: usize = 4;

/// For how long two who were given to each other are rather given to others: longer than most games take.
const AGAIN_AFTER: Duration = Duration::from_secs(3600);

impl Matchmaking {
    /// Gives opponents to those who wait, for ever.
    pub async fn keep_up(self) {
        sweep("who waits for an opponent", WAVE_INTERVAL, || self.wave()).await;
    }

    /// Gives opponents to those who wait and for whom there is one now; gives how many games begin.
    ///
    /// # Errors
    /// [`Error::Storage`] when it is not known who waits, [`Error::CutOff`]. What goes wrong with one pair is
    /// told to the log.
    pub async fn wave(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        store::delete_expired(&self.pool, now).await?;
        let waiting = store::list_waiting(&self.pool, now, WAITING_MAX).await?;
        self.counts.waiting.store(waiting.len() as u64, Ordering::Relaxed);
        if waiting.len() < 2 {
            return Ok(0);
        }
        let ids: Vec<AccountId> = waiting.iter().map(|(_, player)| player.account_id).collect();
        let blocks = self.blocks.find_among(&self.pool.get().await?, &ids).await?;
        let apart = Apart {
            never: blocks.into_iter().collect(),
            rather_not: store::list_matches(&self.pool, &ids, now - AGAIN_AFTER)
                .await?
                .into_iter()
                .collect(),
        };
        let mut pools: BTreeMap<PoolName, Vec<Waiting>> = BTreeMap::new();
        for (name, player) in waiting {
            pools.entry(name).or_default().push(player);
        }
        // Thousands take tens of milliseconds, for which no other task should have to wait.
        let pairing = tokio::task::spawn_blocking(move || {
            let of_pool = |(name, waiting): (PoolName, Vec<Waiting>)| {
                let pairs = pairing::pair(&waiting, &apart, now).into_iter();
                pairs.map(move |(one, other)| (name, [one, other]))
            };
            pools.into_iter().flat_map(of_pool).collect::<Vec<_>>()
        });
        let pairs = pairing.await.map_err(CutOff::from)?;
        let begin = |(name, players)| self.begin(name, players);
        let begun = iter(pairs).map(begin).buffer_unordered(AT_ONCE);
        Ok(begun.filter(|has_begun| std::future::ready(*has_begun)).count().await)
    }

    /// Begins the game of two, unless they don't wait any more; tells whether it did.
    async fn begin(&self, name: PoolName, players: [AccountId; 2]) -> bool {
        let outcome = match self.try_begin(name, players).await {
            Err(Error::Game(runtime::Error::TooManyGames { account_id })) => {
                // He may come back when one is over; the other one waits on. For what he has begun to wait
                // for meanwhile he has had room.
                self.end_ticket(name, account_id).await.map(|()| false)
            }
            outcome => outcome,
        };
        match outcome {
            Ok(has_begun) => has_begun,
            Err(error) => {
                tracing::warn!(cause = %Chain(&error), "a game of two who wait could not begin");
                false
            }
        }
    }

    /// Has a player wait in a pool no more who plays too many games by now.
    async fn end_ticket(&self, name: PoolName, account_id: AccountId) -> Result<(), Error> {
        tracing::debug!(%account_id, "who plays as many games as one may waits no more");
        Ok(store::delete_in_pool(&self.pool, name, account_id).await?)
    }

    async fn try_begin(&self, name: PoolName, players: [AccountId; 2]) -> Result<bool, Error> {
        let mut connection = self.pool.get().await?;
        let transaction = connection.begin().await?;
        let Some(terms) = store::find_terms(&transaction, name, players[0]).await? else {
            return Ok(false);
        };
        let told: TermsTold = serde_json::from_str(&terms)?;
        let terms = match told.open(self.library()) {
            Ok(terms) => terms,
            Err(unplayable) => {
                // Another replica may have what is missing here.
                tracing::debug!(cause = %unplayable, "a game of two who wait can't begin here");
                return Ok(false);
            }
        };
        let mut released = Vec::new();
        if terms.time_control.is_real_time() {
            released = self.elsewhere.release(&transaction, &players).await?;
        }
        // With the locks whoever blocks the other one comes before, and is seen, or after the game has begun.
        self.accounts.lock(&transaction, &players).await?;
        let now = self.clock.now();
        if !store::take(&transaction, name, players, now).await? {
            return Ok(false);
        }
        // It was looked for who waits before that.
        if self.blocks.exists_among(&transaction, &players).await? {
            return Ok(false);
        }
        let seats = draw_seats(players.to_vec());
        let started = self.games.start(&transaction, &terms, seats).await?;
        store::enter_match(&transaction, players, started.id, now).await?;
        let messages = [started.messages, released].concat();
        self.events.tell(&transaction, &messages).await?.commit(transaction).await?;
        self.counts.games_begun.fetch_add(1, Ordering::Relaxed);
        Ok(true)
    }
}
