//! Hears what other processes announce with NOTIFY.
//!
//! Owns one connection that listens, and how its loss is noticed. Ignores what an announcement says.

use std::fmt;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::Client;

use super::connect::Connector;
use super::error::{Error, Unavailable};

/// How many announcements may wait to be taken. A listener that is further behind counts as lost:
/// what it has missed is read anew.
const INBOX_MAX: usize = 4096;

/// A connection that listens to one channel. It is lost for good when [`next`](Self::next) says so, or
/// [`check`](Self::check) fails.
pub struct Listener {
    client: Client,
    inbox: mpsc::Receiver<String>,
    timeout: Duration,
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Listener").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Listener {
    /// Listens to `channel`, an SQL identifier: whatever is committed from now on is heard.
    ///
    /// # Errors
    /// [`Error`] when it can't be connected to, or doesn't take the LISTEN in time.
    pub async fn connect(connector: &Connector, channel: &str) -> Result<Self, Error> {
        let timeout = connector.operation_timeout();
        let (sender, inbox) = mpsc::channel(INBOX_MAX);
        let client = connector.listen(sender).await?;
        let listener = Self { client, inbox, timeout };
        listener.bounded(listener.client.batch_execute(&format!("listen {channel}"))).await?;
        Ok(listener)
    }

    /// The next announcement.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the connection is lost.
    pub async fn next(&mut self) -> Result<String, Error> {
        self.inbox.recv().await.ok_or(Error::Unavailable(Unavailable::ListenerLost))
    }

    /// Asks the server for a sign of life: a connection that leads nowhere any more is silent, like
    /// one on which nothing is announced. All that was committed before it was asked is in the inbox
    /// when it answers.
    ///
    /// # Errors
    /// [`Error`] when there is no answer in time.
    pub async fn check(&self) -> Result<(), Error> {
        self.bounded(self.client.simple_query("")).await.map(drop)
    }

    async fn bounded<T>(
        &self,
        statement: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Error> {
        let outcome = tokio::time::timeout(self.timeout, statement).await;
        let late = |_| Error::Unavailable(Unavailable::StatementTimedOut(self.timeout));
        outcome.map_err(late)?.map_err(Error::from)
    }
}
