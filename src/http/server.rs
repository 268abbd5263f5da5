//! The listening server: accepts within a bound, and drains.
//!
//! The caller owns the listeners and says when to stop; what a request meets is in `dispatch`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection;
use super::dispatch::{Dispatcher, REFUSALS_INTERVAL, Readiness};
use super::router::{Route, Router};
use crate::config::HttpConfig;
use crate::telemetry::{HttpMetrics, Throttle};

/// How long accepting pauses when the process is out of file descriptors, so as not to spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long a connection that was made at the last moment has to send its request: its caller may not
/// be able to tell whether we have begun with it.
const LAST_MOMENT: Duration = Duration::from_millis(50);

/// A server over services `S`.
pub struct Server<S> {
    dispatcher: Arc<Dispatcher<S>>,
    slots: Arc<Semaphore>,
    connections: TaskTracker,
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Server").field("status", &self.status()).finish_non_exhaustive()
    }
}

/// How the server stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerStatus {
    /// Requests that are being answered, probes aside.
    pub requests: usize,
    /// Open connections.
    pub connections: usize,
}

impl<S> Server<S> {
    /// How the server stands.
    #[must_use]
    pub fn status(&self) -> ServerStatus {
        ServerStatus {
            requests: self.dispatcher.in_flight.load(Ordering::Relaxed),
            // Not from the slots: one is taken for the connection that is yet to come.
            connections: self.connections.len(),
        }
    }
}

impl<S: Send + Sync + 'static> Server<S> {
    /// A server that answers the routes of `table`.
    #[must_use]
    pub fn new(
        table: Vec<Route<S>>,
        services: S,
        readiness: Arc<Readiness>,
        config: HttpConfig,
        metrics: HttpMetrics,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(config.connections_max));
        let router = Router::new(table);
        let in_flight = AtomicUsize::new(0);
        let refusals = Throttle::new(REFUSALS_INTERVAL);
        let drain = CancellationToken::new();
        let dispatcher = Arc::new(Dispatcher {
            router,
            services,
            readiness,
            config,
            metrics,
            in_flight,
            refusals,
            drain,
        });
        Self { dispatcher, slots, connections: TaskTracker::new() }
    }

    /// Serves until `shutdown` ends, then takes no new connection, lets what is in flight finish, and
    /// returns when the last is done or `drain_timeout` is over; tells how many it had to cut off.
    pub async fn run(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        drain_timeout: Duration,
    ) -> usize {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                accepted = self.accept(&listener) => accepted,
            };
            if let Some((stream, slot)) = accepted {
                self.serve(stream, slot);
            }
        }
        self.serve_queued(listener);
        if !self.connections.is_empty() {
            tokio::time::sleep(LAST_MOMENT).await;
        }
        self.dispatcher.drain.cancel();
        self.connections.close();
        let _ = tokio::time::timeout(drain_timeout, self.connections.wait()).await;
        self.connections.len()
    }

    /// Serves a connection in a task of its own.
    fn serve(&self, stream: TcpStream, slot: OwnedSemaphorePermit) {
        let serving = connection::serve(stream, Arc::clone(&self.dispatcher));
        self.connections.spawn(async move {
            serving.await;
            drop(slot);
        });
    }

    /// Stops listening, but serves what is in the kernel's queue: its callers count themselves connected,
    /// and would be reset with it.
    fn serve_queued(&self, listener: TcpListener) {
        // Asked past the runtime, which may not have heard of them yet.
        let Ok(listener) = listener.into_std() else { return };
        while let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            let Ok((stream, _)) = listener.accept() else { return };
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                self.serve(stream, slot);
            }
        }
    }

    /// The next connection, once there is a slot for it; callers beyond wait in the kernel's queue.
    async fn accept(&self, listener: &TcpListener) -> Option<(TcpStream, OwnedSemaphorePermit)> {
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok()?;
        match listener.accept().await {
            Ok((stream, _)) => Some((stream, slot)),
            Err(error) => {
                // One that was reset while it queued is nobody's trouble; being out of descriptors is.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }
}
