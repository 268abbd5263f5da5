//! Work that must not be left half done, and work that never ends.

use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::MissedTickBehavior;
use tracing::Instrument;

use crate::telemetry::{Chain, RequestId, request_id};

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

/// Does something at once and then at intervals, for ever. What fails is tried again at the next one; the
/// log is told when it begins to fail, and at debug that it still does: everything fails while the database
/// is away. What panics is tried again too, but that is a fault of ours, and told as one.
pub async fn sweep<T, E: Error + 'static, F: Future<Output = Result<T, E>>>(
    what: &'static str,
    interval: Duration,
    mut once: impl FnMut() -> F,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_failing = false;
    loop {
        ticks.tick().await;
        match AssertUnwindSafe(once()).catch_unwind().await {
            Ok(Ok(_)) => is_failing = false,
            Ok(Err(error)) if is_failing => {
                tracing::debug!(what, cause = %Chain(&error), "a sweep has failed again");
            }
            Ok(Err(error)) => {
                is_failing = true;
                tracing::warn!(what, cause = %Chain(&error), "a sweep has failed");
            }
            Err(_) => tracing::error!(what, "a sweep has panicked"),
        }
    }
}

/// How long is waited before work begins again that has panicked.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// Does work to its end, which most has not; begins it again when it panics. For loops that others rely on
/// and nobody looks at.
pub async fn again_after_panics<F: Future<Output = ()>>(
    what: &'static str,
    mut work: impl FnMut() -> F,
) {
    while has_panicked(what, work()).await {}
}

/// Does work, and tells whether it has panicked and is to begin again. That is a fault of ours, and the log is
/// told of it as one; some time passes before it is tried again.
pub async fn has_panicked(what: &'static str, work: impl Future<Output = ()>) -> bool {
    if AssertUnwindSafe(work).catch_unwind().await.is_ok() {
        return false;
    }
    tracing::error!(what, "work has panicked, and begins again");
    tokio::time::sleep(PANIC_PAUSE).await;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_begins_again_and_once_it_has_ended_it_does_not() {
        let mut begun = 0;
        again_after_panics("a test", || {
            begun += 1;
            async move {
                tokio::task::yield_now().await;
                assert_eq!(begun, 2, "a fault of ours");
            }
        })
        .await;
        assert_eq!(begun, 2);
    }

    #[tokio::test]
    async fn a_sweep_goes_on_after_one_that_fails_and_one_that_panics() {
        let (done, mut counted) = tokio::sync::mpsc::unbounded_channel();
        let mut count = 0;
        let sweeping = sweep("a test", Duration::from_millis(1), || {
            count += 1;
            let (count, done) = (count, done.clone());
            async move {
                done.send(count).unwrap();
                match count {
                    1 => panic!("a fault of ours"),
                    2 => Err(std::fmt::Error),
                    _ => Ok(()),
                }
            }
        });
        let counting = async { while counted.recv().await.is_some_and(|count| count < 4) {} };
        tokio::select! {
            () = sweeping => unreachable!("it never ends"),
            () = counting => {}
        }
    }
}
