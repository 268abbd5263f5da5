//! How long a connection has waited for its caller, and how long it may.
//!
//! Owns the three waits that a connection can be in: for the next request, for the rest of a head that
//! has begun, and for the caller to take what is ready for it. hyper has one timer for the first two,
//! which it sets anew for every request, and none for the third; here one lazy timer a connection
//! looks at when something last happened, so that a request costs no timer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::config::HttpConfig;

/// How long a connection that is to end waits for a request that may be under way.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long a connection may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// For the first byte of the next request.
    pub(super) idle: Duration,
    /// For the rest of a head of which bytes have come.
    pub(super) head: Duration,
    /// For the caller to take what is ready for it.
    pub(super) write: Duration,
}

impl Patience {
    pub(super) const fn new(config: &HttpConfig) -> Self {
        Self {
            idle: config.idle_timeout,
            head: config.header_read_timeout,
            write: config.write_timeout,
        }
    }

    /// That of a connection that is to end.
    pub(super) fn at_the_end(self) -> Self {
        Self { idle: self.idle.min(FAREWELL), ..self }
    }

    /// Whether a connection that was told to close is to: what was said is of a moment ago, and a
    /// request that has been read since is answered.
    pub(super) fn is_over_for(self, told: Told, activity: &Activity) -> bool {
        let patience = if told.has(Word::Finish) { self.at_the_end() } else { self };
        told.has(Word::Close) && patience.is_over(activity)
    }

    /// Ends when the connection has waited too long.
    pub(super) async fn run_out(self, activity: &Activity) {
        // Another wait can begin at any time, so none is slept past.
        while let Some(left) = self.left(activity) {
            tokio::time::sleep(left).await;
        }
    }

    /// Whether it has waited too long.
    fn is_over(self, activity: &Activity) -> bool {
        self.left(activity).is_none()
    }

    /// The time before which no wait can be over; `None` once one is.
    fn left(self, activity: &Activity) -> Option<Duration> {
        let waits = [
            (self.idle, activity.idle()),
            (self.head, activity.head.elapsed()),
            (self.write, activity.blocked.elapsed()),
        ];
        let is_over = |(limit, waited): (Duration, Option<Duration>)| waited >= Some(limit);
        let left = |(limit, waited): (Duration, Option<_>)| limit - waited.unwrap_or_default();
        if waits.into_iter().any(is_over) { None } else { waits.into_iter().map(left).min() }
    }
}

/// What a conversation is told by what watches over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Word {
    /// Answer what has been asked, and end.
    Finish = 1,
    /// End, unless something has been asked.
    Close = 2,
}

/// What a conversation was told since it last listened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told(u8);

impl Told {
    pub(super) const fn has(self, word: Word) -> bool {
        self.0 & word as u8 != 0
    }
}

/// What a connection is waiting for, and what it is to do.
#[derive(Debug)]
pub(super) struct Activity {
    /// Runs while there is no request of which anything has come.
    idle: Stopwatch,
    /// Runs while part of a head has come, and the rest has not.
    head: Stopwatch,
    /// Runs while the socket takes no more of what is ready.
    blocked: Stopwatch,
    /// Requests that are being answered beside each other.
    streams: AtomicUsize,
    /// The words that it was told.
    told: AtomicU8,
}

impl Activity {
    pub(super) fn new() -> Self {
        let activity = Self {
            idle: Stopwatch::default(),
            head: Stopwatch::default(),
            blocked: Stopwatch::default(),
            streams: AtomicUsize::new(0),
            told: AtomicU8::new(0),
        };
        activity.idle.start();
        activity
    }

    pub(super) fn say(&self, word: Word) {
        if word == Word::Finish && self.idle.is_running() {
            // It says goodbye now, and has the time for it from now on.
            self.idle.start();
        }
        self.told.fetch_or(word as u8, Ordering::Release);
    }

    /// What it was told. [`Word::Close`] is of the moment, and forgotten once heard.
    pub(super) fn heard(&self) -> Told {
        let told = Told(self.told.load(Ordering::Acquire));
        if told.has(Word::Close) {
            self.told.fetch_and(!(Word::Close as u8), Ordering::Relaxed);
        }
        told
    }

    /// Bytes have come, of which it is not known what they are: where nothing was begun, a head has.
    pub(super) fn bytes_arrived(&self) {
        if self.idle.is_running() {
            self.idle.stop();
            self.head.start();
        }
    }

    /// A connection's one request begins to be answered.
    pub(super) fn request_begun(&self) {
        self.idle.stop();
        self.head.stop();
    }

    /// It is answered.
    pub(super) fn request_ended(&self) {
        self.idle.start();
    }

    /// The opening bytes of the connection say that its requests come in frames, of which none has yet.
    pub(super) fn frames_begin(&self) {
        self.head.stop();
        self.idle.start();
    }

    /// A frame or a head has come in part, or none is left in part; with `has_whole` others have come
    /// whole before, so that this one is new.
    pub(super) fn frame_is_partial(&self, is_partial: bool, has_whole: bool) {
        if !is_partial {
            self.head.stop();
        } else if has_whole || !self.head.is_running() {
            self.head.start();
        }
    }

    /// One of several requests begins to be answered; it is until what this gives is dropped.
    pub(super) fn open_stream(self: &Arc<Self>) -> OpenStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        self.idle.stop();
        OpenStream(Arc::clone(self))
    }

    /// The socket takes no more.
    pub(super) fn write_blocked(&self) {
        self.blocked.start();
    }

    /// It has taken everything.
    pub(super) fn write_done(&self) {
        self.blocked.stop();
    }

    /// Whether it has heard all that it was told.
    #[cfg(test)]
    pub(super) fn has_listened(&self) -> bool {
        self.told.load(Ordering::Acquire) == 0
    }

    /// Whether a request is being answered.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        self.idle().is_none() && !self.head.is_running()
    }

    /// How long nothing has been asked. The last stream may have started the watch a moment after
    /// another one was opened, so they are counted besides.
    fn idle(&self) -> Option<Duration> {
        let is_free = self.streams.load(Ordering::Relaxed) == 0;
        is_free.then(|| self.idle.elapsed()).flatten()
    }
}

/// A request that is being answered beside others.
#[derive(Debug)]
pub(super) struct OpenStream(Arc<Activity>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        if self.0.streams.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.idle.start();
        }
    }
}

/// Whether the answer to one of several requests is made in time, and taken: the caller may have room for
/// the others and none for it.
#[derive(Debug, Default)]
pub(super) struct Taking {
    is_streamed: AtomicBool,
    /// Runs while a chunk of a stream is given and the next is not asked for.
    untaken: Stopwatch,
}

impl Taking {
    /// The answer has no end of its own.
    pub(super) fn streams(&self) {
        self.is_streamed.store(true, Ordering::Relaxed);
    }

    /// It has given a chunk.
    pub(super) fn given(&self) {
        self.untaken.start();
    }

    /// All that was given is taken.
    pub(super) fn taken(&self) {
        self.untaken.stop();
    }

    /// Ends when an answer has taken `whole` until its last byte; or, for a stream, a chunk of it `write`.
    pub(super) async fn run_out(&self, whole: Duration, write: Duration) {
        let begun = Instant::now();
        loop {
            let left = match self.is_streamed.load(Ordering::Relaxed) {
                true => write.saturating_sub(self.untaken.elapsed().unwrap_or_default()),
                false => whole.saturating_sub(begun.elapsed()),
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(write)).await;
        }
    }
}

/// Since when something lasts, in milliseconds of [`now_ms`]; 0 where it doesn't.
#[derive(Debug, Default)]
struct Stopwatch(AtomicU64);

impl Stopwatch {
    fn start(&self) {
        self.0.store(now_ms(), Ordering::Relaxed);
    }

    fn stop(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn is_running(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// How long it has lasted at the least, so that no wait is cut short.
    fn elapsed(&self) -> Option<Duration> {
        let since = self.0.load(Ordering::Relaxed);
        let lasted = || now_ms().saturating_sub(since + CLOCK_LAG_MS);
        (since != 0).then(|| Duration::from_millis(lasted()))
    }
}

/// How late [`now_ms`] can be: a tick of the slowest kernel (100 Hz), and what is cut off below a
/// millisecond.
const CLOCK_LAG_MS: u64 = 11;

/// A clock that only goes forward and is never 0, late by up to the kernel's tick (1 to 10 ms): a fifth
/// of the price of an exact one, and each request reads it twice.
fn now_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    u64::try_from(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000).map_or(1, |ms| ms.max(1))
}
