//! What happens to every request, whatever it asks for.
//!
//! Owns the order: request id, route, the gateway's secret, limits, readiness, admission, the handler
//! within its time, the answer, the record of it. A handler's panic ends here, as a 500.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Version};
use tokio::sync::Notify;
use tokio::time::Sleep;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span};

use super::body::BodyLimits;
use super::gateway;
use super::problem::Problem;
use super::request::Request;
use super::response::Response;
use super::router::{Group, Match, Outcome, Router, admit};
use crate::config::HttpConfig;
use crate::telemetry::traces::{RequestStart, record_response, request_span};
use crate::telemetry::{self, HttpMetrics, RequestId, Throttle};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Whether requests other than probes are let in, not before the service can answer them; and whether
/// the end is near, so that callers are to ask elsewhere.
#[derive(Debug, Default)]
pub struct Readiness {
    is_open: AtomicBool,
    is_draining: AtomicBool,
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

    /// From now on each answer over HTTP/1.1 is the last of its connection, though requests are still let
    /// in: a caller that keeps connections has none left when the service ends.
    pub fn begin_drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Whether the end is near.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
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
    pub(super) refusals: Throttle,
    /// Begins when connections are to end.
    pub(super) drain: CancellationToken,
}

/// How often the log tells that requests are turned away, at most.
pub(super) const REFUSALS_INTERVAL: Duration = Duration::from_secs(1);

impl<S: Send + Sync> Dispatcher<S> {
    /// Answers a request; it never fails, and never panics.
    ///
    /// The request stays where the connection has put it, and what is done for it borrows it: on the
    /// hot path moving it about would cost more than looking up its session.
    pub(super) async fn dispatch(&self, request: &mut hyper::Request<Incoming>) -> Response {
        let id = request_id(request.headers());
        let found = self.router.find(request.method(), request.uri().path());
        let span = request_span(RequestStart {
            method: request.method(),
            route: found.as_ref().map(|found| found.route.path).ok(),
            path: request.uri().path(),
            headers: request.headers(),
            request_id: &id,
        });
        let answering = self.answer(&id, &span, found, request).instrument(span.clone());
        telemetry::request_id::scope(id, answering).await
    }

    /// Makes the answer, and leaves the record of it, within the request's id and span.
    async fn answer(
        &self,
        id: &RequestId,
        span: &Span,
        found: Result<Match<'_, S>, Problem>,
        request: &mut hyper::Request<Incoming>,
    ) -> Response {
        let mut measurement = self.metrics.begin(request.method(), request.version());
        // Otherwise timed only for the log line: two readings of the clock are a cost of the hot path.
        let started = tracing::event_enabled!(tracing::Level::DEBUG).then(Instant::now);
        let route = found.as_ref().map(|found| found.route.path).ok();
        if let Some(route) = route {
            measurement.set_route(route);
        }
        let outcome = match self.meet(found, request.headers()) {
            Ok(found) => self.handle(found, request).await,
            Err(problem) => Err(problem),
        };
        let method = request.method();
        let mut response = outcome.unwrap_or_else(|problem| {
            log_failure(&problem, method, route);
            problem.into_response(id.as_str())
        });
        response.headers_mut().insert(X_REQUEST_ID, header_value(id));
        if self.readiness.is_draining() && request.version() <= Version::HTTP_11 {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if let Some(streamed) = response.body_mut().as_streamed() {
            streamed.end_with(&self.drain);
        }
        let status = response.status();
        record_response(span, status);
        measurement.finish(status);
        if let Some(started) = started {
            let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            let (method, route) = (method.as_str(), route.unwrap_or("unknown"));
            tracing::debug!(method, route, status = status.as_u16(), duration_us, "answered");
        }
        response
    }

    /// Turns away a request that is not of the gateway's, whatever it asks for: a stray process does not
    /// even learn which paths there are.
    fn meet<'a>(
        &self,
        found: Result<Match<'a, S>, Problem>,
        headers: &HeaderMap,
    ) -> Result<Match<'a, S>, Problem> {
        let secrets = &self.config.gateway_secrets;
        let is_probe = matches!(&found, Ok(found) if found.route.group == Group::Probe);
        if secrets.is_empty() || is_probe || gateway::is_known(secrets, headers) {
            return found;
        }
        Err(self.refuse(gateway::unknown()))
    }

    /// Lets a request in, and has its handler answer it in time.
    async fn handle(&self, found: Match<'_, S>, request: &mut hyper::Request<Incoming>) -> Outcome {
        let Match { route, path_parameters } = found;
        let _in_flight = match route.group {
            Group::Probe => None,
            _ => Some(self.count_in()?),
        };
        let caller = admit(route.group, request.headers())?;
        let limits = BodyLimits {
            bytes_max: self.config.body_bytes_max,
            read_timeout: self.config.body_read_timeout,
        };
        let request = Request::new(request, path_parameters, caller, limits);
        // Calling the handler is guarded too: it may panic before it gives a future.
        let work = catch_unwind(AssertUnwindSafe(|| (route.handler)(&self.services, request)));
        let future = work.map_err(panicked)?;
        Work { future, timeout: self.config.request_timeout, timer: None }.await
    }

    /// Counts a request in, unless too many are in already or the service can't answer yet.
    fn count_in(&self) -> Result<InFlight<'_>, Problem> {
        let in_flight = InFlight::count(&self.in_flight);
        if in_flight.before >= self.config.requests_max {
            let detail = "too many requests are in flight";
            return Err(self.refuse(Problem::unavailable("overloaded", detail)));
        }
        if !self.readiness.is_open() {
            let detail = "the service is starting; /readyz says what is missing";
            return Err(self.refuse(Problem::unavailable("starting", detail)));
        }
        Ok(in_flight)
    }

    /// A request that is turned away unread, which the log must not make dear: it tells of one a second,
    /// and how many there were.
    fn refuse(&self, problem: Problem) -> Problem {
        if let Some(unsaid) = self.refusals.due(Instant::now()) {
            let (status, code) = (problem.status().as_u16(), problem.code());
            tracing::error!(status, code, earlier = unsaid, "a request is turned away");
        }
        problem.logged()
    }
}

/// A handler's work, within its time and with its panic caught. A timer is made only for one that has
/// to wait.
struct Work<'a> {
    future: BoxFuture<'a, Outcome>,
    timeout: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Future for Work<'_> {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Outcome> {
        let Self { future, timeout, timer } = &mut *self;
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(Poll::Ready(outcome)) => return Poll::Ready(outcome),
            Err(panic) => return Poll::Ready(Err(panicked(panic))),
            Ok(Poll::Pending) => {}
        }
        let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(*timeout)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(Problem::unavailable(
            "request_timeout",
            format!("the request did not end within {timeout:?}"),
        )))
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
    if problem.is_to_be_logged() {
        tracing::error!(
            status = problem.status().as_u16(),
            code = problem.code(),
            method = method.as_str(),
            route = route.unwrap_or("unknown"),
            cause = problem.cause(),
            "the request failed"
        );
    }
}

/// What it said is in the log already, by the process's panic hook.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Problem {
    Problem::internal("the handler panicked")
}
