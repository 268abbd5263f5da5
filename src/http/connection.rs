//! One connection from a caller, and what it may cost.
//!
//! Owns the two times that a connection may wait: for the rest of a head that has begun, and for the
//! next request. hyper has one timer for both, and sets it anew for every request; here a single lazy
//! timer a connection looks at when something last happened, so that a request costs no timer.

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
    let conversing = converse(stream, dispatcher, Arc::clone(&activity), begun);
    let mut conversation = tokio::spawn(conversing);
    // Its waker is the same for its whole life. Without one it is over already.
    let Ok(waker) = waker.await else { return };
    let mut impatience = std::pin::pin!(patience.run_out(&activity));
    let mut draining = std::pin::pin!(drain.cancelled());
    let mut is_draining = false;
    loop {
        let order = tokio::select! {
            biased;
            _ = &mut conversation => return,
            () = &mut draining, if !is_draining => {
                is_draining = true;
                Order::Finish
            }
            () = &mut impatience => Order::Close,
        };
        activity.order(order);
        waker.wake_by_ref();
        if order == Order::Close {
            let _ = conversation.await;
            return;
        }
    }
}

/// Answers a connection's requests, one after the other.
async fn converse<S: Send + Sync + 'static>(
    stream: TcpStream,
    dispatcher: Arc<Dispatcher<S>>,
    activity: Arc<Activity>,
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
        match activity.ordered() {
            Order::GoOn => {}
            Order::Finish => connection.as_mut().graceful_shutdown(),
            Order::Close => return Poll::Ready(()),
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
        loop {
            let (phase, waited) = activity.read();
            let left = match phase {
                Phase::Head => self.head.saturating_sub(waited),
                Phase::Idle => self.idle.saturating_sub(waited),
                // A request in work has bounds of its own.
                Phase::Busy => shorter,
            };
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(shorter)).await;
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
enum Order {
    GoOn,
    /// Answer what has been asked, and end.
    Finish,
    /// End at once.
    Close,
}

/// What a connection is doing and what it is to do.
#[derive(Debug)]
struct Activity {
    /// What it is doing, and since when, in one word: the phase in the low two bits, the milliseconds
    /// in the others.
    state: AtomicU64,
    order: AtomicU8,
}

impl Activity {
    fn new() -> Self {
        Self { state: AtomicU64::new(now_ms() << 2), order: AtomicU8::new(Order::GoOn as u8) }
    }

    fn order(&self, order: Order) {
        self.order.store(order as u8, Ordering::Release);
    }

    fn ordered(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            order if order == Order::GoOn as u8 => Order::GoOn,
            order if order == Order::Finish as u8 => Order::Finish,
            _ => Order::Close,
        }
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
