//! A request as a handler sees it.
//!
//! Owns the reading of headers and path; the query is read in `query.rs`, the body in `body.rs`. What is wrong with any of
//! them is a [`Problem`] that names it.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue, IF_MATCH, WWW_AUTHENTICATE};
use hyper::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;

use super::body::{self, BodyLimits};
use super::problem::Problem;
use super::query::Query;
use crate::id::AccountId;

/// The header in which the gateway names the account that it has resolved.
pub(crate) const X_USER_ID: HeaderName = HeaderName::from_static("x-user-id");

/// The header in which it names that account's session.
pub(crate) const X_SESSION_ID: HeaderName = HeaderName::from_static("x-session-id");

/// A routed request.
pub struct Request<'a> {
    source: Source<'a>,
    path_parameters: PathParameters,
    caller: Option<AccountId>,
    limits: BodyLimits,
}

/// Where a request is.
enum Source<'a> {
    /// Where the connection has put it; its body is still to be read.
    Arriving(&'a mut hyper::Request<Incoming>),
    /// Here, with its body.
    Arrived(Box<hyper::Request<Bytes>>),
}

/// Where in the path the values of its parameters stand.
#[derive(Debug, Default, Clone)]
pub struct PathParameters(Vec<(String, Range<usize>)>);

impl PathParameters {
    /// From a match on `path`; allocates nothing where the route has no parameters.
    pub(super) fn locate(path: &str, matched: &matchit::Params<'_, '_>) -> Self {
        let start = path.as_ptr() as usize;
        Self(
            matched
                .iter()
                .map(|(name, value)| {
                    let from = value.as_ptr() as usize - start;
                    (name.to_owned(), from..from + value.len())
                })
                .collect(),
        )
    }
}

impl fmt::Debug for Request<'_> {
    /// Without the headers, among which tokens are.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Request")
            .field("method", self.method())
            .field("path", &self.target())
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(
        inner: &'a mut hyper::Request<Incoming>,
        path_parameters: PathParameters,
        caller: Option<AccountId>,
        limits: BodyLimits,
    ) -> Self {
        Self { source: Source::Arriving(inner), path_parameters, caller, limits }
    }

    /// The request with its body, on its own: work on it can outlast its connection.
    ///
    /// # Errors
    /// 413 or 408.
    pub async fn arrived(self) -> Result<Request<'static>, Problem> {
        let Self { source, path_parameters, caller, limits } = self;
        let arrived = match source {
            Source::Arrived(arrived) => arrived,
            Source::Arriving(inner) => {
                let body = body::read(inner.body_mut(), limits).await?;
                let mut arrived = hyper::Request::new(body);
                *arrived.method_mut() = inner.method().clone();
                *arrived.uri_mut() = inner.uri().clone();
                *arrived.headers_mut() = inner.headers().clone();
                Box::new(arrived)
            }
        };
        Ok(Request { source: Source::Arrived(arrived), path_parameters, caller, limits })
    }

    /// The body, where it [has arrived](Self::arrived).
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.source {
            Source::Arriving(_) => &[],
            Source::Arrived(arrived) => arrived.body(),
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        match &self.source {
            Source::Arriving(inner) => inner.method(),
            Source::Arrived(arrived) => arrived.method(),
        }
    }

    /// The path as it was asked for.
    #[must_use]
    pub fn target(&self) -> &str {
        match &self.source {
            Source::Arriving(inner) => inner.uri().path(),
            Source::Arrived(arrived) => arrived.uri().path(),
        }
    }

    fn headers(&self) -> &HeaderMap {
        match &self.source {
            Source::Arriving(inner) => inner.headers(),
            Source::Arrived(arrived) => arrived.headers(),
        }
    }

    /// The account that acts. The router lets nobody into the user and admin groups without one.
    ///
    /// # Errors
    /// 401 where the request names none.
    pub fn caller(&self) -> Result<AccountId, Problem> {
        self.caller.ok_or_else(caller_missing)
    }

    /// A parameter of the path, parsed.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn path<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Result<T, Problem> {
        let range = self
            .path_parameters
            .0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, range)| range.clone());
        let value = range.and_then(|range| self.target().get(range)).unwrap_or_default();
        value.parse().map_err(|error| Problem::invalid(name, error))
    }

    /// The parameters of the query, of which the route knows these.
    ///
    /// # Errors
    /// 400 that names a parameter that it does not know, or that is given twice.
    pub fn query(&self, known: &[&str]) -> Result<Query<'_>, Problem> {
        let uri = match &self.source {
            Source::Arriving(inner) => inner.uri(),
            Source::Arrived(arrived) => arrived.uri(),
        };
        Query::parse(uri.query().unwrap_or_default(), known)
    }

    /// The value of a header that may be missing, parsed.
    ///
    /// # Errors
    /// 400 that names the header.
    pub fn header<T: FromStr<Err: fmt::Display>>(
        &self,
        name: &HeaderName,
    ) -> Result<Option<T>, Problem> {
        parse_header(self.headers(), name)
    }

    /// The credentials after `Authorization: Bearer `; `None` where there are none of that form.
    #[must_use]
    pub fn bearer(&self) -> Option<&str> {
        let mut values = self.headers().get_all(AUTHORIZATION).iter();
        let value = values.next()?.as_bytes();
        if values.next().is_some() {
            // A proxy before us may have looked at the other one.
            return None;
        }
        let (scheme, credentials) = value.split_at_checked("Bearer ".len())?;
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return None;
        }
        std::str::from_utf8(credentials).ok()
    }

    /// The versions of which the caller means to change one, from `If-Match: "7"`; `None` where any will
    /// do. Tags that are not ours, and weak ones, are in the list of no version.
    ///
    /// # Errors
    /// 400 for what is no list of tags, nor `*`.
    pub fn if_match(&self) -> Result<Option<Vec<i32>>, Problem> {
        let mut is_given = false;
        let mut versions = Vec::new();
        for value in self.headers().get_all(IF_MATCH) {
            is_given = true;
            let text = value.to_str().unwrap_or_default().trim();
            if text == "*" {
                return Ok(None);
            }
            // A comma within a tag parts it in two that are none; ours have none, and whoever sends
            // such a tag has it from elsewhere.
            for tag in
                text.split(',').map(str::trim).filter(|tag| !tag.is_empty() || text.is_empty())
            {
                let (is_weak, tag) = tag.strip_prefix("W/").map_or((false, tag), |tag| (true, tag));
                let opaque = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                let opaque = opaque.filter(|opaque| !opaque.contains('"')).ok_or_else(|| {
                    Problem::invalid("If-Match", "expected ETags that were answered, or *")
                })?;
                let version = opaque.parse::<i32>().ok().filter(|it| it.to_string() == opaque);
                versions.extend(version.filter(|_| !is_weak));
            }
        }
        Ok(is_given.then_some(versions))
    }

    /// The JSON body, whole and of the right form.
    ///
    /// # Errors
    /// 415, 413, 408 or 400, the last naming the field.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T, Problem> {
        body::require_json(self.headers())?;
        match self.source {
            Source::Arriving(inner) => {
                body::parse_json(&body::read(inner.body_mut(), self.limits).await?)
            }
            Source::Arrived(arrived) => body::parse_json(arrived.body()),
        }
    }
}

/// Reads a header at most once given.
pub(super) fn parse_header<T: FromStr<Err: fmt::Display>>(
    headers: &HeaderMap,
    name: &HeaderName,
) -> Result<Option<T>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::invalid(name.as_str(), "expected the header once"));
    }
    let text =
        value.to_str().map_err(|_| Problem::invalid(name.as_str(), "expected visible ASCII"))?;
    text.parse().map(Some).map_err(|error| Problem::invalid(name.as_str(), error))
}

pub(super) fn caller_missing() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "caller_missing",
        "expected the header X-User-ID with the account that the gateway has resolved",
    )
    .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("X-User-ID"))
}
