//! Work on the database that many callers ask for at once, done in batches.
//!
//! Owns the queue and who works it off: a caller who comes alone is served at once, by a worker that
//! ends with its work; those who come while the workers are busy make up the next batch. There is no
//! timer. Ignores what the work is.

use std::collections::VecDeque;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::error::{Error, Unavailable};

/// The queue for one kind of work: items `I` that are answered with `A`.
pub struct Batcher<I, A> {
    state: Arc<Mutex<State<I, A>>>,
    limits: BatchLimits,
}

/// What a batcher may take.
#[derive(Debug, Clone, Copy)]
pub struct BatchLimits {
    /// Batches in work at once.
    pub workers_max: usize,
    /// How many items wait before another worker helps. One worker alone has the larger batches, which
    /// cost less; several have more of the disk's and the network's time.
    pub helped_items_min: usize,
    /// Items in a batch.
    pub batch_items_max: usize,
    /// Items that wait; a caller beyond is refused at once.
    pub queue_items_max: usize,
    /// How long a caller waits for his answer.
    pub timeout: Duration,
}

struct State<I, A> {
    queue: VecDeque<Waiting<I, A>>,
    workers: usize,
}

struct Waiting<I, A> {
    item: I,
    answer: oneshot::Sender<A>,
}

impl<I, A> fmt::Debug for Batcher<I, A> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Batcher").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<I: Send + 'static, A: Send + 'static> Batcher<I, A> {
    /// An empty queue.
    #[must_use]
    pub fn new(limits: BatchLimits) -> Self {
        Self { state: Arc::new(Mutex::new(State { queue: VecDeque::new(), workers: 0 })), limits }
    }

    /// Has `work` done on an item, maybe together with others: it is handed a batch, and gives an answer
    /// to each item in order. All callers of a batcher bring the same work.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many wait already, or there is no answer in time; whether the work
    /// has been done is then not known.
    pub async fn submit<F>(
        &self,
        item: I,
        work: impl Fn(Vec<I>) -> F + Send + Sync + 'static,
    ) -> Result<A, Error>
    where
        F: Future<Output = Vec<A>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let is_short_of_workers = {
            let mut state = lock(&self.state);
            if state.queue.len() >= self.limits.queue_items_max {
                return Err(Error::Unavailable(Unavailable::QueueFull));
            }
            state.queue.push_back(Waiting { item, answer });
            let is_short = state.workers == 0
                || state.workers < self.limits.workers_max
                    && state.queue.len() >= self.limits.helped_items_min;
            state.workers += usize::from(is_short);
            is_short
        };
        if is_short_of_workers {
            tokio::spawn(work_off(Arc::clone(&self.state), self.limits.batch_items_max, work));
        }
        match tokio::time::timeout(self.limits.timeout, answered).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(Error::Unavailable(Unavailable::BatchCutOff)),
            Err(_) => Err(Error::Unavailable(Unavailable::StatementTimedOut(self.limits.timeout))),
        }
    }
}

/// Works until nobody waits.
async fn work_off<I, A, F>(
    state: Arc<Mutex<State<I, A>>>,
    batch_items_max: usize,
    work: impl Fn(Vec<I>) -> F,
) where
    F: Future<Output = Vec<A>>,
{
    while let Some((items, waiting)) = next_batch(&state, batch_items_max) {
        // A panic ends no worker: its callers are told that their work was cut off.
        let Ok(answers) = AssertUnwindSafe(work(items)).catch_unwind().await else { continue };
        for (waiting, answer) in waiting.into_iter().zip(answers) {
            let _ = waiting.send(answer);
        }
    }
}

type Batch<I, A> = (Vec<I>, Vec<oneshot::Sender<A>>);

/// Takes a batch, without those who have gone away meanwhile; `None` ends the worker.
fn next_batch<I, A>(state: &Mutex<State<I, A>>, batch_items_max: usize) -> Option<Batch<I, A>> {
    let mut state = lock(state);
    let mut batch = (Vec::new(), Vec::new());
    while batch.0.len() < batch_items_max {
        let Some(waiting) = state.queue.pop_front() else { break };
        if !waiting.answer.is_closed() {
            batch.0.push(waiting.item);
            batch.1.push(waiting.answer);
        }
    }
    if batch.0.is_empty() {
        state.workers -= 1;
        return None;
    }
    Some(batch)
}

fn lock<I, A>(state: &Mutex<State<I, A>>) -> MutexGuard<'_, State<I, A>> {
    // Nothing that panics is done under the lock.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::sync::{Semaphore, mpsc};

    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        workers_max: 1,
        helped_items_min: 1,
        batch_items_max: 3,
        queue_items_max: 5,
        timeout: Duration::from_secs(10),
    };

    /// A batcher whose work waits for a permit a batch, tells of the batch, and answers ten times the item.
    struct Bench {
        batcher: Arc<Batcher<u32, u32>>,
        permits: Arc<Semaphore>,
        begun: mpsc::UnboundedSender<Vec<u32>>,
    }

    impl Bench {
        fn new(limits: BatchLimits) -> (Self, mpsc::UnboundedReceiver<Vec<u32>>) {
            let (begun, batches) = mpsc::unbounded_channel();
            let batcher = Arc::new(Batcher::new(limits));
            (Self { batcher, permits: Arc::new(Semaphore::new(0)), begun }, batches)
        }

        fn submit(&self, item: u32) -> tokio::task::JoinHandle<Result<u32, Error>> {
            let (permits, begun) = (Arc::clone(&self.permits), self.begun.clone());
            let work = move |items: Vec<u32>| {
                let permits = Arc::clone(&permits);
                begun.send(items.clone()).unwrap();
                async move {
                    permits.acquire().await.unwrap().forget();
                    assert!(!items.contains(&13), "thirteen is not to be worked on");
                    items.iter().map(|item| item * 10).collect()
                }
            };
            let batcher = Arc::clone(&self.batcher);
            tokio::spawn(async move { batcher.submit(item, work).await })
        }
    }

    #[tokio::test]
    async fn who_comes_alone_is_served_at_once_and_who_comes_meanwhile_in_batches() {
        let (bench, mut batches) = Bench::new(LIMITS);
        let first = bench.submit(1);
        assert_eq!(batches.recv().await.unwrap(), [1]);
        let mut others = Vec::new();
        for item in 2..=6 {
            others.push(bench.submit(item));
            tokio::task::yield_now().await;
        }
        bench.permits.add_permits(3);
        assert_eq!(first.await.unwrap().unwrap(), 10);
        for (item, other) in (2..=6).zip(others) {
            assert_eq!(other.await.unwrap().unwrap(), item * 10);
        }
        assert_eq!(batches.recv().await.unwrap(), [2, 3, 4]);
        assert_eq!(batches.recv().await.unwrap(), [5, 6]);
        let last = bench.submit(7);
        bench.permits.add_permits(1);
        assert_eq!(last.await.unwrap().unwrap(), 70, "a worker that has ended is replaced");
    }

    #[tokio::test]
    async fn another_worker_helps_when_enough_are_waiting() {
        let limits = BatchLimits { workers_max: 2, helped_items_min: 3, ..LIMITS };
        let (bench, mut batches) = Bench::new(limits);
        let mut all = Vec::new();
        for item in 1..=3 {
            all.push(bench.submit(item));
            tokio::task::yield_now().await;
        }
        assert_eq!(batches.recv().await.unwrap(), [1]);
        assert!(batches.try_recv().is_err(), "two wait for the first");
        all.push(bench.submit(4));
        assert_eq!(batches.recv().await.unwrap(), [2, 3, 4]);
        bench.permits.add_permits(2);
        for one in all {
            one.await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_refused_and_who_has_gone_is_passed_over() {
        let (bench, mut batches) = Bench::new(LIMITS);
        let first = bench.submit(1);
        batches.recv().await.unwrap();
        let mut waiting = Vec::new();
        for item in 2..=6 {
            waiting.push(bench.submit(item));
            tokio::task::yield_now().await;
        }
        let refused = bench.submit(7).await.unwrap();
        assert!(matches!(refused, Err(Error::Unavailable(Unavailable::QueueFull))), "{refused:?}");
        let gone = waiting.remove(0);
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        bench.permits.add_permits(3);
        first.await.unwrap().unwrap();
        for answer in waiting {
            answer.await.unwrap().unwrap();
        }
        assert_eq!(batches.recv().await.unwrap(), [3, 4, 5]);
    }

    #[tokio::test]
    async fn a_batch_that_panics_is_told_to_its_callers_and_ends_no_worker() {
        let (bench, mut batches) = Bench::new(LIMITS);
        bench.permits.add_permits(2);
        let cut_off = bench.submit(13).await.unwrap();
        assert!(
            matches!(cut_off, Err(Error::Unavailable(Unavailable::BatchCutOff))),
            "{cut_off:?}"
        );
        assert_eq!(bench.submit(2).await.unwrap().unwrap(), 20);
        assert_eq!(batches.recv().await.unwrap(), [13]);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let timeout = Duration::from_millis(20);
        let (bench, _batches) = Bench::new(BatchLimits { timeout, ..LIMITS });
        let late = bench.submit(1).await.unwrap();
        let is_late = matches!(late, Err(Error::Unavailable(Unavailable::StatementTimedOut(_))));
        assert!(is_late, "{late:?}");
    }
}
