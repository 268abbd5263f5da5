//! HTTP/2 with prior knowledge, on the port of HTTP/1.1: the same answers, and what a rude caller costs.
//!
//! Well-behaved callers are the h2 crate's client; the others write their frames by hand. The routes are
//! those of `http.rs`, but for one test that resolves a session.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::Reason;
use h2::client::{ResponseFuture, SendRequest};
use http::{HeaderMap, Request};
use scrabble_backend::http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::http::{Served, assert_took, bounded, get, until};
use crate::support::TestApp;

/// What a caller of HTTP/2 says first: the preface, and settings of which it has none.
pub(crate) const OPENING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

pub(crate) const DATA: u8 = 0x0;
const HEADERS: u8 = 0x1;
const RST_STREAM: u8 = 0x3;
const SETTINGS: u8 = 0x4;
pub(crate) const PING: u8 = 0x6;
const GOAWAY: u8 = 0x7;
const CONTINUATION: u8 = 0x9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// A caller that keeps to the protocol.
pub(crate) struct Caller {
    requests: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Caller {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        let (requests, connection) = h2::client::handshake(stream).await.unwrap();
        Self { requests, connection: tokio::spawn(connection) }
    }

    /// Sends a request; its answer is to be waited for.
    pub(crate) async fn send(
        &mut self,
        request: http::request::Builder,
        body: &str,
    ) -> ResponseFuture {
        let mut requests =
            bounded("room for a stream", self.requests.clone().ready()).await.unwrap();
        let (answer, mut stream) =
            requests.send_request(request.body(()).unwrap(), body.is_empty()).unwrap();
        if !body.is_empty() {
            stream.send_data(Bytes::copy_from_slice(body.as_bytes()), true).unwrap();
        }
        answer
    }

    async fn ask(&mut self, request: http::request::Builder, body: &str) -> Answer {
        let answer = self.send(request, body).await;
        Answer::of(answer).await.unwrap()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(call("GET", path), "").await
    }

    /// How the connection ended.
    pub(crate) async fn closed(self) -> Result<(), h2::Error> {
        bounded("the end of the connection", self.connection).await.unwrap()
    }
}

impl Answer {
    async fn of(answer: ResponseFuture) -> Result<Self, h2::Error> {
        let (head, mut stream) = bounded("an answer", answer).await?.into_parts();
        let mut body = Vec::new();
        while let Some(data) = bounded("the body", stream.data()).await {
            let data = data?;
            stream.flow_control().release_capacity(data.len()).unwrap();
            body.extend_from_slice(&data);
        }
        Ok(Self { status: head.status.as_u16(), headers: head.headers, body: body.into() })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    #[track_caller]
    fn problem(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(
            (body["status"].as_u64(), body["code"].as_str()),
            (Some(status.into()), Some(code))
        );
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
    }
}

/// A caller that writes its own frames.
struct Rude {
    stream: TcpStream,
}

#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Rude {
    async fn connect(addr: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap() }
    }

    /// Past the preface and the settings.
    async fn greet(addr: SocketAddr) -> Self {
        let mut rude = Self::connect(addr).await;
        rude.send(OPENING).await;
        rude
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The next frame; `None` once the connection is closed, by whichever way.
    async fn frame(&mut self) -> Option<Frame> {
        let read = async {
            let mut header = [0; 9];
            self.stream.read_exact(&mut header).await.ok()?;
            let [a, b, c, kind, flags, stream @ ..] = header;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload).await.ok()?;
            Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
        };
        bounded("a frame, or the end", read).await
    }

    /// The next frame of this kind.
    async fn frame_of(&mut self, kind: u8) -> Frame {
        loop {
            let frame = self.frame().await.expect("a frame of the kind before the end");
            if frame.kind == kind {
                return frame;
            }
        }
    }

    /// Reads until the connection is closed; the reasons of the GOAWAYs on the way.
    async fn closed(&mut self) -> Vec<u32> {
        let mut reasons = Vec::new();
        while let Some(frame) = self.frame().await {
            if frame.kind == GOAWAY {
                reasons.push(number(&frame.payload[4..8]));
            }
        }
        reasons
    }
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes.try_into().unwrap())
}

pub(crate) fn call(method: &str, path: &str) -> http::request::Builder {
    Request::builder().method(method).uri(format!("http://test{path}"))
}

fn post(content_type: &str) -> http::request::Builder {
    call("POST", "/notes").header("content-type", content_type)
}

pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The head of a request in HPACK, without the table: `GET`, `http`, and the path as it is.
fn head(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    [&[0x82, 0x86, 0x04, length][..], path.as_bytes()].concat()
}

pub(crate) fn get_on(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &head(path))
}

/// A field of a head in HPACK, without the table; not longer than 127 bytes either.
fn field(name: &str, value: &str) -> Vec<u8> {
    let length = |text: &str| u8::try_from(text.len()).unwrap();
    [&[0, length(name)], name.as_bytes(), &[length(value)], value.as_bytes()].concat()
}

/// The head of a request with a body of JSON.
pub(crate) fn post_on(stream: u32, path: &str) -> Vec<u8> {
    let mut head = head(path);
    head[0] = 0x83;
    head.extend(field("content-type", "application/json"));
    frame(HEADERS, END_HEADERS, stream, &head)
}

fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &u32::from(Reason::CANCEL).to_be_bytes())
}

#[tokio::test]
async fn a_session_resolves_as_over_http1() {
    const RESOLVE: &str = "/api/v1/internal/sessions/resolve";
    let app = TestApp::start().await;
    let opened = app.opened("1").await;
    let first = app.resolve(&opened.token).await;
    let mut caller = Caller::connect(app.client.addr).await;
    for method in ["GET", "POST"] {
        let request = call(method, RESOLVE)
            .header("authorization", format!("Bearer {}", opened.token))
            .header("x-request-id", "gate-7");
        let answer = caller.ask(request, "").await;
        assert_eq!((answer.status, answer.json()), (200, first.body.clone()));
        assert_eq!(answer.header("x-user-id"), Some(opened.account_id.as_str()));
        assert_eq!(answer.header("x-session-id"), Some(opened.session_id.as_str()));
        assert_eq!(answer.header("x-request-id"), Some("gate-7"));
        assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
        for forbidden in ["connection", "keep-alive", "transfer-encoding", "upgrade"] {
            assert_eq!(answer.header(forbidden), None);
        }
    }
    for (token, status) in [("Bearer scrs_none", 401), ("", 401)] {
        let request = call("GET", RESOLVE).header("authorization", token);
        caller.ask(request, "").await.problem(status, "session_invalid");
    }
    drop(caller);
    app.stop().await;
}

#[tokio::test]
async fn what_a_request_lacks_is_answered_as_over_http1() {
    let served = Served::start(&[("BACKEND_HTTP_BODY_BYTES_MAX", "1024")]).await;
    let mut caller = Caller::connect(served.addr).await;
    caller.get("/nothing").await.problem(404, "route_unknown");
    let answer = caller.ask(call("DELETE", "/ok"), "").await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    let note = r#"{"text":"a"}"#;
    caller.ask(post("text/plain"), note).await.problem(415, "unsupported_media_type");
    assert_eq!(caller.ask(post("application/json"), note).await.json()["text"], "a");
    caller.ask(post("application/json"), "{").await.problem(400, "invalid_input");
    let long = format!(r#"{{"text":"{}"}}"#, "a".repeat(1024));
    caller.ask(post("application/json"), &long).await.problem(413, "body_too_large");
    let declared = post("application/json").header("content-length", long.len());
    caller.ask(declared, &long).await.problem(413, "body_too_large");
    caller.get("/mine").await.problem(401, "caller_missing");
    caller.get("/panics").await.problem(500, "internal_error");
    assert_eq!(served.server.status().connections, 1, "all on one connection");
    assert_eq!(served.server.status().requests, 0);
}

#[tokio::test]
async fn head_answers_what_get_would_without_the_body() {
    let served = Served::start(&[]).await;
    let mut caller = Caller::connect(served.addr).await;
    let (head, whole) = (caller.ask(call("HEAD", "/ok"), "").await, caller.get("/ok").await);
    assert_eq!((head.status, whole.status), (200, 200));
    assert!(head.body.is_empty() && !whole.body.is_empty());
    assert_eq!(head.header("content-type"), whole.header("content-type"));
    assert_eq!(head.header("content-length"), Some(whole.body.len().to_string().as_str()));
    // On the wire too: a body would be a frame of its own.
    let mut rude = Rude::greet(served.addr).await;
    let mut of_head = head_of(&Method::HEAD, "/ok");
    of_head.extend(get_on(3, "/ok"));
    rude.send(of_head).await;
    let answer = rude.frame_of(HEADERS).await;
    assert_eq!((answer.stream, answer.flags & END_STREAM), (1, END_STREAM));
    assert_eq!(rude.frame_of(DATA).await.stream, 3);
}

/// Stream 1 with a method that has no number in HPACK.
fn head_of(method: &Method, path: &str) -> Vec<u8> {
    let name = method.as_str();
    let method = [&[0x02, u8::try_from(name.len()).unwrap()][..], name.as_bytes()].concat();
    let head = [method, head(path)[1..].to_vec()].concat();
    frame(HEADERS, END_STREAM | END_HEADERS, 1, &head)
}

#[tokio::test]
async fn many_requests_are_answered_beside_each_other_and_none_waits_for_another() {
    let served = Served::start(&[]).await;
    let mut caller = Caller::connect(served.addr).await;
    let mut slow = Vec::new();
    for _ in 0..60 {
        slow.push(caller.send(call("GET", "/slow"), "").await);
    }
    served.entered(60).await;
    assert_eq!(served.server.status().requests, 60);
    for number in 0..100 {
        let answer = caller.get(&format!("/numbers/{number}")).await;
        assert_eq!(answer.json(), json!({ "number": number }));
    }
    served.floor.gate.add_permits(60);
    for answer in slow {
        assert_eq!(Answer::of(answer).await.unwrap().json(), json!({"slow": true}));
    }
    assert_eq!(served.server.status().connections, 1);
    until("nothing is left", || served.server.status().requests == 0).await;
}

#[tokio::test]
async fn a_stream_too_many_is_refused_and_the_others_are_answered() {
    let served = Served::start(&[("BACKEND_HTTP_STREAMS_MAX", "2")]).await;
    let mut rude = Rude::greet(served.addr).await;
    let settings = rude.frame_of(SETTINGS).await;
    let limit = settings.payload.chunks(6).find(|setting| setting[..2] == [0, 3]).unwrap();
    assert_eq!(number(&limit[2..]), 2, "it is told before");
    rude.send([get_on(1, "/slow"), get_on(3, "/slow")].concat()).await;
    served.entered(2).await;
    rude.send(get_on(5, "/ok")).await;
    let refused = rude.frame_of(RST_STREAM).await;
    assert_eq!((refused.stream, number(&refused.payload)), (5, Reason::REFUSED_STREAM.into()));
    served.floor.gate.add_permits(2);
    assert_eq!(rude.frame_of(HEADERS).await.flags & END_HEADERS, END_HEADERS);
    assert_eq!(rude.frame_of(HEADERS).await.flags & END_HEADERS, END_HEADERS);
    rude.send(get_on(7, "/ok")).await;
    assert_eq!(rude.frame_of(HEADERS).await.stream, 7);
}

#[tokio::test]
async fn requests_of_both_protocols_count_against_one_limit() {
    let served = Served::start(&[("BACKEND_HTTP_REQUESTS_MAX", "2")]).await;
    let mut wire = served.connect().await;
    wire.send(get("/slow")).await;
    let mut caller = Caller::connect(served.addr).await;
    let slow = caller.send(call("GET", "/slow"), "").await;
    served.entered(2).await;
    let answer = caller.get("/ok").await;
    answer.problem(503, "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(caller.get("/probe").await.status, 200);
    // A request that its caller takes back counts no more.
    drop(slow);
    until("it is taken back", || served.server.status().requests == 1).await;
    assert_eq!(caller.get("/ok").await.status, 200);
    served.floor.gate.add_permits(1);
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431_and_its_connection_goes_on() {
    let served = Served::start(&[("BACKEND_HTTP_HEADER_BYTES_MAX", "8192")]).await;
    let mut caller = Caller::connect(served.addr).await;
    let large = call("GET", "/ok").header("x-large", "a".repeat(8192));
    assert_eq!(caller.ask(large, "").await.status, 431);
    let fits = call("GET", "/ok").header("x-large", "a".repeat(7000));
    assert_eq!(caller.ask(fits, "").await.status, 200);
    assert_eq!(served.server.status().connections, 1);
}

#[tokio::test]
async fn a_head_without_an_end_is_cut_off_as_a_flood() {
    let served = Served::start(&[]).await;
    let mut rude = Rude::greet(served.addr).await;
    rude.send(frame(HEADERS, END_STREAM, 1, &head("/ok"))).await;
    let more = frame(CONTINUATION, 0, 1, &field("x-more", "and more"));
    let flood = async {
        // Fails once the server has closed.
        while rude.stream.write_all(&more).await.is_ok() {}
    };
    bounded("the end of the flood", flood).await;
    served.assert_lives().await;
}

#[tokio::test]
async fn a_caller_that_opens_and_resets_streams_by_the_thousand_is_cut_off() {
    let served = Served::start(&[]).await;
    let mut good = Caller::connect(served.addr).await;
    let mut rude = Rude::greet(served.addr).await;
    rude.frame_of(SETTINGS).await;
    let (mut reading, mut writing) = rude.stream.into_split();
    let flood = tokio::spawn(async move {
        let mut sent = 0;
        for first in (1..100_000).step_by(200) {
            let batch = (first..first + 200).step_by(2);
            let batch: Vec<u8> =
                batch.flat_map(|id| [get_on(id, "/slow"), reset(id)].concat()).collect();
            if writing.write_all(&batch).await.is_err() {
                break;
            }
            sent += 100;
        }
        sent
    });
    for _ in 0..100 {
        assert_eq!(good.get("/ok").await.status, 200, "others are served meanwhile");
    }
    let mut said = Vec::new();
    let _ = bounded("the end of the connection", reading.read_to_end(&mut said)).await;
    let sent = bounded("the end of the flood", flood).await.unwrap();
    assert!(sent < 50_000, "cut off, and not served to the end");
    assert!(said.windows(4).any(|it| number(it) == u32::from(Reason::ENHANCE_YOUR_CALM)));
    until("nothing is left of it", || {
        let status = served.server.status();
        (status.requests, status.connections) == (0, 1)
    })
    .await;
    assert_eq!(good.get("/ok").await.status, 200);
}

#[tokio::test]
async fn what_is_half_sent_is_closed_on_time_and_what_is_in_pieces_is_not() {
    let limit = Duration::from_millis(150);
    let served = Served::start(&[("BACKEND_HTTP_HEADER_READ_TIMEOUT", "150ms")]).await;
    let whole_head = frame(HEADERS, END_STREAM | END_HEADERS, 1, &head("/ok"));
    for (sent, greets) in [
        (OPENING[..1].to_vec(), false),
        (OPENING[..23].to_vec(), false),
        // Half of a frame's header, half of a frame, and a head whose end is in no frame.
        (whole_head[..5].to_vec(), true),
        (whole_head[..12].to_vec(), true),
        (frame(HEADERS, END_STREAM, 1, &head("/ok")), true),
    ] {
        let mut rude = Rude::connect(served.addr).await;
        if greets {
            rude.send(OPENING).await;
            rude.frame_of(SETTINGS).await;
        }
        let began = Instant::now();
        rude.send(&sent).await;
        rude.closed().await;
        assert_took(began.elapsed(), limit);
    }
    let mut rude = Rude::connect(served.addr).await;
    for byte in OPENING.iter().chain(&whole_head) {
        rude.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(rude.frame_of(HEADERS).await.stream, 1);
}

#[tokio::test]
async fn half_a_frame_ends_a_connection_although_its_requests_are_being_answered() {
    let served = Served::start(&[("BACKEND_HTTP_HEADER_READ_TIMEOUT", "150ms")]).await;
    let mut rude = Rude::greet(served.addr).await;
    rude.send(get_on(1, "/slow")).await;
    served.entered(1).await;
    let began = Instant::now();
    rude.send(&get_on(3, "/ok")[..12]).await;
    rude.closed().await;
    assert_took(began.elapsed(), Duration::from_millis(150));
    until("nothing is left", || served.server.status().requests == 0).await;
}

#[tokio::test]
async fn a_body_that_stops_half_way_is_408_on_time_and_the_connection_goes_on() {
    let served = Served::start(&[("BACKEND_HTTP_BODY_READ_TIMEOUT", "150ms")]).await;
    let mut caller = Caller::connect(served.addr).await;
    let began = Instant::now();
    let request = post("application/json").body(()).unwrap();
    let (answer, mut stream) = caller.requests.send_request(request, false).unwrap();
    stream.send_data(Bytes::from_static(b"{\"text\":"), false).unwrap();
    Answer::of(answer).await.unwrap().problem(408, "body_timeout");
    assert_took(began.elapsed(), Duration::from_millis(150));
    // Its rest is not waited for either.
    let reason = bounded("a reset", std::future::poll_fn(|cx| stream.poll_reset(cx))).await;
    assert_eq!(reason.unwrap(), Reason::NO_ERROR);
    assert_eq!(caller.get("/ok").await.status, 200);
}

#[tokio::test]
async fn an_idle_connection_is_told_and_closed_on_time_whatever_pings_come() {
    let limit = Duration::from_millis(300);
    let served = Served::start(&[("BACKEND_HTTP_IDLE_TIMEOUT", "300ms")]).await;
    let began = Instant::now();
    Caller::connect(served.addr).await.closed().await.expect("it ends well");
    assert_took(began.elapsed(), limit);

    // One that pings, and never says that it has heard.
    let began = Instant::now();
    let mut rude = Rude::greet(served.addr).await;
    let (mut reading, mut writing) = rude.stream.split();
    let pinging = async {
        while writing.write_all(&frame(PING, 0, 0, b"are you?")).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut said = Vec::new();
    let read = async { tokio::join!(reading.read_to_end(&mut said), pinging) };
    let _ = bounded("the end of the connection", read).await;
    assert_took(began.elapsed(), limit);
    assert!(said.windows(9).any(|it| it[..5] == [0, 0, 8, GOAWAY, 0]), "it is told");

    // Each request begins the wait anew; one that takes long is waited for.
    let mut caller = Caller::connect(served.addr).await;
    let slow = caller.send(call("GET", "/slow"), "").await;
    served.entered(1).await;
    served.connect().await.closed().await;
    let answered = Instant::now();
    served.floor.gate.add_permits(1);
    assert_eq!(Answer::of(slow).await.unwrap().status, 200);
    caller.closed().await.expect("it ends well");
    assert_took(answered.elapsed(), limit);
}

#[tokio::test]
async fn an_answer_that_there_is_no_room_for_is_taken_back_on_time() {
    let served = Served::start(&[
        ("BACKEND_HTTP_REQUEST_TIMEOUT", "100ms"),
        ("BACKEND_HTTP_WRITE_TIMEOUT", "100ms"),
    ])
    .await;
    let mut rude = Rude::connect(served.addr).await;
    rude.send(&OPENING[..24]).await;
    // Settings: streams begin without room for a byte.
    rude.send(frame(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0])).await;
    let began = Instant::now();
    rude.send(get_on(1, "/ok")).await;
    assert_eq!(rude.frame_of(HEADERS).await.stream, 1);
    assert_eq!(rude.frame_of(RST_STREAM).await.stream, 1);
    assert_took(began.elapsed(), Duration::from_millis(200));
}

#[tokio::test]
async fn a_drain_finishes_streams_and_takes_no_more() {
    let served = Served::start(&[]).await;
    let mut busy = Caller::connect(served.addr).await;
    let slow = busy.send(call("GET", "/slow"), "").await;
    served.entered(1).await;
    let mut idle = Caller::connect(served.addr).await;
    assert_eq!(idle.get("/ok").await.status, 200);
    let mut deaf = Rude::greet(served.addr).await;
    deaf.send(get_on(1, "/ok")).await;
    deaf.frame_of(DATA).await;

    served.stop.cancel();
    served.connect_is_refused().await;
    idle.closed().await.expect("it ends well");
    // One that never says that it has heard is not waited for either.
    assert_eq!(deaf.closed().await, [u32::from(Reason::NO_ERROR)]);
    assert!(!served.running.is_finished(), "it waits for the request in flight");
    let too_late = bounded("refusal", async {
        loop {
            let sent = busy.requests.send_request(call("GET", "/ok").body(()).unwrap(), true);
            match sent {
                Ok((answer, _)) => {
                    if answer.await.is_err() {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    });
    too_late.await;
    served.floor.gate.add_permits(1);
    assert_eq!(Answer::of(slow).await.unwrap().json(), json!({"slow": true}));
    busy.closed().await.expect("it ends well");
    assert_eq!(bounded("the end", served.running).await.unwrap(), 0);
}

#[tokio::test]
async fn http1_is_known_by_its_first_bytes_however_they_come() {
    let served = Served::start(&[]).await;
    let body = r#"{"text":"a"}"#;
    let tail = format!(
        "HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let bare = "HTTP/1.1\r\nHost: test\r\n\r\n";
    for (request, status) in [
        (format!("POST /notes {tail}"), 200),
        (format!("PUT /notes {tail}"), 200),
        (format!("PATCH /notes {bare}"), 405),
        (get("/ok"), 200),
        // As the preface begins, and then goes on otherwise.
        (format!("P /ok {bare}"), 405),
        (format!("PRI /ok {bare}"), 405),
        (format!("PRI * {bare}"), 404),
    ] {
        for piece in [1, 3, 23, 24, 25, request.len()] {
            let mut wire = served.connect().await;
            let entered = served.floor.entered.load(Ordering::SeqCst);
            for bytes in request.as_bytes().chunks(piece) {
                wire.send(bytes).await;
                tokio::task::yield_now().await;
            }
            assert_eq!(wire.answer().await.status, status, "{piece}: {request}");
            assert_eq!(served.floor.entered.load(Ordering::SeqCst), entered);
        }
    }
    let mut wire = served.connect().await;
    wire.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 400);
}
