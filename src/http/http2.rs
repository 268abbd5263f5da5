//! A connection that speaks HTTP/2: many requests beside each other.
//!
//! Owns what such a connection may cost. Floods of resets (CVE-2023-44487), of settings, pings, empty
//! frames and CONTINUATIONs are h2's affair, which ends them with `ENHANCE_YOUR_CALM`. There are no pings
//! of ours: whatever a dead caller can leave behind has a limit of time of its own.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::Method;
use hyper::body::Body;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::content::Content;
use super::dispatch::Dispatcher;
use super::frames::Frames;
use super::patience::{Activity, OpenStream, Patience, Taking, Word};
use super::preface::Opening;
use super::response::Response;
use super::socket::Socket;
use crate::config::HttpConfig;

/// What a caller may send of a body before some of it was read; the least that HTTP/2 knows.
const STREAM_WINDOW_BYTES: u32 = 65_535;
/// The same over all bodies of a connection.
const CONNECTION_WINDOW_BYTES: u32 = 4 * STREAM_WINDOW_BYTES;
/// The longest frame; the least that HTTP/2 knows.
const FRAME_BYTES_MAX: u32 = 16_384;
/// What is kept of an answer beyond what the caller has room for.
const SEND_BUFFER_BYTES: usize = 65_536;
/// Requests that are taken back before they are looked at; one more is a flood.
const RESETS_PENDING_MAX: usize = 20;
/// A caller's mistakes that end a request each, over the life of a connection; one more is a flood.
const MISTAKES_MAX: usize = 1024;

/// Answers the requests until the caller closes the connection, it waits too long, or it is to finish.
pub(super) async fn converse<S: Send + Sync + 'static>(
    stream: TcpStream,
    opening: Opening,
    dispatcher: Arc<Dispatcher<S>>,
    activity: Arc<Activity>,
    patience: Patience,
) {
    activity.frames_begin();
    let socket = Socket::new(stream, opening, Frames::default(), Arc::clone(&activity));
    let streams = Streams::new(Arc::clone(&activity), &dispatcher.config);
    let builder = builder(&dispatcher.config, streams.clone());
    // Requests of a connection share this count of theirs, not one that all cores write to.
    let shared = Arc::new(dispatcher);
    let service = hyper::service::service_fn(move |mut request| {
        let dispatcher = Arc::clone(&shared);
        async move {
            let mut response = dispatcher.dispatch(&mut request).await;
            keep_out_of_table(response.headers_mut());
            let is_head = request.method() == Method::HEAD;
            if is_head {
                response = without_body(response);
            }
            if let Some(streamed) = response.body_mut().as_streamed() {
                streamed.watched_by(taking().await);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(socket), service));
    let mut is_leaving = false;
    poll_fn(|cx| {
        let told = activity.heard();
        let is_over = patience.is_over_for(told, &activity);
        if is_over && is_leaving {
            return Poll::Ready(());
        }
        if (is_over || told.has(Word::Finish)) && !is_leaving {
            // GOAWAY: requests under way are answered, and the caller says when it has heard.
            is_leaving = true;
            connection.as_mut().graceful_shutdown();
        }
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        streams.answer();
        Poll::Pending
    })
    .await;
}

fn builder(config: &HttpConfig, streams: Streams) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(streams);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(config.streams_max)
        // More than 1 MiB is refused where the configuration is read.
        .max_header_list_size(u32::try_from(config.header_bytes_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_frame_size(FRAME_BYTES_MAX)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .max_pending_accept_reset_streams(RESETS_PENDING_MAX)
        .max_local_error_reset_streams(MISTAKES_MAX);
    builder
}

/// Has fields that are of one answer alone sent as they are. Put into the table of the connection they
/// would be found there by nobody, and push out what is of use.
fn keep_out_of_table(headers: &mut HeaderMap) {
    for (name, value) in headers {
        if name != CONTENT_TYPE && name != CONTENT_LENGTH {
            value.set_sensitive(true);
        }
    }
}

/// The answer to HEAD: hyper leaves the body out of it for HTTP/1.1 alone.
fn without_body(mut response: Response) -> Response {
    let length = response.body().size_hint().exact().unwrap_or_default();
    if length > 0 {
        response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    response.map(|_| Content::default())
}

tokio::task_local! {
    /// What watches over the stream whose task this is.
    static TAKING: Arc<Taking>;
}

/// What watches over the stream that is being answered. Only one that has to wait has a task of its own,
/// so it waits.
async fn taking() -> Arc<Taking> {
    tokio::task::yield_now().await;
    TAKING.get()
}

/// The requests of a connection that are yet to be answered.
///
/// hyper hands over a future for each. Those that came together are run together, by the task of their
/// connection, so that their answers leave together; only one that has to wait gets a task of its own.
#[derive(Clone)]
struct Streams(Arc<Queue>);

struct Queue {
    waiting: Mutex<Vec<Stream>>,
    activity: Arc<Activity>,
    /// How long a stream may live: while its request is answered, and while the answer is not taken.
    lifetime_max: Duration,
    /// How long a chunk of an answer without an end may wait to be taken.
    write_timeout: Duration,
}

struct Stream {
    answering: BoxFuture<'static, ()>,
    open: OpenStream,
}

impl Streams {
    fn new(activity: Arc<Activity>, config: &HttpConfig) -> Self {
        let write_timeout = config.write_timeout;
        let lifetime_max = config.request_timeout + write_timeout;
        let waiting = Mutex::default();
        Self(Arc::new(Queue { waiting, activity, lifetime_max, write_timeout }))
    }

    /// Answers what waits. Whatever that makes ready to be sent wakes the connection.
    fn answer(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        for Stream { mut answering, open } in waiting {
            if (&mut answering).now_or_never().is_some() {
                continue;
            }
            let (whole, write) = (self.0.lifetime_max, self.0.write_timeout);
            tokio::spawn(async move {
                let taking = Arc::new(Taking::default());
                let answering = TAKING.scope(Arc::clone(&taking), answering);
                // A stream that is dropped is reset.
                tokio::select! {
                    biased;
                    () = answering => {}
                    () = taking.run_out(whole, write) => {}
                }
                drop(open);
            });
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Stream>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, answering: F) {
        let open = self.0.activity.open_stream();
        self.waiting().push(Stream { answering: Box::pin(answering), open });
    }
}
