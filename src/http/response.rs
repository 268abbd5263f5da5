//! Answers: JSON, nothing, or a stream.

use bytes::Bytes;
use futures_util::Stream;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use super::content::Content;
use crate::id::AccountId;

/// What a handler answers.
pub type Response = hyper::Response<Content>;

/// An answer with a JSON body.
///
/// # Panics
/// Never for the wire types, whose maps have text for keys; a panic is answered with 500.
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    let mut body = Vec::with_capacity(256);
    serde_json::to_writer(&mut body, value).expect("a wire type serialises");
    json_bytes(status, body.into())
}

/// An answer with a body that is JSON already.
pub(crate) fn json_bytes(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The same, of which it is known whose data it has, for what keeps answers: by itself that would take it
/// for the caller's.
pub(crate) fn of_account(mut response: Response, id: AccountId) -> Response {
    response.extensions_mut().insert(id);
    response
}

/// 204.
#[must_use]
pub fn empty() -> Response {
    let mut response = Response::new(Content::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// An answer that goes on for as long as there are chunks; each is asked for when the caller has room for
/// it. It is no request in flight: whoever gives such answers bounds their number. It ends between two
/// chunks when the drain begins, and is cut off where the caller takes none of it for the time that a
/// caller has to take what is ready for it.
#[must_use]
pub fn streamed(
    content_type: &'static str,
    chunks: impl Stream<Item = Bytes> + Send + 'static,
) -> Response {
    let mut response = Response::new(Content::streamed(chunks));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
