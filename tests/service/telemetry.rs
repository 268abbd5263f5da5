//! What a collector learns of a whole service, and what the service loses when there is none: data.

#[path = "../telemetry/collector.rs"]
mod collector;

use std::process::Command;
use std::time::Instant;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, metric,
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use collector::{Exported, attribute, collector, hex, received};

use crate::support::{Database, Opened, Process};

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT_ID: &str = "00f067aa0ba902b7";
const SESSIONS: &str = "/api/v1/internal/sessions";
const RESOLVE: &str = "/api/v1/internal/sessions/resolve";

/// The buckets that the HTTP conventions advise, in seconds.
const BOUNDS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

async fn start(database: &Database, endpoint: &str) -> Process {
    let variables = [
        ("BACKEND_SERVICE_NAME", "scrabble-replica"),
        ("BACKEND_OTEL_TRACES_EXPORTER", "otlp"),
        ("BACKEND_OTEL_METRICS_EXPORTER", "otlp"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
    ];
    Process::start(&database.dsn(), &variables).await
}

/// Asks for one of each, within a caller's trace; gives the token that none is to be told of.
async fn drive(service: &Process, database: &Database) -> String {
    let client =
        service.client.clone().carrying("traceparent", &format!("00-{TRACE_ID}-{PARENT_ID}-01"));
    let guest = json!({"identity": {"kind": "guest"}});
    let opened = client.post(SESSIONS).json(&guest).send().await;
    let opened = Opened::new(opened.expect(201));
    client.get(RESOLVE).bearer(&opened.token).send().await.expect(200);
    client.get(RESOLVE).send().await.expect(401);
    let account = format!("/api/v1/internal/accounts/{}", opened.account_id);
    client.get(&account).header("x-request-id", "request-7").send().await.expect(200);
    client.get(&format!("/nowhere/{}", opened.token)).send().await.expect(404);
    database.refuse_connections().await;
    client.get(&account).send().await.expect(503);
    database.accept_connections().await;
    opened.token
}

#[tokio::test]
async fn the_collector_learns_of_each_request_within_its_callers_trace() {
    let (endpoint, mut sent) = collector().await;
    let database = Database::migrated().await;
    let service = start(&database, &endpoint).await;
    let token = drive(&service, &database).await;
    let (code, printed) = service.end().await;
    assert_eq!(code, Some(0), "{printed}");
    let exported = received(&mut sent);

    is_of_the_replica(&exported.resource);
    let spans: Vec<&Span> =
        exported.spans.iter().filter(|span| hex(&span.trace_id) == TRACE_ID).collect();
    let told: Vec<(&str, i32, Option<String>, Option<String>)> = spans
        .iter()
        .map(|span| {
            assert_eq!(
                (span.kind(), hex(&span.parent_span_id)),
                (SpanKind::Server, PARENT_ID.into())
            );
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            let value = |key| attribute(&span.attributes, key);
            assert_eq!(value("url.scheme").as_deref(), Some("http"));
            assert!(value("url.path").is_some() && value("scrabble.request_id").is_some());
            let status = span.status.as_ref().map_or(0, |status| status.code);
            (&*span.name, status, value("http.response.status_code"), value("error.type"))
        })
        .collect();
    let (unset, error) = (StatusCode::Unset as i32, StatusCode::Error as i32);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            ("POST /api/v1/internal/sessions", unset, some("201"), None),
            ("GET /api/v1/internal/sessions/resolve", unset, some("200"), None),
            ("GET /api/v1/internal/sessions/resolve", unset, some("401"), None),
            ("GET /api/v1/internal/accounts/{id}", unset, some("200"), None),
            ("GET", unset, some("404"), None),
            ("GET /api/v1/internal/accounts/{id}", error, some("503"), some("503")),
        ]
    );
    let named = &spans[3].attributes;
    assert_eq!(attribute(named, "scrabble.request_id"), some("request-7"));
    assert_eq!(attribute(named, "http.route"), some("/api/v1/internal/accounts/{id}"));
    // Not even where the caller has put it into the path.
    assert!(!format!("{:?}", exported.spans).contains(&token["scrs_".len()..]));
}

#[tokio::test]
async fn the_collector_learns_the_figures_by_their_names_units_and_buckets() {
    let (endpoint, mut sent) = collector().await;
    let database = Database::migrated().await;
    let service = start(&database, &endpoint).await;
    drive(&service, &database).await;
    service.end().await;
    let exported = received(&mut sent);

    is_of_the_replica(&exported.metrics_resource);
    durations_are_right(find(&exported, "http.server.request.duration", "s"));
    let active = sum(find(&exported, "http.server.active_requests", "{request}"), false);
    assert!(!active.is_empty());
    for point in active {
        assert!(attribute(&point.attributes, "http.request.method").is_some());
        assert_eq!(attribute(&point.attributes, "url.scheme").as_deref(), Some("http"));
    }
    for (name, unit, points) in [
        ("db.client.connection.count", "{connection}", 2),
        ("db.client.connection.max", "{connection}", 1),
        ("db.client.connection.pending_requests", "{request}", 1),
    ] {
        let pool = sum(find(&exported, name, unit), false);
        assert_eq!(pool.len(), points, "{name}");
        for point in pool {
            let pool_name = attribute(&point.attributes, "db.client.connection.pool.name");
            assert_eq!(pool_name.as_deref(), Some("postgres"), "{name}");
        }
    }
    let misses = find(&exported, "scrabble.session.cache.misses", "{lookup}");
    assert_eq!(sum(misses, true).len(), 1);
    let entries = find(&exported, "scrabble.session.cache.entries", "{session}");
    assert!(matches!(&entries.data, Some(metric::Data::Gauge(_))), "{entries:?}");
}

/// Sees that the durations are the conventions' histogram, with a series a route and status.
fn durations_are_right(duration: &Metric) {
    let Some(metric::Data::Histogram(histogram)) = &duration.data else { panic!("{duration:?}") };
    assert_eq!(histogram.aggregation_temporality(), AggregationTemporality::Cumulative);
    let mut series = Vec::new();
    for point in &histogram.data_points {
        assert_eq!(point.explicit_bounds, BOUNDS_S);
        assert_eq!(point.bucket_counts.iter().sum::<u64>(), point.count);
        let value = |key| attribute(&point.attributes, key).unwrap_or_default();
        assert_eq!((&*value("url.scheme"), &*value("network.protocol.version")), ("http", "1.1"));
        let route = value("http.route");
        if route == "/readyz" {
            continue;
        }
        let (status, error) = (value("http.response.status_code"), value("error.type"));
        let method = value("http.request.method");
        series.push((format!("{method} {route} {status} {error}"), point.count));
    }
    series.sort();
    let accounts = "GET /api/v1/internal/accounts/{id}";
    let expected = [
        ("GET  404 ".to_owned(), 1),
        (format!("{accounts} 200 "), 1),
        (format!("{accounts} 503 503"), 1),
        (format!("GET {RESOLVE} 200 "), 1),
        (format!("GET {RESOLVE} 401 "), 1),
        (format!("POST {SESSIONS} 201 "), 1),
    ];
    assert_eq!(series, expected);
}

/// The one metric of this name, whose unit it must have.
fn find<'a>(exported: &'a Exported, name: &str, unit: &str) -> &'a Metric {
    let found: Vec<&Metric> =
        exported.metrics.iter().filter(|metric| metric.name == name).collect();
    let [metric] = *found else { panic!("{name} once: {found:?}") };
    assert_eq!(metric.unit, unit, "{name}");
    assert!(!metric.description.is_empty(), "{name}");
    metric
}

/// The points of a sum since the start.
fn sum(metric: &Metric, is_monotonic: bool) -> &[NumberDataPoint] {
    let Some(metric::Data::Sum(sum)) = &metric.data else { panic!("{metric:?}") };
    assert_eq!(sum.aggregation_temporality(), AggregationTemporality::Cumulative);
    assert_eq!(sum.is_monotonic, is_monotonic, "{metric:?}");
    &sum.data_points
}

fn is_of_the_replica(resource: &[KeyValue]) {
    let value = |key| attribute(resource, key);
    assert_eq!(value("service.name").as_deref(), Some("scrabble-replica"));
    assert_eq!(value("service.version").as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert!(value("service.instance.id").is_some());
}

#[tokio::test]
async fn a_collector_that_is_down_or_hangs_costs_nothing_but_its_data() {
    let down = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // It takes connections and bytes, for the kernel does, and never says a word.
    let hanging = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let database = Database::migrated().await;
    for collector in [down, hanging.local_addr().unwrap()] {
        let service = start(&database, &format!("http://{collector}")).await;
        let began = Instant::now();
        // The SDK keeps 2,048 spans. What comes first makes what is made once.
        answers(&service, 3_000).await;
        let resident_before = resident_kib(&service);
        answers(&service, 8_000).await;
        let grown = resident_kib(&service).saturating_sub(resident_before);
        assert!(grown < 4 * 1024, "{grown} KiB for spans that nobody takes");

        let (code, printed) = service.end().await;
        assert_eq!(code, Some(0), "{printed}");
        let lines = printed.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<Value> = lines.collect();
        let of = |level| lines.iter().filter(move |line| line["level"] == level);
        assert_eq!(of("ERROR").count(), 0, "{printed}");
        let failures = of("WARN").filter(|line| line["collector"].is_string()).count() as u64;
        // One a minute and kind of data.
        let minutes = began.elapsed().as_secs() / 60 + 1;
        assert!((1..=2 * minutes).contains(&failures), "{printed}");
        // And how many spans are lost, and the end of both kinds.
        assert!(of("WARN").count() as u64 <= failures + 4, "{printed}");
    }
}

/// Asks so many times, over a few connections, and sees that each is answered.
async fn answers(service: &Process, count: usize) {
    const CALLERS: usize = 8;
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let client = service.client.clone();
            tokio::spawn(async move {
                for _ in 0..count / CALLERS {
                    client.get(RESOLVE).send().await.expect(401);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// The memory that the system gives it.
fn resident_kib(service: &Process) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", service.id()));
    let text = match &status {
        Ok(status) => {
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().to_owned()
        }
        // Not Linux.
        Err(_) => {
            let asked = ["-o", "rss=", "-p", &service.id().to_string()];
            let output = Command::new("ps").args(asked).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        }
    };
    text.trim().trim_end_matches(" kB").parse().unwrap()
}
