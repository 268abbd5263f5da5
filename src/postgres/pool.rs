//! A bounded set of connections, lent out one caller at a time.
//!
//! Owns the four settings: at most so many connections are open, at most so many stay open unused,
//! none is used past its lifetime, and every wait ends at the operation timeout. Ignores what the
//! statements say.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use deadpool::managed::{self, Metrics, PoolError, QueueMode, RecycleError, TimeoutType};
use deadpool_postgres::ClientWrapper;
use futures_util::FutureExt;
use postgres_types::ToSql;
use tokio_postgres::Row;

use super::connect::{Connector, SessionOptions};
use super::connect_error::ConnectError;
use super::error::{Error, Unavailable};
use super::query::Query;
use crate::config::PostgresConfig;

/// How often unused and outlived connections are looked for.
const TRIM_INTERVAL: Duration = Duration::from_secs(1);

/// The pool; a clone is another handle on the same connections.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    idle_max: usize,
    lifetime_max: Duration,
    operation_timeout: Duration,
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pool").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// How the pool stands, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// Connections that are open and lent to nobody.
    pub idle: usize,
    /// Connections that are lent out.
    pub used: usize,
    /// Callers that wait for one.
    pub waiting: usize,
    /// The most connections that may be open.
    pub open_max: usize,
}

/// A lent connection. What is [declared](Query) is prepared once a connection, and every statement
/// ends within the operation timeout.
pub struct Connection {
    /// Taken out only when this is dropped.
    lent: Option<managed::Object<Manager>>,
    /// Statements that have not ended. One that nobody waits for any more, because its time was over
    /// or its caller went away, never does, nor does one whose connection was lost: what is left with
    /// any is closed, not reused.
    unfinished: AtomicUsize,
    operation_timeout: Duration,
}

/// A transaction on a lent connection, which it derefs to. Dropping it uncommitted rolls back.
pub struct Transaction<'a> {
    connection: &'a mut Connection,
    is_open: bool,
}

impl Pool {
    /// A pool that connects when it is first asked to.
    ///
    /// # Panics
    /// Never: the builder refuses only timeouts without a runtime, and there is one.
    #[must_use]
    pub fn new(connector: Connector, config: &PostgresConfig) -> Self {
        // A little less than a caller waits, so that it is told which server did not answer, rather
        // than that its time is over.
        let connect_timeout = config.operation_timeout * 9 / 10;
        let manager = Manager {
            connector: Arc::new(connector.within(connect_timeout)),
            lifetime_max: config.connection_lifetime_max,
        };
        Self {
            connections: connections(manager, config.connections_open_max),
            idle_max: config.connections_idle_max,
            lifetime_max: config.connection_lifetime_max,
            operation_timeout: config.operation_timeout,
        }
    }

    /// Another pool on the same database, of one connection: for what must not wait behind requests.
    #[must_use]
    pub fn of_one(&self) -> Self {
        Self { connections: connections(self.connections.manager().clone(), 1), ..self.clone() }
    }

    /// The longest that a statement takes, or waiting for a connection.
    #[must_use]
    pub const fn operation_timeout(&self) -> Duration {
        self.operation_timeout
    }

    /// Borrows a connection, waiting for one to be free or opened.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when none could be had within the operation timeout.
    pub async fn get(&self) -> Result<Connection, Error> {
        let timeouts = managed::Timeouts {
            wait: Some(self.operation_timeout),
            create: Some(self.operation_timeout),
            recycle: Some(self.operation_timeout),
        };
        // The bound holds for waiting and connecting together, not for each.
        let lent =
            tokio::time::timeout(self.operation_timeout, self.connections.timeout_get(&timeouts))
                .await
                .map_err(|_| Unavailable::PoolExhausted(self.operation_timeout))
                .and_then(|outcome| outcome.map_err(|error| self.unavailable(error)))
                .map_err(Error::Unavailable)?;
        Ok(Connection {
            lent: Some(lent),
            unfinished: AtomicUsize::new(0),
            operation_timeout: self.operation_timeout,
        })
    }

    /// Runs one reading statement that gives at most one row; it is repeated once when the
    /// connection turns out to be lost.
    ///
    /// # Errors
    /// As [`Connection::query_opt`].
    pub async fn read_opt(
        &self,
        query: &Query,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>, Error> {
        Ok(self.read(query, parameters).await?.into_iter().next())
    }

    /// Runs one reading statement; it is repeated once when the connection turns out to be lost.
    ///
    /// # Errors
    /// As [`Connection::query`].
    pub async fn read(&self, query: &Query, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        // The lost connection is given back before another is asked for: where all were lost together,
        // callers would otherwise wait for each other.
        let outcome = self.get().await?.query(query, parameters).await;
        match outcome {
            Err(error) if error.is_connection_lost() => {
                self.get().await?.query(query, parameters).await
            }
            outcome => outcome,
        }
    }

    /// How the pool stands.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        let status = self.connections.status();
        PoolStatus {
            idle: status.available.min(status.size),
            used: status.size.saturating_sub(status.available),
            waiting: status.waiting,
            open_max: status.max_size,
        }
    }

    /// Closes what is unused past the idle limit or past its lifetime, each second, for ever.
    pub async fn trim(self) {
        let mut ticks = tokio::time::interval(TRIM_INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.trim_once();
        }
    }

    /// Closes all connections; callers get [`Error::Unavailable`] from now on.
    pub fn close(&self) {
        self.connections.close();
    }

    fn trim_once(&self) {
        // The queue's front was used longest ago, so what is too many goes from there.
        let mut excess = self.status().idle.saturating_sub(self.idle_max);
        let lifetime_max = self.lifetime_max;
        self.connections.retain(|_, metrics| {
            let is_kept = excess == 0 && metrics.created.elapsed() < lifetime_max;
            excess = excess.saturating_sub(1);
            is_kept
        });
    }

    fn unavailable(&self, error: PoolError<ConnectError>) -> Unavailable {
        match error {
            PoolError::Timeout(TimeoutType::Wait | TimeoutType::Create | TimeoutType::Recycle) => {
                Unavailable::PoolExhausted(self.operation_timeout)
            }
            PoolError::Backend(error) => Unavailable::Connect(Arc::new(error)),
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
                Unavailable::Closed
            }
        }
    }
}

fn connections(manager: Manager, open_max: usize) -> managed::Pool<Manager> {
    managed::Pool::builder(manager)
        .max_size(open_max)
        // The connection used last is used next, so that the others fall idle and can go.
        .queue_mode(QueueMode::Lifo)
        .runtime(deadpool::Runtime::Tokio1)
        .build()
        .expect("a pool with a runtime builds")
}

/// The values of a statement's parameters.
pub type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Connection {
    /// Runs a statement and gives its rows.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time.
    pub async fn query(
        &self,
        query: &Query,
        parameters: Parameters<'_>,
    ) -> Result<Vec<Row>, Error> {
        self.bounded(async {
            let statement = self.client().prepare_typed_cached(query.sql, query.parameters).await?;
            self.client().query(&statement, parameters).await
        })
        .await
    }

    /// Runs a statement that gives at most one row.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time.
    pub async fn query_opt(
        &self,
        query: &Query,
        parameters: Parameters<'_>,
    ) -> Result<Option<Row>, Error> {
        Ok(self.query(query, parameters).await?.into_iter().next())
    }

    /// Runs a statement that gives no rows; answers how many it touched.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time.
    pub async fn execute(&self, query: &Query, parameters: Parameters<'_>) -> Result<u64, Error> {
        self.bounded(async {
            let statement = self.client().prepare_typed_cached(query.sql, query.parameters).await?;
            self.client().execute(&statement, parameters).await
        })
        .await
    }

    /// Begins a transaction at READ COMMITTED.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time.
    pub async fn begin(&mut self) -> Result<Transaction<'_>, Error> {
        self.begin_by("begin").await
    }

    /// Begins a transaction whose statements all see the database as it is at the first of them, and
    /// change nothing.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time.
    pub async fn begin_snapshot(&mut self) -> Result<Transaction<'_>, Error> {
        self.begin_by("begin isolation level repeatable read read only").await
    }

    async fn begin_by(&mut self, statement: &str) -> Result<Transaction<'_>, Error> {
        // Open from before the statement is sent: should this future be dropped, it is rolled back.
        let transaction = Transaction { connection: self, is_open: true };
        transaction.bounded(transaction.client().batch_execute(statement)).await?;
        Ok(transaction)
    }

    fn client(&self) -> &ClientWrapper {
        self.lent.as_ref().expect("a connection is lent until it is dropped")
    }

    /// Ends a statement at the operation timeout; the connection is then given up, since whoever
    /// borrowed it next would wait behind that statement. The server ends it by its own
    /// `statement_timeout`.
    async fn bounded<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
        let outcome = tokio::time::timeout(self.operation_timeout, statement).await;
        let outcome = outcome.map_err(|_| {
            Error::Unavailable(Unavailable::StatementTimedOut(self.operation_timeout))
        })?;
        let outcome = outcome.map_err(Error::from);
        let is_lost = outcome.as_ref().is_err_and(Error::is_connection_lost);
        if !is_lost {
            self.unfinished.fetch_sub(1, Ordering::Relaxed);
        }
        outcome
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(lent) = self.lent.take()
            && self.unfinished.load(Ordering::Relaxed) > 0
        {
            // Out of the pool, and closed: dropping the client ends its connection.
            drop(managed::Object::take(lent));
        }
    }
}

impl Transaction<'_> {
    /// Commits.
    ///
    /// # Errors
    /// [`Error`] when the statement fails or does not end in time; whether the transaction was
    /// committed is then not known if the connection was lost.
    pub async fn commit(mut self) -> Result<(), Error> {
        self.bounded(self.client().batch_execute("commit")).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // The first poll hands the statement to the connection's task, ahead of whatever the
            // next borrower sends; its answer interests nobody.
            let _ = self.connection.client().batch_execute("rollback").now_or_never();
        }
    }
}

/// Opens connections for the pool and looks at them before they are lent again.
#[derive(Clone)]
struct Manager {
    connector: Arc<Connector>,
    lifetime_max: Duration,
}

impl managed::Manager for Manager {
    type Type = ClientWrapper;
    type Error = ConnectError;

    async fn create(&self) -> Result<ClientWrapper, ConnectError> {
        // Apart, for it is seldom needed: every future that borrows a connection, and so every request's,
        // would have room for it otherwise, some twenty kilobytes that are moved from hand to hand.
        let connecting = Box::pin(self.connector.connect(SessionOptions::Pooled));
        let (client, driver) = connecting.await?;
        Ok(ClientWrapper::new(client, driver))
    }

    async fn recycle(
        &self,
        client: &mut ClientWrapper,
        metrics: &Metrics,
    ) -> managed::RecycleResult<ConnectError> {
        let is_outlived = Instant::now().duration_since(metrics.created) >= self.lifetime_max;
        if client.is_closed() || is_outlived {
            return Err(RecycleError::message("closed or past its lifetime"));
        }
        Ok(())
    }
}
