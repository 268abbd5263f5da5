//! Traces: the span of a request, its place in the caller's trace, and the way spans go out.
//!
//! Owns the W3C headers and the attributes that OpenTelemetry's HTTP conventions ask for. Ignores
//! which spans features make inside a request: `tracing::info_span!` is all they need.

use std::fmt;

use http::{HeaderMap, Method, StatusCode};
use opentelemetry::Context as OtelContext;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanExporter};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Span, Subscriber, field};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use super::TOKEN_PREFIX;
use super::logs::is_ours;
use super::metrics::known_method;
use super::request_id::RequestId;

/// The shortest `traceparent`, and in version 00 the only length.
const TRACEPARENT_BYTES: usize = 55;

/// The longest `tracestate` that is passed on; W3C asks for 512 at least.
const TRACESTATE_BYTES_MAX: usize = 1024;

/// What is known of a request when its span begins.
#[derive(Debug, Clone, Copy)]
pub struct RequestStart<'a> {
    /// The method, known to us or not.
    pub method: &'a Method,
    /// The pattern of the matched route, such as `/games/{game_id}`; `None` when none matched.
    pub route: Option<&'a str>,
    /// The path as it was asked for, without the query.
    pub path: &'a str,
    /// The headers, of which `traceparent` and `tracestate` are read.
    pub headers: &'a HeaderMap,
    /// The request's id.
    pub request_id: &'a RequestId,
}

/// The server span of a request, a child of the caller's span if `traceparent` names one.
///
/// A malformed `traceparent` begins a new trace; an unsampled one makes a span that is not
/// recorded. Without a trace exporter the span is disabled and nothing of this is looked at.
#[must_use]
pub fn request_span(request: RequestStart<'_>) -> Span {
    let method = known_method(request.method);
    let span = tracing::info_span!(
        parent: None,
        "http.server.request",
        otel.name = %SpanName { method, route: request.route },
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method.unwrap_or("_OTHER"),
        http.request.method_original = method.is_none().then(|| request.method.as_str()),
        http.route = request.route,
        url.path = if request.path.contains(TOKEN_PREFIX) { "***" } else { request.path },
        url.scheme = "http",
        scrabble.request_id = request.request_id.as_str(),
        http.response.status_code = field::Empty,
        error.type = field::Empty,
    );
    if span.is_disabled() {
        return span;
    }
    if let Some(caller) = caller_span(request.headers) {
        // It fails only without the OpenTelemetry layer, and then there is no trace to continue.
        let _ = span.set_parent(OtelContext::new().with_remote_span_context(caller));
    }
    span
}

/// Adds the answer's status to the span of its request; 5xx marks the span as failed.
pub fn record_response(span: &Span, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    // As i64, for the layer turns other integers into text.
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// Builds the provider that samples as the caller does, and everything that has no caller.
pub(super) fn provider(
    exporter: impl SpanExporter + 'static,
    resource: Resource,
) -> SdkTracerProvider {
    SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build()
}

/// The layer that turns spans into the provider's. Use it behind [`OurSpans`].
pub(super) fn layer<S>(
    provider: &SdkTracerProvider,
) -> OpenTelemetryLayer<S, opentelemetry_sdk::trace::SdkTracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // Where a span stands in the code and on which thread it runs says little about a request
    // that async code moves about, and makes every span larger.
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
}

/// Lets our own spans and events through, from `info` on: libraries' spans are not part of what
/// we tell, and those of the exporting client would trace the tracing.
#[derive(Debug, Clone, Copy)]
pub(super) struct OurSpans;

impl OurSpans {
    fn wants(metadata: &Metadata<'_>) -> bool {
        is_ours(metadata) && *metadata.level() <= LevelFilter::INFO
    }
}

impl<S> Filter<S> for OurSpans {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        Self::wants(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match Self::wants(metadata) {
            true => Interest::always(),
            false => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::INFO)
    }
}

/// `{method} {route}`, as the conventions want a server span to be named.
struct SpanName<'a> {
    method: Option<&'static str>,
    route: Option<&'a str>,
}

impl fmt::Display for SpanName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.method.unwrap_or("HTTP"))?;
        match self.route {
            Some(route) => write!(formatter, " {route}"),
            None => Ok(()),
        }
    }
}

/// The caller's span, if exactly one well-formed `traceparent` names it.
fn caller_span(headers: &HeaderMap) -> Option<SpanContext> {
    let mut parents = headers.get_all("traceparent").iter();
    let (Some(parent), None) = (parents.next(), parents.next()) else { return None };
    let (trace_id, span_id, flags) = parse_traceparent(parent.to_str().ok()?)?;
    let context = SpanContext::new(trace_id, span_id, flags, true, trace_state(headers));
    context.is_valid().then_some(context)
}

/// Reads `00-<32 hex digits>-<16>-<2>`, strictly, for the SDK's own reader takes shorter ids.
///
/// A later version may be longer, after another `-`; ff is none.
fn parse_traceparent(text: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let fixed = text.get(..TRACEPARENT_BYTES)?;
    let mut parts = fixed.split('-');
    let [version, trace_id, span_id, flags] =
        [hex(&mut parts, 2)?, hex(&mut parts, 32)?, hex(&mut parts, 16)?, hex(&mut parts, 2)?];
    let rest = &text[TRACEPARENT_BYTES..];
    let well_ended = rest.is_empty() || (version != "00" && rest.starts_with('-'));
    if version == "ff" || !well_ended {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    Some((TraceId::from_hex(trace_id).ok()?, SpanId::from_hex(span_id).ok()?, flags))
}

fn hex<'a>(parts: &mut std::str::Split<'a, char>, digits: usize) -> Option<&'a str> {
    let part = parts.next()?;
    let is_hex = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (is_hex && part.len() == digits).then_some(part)
}

/// What the caller's tracing systems want to be handed on; dropped when too long or malformed.
fn trace_state(headers: &HeaderMap) -> TraceState {
    let mut list = String::new();
    for value in headers.get_all("tracestate") {
        let Ok(value) = value.to_str() else { return TraceState::default() };
        if list.len() + value.len() >= TRACESTATE_BYTES_MAX {
            return TraceState::default();
        }
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(value);
    }
    list.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in entries {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_well_formed_parent_is_continued() {
        let context = caller_span(&headers(&[("traceparent", PARENT)])).unwrap();
        assert_eq!(context.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(context.span_id().to_string(), "00f067aa0ba902b7");
        assert!(context.is_sampled() && context.is_remote());

        let unsampled = PARENT.replace("-01", "-02");
        assert!(!caller_span(&headers(&[("traceparent", &unsampled)])).unwrap().is_sampled());
        let later = format!("cc{}-what-else", &PARENT[2..]);
        assert!(caller_span(&headers(&[("traceparent", &later)])).is_some());
    }

    #[test]
    fn a_malformed_parent_is_none() {
        let malformed = [
            "",
            "x",
            "\u{e4}",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47366-0f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        ];
        for text in malformed {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", http::HeaderValue::from_bytes(text.as_bytes()).unwrap());
            assert!(caller_span(&headers).is_none(), "{text:?}");
        }
        let twice = headers(&[("traceparent", PARENT), ("traceparent", PARENT)]);
        assert!(caller_span(&twice).is_none());
    }

    #[test]
    fn the_state_of_several_headers_is_one_list() {
        let both = headers(&[("tracestate", "a=1,b=2"), ("tracestate", "c=3")]);
        assert_eq!(trace_state(&both).header(), "a=1,b=2,c=3");
        let long = headers(&[("tracestate", &format!("a={}", "1".repeat(TRACESTATE_BYTES_MAX)))]);
        assert_eq!(trace_state(&long).header(), "");
        assert_eq!(trace_state(&headers(&[("tracestate", "nonsense")])).header(), "");
    }

    #[test]
    fn a_span_is_named_by_method_and_route() {
        let name = |method, route| SpanName { method, route }.to_string();
        assert_eq!(name(Some("GET"), Some("/games/{id}")), "GET /games/{id}");
        assert_eq!(name(Some("GET"), None), "GET");
        assert_eq!(name(None, Some("/games")), "HTTP /games");
    }
}
