//! A connection that speaks HTTP/1.1: one request after the other.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::dispatch::Dispatcher;
use super::patience::{Activity, Patience, Word};
use super::preface::Opening;
use super::socket::{Arrivals, Socket};

/// The most header fields of a request; more are answered with 431.
const HEADERS_MAX: usize = 100;

/// Bytes that are the next request's, or of one that is being answered. A head whose beginning comes in
/// one packet with the request before it is waited for like a next request: what hyper holds in its
/// buffer is not to be seen from here.
pub(super) struct Bytes;

impl Arrivals for Bytes {
    fn arrived(&mut self, _: &[u8], activity: &Activity) {
        activity.bytes_arrived();
    }
}

/// Answers the requests until the caller closes the connection, it waits too long, or it is to finish.
pub(super) async fn converse<S: Send + Sync + 'static>(
    stream: TcpStream,
    opening: Opening,
    dispatcher: Arc<Dispatcher<S>>,
    activity: Arc<Activity>,
    patience: Patience,
) {
    let header_bytes_max = dispatcher.config.header_bytes_max;
    let socket = Socket::new(stream, opening, Bytes, Arc::clone(&activity));
    // Requests of a connection share this count of theirs, not one that all cores write to.
    let shared = Arc::new((dispatcher, Arc::clone(&activity)));
    let service = hyper::service::service_fn(move |mut request| {
        let shared = Arc::clone(&shared);
        async move {
            let (dispatcher, activity) = &*shared;
            activity.request_begun();
            let mut response = dispatcher.dispatch(&mut request).await;
            match response.body_mut().as_streamed() {
                Some(streamed) => streamed.keep_open(activity.open_stream()),
                None => activity.request_ended(),
            }
            Ok::<_, Infallible>(response)
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
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    let mut is_leaving = false;
    poll_fn(|cx| {
        let told = activity.heard();
        if told.has(Word::Finish) && !is_leaving {
            // What has come by now is read first, so that it is answered.
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            is_leaving = true;
            connection.as_mut().graceful_shutdown();
        }
        // No request can be read between this look and the end, for both are this task's.
        if patience.is_over_for(told, &activity) {
            return Poll::Ready(());
        }
        // A caller's broken connection or malformed head is its own affair; hyper has answered what
        // can be answered.
        connection.as_mut().poll(cx).map(drop)
    })
    .await;
}
