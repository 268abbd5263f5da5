//! The way to PostgreSQL: connections, the pool, statements, migrations.
//!
//! Owns everything that the driver shows: features name it only in their `store.rs`, and see its
//! failures only as [`Error`]. Ignores what the tables mean.

pub(crate) mod advisory;
mod batcher;
mod connect;
mod connect_error;
mod driver_error;
mod error;
mod listener;
pub mod migrations;
mod pool;
mod probe;
mod query;
mod tls;
mod types;

pub use batcher::{BatchLimits, Batcher};
pub use connect::{Connector, Session, SessionOptions};
pub use connect_error::{Attempt, AttemptError, ConnectError};
pub use driver_error::DriverError;
pub use error::{Error, Unavailable};
pub use listener::Listener;
pub use migrations::Outcome as MigrationOutcome;
pub use pool::{Connection, Parameters, Pool, PoolStatus, Transaction};
pub use probe::Probe;
pub use query::Query;
pub(crate) use query::queries;
pub use tls::TlsError;
pub use types::TransactionId;
