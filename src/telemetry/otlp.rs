//! The way to a collector: OTLP over plain HTTP/1.1.
//!
//! Owns the HTTP client that the SDK's exporters use, its bounds, and the one warning that an
//! export fails. Ignores what is exported. TLS is left to a collector on the same host.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig,
};
use tokio::runtime::Handle;

use super::Error;
use super::throttle::Throttle;

/// Bounds one request to the collector, from connecting to the answer's last byte.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// An idle connection is dropped after this, before a collector that keeps it for long does so.
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// The largest answer that is read; one that succeeds is empty or nearly so.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Failures are warned of no more often than this.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Makes exporters to one collector, over one pool of connections.
pub(super) struct Collector {
    endpoint: String,
    client: Arc<dyn HttpClient>,
}

impl Collector {
    /// A collector at `endpoint`, such as `http://localhost:4318`, reached from the runtime that
    /// the caller runs on.
    pub(super) fn new(endpoint: &str) -> Result<Self, Error> {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let uri: Uri = endpoint
            .parse()
            .map_err(|source| Error::MalformedEndpoint { endpoint: endpoint.clone(), source })?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(Error::UnsupportedEndpoint { endpoint });
        }
        let runtime = Handle::try_current().map_err(Error::NoRuntime)?;
        Ok(Self { endpoint, client: Arc::new(RuntimeClient::new(runtime)) })
    }

    /// Sends spans to `/v1/traces`.
    pub(super) fn span_exporter(&self) -> Result<SpanExporter, Error> {
        SpanExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::clone(&self.client))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", self.endpoint))
            .with_timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(Error::Exporter)
    }

    /// Sends metrics to `/v1/metrics`.
    pub(super) fn metric_exporter(&self) -> Result<MetricExporter, Error> {
        MetricExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::clone(&self.client))
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/metrics", self.endpoint))
            .with_timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(Error::Exporter)
    }
}

/// Runs requests on a tokio runtime for callers that have none: the SDK's own threads.
struct RuntimeClient {
    runtime: Handle,
    client: Client<HttpConnector, Full<Bytes>>,
    warnings: Throttle,
}

impl RuntimeClient {
    fn new(runtime: Handle) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(REQUEST_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(connector);
        Self { runtime, client, warnings: Throttle::new(WARNING_INTERVAL) }
    }

    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let uri = request.uri().clone();
        let exchange = exchange(self.client.clone(), request);
        let bounded = async { tokio::time::timeout(REQUEST_TIMEOUT, exchange).await? };
        let answer = self.runtime.spawn(bounded).await.unwrap_or_else(|error| Err(error.into()));
        match &answer {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => self.warn(&uri, &Refused(answer.status())),
            Err(error) => self.warn(&uri, error.as_ref()),
        }
        answer
    }

    fn warn(&self, uri: &Uri, error: &(dyn std::error::Error + 'static)) {
        if let Some(unsaid) = self.warnings.due(Instant::now()) {
            // Without the user's part, which may hold a password.
            let (host, port) = (uri.host().unwrap_or_default(), uri.port_u16().unwrap_or(80));
            tracing::warn!(
                collector = %format_args!("{host}:{port}{}", uri.path()),
                error,
                failures_unsaid = unsaid,
                "the collector doesn't take telemetry, which may be lost"
            );
        }
    }
}

impl fmt::Debug for RuntimeClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RuntimeClient")
    }
}

impl HttpClient for RuntimeClient {
    // What `#[async_trait]` would make of an async function, written out to save the macro.
    fn send_bytes<'a, 'future>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'future>>
    where
        'a: 'future,
        Self: 'future,
    {
        Box::pin(self.send(request))
    }
}

async fn exchange(
    client: Client<HttpConnector, Full<Bytes>>,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await?.to_bytes();
    Ok(Response::from_parts(head, body))
}

/// The collector answered, but with no success.
#[derive(Debug, thiserror::Error)]
#[error("it answers {0}")]
struct Refused(http::StatusCode);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endpoint_that_cant_work_is_refused() {
        for endpoint in ["", "localhost", "https://localhost:4318", "/v1", "http://a/?b=c"] {
            assert!(
                matches!(
                    Collector::new(endpoint),
                    Err(Error::UnsupportedEndpoint { .. } | Error::MalformedEndpoint { .. })
                ),
                "{endpoint:?}"
            );
        }
        assert!(matches!(Collector::new("http://a b"), Err(Error::MalformedEndpoint { .. })));
        assert!(Collector::new("http://localhost:4318/").is_ok());
    }

    #[test]
    fn a_collector_needs_a_runtime() {
        assert!(matches!(Collector::new("http://localhost:4318"), Err(Error::NoRuntime(_))));
    }
}
