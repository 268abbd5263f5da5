//! Answers: JSON, or nothing.

use bytes::Bytes;
use http_body_util::Full;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::id::AccountId;

/// What a handler answers.
pub type Response = hyper::Response<Full<Bytes>>;

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
    let mut response = Response::new(Full::new(body));
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
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
