//! More than there is room for, and callers that take their time: what is refused and how, and what is
//! not kept for those who never finish.
//!
//! The routes are those of `http.rs` where no feature is needed. Where memory is looked at, the service is
//! a process of its own. How much load it bears is for `benches/overload.rs`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::http::{Served, assert_took, bounded, get, until};
use crate::http2::{DATA, OPENING, PING, frame, get_on, post_on};
use crate::support::{Client, Database, Process, TestApp, eventually};

const SESSIONS: &str = "/api/v1/internal/sessions";
/// How many take their time at once.
const SLOW: usize = 1_000;
/// How often that many come after the first two times, which show what they take while they are there.
const WAVES: u64 = 3;
/// How much more these may take: less than one read buffer of hyper left behind by each caller.
const GROWTH_KIB_MAX: u64 = WAVES * SLOW as u64 * 8;

/// A caller that sends what it sends, and then only reads; tells what it was told before its connection
/// was closed, by whichever way, and how long after it had sent.
async fn send_and_wait(addr: SocketAddr, bytes: &[u8], sent: &AtomicUsize) -> (String, Duration) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let began = Instant::now();
    stream.write_all(bytes).await.unwrap();
    sent.fetch_add(1, Ordering::SeqCst);
    let mut told = Vec::new();
    let _ = bounded("the end of the connection", stream.read_to_end(&mut told)).await;
    (String::from_utf8_lossy(&told).into_owned(), began.elapsed())
}

/// Has many callers send what they send at once; asks for something meanwhile; what each was told.
async fn wave(client: &Client, kinds: &[Vec<u8>], limit: Duration) -> Vec<String> {
    let sent = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for number in 0..SLOW {
        let (addr, bytes, sent) =
            (client.addr, kinds[number % kinds.len()].clone(), Arc::clone(&sent));
        callers.spawn(async move { send_and_wait(addr, &bytes, &sent).await });
    }
    until("all have sent", || sent.load(Ordering::SeqCst) == SLOW).await;
    client.get("/readyz").send().await.expect(200);
    client.get(&format!("{SESSIONS}/resolve")).bearer("none").send().await.expect(401);
    let mut told = Vec::new();
    while let Some(caller) = callers.join_next().await {
        let (text, took) = caller.unwrap();
        // On a busy machine a thousand who are sent away at once take their time to notice.
        assert_took(took.min(limit), limit);
        assert!(took < limit + Duration::from_secs(15), "too late: {took:?} of {limit:?}");
        told.push(text);
    }
    told
}

/// The most memory that a process had resident since this was last asked.
fn peak_kib(process: &Process) -> u64 {
    let file = |name| format!("/proc/{}/{name}", process.id());
    let status = std::fs::read_to_string(file("status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    std::fs::write(file("clear_refs"), "5").unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Has wave after wave of callers send what is never finished, and sees that all are sent away on time
/// and leave nothing behind; what they were told.
async fn waves(variable: &str, kinds: &[Vec<u8>]) -> Vec<String> {
    let database = Database::migrated().await;
    let process = Process::start(&database.dsn(), &[(variable, "1s")]).await;
    let limit = Duration::from_secs(1);
    let mut told = wave(&process.client, kinds, limit).await;
    told.extend(wave(&process.client, kinds, limit).await);
    let before_kib = peak_kib(&process);
    for _ in 0..WAVES {
        told.extend(wave(&process.client, kinds, limit).await);
    }
    let kib = peak_kib(&process);
    assert!(kib <= before_kib + GROWTH_KIB_MAX, "{before_kib} KiB, and then {kib}");
    process.end().await;
    told
}

#[tokio::test]
async fn a_thousand_half_sent_heads_are_closed_on_time_and_leave_no_memory_behind() {
    let whole = get_on(1, "/healthz");
    let kinds = [
        b"GET /healthz HTTP/1.1\r\nHost: test\r\nX-Long: ".to_vec(),
        OPENING[..20].to_vec(),
        [OPENING, &whole[..whole.len() - 1]].concat(),
    ];
    let told = waves("BACKEND_HTTP_HEADER_READ_TIMEOUT", &kinds).await;
    assert!(told.iter().all(|text| !text.contains("HTTP/1.1")), "none was answered");
}

#[tokio::test]
async fn a_thousand_half_sent_bodies_are_408_on_time_and_leave_no_memory_behind() {
    let head = format!("POST {SESSIONS} HTTP/1.1\r\nHost: test\r\n");
    let half = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"identity\":";
    let told = waves("BACKEND_HTTP_BODY_READ_TIMEOUT", &[format!("{head}{half}").into()]).await;
    for text in told {
        assert!(text.starts_with("HTTP/1.1 408 ") && text.contains("\"body_timeout\""), "{text}");
    }
}

#[tokio::test]
async fn a_thousand_half_sent_bodies_over_http2_are_given_up_on_time() {
    const CONNECTIONS: usize = 10;
    let served = Served::start(&[("BACKEND_HTTP_BODY_READ_TIMEOUT", "1s")]).await;
    let mut half = OPENING.to_vec();
    for number in 0..u32::try_from(SLOW / CONNECTIONS).unwrap() {
        half.extend(post_on(2 * number + 1, "/notes"));
        half.extend(frame(DATA, 0, 2 * number + 1, b"{\"text\":"));
    }
    let began = Instant::now();
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(served.addr).await.unwrap();
        stream.write_all(&half).await.unwrap();
        connections.push(stream);
    }
    until("all have begun", || served.server.status().requests == SLOW).await;
    served.assert_lives().await;
    until("none is left", || served.server.status().requests == 0).await;
    assert_took(began.elapsed(), Duration::from_secs(1));
    assert_eq!(served.server.status().connections, CONNECTIONS, "their connections go on");
}

#[tokio::test]
async fn a_caller_that_asks_and_never_listens_is_cut_off_on_time() {
    let limit = Duration::from_millis(300);
    let served = Served::start(&[("BACKEND_HTTP_WRITE_TIMEOUT", "300ms")]).await;
    let pings = frame(PING, 0, 0, b"are you?").repeat(100);
    for (opening, requests) in [(&b""[..], get("/ok").repeat(100).into()), (OPENING, pings)] {
        let socket = TcpSocket::new_v4().unwrap();
        // It has room for little, which is not to be filled first by megabytes of answers.
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(served.addr).await.unwrap();
        let began = Instant::now();
        stream.write_all(opening).await.unwrap();
        let asking = async { while stream.write_all(&requests).await.is_ok() {} };
        bounded("the end of the connection", asking).await;
        assert!(began.elapsed() >= limit, "not before its time");
        served.assert_lives().await;
        until("nothing is left of it", || served.server.status().connections == 0).await;
        assert_eq!(served.server.status().requests, 0);
    }
}

#[tokio::test]
async fn one_request_too_many_is_a_fast_503_while_probes_are_answered() {
    let served = Served::start(&[("BACKEND_HTTP_REQUESTS_MAX", "2")]).await;
    let (mut first, mut second) = (served.connect().await, served.connect().await);
    first.send(get("/slow")).await;
    second.send(get("/slow")).await;
    served.entered(2).await;
    assert_eq!(served.server.status().requests, 2);

    let answer = served.ask(&get("/ok")).await;
    answer.problem(503, "overloaded");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(served.ask(&get("/probe")).await.status, 200);
    // What is refused does not count itself in.
    assert_eq!(served.server.status().requests, 2);

    served.floor.gate.add_permits(1);
    until("one has ended", || served.server.status().requests == 1).await;
    served.assert_lives().await;
    served.floor.gate.add_permits(1);
    assert_eq!((first.answer().await.status, second.answer().await.status), (200, 200));
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_closes() {
    let served = Served::start(&[("BACKEND_HTTP_CONNECTIONS_MAX", "1")]).await;
    let mut first = served.connect().await;
    first.send(get("/ok")).await;
    assert_eq!(first.answer().await.status, 200);
    let mut second = served.connect().await;
    second.send(get("/slow")).await;
    // Were it accepted, its handler would be entered while the first has these answered.
    for _ in 0..50 {
        first.send(get("/ok")).await;
        assert_eq!(first.answer().await.status, 200);
    }
    assert_eq!(served.floor.entered.load(Ordering::SeqCst), 0);
    assert_eq!(served.server.status().connections, 1);
    drop(first);
    served.entered(1).await;
    served.floor.gate.add_permits(1);
    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn callers_that_never_finish_a_head_give_their_connections_up_to_those_who_wait() {
    let served = Served::start(&[
        ("BACKEND_HTTP_CONNECTIONS_MAX", "8"),
        ("BACKEND_HTTP_HEADER_READ_TIMEOUT", "150ms"),
    ])
    .await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut wire = served.connect().await;
        wire.send("GET /ok HT").await;
        slow.push(wire);
    }
    until("all connections are taken", || served.server.status().connections == 8).await;
    // Behind those of the slow ones that wait themselves.
    served.assert_lives().await;
    for mut wire in slow {
        wire.closed().await;
    }
}

#[tokio::test]
async fn while_the_database_holds_requests_up_probes_are_answered_and_the_rest_is_refused() {
    let app = TestApp::with().set("BACKEND_HTTP_REQUESTS_MAX", "4").start().await;
    let opened = app.opened("1").await;
    let mut blocker = app.database.connect().await;
    let lock = blocker.transaction().await.unwrap();
    lock.batch_execute("lock table account, identity, session").await.unwrap();
    let mut held = JoinSet::new();
    for number in 0..4 {
        let identity =
            json!({"kind": "platform", "provider": "telegram", "subject": number.to_string()});
        let call = app.client.post(SESSIONS).json(&json!({ "identity": identity }));
        held.spawn(call.send());
    }
    let refused = eventually("requests are refused", async || {
        let answer = app.resolve(&opened.token).await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    refused.expect_problem(503, "overloaded");
    assert_eq!(refused.header("retry-after"), Some("1"));
    for _ in 0..100 {
        app.resolve(&opened.token).await.expect_problem(503, "overloaded");
        app.client.get("/healthz").send().await.expect(200);
        app.client.get("/readyz").send().await.expect(200);
    }
    lock.rollback().await.unwrap();
    while let Some(answer) = held.join_next().await {
        answer.unwrap().expect(201);
    }
    app.resolve(&opened.token).await.expect(200);
    app.stop().await;
}
