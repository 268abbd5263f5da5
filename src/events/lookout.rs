//! Sees in time what was told, by this process or by another.
//!
//! Owns the one look a process takes for all of its readers, and how processes wake each other. Both are
//! taken at intervals, so that a thousand transactions a second cost no more than some hundred looks. A
//! notification only hastens what a look now and then would find as well.

use std::time::Duration;

use tokio::time::Instant;

use super::service::Events;
use super::store;
use crate::postgres::{self, Connector, Listener};
use crate::task::{again_after_panics, sweep};
use crate::telemetry::Chain;

/// How long is waited after a look or an announcement, so that what comes together is seen together.
const INTERVAL: Duration = Duration::from_millis(5);

/// How often it is looked when nobody says that there is something.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked while rows wait for a transaction to end: at first, and at most.
const WAIT_MIN: Duration = Duration::from_millis(5);
const WAIT_MAX: Duration = Duration::from_millis(50);

/// How long the listener may be silent before it is asked for a sign of life.
const CHECK_INTERVAL: Duration = Duration::from_secs(5);

/// How long is waited between two attempts to listen, at first and at most.
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

impl Events {
    /// Has streams learn at once of what is told, and clears away what is old; for ever.
    pub async fn keep_up(self, connector: Connector) {
        tokio::join!(
            again_after_panics("looking out for events", || self.look_out()),
            again_after_panics("announcing events", || self.announce()),
            again_after_panics("listening for events", || self.listen(&connector)),
            sweep("old events", self.prune_interval(), || self.prune()),
        );
    }

    async fn look_out(&self) {
        let shared = &self.shared;
        let mut wait = WAIT_MIN;
        loop {
            let pause = match store::look(&shared.pool).await {
                Ok(look) => {
                    let has_news = shared.seen(&look);
                    wait = if has_news { WAIT_MIN } else { (wait * 2).min(WAIT_MAX) };
                    if look.waiting_since.is_some() { wait } else { POLL_INTERVAL }
                }
                Err(error) => {
                    shared.log_failure(&error);
                    POLL_INTERVAL
                }
            };
            tokio::time::sleep(INTERVAL).await;
            tokio::select! {
                () = shared.unseen.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Tells the other processes, in no writing transaction, that something was told.
    async fn announce(&self) {
        let shared = &self.shared;
        loop {
            shared.unannounced.notified().await;
            if let Err(error) = store::announce(&shared.pool, &shared.name).await {
                tracing::debug!(cause = %Chain(&error), "the others find what was told by themselves");
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Hears what other processes announce. A listener that is lost is replaced.
    async fn listen(&self, connector: &Connector) {
        let mut backoff = BACKOFF_MIN;
        loop {
            match Listener::connect(connector, store::CHANNEL).await {
                Ok(listener) => {
                    backoff = BACKOFF_MIN;
                    let cause = self.hear(listener).await;
                    tracing::warn!(cause = %Chain(&cause), "events of other processes are not heard of at once");
                }
                Err(error) => {
                    tracing::debug!(cause = %Chain(&error), "listening for events failed");
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
            tokio::time::sleep(backoff).await;
        }
    }

    async fn hear(&self, mut listener: Listener) -> postgres::Error {
        // What was announced before is looked for, and not heard.
        self.shared.look();
        let mut next_check = Instant::now() + CHECK_INTERVAL;
        loop {
            tokio::select! {
                announced = listener.next() => match announced {
                    Ok(by) if by == self.shared.name => {}
                    Ok(_) => self.shared.look(),
                    Err(error) => return error,
                },
                () = tokio::time::sleep_until(next_check) => {
                    if let Err(error) = listener.check().await {
                        return error;
                    }
                    next_check = Instant::now() + CHECK_INTERVAL;
                }
            }
        }
    }
}
