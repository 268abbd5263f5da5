//! The first bytes of a connection, which say what it speaks.
//!
//! HTTP/2 with prior knowledge begins with 24 bytes that are no HTTP/1.1 request. Owns their reading,
//! and their replay to whichever of the two it is.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

use super::patience::{Activity, Patience, Word};

/// What a client of HTTP/2 sends first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// What has been read to find out.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: [u8; PREFACE.len()],
    /// How many of them have come.
    length: u8,
    /// How many of those have been replayed.
    replayed: u8,
}

impl Opening {
    /// Puts what was read into a reader's buffer; false once it has had all.
    pub(super) fn replay(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let left = &self.bytes[usize::from(self.replayed)..usize::from(self.length)];
        if left.is_empty() {
            return false;
        }
        let count = left.len().min(buf.remaining());
        buf.put_slice(&left[..count]);
        // At most 24.
        self.replayed += count as u8;
        true
    }

    /// Reads until it is clear what the connection speaks; `None` where it ends before.
    pub(super) async fn read(
        &mut self,
        stream: &mut TcpStream,
        activity: &Activity,
        patience: Patience,
    ) -> Option<Protocol> {
        poll_fn(|cx| {
            while let Poll::Ready(count) = self.poll_read(stream, cx) {
                if count == 0 {
                    return Poll::Ready(None);
                }
                activity.bytes_arrived();
                if let Some(protocol) = self.protocol() {
                    return Poll::Ready(Some(protocol));
                }
            }
            let told = activity.heard();
            let is_unused = told.has(Word::Finish) && self.length == 0;
            if is_unused || patience.is_over_for(told, activity) {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }

    /// How many bytes came; 0 at the end of the connection, by whichever way.
    fn poll_read(&mut self, stream: &mut TcpStream, cx: &mut Context<'_>) -> Poll<usize> {
        let mut buf = ReadBuf::new(&mut self.bytes[usize::from(self.length)..]);
        Pin::new(stream).poll_read(cx, &mut buf).map(|outcome| {
            let count = outcome.map_or(0, |()| buf.filled().len());
            // At most 24.
            self.length += count as u8;
            count
        })
    }

    fn protocol(&self) -> Option<Protocol> {
        let read = &self.bytes[..usize::from(self.length)];
        match PREFACE.strip_prefix(read) {
            None => Some(Protocol::Http1),
            Some([]) => Some(Protocol::Http2),
            Some(_) => None,
        }
    }
}
