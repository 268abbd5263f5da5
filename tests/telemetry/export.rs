//! What a collector gets, and what happens without it.
//!
//! Through the telemetry's own functions; tests/service/telemetry.rs does it through the whole service.

use std::io;
use std::time::{Duration, Instant};

use http::{HeaderMap, Method, StatusCode, Version};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric, number_data_point};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode as SpanStatus};
use scrabble_backend::config::{Exporter, LogLevel, TelemetryConfig};
use scrabble_backend::telemetry::traces::record_response;
use scrabble_backend::telemetry::{Error, Kind, Observable, Telemetry};
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tracing::instrument::WithSubscriber;
use tracing::{Instrument, dispatcher};

use crate::collector::{Exported, attribute, collector, hex, received};
use crate::support::{Captured, PARENT_ID, TRACE_ID, begin_span, build, config, headers};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_collector_gets_the_span_of_a_request_within_its_callers_trace() {
    let (endpoint, mut sent) = collector().await;
    let (telemetry, captured) = build(Exporter::Otlp, &endpoint);
    let request = async {
        let span = begin_span(&headers("01"));
        async {
            tracing::warn!(target: "scrabble_backend", "within");
            tracing::info_span!(target: "scrabble_backend::lobby", "work").in_scope(|| {});
            tracing::info_span!(target: "hyper", "not ours").in_scope(|| {});
        }
        .instrument(span.clone())
        .await;
        record_response(&span, StatusCode::SERVICE_UNAVAILABLE);
        drop(span);
        // Neither the one that its caller doesn't sample nor its child is exported.
        let unsampled = begin_span(&headers("00"));
        unsampled.in_scope(|| tracing::info_span!(target: "scrabble_backend", "child"));
        // A malformed parent begins a new trace.
        drop(begin_span(&headers("xx")));
    };
    request.with_subscriber(telemetry.dispatch().clone()).await;
    telemetry.shutdown().await;

    let Exported { spans, resource, .. } = received(&mut sent);
    assert_eq!(attribute(&resource, "service.name").unwrap(), "scrabble-test");
    assert_eq!(attribute(&resource, "service.version").unwrap(), env!("CARGO_PKG_VERSION"));
    assert!(attribute(&resource, "service.instance.id").is_some());
    let names: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
    let name = "POST /games/{game_id}/moves";
    assert_eq!(names, ["work", name, name]);
    let [work, server, other] = spans.as_slice() else { unreachable!() };

    assert_eq!(hex(&server.trace_id), TRACE_ID);
    assert_eq!(hex(&server.parent_span_id), PARENT_ID);
    assert_eq!(server.trace_state, "vendor=1");
    assert_eq!(server.kind(), SpanKind::Server);
    assert_eq!(server.status.as_ref().unwrap().code(), SpanStatus::Error);
    let value = |key| attribute(&server.attributes, key);
    assert_eq!(value("http.request.method").as_deref(), Some("POST"));
    assert_eq!(value("http.request.method_original"), None);
    assert_eq!(value("http.route").as_deref(), Some("/games/{game_id}/moves"));
    assert_eq!(value("url.path").as_deref(), Some("/games/7/moves"));
    assert_eq!(value("url.scheme").as_deref(), Some("http"));
    assert_eq!(value("http.response.status_code").as_deref(), Some("503"));
    assert_eq!(value("error.type").as_deref(), Some("503"));
    assert_eq!(value("scrabble.request_id").as_deref(), Some("request-7"));

    assert_eq!(hex(&work.trace_id), TRACE_ID);
    assert_eq!(work.parent_span_id, server.span_id);
    assert_ne!(hex(&other.trace_id), TRACE_ID);
    assert!(other.parent_span_id.is_empty());

    let [line] = captured.lines().try_into().unwrap();
    assert_eq!(line["trace_id"], TRACE_ID);
    assert_eq!(line["span_id"], hex(&server.span_id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_collector_gets_durations_and_what_is_observed() {
    let (endpoint, mut sent) = collector().await;
    let (telemetry, _captured) = build(Exporter::Otlp, &endpoint);
    let metrics = telemetry.metrics();
    let http = metrics.http();
    let measure = |method: &Method, route: Option<&'static str>, status: Option<u16>| {
        let mut request = http.begin(method, Version::HTTP_11);
        if let Some(route) = route {
            request.set_route(route);
        }
        if let Some(status) = status {
            request.finish(StatusCode::from_u16(status).unwrap());
        }
    };
    measure(&Method::GET, Some("/games/{id}"), Some(200));
    measure(&Method::GET, Some("/games/{id}"), Some(200));
    measure(&Method::GET, Some("/games/{id}"), Some(500));
    measure(&Method::from_bytes(b"BREW").unwrap(), None, Some(404));
    measure(&Method::GET, None, None);
    let in_flight = http.begin(&Method::PUT, Version::HTTP_2);

    let connections = Observable {
        kind: Kind::UpDownCounter,
        name: "db.client.connection.count",
        unit: "{connection}",
        description: "Connections of the pool.",
    };
    metrics.observe(connections, &[("state", "idle")], || 2);
    metrics.observe(connections, &[("state", "used")], || 3);
    let lookups = Observable { kind: Kind::Counter, name: "scrabble.test.lookups", ..connections };
    metrics.observe(lookups, &[("result", "hit")], || 40);
    metrics.observe(lookups, &[("result", "miss")], || 2);
    let gauge = Observable { kind: Kind::Gauge, name: "scrabble.test.gauge", ..connections };
    metrics.observe(gauge, &[], || 9);
    telemetry.shutdown().await;
    drop(in_flight);

    let Exported { metrics, metrics_resource, .. } = received(&mut sent);
    assert_eq!(attribute(&metrics_resource, "service.name").unwrap(), "scrabble-test");
    let find = |name| metrics.iter().find(|metric| metric.name == name).unwrap();
    let series = series(find("http.server.request.duration"));
    let some = |text: &str| Some(text.to_owned());
    let expected = [
        ("GET".to_owned(), 1, some("cancelled")),
        ("GET /games/{id} 200".to_owned(), 2, None),
        ("GET /games/{id} 500".to_owned(), 1, some("500")),
        ("_OTHER 404".to_owned(), 1, None),
    ];
    assert_eq!(series, expected);

    assert_eq!(
        points(find("http.server.active_requests")),
        ["GET http=0", "PUT http=1", "_OTHER http=0"]
    );
    assert_eq!(points(find("db.client.connection.count")), ["idle=2", "used=3"]);
    assert_eq!(points(find("scrabble.test.lookups")), ["hit=40", "miss=2"]);
    assert_eq!(points(find("scrabble.test.gauge")), ["=9"]);
}

/// The series of durations: method, route and status; how many; and the error's type.
fn series(duration: &Metric) -> Vec<(String, u64, Option<String>)> {
    assert_eq!(duration.unit, "s");
    let Some(metric::Data::Histogram(histogram)) = &duration.data else { panic!("{duration:?}") };
    let mut series: Vec<(String, u64, Option<String>)> = histogram
        .data_points
        .iter()
        .map(|point| {
            assert_eq!(point.explicit_bounds.len(), 14);
            assert_eq!(attribute(&point.attributes, "url.scheme").unwrap(), "http");
            assert_eq!(attribute(&point.attributes, "network.protocol.version").unwrap(), "1.1");
            let value = |key| attribute(&point.attributes, key);
            let name = ["http.request.method", "http.route", "http.response.status_code"]
                .into_iter()
                .filter_map(value)
                .collect::<Vec<_>>()
                .join(" ");
            (name, point.count, value("error.type"))
        })
        .collect();
    series.sort();
    series
}

/// The points of a sum or a gauge, as their attributes' values and their own.
fn points(metric: &Metric) -> Vec<String> {
    let points = match &metric.data {
        Some(metric::Data::Sum(sum)) => &sum.data_points,
        Some(metric::Data::Gauge(gauge)) => &gauge.data_points,
        other => panic!("{other:?}"),
    };
    let mut texts: Vec<String> = points
        .iter()
        .map(|point| {
            let mut keys: Vec<&str> =
                point.attributes.iter().map(|pair| pair.key.as_str()).collect();
            keys.sort_unstable();
            let values: Vec<String> =
                keys.iter().filter_map(|key| attribute(&point.attributes, key)).collect();
            let Some(number_data_point::Value::AsInt(number)) = point.value else {
                panic!("{point:?}")
            };
            format!("{}={number}", values.join(" "))
        })
        .collect();
    texts.sort();
    texts
}

/// Makes a span and a measurement, shuts down, and gives the time the shutdown took.
async fn shut_down_with_work_left(endpoint: &str) -> Duration {
    let (telemetry, _captured) = build(Exporter::Otlp, endpoint);
    dispatcher::with_default(telemetry.dispatch(), || drop(begin_span(&HeaderMap::new())));
    telemetry.metrics().http().begin(&Method::GET, Version::HTTP_11).finish(StatusCode::OK);
    let begun = Instant::now();
    telemetry.shutdown().await;
    begun.elapsed()
}

#[tokio::test]
async fn a_collector_that_is_down_delays_no_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let took = shut_down_with_work_left(&endpoint).await;
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[tokio::test]
async fn a_collector_that_hangs_delays_a_shutdown_within_bounds_and_blocks_no_task() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let shutdown = shut_down_with_work_left(&endpoint);
    // The runtime has one thread: had the shutdown blocked it, nobody could accept.
    let hang = async {
        let mut held = Vec::new();
        loop {
            held.push(listener.accept().await.unwrap());
        }
    };
    let took = tokio::select! { took = shutdown => took, () = hang => unreachable!() };
    assert!(took < Duration::from_secs(7), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_started_telemetry_hears_every_thread_and_is_the_only_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let captured = Captured::default();
    let config = config(Exporter::Otlp, &endpoint);
    let telemetry = Telemetry::start(&config, LogLevel::Debug, Box::new(captured.clone())).unwrap();
    let second = Telemetry::start(
        &TelemetryConfig {
            traces_exporter: Exporter::None,
            metrics_exporter: Exporter::None,
            ..config
        },
        LogLevel::Info,
        Box::new(io::sink()),
    );
    assert!(matches!(second, Err(Error::AlreadyInstalled(_))));

    std::thread::spawn(|| {
        begin_span(&headers("01")).in_scope(|| tracing::info!(target: "scrabble_backend", "far"));
    })
    .join()
    .unwrap();
    telemetry.metrics().http().begin(&Method::GET, Version::HTTP_11).finish(StatusCode::OK);
    telemetry.shutdown().await;

    let lines = captured.lines();
    assert!(lines.iter().any(|line| line["message"] == "far" && line["trace_id"] == TRACE_ID));
    // Other tests' exporters are heard here as well, hence the look at the address.
    let mut warnings: Vec<&Json> = lines
        .iter()
        .filter(|line| {
            line["collector"].as_str().is_some_and(|collector| {
                endpoint.strip_prefix("http://").is_some_and(|own| collector.starts_with(own))
            })
        })
        .collect();
    // Each export is tried four times and both are called failed by the SDK; one line each is told.
    warnings.sort_by_key(|line| line["collector"].to_string());
    let [metrics, traces] = warnings.as_slice() else { panic!("{lines:#?}") };
    assert!(metrics["collector"].as_str().unwrap().ends_with("/v1/metrics"), "{metrics}");
    assert!(traces["error"].as_str().unwrap().contains("refused"), "{traces}");
    assert!(!lines.iter().any(|line| line.to_string().contains("ExportError")), "{lines:#?}");
}
