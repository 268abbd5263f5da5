//! One connection from a caller, from its first byte to its end.
//!
//! Owns the watch over it: it ends when its patience is over, and is told when the drain begins. What is
//! said on it is for `http1` and `http2`.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::dispatch::Dispatcher;
use super::patience::{Activity, Patience, Word};
use super::preface::{Opening, Protocol};
use super::{http1, http2};

/// How long a connection that is told to close has for it, before it is told again.
const CLOSE_PAUSE: Duration = Duration::from_millis(100);

/// Serves a connection until its caller closes it, it waits too long, or the drain lets it finish.
///
/// The conversation runs in a task of its own, which nothing but its socket wakes: what watches over
/// it sleeps beside it, and has a word with it when there is need.
pub(super) async fn serve<S: Send + Sync + 'static>(
    stream: TcpStream,
    dispatcher: Arc<Dispatcher<S>>,
) {
    // An answer is one small write, and never waits for more to send.
    let _ = stream.set_nodelay(true);
    let drain = dispatcher.drain.clone();
    let mut patience = Patience::new(&dispatcher.config);
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
                patience = patience.at_the_end();
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

/// Finds out what the connection speaks, and answers its requests.
async fn converse<S: Send + Sync + 'static>(
    mut stream: TcpStream,
    dispatcher: Arc<Dispatcher<S>>,
    activity: Arc<Activity>,
    patience: Patience,
    begun: oneshot::Sender<Waker>,
) {
    let _ = begun.send(poll_fn(|cx| Poll::Ready(cx.waker().clone())).await);
    let mut opening = Opening::default();
    match opening.read(&mut stream, &activity, patience).await {
        Some(Protocol::Http1) => {
            http1::converse(stream, opening, dispatcher, activity, patience).await;
        }
        Some(Protocol::Http2) => {
            http2::converse(stream, opening, dispatcher, activity, patience).await;
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio::sync::Notify;
    use tokio_util::sync::CancellationToken;

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
            drain: CancellationToken::new(),
        })
    }

    #[tokio::test]
    async fn a_request_that_came_as_its_connection_was_to_close_is_answered() {
        let released = Arc::new(Notify::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut caller = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        let activity = Arc::new(Activity::new());
        let none = Duration::ZERO;
        let patience = Patience { head: none, idle: none, write: none };
        let (begun, waker) = oneshot::channel();
        let dispatcher = dispatcher(Arc::clone(&released));
        let conversing = converse(stream, dispatcher, Arc::clone(&activity), patience, begun);
        let conversation = tokio::spawn(conversing);
        let waker = waker.await.unwrap();
        caller.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        while !activity.is_busy() {
            tokio::task::yield_now().await;
        }
        activity.say(Word::Close);
        waker.wake_by_ref();
        while !activity.has_listened() {
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
