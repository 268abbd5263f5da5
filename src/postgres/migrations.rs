//! The schema's history, embedded in the binary and applied at boot.
//!
//! Owns the schema `backend` and the order of things: one process migrates at a time, and a
//! database that a newer version has migrated is left alone. What a migration may do is in
//! `migrations/README.md`.

use std::time::Duration;

use refinery::Runner;
use tokio_postgres::Client;

use super::connect::{Connector, SessionOptions};
use super::connect_error::ConnectError;
use super::driver_error::{DriverError, Shown};
use super::error::is_lost;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The advisory lock that the migrating process holds: "scrabble" in ASCII.
const ADVISORY_LOCK: i64 = 0x7363_7261_6262_6c65;

/// How often a process that waits for another one's migration asks again.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// How many migrations it applied.
    pub applied: usize,
    /// The version that the schema is at now.
    pub version: i32,
}

/// Why the schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No connection.
    #[error("connecting to migrate failed")]
    Connect(#[source] ConnectError),
    /// A statement around the migrations failed.
    #[error("preparing to migrate failed")]
    Prepare(#[source] DriverError),
    /// A migration failed, or an applied one is not the one that this binary has.
    #[error("applying the migrations failed: {reason}")]
    Apply {
        /// Which one, and what the server said; without the values of rows.
        reason: String,
        /// Whether the connection was lost.
        is_lost: bool,
    },
    /// A newer binary has migrated this database.
    #[error(
        "the database is at schema version {database}, and this binary knows only up to {known}: \
         it was migrated by a newer version of scrabble-backend; run that one, or restore a backup"
    )]
    Newer {
        /// The database's version.
        database: i32,
        /// This binary's.
        known: i32,
    },
}

impl Error {
    /// Whether waiting may help: the database can't be reached, or is going up or down.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connect(error) => error.is_passing(),
            Self::Prepare(error) => is_lost(error.driver()),
            // What was applied is not applied again.
            Self::Apply { is_lost, .. } => *is_lost,
            Self::Newer { .. } => false,
        }
    }
}

/// Brings the schema `backend` up to what this binary has, once, however many processes ask.
///
/// # Errors
/// [`Error`]; what was applied before the failing migration stays.
pub async fn run(connector: &Connector) -> Result<Outcome, Error> {
    let (mut client, driver) =
        connector.connect(SessionOptions::Unbounded).await.map_err(Error::Connect)?;
    let outcome = run_locked(&mut client).await;
    // The lock goes with the connection, also when the migration failed.
    drop(client);
    driver.abort();
    outcome
}

async fn run_locked(client: &mut Client) -> Result<Outcome, Error> {
    lock(client).await.map_err(prepare)?;
    create_schema(client).await.map_err(prepare)?;
    let runner = embedded::migrations::runner();
    let known = latest(&runner);
    let database = applied_version(client).await.map_err(prepare)?;
    if database > known {
        return Err(Error::Newer { database, known });
    }
    let report = runner.run_async(client).await.map_err(apply)?;
    Ok(Outcome { applied: report.applied_migrations().len(), version: known })
}

fn prepare(error: tokio_postgres::Error) -> Error {
    Error::Prepare(error.into())
}

/// refinery keeps the driver's error as its cause, and shows it with the values of rows.
fn apply(error: refinery::Error) -> Error {
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref());
    let reason = match (error.kind(), cause) {
        (refinery::error::Kind::Connection(what, _), Some(cause)) => {
            format!("{what}: {}", Shown(cause))
        }
        _ => error.to_string(),
    };
    Error::Apply { reason, is_lost: cause.is_some_and(is_lost) }
}

/// Waits for the lock by asking, so that a connection limit or a proxy that ends long statements
/// does not end the wait.
async fn lock(client: &Client) -> Result<(), tokio_postgres::Error> {
    let mut is_told = false;
    loop {
        let row = client.query_one("select pg_try_advisory_lock($1)", &[&ADVISORY_LOCK]).await?;
        if row.get(0) {
            return Ok(());
        }
        if !is_told {
            tracing::info!("another process is migrating the database, waiting for it");
            is_told = true;
        }
        tokio::time::sleep(LOCK_POLL).await;
    }
}

/// Asks before it creates: `if not exists` needs the right to create schemas also where there is one,
/// and an operator may have made the schema so that the service's role needs no such right.
async fn create_schema(client: &Client) -> Result<(), tokio_postgres::Error> {
    let row = client.query_one("select to_regnamespace('backend') is null", &[]).await?;
    if row.get(0) { client.batch_execute("create schema backend").await } else { Ok(()) }
}

fn latest(runner: &Runner) -> i32 {
    runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// The version that the database is at; 0 where nothing was ever applied.
async fn applied_version(client: &Client) -> Result<i32, tokio_postgres::Error> {
    let table = client
        .query_one("select to_regclass('backend.refinery_schema_history')::text", &[])
        .await?;
    if table.get::<_, Option<String>>(0).is_none() {
        return Ok(0);
    }
    let row = client
        .query_one("select coalesce(max(version), 0) from refinery_schema_history", &[])
        .await?;
    Ok(row.get(0))
}
