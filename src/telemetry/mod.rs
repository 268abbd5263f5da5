//! Logs, traces and metrics, and the request's id that ties them together.
//!
//! Owns their start, where they go, and the last flush. Ignores who uses them: features log and
//! open spans through `tracing`, the HTTP edge calls [`traces`] and [`HttpMetrics`], and `app`
//! registers what pools and caches show.
//!
//! Nothing here is needed for the library to work: without a [`Telemetry`] events and spans go
//! nowhere, and [`Metrics::none`] measures nothing.

mod chain;
mod json;
mod logs;
mod metrics;
mod otlp;
pub mod request_id;
mod throttle;
pub mod traces;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::resource::TelemetryResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Dispatch;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

pub use self::chain::Chain;
pub use self::logs::LogSink;
pub use self::metrics::{HttpMetrics, Kind, Metrics, Observable, RequestMeasurement};
pub use self::request_id::RequestId;
pub use self::throttle::Throttle;
use crate::config::{Exporter, LogLevel, TelemetryConfig};

/// What every session's token begins with. What a caller writes into a path or a request's id by
/// mistake is not told if it holds this.
pub const TOKEN_PREFIX: &str = "scrs_";

/// Bounds the last flush. What a collector hasn't taken by then is lost.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Running telemetry. End it with [`shutdown`](Self::shutdown): dropping it flushes too, but
/// blocks the thread meanwhile.
#[derive(Debug)]
#[must_use = "dropping it ends telemetry"]
pub struct Telemetry {
    dispatch: Dispatch,
    tracer_provider: Option<SdkTracerProvider>,
    meter_provider: Option<SdkMeterProvider>,
}

/// Why telemetry doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The collector's endpoint is no URL.
    #[error("reading the OTLP endpoint {endpoint:?}")]
    MalformedEndpoint {
        /// The endpoint as configured.
        endpoint: String,
        /// What is wrong with it.
        source: http::uri::InvalidUri,
    },
    /// The collector's endpoint is a URL that we can't speak to.
    #[error("the OTLP endpoint {endpoint:?} is not of the form http://host:port")]
    UnsupportedEndpoint {
        /// The endpoint as configured.
        endpoint: String,
    },
    /// OTLP is sent from a tokio runtime, and there is none.
    #[error("looking for the runtime that sends OTLP")]
    NoRuntime(#[source] tokio::runtime::TryCurrentError),
    /// The SDK refuses to build the exporter.
    #[error("building the OTLP exporter")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// The process has a global subscriber already.
    #[error("installing the subscriber of events and spans")]
    AlreadyInstalled(#[source] tracing::subscriber::SetGlobalDefaultError),
}

impl Telemetry {
    /// Starts telemetry for the whole process: every event and span of every thread goes to it.
    ///
    /// For `main`, once. With the exporter `otlp` it must run on a tokio runtime.
    ///
    /// # Errors
    /// When the OTLP endpoint is unusable, or a subscriber is installed already.
    pub fn start(config: &TelemetryConfig, level: LogLevel, sink: LogSink) -> Result<Self, Error> {
        let telemetry = Self::build(config, level, sink)?;
        tracing::dispatcher::set_global_default(telemetry.dispatch.clone())
            .map_err(Error::AlreadyInstalled)?;
        Ok(telemetry)
    }

    /// Builds telemetry that receives only what [`dispatch`](Self::dispatch) is put around: for
    /// tests, many of which share a process.
    ///
    /// # Errors
    /// When the OTLP endpoint is unusable.
    pub fn build(config: &TelemetryConfig, level: LogLevel, sink: LogSink) -> Result<Self, Error> {
        let resource = resource(&config.service_name);
        let collector = || otlp::Collector::new(config.otlp_endpoint.as_str());
        let tracer_provider = match config.traces_exporter {
            Exporter::None => None,
            Exporter::Stdout => {
                let exporter = opentelemetry_stdout::SpanExporter::default();
                Some(traces::provider(exporter, resource.clone()))
            }
            Exporter::Otlp => {
                Some(traces::provider(collector()?.span_exporter()?, resource.clone()))
            }
        };
        let meter_provider = match config.metrics_exporter {
            Exporter::None => None,
            Exporter::Stdout => {
                let exporter = opentelemetry_stdout::MetricExporter::default();
                Some(metrics::provider(exporter, resource))
            }
            Exporter::Otlp => Some(metrics::provider(collector()?.metric_exporter()?, resource)),
        };
        let (logs, events) = (logs::LogLayer::new(sink), logs::EventFilter::new(level));
        // Without a tracer nobody wants spans, and that is what makes them free. The filter then
        // stands before all, for one that stands before a layer leaves the registry its work.
        let dispatch = match &tracer_provider {
            None => Dispatch::new(Registry::default().with(logs).with(events)),
            Some(provider) => {
                let traces = traces::layer(provider).with_filter(traces::OurSpans);
                Dispatch::new(Registry::default().with(traces).with(logs.with_filter(events)))
            }
        };
        Ok(Self { dispatch, tracer_provider, meter_provider })
    }

    /// What receives events and spans; for `tracing::dispatcher::with_default`.
    #[must_use]
    pub fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// The metrics of this telemetry.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.meter_provider.as_ref().map_or_else(Metrics::none, metrics::metrics)
    }

    /// Exports what is left and ends the exporters, within some 5 s. Logging goes on.
    ///
    /// A collector that doesn't take the rest is warned of and loses it.
    pub async fn shutdown(self) {
        let Self { dispatch: _, tracer_provider, meter_provider } = self;
        let traces = flush("traces", tracer_provider, |provider| {
            provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)
        });
        let metrics = flush("metrics", meter_provider, |provider| {
            provider.shutdown_with_timeout(SHUTDOWN_TIMEOUT)
        });
        tokio::join!(traces, metrics);
    }
}

/// Makes panics log lines as well, so that the log stays JSON and tells the panic's request.
///
/// For `main`, after [`Telemetry::start`]; without a subscriber, panics would go unseen.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(tracing::field::display);
        let message = panic.payload_as_str().unwrap_or("a value that is no text");
        tracing::error!(location, panic = message, "a thread panicked");
    }));
}

/// Shuts a provider down on a thread that may block: its own threads need this runtime's to send.
async fn flush<P: Send + 'static>(
    signal: &'static str,
    provider: Option<P>,
    shutdown: impl FnOnce(&P) -> OTelSdkResult + Send + 'static,
) {
    let Some(provider) = provider else { return };
    let flushed = tokio::task::spawn_blocking(move || shutdown(&provider));
    // The SDK bounds its wait by the same time; this one is for an SDK that doesn't.
    let bounded = tokio::time::timeout(SHUTDOWN_TIMEOUT + Duration::from_millis(500), flushed);
    match bounded.await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(error))) => {
            tracing::warn!(signal, %error, "the last telemetry isn't exported");
        }
        Ok(Err(error)) => {
            tracing::warn!(signal, %error, "the last export panicked");
        }
        Err(_) => tracing::warn!(signal, "the last export takes too long"),
    }
}

/// Says who is speaking. The instance's id keeps the sums of replicas apart; its first half is that
/// of the request ids which this process makes.
fn resource(service_name: &str) -> Resource {
    Resource::builder_empty()
        .with_detector(Box::new(TelemetryResourceDetector))
        .with_service_name(service_name.to_owned())
        .with_attributes([
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", RequestId::generate().to_string()),
        ])
        .build()
}
