//! What happens to every request, whatever it asks for.
//!
//! Owns the order: request id, route, limits, readiness, admission, the handler within its time,
//! the answer, the record of it. A handler's panic ends here, as a 500.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use tokio::sync::Notify;
use tracing::Instrument;

use super::body::BodyLimits;
use super::problem::Problem;
use super::request::Request;
use super::response::Response;
use super::router::{Group, Outcome, Route, Router, admit};
use crate::config::HttpConfig;
use crate::telemetry::traces::{RequestStart, record_response, request_span};
use crate::telemetry::{self, HttpMetrics, RequestId};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether requests other than probes are let in: not before the service can answer them.
#[derive(Debug, Default)]
pub struct Readiness {
    is_open: AtomicBool,
    opened: Notify,
}

impl Readiness {
    /// Lets requests in.
    pub fn open(&self) {
        self.is_open.store(true, Ordering::Release);
        self.opened.notify_waiters();
    }

    /// Whether requests are let in.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Waits until requests are let in.
    pub async fn opened(&self) {
        let opened = self.opened.notified();
        if !self.is_open() {
            opened.await;
        }
    }
}

/// What all connections share.
pub(super) struct Dispatcher<S> {
    pub(super) router: Router<S>,
    pub(super) services: S,
    pub(super) readiness: std::sync::Arc<Readiness>,
    pub(super) config: HttpConfig,
    pub(super) metrics: HttpMetrics,
    pub(super) in_flight: AtomicUsize,
}

impl<S: Send + Sync> Dispatcher<S> {
    /// Answers a request; it never fails, and never panics.
    pub(super) async fn dispatch(&self, request: hyper::Request<Incoming>) -> Response {
        let id = request_id(request.headers());
        telemetry::request_id::scope(id, self.answer(&id, request)).await
    }

    async fn answer(&self, id: &RequestId, request: hyper::Request<Incoming>) -> Response {
        let mut measurement = self.metrics.begin(request.method(), request.version());
        // Otherwise timed only for the log line: two readings of the clock are a cost of the hot path.
        let started = tracing::enabled!(tracing::Level::DEBUG).then(Instant::now);
        let method = request.method().clone();
        let found = self.router.find(&method, request.uri().path());
        let route = found.as_ref().map(|found| found.route.path).ok();
        if let Some(route) = route {
            measurement.set_route(route);
        }
        let (path, headers) = (request.uri().path(), request.headers());
        let span =
            request_span(RequestStart { method: &method, route, path, headers, request_id: id });
        let outcome = async {
            let found = found?;
            self.handle(found.route, found.path_parameters, request).await
        };
        let outcome =
            if span.is_disabled() { outcome.await } else { outcome.instrument(span.clone()).await };
        let _entered = span.enter();
        let mut response = outcome.unwrap_or_else(|problem| {
            log_failure(&problem, &method, route);
            problem.into_response(id.as_str())
        });
        response.headers_mut().insert(X_REQUEST_ID, header_value(id));
        let status = response.status();
        record_response(&span, status);
        measurement.finish(status);
        if let Some(started) = started {
            let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            let (method, route) = (method.as_str(), route.unwrap_or("unknown"));
            tracing::debug!(method, route, status = status.as_u16(), duration_us, "answered");
        }
        response
    }

    async fn handle(
        &self,
        route: &Route<S>,
        path_parameters: super::PathParameters,
        request: hyper::Request<Incoming>,
    ) -> Outcome {
        let _in_flight = if route.group == Group::Probe { None } else { Some(self.enter()?) };
        let (parts, body) = request.into_parts();
        let caller = admit(route.group, &parts.headers)?;
        let limits = BodyLimits {
            bytes_max: self.config.body_bytes_max,
            read_timeout: self.config.body_read_timeout,
        };
        let request = Request::new(parts, body, path_parameters, caller, limits);
        // Calling the handler is inside the guard too: it may panic before it gives a future.
        let handler = AssertUnwindSafe(async { (route.handler)(&self.services, request).await })
            .catch_unwind();
        match tokio::time::timeout(self.config.request_timeout, handler).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(Problem::internal(panic_message(panic.as_ref()))),
            Err(_) => Err(Problem::unavailable(
                "request_timeout",
                format!("the request did not end within {:?}", self.config.request_timeout),
            )),
        }
    }

    /// Counts a request in, unless too many are in already or the service can't answer yet.
    fn enter(&self) -> Result<InFlight<'_>, Problem> {
        let in_flight = InFlight::count(&self.in_flight);
        if in_flight.before >= self.config.requests_max {
            return Err(Problem::unavailable("overloaded", "too many requests are in flight"));
        }
        if !self.readiness.is_open() {
            return Err(Problem::unavailable(
                "starting",
                "the service is starting; /readyz says what is missing",
            ));
        }
        Ok(in_flight)
    }
}

/// A request that counts as in flight until this is dropped.
struct InFlight<'a> {
    counter: &'a AtomicUsize,
    before: usize,
}

impl<'a> InFlight<'a> {
    fn count(counter: &'a AtomicUsize) -> Self {
        Self { counter, before: counter.fetch_add(1, Ordering::Relaxed) }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The caller's request id where it is usable, else a new one.
fn request_id(headers: &HeaderMap) -> RequestId {
    headers
        .get(X_REQUEST_ID)
        .and_then(|value: &HeaderValue| value.to_str().ok())
        .and_then(|text| RequestId::parse(text).ok())
        .unwrap_or_else(RequestId::generate)
}

fn header_value(id: &RequestId) -> HeaderValue {
    HeaderValue::from_str(id.as_str()).expect("a request id is visible ASCII")
}

/// Every answer of 500 and above stands in the log once, with its cause.
fn log_failure(problem: &Problem, method: &Method, route: Option<&'static str>) {
    if problem.status().is_server_error() {
        tracing::error!(
            status = problem.status().as_u16(),
            code = problem.code(),
            method = method.as_str(),
            route = route.unwrap_or("unknown"),
            cause = problem.cause_chain(),
            "the request failed"
        );
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let message = panic
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    format!("the handler panicked: {message}")
}
