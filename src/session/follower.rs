//! Keeps the cache of this process true to what other processes do.
//!
//! Owns the warm-up, the listening to revocations, what happens when it is interrupted, and the bound
//! on how long the cache may be believed meanwhile. Ignores how a session is revoked.
//!
//! Only revocations are announced. A session that was opened elsewhere is found in the database when
//! its token is first shown; one that was revoked elsewhere must be told of.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::announcement;
use super::service::{Sessions, Shared};
use super::store::{self, StreamError};
use super::token::TokenHash;
use crate::postgres::{Connector, Error, Listener};
use crate::task::{again_after_panics, has_panicked};
use crate::telemetry::Chain;

/// How many sessions the warm-up reads between two lines of progress.
const PROGRESS_SESSIONS: usize = 250_000;

/// How long a listener may be silent before it is asked for a sign of life, at the most; less where
/// the cache is believed for less than three times as long.
const CHECK_INTERVAL_MAX: Duration = Duration::from_secs(5);

/// How long is waited between two attempts to listen again, at first and at most.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Follows the revocations of other processes, from the moment before the warm-up.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    connector: Connector,
    listener: Listener,
    staleness_max: Duration,
    /// When the cache was known to be true for the last time.
    true_at: Instant,
}

impl Sessions {
    /// Listens to revocations, and then reads all live sessions into the cache. The cache is believed
    /// for `staleness_max` without a sign of life from the listener.
    ///
    /// # Errors
    /// [`StreamError`] when it can't listen, or not all could be read.
    pub async fn warm_up(
        &self,
        connector: &Connector,
        staleness_max: Duration,
    ) -> Result<Follower, StreamError> {
        let shared = Arc::clone(&self.shared);
        let cache = &shared.cache;
        // What an attempt that failed has read may have been revoked since.
        cache.clear();
        let mut listener = listen(connector).await.map_err(StreamError::Read)?;
        let (started, true_at) = (Instant::now(), Instant::now());
        let expected = store::estimate_count(&shared.pool).await.map_err(StreamError::Read)?;
        tracing::info!(expected, "warming the session cache");
        cache.reserve_capacity(expected);
        let mut read = 0_usize;
        let reading = store::for_each_live(connector, |session| {
            cache.warm(&session);
            read += 1;
            if read.is_multiple_of(PROGRESS_SESSIONS) {
                tracing::info!(read, expected, "warming the session cache");
            }
        });
        // What is revoked while it is read may be read all the same, and is taken out at the end.
        let mut revoked = Vec::new();
        read_while_hearing(reading, &mut listener, |token_hash| revoked.push(token_hash)).await?;
        for token_hash in revoked {
            cache.evict(&token_hash);
        }
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(sessions = read, elapsed_ms, "the session cache is warm");
        let connector = connector.clone();
        Ok(Follower { shared, connector, listener, staleness_max, true_at })
    }
}

impl Follower {
    /// Follows for ever. A lost listener is replaced, and the cache then held against the table; until
    /// then the cache is believed for as long as the bound allows, and no longer.
    pub async fn run(mut self) {
        let (heard, hearing) = watch::channel(self.true_at);
        let (shared, staleness_max) = (Arc::clone(&self.shared), self.staleness_max);
        let watching = again_after_panics("watching over the session cache", || {
            watch_over(&shared, hearing.clone(), staleness_max)
        });
        let following = async {
            let mut is_listening = true;
            let what = "following revocations";
            while has_panicked(what, self.go_on(&heard, &mut is_listening)).await {}
        };
        tokio::join!(watching, following);
    }

    /// Follows, and listens again whenever that ends. What the listener told when it ended may not have been
    /// done, whatever it ended by.
    async fn go_on(&mut self, heard: &watch::Sender<Instant>, is_listening: &mut bool) {
        loop {
            if std::mem::take(is_listening) {
                let cause = self.follow(heard).await;
                tracing::warn!(
                    cause = %Chain(&cause),
                    "revocations by other processes are not heard any more"
                );
            }
            self.listen_again(heard).await;
            *is_listening = true;
            tracing::info!("revocations by other processes are heard again");
        }
    }

    /// Takes sessions out as they are revoked; ends when the listener is lost.
    async fn follow(&mut self, heard: &watch::Sender<Instant>) -> Error {
        let interval = CHECK_INTERVAL_MAX.min(self.staleness_max / 3);
        let mut next_check = Instant::now() + interval;
        loop {
            tokio::select! {
                announced = self.listener.next() => match announced {
                    Ok(announced) => {
                        announcement::read(&announced).for_each(|hash| self.shared.cache.evict(&hash));
                    }
                    Err(error) => return error,
                },
                () = tokio::time::sleep_until(next_check) => {
                    let asked = Instant::now();
                    if let Err(error) = self.listener.check().await {
                        return error;
                    }
                    // What was announced before is in the inbox, and taken out of the cache within
                    // this very turn of the loop or the next ones.
                    heard.send_replace(asked);
                    next_check = asked + interval;
                }
            }
        }
    }

    /// Listens again, and takes out of the cache what is not in the table any more.
    async fn listen_again(&mut self, heard: &watch::Sender<Instant>) {
        let mut backoff = BACKOFF_MIN;
        loop {
            match self.try_listen_again().await {
                Ok(listening_since) => {
                    heard.send_replace(listening_since);
                    return;
                }
                Err(error) => {
                    tracing::debug!(cause = %Chain(&error), "listening again failed");
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    async fn try_listen_again(&mut self) -> Result<Instant, StreamError> {
        let mut listener = listen(&self.connector).await.map_err(StreamError::Read)?;
        let listening_since = Instant::now();
        let cache = &self.shared.cache;
        // Nothing is put in by this, so that nothing revoked can come back: what was opened elsewhere
        // is found when its token is shown.
        cache.begin_sweep();
        let reading =
            store::for_each_live_hash(&self.connector, |token_hash| cache.confirm(&token_hash));
        let hearing = |token_hash: TokenHash| cache.evict(&token_hash);
        read_while_hearing(reading, &mut listener, hearing).await?;
        let swept = cache.sweep();
        tracing::info!(swept, "the session cache was held against the table");
        self.listener = listener;
        Ok(listening_since)
    }
}

async fn listen(connector: &Connector) -> Result<Listener, Error> {
    Listener::connect(connector, announcement::CHANNEL).await
}

/// Reads the table to its end, and takes what is announced in the meantime.
async fn read_while_hearing(
    reading: impl Future<Output = Result<(), StreamError>>,
    listener: &mut Listener,
    mut hear: impl FnMut(TokenHash),
) -> Result<(), StreamError> {
    let mut reading = std::pin::pin!(reading);
    loop {
        tokio::select! {
            biased;
            announced = listener.next() => {
                announcement::read(&announced.map_err(StreamError::Read)?).for_each(&mut hear);
            }
            outcome = &mut reading => return outcome,
        }
    }
}

/// Lets the cache be believed for so long after each time it was known to be true.
async fn watch_over(
    shared: &Shared,
    mut hearing: watch::Receiver<Instant>,
    staleness_max: Duration,
) {
    loop {
        let true_until = *hearing.borrow_and_update() + staleness_max;
        let is_true = Instant::now() < true_until;
        if is_true != shared.cache.is_trusted() {
            shared.cache.set_trusted(is_true);
            match is_true {
                true => tracing::info!("the session cache is believed again"),
                false => tracing::error!(
                    staleness_max_ms = staleness_max.as_millis() as u64,
                    "the session cache is believed no more: sessions resolve with 503"
                ),
            }
        }
        let too_old = async {
            match is_true {
                true => tokio::time::sleep_until(true_until).await,
                false => pending().await,
            }
        };
        tokio::select! {
            changed = hearing.changed() => if changed.is_err() { return },
            () = too_old => {}
        }
    }
}
