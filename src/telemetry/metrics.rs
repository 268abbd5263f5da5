//! Metrics: the duration of requests, those in flight, and figures that other parts observe.
//!
//! Owns the instruments and their attributes, after OpenTelemetry's HTTP conventions. Ignores what
//! is observed: whoever owns a pool or a cache hands a closure in. With the exporter `none` every
//! handle is empty and costs a branch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, StatusCode, Version};
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter, MeterProvider, UpDownCounter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};

/// How often metrics are exported; OpenTelemetry's default.
const EXPORT_INTERVAL: Duration = Duration::from_secs(60);

/// Upper bounds of the duration's buckets in seconds, as the HTTP conventions advise.
const DURATION_BOUNDS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// The service stands behind a gateway and speaks no TLS itself.
const SCHEME: &str = "http";

/// Where figures are registered; cheap to clone, and empty when metrics are off.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Option<Meter>);

/// A figure that is asked for whenever metrics are exported.
#[derive(Debug, Clone, Copy)]
pub struct Observable {
    /// What kind of figure it is.
    pub kind: Kind,
    /// Its name, such as `db.client.connection.count`.
    pub name: &'static str,
    /// Its unit in UCUM's spelling, such as `s`, or a thing counted, such as `{connection}`.
    pub unit: &'static str,
    /// What it says, in a sentence.
    pub description: &'static str,
}

/// How an [`Observable`] figure behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A value that makes no sense when added over replicas, such as a temperature.
    Gauge,
    /// An amount that rises and falls and may be added over replicas, such as open connections.
    UpDownCounter,
    /// A count that only rises, such as lookups since the start.
    Counter,
}

impl Metrics {
    /// Metrics that go nowhere.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The handle that measures requests.
    #[must_use]
    pub fn http(&self) -> HttpMetrics {
        HttpMetrics(self.0.as_ref().map(|meter| Arc::new(Instruments::new(meter))))
    }

    /// Registers a figure: `read` is called on the exporter's thread at every export.
    ///
    /// The same figure may be registered several times with different attributes, such as the idle
    /// and the used connections of a pool. `read` must neither block nor panic, for it would take
    /// all metrics with it.
    pub fn observe(
        &self,
        figure: Observable,
        attributes: &[(&'static str, &'static str)],
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) {
        let Some(meter) = &self.0 else { return };
        let attributes: Vec<KeyValue> =
            attributes.iter().map(|(key, value)| KeyValue::new(*key, *value)).collect();
        let Observable { kind, name, unit, description } = figure;
        // The SDK keeps the closures; the instruments it returns are mere tokens.
        match kind {
            Kind::Gauge => drop(
                meter
                    .u64_observable_gauge(name)
                    .with_unit(unit)
                    .with_description(description)
                    .with_callback(move |observer| observer.observe(read(), &attributes))
                    .build(),
            ),
            Kind::Counter => drop(
                meter
                    .u64_observable_counter(name)
                    .with_unit(unit)
                    .with_description(description)
                    .with_callback(move |observer| observer.observe(read(), &attributes))
                    .build(),
            ),
            Kind::UpDownCounter => drop(
                meter
                    .i64_observable_up_down_counter(name)
                    .with_unit(unit)
                    .with_description(description)
                    .with_callback(move |observer| {
                        observer.observe(i64::try_from(read()).unwrap_or(i64::MAX), &attributes);
                    })
                    .build(),
            ),
        }
    }
}

/// Measures requests; cheap to clone, and empty when metrics are off.
#[derive(Debug, Clone, Default)]
pub struct HttpMetrics(Option<Arc<Instruments>>);

impl HttpMetrics {
    /// Measures nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// A request has begun. It is in flight until the returned measurement is dropped.
    pub fn begin(&self, method: &Method, version: Version) -> RequestMeasurement {
        RequestMeasurement(self.0.as_ref().map(|instruments| {
            let method = known_method(method).unwrap_or("_OTHER");
            instruments.active.add(1, &active_attributes(method));
            Running {
                instruments: Arc::clone(instruments),
                begun: Instant::now(),
                key: Key { method, route: None, status: None, version: version_name(version) },
            }
        }))
    }
}

/// One request in flight. Dropping it ends the measurement.
///
/// A request that is dropped before [`finish`](Self::finish), because its caller has gone or its
/// handler has panicked, counts with `error.type` `cancelled` and without a status.
#[derive(Debug)]
#[must_use = "the request counts as over when this is dropped"]
pub struct RequestMeasurement(Option<Running>);

impl RequestMeasurement {
    /// The route is known: the pattern that matched, never the path.
    pub fn set_route(&mut self, route: &'static str) {
        if let Some(running) = &mut self.0 {
            running.key.route = Some(route);
        }
    }

    /// The request was answered with `status`.
    pub fn finish(mut self, status: StatusCode) {
        if let Some(running) = &mut self.0 {
            running.key.status = Some(status);
        }
    }
}

#[derive(Debug)]
struct Running {
    instruments: Arc<Instruments>,
    begun: Instant,
    key: Key,
}

impl Drop for Running {
    fn drop(&mut self) {
        let Instruments { duration, active, attributes } = &*self.instruments;
        active.add(-1, &active_attributes(self.key.method));
        // Few sets of attributes come again and again, so that making them once pays.
        let known = attributes.pin();
        let attributes = known.get_or_insert_with(self.key, || self.key.attributes());
        duration.record(self.begun.elapsed().as_secs_f64(), attributes);
    }
}

/// What tells one series of durations from another. Few values each, all chosen by this service
/// and none by its callers, so that their combinations stay few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    method: &'static str,
    route: Option<&'static str>,
    status: Option<StatusCode>,
    version: &'static str,
}

impl Key {
    fn attributes(self) -> Box<[KeyValue]> {
        let mut attributes = vec![
            KeyValue::new("http.request.method", self.method),
            KeyValue::new("network.protocol.version", self.version),
            KeyValue::new("url.scheme", SCHEME),
        ];
        if let Some(route) = self.route {
            attributes.push(KeyValue::new("http.route", route));
        }
        match self.status {
            Some(status) => {
                let code = i64::from(status.as_u16());
                attributes.push(KeyValue::new("http.response.status_code", code));
                if status.is_server_error() {
                    attributes.push(KeyValue::new("error.type", status.as_str().to_owned()));
                }
            }
            None => attributes.push(KeyValue::new("error.type", "cancelled")),
        }
        attributes.into()
    }
}

#[derive(Debug)]
struct Instruments {
    duration: Histogram<f64>,
    active: UpDownCounter<i64>,
    attributes: papaya::HashMap<Key, Box<[KeyValue]>>,
}

impl Instruments {
    fn new(meter: &Meter) -> Self {
        Self {
            duration: meter
                .f64_histogram("http.server.request.duration")
                .with_unit("s")
                .with_description("Duration of HTTP server requests.")
                .with_boundaries(DURATION_BOUNDS_S.to_vec())
                .build(),
            active: meter
                .i64_up_down_counter("http.server.active_requests")
                .with_unit("{request}")
                .with_description("Number of active HTTP server requests.")
                .build(),
            attributes: papaya::HashMap::new(),
        }
    }
}

/// Builds a provider that exports every minute and when it is shut down.
pub(super) fn provider(exporter: impl PushMetricExporter, resource: Resource) -> SdkMeterProvider {
    let reader = PeriodicReader::builder(exporter).with_interval(EXPORT_INTERVAL).build();
    SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build()
}

/// The provider's metrics.
pub(super) fn metrics(provider: &SdkMeterProvider) -> Metrics {
    Metrics(Some(provider.meter(env!("CARGO_PKG_NAME"))))
}

/// The method's name if it is one that RFC 9110 or RFC 5789 knows; others are a caller's
/// invention and must not become attributes.
pub(super) fn known_method(method: &Method) -> Option<&'static str> {
    const KNOWN: [&str; 9] =
        ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    KNOWN.into_iter().find(|known| *known == method.as_str())
}

fn active_attributes(method: &'static str) -> [KeyValue; 2] {
    [KeyValue::new("http.request.method", method), KeyValue::new("url.scheme", SCHEME)]
}

fn version_name(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(key: Key) -> Vec<String> {
        let mut texts: Vec<String> = key
            .attributes()
            .iter()
            .map(|attribute| format!("{}={}", attribute.key, attribute.value))
            .collect();
        texts.sort();
        texts
    }

    #[test]
    fn a_series_is_told_by_method_route_status_and_version() {
        let mut key = Key {
            method: "GET",
            route: Some("/games/{id}"),
            status: Some(StatusCode::OK),
            version: "1.1",
        };
        let fixed = ["http.request.method=GET", "http.response.status_code=200"];
        let after = ["http.route=/games/{id}", "network.protocol.version=1.1", "url.scheme=http"];
        assert_eq!(attributes(key), [fixed.as_slice(), &after].concat());

        key.status = Some(StatusCode::SERVICE_UNAVAILABLE);
        assert!(attributes(key).contains(&"error.type=503".to_owned()));
        key.status = None;
        assert!(attributes(key).contains(&"error.type=cancelled".to_owned()));
    }

    #[test]
    fn an_invented_method_is_not_known() {
        assert_eq!(known_method(&Method::PATCH), Some("PATCH"));
        assert_eq!(known_method(&Method::from_bytes(b"BREW").unwrap()), None);
        assert_eq!(known_method(&Method::from_bytes(b"get").unwrap()), None);
    }

    #[test]
    fn metrics_that_are_off_take_everything() {
        let figure =
            Observable { kind: Kind::Gauge, name: "a", unit: "1", description: "Nothing." };
        Metrics::none().observe(figure, &[], || panic!("nobody asks"));
        let mut request = Metrics::none().http().begin(&Method::GET, Version::HTTP_11);
        request.set_route("/");
        request.finish(StatusCode::OK);
    }
}
