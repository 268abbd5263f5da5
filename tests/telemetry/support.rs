//! What the tests share: captured log lines, and a request that belongs to a caller's trace.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method};
use scrabble_backend::config::{Exporter, LogLevel, TelemetryConfig};
use scrabble_backend::telemetry::traces::{RequestStart, request_span};
use scrabble_backend::telemetry::{RequestId, Telemetry};
use serde_json::Value as Json;

pub(crate) const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
pub(crate) const PARENT_ID: &str = "00f067aa0ba902b7";

#[derive(Clone, Default)]
pub(crate) struct Captured(pub(crate) Arc<Mutex<Vec<u8>>>);

impl Captured {
    pub(crate) fn lines(&self) -> Vec<Json> {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(bytes.ends_with(b"\n"), "a line is written at once");
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// For telemetry that exports nothing, or not by OTLP.
pub(crate) const UNUSED_ENDPOINT: &str = "http://127.0.0.1:4318";

pub(crate) fn config(exporter: Exporter, otlp_endpoint: &str) -> TelemetryConfig {
    TelemetryConfig {
        service_name: "scrabble-test".to_owned(),
        traces_exporter: exporter,
        metrics_exporter: exporter,
        otlp_endpoint: otlp_endpoint.parse().expect("a test gives a usable endpoint"),
    }
}

pub(crate) fn build(exporter: Exporter, endpoint: &str) -> (Telemetry, Captured) {
    let captured = Captured::default();
    let sink = Box::new(captured.clone());
    (Telemetry::build(&config(exporter, endpoint), LogLevel::Debug, sink).unwrap(), captured)
}

pub(crate) fn headers(flags: &str) -> HeaderMap {
    let parent = format!("00-{TRACE_ID}-{PARENT_ID}-{flags}");
    [("traceparent", parent), ("tracestate", "vendor=1".to_owned())]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect::<Vec<(http::HeaderName, http::HeaderValue)>>()
        .into_iter()
        .collect()
}

pub(crate) fn begin_span(headers: &HeaderMap) -> tracing::Span {
    request_span(RequestStart {
        method: &Method::POST,
        route: Some("/games/{game_id}/moves"),
        path: "/games/7/moves",
        headers,
        request_id: &RequestId::parse("request-7").unwrap(),
    })
}
