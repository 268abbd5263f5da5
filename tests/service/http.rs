//! The HTTP edge through a real socket: what every request meets whatever it asks for, what a slow
//! or rude caller costs, and the drain.
//!
//! Owns a route table of its own over `http::Server`. Knows no feature and no database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::unfold;
use scrabble_backend::config::{Config, Environment};
use scrabble_backend::http::{
    Group, Method, Problem, Readiness, Request, Response, Route, Server, StatusCode, json, streamed,
};
use scrabble_backend::id::AccountId;
use scrabble_backend::telemetry::HttpMetrics;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here may take, so that a test fails instead of hanging.
const BOUND: Duration = Duration::from_secs(10);

const ACCOUNT: &str = "0190163d-8694-739b-aea5-966c26f8ad91";

/// What the handlers share with their test.
pub(crate) struct Floor {
    /// Requests that have got as far as a handler that waits.
    pub(crate) entered: AtomicUsize,
    /// Lets one waiting handler go for each permit.
    pub(crate) gate: Semaphore,
    /// Streams that are open, and chunks that they have given.
    pub(crate) streams: AtomicUsize,
    pub(crate) chunks: AtomicUsize,
}

/// A stream that is open.
struct Open(On);

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
    inner: Option<Inner>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inner {
    rows: Vec<u8>,
}

pub(crate) type On = Arc<Floor>;

fn table() -> Vec<Route<On>> {
    let route = |method, path, group, handler| Route { method, path, group, handler };
    vec![
        route(Method::GET, "/probe", Group::Probe, |_, _| {
            Box::pin(async { Ok(json(StatusCode::OK, &json!({"probe": true}))) })
        }),
        route(Method::GET, "/ok", Group::Public, |_, _| {
            Box::pin(async { Ok(json(StatusCode::OK, &json!({"ok": true}))) })
        }),
        route(Method::GET, "/numbers/{n}", Group::Internal, |_, request| {
            Box::pin(async move {
                let number: u32 = request.path("n")?;
                Ok(json(StatusCode::OK, &json!({ "number": number })))
            })
        }),
        route(Method::GET, "/slow", Group::Public, |floor, _| Box::pin(slow(floor))),
        route(Method::GET, "/stream", Group::Public, |floor, _| {
            let stream = stream(floor);
            Box::pin(async { Ok(stream) })
        }),
        route(Method::GET, "/flood", Group::Public, |floor, _| {
            let flood = flood(floor);
            Box::pin(async { Ok(flood) })
        }),
        route(Method::GET, "/mine", Group::User, |_, request| {
            Box::pin(async move {
                let caller: AccountId = request.caller()?;
                Ok(json(StatusCode::OK, &json!({ "caller": caller })))
            })
        }),
        route(Method::POST, "/notes", Group::Public, |_, request| Box::pin(echo(request))),
        route(Method::PUT, "/notes", Group::Public, |_, request| Box::pin(echo(request))),
        route(Method::GET, "/panics", Group::Public, |_, _| {
            Box::pin(async { panic!("the secret is 42") })
        }),
        route(Method::GET, "/panics/at-once", Group::Public, |_, _| panic!("before any future")),
    ]
}

/// A chunk for each permit.
fn stream(floor: &On) -> Response {
    streamed(
        "text/plain",
        unfold(Open::on(floor), async |open| {
            open.0.gate.acquire().await.expect("the gate is never closed").forget();
            Some((Bytes::from_static(b"chunk"), open.given()))
        }),
    )
}

/// Chunks of 64 KiB, as fast as they are taken.
fn flood(floor: &On) -> Response {
    let chunk = Bytes::from_static(&[b'x'; 65_536]);
    let chunks = unfold(Open::on(floor), move |open| {
        let chunk = chunk.clone();
        async move { Some((chunk, open.given())) }
    });
    streamed("text/plain", chunks)
}

impl Open {
    fn on(floor: &On) -> Self {
        floor.streams.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(floor))
    }

    fn given(self) -> Self {
        self.0.chunks.fetch_add(1, Ordering::SeqCst);
        self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn slow(floor: &Floor) -> Result<Response, Problem> {
    floor.entered.fetch_add(1, Ordering::SeqCst);
    floor.gate.acquire().await.expect("the gate is never closed").forget();
    Ok(json(StatusCode::OK, &json!({"slow": true})))
}

async fn echo(request: Request<'_>) -> Result<Response, Problem> {
    let note: Note = request.json().await?;
    Ok(json(StatusCode::OK, &note))
}

/// A server that runs until it is dropped or told to stop.
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    pub(crate) floor: Arc<Floor>,
    pub(crate) server: Arc<Server<On>>,
    pub(crate) stop: CancellationToken,
    pub(crate) running: JoinHandle<usize>,
}

impl Served {
    /// Ready, with these settings instead of the defaults.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let readiness = Arc::new(Readiness::default());
        readiness.open();
        Self::start_with(variables, readiness, BOUND).await
    }

    pub(crate) async fn start_with(
        variables: &[(&str, &str)],
        readiness: Arc<Readiness>,
        drain_timeout: Duration,
    ) -> Self {
        let environment: Environment = variables.iter().copied().collect();
        let dsn = "postgres://nobody@127.0.0.1:1/none?search_path=backend";
        let config = Config::from_environment(&environment, Some(dsn)).unwrap();
        let floor = Arc::new(Floor {
            entered: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            streams: AtomicUsize::new(0),
            chunks: AtomicUsize::new(0),
        });
        let server = Arc::new(Server::new(
            table(),
            Arc::clone(&floor),
            readiness,
            config.http,
            HttpMetrics::default(),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let (stopped, serving) = (stop.clone().cancelled_owned(), Arc::clone(&server));
        let running =
            tokio::spawn(async move { serving.run(listener, stopped, drain_timeout).await });
        Self { addr, floor, server, stop, running }
    }

    pub(crate) async fn connect(&self) -> Wire {
        Wire::connect(self.addr).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> Answer {
        let mut wire = self.connect().await;
        wire.send(request).await;
        wire.answer().await
    }

    /// Waits until so many requests are in the handler that waits.
    pub(crate) async fn entered(&self, count: usize) {
        until("the requests are in their handler", || {
            self.floor.entered.load(Ordering::SeqCst) >= count
        })
        .await;
    }

    /// Waits until nobody listens any more.
    pub(crate) async fn connect_is_refused(&self) {
        bounded("refusal", async {
            while TcpStream::connect(self.addr).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        })
        .await;
    }

    pub(crate) async fn assert_lives(&self) {
        assert_eq!(self.ask(&get("/ok")).await.status, 200);
    }
}

/// A connection to a server, byte by byte.
pub(crate) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

/// What came back on it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(addr).await.unwrap(), received: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    pub(crate) async fn answer(&mut self) -> Answer {
        self.answer_to(&Method::GET).await
    }

    pub(crate) async fn answer_to(&mut self, method: &Method) -> Answer {
        bounded("an answer", self.read_answer(method)).await
    }

    async fn read_answer(&mut self, method: &Method) -> Answer {
        let end = loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.receive().await > 0, "closed in the middle of a head");
        };
        let head: Vec<u8> = self.received.drain(..end).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = match answer.header("content-length") {
            Some(length) if *method != Method::HEAD => length.parse().unwrap(),
            _ => 0,
        };
        while self.received.len() < length {
            assert!(self.receive().await > 0, "closed in the middle of a body");
        }
        answer.body = self.received.drain(..length).collect();
        answer
    }

    /// Reads what there is; 0 once the server has closed the connection, by whichever way.
    async fn receive(&mut self) -> usize {
        self.stream.read_buf(&mut self.received).await.unwrap_or(0)
    }

    /// Waits until the server has closed the connection without saying anything more.
    pub(crate) async fn closed(&mut self) {
        let received = bounded("the end of the connection", self.receive()).await;
        assert_eq!(received, 0, "{:?}", String::from_utf8_lossy(&self.received));
    }

    /// Whether the server has said anything that was not read yet, or has closed the connection.
    fn has_news(&self) -> bool {
        let mut byte = [0];
        !self.received.is_empty() || self.stream.try_read(&mut byte).is_ok()
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The body of a problem, after checking that it is whole.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body = self.json();
        assert_eq!(body["type"], "about:blank");
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code);
        assert!(!body["detail"].as_str().unwrap().is_empty());
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        body
    }
}

pub(crate) fn get(path: &str) -> String {
    get_with(path, "")
}

/// `headers`: whole lines.
pub(crate) fn get_with(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")
}

fn post(content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /notes HTTP/1.1\r\nHost: test\r\n{content_type}Content-Length: {length}\r\n\r\n{body}"
    )
}

pub(crate) fn post_json(body: &str) -> String {
    post("Content-Type: application/json\r\n", body)
}

pub(crate) async fn bounded<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(BOUND, work)
        .await
        .unwrap_or_else(|_| panic!("not within {BOUND:?}: {what}"))
}

pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    bounded(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// That a limit of time took effect when it should: not before, and without dawdling.
#[track_caller]
pub(crate) fn assert_took(took: Duration, limit: Duration) {
    // The server counts whole milliseconds.
    assert!(took + Duration::from_millis(2) >= limit, "too early: {took:?} of {limit:?}");
    assert!(took < limit + Duration::from_secs(2), "too late: {took:?} of {limit:?}");
}

#[tokio::test]
async fn a_panic_in_a_handler_is_a_500_that_tells_nothing_and_the_server_lives() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    for path in ["/panics", "/panics/at-once"] {
        wire.send(get(path)).await;
        let answer = wire.answer().await;
        answer.problem(500, "internal_error");
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"));
    }
    wire.send(get("/ok")).await;
    assert_eq!(wire.answer().await.status, 200, "the same connection still serves");
    assert_eq!(served.server.status().requests, 0, "nothing counts as in flight any more");
}

#[tokio::test]
async fn an_unknown_path_is_404_and_a_wrong_method_405_with_what_is_allowed() {
    let served = Served::start(&[]).await;
    for path in ["/", "/nothing", "/ok/", "/numbers", "/numbers/1/2"] {
        served.ask(&get(path)).await.problem(404, "route_unknown");
    }
    let answer = served.ask("DELETE /ok HTTP/1.1\r\nHost: test\r\n\r\n").await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    let answer = served.ask(&get("/notes")).await;
    answer.problem(405, "method_not_allowed");
    assert_eq!(answer.header("allow"), Some("POST, PUT"));
}

#[tokio::test]
async fn head_answers_what_get_would_without_the_body() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    wire.send("HEAD /ok HTTP/1.1\r\nHost: test\r\n\r\n").await;
    let head = wire.answer_to(&Method::HEAD).await;
    wire.send(get("/ok")).await;
    let whole = wire.answer().await;
    assert_eq!((head.status, whole.status), (200, 200));
    assert_eq!(head.header("content-type"), whole.header("content-type"));
    assert_eq!(head.header("content-length"), Some(whole.body.len().to_string().as_str()));
}

#[tokio::test]
async fn a_part_of_the_path_that_is_not_what_it_must_be_is_named() {
    let served = Served::start(&[]).await;
    let problem = served.ask(&get("/numbers/many")).await.problem(400, "invalid_input");
    assert_eq!(problem["field"], "n");
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_415() {
    let served = Served::start(&[]).await;
    let body = r#"{"text":"a"}"#;
    for content_type in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/jsonp\r\n",
        "Content-Type: \r\n",
        "Content-Type: \u{e9}\r\n",
    ] {
        let answer = served.ask(&post(content_type, body)).await;
        answer.problem(415, "unsupported_media_type");
    }
    for content_type in [
        "Content-Type: application/json\r\n",
        "Content-Type: application/json; charset=utf-8\r\n",
        "content-type: Application/JSON ;charset=utf-8\r\n",
    ] {
        assert_eq!(served.ask(&post(content_type, body)).await.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn a_body_past_the_limit_is_413_whichever_way_it_is_sent() {
    let served = Served::start(&[("BACKEND_HTTP_BODY_BYTES_MAX", "1024")]).await;
    let whole = |bytes: usize| format!(r#"{{"text":"{}"}}"#, "a".repeat(bytes - 11));
    assert_eq!(whole(1024).len(), 1024);
    assert_eq!(served.ask(&post_json(&whole(1024))).await.status, 200);
    served.ask(&post_json(&whole(1025))).await.problem(413, "body_too_large");

    // Refused for what it says, before it has come.
    let head = "POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
    let answer = served.ask(&format!("{head}Content-Length: 99999999999\r\n\r\n")).await;
    answer.problem(413, "body_too_large");

    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let chunked = |bytes: usize| {
        let body = whole(bytes);
        let (first, second) = body.split_at(600);
        format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{}{}0\r\n\r\n",
            chunk(first),
            chunk(second)
        )
    };
    assert_eq!(served.ask(&chunked(1024)).await.status, 200);
    served.ask(&chunked(1025)).await.problem(413, "body_too_large");
    served.assert_lives().await;
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_named_with_its_path() {
    let served = Served::start(&[]).await;
    for (body, field) in [
        ("", "body"),
        ("{", "body"),
        ("nonsense", "body"),
        ("[]", "body"),
        ("\"a\"", "body"),
        (r#"{"text":"a"} {"text":"b"}"#, "body"),
        (r#"{"text":"a"}x"#, "body"),
        (r#"{"inner":null}"#, "body"),
        (r#"{"text":1}"#, "text"),
        (r#"{"text":"a","colour":"red"}"#, "colour"),
        (r#"{"text":"a","inner":{"rows":[1,2,"three"]}}"#, "inner.rows[2]"),
        (r#"{"text":"a","inner":{"rows":[],"columns":[]}}"#, "inner.columns"),
    ] {
        let problem = served.ask(&post_json(body)).await.problem(400, "invalid_input");
        assert_eq!(problem["field"], field, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().starts_with(field), "{body}: {problem}");
    }
    let problem = served.ask(&post_json(r#"{"inner":null}"#)).await.problem(400, "invalid_input");
    assert!(problem["detail"].as_str().unwrap().contains("`text`"), "{problem}");
}

#[tokio::test]
async fn the_account_that_acts_must_be_named_once_and_well() {
    let served = Served::start(&[]).await;
    served.ask(&get("/mine")).await.problem(401, "caller_missing");
    let twice = format!("X-User-ID: {ACCOUNT}\r\nX-User-ID: {ACCOUNT}\r\n");
    for headers in [
        "X-User-ID: \r\n",
        "X-User-ID: 42\r\n",
        "X-User-ID: \u{e9}\r\n",
        "X-User-ID: 0190163d8694739baea5966c26f8ad91\r\n",
        &twice,
    ] {
        let problem = served.ask(&get_with("/mine", headers)).await.problem(400, "invalid_input");
        assert_eq!(problem["field"], "x-user-id", "{headers}");
    }
    let answer = served.ask(&get_with("/mine", &format!("x-user-id: {ACCOUNT}\r\n"))).await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "caller": ACCOUNT })));
}

#[tokio::test]
async fn a_request_id_is_taken_over_or_made_and_always_answered() {
    let served = Served::start(&[]).await;
    for path in ["/ok", "/nothing", "/mine", "/panics"] {
        let answer = served.ask(&get_with(path, "X-Request-ID: gate-7:a/b+c=@.\r\n")).await;
        assert_eq!(answer.header("x-request-id"), Some("gate-7:a/b+c=@."), "{path}");
    }
    let too_long = format!("X-Request-ID: {}\r\n", "a".repeat(65));
    let mut made = Vec::new();
    for headers in
        ["", "X-Request-ID: \r\n", "X-Request-ID: a b\r\n", "X-Request-ID: \u{e9}\r\n", &too_long]
    {
        let answer = served.ask(&get_with("/nothing", headers)).await;
        answer.problem(404, "route_unknown");
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert!(!made.contains(&id), "each request has its own");
        made.push(id);
    }
}

#[tokio::test]
async fn a_connection_serves_many_requests_and_answers_pipelined_ones_in_order() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    for _ in 0..3 {
        wire.send(get("/ok")).await;
        assert_eq!(wire.answer().await.status, 200);
    }
    // A slow one, then a bad one, then many quick ones, in one write.
    let mut requests = get("/slow") + &get("/nothing");
    for number in 0..100 {
        requests += &get(&format!("/numbers/{number}"));
    }
    wire.send(&requests).await;
    served.entered(1).await;
    assert!(!wire.has_news(), "no later one overtakes the slow one");
    served.floor.gate.add_permits(1);
    assert_eq!(wire.answer().await.json(), json!({"slow": true}));
    wire.answer().await.problem(404, "route_unknown");
    for number in 0..100 {
        assert_eq!(wire.answer().await.json(), json!({ "number": number }));
    }
    assert_eq!(served.server.status().connections, 1);
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    let next = get("/numbers/2");
    let (sent, rest) = next.split_at(20);
    wire.send(get("/numbers/1") + sent).await;
    assert_eq!(wire.answer().await.json(), json!({"number": 1}));
    wire.send(rest).await;
    assert_eq!(wire.answer().await.json(), json!({"number": 2}));
    // Some clients end a body with a line break too many.
    wire.send(post_json(r#"{"text":"a"}"#) + "\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    wire.send(get("/numbers/3")).await;
    assert_eq!(wire.answer().await.json(), json!({"number": 3}));
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_confuse_the_next_request() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    let body = get("/slow");
    let length = body.len();
    wire.send(format!("GET /ok HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n{body}"))
        .await;
    assert_eq!(wire.answer().await.status, 200);
    // Whether it then keeps the connection is hyper's choice; the body must be no request.
    let _ = wire.stream.write_all(get("/numbers/1").as_bytes()).await;
    let _ = bounded("an answer or the end", wire.receive()).await;
    assert!(!String::from_utf8_lossy(&wire.received).contains("slow"));
    assert_eq!(served.floor.entered.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_head_that_only_trickles_in_is_cut_off_on_time() {
    let limit = Duration::from_millis(150);
    let served = Served::start(&[("BACKEND_HTTP_HEADER_READ_TIMEOUT", "150ms")]).await;
    for requests_before in [0, 2] {
        let mut wire = served.connect().await;
        for _ in 0..requests_before {
            wire.send(get("/ok")).await;
            assert_eq!(wire.answer().await.status, 200);
        }
        let began = Instant::now();
        wire.send("GET /ok HTTP/1.1\r\nHost: test\r\nX-Long: ").await;
        let (mut reading, mut writing) = wire.stream.split();
        let trickle = async {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                if writing.write_all(b"a").await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let mut byte = [0];
        let closed = bounded("the end of the connection", async {
            tokio::select! {
                read = reading.read(&mut byte) => read.unwrap_or(0),
                () = trickle => unreachable!("it trickles for ever"),
            }
        });
        assert_eq!(closed.await, 0, "closed without an answer");
        assert_took(began.elapsed(), limit);
    }
}

#[tokio::test]
async fn a_body_that_stops_half_way_is_408_on_time() {
    let served = Served::start(&[("BACKEND_HTTP_BODY_READ_TIMEOUT", "150ms")]).await;
    let mut wire = served.connect().await;
    let began = Instant::now();
    wire.send(
        "POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{\"text\":",
    )
    .await;
    wire.answer().await.problem(408, "body_timeout");
    assert_took(began.elapsed(), Duration::from_millis(150));
    wire.closed().await;
    assert_eq!(served.server.status().requests, 0);
}

#[tokio::test]
async fn a_caller_that_goes_away_in_the_middle_leaves_nothing_behind() {
    let served = Served::start(&[]).await;
    let head = "POST /notes HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
    for sent in [
        "GET /ok HT".to_owned(),
        format!("{head}Content-Length: 100\r\n\r\n{{"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\n{{"),
        get("/slow"),
    ] {
        let mut wire = served.connect().await;
        wire.send(&sent).await;
        until("the server has it", || served.server.status().connections == 1).await;
        drop(wire);
        until("nothing is left", || {
            let status = served.server.status();
            status.connections == 0 && status.requests == 0
        })
        .await;
    }
    served.assert_lives().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_on_time_and_not_before() {
    let limit = Duration::from_millis(200);
    let served = Served::start(&[("BACKEND_HTTP_IDLE_TIMEOUT", "200ms")]).await;
    let began = Instant::now();
    let mut never_used = served.connect().await;
    never_used.closed().await;
    assert_took(began.elapsed(), limit);

    let mut used = served.connect().await;
    // Each request begins the wait anew: all together outlast the limit.
    let first = Instant::now();
    let mut last = first;
    while first.elapsed() < limit * 2 {
        last = Instant::now();
        used.send(get("/ok")).await;
        assert_eq!(used.answer().await.status, 200);
        tokio::time::sleep(limit / 4).await;
    }
    used.closed().await;
    assert_took(last.elapsed(), limit);
}

#[tokio::test]
async fn a_connection_whose_request_takes_long_is_not_closed() {
    let served = Served::start(&[
        ("BACKEND_HTTP_IDLE_TIMEOUT", "100ms"),
        ("BACKEND_HTTP_HEADER_READ_TIMEOUT", "100ms"),
    ])
    .await;
    let mut busy = served.connect().await;
    busy.send(get("/slow")).await;
    served.entered(1).await;
    // Connections that came later are closed by either limit meanwhile, twice over.
    for _ in 0..2 {
        let mut idle = served.connect().await;
        let mut half = served.connect().await;
        half.send("GET /ok HT").await;
        idle.closed().await;
        half.closed().await;
    }
    // Taken before: the server's time begins when it has answered, not when that has been read.
    let answered = Instant::now();
    served.floor.gate.add_permits(1);
    assert_eq!(busy.answer().await.json(), json!({"slow": true}));
    // And then it is idle like any other, for as long as any other.
    busy.closed().await;
    assert_took(answered.elapsed(), Duration::from_millis(100));
}

#[tokio::test]
async fn a_connection_that_was_busy_when_looked_at_is_still_closed_by_the_shorter_limit() {
    let served = Served::start(&[
        ("BACKEND_HTTP_IDLE_TIMEOUT", "100ms"),
        ("BACKEND_HTTP_HEADER_READ_TIMEOUT", "10m"),
    ])
    .await;
    let mut busy = served.connect().await;
    busy.send(get("/slow")).await;
    served.entered(1).await;
    served.connect().await.closed().await;
    // Taken before: the server's time begins when it has answered, not when that has been read.
    let answered = Instant::now();
    served.floor.gate.add_permits(1);
    assert_eq!(busy.answer().await.status, 200);
    busy.closed().await;
    assert_took(answered.elapsed(), Duration::from_millis(100));
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_503_and_its_connection_goes_on() {
    let served = Served::start(&[("BACKEND_HTTP_REQUEST_TIMEOUT", "150ms")]).await;
    let mut wire = served.connect().await;
    let began = Instant::now();
    wire.send(get("/slow")).await;
    let answer = wire.answer().await;
    answer.problem(503, "request_timeout");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_took(began.elapsed(), Duration::from_millis(150));
    assert_eq!(served.server.status().requests, 0);
    wire.send(get("/ok")).await;
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn before_it_is_ready_only_probes_are_answered() {
    let readiness = Arc::new(Readiness::default());
    let served = Served::start_with(&[], Arc::clone(&readiness), BOUND).await;
    for request in [get("/ok"), get("/mine"), post_json("{}")] {
        let answer = served.ask(&request).await;
        answer.problem(503, "starting");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(served.ask(&get("/probe")).await.status, 200);
    served.ask(&get("/nothing")).await.problem(404, "route_unknown");
    readiness.open();
    served.assert_lives().await;
}

#[tokio::test]
async fn a_drain_closes_idle_connections_finishes_requests_and_refuses_new_connections() {
    let served = Served::start(&[]).await;
    let mut fresh = served.connect().await;
    let mut idle = served.connect().await;
    idle.send(get("/ok")).await;
    assert_eq!(idle.answer().await.status, 200);
    let mut busy = served.connect().await;
    busy.send(get("/slow")).await;
    served.entered(1).await;
    until("all are accepted", || served.server.status().connections == 3).await;

    served.stop.cancel();
    idle.closed().await;
    fresh.closed().await;
    served.connect_is_refused().await;
    assert!(!served.running.is_finished(), "it waits for the request in flight");
    served.floor.gate.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    busy.closed().await;
    assert_eq!(bounded("the end", served.running).await.unwrap(), 0);
}

#[tokio::test]
async fn when_the_end_is_near_each_answer_is_the_last_of_its_connection() {
    let readiness = Arc::new(Readiness::default());
    readiness.open();
    let served = Served::start_with(&[], Arc::clone(&readiness), BOUND).await;
    let mut kept = served.connect().await;
    kept.send(get("/ok")).await;
    assert_eq!(kept.answer().await.header("connection"), None);
    readiness.begin_drain();
    kept.send(get("/ok")).await;
    let answer = kept.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    kept.closed().await;
    served.assert_lives().await;
}

#[tokio::test]
async fn a_connection_that_nobody_has_accepted_when_the_drain_begins_is_answered() {
    let served = Served::start(&[]).await;
    served.stop.cancel();
    // Without a pause in which the server, which shares the thread, could accept.
    let mut stream = std::net::TcpStream::connect(served.addr).unwrap();
    std::io::Write::write_all(&mut stream, get("/ok").as_bytes()).unwrap();
    assert!(bounded("the end", served.running).await.unwrap() == 0);
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_whose_body_is_on_its_way_when_the_drain_begins_is_answered() {
    let served = Served::start(&[]).await;
    let mut wire = served.connect().await;
    let request = post_json(r#"{"text":"late"}"#);
    let (sent, rest) = request.split_at(request.len() - 5);
    wire.send(sent).await;
    until("it has begun", || served.server.status().requests == 1).await;
    served.stop.cancel();
    served.connect_is_refused().await;
    wire.send(rest).await;
    assert_eq!(wire.answer().await.json()["text"], "late");
    wire.closed().await;
    assert_eq!(bounded("the end", served.running).await.unwrap(), 0);
}

#[tokio::test]
async fn a_drain_past_its_time_tells_how_many_it_cuts_off() {
    let readiness = Arc::new(Readiness::default());
    readiness.open();
    let timeout = Duration::from_millis(150);
    let served = Served::start_with(&[], readiness, timeout).await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        let mut wire = served.connect().await;
        wire.send(get("/slow")).await;
        wires.push(wire);
    }
    served.entered(3).await;
    let began = Instant::now();
    served.stop.cancel();
    assert_eq!(bounded("the end", served.running).await.unwrap(), 3);
    assert_took(began.elapsed(), timeout);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431_and_ends_its_connection() {
    let served = Served::start(&[("BACKEND_HTTP_HEADER_BYTES_MAX", "8192")]).await;
    let many = "X-Many: a\r\n".repeat(101);
    let large = format!("X-Large: {}\r\n", "a".repeat(8192));
    let long_path = format!("/{}", "a".repeat(8192));
    for request in [get_with("/ok", &many), get_with("/ok", &large), get(&long_path)] {
        let mut wire = served.connect().await;
        wire.send(&request).await;
        let answer = wire.answer().await;
        assert!(matches!(answer.status, 414 | 431), "{answer:?}");
        wire.closed().await;
    }
    let fits = format!("X-Large: {}\r\n", "a".repeat(7000));
    assert_eq!(served.ask(&get_with("/ok", &fits)).await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_ends_its_own_connection_and_no_other() {
    let served = Served::start(&[]).await;
    let mut good = served.connect().await;
    good.send(get("/slow")).await;
    served.entered(1).await;
    for nonsense in [
        b"NONSENSE\r\n\r\n".as_slice(),
        b"GET /ok HTTP/9.9\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET /ok HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        // A TLS handshake that found the wrong port.
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let mut wire = served.connect().await;
        wire.send(nonsense).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, 400, "{answer:?}");
        wire.closed().await;
    }
    served.floor.gate.add_permits(1);
    assert_eq!(good.answer().await.status, 200);
    good.send(get("/ok")).await;
    assert_eq!(good.answer().await.status, 200);
}
