//! Why no connection came about: what happened at each server that was tried.

use std::fmt;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use super::driver_error::DriverError;
use crate::telemetry::Chain;

/// No server could be connected to. `Display` says what happened at each, in one line.
#[derive(Debug)]
pub struct ConnectError {
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
}

/// One server, or one of its addresses, that could not be connected to.
#[derive(Debug)]
pub struct Attempt {
    /// `host:port`, with the address if the host is a name, or `directory:port`.
    pub target: String,
    /// What happened there.
    pub reason: AttemptError,
}

/// Why an attempt failed.
#[derive(Debug)]
pub enum AttemptError {
    /// The host's name has no address.
    Unresolved(std::io::Error),
    /// Nothing came of it within this time.
    TimedOut(Duration),
    /// The server cannot be reached, or refused us.
    Driver(DriverError),
}

impl ConnectError {
    /// What the server said last, if one said anything: a wrong password, a missing database.
    #[must_use]
    pub fn sql_state(&self) -> Option<&SqlState> {
        self.attempts.iter().rev().find_map(|attempt| match &attempt.reason {
            AttemptError::Driver(error) => error.code(),
            AttemptError::Unresolved(_) | AttemptError::TimedOut(_) => None,
        })
    }

    /// Whether waiting may help: not where a server refuses who we are (class 28) or has no such
    /// database or schema (class 3).
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.sql_state()
            .is_none_or(|state| !state.code().starts_with("28") && !state.code().starts_with("3"))
    }
}

// No `source`: with several attempts there is no single one, and `Display` says it all.
impl std::error::Error for ConnectError {}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot connect to PostgreSQL: ")?;
        for (position, attempt) in self.attempts.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {}", attempt.target, attempt.reason)?;
        }
        Ok(())
    }
}

impl fmt::Display for AttemptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved(error) => write!(f, "the name has no address: {error}"),
            Self::TimedOut(time) => write!(f, "no answer within {} ms", time.as_millis()),
            Self::Driver(error) => Chain(error).fmt(f),
        }
    }
}
