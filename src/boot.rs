//! From a database that may not be up to a service that is ready.

use std::time::Duration;

use crate::postgres::{Connector, migrations};
use crate::runtime::{Games, NoSignOfLife};
use crate::session::{Follower, Sessions, StreamError};
use crate::telemetry::Chain;

/// How long the boot waits between two attempts, at first and at most.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(5);

/// Why the service can't start on this database; waiting would not help.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The schema can't be brought up to date.
    #[error(transparent)]
    Migrate(migrations::Error),
    /// The sessions can't be read.
    #[error("warming the session cache failed")]
    WarmUp(#[source] StreamError),
    /// It can't be known how long nobody kept the clocks of games.
    #[error("giving the first sign of life failed")]
    SignOfLife(#[source] NoSignOfLife),
}

/// Migrates, warms the cache, and credits players with the time in which no replica was up; waits for a
/// database that is not up. Gives what is to keep the cache true from then on.
pub(crate) async fn run(
    connector: &Connector,
    sessions: &Sessions,
    games: &Games,
    staleness_max: Duration,
) -> Result<Follower, Error> {
    let migrated = patiently(|| migrations::run(connector), migrations::Error::is_passing);
    let migrated = migrated.await.map_err(Error::Migrate)?;
    tracing::info!(
        applied = migrated.applied,
        version = migrated.version,
        "the schema is up to date"
    );
    let warmed = patiently(|| sessions.warm_up(connector, staleness_max), StreamError::is_passing);
    let follower = warmed.await.map_err(Error::WarmUp)?;
    let alive = patiently(|| games.give_sign_of_life(), NoSignOfLife::is_passing);
    alive.await.map_err(Error::SignOfLife)?;
    Ok(follower)
}

/// Repeats work, with pauses that grow, for as long as it fails in a way that passes.
async fn patiently<T, E, F>(
    mut work: impl FnMut() -> F,
    is_passing: impl Fn(&E) -> bool,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
    E: std::error::Error + 'static,
{
    let mut backoff = BACKOFF_MIN;
    loop {
        match work().await {
            Err(error) if is_passing(&error) => {
                tracing::warn!(cause = %Chain(&error), retry_ms = backoff.as_millis() as u64, "waiting for the database");
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(BACKOFF_MAX);
            }
            outcome => return outcome,
        }
    }
}
