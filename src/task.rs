//! Work that must not be left half done.

use tracing::Instrument;

use crate::telemetry::{RequestId, request_id};

/// Work was cut off: it panicked, or the process ends.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut off")]
pub struct CutOff(#[from] tokio::task::JoinError);

/// Runs work to its end even when whoever waits for it goes away, as a request's future does when
/// its caller hangs up. For what writes to the database and then to memory: the two must not be
/// parted. The work keeps the request's id and span.
///
/// # Errors
/// [`CutOff`].
pub async fn complete<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, CutOff> {
    let work = work.in_current_span();
    let outcome = match RequestId::current() {
        Some(id) => tokio::spawn(request_id::scope(id, work)).await,
        None => tokio::spawn(work).await,
    };
    Ok(outcome?)
}
