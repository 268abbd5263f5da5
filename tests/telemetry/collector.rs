//! A collector of the tests' own, on the loopback interface: it takes OTLP and decodes it.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A collector that hands over the path and body of what it is sent.
pub(crate) async fn collector() -> (String, mpsc::UnboundedReceiver<(String, Bytes)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let sender = sender.clone();
            let service = hyper::service::service_fn(move |request: Request<Incoming>| {
                let sender = sender.clone();
                async move {
                    assert_eq!(request.method(), Method::POST);
                    assert_eq!(request.headers()["content-type"], "application/x-protobuf");
                    let path = request.uri().path().to_owned();
                    let body = request.into_body().collect().await?.to_bytes();
                    let _ = sender.send((path, body));
                    Ok::<_, hyper::Error>(Response::new(Full::new(Bytes::new())))
                }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    (endpoint, receiver)
}

/// An attribute's value as text.
pub(crate) fn attribute(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{key} is {other:?}"),
    }
}

/// What a collector was sent.
#[derive(Default)]
pub(crate) struct Exported {
    pub(crate) spans: Vec<Span>,
    pub(crate) metrics: Vec<Metric>,
    /// Of the spans.
    pub(crate) resource: Vec<KeyValue>,
    /// Of the metrics.
    pub(crate) metrics_resource: Vec<KeyValue>,
}

/// What was exported, once telemetry has shut down.
pub(crate) fn received(receiver: &mut mpsc::UnboundedReceiver<(String, Bytes)>) -> Exported {
    let mut exported = Exported::default();
    while let Ok((path, body)) = receiver.try_recv() {
        match path.as_str() {
            "/v1/traces" => {
                for group in ExportTraceServiceRequest::decode(body).unwrap().resource_spans {
                    exported.resource = group.resource.unwrap().attributes;
                    let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
                    exported.spans.extend(spans);
                }
            }
            "/v1/metrics" => {
                for group in ExportMetricsServiceRequest::decode(body).unwrap().resource_metrics {
                    exported.metrics_resource = group.resource.unwrap().attributes;
                    let metrics = group.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
                    exported.metrics.extend(metrics);
                }
            }
            other => panic!("nothing is sent to {other}"),
        }
    }
    exported
}

/// An id as it is written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
