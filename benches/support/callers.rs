//! Callers that ask one thing after the other, each over an HTTP/1.1 connection of its own, to resolve
//! tokens in turn.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::database;

/// How many sessions there are.
pub(crate) const SESSIONS: usize = 100_000;
/// How many of them are shown.
pub(crate) const TOKENS: usize = 4096;
/// How many callers there are.
pub(crate) const CALLERS: usize = 64;

/// The token that is shown `number`th.
pub(crate) fn token(number: usize) -> String {
    database::token(number % TOKENS * (SESSIONS / TOKENS))
}

/// How fast callers ask.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many requests a second, all connections together: the same work for both servers.
    PerSecond(u32),
    /// Each connection asks again as soon as it is answered: what a server has no time for, it is not
    /// asked.
    Unbounded,
}

impl Pace {
    /// The pause between two requests of a caller.
    pub(crate) fn interval(self) -> Duration {
        match self {
            Self::PerSecond(rate) => Duration::from_secs(1) * CALLERS as u32 / rate,
            Self::Unbounded => Duration::ZERO,
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PerSecond(rate) => write!(formatter, "{rate} requests a second"),
            Self::Unbounded => formatter.write_str("as fast as it answers"),
        }
    }
}

/// What keeps the callers' thread awake until it is aborted: whom a server finds asleep it has to wake,
/// at its own cost, and the slower one finds more of its callers so. With this neither pays for it.
pub(crate) fn wakefulness() -> tokio::task::JoinHandle<()> {
    tokio::spawn(async {
        loop {
            tokio::task::yield_now().await;
        }
    })
}

/// When a caller is to ask.
pub(crate) struct Turn {
    next: Instant,
    interval: Duration,
    until: Instant,
}

impl Turn {
    /// The turns of one of the callers, from now on.
    pub(crate) fn of(caller: usize, pace: Pace, until: Instant) -> Self {
        let interval = pace.interval();
        // Spread over the interval, as callers who don't know of each other are.
        let next = Instant::now() + interval * caller as u32 / CALLERS as u32;
        Self { next, interval, until }
    }

    /// Waits until it is to ask again; gives since when it should have, `None` when it is over.
    pub(crate) async fn next(&mut self) -> Option<Instant> {
        // Not by a timer, whose grain is a millisecond.
        loop {
            match self.look() {
                Look::Wait => tokio::task::yield_now().await,
                Look::Ask(due) => return Some(due),
                Look::Over => return None,
            }
        }
    }

    /// What it is to do now. Whom it tells to ask has its next turn an interval later.
    pub(crate) fn look(&mut self) -> Look {
        let now = Instant::now();
        if now >= self.until {
            return Look::Over;
        }
        if now < self.next {
            return Look::Wait;
        }
        let due = if self.interval.is_zero() { now } else { self.next };
        self.next += self.interval;
        Look::Ask(due)
    }
}

/// What a caller is to do.
pub(crate) enum Look {
    Wait,
    /// It should have at this time.
    Ask(Instant),
    Over,
}

/// All callers, connected.
pub(crate) async fn connect(addr: SocketAddr) -> Vec<Caller> {
    let mut callers = Vec::new();
    for number in 0..CALLERS {
        let stream = TcpStream::connect(addr).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket takes it");
        callers.push(Caller { stream, next: number * TOKENS / CALLERS });
    }
    callers
}

/// Has all callers ask until it is over; gives them back, and how long each answer took.
pub(crate) async fn run(
    callers: Vec<Caller>,
    pace: Pace,
    until: Instant,
    answer_bytes: usize,
) -> (Vec<Caller>, Vec<f64>) {
    let running: Vec<_> = callers
        .into_iter()
        .enumerate()
        .map(|(number, caller)| {
            tokio::spawn(caller.run(Turn::of(number, pace, until), answer_bytes))
        })
        .collect();
    let (mut callers, mut latencies_us) = (Vec::new(), Vec::new());
    for task in running {
        let (caller, of_caller) = task.await.expect("a caller does not fail");
        callers.push(caller);
        latencies_us.extend(of_caller);
    }
    (callers, latencies_us)
}

/// A caller.
pub(crate) struct Caller {
    stream: TcpStream,
    next: usize,
}

impl Caller {
    /// One request after the other, each when the last is answered and its time has come; gives how
    /// long each took from when it was to be asked.
    async fn run(mut self, mut turn: Turn, answer_bytes: usize) -> (Self, Vec<f64>) {
        let mut answer = vec![0; answer_bytes];
        let mut latencies_us = Vec::new();
        while let Some(due) = turn.next().await {
            self.ask().await;
            self.stream.read_exact(&mut answer).await.expect("an answer comes");
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n"), "an answer of the same size: 200");
            latencies_us.push(due.elapsed().as_secs_f64() * 1e6);
        }
        (self, latencies_us)
    }

    async fn ask(&mut self) {
        let token = token(self.next);
        self.next += 1;
        let request = format!(
            "GET /api/v1/internal/sessions/resolve HTTP/1.1\r\nHost: backend\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await.expect("a request goes out");
    }

    /// How long an answer is, whole and its body.
    pub(crate) async fn measure_answer(&mut self) -> (usize, usize) {
        self.ask().await;
        let mut answer = Vec::new();
        loop {
            self.stream.read_buf(&mut answer).await.expect("an answer comes");
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .and_then(|value| value.parse::<usize>().ok())
                .expect("an answer says its length");
            if body.len() == length {
                return (answer.len(), length);
            }
        }
    }
}
