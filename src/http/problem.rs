//! RFC 9457 problem details: what a caller is told when a request fails.
//!
//! Owns the split between the outward detail and the inward cause; the cause is logged once, in
//! `dispatch`, and never sent. Features map their errors to problems, each in its `http.rs`.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{self, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::response::{self, Response};
use crate::postgres;
use crate::telemetry::{Chain, RequestId};

/// A failed request's answer.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    field: Option<String>,
    /// Of few problems, and so not in the size of all of them.
    member: Option<Box<(&'static str, Box<RawValue>)>>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    is_logged: bool,
}

/// RFC 9457 problem details.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct ProblemView<'a> {
    /// Always `about:blank`: the code tells what is wrong.
    r#type: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    #[schemars(range(min = 400, max = 599))]
    status: u16,
    /// What is wrong, for programs: stable.
    #[schemars(regex(pattern = "^[a-z]+(_[a-z]+)*$"))]
    code: &'static str,
    /// What is wrong, for people.
    detail: &'a str,
    /// The value that is wrong: its path in the body, or the name of a header, of a part of the path or of
    /// a parameter of the query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    field: Option<&'a str>,
    /// The name of the request, as in `X-Request-ID`.
    #[schemars(with = "RequestId")]
    request_id: &'a str,
}

impl<'a> ProblemView<'a> {
    /// The body of a problem that is no value's.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: &'a str,
        request_id: &'a str,
    ) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let status = status.as_u16();
        Self { r#type: "about:blank", title, status, code, detail, field: None, request_id }
    }
}

impl Problem {
    /// A problem with a stable `code` for programs and a `detail` for people.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            field: None,
            member: None,
            headers: Vec::new(),
            cause: None,
            is_logged: false,
        }
    }

    /// 400: a value that is not what it must be; `field` is its path in the body, or the name of a
    /// header, of a part of the path, or of a parameter of the query.
    #[must_use]
    pub fn invalid(field: impl Into<String>, reason: impl fmt::Display) -> Self {
        let field = field.into();
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "invalid_input", format!("{field}: {reason}"));
        problem.field = Some(field);
        problem
    }

    /// 403.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404.
    #[must_use]
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 409.
    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 429 with `Retry-After`: in so much time, of which a begun second counts whole.
    #[must_use]
    pub fn too_many_requests(
        code: &'static str,
        detail: impl Into<String>,
        retry_after: Duration,
    ) -> Self {
        let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 503 with `Retry-After`: it may work in a second.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// 500, which tells the caller nothing but that it was our fault.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "something went wrong on our side",
        )
        .caused_by(cause)
    }

    /// Adds what the log, and only the log, is to say.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Leaves the log line to whoever makes the problem: one request of many that are refused alike.
    pub(super) fn logged(mut self) -> Self {
        self.is_logged = true;
        self
    }

    /// Whether the log is still to tell of it: every failure of ours, once.
    pub(super) fn is_to_be_logged(&self) -> bool {
        self.status.is_server_error() && !self.is_logged
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds what the caller can go on with, such as the state that its request did not fit (RFC 9457,
    /// section 3.2).
    ///
    /// # Panics
    /// Never for the wire types, whose maps have text for keys; a panic is answered with 500.
    #[must_use]
    pub fn with_member<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Self {
        let value = to_raw_value(value).expect("a wire type serialises");
        self.member = Some(Box::new((name, value)));
        self
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Why it came to this, in one line for the log.
    pub(super) fn cause(&self) -> String {
        self.cause.as_deref().map_or_else(|| self.detail.clone(), |cause| Chain(cause).to_string())
    }

    pub(super) fn into_response(self, request_id: &str) -> Response {
        let view = ProblemView {
            field: self.field.as_deref(),
            ..ProblemView::new(self.status, self.code, &self.detail, request_id)
        };
        let mut response = match self.member {
            None => response::json(self.status, &view),
            Some(member) => response::json_bytes(self.status, with_member(&view, &member).into()),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.headers);
        response
    }
}

/// The body of a problem with a member of its own. What is JSON already is put into it as it is: serde
/// would have to take it apart.
fn with_member(view: &ProblemView<'_>, member: &(&'static str, Box<RawValue>)) -> String {
    let (name, value) = member;
    let body = serde_json::to_string(view).expect("a wire type serialises");
    let members = body.strip_suffix('}').expect("a problem is an object");
    format!("{members},\"{name}\":{value}}}")
}

impl From<postgres::Error> for Problem {
    fn from(error: postgres::Error) -> Self {
        match error {
            postgres::Error::Unavailable(_) | postgres::Error::Retry(_) => {
                Self::unavailable("database_unavailable", "the database can't be asked now")
                    .caused_by(error)
            }
            postgres::Error::Constraint { .. } | postgres::Error::Unexpected(_) => {
                Self::internal(error)
            }
        }
    }
}
