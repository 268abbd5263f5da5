//! The driver's errors as we show them.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tokio_postgres::error::SqlState;

/// What the driver says failed. It never shows the server's DETAIL, in which the values of a row
/// stand: they are somebody's data, and logs are read by many.
#[derive(Clone)]
pub struct DriverError(Arc<tokio_postgres::Error>);

impl DriverError {
    /// The server's code, where the server has said anything.
    #[must_use]
    pub fn code(&self) -> Option<&SqlState> {
        self.0.code()
    }

    /// The driver's own error, for what only it can tell.
    pub(super) fn driver(&self) -> &tokio_postgres::Error {
        &self.0
    }
}

impl From<tokio_postgres::Error> for DriverError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl fmt::Display for DriverError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(formatter)
    }
}

/// Shows a driver's error, without its causes, as [`DriverError`] does.
pub(super) struct Shown<'a>(pub(super) &'a tokio_postgres::Error);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_db_error() {
            Some(error) => {
                let (severity, code, message) =
                    (error.severity(), error.code().code(), error.message());
                write!(formatter, "{severity} {code}: {message}")
            }
            None => self.0.fmt(formatter),
        }
    }
}

impl fmt::Debug for DriverError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DriverError({self})")
    }
}

impl Error for DriverError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // What the server said is shown above, and would show its DETAIL.
        if self.0.as_db_error().is_some() { None } else { self.0.source() }
    }
}
