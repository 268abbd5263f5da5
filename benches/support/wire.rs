//! A connection over HTTP/1.1 that has one request at a time, written and read as cheaply as can be.

use std::borrow::Cow;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

/// A request's end.
pub(crate) struct Answered {
    pub(crate) status: u16,
    #[allow(dead_code, reason = "a bench that overloads nothing is turned away by nothing")]
    pub(crate) says_when_to_retry: bool,
    pub(crate) took_ms: f64,
}

/// A connection, which has one request at a time.
pub(crate) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket takes it");
        Self { stream, received: Vec::new() }
    }

    /// Sends a request and takes its answer; `due` is when it should have been sent.
    pub(crate) async fn ask(&mut self, request: &str, due: Instant) -> Answered {
        self.stream.write_all(request.as_bytes()).await.expect("a request goes out");
        self.received.clear();
        loop {
            let count = self.stream.read_buf(&mut self.received).await.expect("an answer comes");
            assert!(count > 0, "the connection lives");
            let text = String::from_utf8_lossy(&self.received);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let field = |name| head.lines().find_map(|line: &str| line.strip_prefix(name));
            let length = field("content-length: ").map_or(0, |it| it.parse().expect("a number"));
            if body.len() == length {
                return Answered {
                    status: head[9..12].parse().expect("a status"),
                    says_when_to_retry: field("retry-after: ").is_some(),
                    took_ms: due.elapsed().as_secs_f64() * 1e3,
                };
            }
        }
    }

    /// The whole of the last answer.
    pub(crate) fn received(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.received)
    }
}

/// `head`: the first line, and perhaps fields.
pub(crate) fn with_body(head: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{head}\r\nHost: backend\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}
