//! One connection from a caller, and what it may cost.
//!
//! Owns the two times that a connection may wait: for the rest of a head that has begun, and for the
//! next request. hyper has one timer for both, and sets it anew for every request; here a single lazy
//! timer a connection looks at when something last happened, so that a request costs no timer. A head
//! whose beginning comes in one packet with the request before it is waited for like a next request:
//! what hyper holds in its buffer is not to be seen from here.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::dispatch::Dispatcher;

/// How long a connection that is told to close has for it, before it is told again.
const CLOSE_PAUSE: Duration = Duration::from_millis(100);

/// The most header fields of a request; more are answered with 431.
const HEADERS_MAX: usize = 100;

/// Serves a connection until its caller closes it, it waits too long, or the drain lets it finish.
///
/// The conversation runs in a task of its own, which nothing but its socket wakes: what watches over
/// it sleeps beside it, and has a word with it when there is need.
pub(super) async fn serve<S: Send + Sync + 'static>(
    stream: TcpStream,
    dispatcher: Arc<Dispatcher<S>>,
    drain: CancellationToken,
) {
    // An answer is one small write, and never waits for more to send.
    let _ = stream.set_nodelay(true);
    let patience = Patience {
        head: dispatcher.config.header_read_timeout,
        idle: dispatcher.config.idle_timeout,
    };
    let activity = Arc::new(Activity::new());
    let (begun, waker) = oneshot::channel();
    let conversing = converse(stream, dispatcher, Arc::clone(&activity), patience, begun);
    let mut conversation = tokio::spawn(conversing);
    // Its waker is the same for its whole life. Without one it is over already.
    let Ok(waker) = waker.await else { return };
    let mut draining = std::pin::pin!(drain.cancelled());
    let mut is_draining = false;
    loop {
        let word = tokio::select! {
            biased;
            _ = &mut conversation => return,
            () = &mut draining, if !is_draining => {
                is_draining = true;
                Word::Finish
            }
            () = patience.run_out(&activity) => Word::Close,
        };
        activity.say(word);
        waker.wake_by_ref();
        if word == Word::Close {
            // It may have been asked something in the meantime, and go on.
            let _ = tokio::time::timeout(CLOSE_PAUSE, &mut conversation).await;
            if conversation.is_finished() {
                return;
            }
        }
    }
}

/// Answers a connection's requests, one after the other.
async fn converse<S: Send + Sync + 'static>(
    stream: TcpStream,
    dispatcher: Arc<Dispatcher<S>>,
    activity: Arc<Activity>,
    patience: Patience,
    begun: oneshot::Sender<Waker>,
) {
    let header_bytes_max = dispatcher.config.header_bytes_max;
    let watched = Watched { stream, activity: Arc::clone(&activity) };
    // Requests of a connection share this count of theirs, not one that all cores write to.
    let shared = Arc::new((dispatcher, Arc::clone(&activity)));
    let service = hyper::service::service_fn(move |mut request| {
        let shared = Arc::clone(&shared);
        async move {
            let (dispatcher, activity) = &*shared;
            activity.enter(Phase::Busy);
            let response = dispatcher.dispatch(&mut request).await;
            activity.enter(Phase::Idle);
            Ok::<_, std::convert::Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .half_close(false)
        .max_buf_size(header_bytes_max)
        .max_headers(HEADERS_MAX)
        // Answers are small: copying a body behind its head costs less than a vectored write.
        .writev(false)
        // Not `pipeline_flush`: it keeps answers back while unread bytes are there, so that a head
        // that is malformed is never answered, and a half-sent one holds up the answer before it.
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(watched), service);
    let mut connection = std::pin::pin!(connection);
    let mut begun = Some(begun);
    poll_fn(|cx| {
        if let Some(begun) = begun.take() {
            let _ = begun.send(cx.waker().clone());
        }
        let told = activity.heard();
        if told & Word::Finish as u8 != 0 {
            connection.as_mut().graceful_shutdown();
        }
        // Looked at once more, for what was said is of a moment ago: a request that has been read since
        // is answered. None can be read before this is done, for it is done by the same task.
        if told & Word::Close as u8 != 0 && patience.is_over(&activity) {
            return Poll::Ready(());
        }
        // A caller's broken connection or malformed head is its own affair; hyper has answered what
        // can be answered.
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}

/// How long a connection may wait.
#[derive(Clone, Copy)]
struct Patience {
    /// For the rest of a head of which bytes have come.
    head: Duration,
    /// For the first byte of the next request.
    idle: Duration,
}

impl Patience {
    /// Ends when the connection has waited too long.
    async fn run_out(self, activity: &Activity) {
        // Another wait can begin at any time, so none is slept past.
        let shorter = self.head.min(self.idle);
        while !self.is_over(activity) {
            let (phase, waited) = activity.read();
            let left = self.limit(phase).map_or(shorter, |limit| limit.saturating_sub(waited));
            tokio::time::sleep(left.min(shorter)).await;
        }
    }

    /// Whether it has waited too long.
    fn is_over(self, activity: &Activity) -> bool {
        let (phase, waited) = activity.read();
        self.limit(phase).is_some_and(|limit| waited >= limit)
    }

    /// How long it may be in a phase; a request at work has bounds of its own.
    const fn limit(self, phase: Phase) -> Option<Duration> {
        match phase {
            Phase::Head => Some(self.head),
            Phase::Idle => Some(self.idle),
            Phase::Busy => None,
        }
    }
}

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of the next request has come.
    Idle,
    /// Part of its head has come.
    Head,
    /// It is being answered.
    Busy,
}

/// What a conversation is told by what watches over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Word {
    /// Answer what has been asked, and end.
    Finish = 1,
    /// End, unless something has been asked.
    Close = 2,
}

/// What a connection is doing and what it is to do.
#[derive(Debug)]
struct Activity {
    /// What it is doing, and since when, in one word: the phase in the low two bits, the milliseconds
    /// in the others.
    state: AtomicU64,
    /// The words that it was told.
    told: AtomicU8,
}

impl Activity {
    fn new() -> Self {
        Self { state: AtomicU64::new(now_ms() << 2), told: AtomicU8::new(0) }
    }

    fn say(&self, word: Word) {
        self.told.fetch_or(word as u8, Ordering::Release);
    }

    /// What it was told. [`Word::Close`] is of the moment, and forgotten once heard.
    fn heard(&self) -> u8 {
        let told = self.told.load(Ordering::Acquire);
        if told & Word::Close as u8 != 0 {
            self.told.fetch_and(!(Word::Close as u8), Ordering::Relaxed);
        }
        told
    }

    fn enter(&self, phase: Phase) {
        // Since when it is busy interests nobody, which spares a clock reading.
        let since_ms = if phase == Phase::Busy { 0 } else { now_ms() };
        let code = match phase {
            Phase::Idle => 0,
            Phase::Head => 1,
            Phase::Busy => 2,
        };
        self.state.store(since_ms << 2 | code, Ordering::Relaxed);
    }

    /// The phase, and how long it has lasted at the least, so that no wait is cut short.
    fn read(&self) -> (Phase, Duration) {
        let state = self.state.load(Ordering::Relaxed);
        let phase = match state & 3 {
            0 => Phase::Idle,
            1 => Phase::Head,
            _ => Phase::Busy,
        };
        (phase, Duration::from_millis(now_ms().saturating_sub((state >> 2) + CLOCK_LAG_MS)))
    }

    /// Bytes have come: where nothing was begun, a head has.
    fn bytes_arrived(&self) {
        if self.state.load(Ordering::Relaxed) & 3 == 0 {
            self.enter(Phase::Head);
        }
    }
}

/// How late [`now_ms`] can be: a tick of the slowest kernel (100 Hz), and what is cut off below a
/// millisecond.
const CLOCK_LAG_MS: u64 = 11;

/// A clock that only goes forward, late by up to the kernel's tick (1 to 10 ms): a fifth of the price
/// of an exact one, and each request reads it twice.
fn now_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    u64::try_from(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000).unwrap_or(0)
}

/// The socket, telling when bytes come.
struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.activity.bytes_arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Notify;

    use super::*;
    use crate::config::{Config, Environment};
    use crate::http::{Group, Method, Readiness, Route, Router, empty};
    use crate::telemetry::{Metrics, Throttle};

    /// A service with one request, which is at work until it is notified.
    fn dispatcher(released: Arc<Notify>) -> Arc<Dispatcher<Arc<Notify>>> {
        let dsn = Some("postgres://u@h/d?search_path=backend");
        let environment: Environment = std::iter::empty::<(String, String)>().collect();
        let route = Route {
            method: Method::GET,
            path: "/",
            group: Group::Probe,
            handler: |released: &Arc<Notify>, _| {
                Box::pin(async move {
                    released.notified().await;
                    Ok(empty())
                })
            },
        };
        Arc::new(Dispatcher {
            router: Router::new(vec![route]),
            services: released,
            readiness: Arc::new(Readiness::default()),
            config: Config::from_environment(&environment, dsn).unwrap().http,
            metrics: Metrics::none().http(),
            in_flight: std::sync::atomic::AtomicUsize::new(0),
            refusals: Throttle::new(Duration::from_secs(1)),
        })
    }

    #[tokio::test]
    async fn a_request_that_came_as_its_connection_was_to_close_is_answered() {
        let released = Arc::new(Notify::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut caller = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let activity = Arc::new(Activity::new());
        let patience = Patience { head: Duration::ZERO, idle: Duration::ZERO };
        let (begun, waker) = oneshot::channel();
        let dispatcher = dispatcher(Arc::clone(&released));
        let conversing = converse(stream, dispatcher, Arc::clone(&activity), patience, begun);
        let conversation = tokio::spawn(conversing);
        let waker = waker.await.unwrap();
        caller.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        while activity.read().0 != Phase::Busy {
            tokio::task::yield_now().await;
        }
        activity.say(Word::Close);
        waker.wake_by_ref();
        while activity.told.load(Ordering::Acquire) != 0 {
            tokio::task::yield_now().await;
        }
        released.notify_one();
        let mut answer = [0; 12];
        caller.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 204");

        activity.say(Word::Close);
        waker.wake_by_ref();
        conversation.await.unwrap();
    }
}
