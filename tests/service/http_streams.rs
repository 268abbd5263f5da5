//! Answers without an end: what they cost, whom they hold up, and how they end. Over HTTP/1.1 and HTTP/2.
//!
//! The routes are those of `http.rs`: `/stream` gives a chunk for each permit, `/flood` as many as are
//! taken.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::{Reason, RecvStream};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use scrabble_backend::http::{Method, Readiness};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;

use crate::http::{Served, assert_took, bounded, get, until};
use crate::http2::{Caller, call};
use crate::support::Client;

/// A stream over either protocol.
enum Stream {
    Http1(Incoming),
    Http2(RecvStream, Caller),
}

impl Stream {
    async fn both(served: &Served) -> [Self; 2] {
        let one = Client::of_gateway(served.addr).get("/stream").begin().await.unwrap();
        assert_eq!(one.headers()["content-type"], "text/plain");
        assert!(!one.headers().contains_key("content-length"));
        let mut caller = Caller::connect(served.addr).await;
        let other = caller.send(call("GET", "/stream"), "").await.await.unwrap();
        assert_eq!(other.status(), 200);
        [Self::Http1(one.into_body()), Self::Http2(other.into_body(), caller)]
    }

    /// The next chunk; nothing once the stream has ended, and has ended well.
    async fn chunk(&mut self) -> Option<Bytes> {
        bounded("a chunk, or the end", async {
            match self {
                Self::Http1(body) => Some(body.frame().await?.unwrap().into_data().unwrap()),
                // An end that comes by itself comes as an empty frame.
                Self::Http2(stream, _) => {
                    Some(stream.data().await?.unwrap()).filter(|chunk| !chunk.is_empty())
                }
            }
        })
        .await
    }
}

fn streams(served: &Served) -> usize {
    served.floor.streams.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_stream_outlives_every_limit_of_time_and_is_no_request_in_flight() {
    let limits = ["REQUEST", "IDLE", "HEADER_READ", "BODY_READ", "WRITE"]
        .map(|name| (format!("BACKEND_HTTP_{name}_TIMEOUT"), "100ms"));
    let mut variables: Vec<(&str, &str)> =
        limits.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    variables.push(("BACKEND_HTTP_REQUESTS_MAX", "1"));
    let served = Served::start(&variables).await;
    let mut both = Stream::both(&served).await;
    for _ in 0..3 {
        // Connections that came later are closed by their limits meanwhile.
        let mut idle = served.connect().await;
        idle.closed().await;
        for stream in &mut both {
            served.floor.gate.add_permits(1);
            assert_eq!(stream.chunk().await.unwrap(), "chunk");
        }
        served.assert_lives().await;
    }
    assert_eq!((streams(&served), served.server.status().requests), (2, 0));
    drop(both);
    until("nothing is left of them", || {
        streams(&served) == 0 && served.server.status().connections == 0
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_takes_nothing_is_cut_off_on_time_and_costs_no_more_than_a_few_chunks() {
    let limit = Duration::from_millis(300);
    let served = Served::start(&[("BACKEND_HTTP_WRITE_TIMEOUT", "300ms")]).await;
    let mut both = Stream::both(&served).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stalled = socket.connect(served.addr).await.unwrap();
    let began = Instant::now();
    stalled.write_all(get("/flood").as_bytes()).await.unwrap();
    until("it is there", || streams(&served) == 3).await;
    until("it is cut off", || streams(&served) == 2).await;
    assert!(began.elapsed() >= limit, "not before its time");
    // What the kernel takes, which is some megabytes.
    let chunks = served.floor.chunks.load(Ordering::SeqCst);
    assert!(chunks < 200, "{chunks} chunks were made for somebody who takes none");
    // The others have gone on.
    for stream in &mut both {
        served.floor.gate.add_permits(1);
        assert_eq!(stream.chunk().await.unwrap(), "chunk");
    }
}

#[tokio::test]
async fn over_http2_a_stream_that_is_not_taken_is_reset_and_those_beside_it_go_on() {
    let limit = Duration::from_millis(300);
    let served = Served::start(&[("BACKEND_HTTP_WRITE_TIMEOUT", "300ms")]).await;
    let mut caller = Caller::connect(served.addr).await;
    let mut beside = caller.send(call("GET", "/stream"), "").await.await.unwrap().into_body();
    let began = Instant::now();
    let mut stalled = caller.send(call("GET", "/flood"), "").await.await.unwrap().into_body();
    // It reads what comes, and gives no room for more.
    let reset = loop {
        match bounded("the reset", stalled.data()).await.expect("it does not end well") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(reset.reason(), Some(Reason::CANCEL));
    assert_took(began.elapsed(), limit);
    assert_eq!(streams(&served), 1);
    assert!(served.floor.chunks.load(Ordering::SeqCst) < 10);
    // What it has not taken has filled the room of the connection, too.
    drop(stalled);
    served.floor.gate.add_permits(1);
    assert_eq!(bounded("a chunk", beside.data()).await.unwrap().unwrap(), "chunk");
    assert_eq!(caller.get("/ok").await.status, 200);
}

#[tokio::test]
async fn a_caller_that_takes_what_comes_is_not_cut_off_however_much_it_is() {
    let served = Served::start(&[("BACKEND_HTTP_WRITE_TIMEOUT", "1s")]).await;
    let mut one = Client::of_gateway(served.addr).get("/flood").begin().await.unwrap().into_body();
    let mut caller = Caller::connect(served.addr).await;
    let mut other = caller.send(call("GET", "/flood"), "").await.await.unwrap().into_body();
    let began = Instant::now();
    let mut bytes = [0, 0];
    while began.elapsed() < Duration::from_secs(2) {
        let chunk = bounded("a chunk", one.frame()).await.unwrap().unwrap().into_data().unwrap();
        bytes[0] += chunk.len();
        let chunk = bounded("a chunk", other.data()).await.unwrap().unwrap();
        other.flow_control().release_capacity(chunk.len()).unwrap();
        bytes[1] += chunk.len();
    }
    assert!(bytes.iter().all(|bytes| *bytes > 1_000_000), "{bytes:?}");
}

#[tokio::test]
async fn a_drain_ends_streams_between_two_chunks_at_once() {
    let readiness = std::sync::Arc::new(Readiness::default());
    readiness.open();
    let served = Served::start_with(&[], readiness, Duration::from_secs(60)).await;
    let mut both = Stream::both(&served).await;
    for stream in &mut both {
        served.floor.gate.add_permits(1);
        assert_eq!(stream.chunk().await.unwrap(), "chunk");
    }
    let began = Instant::now();
    served.stop.cancel();
    for stream in &mut both {
        assert_eq!(stream.chunk().await, None);
    }
    let [_, Stream::Http2(_, caller)] = both else { panic!("the second is over HTTP/2") };
    caller.closed().await.unwrap();
    assert_eq!(bounded("the end of the server", served.running).await.unwrap(), 0);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn head_tells_of_a_stream_without_opening_it() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    wire.send("HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n").await;
    let answer = wire.answer_to(&Method::HEAD).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain")));
    wire.send(get("/ok")).await;
    assert_eq!(wire.answer().await.status, 200);
    let mut caller = Caller::connect(served.addr).await;
    let answer = caller.send(call("HEAD", "/stream"), "").await.await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.into_body().is_end_stream());
    until("none is open", || streams(&served) == 0).await;
}
