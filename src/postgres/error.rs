//! What can go wrong at the database, sorted by what a caller can do about it.
//!
//! Owns the reading of SQLSTATE codes. Ignores which statement means what: a store names the
//! constraint that it expects to be violated.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::connect_error::ConnectError;
use super::driver_error::DriverError;

/// A failed statement or connection. A clone is the same failure, told to another who waited for it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database can't be asked now: the answer is 503, and another try may succeed.
    #[error("the database is unavailable")]
    Unavailable(#[source] Unavailable),
    /// A named constraint refused the row; a store that expects it turns it into its own error.
    #[error("the constraint {name} was violated")]
    Constraint {
        /// The constraint's name as the migrations give it.
        name: String,
        /// The server's words.
        #[source]
        source: DriverError,
    },
    /// Concurrent transactions got in each other's way; the whole transaction may be repeated.
    #[error("the transaction ran into another one")]
    Retry(#[source] DriverError),
    /// A fault of ours: a wrong statement, a schema that is not what the code expects.
    #[error("the database refused a statement")]
    Unexpected(#[source] DriverError),
}

/// Why the database can't be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unavailable {
    /// No connection could be made.
    #[error("connecting failed")]
    Connect(#[source] Arc<ConnectError>),
    /// The connection was lost, or the server is going down.
    #[error("the connection or the server failed")]
    Lost(#[source] DriverError),
    /// The server is short of something, reads only, or cancelled the statement; the connection is
    /// as it was.
    #[error("the server can't do it now")]
    Refused(#[source] DriverError),
    /// All connections of the pool were busy for the whole operation timeout.
    #[error("no connection of the pool became free within {0:?}")]
    PoolExhausted(Duration),
    /// A statement did not end within the operation timeout.
    #[error("a statement did not end within {0:?}")]
    StatementTimedOut(Duration),
    /// The connection that listens was lost, or what it heard was not taken in time.
    #[error("the connection that listens was lost")]
    ListenerLost,
    /// More callers wait already than may.
    #[error("too many wait for the same kind of work")]
    QueueFull,
    /// The work of many callers came to no end; whether it was done is not known.
    #[error("the work was cut off")]
    BatchCutOff,
    /// The pool is closed because the process is shutting down.
    #[error("the pool is closed")]
    Closed,
}

impl Error {
    /// Whether the same may succeed a little later.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Retry(_))
    }

    /// Whether a statement that is safe to repeat may succeed on another connection at once.
    pub(super) fn is_connection_lost(&self) -> bool {
        matches!(self, Self::Unavailable(Unavailable::Lost(_)))
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(Unavailable::Connect(Arc::new(error)))
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        if is_lost(&error) {
            return Self::Unavailable(Unavailable::Lost(error.into()));
        }
        let Some(database) = error.as_db_error() else {
            return Self::Unexpected(error.into());
        };
        let code = database.code();
        if *code == SqlState::T_R_SERIALIZATION_FAILURE || *code == SqlState::T_R_DEADLOCK_DETECTED
        {
            return Self::Retry(error.into());
        }
        if is_passing(code) {
            return Self::Unavailable(Unavailable::Refused(error.into()));
        }
        // Class 23: integrity constraint violations; the name says which.
        match database.constraint() {
            Some(name) if code.code().starts_with("23") => {
                Self::Constraint { name: name.to_owned(), source: error.into() }
            }
            _ => Self::Unexpected(error.into()),
        }
    }
}

/// Whether the connection is over: it broke, or the server says so.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => ends_connection(code),
        None => error.is_closed() || is_transport(error),
    }
}

/// Whether the connection itself broke: the driver wraps the socket's error.
fn is_transport(error: &tokio_postgres::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.is::<std::io::Error>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// Whether the server says with it that the connection is over: connection exceptions (08), a
/// shutdown, a crash or an idle limit (57P…), a transaction that was left idle.
fn ends_connection(code: &SqlState) -> bool {
    ["08", "57P"].iter().any(|class| code.code().starts_with(class))
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// Whether the server says that it can't now: insufficient resources (53), a statement that was
/// cancelled, by its time or by an operator, read-only (a standby after a failover).
fn is_passing(code: &SqlState) -> bool {
    code.code().starts_with("53")
        || *code == SqlState::QUERY_CANCELED
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
}
