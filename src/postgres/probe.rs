//! Asks the database whether it answers.
//!
//! Owns a connection of its own: a pool whose connections are all at work is no reason to call the
//! service unready, and to wait in its queue would tell of the queue.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio_postgres::Client;

use super::connect::{Connector, SessionOptions};
use super::error::{Error, Unavailable};

/// Asks, however many want to know, once at a time; a clone shares connection and answer.
#[derive(Clone)]
pub struct Probe {
    connector: Connector,
    timeout: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    /// When the last question was put, and what came of it.
    last: Option<(Instant, Result<(), Arc<Error>>)>,
}

impl fmt::Debug for Probe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Probe").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Probe {
    /// A probe that connects when it is first asked; an answer takes `timeout` at most.
    #[must_use]
    pub fn new(connector: Connector, timeout: Duration) -> Self {
        // A little less than whoever asks waits, so that the log can say which server is mute.
        Self { connector: connector.within(timeout * 9 / 10), timeout, state: Arc::default() }
    }

    /// Whether the database answers. Who comes while a question is out waits for the next one, and
    /// shares its answer with all who waited.
    ///
    /// # Errors
    /// [`Error::Unavailable`], as a rule: it does not within the timeout.
    pub async fn ask(&self) -> Result<(), Arc<Error>> {
        let asked = Instant::now();
        let answer = async {
            let mut state = self.state.lock().await;
            if let Some((began, answer)) = &state.last
                && *began >= asked
            {
                return answer.clone();
            }
            let began = Instant::now();
            let answer = self.put(&mut state.client).await.map_err(Arc::new);
            state.last = Some((began, answer.clone()));
            answer
        };
        let timed_out = Error::Unavailable(Unavailable::StatementTimedOut(self.timeout));
        tokio::time::timeout(self.timeout, answer).await.unwrap_or_else(|_| Err(timed_out.into()))
    }

    /// Puts the question on the connection that there is, or else on a new one. A connection is kept
    /// only if it has answered.
    async fn put(&self, kept: &mut Option<Client>) -> Result<(), Error> {
        if let Some(client) = kept.take() {
            match client.simple_query("").await.map_err(Error::from) {
                Ok(_) => {
                    *kept = Some(client);
                    return Ok(());
                }
                // It may have been lost long ago.
                Err(error) if error.is_connection_lost() => {}
                Err(error) => return Err(error),
            }
        }
        let (client, _driver) = self.connector.connect(SessionOptions::Pooled).await?;
        client.simple_query("").await?;
        *kept = Some(client);
        Ok(())
    }
}
