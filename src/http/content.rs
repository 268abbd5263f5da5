//! The body of an answer: bytes that are there, or a stream of chunks.
//!
//! A stream makes its next chunk only when the caller has room for it, and so costs no more than the
//! chunk that is under way. Owns what ends it besides itself: the drain. That its caller takes what it
//! gives is watched by the connection.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use hyper::body::{Body, Frame, SizeHint};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::patience::{OpenStream, Taking};

/// The body of an answer.
pub struct Content(Kind);

/// As small as the bytes alone: this is moved about on the hot path.
enum Kind {
    /// Empty once they are given.
    Whole(Bytes),
    /// Nothing once it is over.
    Streamed(Option<Box<Streamed>>),
}

/// A body that is made as it is taken.
pub(super) struct Streamed {
    chunks: BoxStream<'static, Bytes>,
    drain: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    taking: Option<Arc<Taking>>,
    open: Option<OpenStream>,
}

impl Content {
    /// Chunks, for as long as there are any.
    pub(super) fn streamed(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        let streamed = Streamed { chunks: chunks.boxed(), drain: None, taking: None, open: None };
        Self(Kind::Streamed(Some(Box::new(streamed))))
    }

    /// The stream, where it is one.
    pub(super) fn as_streamed(&mut self) -> Option<&mut Streamed> {
        match &mut self.0 {
            Kind::Whole(_) => None,
            Kind::Streamed(streamed) => streamed.as_deref_mut(),
        }
    }
}

impl Streamed {
    /// Ends, after the chunk that is under way, when the drain begins.
    pub(super) fn end_with(&mut self, drain: &CancellationToken) {
        self.drain = Some(Box::pin(drain.clone().cancelled_owned()));
    }

    /// Tells what watches over it whether its chunks are taken.
    pub(super) fn watched_by(&mut self, taking: Arc<Taking>) {
        taking.streams();
        self.taking = Some(taking);
    }

    /// Counts as a request that is being answered until it is over.
    pub(super) fn keep_open(&mut self, open: OpenStream) {
        self.open = Some(open);
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Some(taking) = &self.taking {
            taking.taken();
        }
        if self.drain.as_mut().is_some_and(|drain| drain.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.chunks.poll_next_unpin(cx));
        if let Some(taking) = &self.taking {
            taking.given();
        }
        Poll::Ready(chunk)
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let chunk = match &mut self.get_mut().0 {
            Kind::Whole(bytes) => Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
            Kind::Streamed(streamed) => {
                let chunk = match streamed {
                    Some(streamed) => ready!(streamed.poll_chunk(cx)),
                    None => None,
                };
                if chunk.is_none() {
                    *streamed = None;
                }
                chunk
            }
        };
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Streamed(streamed) => streamed.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Streamed(Some(_)) => SizeHint::default(),
            Kind::Streamed(None) => SizeHint::with_exact(0),
        }
    }
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }
}

impl Default for Content {
    fn default() -> Self {
        Bytes::new().into()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Whole(bytes) => formatter.debug_tuple("Whole").field(bytes).finish(),
            Kind::Streamed(_) => formatter.write_str("Streamed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_no_larger_for_the_streams_among_them() {
        assert_eq!(size_of::<Content>(), size_of::<http_body_util::Full<Bytes>>());
    }
}
