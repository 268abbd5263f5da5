//! The socket of a connection, as hyper reads and writes it.
//!
//! Owns what the connection's patience must know: when bytes come, and when the caller takes none.
//! While it takes none, none are read from it either: whoever asks and asks and never listens is held
//! back by the kernel's buffers, and not kept in ours.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::patience::Activity;
use super::preface::Opening;

/// What is to be known of bytes as they come.
pub(super) trait Arrivals {
    /// They have come, and are not yet hyper's.
    fn arrived(&mut self, bytes: &[u8], activity: &Activity);
}

pub(super) struct Socket<A> {
    stream: TcpStream,
    /// What was read before it was known who is to read it.
    opening: Opening,
    arrivals: A,
    activity: Arc<Activity>,
    /// The kernel has refused bytes, and not taken all since.
    is_blocked: bool,
    /// Meanwhile reading was asked for, and nothing will wake it.
    is_read_held: bool,
}

impl<A> Socket<A> {
    pub(super) fn new(
        stream: TcpStream,
        opening: Opening,
        arrivals: A,
        activity: Arc<Activity>,
    ) -> Self {
        Self { stream, opening, arrivals, activity, is_blocked: false, is_read_held: false }
    }

    /// Notes what came of writing.
    fn written(&mut self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if outcome.is_pending() && !self.is_blocked {
            self.is_blocked = true;
            self.activity.write_blocked();
        }
        outcome
    }
}

impl<A: Arrivals + Unpin> AsyncRead for Socket<A> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_blocked {
            this.is_read_held = true;
            return Poll::Pending;
        }
        if this.opening.replay(buf) {
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            this.arrivals.arrived(&buf.filled()[before..], &this.activity);
        }
        Poll::Ready(Ok(()))
    }
}

impl<A: Unpin> AsyncWrite for Socket<A> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.written(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.written(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper asks for this when it has handed over all that it had.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_blocked {
            self.is_blocked = false;
            self.activity.write_done();
            if std::mem::take(&mut self.is_read_held) {
                cx.waker().wake_by_ref();
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<A> Drop for Socket<A> {
    fn drop(&mut self) {
        if self.is_blocked {
            // What nobody takes is thrown away; otherwise the kernel would go on offering it.
            let _ = self.stream.set_zero_linger();
        }
    }
}
